"""A plan's text drafted, as the tests of its wordings need it. The texts are made up."""

from __future__ import annotations

import io
import re
from typing import Any

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.shared import Cm, Pt

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


# --- one plan as an office lays it out: letterhead, headings, signature, an appendix with a real table ---

LETTERHEAD = (
    (
        "ỦY BAN NHÂN DÂN\nTỈNH AN BÌNH",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM\nĐộc lập - Tự do - Hạnh phúc",
    ),
    ("Số: 15/KH-UBND", "An Bình, ngày 05 tháng 01 năm 2027"),
)
TITLE = "CẢI CÁCH HÀNH CHÍNH NĂM 2027 TRÊN ĐỊA BÀN TỈNH AN BÌNH"
BODY = (
    "Ủy ban nhân dân tỉnh ban hành Kế hoạch cải cách hành chính năm 2027 với các nội dung sau:",
    "I. MỤC ĐÍCH, YÊU CẦU",
    "1. Nâng cao chất lượng phục vụ người dân, doanh nghiệp; phấn đấu đến hết năm 2030 chỉ số hài lòng đạt "
    "trên 90%.",
    "II. TỔ CHỨC THỰC HIỆN",
    "1. Sở Nội vụ",
    "- Chủ trì, phối hợp với Sở Tư pháp và các cơ quan, đơn vị có liên quan theo dõi, đôn đốc việc thực hiện "
    "Kế hoạch này; định kỳ hằng quý báo cáo Ủy ban nhân dân tỉnh kết quả thực hiện.",
    "- Tham mưu Ủy ban nhân dân tỉnh ban hành kế hoạch kiểm tra công tác cải cách hành chính trước ngày "
    "15 tháng 3 năm 2027.",
    "2. Sở Tài chính",
    "Thẩm định, tham mưu bố trí kinh phí thực hiện Kế hoạch theo quy định của Luật Ngân sách nhà nước và các "
    "văn bản hướng dẫn thi hành.",
    "3. Các sở, ban, ngành; Ủy ban nhân dân các xã, phường",
    "- Xây dựng kế hoạch cải cách hành chính của cơ quan, địa phương, gửi Sở Nội vụ trước ngày 30/01/2027.",
    "- Báo cáo kết quả thực hiện về Sở Nội vụ trước ngày 15/12 hằng năm.",
    "Trong quá trình thực hiện, nếu có khó khăn, vướng mắc, đề nghị phản ánh về Sở Nội vụ để tổng hợp./.",
)  # fmt: skip
SIGNED = (
    ("Nơi nhận:\n- Như mục II;\n- Lưu: VT, NC.", "TM. ỦY BAN NHÂN DÂN\nCHỦ TỊCH\nNguyễn Văn An"),
)
TASKS = (
    ("TT", "Nhiệm vụ", "Cơ quan chủ trì", "Cơ quan phối hợp", "Thời gian hoàn thành"),
    ("1", "Rà soát, công bố danh mục thủ tục hành chính nội bộ", "Sở Tư pháp",
     "Các sở, ban, ngành", "Quý I/2027"),
    ("2", "Khảo sát mức độ hài lòng của người dân đối với dịch vụ công", "Sở Nội vụ",
     "Ủy ban nhân dân các xã, phường", "Tháng 11/2027"),
    ("3", "Công khai số liệu tài chính của các đơn vị sự nghiệp công lập", "Sở Tài chính",
     "", "Thường xuyên"),
)  # fmt: skip


def as_text() -> bytes:
    rows = [" | ".join(row) for row in TASKS]
    rows.insert(1, " | ".join("---" for _ in TASKS[0]))
    lines = [
        *(part for row in LETTERHEAD for cell in row for part in cell.split("\n")),
        "KẾ HOẠCH", TITLE, *BODY, *SIGNED[0][0].split("\n"), *SIGNED[0][1].split("\n"),
        "PHỤ LỤC", *(f"| {row} |" for row in rows),
    ]  # fmt: skip
    return "\n".join(lines).encode()


def as_word() -> bytes:
    """Typed headings, a letterhead and a signature in tables without rules, justified paragraphs."""
    file = docx.Document()
    section = file.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin, section.right_margin = Cm(3), Cm(1.5)
    font = file.styles["Normal"].font
    font.name, font.size = "DejaVu Serif", Pt(12)
    _table(file, LETTERHEAD, centred=True)
    for line in ("KẾ HOẠCH", TITLE):
        paragraph = file.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        paragraph.add_run(line).bold = True
    for line in BODY:
        paragraph = file.add_paragraph()
        paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        paragraph.paragraph_format.first_line_indent = Cm(1.27)
        paragraph.add_run(line).bold = len(line) < 60 and line[0] in "I123"
    _table(file, SIGNED)
    paragraph = file.add_paragraph()
    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    paragraph.paragraph_format.page_break_before = True
    paragraph.add_run("PHỤ LỤC").bold = True
    _table(file, TASKS, style="Table Grid", widths=(1.2, 6, 3, 3.3, 3))
    made = io.BytesIO()
    file.save(made)
    return made.getvalue()


def _table(
    file: Any, rows: Any, style: str = "", widths: Any = (), *, centred: bool = False
) -> None:
    table = file.add_table(len(rows), len(rows[0]))
    if style:
        table.style = style
    for at, row in enumerate(rows):
        for column, text in enumerate(row):
            cell = table.cell(at, column)
            if widths:
                cell.width = Cm(widths[column])
            cell.text = text.split("\n")[0]
            for line in text.split("\n")[1:]:
                cell.add_paragraph(line)
            for paragraph in cell.paragraphs:
                paragraph.paragraph_format.space_after = Pt(0)
                if centred:
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
