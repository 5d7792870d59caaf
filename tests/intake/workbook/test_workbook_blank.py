"""The blank workbook: what the plan prints, what it forgot, what may be filled in, and nothing else."""

from __future__ import annotations

import io
from datetime import date
from functools import lru_cache
from typing import Any

import openpyxl
import pytest
from openpyxl.utils import range_boundaries

from intake.forms.layout import lay_out
from intake.forms.workbook import build_workbook
from intake.workbook.cells import NOT_APPLICABLE
from intake.workbook.template import (
    COVER_SHEET,
    KEY_SHEET,
    ROW_MARK,
    Template,
    template_for,
)
from intake.workbook.xlsx import cell_name
from plan.definition.appendices import ValueType
from plan.definition.model import PlanDefinition
from plan.errors import NotFoundError, RefusedError
from tests.support.workbook_samples import ON, blank, plan

SHEETS = {
    "snv": ["PL1", "PL4", "PL5", "PL8"],
    "stp": ["PL2"],
    "vpub": ["PL3", "PL7"],
    "stc": ["PL6"],
    "stttt": ["PL7"],
    "skhcn": ["PL7"],
    "an-lao": ["PL2", "PL4", "PL5", "PL6"],
}


@lru_cache(maxsize=8)
def opened(agency: str) -> Any:
    return openpyxl.load_workbook(io.BytesIO(blank(agency)))


def asked(template: Template, sheet: str) -> set[str]:
    """Cells of figures this agency fills in."""
    layout = lay_out(template)[sheet]
    cells = set()
    for line, period in template.sheet_of[sheet].asked:
        place = layout.place(line, period)
        possible = period not in template.lines[line].indicator.not_applicable
        if place is not None and possible:
            cells.add(cell_name(*place))
    return cells


@pytest.mark.parametrize("agency", list(SHEETS))
def test_the_sheets_an_agency_owes(agency: str) -> None:
    assert opened(agency).sheetnames == [COVER_SHEET, *SHEETS[agency], KEY_SHEET]


@pytest.mark.parametrize("agency", ["snv", "vpub"])
def test_same_inputs_same_bytes(agency: str) -> None:
    assert blank(agency) == blank(agency)


@pytest.mark.parametrize(
    ("agency", "sheet"), [(a, s) for a in ("snv", "stp", "vpub", "stc") for s in SHEETS[a]]
)
def test_printed_as_the_plan_prints_it(agency: str, sheet: str) -> None:
    page = opened(agency)[sheet]
    texts = [str(cell.value) for row in page.iter_rows() for cell in row if cell.value is not None]
    appendix = template_for(plan(), agency).sheet_of[sheet].appendix
    wanted = [appendix.heading, appendix.title, appendix.reference]
    wanted += [appendix.subtitle] if appendix.subtitle else []
    for table in appendix.tables:
        wanted += [table.title] if table.title else []
        wanted += [
            *table.heads,
            *(one.label for one in table.periods),
            *(one.label for one in table.indicators),
        ]
    assert [one for one in wanted if one not in texts] == []
    assert {"NGƯỜI LẬP BIỂU", "THỦ TRƯỞNG CƠ QUAN", "Ghi chú", *appendix.footnotes} <= set(texts)
    assert any("tháng …… năm 2020" in one for one in texts)


@pytest.mark.parametrize(("agency", "sheet"), [("stp", "PL2"), ("stc", "PL6"), ("vpub", "PL3")])
def test_rows_in_the_plans_order_with_number_and_unit(agency: str, sheet: str) -> None:
    page = opened(agency)[sheet]
    rows = [
        row for row in page.iter_rows(max_col=4) if str(row[0].value or "").startswith(ROW_MARK)
    ]
    printed = [(row[1].value or "", row[2].value, row[3].value or "") for row in rows]
    lines = [
        line
        for line in template_for(plan(), agency).sheet_of[sheet].lines()
        if line.owed or not line.part
    ]
    assert [one[1] for one in printed] == [line.label for line in lines]
    whole = [(one, line) for one, line in zip(printed, lines, strict=True) if not line.part]
    assert [(one[0], one[2]) for one, _ in whole] == [
        (line.indicator.stt, line.indicator.unit) for _, line in whole
    ]


