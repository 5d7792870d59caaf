"""The first sheet of a blank workbook: what to do, by when, whom to call, which sheets and rows."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

import xlsxwriter

from intake.forms.layout import SheetLayout, lay_out
from intake.forms.sheets import write_sheet
from intake.forms.style import Styles, lines_of, row_height
from intake.forms.writer import Prefill
from intake.workbook.template import COVER_SHEET, KEY_SHEET, SheetPlan, Template, template_for
from intake.workbook.xlsx import cell_name
from plan.definition.appendices import ValueType
from plan.definition.model import PlanDefinition
from plan.errors import NotFoundError, RefusedError
from plan.ledger.filing import ReadValue

_WIDTHS = (3.0, 5.0, 13.0, 44.0, 24.0, 22.0)
_LAST = len(_WIDTHS) - 1
_ROOM = sum(_WIDTHS[1:])
_STEPS = (
    "Điền vào các ô nền vàng nhạt ở từng trang trong danh sách dưới đây; các ô khác đã khóa. "
    "Chọn một ô để xem cần ghi gì.",
    "Không phát sinh thì ghi 0. Không thuộc phạm vi thì ghi «Không áp dụng» và nêu lý do ở cột Ghi chú. "
    "Ô để trống được coi là chưa điền.",
    "Dòng tỷ lệ có tử số và mẫu số bên dưới thì ghi hai số đó, tỷ lệ tự tính.",
    "Ô chuyển đỏ là sai, vàng đậm là cần giải trình; cột «Kiểm tra» bên phải biểu (không in) nói rõ "
    "sai chỗ nào.",
    "Lưu tệp, nộp lại đúng tệp này qua hệ thống hoặc gửi theo địa chỉ dưới đây; không đổi tên dòng, tên cột.",
)
_LEGEND = (
    ("count", "Ô cần điền"),
    ("computed", "Ô tự tính từ tử số và mẫu số"),
    ("off", "Ô không điền (tiêu đề nhóm, dòng của cơ quan khác, kỳ không áp dụng)"),
    ("bad", "Ô sai quy tắc: phải sửa"),
    ("doubtful", "Ô cần xem lại: sửa, hoặc giải trình khi nộp"),
)


def write_cover(
    book: Any,
    styles: Styles,
    template: Template,
    deadlines: Mapping[str, str],
    calls: Sequence[str],
    reporter: str,
) -> None:
    """`deadlines`: by deliverable, in words («chậm nhất 29/4/2020»). `calls`: lines of whom to call."""
    sheet = book.add_worksheet(COVER_SHEET)
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    pen = _Cover(sheet, styles)
    pen.line(f"BIỂU SỐ LIỆU CỦA {reporter.upper()}", "cover_title", size=16)
    definition = template.definition
    pen.line(f"{definition.title} (Kế hoạch số {definition.number})", "cover_plan")
    pen.skip()
    pen.line(_due(template, deadlines), "cover_due", size=14)
    pen.skip()
    pen.line("Cách làm", "cover_head", size=13)
    for number, step in enumerate(_STEPS, start=1):
        pen.numbered(number, step)
    pen.skip()
    pen.line("Cần hỏi, xin gọi", "cover_head", size=13)
    for call in calls or _calls(definition):
        pen.line(call, "cover_step")
    pen.skip()
    _sheets(pen, template, deadlines)
    pen.skip()
    pen.line("Ý nghĩa các màu", "cover_head", size=13)
    for style, words in _LEGEND:
        pen.legend(style, words)
    _page(sheet, pen.row)


def _due(template: Template, deadlines: Mapping[str, str]) -> str:
    words = list(dict.fromkeys(deadlines[one] for one in template.deliverables if one in deadlines))
    if not words:
        return "Hạn nộp: theo thông báo của cơ quan chủ trì"
    if len(words) == 1:
        return f"Hạn nộp: {words[0]}"
    return "Hạn nộp: xem từng trang trong danh sách dưới đây"


def _calls(definition: PlanDefinition) -> list[str]:
    """The coordinator's desk, phone and address."""
    for office in definition.offices:
        if office.agency == definition.coordinator:
            name = next(
                (one.names[-1].name for one in definition.agencies if one.id == office.agency), ""
            )
            who = ", ".join(part for part in (office.desk, name) if part)
            ways = [("điện thoại", office.phone), ("thư điện tử", office.email)]
            told = "; ".join(f"{what}: {value}" for what, value in ways if value)
            return [f"{who} – {told}" if told else who]
    return ["Cơ quan đầu mối của kế hoạch."]


