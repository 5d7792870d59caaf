"""A plan's text drafted, as the tests of its wordings need it. The texts are made up."""

from __future__ import annotations

from typing import Any

from drafting.draft import make_draft
from drafting.readers import read_document

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
