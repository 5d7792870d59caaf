"""An appendix typed by hand, without hidden keys: matched by its words, or asked about; never guessed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.workbook.grid import Grid
from intake.workbook.reader import WorkbookReading, read_grids, read_workbook
from intake.workbook.template import KEY_SHEET, FigureLine, TablePlan, template_for
from plan.definition.appendices import ValueType
from plan.text import number_words, strip_accents
from tests.support.workbook_samples import Figures, figures, full, plan, saved

Row = list[object]
Words = Callable[[FigureLine], str]


def verbatim(line: FigureLine) -> str:
    return line.label


def corrected(line: FigureLine) -> str:
    return line.label if line.part else line.indicator.standard_label or line.label


def numbered(line: FigureLine) -> str:
    return f"{line.indicator.code}. {line.label.removeprefix('- ')}"


def shouted(line: FigureLine) -> str:
    return f"  {line.label.upper()} "


def bare_ascii(line: FigureLine) -> str:
    return strip_accents(line.label).replace(",", " ,")


def rows_of(table: TablePlan, found: Figures, words: Words = verbatim) -> list[Row]:
    """A table by rows as typed: head, then label and figures."""
    rows: list[Row] = [["STT", "Chỉ tiêu", *(one.label for one in table.periods), "Ghi chú"]]
    for line in table.lines:
        numbers = [found.get((line.name, one.key)) for one in table.periods]
        rows.append(["" if line.part else line.indicator.stt, words(line), *numbers, ""])
    return rows


def columns_of(table: TablePlan, found: Figures) -> list[Row]:
    """A table by columns as typed: title, head (two rows with groups), a row a period."""
    rows: list[Row] = [[table.table.title]]
    grouped = any(line.indicator.group for line in table.lines)
    if grouped:
        last = ""
        groups: Row = ["Tỉnh, thành phố", "Giai đoạn"]
        for line in table.lines:
            groups.append(line.indicator.group if line.indicator.group != last else None)
            last = line.indicator.group
        rows.append(groups)
    rows.append(
        [*(["", ""] if grouped else table.table.heads), *(line.label for line in table.lines)]
    )
    for period in table.periods:
        numbers = [found.get((line.name, period.key)) for line in table.lines]
        rows.append(["Bình Định", period.label, *numbers])
    return rows


def sheets_of(agency: str, found: Figures, words: Words = verbatim) -> dict[str, list[Row]]:
    sheets: dict[str, list[Row]] = {}
    for sheet in template_for(plan(), agency).sheets:
        rows: list[Row] = [
            [sheet.appendix.heading],
            [sheet.appendix.title],
            [sheet.appendix.reference],
            [],
        ]
        for table in sheet.tables:
            rows += rows_of(table, found, words) if table.by_rows else columns_of(table, found)
            rows.append([])
        rows += [
            ["", "Người lập biểu", "", "", "Bình Định, ngày 20 tháng 4 năm 2020"],
            ["", "", "", "Giám đốc"],
        ]
        sheets[sheet.name] = rows
    return sheets


def book_of(sheets: dict[str, list[Row]], names: Sequence[str] = ()) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for number, (name, rows) in enumerate(sheets.items()):
        page = book.create_sheet(names[number] if names else name)
        for row in rows:
            page.append(row)
    return saved(book)


def read(data: bytes, agency: str) -> WorkbookReading:
    return read_workbook(data, "tu-ke.xlsx", plan(), agency)


def values(reading: WorkbookReading) -> Figures:
    return {
        (one.indicator, one.period): one.number if one.number is not None else one.text or ""
        for one in reading.values
        if not one.not_applicable
    }


def wanted(agency: str) -> Figures:
    return figures(template_for(plan(), agency))


@pytest.mark.parametrize("words", [verbatim, corrected, numbered, shouted, bare_ascii])
@pytest.mark.parametrize("agency", ["snv", "stp", "vpub", "stc", "skhcn"])
def test_typed_by_hand_read_as_typed(agency: str, words: Words) -> None:
    reading = read(book_of(sheets_of(agency, wanted(agency), words)), agency)
    assert values(reading) == wanted(agency)
    assert reading.kind == "bare"
    assert reading.deliverables == template_for(plan(), agency).deliverables
    assert {one.code for one in reading.findings} == {"book.no_keys"}


def test_sheet_names_do_not_matter() -> None:
    data = book_of(sheets_of("snv", wanted("snv")), ["Sheet1", "Sheet2", "Sheet3", "Sheet4"])
    assert values(read(data, "snv")) == wanted("snv")


def test_titles_may_be_missing() -> None:
    sheets = {name: rows[4:] for name, rows in sheets_of("stc", wanted("stc")).items()}
    assert values(read(book_of(sheets, ["Sheet1"]), "stc")) == wanted("stc")


def test_years_alone_are_heads_enough() -> None:
    sheets = sheets_of("stc", wanted("stc"))
    head = next(row for row in sheets["PL6"] if row[:1] == ["STT"])
    head[2:8] = [2015, 2016, "2017", "Năm 2018", "năm 2019", "Quý I/2020"]
    assert values(read(book_of(sheets), "stc")) == wanted("stc")


def test_the_hidden_column_deleted_leaves_the_words() -> None:
    import io

    book = openpyxl.load_workbook(io.BytesIO(full("stc")))
    sheet = book["PL6"]
    for area in list(sheet.merged_cells.ranges):
        sheet.unmerge_cells(str(area))
    sheet.delete_cols(1)
    assert KEY_SHEET in book.sheetnames
    reading = read(saved(book), "stc")
    assert (reading.kind, reading.agency) == ("template", "stc")
    assert values(reading) == wanted("stc")


def test_rows_in_another_order_and_blank_rows_between() -> None:
    sheets = sheets_of("stp", wanted("stp"))
    rows = sheets["PL2"]
    rows[-4], rows[-5] = rows[-5], rows[-4]
    rows.insert(8, [])
    assert values(read(book_of(sheets), "stp")) == wanted("stp")


# --- labels that stand more than once ---------------------------------------------------------------


def test_the_same_label_is_told_apart_by_what_it_stands_under() -> None:
    found = wanted("snv")
    for number, line in enumerate(("PL5.1.1", "PL5.1.2", "PL5.2.1", "PL5.2.2")):
        found[(line, "2019")] = 1000.0 + number
    reading = read(book_of(sheets_of("snv", found)), "snv")
    lines = ("PL5.1.1", "PL5.1.2", "PL5.2.1", "PL5.2.2")
    assert {line: values(reading)[(line, "2019")] for line in lines} == {
        "PL5.1.1": 1000, "PL5.1.2": 1001, "PL5.2.1": 1002, "PL5.2.2": 1003,
    }  # fmt: skip


def test_groups_in_another_order_are_still_told_apart() -> None:
    sheets = sheets_of("snv", wanted("snv"))
    rows = sheets["PL5"]
    first = next(number for number, row in enumerate(rows) if row[:1] == ["1."])
    rows[first : first + 6] = rows[first + 3 : first + 6] + rows[first : first + 3]
    assert values(read(book_of(sheets), "snv")) == wanted("snv")


def test_without_the_row_above_it_is_asked() -> None:
    sheets = sheets_of("snv", wanted("snv"))
    rows = sheets["PL5"]
    heads = [row for row in rows if row[:1] in (["1."], ["2."])]
    for row in heads:
        rows.remove(row)
    reading = read(book_of(sheets), "snv")
    assert not {"PL5.1.1", "PL5.1.2", "PL5.2.1", "PL5.2.2"} & {
        one.indicator for one in reading.values
    }
    assert [one.code for one in reading.findings if one.severity == "error"] == ["row.unsure"] * 4


def test_a_row_twice_is_asked() -> None:
    sheets = sheets_of("stp", wanted("stp"))
    copy = list(next(row for row in sheets["PL2"] if row[:1] == ["7"]))
    copy[2] = 99
    sheets["PL2"].insert(-3, copy)
    reading = read(book_of(sheets), "stp")
    assert [one.code for one in reading.findings if one.severity == "error"] == ["row.twice"]
    assert "PL2.7" not in {one.indicator for one in reading.values}


# --- labels written wrongly -------------------------------------------------------------------------


def mistyped(label: str) -> WorkbookReading:
    sheets = sheets_of("stp", wanted("stp"))
    row = next(row for row in sheets["PL2"] if row[:1] == ["4"])
    row[1] = label
    return read(book_of(sheets), "stp")


def test_one_wrong_letter_is_taken_and_said() -> None:
    reading = mistyped("Số VBQPPL đã kiểm tra theo thẩm quyềm")
    assert values(reading) == wanted("stp")
    assert {one.code for one in reading.findings} == {"book.no_keys", "row.near"}


@pytest.mark.parametrize(
    "label",
    [
        "Số văn bản đã kiểm tra",
        "Số VBQPPL đã được xử lý theo thẩm quyền",
        "Kiểm tra văn bản",
        "Dòng thứ tư",
    ],
)
def test_a_label_that_could_be_another_is_asked(label: str) -> None:
    reading = mistyped(label)
    assert [one.code for one in reading.findings if one.severity == "error"] == ["row.unsure"]
    assert "PL2.4" not in {one.indicator for one in reading.values}
    assert {key: value for key, value in wanted("stp").items() if key[0] != "PL2.4"} == values(
        reading
    )


def test_two_labels_in_one_cell_are_asked() -> None:
    """As the plan's own text prints rows 5.1 and 5.2 of Phụ lục 1."""
    sheets = sheets_of("snv", wanted("snv"))
    rows = sheets["PL1"]
    at = next(number for number, row in enumerate(rows) if "sở, ngành" in str(row[1:2]))
    rows[at][1] = f"{rows[at][1]} {rows[at + 1][1]}"
    del rows[at + 1]
    reading = read(book_of(sheets), "snv")
    assert [one.code for one in reading.findings if one.severity == "error"] == ["row.unsure"]
    assert not {"PL1.5.1", "PL1.5.2"} & {one.indicator for one in reading.values}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_label_damaged_anyhow_is_never_another_rows(data: st.DataObject) -> None:
    """Letters dropped, doubled or swapped: the row's own figures, or none; never another row's."""
    table = template_for(plan(), "stc").tables["PL6"]
    line = data.draw(
        st.sampled_from([one for one in table.lines if one.type is not ValueType.header])
    )
    label = list(line.label)
    for _ in range(data.draw(st.integers(min_value=1, max_value=25))):
        at = data.draw(st.integers(min_value=0, max_value=len(label) - 1))
        label[at] = data.draw(st.sampled_from(["", "a", "x", label[at] * 2, " "]))
    found: Figures = {key: float(number) for number, key in enumerate(wanted("stc"))}
    rows = rows_of(table, found, lambda one: "".join(label) if one is line else one.label)
    grid = Grid("Bảng 1", [[cell if cell is not None else "" for cell in row] for row in rows])
    got = values(read_grids([grid], "bao-cao.docx", plan(), "stc"))
    assert got.items() <= found.items()