def _sheets(pen: _Cover, template: Template, deadlines: Mapping[str, str]) -> None:
    pen.line("Các trang cần điền", "cover_head", size=13)
    pen.cells(("Trang", "Phụ lục", "Dòng cần điền", "Hạn nộp"), "head")
    for sheet in template.sheets:
        appendix = sheet.appendix
        title = f"{appendix.heading}. {appendix.title.capitalize()}"
        due = deadlines.get(sheet.deliverable, "theo thông báo")
        pen.cells((sheet.name, title, rows_owed(sheet), due), "cover_cell", link=sheet.name)


def rows_owed(sheet: SheetPlan) -> str:
    """«toàn bộ», or «dòng 10 đến 13»: what of an appendix is this agency's."""
    lines = [line for line in sheet.lines() if not line.part and line.type is not ValueType.header]
    owed = [line for line in lines if line.owed]
    if len(owed) == len(lines):
        return "toàn bộ"
    if all(table.by_rows for table in sheet.tables):
        codes = [line.indicator.code for line in owed]
        run = [line.indicator.code for line in lines]
        start = run.index(codes[0]) if codes else 0
        if codes and run[start : start + len(codes)] == codes and len(codes) > 2:
            return f"dòng {codes[0]} đến {codes[-1]}"
        return f"dòng {', '.join(codes)}"
    return f"{len(owed)} cột số liệu (các ô nền vàng)"


class _Cover:
    """Writes downwards; `row` is the next free one."""

    def __init__(self, sheet: Any, styles: Styles) -> None:
        self.sheet, self.styles, self.row = sheet, styles, 0

    def skip(self) -> None:
        self.sheet.set_row(self.row, 9)
        self.row += 1

    def line(self, text: str, style: str, size: float = 12) -> None:
        self.sheet.merge_range(self.row, 1, self.row, _LAST, text, self.styles[style])
        room = _ROOM * 12 / size * 1.1
        self.sheet.set_row(self.row, row_height(lines_of(text, room), size))
        self.row += 1

    def numbered(self, number: int, text: str) -> None:
        self.sheet.write_string(self.row, 1, f"{number}.", self.styles["cover_number"])
        self.sheet.merge_range(self.row, 2, self.row, _LAST, text, self.styles["cover_step"])
        self.sheet.set_row(self.row, row_height(lines_of(text, (_ROOM - _WIDTHS[1]) * 1.1)))
        self.row += 1

    def cells(self, texts: Sequence[str], style: str, link: str = "") -> None:
        lines = 1
        self.sheet.merge_range(self.row, 1, self.row, 2, "", self.styles["cover_center"])
        for column, text in enumerate(texts, start=2):
            place = 1 if column == 2 else column
            used = self.styles[style]
            if link and column == 2:
                self.sheet.write_url(
                    self.row, place, f"internal:'{link}'!A1", self.styles["cover_link"], text
                )
            else:
                self.sheet.write_string(self.row, place, text, used)
            lines = max(lines, lines_of(text, _WIDTHS[column] * 1.05) if column > 2 else 1)
        self.sheet.set_row(self.row, row_height(lines))
        self.row += 1

    def legend(self, style: str, words: str) -> None:
        self.sheet.merge_range(self.row, 1, self.row, 2, "", self.styles[style])
        self.sheet.merge_range(self.row, 3, self.row, _LAST, words, self.styles["cover_step"])
        self.sheet.set_row(self.row, 21)
        self.row += 1


