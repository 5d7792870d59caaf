"""An appendix's table inside a report, a workbook of the same appendix, and copies of one file."""

from __future__ import annotations

import io
from collections.abc import Mapping

import docx
import openpyxl
import pytest

from intake.earlier_figures import EarlierFigures, Key
from intake.package import Package, read_package
from intake.recognise import recognise
from tests.support.report_writing import fill, saved
from tests.support.workbook_samples import full, plan

DELIVERABLE = "appendix-2"


def figures() -> dict[tuple[str, str], float]:
    package = read_package([("bieu.xlsx", full("stp"))], plan(), "stp", recogniser=recognise)
    return {
        (v.indicator, v.period): v.number
        for part in package.parts
        for v in part.values
        if v.number is not None
    }


def report(changed: str = "") -> bytes:
    """A report with Phụ lục 2 as a table, one figure retyped."""
    filled, _ = fill(plan(), "stp", "thematic-report")
    document = docx.Document(io.BytesIO(filled))
    sheet = openpyxl.load_workbook(io.BytesIO(full("stp")))["PL2"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows()]
    table = document.add_table(rows=0, cols=len(rows[0]))
    for row in rows:
        for cell, content in zip(table.add_row().cells, row, strict=True):
            hidden = str(content).startswith(("bang:", "dong:", "cot:", "dondoc:"))
            cell.text = "" if content is None or hidden else f"{content}".removesuffix(".0")
    if changed:
        target = next(c for r in reversed(table.rows) for c in r.cells if c.text == "3")
        target.text = changed
    return saved(document)


def read(
    *files: tuple[str, bytes], only: str = "", filed: Mapping[Key, float] | None = None
) -> Package:
    return read_package(
        list(files),
        plan(),
        "stp",
        only=only,
        known=EarlierFigures(filed=filed or {}),
        recogniser=recognise,
    )


def differing(package: Package) -> list[str]:
    return [one.message for one in package.all_findings() if one.code == "report.table-differs"]


def test_a_table_counts_where_no_workbook_is() -> None:
    assert DELIVERABLE in read(("bao-cao.docx", report())).deliverables


def test_a_later_table_does_not_replace_the_workbook_filed() -> None:
    package = read(("bao-cao.docx", report("31")), filed=figures())
    assert package.deliverables == ("thematic-report",)
    (message,) = differing(package)
    assert "bảng ghi 31" in message
    assert "biểu ghi 3" in message


def test_a_later_table_that_says_the_same_is_passed_over() -> None:
    package = read(("bao-cao.docx", report()), filed=figures())
    assert package.deliverables == ("thematic-report",)
    assert not differing(package)


def test_a_footnote_mark_on_the_tables_figure_is_no_difference() -> None:
    package = read(("bao-cao.docx", report("3¹")), filed=figures())
    assert package.deliverables == ("thematic-report",)
    assert not differing(package)


def test_of_table_and_workbook_in_one_package_the_workbook_counts() -> None:
    package = read(("bieu.xlsx", full("stp")), ("bao-cao.docx", report("31")))
    (part,) = [one for one in package.parts if one.deliverable == DELIVERABLE]
    assert 31.0 not in [v.number for v in part.values]
    assert "bảng ghi 31" in differing(package)[0]


def test_a_report_named_as_the_appendix_is_taken_as_such() -> None:
    package = read(("bao-cao.docx", report("31")), only=DELIVERABLE, filed=figures())
    (part,) = package.parts
    assert part.deliverable == DELIVERABLE
    assert 31.0 in [v.number for v in part.values]


@pytest.mark.parametrize("files", [2, 3])
def test_the_same_bytes_twice_are_one_file(files: int) -> None:
    data, _ = fill(plan(), "hoai-an", "district-report")
    names = [f"{n}.docx" for n in range(files)]
    package = read_package(
        [(name, data) for name in names], plan(), "hoai-an", recogniser=recognise
    )
    assert [one.filename for one in package.files] == ["0.docx"]
    told = [one for one in package.all_findings() if one.code.startswith("package.")]
    assert [(one.code, one.severity, one.read) for one in told] == [
        ("package.copy", "note", name) for name in names[1:]
    ]


def test_two_workbooks_of_the_same_bytes_are_one_file() -> None:
    package = read(("a.xlsx", full("stp")), ("b.xlsx", full("stp")))
    assert not package.blocked
    assert [one.filename for one in package.parts[0].files] == ["a.xlsx"]
