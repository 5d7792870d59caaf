"""The sheets behind the appendices: where each figure is from, who handed in, what was found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from consolidation.figures.merge import Contribution, Merged
from consolidation.inputs import Input
from consolidation.outputs.material import Material
from consolidation.outputs.workbook_style import ResultStyles, add_footer
from intake.forms.layout import SheetLayout
from intake.forms.style import lines_of, row_height
from intake.workbook.xlsx import cell_name
from plan.text import date_words, moment_words, number_words

MOST_ROWS = 20_000
"""Contributions listed one by one; beyond that a sheet helps nobody, and `dondoc trace` answers."""

READABLE = 185.0
"""Widths of columns that A4 across holds at some 70% of 10 pt letters."""

SOURCES, STANDING, FINDINGS = "Nguồn số liệu", "Tình hình nộp", "Phát hiện"
SEVERITY = {"error": "Lỗi", "warning": "Cảnh báo", "note": "Ghi chú"}

Line = Sequence[str | float | None]
Decision = tuple[str, str]
"""When an input was accepted, in words, and by whom."""


class _List:
    """A plain table with a head that stays and a filter."""

    def __init__(
        self,
        book: Any,
        styles: ResultStyles,
        name: str,
        title: str,
        note: str,
        columns: Sequence[tuple[str, float]],
        *,
        wrapped: bool = True,
    ) -> None:
        self.sheet, self.styles, self.columns = book.add_worksheet(name), styles, columns
        self.text = styles["list"] if wrapped else None
        self.wrapped = wrapped
        self.sheet.write_string(0, 0, title, styles["lead"])
        self.sheet.write_string(1, 0, note, styles["lead_note"])
        for column, (head, width) in enumerate(columns):
            self.sheet.set_column(column, column, width)
            self.sheet.write_string(_HEAD, column, head, styles["list_head"])
        self.sheet.freeze_panes(_HEAD + 1, 0)
        self.row = _HEAD

    def add(self, line: Line) -> None:
        """One line: numbers as numbers, everything else as text, never as a formula."""
        self.row += 1
        for column, value in enumerate(line):
            if isinstance(value, str):
                self.sheet.write_string(self.row, column, value, self.text)
            elif value is not None:
                style = "list_number" if float(value).is_integer() else "list_broken"
                self.sheet.write_number(self.row, column, value, self.styles[style])
        if self.wrapped:
            self.sheet.set_row(self.row, self._height(line))

    def _height(self, line: Line) -> float:
        lines = (
            lines_of(value, width)
            for value, (_, width) in zip(line, self.columns, strict=False)
            if isinstance(value, str)
        )
        return row_height(max(lines, default=1), 10)

    def close(self) -> None:
        self.sheet.autofilter(_HEAD, 0, max(self.row, _HEAD + 1), len(self.columns) - 1)
        self.sheet.set_landscape()
        self.sheet.set_paper(9)
        self.sheet.fit_to_pages(1, 0)
        self.sheet.print_area(0, 0, max(self.row, _HEAD), self._printed() - 1)
        self.sheet.repeat_rows(_HEAD)
        self.sheet.hide_gridlines(2)
        add_footer(self.sheet, self.sheet.get_name())

    def _printed(self) -> int:
        """How many of the columns a page across holds at a size that can be read; the rest is for the
        screen."""
        width = 0.0
        for count, (_, own) in enumerate(self.columns):
            width += own
            if width > READABLE:
                return count
        return len(self.columns)


_HEAD = 3

# --- where figures are from --------------------------------------------------------------------

_SOURCE_COLUMNS = (
    ("Chỉ tiêu", 10.0),
    ("Nội dung", 50.0),
    ("Kỳ", 9.0),
    ("Ô", 9.0),
    ("Số tổng hợp", 13.0),
    ("Cách tính", 20.0),
    ("Cơ quan", 20.0),
    ("Số của cơ quan", 13.0),
    ("Tử số", 11.0),
    ("Mẫu số", 11.0),
    ("Lần nộp", 9.0),
    ("Tệp", 26.0),
    ("Trang tính", 10.0),
    ("Ô trong tệp", 11.0),
    ("Nhận lúc", 22.0),
    ("Người nhận", 26.0),
)


def write_sources(
    book: Any, styles: ResultStyles, layouts: Mapping[str, SheetLayout], material: Material
) -> int:
    """One line a contribution; a cell of very many has one line that says how many. Gives how many
    contributions the lines stand for."""
    page = _List(
        book,
        styles,
        SOURCES,
        "NGUỒN SỐ LIỆU",
        "Mỗi dòng là một số của một cơ quan đã đi vào một ô của phụ lục.",
        _SOURCE_COLUMNS,
        wrapped=False,
    )
    decided = {item.submission_id: _decision(item) for item in material.inputs.accepted}
    labels = {name: row.label for name, row in material.figures.book.rows.items()}
    listed = 0
    for (name, period), merged in material.figures.cells.items():
        at = _address(layouts, name, period)
        head = [name, labels[name], period, at, _shown(merged), merged.rule]
        for line in _source_lines(material, merged, decided, page.row):
            page.add([*head, *line])
        listed += merged.count
    page.close()
    return listed


def _source_lines(
    material: Material, merged: Merged, decided: Mapping[int | None, Decision], used: int
) -> Iterator[Line]:
    listed = merged.contributions
    if merged.count and (not listed or used + len(listed) > MOST_ROWS):
        yield [f"{number_words(merged.count)} cơ quan"]
        return
    for one in listed:
        yield _contribution(material, one, decided.get(one.source.submission_id, ("", "")))


def _decision(item: Input) -> Decision:
    return (moment_words(item.decided_at) if item.decided_at else ""), item.decided_by


def _contribution(material: Material, one: Contribution, decision: Decision) -> Line:
    source = one.source
    return [
        material.short(one.agency),
        "Không áp dụng" if one.not_applicable else one.value,
        one.numerator,
        one.denominator,
        source.number or None,
        source.file,
        source.sheet,
        source.cell,
        *decision,
    ]


def _address(layouts: Mapping[str, SheetLayout], name: str, period: str) -> str:
    sheet = name.partition(".")[0]
    place = layouts[sheet].place(name, period) if sheet in layouts else None
    return f"{sheet}!{cell_name(*place)}" if place else ""


def _shown(merged: Merged) -> str | float | None:
    if merged.not_applicable:
        return "Không áp dụng"
    return "Không gộp" if merged.why_not and merged.value is None else merged.value


# --- who handed in -----------------------------------------------------------------------------

_STANDING_COLUMNS = (
    ("Cơ quan", 34.0),
    ("Sản phẩm", 40.0),
    ("Tình trạng", 22.0),
    ("Hạn", 23.0),
    ("Nộp lúc", 20.0),
    ("Lần nộp", 9.0),
    ("Người nộp", 28.0),
    ("Nhận lúc", 20.0),
    ("Người nhận", 26.0),
)


def write_standing(book: Any, styles: ResultStyles, material: Material) -> None:
    """Each input, in hand or missing; of very many, the first missing ones."""
    page = _List(
        book,
        styles,
        STANDING,
        "TÌNH HÌNH NỘP",
        f"Đã nhận {material.inputs.coverage.words()}.",
        _STANDING_COLUMNS,
    )
    for item in material.inputs.items:
        page.add(_standing(item))
    page.close()


def _standing(item: Input) -> Line:
    due = f"chậm nhất {date_words(item.last_day)}" if item.last_day else "không có hạn"
    return [
        item.agency_name,
        item.title,
        standing_words(item),
        due,
        moment_words(item.received_at) if item.received_at else "",
        item.number or None,
        item.submitted_by,
        moment_words(item.decided_at) if item.decided_at else "",
        item.decided_by,
    ]


def standing_words(item: Input) -> str:
    """«đã nhận», «đã nhận, trễ», «được miễn», «chưa có»."""
    if item.waived:
        return "được miễn"
    if not item.accepted:
        return "chưa có bản được nhận"
    if item.due_at is None or item.decisive_at is None:
        return "đã nhận"
    return "đã nhận, trễ" if item.decisive_at >= item.due_at else "đã nhận"


# --- what was found ----------------------------------------------------------------------------

_FINDING_COLUMNS = (
    ("Mức", 11.0),
    ("Chỉ tiêu", 11.0),
    ("Kỳ", 9.0),
    ("Nội dung", 80.0),
    ("Cơ quan", 26.0),
    ("Phát hiện khi", 16.0),
    ("Giải trình của cơ quan", 50.0),
    ("Vị trí trong tệp nộp", 30.0),
)


def write_findings(book: Any, styles: ResultStyles, material: Material) -> None:
    """Contradictions seen while merging first, then what each agency was asked and explained."""
    count = len(material.findings) + len(material.kept)
    page = _List(
        book,
        styles,
        FINDINGS,
        "PHÁT HIỆN",
        f"{number_words(count)} phát hiện. "
        "Mâu thuẫn giữa các cơ quan chỉ thấy được khi số liệu đứng cạnh nhau."
        if count
        else "Không có phát hiện nào.",
        _FINDING_COLUMNS,
    )
    for one in material.findings:
        agencies = ", ".join(material.short(agency) for agency in one.agencies)
        where = "tổng hợp"
        page.add([SEVERITY[one.severity], one.indicator, one.period, one.message, agencies, where])
    for kept in material.kept:
        page.add(
            [
                SEVERITY[kept.severity],
                kept.indicator,
                kept.period,
                kept.message,
                material.short(kept.agency),
                "tiếp nhận",
                kept.explanation,
                kept.place,
            ]
        )
    page.close()