def _page(sheet: Any, last: int) -> None:
    sheet.set_portrait()
    sheet.set_paper(9)
    sheet.set_margins(left=0.79, right=0.59, top=0.79, bottom=0.79)
    sheet.fit_to_pages(1, 1)
    sheet.print_area(0, 0, last, _LAST)
    sheet.hide_gridlines(2)
    sheet.protect("", {"format_columns": True, "format_rows": True})
    sheet.activate()
    sheet.set_first_sheet()


# --- The blank workbook of one agency: cover, one sheet an appendix, hidden keys. Same inputs, same
# bytes.


def build_workbook(
    definition: PlanDefinition,
    agency: str,
    *,
    on: date,
    deadlines: Mapping[str, str],
    prefill: Mapping[tuple[str, str], ReadValue] | None = None,
    calls: Sequence[str] = (),
) -> bytes:
    """The .xlsx that `agency` fills in.

    `on`: local date, for names as of then and the year in the signature. `deadlines`: words by
    deliverable id («chậm nhất 29/4/2020»). `prefill`: figures to put in, by (indicator, period);
    (indicator, `note`) is a row's note. `calls`: whom to call, none: the coordinator's office.
    Raises NotFoundError for an unknown agency, RefusedError for one that owes no figures.
    """
    if agency not in {one.id for one in definition.agencies}:
        raise NotFoundError("cơ quan", agency, (one.id for one in definition.agencies))
    template = template_for(definition, agency)
    if not template.sheets:
        raise RefusedError("Kế hoạch không giao biểu số liệu nào cho cơ quan này.")
    reporter = name_on(definition, agency, on)
    layouts = lay_out(template)
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True, "strings_to_formulas": False})
    _properties(book, definition, reporter)
    styles = Styles(book)
    write_cover(book, styles, template, deadlines, calls, reporter)
    known: Prefill = prefill or {}
    for sheet in template.sheets:
        write_sheet(
            book, styles, template, layouts, sheet.name, known, on=on, reporter=reporter
        )  # fmt: skip
    _write_keys(book, styles, template, layouts)
    book.close()
    return target.getvalue()


def name_on(definition: PlanDefinition, agency: str, on: date) -> str:
    """The agency's name on a local date."""
    names = next(one.names for one in definition.agencies if one.id == agency)
    valid = [name for name in names if name.valid_from is None or name.valid_from <= on]
    return (valid or names)[-1].name


def _properties(book: Any, definition: PlanDefinition, reporter: str) -> None:
    """Fixed moments: XlsxWriter would otherwise write the clock's."""
    book.set_properties(
        {
            "title": f"{definition.short or definition.number}: biểu số liệu của {reporter}",
            "author": "Đôn Đốc",
            "created": datetime.combine(definition.issued_on, time(8)),
        }
    )


def _write_keys(
    book: Any, styles: Styles, template: Template, layouts: Mapping[str, SheetLayout]
) -> None:
    """Plan, agency and version, then the key of every row and column of every sheet."""
    sheet = book.add_worksheet(KEY_SHEET)
    key = styles["key"]
    sheet.write_string(0, 0, template.mark(KEY_SHEET), key)
    facts = (
        ("plan", template.definition.id),
        ("agency", template.agency),
        ("version", template.version),
    )
    for row, (name, value) in enumerate(facts, start=1):
        sheet.write_string(row, 0, name, key)
        sheet.write_string(row, 1, value, key)
    row = len(facts) + 2
    for name, layout in layouts.items():
        for table in layout.tables:
            places = [("row", one, cell_name(at, 0)) for one, at in table.rows.items()]
            places += [
                ("column", one, cell_name(table.key_row, at.first))
                for one, at in table.columns.items()
            ]
            for what, one, cell in places:
                for column, text in enumerate((name, table.plan.name, what, one, cell)):
                    sheet.write_string(row, column, text, key)
                row += 1
    sheet.protect("")
    sheet.very_hidden()
