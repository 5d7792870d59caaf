"""A copy with the findings in it: cells coloured and commented, all findings listed, nothing else changed."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import openpyxl
import pytest

from intake.files.gate import Refused
from intake.forms.annotate import annotate
from intake.sandbox import annotate_safely, close_sandboxes
from intake.workbook.reader import WorkbookReading, read_workbook
from intake.workbook.template import FINDINGS_SHEET, KEY_SHEET
from plan.ledger.filing import FoundFault
from tests.support.office import SOFFICE, converted
from tests.support.workbook_samples import edited, full, plan


@pytest.fixture(scope="module", autouse=True)
def _workers() -> Iterator[None]:
    yield
    close_sandboxes()


def faulty() -> tuple[bytes, WorkbookReading]:
    data = edited(full("stp"), {("PL2", "F10"): "KPS", ("PL2", "H12"): 2.5})
    return data, read_workbook(data, "bieu.xlsx", plan(), "stp")


def opened(data: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data))


def test_each_faulty_cell_is_marked_and_commented() -> None:
    data, reading = faulty()
    page = opened(annotate(data, reading.findings))["PL2"]
    assert {one.cell for one in reading.findings} == {"F10", "H12"}
    for finding in reading.findings:
        cell = page[finding.cell]
        assert cell.fill.fgColor.rgb.endswith("F8CBAD")
        assert finding.message in cell.comment.text
    marked = [cell.coordinate for row in page.iter_rows() for cell in row if cell.comment]
    assert sorted(marked) == ["F10", "H12"]


def test_all_findings_are_listed_first_the_gravest_on_top() -> None:
    data, reading = faulty()
    more = [
        FoundFault("note", "book.no_keys", "Ghi chú."),
        FoundFault("warning", "PL2-R02", "Cảnh báo.", sheet="PL2", cell="E13"),
        *reading.findings,
    ]
    book = opened(annotate(data, more))
    assert book.sheetnames[0] == FINDINGS_SHEET
    page = book[FINDINGS_SHEET]
    assert page["A1"].value == "Kết quả kiểm tra: 2 lỗi, 1 cảnh báo, 1 ghi chú"
    assert [row[1].value for row in page.iter_rows(min_row=4)] == [
        "Lỗi",
        "Lỗi",
        "Cảnh báo",
        "Ghi chú",
    ]
    assert page["D4"].hyperlink.location or page["D4"].hyperlink.target


def test_two_findings_share_a_cell() -> None:
    data, _ = faulty()
    two = [
        FoundFault("warning", "a", "Một.", sheet="PL2", cell="E9"),
        FoundFault("error", "b", "Hai.", sheet="PL2", cell="E9"),
    ]
    cell = opened(annotate(data, two))["PL2"]["E9"]
    assert cell.comment.text == "Lỗi: Hai.\nCảnh báo: Một."
    assert cell.fill.fgColor.rgb.endswith("F8CBAD")


def test_the_copy_reads_like_the_original() -> None:
    data, reading = faulty()
    again = read_workbook(annotate(data, reading.findings), "bieu.xlsx", plan(), "stp")
    assert again == reading


def test_marking_a_marked_copy_lists_only_the_new_findings() -> None:
    data, reading = faulty()
    again = opened(annotate(annotate(data, reading.findings), []))
    assert again.sheetnames.count(FINDINGS_SHEET) == 1
    assert again[FINDINGS_SHEET]["A1"].value == "Không có phát hiện nào: biểu đã đúng."


def test_what_stood_in_a_cell_is_never_run_from_the_list() -> None:
    data, _ = faulty()
    finding = FoundFault(
        "error", "x", "Sai.", sheet="PL2", cell="E9", read='=HYPERLINK("http://x")'
    )
    page = opened(annotate(data, [finding]))[FINDINGS_SHEET]
    assert page["G4"].data_type == "s"
    assert page["G4"].value == '\'=HYPERLINK("http://x")'


def test_the_worker_marks_too() -> None:
    data, reading = faulty()
    made = annotate_safely(data, reading.findings)
    assert made is not None
    assert opened(made)["PL2"]["F10"].comment is not None


def test_what_cannot_be_marked_is_no_fault_of_the_caller() -> None:
    assert annotate_safely(b"PK nothing", []) is None
    with pytest.raises(Refused):
        annotate(b"PK nothing", [])


@pytest.mark.skipif(
    SOFFICE is None, reason="LIBREOFFICE IS MISSING: marking .xls and .ods is NOT tested"
)
@pytest.mark.parametrize("suffix", ["ods", "xls"])
def test_other_formats_come_back_as_xlsx(suffix: str) -> None:
    data, reading = faulty()
    other = converted({"bieu.xlsx": data}, suffix)["bieu.xlsx"]
    book = opened(annotate(other, reading.findings))
    assert book["PL2"]["F10"].value == "KPS"
    assert book["PL2"]["F10"].comment is not None
    assert book[KEY_SHEET].sheet_state == "veryHidden"
