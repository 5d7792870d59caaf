"""The blank workbook of one agency: cover, one sheet an appendix, hidden keys. Same inputs, same bytes."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any

import xlsxwriter

from intake.forms.layout import SheetLayout, lay_out
from intake.forms.sheets import write_sheet
from intake.forms.style import Styles
from intake.forms.workbook import write_cover
from intake.forms.writer import Prefill
from intake.workbook.template import KEY_SHEET, Template, template_for
from intake.workbook.xlsx import cell_name
from plan.definition.model import PlanDefinition
from plan.errors import NotFoundError, RefusedError
from plan.ledger.filing import ReadValue


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