# --- columns ----------------------------------------------------------------------------------------


def test_a_year_twice_is_asked() -> None:
    sheets = sheets_of("stc", wanted("stc"))
    head = next(row for row in sheets["PL6"] if row[:1] == ["STT"])
    head[3] = "Năm 2015"
    reading = read(book_of(sheets), "stc")
    errors = [one.code for one in reading.findings if one.severity == "error"]
    assert "column.twice" in errors
    assert not {"2015", "2016"} & {one.period for one in reading.values if not one.not_applicable}


def test_a_year_missing_is_said() -> None:
    sheets = sheets_of("stc", wanted("stc"))
    head = next(row for row in sheets["PL6"] if row[:1] == ["STT"])
    head[3] = "Cột khác"
    reading = read(book_of(sheets), "stc")
    (told,) = [one for one in reading.findings if one.severity == "error"]
    assert (told.code, told.period) == ("column.missing", "2016")
    assert "«Cột khác»" in told.message
    assert "2016" not in {one.period for one in reading.values}


def test_a_group_missing_over_columns_is_asked() -> None:
    sheets = sheets_of("snv", wanted("snv"))
    groups = next(row for row in sheets["PL4"] if "Sự nghiệp y tế" in row)
    groups[groups.index("Sự nghiệp y tế")] = "Y tế và dân số"
    reading = read(book_of(sheets), "snv")
    assert not [one for one in reading.values if one.indicator.startswith("PL4.III.yt")]
    kept = {key: one for key, one in wanted("snv").items() if not key[0].startswith("PL4.III.yt")}
    assert values(reading) == kept


