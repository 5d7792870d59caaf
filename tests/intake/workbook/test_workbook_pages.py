"""How a workbook comes out on paper: on one page where it nearly fits, no table torn apart."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import openpyxl
import pytest
import xlsxwriter

from intake.forms.sheets import fit
from intake.forms.workbook import build_workbook
from plan.definition.model import PlanDefinition


def fitted(tall: float, starts: tuple[int, ...] = (), rows: int = 40) -> Any:
    """The sheet, read back, of so many rows that are `tall` points together."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = book.add_worksheet()
    fit(
        sheet, {0: 3.0, 1: 60.0, 2: 60.0}, dict.fromkeys(range(rows), tall / rows), rows - 1, starts
    )
    book.close()
    return openpyxl.load_workbook(target).worksheets[0]


@pytest.mark.parametrize(("tall", "down"), [(300, 1), (560, 1), (700, 0), (950, 0), (1150, 2)])
def test_a_little_too_tall_is_made_smaller_much_too_tall_takes_a_page_more(
    tall: float, down: int
) -> None:
    setup = fitted(tall).page_setup
    # What the file does not say is one.
    said = [1 if one is None else one for one in (setup.fitToWidth, setup.fitToHeight)]
    assert said == [1, down]


def test_several_tables_begin_a_new_page_rather_than_be_torn() -> None:
    sheet = fitted(1200, (5, 15, 30))
    assert [one.id for one in sheet.row_breaks.brk] == [15, 30]
    assert 50 < sheet.page_setup.scale <= 100
    together = fitted(800, (5, 15, 30))
    assert [one.id for one in together.row_breaks.brk] == [15]


def test_the_three_tables_of_a_blank_appendix_stay_on_one_page(definition: PlanDefinition) -> None:
    data = build_workbook(definition, "snv", on=date(2020, 3, 2), deadlines={})
    sheet = openpyxl.load_workbook(io.BytesIO(data))["PL4"]
    assert (sheet.page_setup.fitToHeight, list(sheet.row_breaks.brk)) == (None, [])
    properties = sheet.sheet_properties.pageSetUpPr
    assert properties is not None
    assert properties.fitToPage
