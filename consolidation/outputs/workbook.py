"""The provincial appendices as one workbook: sheets as the plan prints them, and what stands behind them.

Same material, same bytes: nothing in it comes from a clock or from the order of arrival.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

import xlsxwriter

from consolidation.figures.rows import IndicatorRow
from consolidation.inputs import Input
from consolidation.outputs.charts import write_charts
from consolidation.outputs.material import Material
from consolidation.outputs.source_sheets import write_findings, write_sources, write_standing
from consolidation.outputs.workbook_style import (
    PLAIN,
    ResultPen,
    ResultStyles,
    Written,
    add_footer,
    print_template,
)
from intake.forms import tables as form_tables
from intake.forms.layout import LABEL, STT, SheetLayout, lay_out
from intake.forms.sheets import MARGINS, fit
from intake.forms.style import lines_of, row_height
from intake.workbook.template import Template
from plan.text import join_names

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_A4 = 9


@dataclass(frozen=True)
class BuiltWorkbook:
    """The file, and every figure it must say when read again, by sheet and place."""

    data: bytes
    written: Mapping[str, Written] = field(default_factory=dict)
    listed: int = 0
    """Contributions listed one by one in the sheet of sources."""


def build_appendices(material: Material) -> BuiltWorkbook:
    """The workbook of an output of kind `appendices`."""
    template = print_template(material.definition, material.figures.book)
    layouts = lay_out(template)
    target = io.BytesIO()
    # A copy: the library adds to what it is given, and the next workbook's bytes would differ.
    book = xlsxwriter.Workbook(target, _OPTIONS | {"default_format_properties": dict(PLAIN)})
    _properties(book, material)
    styles = ResultStyles(book)
    remarks = _remarks(material)
    written = {
        name: _write_appendix(book, styles, template, layout, material, remarks)
        for name, layout in layouts.items()
    }
    listed = write_sources(book, styles, layouts, material)
    write_standing(book, styles, material)
    write_findings(book, styles, material)
    write_charts(book, styles, layouts, material)
    book.close()
    return BuiltWorkbook(target.getvalue(), written, listed)


def _properties(book: Any, material: Material) -> None:
    """The moment the inputs were decided, not the moment of writing."""
    book.set_properties(
        {
            "title": material.inputs.output.title,
            "subject": material.definition.title,
            "author": material.name(material.definition.coordinator),
            "comments": f"Tổng hợp {material.inputs.coverage.words()}",
            "created": material.inputs.written_at.astimezone(UTC).replace(tzinfo=None),
        }
    )


def _write_appendix(
    book: Any,
    styles: ResultStyles,
    template: Template,
    layout: SheetLayout,
    material: Material,
    remarks: Mapping[str, str],
) -> Written:
    sheet = book.add_worksheet(layout.sheet.name)
    pen = ResultPen(sheet, styles, template, material.figures, remarks)
    room = _columns(sheet, layout)
    _titles(pen, layout, room, material)
    for table in layout.tables:
        if table.plan.by_rows:
            form_tables.write_rows(pen, table)
        else:
            form_tables.write_columns(pen, table, layout.last_column)
    _make_room(pen, layout, room, remarks)
    last = _footnotes(pen, layout)
    _page(sheet, layout, material, last)
    fit(sheet, room, pen.heights, last, layout.starts)
    return pen.written


def _columns(sheet: Any, layout: SheetLayout) -> dict[int, float]:
    room: dict[int, float] = {}
    for table in layout.tables:
        edge = layout.last_column
        room.update(
            form_tables.widths(table) if table.plan.by_rows else form_tables.column_widths(edge)
        )
    for column, width in room.items():
        sheet.set_column(column, column, width, None, {"hidden": column == 0})
    return room


def _titles(
    pen: ResultPen, layout: SheetLayout, room: Mapping[int, float], material: Material
) -> None:
    appendix = layout.sheet.appendix
    pen.key(0, 0, pen.template.mark(layout.sheet.name))
    width = sum(size for column, size in room.items() if column)
    said, missing = _who(layout, material)
    texts = (
        (appendix.heading, "heading"),
        (appendix.title, "title"),
        (appendix.subtitle, "reference"),
        (appendix.reference, "reference"),
        (said, "partial" if missing else "reporter"),
    )
    for row, (text, style) in enumerate(texts):
        pen.sheet.merge_range(row, STT, row, layout.last_column, text, pen.styles[style])
        if text:
            pen.high(row, row_height(lines_of(text, width), 13))
        else:
            pen.hide(row)


def _who(layout: SheetLayout, material: Material) -> tuple[str, bool]:
    """Which agencies the sheet's figures are of, and who is missing."""
    code = layout.sheet.appendix.code
    wanted = set(material.inputs.output.inputs)
    deliverables = {
        part.id
        for part in material.definition.deliverables
        if part.appendix == code and part.id in wanted
    }
    items = [item for item in material.inputs.items if item.deliverable in deliverables]
    missing = _each([one for one in items if not one.accepted and not one.waived])
    if not material.inputs.listed:
        return f"Tổng hợp {material.inputs.coverage.words()}", bool(missing)
    given = _each([one for one in items if one.accepted])
    said = f"Cơ quan cung cấp số liệu: {join_names(given, limit=12, noun='cơ quan')}."
    if not missing:
        return said, False
    lacking = f"Chưa có số liệu của: {join_names(missing, limit=12, noun='cơ quan')}."
    return f"{said if given else ''} {lacking}".strip(), True