@pytest.mark.parametrize(
    ("agency", "sheet"), [(a, s) for a, sheets in SHEETS.items() for s in sheets]
)
def test_only_input_cells_are_unlocked(agency: str, sheet: str) -> None:
    template = template_for(plan(), agency)
    page = opened(agency)[sheet]
    assert page.protection.sheet
    assert not page.protection.password
    unlocked = {
        cell.coordinate
        for row in page.iter_rows()
        for cell in row
        if type(cell).__name__ != "MergedCell" and not cell.protection.locked
    }
    figures = asked(template, sheet)
    required = {
        cell_name(*place)
        for name, line in template.lines.items()
        if line.asks_parts and line.indicator.ratio is not None and line.indicator.ratio.required
        for period in ("2015", "2016", "2017", "2018", "2019", "2020")
        if (place := lay_out(template)[template.lines[name].appendix].place(name, period))
        and line.appendix == sheet
    }
    notes = {
        cell_name(row, table.note.first)
        for table in lay_out(template)[sheet].tables
        if table.note is not None
        for row in table.rows.values()
    }
    assert figures - required <= unlocked
    assert not required & unlocked, "a percentage that follows from its parts is not typed"
    below = max(table.end for table in lay_out(template)[sheet].tables)
    rest = {
        one
        for one in unlocked - figures - notes
        if int("".join(c for c in one if c.isdigit())) <= below
    }
    assert rest == set()


@pytest.mark.parametrize(
    ("agency", "sheet"), [("snv", "PL1"), ("snv", "PL4"), ("snv", "PL8"), ("vpub", "PL3")]
)
def test_every_input_has_a_hint_and_a_limit(agency: str, sheet: str) -> None:
    template = template_for(plan(), agency)
    page = opened(agency)[sheet]
    held: dict[str, Any] = {}
    for rule in page.data_validations.dataValidation:
        for area in rule.sqref.ranges:
            left, top, right, bottom = range_boundaries(str(area))
            for row in range(top, bottom + 1):
                held.update(
                    {cell_name(row - 1, column - 1): rule for column in range(left, right + 1)}
                )
    for line, period in template.sheet_of[sheet].asked:
        place = lay_out(template)[sheet].place(line, period)
        known = template.lines[line]
        if place is None or (
            known.asks_parts and known.indicator.ratio and known.indicator.ratio.required
        ):
            continue
        rule = held[cell_name(*place)]
        assert rule.prompt
        assert rule.promptTitle
        if known.type is not ValueType.text:
            assert rule.error
            assert rule.errorStyle in (None, "stop")
            assert NOT_APPLICABLE in rule.formula1
        if known.type is ValueType.choice:
            assert rule.formula1 == f'"Đạt,Không đạt,{NOT_APPLICABLE}"'


def test_page_and_panes() -> None:
    page = opened("stp")["PL2"]
    assert page.page_setup.paperSize == 9
    assert page.page_setup.orientation == "landscape"
    assert page.sheet_properties.pageSetUpPr.fitToPage
    assert page.page_setup.fitToWidth in (None, 1)  # not said: one
    assert page.print_title_rows == "$7:$7"
    assert page.freeze_panes == "D8"
    assert page.print_area.startswith("'PL2'!$B$1:$K$")
    assert "Trang &P" in page.oddFooter.right.text


def test_one_typeface() -> None:
    for page in opened("snv").worksheets:
        fonts = {
            cell.font.name for row in page.iter_rows() for cell in row if cell.value is not None
        }
        assert fonts == {"Times New Roman"}


def test_keys_of_every_row_and_column_stand_on_the_hidden_sheet() -> None:
    template = template_for(plan(), "vpub")
    page = opened("vpub")[KEY_SHEET]
    assert page.sheet_state == "veryHidden"
    rows = [[cell.value for cell in row] for row in page.iter_rows()]
    assert rows[0][0] == template.mark(KEY_SHEET)
    assert {row[0]: row[1] for row in rows[1:4]} == {
        "plan": plan().id, "agency": "vpub", "version": template.version,
    }  # fmt: skip
    listed = {(row[0], row[3]) for row in rows[5:] if row[2] == "row"}
    assert {("PL3", name) for name in template.lines if name.startswith("PL3.")} <= listed
    for sheet, _, _, key, cell in (row[:5] for row in rows[5:]):
        assert str(opened("vpub")[sheet][cell].value).endswith(key)


