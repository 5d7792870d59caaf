"""The table to fill in, for who has neither a plan's document nor an export: two sheets, one door back.

«Giao việc» has a row for each product, with names to choose from; «Cơ quan × sản phẩm» has a row for each
agency, a column for each product and a day in each square. Either may be used, or both.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from drafting.readers.matrix import CORNER

ROWS = 300
PRODUCTS = 20
HEADS = (
    ("STT", 6),
    ("Sản phẩm, nhiệm vụ", 56),
    ("Loại", 14),
    ("Cơ quan chủ trì", 34),
    ("Cơ quan phối hợp", 34),
    ("Hạn", 24),
    ("Nơi nhận", 24),
    ("Ghi chú", 24),
)
KINDS = ("Báo cáo", "Đề xuất", "Kế hoạch", "Văn bản", "Hội nghị", "Phụ lục số liệu", "Nhiệm vụ")
HOW = (
    "Trang «Giao việc»: mỗi dòng một việc. Cơ quan chọn trong danh sách hoặc gõ tên khác; nhiều cơ quan thì "
    "cách nhau bằng dấu chấm phẩy.",
    "Hạn ghi ngày (15/12/2027) hoặc lời: «trước ngày 15/12 hằng năm», «Quý IV/2027», «hằng quý».",
    "Trang «Cơ quan × sản phẩm» là cách điền khác: ghi tên sản phẩm ở dòng đầu, ghi hạn vào ô của cơ quan và "
    "sản phẩm; «x» là có giao mà không có hạn, ô trống là không giao.",
    "Điền một trong hai trang hoặc cả hai, lưu lại rồi nạp như một văn bản kế hoạch.",
)
_DAY_HELP = {
    "validate": "any",
    "input_title": "Hạn",
    "input_message": "15/12/2027, hoặc lời: «trước ngày 15/12 hằng năm», «Quý IV/2027»; "
    "để trống nếu không có hạn.",
}
_LIST = "Danh mục"
_FONT = {"font_name": "Times New Roman", "font_size": 12, "valign": "top", "text_wrap": True}


def write_table(agencies: Sequence[str], title: str = "BẢNG GIAO VIỆC") -> bytes:
    """The workbook; `agencies` are the names to choose from."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        looks = {
            "title": book.add_format({**_FONT, "bold": True, "font_size": 14}),
            "how": book.add_format({**_FONT, "italic": True, "font_color": "#444444"}),
            "head": book.add_format(
                {**_FONT, "bold": True, "border": 1, "bg_color": "#E7EEF7", "align": "center"}
            ),
            "cell": book.add_format({**_FONT, "border": 1}),
            "day": book.add_format({**_FONT, "border": 1, "num_format": "dd/mm/yyyy"}),
        }
        rows = book.add_worksheet("Giao việc")
        squares = book.add_worksheet("Cơ quan × sản phẩm")
        how = book.add_worksheet("Cách điền")
        how.set_column(0, 0, 100)
        how.write_column(0, 0, HOW, looks["how"])
        names = book.add_worksheet(_LIST)
        names.write_column(0, 0, agencies)
        names.write_column(0, 1, KINDS)
        names.hide()
        _rows(rows, looks, title, len(agencies))
        _squares(squares, looks, agencies)
        rows.activate()
    return made.getvalue()


def _rows(sheet: Any, looks: dict[str, Any], title: str, agencies: int) -> None:
    _page(sheet, looks, title, len(HEADS))
    for column, (head, width) in enumerate(HEADS):
        sheet.set_column(column, column, width)
        sheet.write_string(2, column, head, looks["head"])
    for row in range(3, 3 + ROWS):
        for column, (head, _) in enumerate(HEADS):
            sheet.write_blank(row, column, None, looks["day" if head == "Hạn" else "cell"])
    last = 2 + ROWS
    sheet.data_validation(3, 2, last, 2, _choice(f"='{_LIST}'!$B$1:$B${len(KINDS)}"))
    if agencies:
        for column in (3, 4):
            sheet.data_validation(
                3, column, last, column, _choice(f"='{_LIST}'!$A$1:$A${agencies}")
            )
    sheet.data_validation(3, 5, last, 5, _DAY_HELP)
    sheet.freeze_panes(3, 2)
    sheet.repeat_rows(2)


def _squares(sheet: Any, looks: dict[str, Any], agencies: Sequence[str]) -> None:
    _page(sheet, looks, "CƠ QUAN × SẢN PHẨM", 8)
    sheet.set_column(0, 0, 38)
    sheet.set_column(1, PRODUCTS, 18)
    sheet.write_string(2, 0, CORNER, looks["head"])
    for column in range(1, PRODUCTS + 1):
        sheet.write_blank(2, column, None, looks["head"])
    for row, name in enumerate(agencies, start=3):
        sheet.write_string(row, 0, name, looks["cell"])
        for column in range(1, PRODUCTS + 1):
            sheet.write_blank(row, column, None, looks["day"])
    sheet.freeze_panes(3, 1)


def _page(sheet: Any, looks: dict[str, Any], title: str, width: int) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.merge_range(0, 0, 0, width - 1, title, looks["title"])


def _choice(source: str) -> dict[str, Any]:
    """A list to choose from that lets other words be typed: a plan may name who is not in the directory."""
    return {
        "validate": "list",
        "source": source,
        "error_type": "information",
        "error_title": "Ngoài danh sách",
        "error_message": "Tên này không có trong danh sách; vẫn giữ lại nếu bấm OK.",
    }