def _each(items: Sequence[Input]) -> list[str]:
    """Agencies by name, each once: one that hands in each month stands there once a quarter."""
    return list(dict.fromkeys(item.agency_name for item in items))


def _remarks(material: Material) -> dict[str, str]:
    """What stands in «Ghi chú»: the agencies' notes, why cells are empty, how totals came about."""
    return {
        name: text
        for name, row in material.figures.book.rows.items()
        if (text := _remark(material, name, row))
    }


def _remark(material: Material, name: str, row: IndicatorRow) -> str:
    parts = [material.notes.get(name, ""), *row.indicator.not_applicable.values()]
    for period in row.periods:
        merged = material.figures.at(name, period.key)
        parts += [merged.not_applicable, merged.why_not, merged.note]
        if (name, period.key) in material.figures.derived:
            parts.append("Tổng tính từ các dòng thành phần.")
    return "; ".join(dict.fromkeys(part.rstrip(".;") for part in parts if part))


def _make_room(
    pen: ResultPen, layout: SheetLayout, room: Mapping[int, float], remarks: Mapping[str, str]
) -> None:
    """Rows high enough for the texts that agencies wrote in their cells, and still for their labels."""
    tables = (table for table in layout.tables if table.plan.by_rows)
    names = {at: name for table in tables for name, at in table.rows.items()}
    tallest: dict[int, int] = {}
    for (row, column), value in pen.written.items():
        if isinstance(value, str) and len(value) > room.get(column, 0) and row in names:
            lines = lines_of(value, room.get(column, 10.0) * 1.1)
            tallest[row] = max(lines, tallest.get(row, 0))
    for row, lines in tallest.items():
        note = lines_of(remarks.get(names[row], ""), room.get(layout.last_column, 20.0))
        label = pen.template.lines[names[row]].label
        needed = row_height(lines_of(label, room.get(LABEL, 50.0) * 0.94))
        pen.high(row, max(needed, row_height(max(lines, note), 10)))


def _footnotes(pen: ResultPen, layout: SheetLayout) -> int:
    row = layout.last_row
    notes = layout.sheet.appendix.footnotes
    if notes:
        pen.sheet.merge_range(row, STT, row, layout.last_column, "Ghi chú:", pen.styles["bold"])
    for note in notes:
        row += 1
        pen.sheet.merge_range(row, STT, row, layout.last_column, note, pen.styles["footnote"])
    return row


def _page(sheet: Any, layout: SheetLayout, material: Material, last: int) -> None:
    first, single = layout.tables[0], len(layout.tables) == 1
    if single:
        sheet.freeze_panes(first.head_rows[-1] + 1, STT + 2)
        sheet.repeat_rows(first.head_rows[-1])
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.set_margins(**MARGINS)
    sheet.print_area(0, STT, last, layout.last_column)
    sheet.center_horizontally()
    short = material.definition.short or material.definition.number
    add_footer(sheet, f"{short} – {layout.sheet.name}")
    sheet.hide_gridlines(2)
