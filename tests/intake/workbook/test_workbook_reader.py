"""Workbooks as people send them back: right figures, or a finding at the right cell, never a guess."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from intake.workbook.reader import WorkbookReading, read_workbook
from intake.workbook.template import KEY_SHEET, ROW_MARK, TABLE_MARK, template_for
from plan.definition.appendices import ValueType
from plan.definition.model import PlanDefinition
from plan.ledger.filing import FoundFault
from tests.support.hostile_files import rezipped
from tests.support.workbook_samples import (
    Figures,
    at,
    blank,
    edited,
    figures,
    full,
    plan,
    read,
    saved,
)

AGENCIES = ("snv", "stp", "vpub", "stc", "stttt", "skhcn", "an-lao")


def values(reading: WorkbookReading) -> Figures:
    return {
        (one.indicator, one.period): one.number if one.number is not None else one.text or ""
        for one in reading.values
        if not one.not_applicable
    }


def changed(agency: str, changes: dict[tuple[str, str], object]) -> WorkbookReading:
    """A faultless workbook with figures overwritten: (line, period) → content."""
    cells = {at(agency, *key): content for key, content in changes.items()}
    return read(edited(full(agency), cells), agency)


def opened(agency: str) -> Any:
    return openpyxl.load_workbook(io.BytesIO(full(agency)))


def codes(reading: WorkbookReading) -> list[str]:
    return [one.code for one in reading.findings]


# --- a faultless one --------------------------------------------------------------------------------


@pytest.mark.parametrize("agency", AGENCIES)
def test_what_was_written_is_what_is_read(agency: str) -> None:
    reading = read(full(agency), agency)
    template = template_for(plan(), agency)
    assert values(reading) == figures(template)
    assert reading.findings == ()
    assert (reading.kind, reading.plan, reading.agency) == ("template", plan().id, agency)
    assert reading.version == template.version
    assert reading.deliverables == template.deliverables
    assert {
        (one.indicator, one.period): (one.sheet, one.cell) for one in reading.values
    }.items() <= (reading.places.items())
    assert {one.file for one in reading.values} == {"bieu.xlsx"}


def test_whose_it_is_is_read_from_the_workbook() -> None:
    assert read(full("stc")).agency == "stc"


def test_a_blank_one_has_no_values_but_every_place() -> None:
    reading = read(blank("stc"), "stc")
    assert values(reading) == {}
    impossible = [one for one in reading.values if one.not_applicable]
    assert [(one.indicator, one.period) for one in impossible] == [("PL6.5", "2015")]
    asked = set(template_for(plan(), "stc").sheet_of["PL6"].asked)
    assert set(reading.places) == asked | {("PL6.5", "2015")}
    assert "54/2016" in (impossible[0].text or "")


# --- whose it is ------------------------------------------------------------------------------------


def test_another_agencys_workbook_gives_nothing() -> None:
    reading = read(full("stp"), "stc")
    assert codes(reading) == ["book.other_agency"]
    assert reading.values == ()
    assert "Sở Tư pháp" in reading.findings[0].message


def test_another_plans_workbook_gives_nothing() -> None:
    other = plan().model_copy(update={"id": "05-kh-ubnd-2026"})
    reading = read_workbook(full("stc"), "bieu.xlsx", other, "stc")
    assert codes(reading) == ["book.other_plan"]
    assert reading.values == ()


def older() -> PlanDefinition:
    """The plan with one label of Phụ lục 6 worded otherwise and a row more."""
    appendix = next(one for one in plan().appendices if one.code == "PL6")
    table = appendix.tables[0]
    first = table.indicators[0].model_copy(update={"unit": "đơn vị"})
    more = table.indicators[-1].model_copy(
        update={"code": "6", "label": "Một dòng nay đã bỏ", "not_applicable": {}}
    )
    tables = [table.model_copy(update={"indicators": [first, *table.indicators[1:], more]})]
    changed = appendix.model_copy(update={"tables": tables})
    appendices = [changed if one.code == "PL6" else one for one in plan().appendices]
    return plan().model_copy(update={"appendices": appendices})


def test_an_older_form_is_read_as_far_as_it_fits() -> None:
    from intake.forms.workbook import build_workbook
    from tests.support.workbook_samples import ON, read_values

    found = figures(template_for(older(), "stc"))
    data = build_workbook(older(), "stc", on=ON, deadlines={}, prefill=read_values(found))
    reading = read(data, "stc")
    assert codes(reading)[0] == "book.older_version"
    assert "row.key_unknown" in codes(reading)
    assert values(reading) == figures(template_for(plan(), "stc"))


def test_a_sheet_copied_from_another_agencys_file_is_put_aside() -> None:
    book = opened("stttt")
    book["PL7"]["A1"] = book["PL7"]["A1"].value.replace("/stttt/", "/skhcn/")
    reading = read(saved(book), "stttt")
    assert codes(reading) == ["sheet.other_agency"]
    assert reading.values == ()


# --- what people do to a form -----------------------------------------------------------------------


def rename(book: Any) -> None:
    for number, sheet in enumerate(book.worksheets):
        if sheet.title != KEY_SHEET:
            sheet.title = f"Trang {number}"


def reorder(book: Any) -> None:
    book._sheets.reverse()


def more_sheets(book: Any) -> None:
    book.create_sheet("Nháp", 0)["A1"] = "Tính thử: 12 + 5"
    book.create_sheet("Sheet1")


def drop_key_sheet(book: Any) -> None:
    del book[KEY_SHEET]


def drop_cover(book: Any) -> None:
    del book["Hướng dẫn"]


def insert_row_above(book: Any) -> None:
    for name in ("PL1", "PL5", "PL8"):
        book[name].insert_rows(3)


def insert_row_within(book: Any) -> None:
    book["PL5"].insert_rows(11, 2)


def insert_column(book: Any) -> None:
    sheet = book["PL5"]
    for area in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(area))
    sheet.insert_cols(5)


def insert_first_column(book: Any) -> None:
    sheet = book["PL5"]
    for area in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(area))
    sheet.insert_cols(1)


def sort_rows(book: Any) -> None:
    """The rows of Phụ lục 5 turned upside down, keys and all."""
    sheet = book["PL5"]
    rows = [
        row
        for row in range(1, sheet.max_row + 1)
        if str(sheet.cell(row, 1).value).startswith(ROW_MARK)
    ]
    kept = [[sheet.cell(row, column).value for column in range(1, 12)] for row in rows]
    for row, cells in zip(rows, reversed(kept), strict=True):
        for column, content in enumerate(cells, start=1):
            sheet.cell(row, column).value = content


def number_as_text(book: Any) -> None:
    for row in book["PL5"].iter_rows(min_row=8, min_col=5, max_col=10):
        for cell in row:
            if isinstance(cell.value, int | float):
                cell.value = f"{int(cell.value):,}".replace(",", ".")


def merged_title(book: Any) -> None:
    book["PL5"].unmerge_cells("B2:K2")
    book["PL5"].merge_cells("B2:J2")


def accents_lost(book: Any) -> None:
    sheet = book["PL5"]
    for row in range(8, 20):
        cell = sheet.cell(row, 3)
        if cell.value:
            cell.value = str(cell.value).upper().replace("Ố", "O").replace("Ổ", "O")


def columns_hidden_shown(book: Any) -> None:
    for sheet in book.worksheets:
        sheet.column_dimensions["A"].hidden = False
        sheet.protection.sheet = False


@pytest.mark.parametrize(
    "change",
    [
        rename,
        reorder,
        more_sheets,
        drop_key_sheet,
        drop_cover,
        insert_row_above,
        insert_row_within,
        insert_column,
        insert_first_column,
        sort_rows,
        number_as_text,
        merged_title,
        accents_lost,
        columns_hidden_shown,
    ],
)
def test_no_change_of_form_changes_a_figure(change: Callable[[Any], None]) -> None:
    book = opened("snv")
    change(book)
    reading = read(saved(book), "snv")
    assert values(reading) == figures(template_for(plan(), "snv"))
    assert [one for one in reading.findings if one.severity == "error"] == []


def test_a_row_put_in_with_figures_is_told_of() -> None:
    book = opened("stp")
    book["PL2"].insert_rows(12)
    book["PL2"]["C12"] = "Chỉ thị của UBND tỉnh"
    book["PL2"]["F12"] = 5
    reading = read(saved(book), "stp")
    assert [(one.code, one.cell) for one in reading.findings] == [("row.unknown", "F12")]
    assert values(reading) == figures(template_for(plan(), "stp"))


def test_a_row_copied_with_its_key_is_asked_about() -> None:
    book = opened("stp")
    sheet = book["PL2"]
    for column in range(1, 12):
        sheet.cell(30, column).value = sheet.cell(10, column).value
    sheet.cell(30, 5).value = 99
    reading = read(saved(book), "stp")
    key = sheet.cell(10, 1).value.removeprefix(ROW_MARK)
    assert [(one.code, one.indicator) for one in reading.findings] == [("row.twice", key)]
    assert key not in {one.indicator for one in reading.values}


def test_a_copied_row_without_figures_does_no_harm() -> None:
    book = opened("stp")
    for column in range(1, 4):
        book["PL2"].cell(30, column).value = book["PL2"].cell(10, column).value
    assert values(read(saved(book), "stp")) == figures(template_for(plan(), "stp"))


def test_a_row_whose_label_became_another_rows_is_not_taken() -> None:
    book = opened("stp")
    sheet = book["PL2"]
    sheet["C11"], sheet["C12"] = sheet["C12"].value, sheet["C11"].value
    reading = read(saved(book), "stp")
    assert codes(reading) == ["row.relabelled", "row.relabelled"]
    lines = {str(sheet[f"A{row}"].value).removeprefix(ROW_MARK) for row in (11, 12)}
    assert not lines & {one.indicator for one in reading.values}


def test_a_column_whose_head_became_another_years_is_not_taken() -> None:
    book = opened("stp")
    book["PL2"]["F7"] = "Năm 2018"
    reading = read(saved(book), "stp")
    assert [(one.code, one.cell) for one in reading.findings] == [("column.relabelled", "F7")]
    assert "2016" not in {one.period for one in reading.values}


def test_a_column_deleted_is_missed() -> None:
    book = opened("stp")
    sheet = book["PL2"]
    for row in range(1, 40):
        cell = sheet.cell(row, 6)
        if type(cell).__name__ != "MergedCell":
            cell.value = None
    reading = read(saved(book), "stp")
    assert [(one.code, "Năm 2016" in one.message) for one in reading.findings] == [
        ("column.missing", True)
    ]


def test_the_same_sheet_twice_is_asked_about_when_it_differs() -> None:
    book = opened("stp")
    copy = book.copy_worksheet(book["PL2"])
    copy["E8"] = 4
    reading = read(saved(book), "stp")
    assert codes(reading) == ["sheet.twice"]
    assert reading.values == ()


def test_the_same_sheet_twice_does_no_harm_when_it_is_the_same() -> None:
    book = opened("stp")
    book.copy_worksheet(book["PL2"])
    assert values(read(saved(book), "stp")) == figures(template_for(plan(), "stp"))


def test_a_sheet_taken_out_is_told_of() -> None:
    book = opened("snv")
    del book["PL5"]
    reading = read(saved(book), "snv")
    assert codes(reading) == ["sheet.missing"]
    assert "appendix-5" not in reading.deliverables


def test_rows_of_another_agency_are_told_of_and_passed_over() -> None:
    cells = {("PL7", f"{column}8"): 5 for column in "EFG"}
    reading = read(edited(full("skhcn"), cells), "skhcn")
    assert [(one.code, one.severity, one.indicator) for one in reading.findings] == [
        ("row.not_owed", "warning", "PL7.1")
    ]
    assert "Sở Thông tin và Truyền thông" in reading.findings[0].message
    assert {one.indicator for one in reading.values} == {"PL7.14"}


def test_a_figure_in_a_heading_is_told_of() -> None:
    reading = read(edited(full("snv"), {("PL5", "E8"): 2500}), "snv")
    assert [(one.code, one.indicator) for one in reading.findings] == [
        ("row.header_filled", "PL5.1")
    ]


def test_an_appendix_that_is_not_owed_is_told_of() -> None:
    book = opened("stc")
    other = opened("stp")["PL2"]
    sheet = book.create_sheet("PL2")
    for row in other.iter_rows():
        for cell in row:
            if cell.value is not None:
                sheet[cell.coordinate] = cell.value
    sheet["A1"] = None
    reading = read(saved(book), "stc")
    assert ("book.not_owed", "PL2") in {(one.code, one.sheet) for one in reading.findings}
    assert values(reading) == figures(template_for(plan(), "stc"))


# --- what people write in a cell --------------------------------------------------------------------

WRITTEN: list[tuple[str, object, float | None, str]] = [
    ("PL5.1.1", "2.500", 2500, ""),
    ("PL5.1.1", "2 500", 2500, ""),
    ("PL5.1.1", "２５００", 2500, ""),
    ("PL5.1.1", "2\u00a0500", 2500, ""),
    ("PL5.1.1", 0, 0, ""),
    ("PL5.1.1", "KPS", None, "value.sign"),
    ("PL5.1.1", "-", None, "value.sign"),
    ("PL5.1.1", "2.500 (ước)", None, "value.with_words"),
    ("PL5.1.1", "2,500", None, "value.ambiguous"),
    ("PL5.1.1", 2500.5, None, "value.not_whole"),
    ("PL5.1.1", True, None, "value.boolean"),
    ("PL5.1.1", "=1+1", None, "value.uncached"),
    ("PL5.1.1", '=HYPERLINK("http://x","2500")', None, "value.uncached"),
    ("PL5.1.1", "#REF!", None, "value.cell_error"),
    ("PL1.6.3", "84,5%", 84.5, ""),
    ("PL1.6.3", "84,5", 84.5, ""),
    ("PL1.6.3", 0.845, None, "value.percent_fraction"),
    ("PL1.3.1", "có", 1, ""),
    ("PL1.3.1", 3, None, "value.flag"),
]


PERIODS = ("2015", "2016", "2017", "2018", "2019", "2020")
ROOM = {
    "PL5.1.1": ["PL5.1.1", "PL5.1.2", "PL5.2.1"],
    "PL1.6.3": ["PL1.6.3"],
    "PL1.3.1": ["PL1.3.1"],
}


@lru_cache(maxsize=1)
def written() -> tuple[list[tuple[str, str]], WorkbookReading]:
    """Every row of the table in a cell of its own of one workbook: cells in order, and the reading."""
    free = {
        line: [(one, period) for one in lines for period in PERIODS] for line, lines in ROOM.items()
    }
    cells = [free[row[0]].pop(0) for row in WRITTEN]
    return cells, changed("snv", {key: row[1] for key, row in zip(cells, WRITTEN, strict=True)})


@pytest.mark.parametrize("number", range(len(WRITTEN)))
def test_one_cell_written_otherwise(number: int) -> None:
    _, _, wanted, code = WRITTEN[number]
    cells, reading = written()
    key = cells[number]
    assert values(reading).get(key) == wanted
    found = [
        (one.code, one.sheet, one.cell)
        for one in reading.findings
        if (one.indicator, one.period) == key
    ]
    assert found == ([(code, *at("snv", *key))] if code else [])


def test_no_cell_changes_another() -> None:
    cells, reading = written()
    wanted = {
        key: value
        for key, value in figures(template_for(plan(), "snv")).items()
        if key not in cells
    }
    assert {key: value for key, value in values(reading).items() if key not in cells} == wanted
    assert {(one.indicator, one.period) for one in reading.findings} <= set(cells)


@pytest.mark.parametrize("text", ["đạt", "ĐẠT", "dat", "Đạt."])
def test_variants_of_a_choice(text: str) -> None:
    assert values(changed("snv", {("PL8.3", "2020"): text}))[("PL8.3", "2020")] == "Đạt"


@pytest.mark.parametrize(
    ("text", "code"), [("x", "value.choice"), ("Chưa đánh giá", "value.choice")]
)
def test_what_is_no_choice_is_asked(text: str, code: str) -> None:
    assert codes(changed("snv", {("PL8.3", "2020"): text})) == [code]


def test_a_percentage_format_says_what_was_seen() -> None:
    book = opened("snv")
    sheet, cell = at("snv", "PL1.6.3", "2017")
    book[sheet][cell] = 0.845
    book[sheet][cell].number_format = "0.0%"
    reading = read(saved(book), "snv")
    assert values(reading)[("PL1.6.3", "2017")] == 84.5
    assert codes(reading) == ["value.percent_as_shown"]


def test_a_date_excel_made_of_a_pair_is_asked() -> None:
    from datetime import datetime

    assert codes(changed("snv", {("PL1.6.3", "2017"): datetime(2020, 12, 15)})) == ["value.date"]


# --- percentages and their parts --------------------------------------------------------------------


def parts(n: object, d: object, whole: object = None) -> WorkbookReading:
    line = "PL7.11"
    return changed(
        "vpub", {(f"{line}#n", "2019"): n, (f"{line}#d", "2019"): d, (line, "2019"): whole}
    )


def test_a_percentage_follows_from_its_parts() -> None:
    reading = parts(300, 400)
    assert values(reading)[("PL7.11", "2019")] == 75
    assert reading.findings == ()


def test_a_percentage_of_nothing_is_blank() -> None:
    reading = parts(0, 0)
    assert ("PL7.11", "2019") not in values(reading)
    assert reading.findings == ()


def test_a_fraction_is_settled_by_the_parts() -> None:
    reading = parts(300, 400, 0.75)
    assert values(reading)[("PL7.11", "2019")] == 75
    assert codes(reading) == ["value.percent_from_parts"]


def test_less_than_one_percent_is_settled_by_the_parts() -> None:
    reading = parts(2, 400, 0.5)
    assert values(reading)[("PL7.11", "2019")] == 0.5
    assert reading.findings == ()


def test_a_pair_in_the_percentages_cell_gives_its_parts() -> None:
    reading = changed(
        "vpub",
        {
            ("PL3.5.1", "2019"): "12.345/12.300",
            ("PL3.5.1#n", "2019"): None,
            ("PL3.5.1#d", "2019"): None,
        },
    )
    found = values(reading)
    assert (found[("PL3.5.1#n", "2019")], found[("PL3.5.1#d", "2019")]) == (12300, 12345)
    assert found[("PL3.5.1", "2019")] == pytest.approx(100 * 12300 / 12345)
    assert codes(reading) == ["value.pair"]


# --- «Không áp dụng» --------------------------------------------------------------------------------


def test_not_applicable_takes_its_reason_from_the_note() -> None:
    sheet, cell = at("snv", "PL8.11", "2020")
    note = cell.replace("D", "E")
    reading = read(
        edited(full("snv"), {(sheet, cell): "Không áp dụng", (sheet, note): "Chỉ tính cho bộ"}),
        "snv",
    )
    value = next(one for one in reading.values if one.indicator == "PL8.11")
    assert (value.not_applicable, value.text) == (True, "Chỉ tính cho bộ")
    assert reading.findings == ()
    assert [(one.indicator, one.text) for one in reading.notes] == [("PL8.11", "Chỉ tính cho bộ")]


def test_not_applicable_without_a_reason_is_asked() -> None:
    assert codes(changed("snv", {("PL8.11", "2020"): "Không áp dụng"})) == ["value.no_reason"]


def test_not_applicable_where_a_figure_is_usual_is_a_warning() -> None:
    reading = changed("snv", {("PL5.3", "2015"): "Không áp dụng: chưa thống kê"})
    assert [(one.code, one.severity) for one in reading.findings] == [
        ("value.not_applicable", "warning")
    ]


def test_a_figure_where_none_can_exist_is_asked() -> None:
    assert codes(changed("stc", {("PL6.5", "2015"): 4})) == ["value.impossible"]
    assert codes(changed("stc", {("PL6.5", "2015"): 0})) == []
    assert codes(changed("stc", {("PL6.5", "2015"): None})) == []


# --- other programs' XML ----------------------------------------------------------------------------


def prefixed(xml: bytes) -> bytes:
    """The same sheet as some libraries write it: every element with a prefix."""
    import re

    text = re.sub(rb"<(/?)(?=[a-zA-Z])(?!\?)", rb"<\1x:", xml)
    return text.replace(b"xmlns=", b"xmlns:x=")


def test_elements_with_a_prefix_read_the_same() -> None:
    data = rezipped(full("stc"), {"xl/worksheets/sheet2.xml": prefixed})
    assert values(read(data, "stc")) == figures(template_for(plan(), "stc"))


def test_a_formula_with_its_result_is_a_figure() -> None:
    def formula(xml: bytes) -> bytes:
        at = xml.find(b'<c r="E8"')
        end = xml.find(b"</c>", at)
        return xml[:at] + xml[at:end].replace(b"<v>", b"<f>3+4</f><v>") + xml[end:]

    data = rezipped(full("stc"), {"xl/worksheets/sheet2.xml": formula})
    reading = read(data, "stc")
    assert values(reading) == figures(template_for(plan(), "stc"))
    assert reading.findings == ()


def test_a_formula_in_error_is_asked() -> None:
    def error(xml: bytes) -> bytes:
        at = xml.find(b'<c r="E8"')
        end = xml.find(b"</c>", at)
        return xml[:at] + b'<c r="E8" t="e"><f>1/0</f><v>#DIV/0!</v>' + xml[end:]

    reading = read(rezipped(full("stc"), {"xl/worksheets/sheet2.xml": error}), "stc")
    assert [(one.code, one.cell) for one in reading.findings] == [("value.cell_error", "E8")]


def test_the_key_table_alone_does_not_make_a_form() -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = f"{TABLE_MARK}PL99"
    assert codes(read(saved(book), "stc")) == ["book.no_appendix"]


# --- any figures ------------------------------------------------------------------------------------

_ANY = {
    ValueType.count: st.integers(min_value=0, max_value=10**9).map(float),
    ValueType.percent: st.integers(min_value=101, max_value=10_000).map(lambda n: n / 100),
    ValueType.flag: st.sampled_from([0.0, 1.0]),
    ValueType.choice: st.sampled_from(["Đạt", "Không đạt"]),
}


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
@pytest.mark.parametrize("agency", ["snv", "vpub", "an-lao"])
def test_any_figures_come_back_as_written(agency: str, data: st.DataObject) -> None:
    template = template_for(plan(), agency)
    found: Figures = {}
    for key in figures(template):
        line = template.lines[key[0]]
        if not (line.asks_parts or line.part):
            found[key] = data.draw(_ANY[line.type])
    assert values(read(blank(agency, found), agency)) == found


def test_findings_name_file_sheet_cell_indicator_period() -> None:
    reading = changed("stp", {("PL2.1.3", "2017"): "x"})
    (finding,) = reading.findings
    assert finding == FoundFault(
        severity="error",
        code="value.sign",
        message=finding.message,
        file="bieu.xlsx",
        sheet="PL2",
        cell=at("stp", "PL2.1.3", "2017")[1],
        indicator="PL2.1.3",
        period="2017",
        read="x",
    )
