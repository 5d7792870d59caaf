"""A plan's text drafted, as the tests of its wordings need it. The texts are made up."""

from __future__ import annotations

import re
from typing import Any

from drafting.draft import make_draft
from drafting.readers.registry import read_document

HEAD = """Số: 12/KH-UBND

Hà Sơn, ngày 05 tháng 01 năm 2026

KẾ HOẠCH

TRIỂN KHAI CHƯƠNG TRÌNH ĐỌC SÁCH NĂM 2026

Căn cứ Luật Thư viện ngày 21/11/2019;

"""


def drafted(body: str) -> dict[str, Any]:
    return make_draft(read_document((HEAD + body).encode(), "a.txt")).as_data()


def rows(body: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = drafted(body)["obligations"]
    return found


def due(kind: str, day: str | None = None, every: str | None = None, **more: Any) -> dict[str, Any]:
    return {"type": kind, "date": day, "every": every, **more}


TEXT = """ỦY BAN NHÂN DÂN TỈNH X
Số: 12/KH-UBND
Bình Định, ngày 05 tháng 01 năm 2027

KẾ HOẠCH
Cải cách hành chính năm 2027

I. MỤC ĐÍCH, YÊU CẦU
1. Mục đích
- Nâng cao chất lượng phục vụ người dân.

II. NHIỆM VỤ
1. Sở Nội vụ
- Tham mưu ban hành Kế hoạch kiểm tra cải cách hành chính trước ngày 15/3/2027.
- Báo cáo kết quả thực hiện với UBND tỉnh trước ngày 10/12/2027.
2. Sở Tài chính
- Xây dựng Kế hoạch chuyển đổi số của ngành trước ngày 30/6/2027.
3. Các sở, ban, ngành
- Báo cáo kết quả thực hiện về Sở Nội vụ trước ngày 01/12/2027.

III. TỔ CHỨC THỰC HIỆN
Sở Nội vụ là cơ quan đầu mối theo dõi, đôn đốc việc thực hiện Kế hoạch này.

Nơi nhận:
- Như trên;
- Lưu: VT.
TM. ỦY BAN NHÂN DÂN
KT. CHỦ TỊCH
"""


def fields(html: str) -> list[tuple[str, list[str]]]:
    """(question id, its choices)."""
    found = re.findall(r'name="hoi-([^"]+)" value="([^"]*)"', html)
    asked: dict[str, list[str]] = {}
    for key, value in found:
        asked.setdefault(key, [])
        if value:
            asked[key].append(value)
    return list(asked.items())