def test_what_stands_beyond_the_notes_is_no_part_of_it() -> None:
    """Our own form without its hidden row of keys: the sums on its right bear the years' names too."""
    import io

    book = openpyxl.load_workbook(io.BytesIO(full("stc")))
    for row in book["PL6"].iter_rows():
        for cell in row:
            if str(cell.value).startswith(("cot:", "bang:")):
                cell.value = None
    reading = read(saved(book), "stc")
    assert values(reading) == wanted("stc")
    assert {one.code for one in reading.findings} == {"book.no_keys"}


# --- elsewhere --------------------------------------------------------------------------------------


def test_a_table_out_of_a_report_is_read_the_same() -> None:
    rows = sheets_of("stc", wanted("stc"))["PL6"]
    texts: list[list[Any]] = [
        [number_words(cell) if isinstance(cell, float) else cell or "" for cell in row]
        for row in rows
    ]
    reading = read_grids([Grid("Bảng 1", texts)], "bao-cao.docx", plan(), "stc")
    assert values(reading) == wanted("stc")
    assert {one.file for one in reading.values} == {"bao-cao.docx"}


def test_any_other_workbook_is_no_appendix() -> None:
    book = openpyxl.Workbook()
    for number in range(40):
        book.worksheets[0].append([f"Khoản {number}", number, 2015 + number % 6])
    reading = read(saved(book), "stc")
    assert [one.code for one in reading.findings] == ["book.no_appendix"]
    assert reading.values == ()


def test_rows_of_others_typed_along_are_passed_over() -> None:
    every = {**wanted("stttt"), **wanted("vpub"), **wanted("skhcn")}
    reading = read(book_of({"PL7": sheets_of("skhcn", every)["PL7"]}), "skhcn")
    assert values(reading) == wanted("skhcn")
    owners = {one.indicator for one in reading.findings if one.code == "row.not_owed"}
    assert owners >= {"PL7.1", "PL7.9", "PL7.10", "PL7.13"}
