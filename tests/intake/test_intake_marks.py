"""A raised mark beside a number is no digit of it, in every format and however the mark was made."""

from __future__ import annotations

import io
from collections.abc import Callable

import docx
import openpyxl
import pytest
from docx.document import Document
from docx.shared import Pt
from docx.text.paragraph import Paragraph
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from intake.package import read_package
from intake.recognise import recognise
from intake.workbook.marks import split_marks
from intake.workbook.numbers import Exact, read_number
from intake.workbook.reader import WorkbookReading, read_workbook
from tests.support.intake_mutations import place_of
from tests.support.office import SOFFICE, converted
from tests.support.report_writing import fill, saved
from tests.support.workbook_samples import full, plan
from tests.support.workbook_samples import saved as saved_book

KEY = ("PL2.7", "2015")


@pytest.mark.parametrize("text", ["3¹", "3 ¹", "¹3", "3①", "3⁽¹⁾", "3₂", "3*", "3⑴", "3ᵃ"])
def test_marks_are_no_digits(text: str) -> None:
    assert read_number(text) == Exact(3.0)


@pytest.mark.parametrize("text", ["３", "12.345", "85,5%", "1 234", "-5"])
def test_digits_are_no_marks(text: str) -> None:
    assert split_marks(text) == (text, "")


def _cell(book: openpyxl.Workbook) -> openpyxl.cell.Cell:
    sheet, cell = place_of("stp", KEY)
    return book[sheet][cell]


def _workbook(content: object) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(full("stp")))
    _cell(book).value = content
    return saved_book(book)


def _rich(mark: str, align: str = "superscript") -> CellRichText:
    return CellRichText("3", TextBlock(InlineFont(vertAlign=align), mark))


def _read(data: bytes) -> WorkbookReading:
    return read_workbook(data, "bieu.xlsx", plan(), "stp")


def _number(reading: WorkbookReading) -> float | None:
    return next((v.number for v in reading.values if (v.indicator, v.period) == KEY), None)


def _told(reading: WorkbookReading) -> list[tuple[str, str]]:
    return [(one.code, one.cell) for one in reading.findings if one.code == "value.mark"]


@pytest.mark.parametrize(
    "content", [_rich("1"), _rich("(1)"), _rich("a"), _rich("2", "subscript"), "3¹", "3 ②"]
)
@pytest.mark.parametrize(
    "to", ["xlsx", *(pytest.param(to, marks=pytest.mark.slow) for to in ("xls", "ods"))]
)
def test_a_marked_cell_is_the_number_without_the_mark(content: object, to: str) -> None:
    data = _workbook(content)
    if to != "xlsx":
        if SOFFICE is None:
            pytest.skip("needs LibreOffice (apt install libreoffice-calc-nogui)")
        data = converted({"bieu.xlsx": data}, to)["bieu.xlsx"]
    reading = _read(data)
    assert _number(reading) == 3.0
    assert _told(reading) == [("value.mark", place_of("stp", KEY)[1])]


def test_ten_with_a_raised_three_may_be_a_thousand_and_is_asked_about() -> None:
    rich = CellRichText("10", TextBlock(InlineFont(vertAlign="superscript"), "3"))
    reading = _read(_workbook(rich))
    assert _number(reading) is None
    assert "value.ambiguous" in [one.code for one in reading.findings]


def test_a_marked_label_is_still_the_label() -> None:
    book = openpyxl.load_workbook(io.BytesIO(full("stp")))
    sheet, cell = place_of("stp", KEY)
    label = next(
        c for c in book[sheet][int(cell[1:])] if isinstance(c.value, str) and len(c.value) > 12
    )
    label.value = CellRichText(label.value, TextBlock(InlineFont(vertAlign="superscript"), "2"))
    clean = read_workbook(full("stp"), "bieu.xlsx", plan(), "stp")
    assert _read(saved_book(book)).values == clean.values


# --- in a report ----------------------------------------------------------------------------------


def _superscript(paragraph: Paragraph, mark: str) -> None:
    paragraph.add_run(mark).font.superscript = True


def _lifted(paragraph: Paragraph, mark: str) -> None:
    run = paragraph.add_run(mark)
    run.font.size = Pt(7)
    position = run._r.get_or_add_rPr().makeelement(
        "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}position",
        {"{http://schemas.openxmlformats.org/wordprocessingml/2006/main}val": "8"},
    )
    run._r.get_or_add_rPr().append(position)


def _by_style(paragraph: Paragraph, mark: str) -> None:
    styles = paragraph.part.document.styles
    name = "Dấu chú thích"
    style = styles[name] if name in [one.name for one in styles] else styles.add_style(name, 2)
    style.font.superscript = True
    paragraph.add_run(mark, style=style)


def _table(document: Document, data: bytes) -> docx.table.Table:
    """Phụ lục 2 as a table in the report."""
    sheet = openpyxl.load_workbook(io.BytesIO(data))["PL2"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    shown = [row for row in rows if any(isinstance(one, str | int | float) for one in row)]
    table = document.add_table(rows=0, cols=len(rows[0]))
    for row in shown:
        for cell, content in zip(table.add_row().cells, row, strict=True):
            text = (
                ""
                if content is None or str(content).startswith(("bang:", "dong:", "cot:"))
                else content
            )
            cell.text = f"{text:g}" if isinstance(text, float) else str(text)
    return table


@pytest.mark.parametrize("way", [_superscript, _lifted, _by_style])
def test_a_mark_in_a_reports_table_and_text(way: Callable[[Paragraph, str], None]) -> None:
    filled, _ = fill(plan(), "stp", "thematic-report", lambda _node: "")
    document = docx.Document(io.BytesIO(filled))
    table = _table(document, full("stp"))
    target = next(c for r in reversed(table.rows) for c in r.cells if c.text == "3")
    before = float(target.text)
    way(target.paragraphs[0], "1")
    heading = next(one for one in document.paragraphs if one.text.startswith("1.2."))
    text = copy_below(heading, "Đã ban hành 3")
    way(text, "1")
    package = read_package([("bao-cao.docx", saved(document))], plan(), "stp", recogniser=recognise)
    (figures,) = [part for part in package.parts if part.deliverable == "appendix-2"]
    marked = [one for one in figures.findings if one.code == "value.mark"]
    assert len(marked) == 1
    value = next(v for v in figures.values if v.cell == marked[0].cell)
    assert value.number == before
    (report,) = [part for part in package.parts if part.deliverable == "thematic-report"]
    assert "Đã ban hành 3¹" in [one.text for one in report.sections]


def copy_below(heading: Paragraph, text: str) -> Paragraph:
    below = heading._p.makeelement(heading._p.tag, {})
    heading._p.addnext(below)
    paragraph = Paragraph(below, heading._parent)
    paragraph.add_run(text)
    return paragraph