def test_a_period_without_a_possible_figure_is_greyed_with_its_reason() -> None:
    page = opened("stc")["PL6"]
    row = next(cell.row for cell in page["A"] if cell.value == f"{ROW_MARK}PL6.5")
    cell = page.cell(row, 5)
    assert cell.value == NOT_APPLICABLE
    assert cell.protection.locked
    hints = [
        rule.prompt
        for rule in page.data_validations.dataValidation
        if cell.coordinate in rule.sqref
    ]
    assert hints
    assert "54/2016" in hints[0]


def test_another_agencys_rows_are_greyed_and_say_whose_they_are() -> None:
    page = opened("skhcn")["PL7"]
    row = next(cell.row for cell in page["A"] if cell.value == f"{ROW_MARK}PL7.1")
    assert page.cell(row, 5).protection.locked
    assert page.cell(row, 11).value == "Sở Thông tin và Truyền thông điền"
    assert not any(str(cell.value).startswith(f"{ROW_MARK}PL7.1#") for cell in page["A"])


def test_the_cover_says_what_by_when_and_whom_to_call() -> None:
    texts = [
        str(cell.value)
        for row in opened("vpub")[COVER_SHEET].iter_rows()
        for cell in row
        if cell.value
    ]
    assert "Hạn nộp: chậm nhất 29/04/2020" in texts
    assert "dòng 10 đến 13" in texts
    assert any("0256 000 0001" in one for one in texts)
    assert any("VĂN PHÒNG ỦY BAN NHÂN DÂN TỈNH" in one for one in texts)


def test_different_deadlines_stand_beside_each_sheet() -> None:
    due = {"appendix-3": "chậm nhất 29/04/2020", "appendix-7": "chậm nhất 19/06/2020"}
    made = build_workbook(plan(), "vpub", on=ON, deadlines=due, calls=["Ông A, 0256 111"])
    page = openpyxl.load_workbook(io.BytesIO(made))[COVER_SHEET]
    texts = [str(cell.value) for row in page.iter_rows() for cell in row if cell.value]
    assert "Hạn nộp: xem từng trang trong danh sách dưới đây" in texts
    assert {"chậm nhất 29/04/2020", "chậm nhất 19/06/2020", "Ông A, 0256 111"} <= set(texts)


def test_no_formula_calls_out() -> None:
    for page in opened("snv").worksheets:
        for row in page.iter_rows():
            for cell in row:
                if cell.data_type == "f":
                    assert not {"HYPERLINK", "WEBSERVICE", "DDE", "["} & set(
                        str(cell.value).upper().split("(")
                    )


def test_the_name_is_the_one_of_the_day() -> None:
    names = {one.id: one for one in plan().agencies}
    assert len(names["hoai-nhon"].names) == 2
    before = build_workbook(plan(), "hoai-nhon", on=date(2020, 4, 1), deadlines={})
    after = build_workbook(plan(), "hoai-nhon", on=date(2020, 6, 2), deadlines={})
    assert "huyện Hoài Nhơn" in reporter(before)
    assert "thị xã Hoài Nhơn" in reporter(after)


def reporter(data: bytes) -> str:
    return str(openpyxl.load_workbook(io.BytesIO(data))["PL2"]["B5"].value)


def test_who_owes_nothing_gets_no_workbook() -> None:
    with pytest.raises(NotFoundError, match="Có phải «snv»"):
        build_workbook(plan(), "sn", on=ON, deadlines={})
    owes_none = next(one.id for one in plan().agencies if not template_for(plan(), one.id).sheets)
    with pytest.raises(RefusedError):
        build_workbook(plan(), owes_none, on=ON, deadlines={})


def template_version(definition: PlanDefinition) -> str:
    return template_for(definition, "").version


def test_version_changes_with_what_is_asked_and_with_nothing_else() -> None:
    definition = plan()
    renamed = definition.model_copy(update={"title": "Kế hoạch khác tên"})
    assert template_version(renamed) == template_version(definition)
    appendix = definition.appendices[0]
    indicator = appendix.tables[0].indicators[0].model_copy(update={"label": "Chỉ tiêu khác"})
    table = appendix.tables[0].model_copy(
        update={"indicators": [indicator, *appendix.tables[0].indicators[1:]]}
    )
    changed = appendix.model_copy(update={"tables": [table]})
    other = definition.model_copy(update={"appendices": [changed, *definition.appendices[1:]]})
    assert template_version(other) != template_version(definition)
