"""Nothing wrong is taken in silence: other documents, absurd figures, formats that nobody can read."""

from __future__ import annotations

import io

import openpyxl
import pytest

from intake.package import Package, read_package
from intake.recognise import recognise
from intake.workbook.cells import Taken, read_cell
from intake.workbook.template import template_for
from tests.support.hostile_files import far_value
from tests.support.intake_mutations import place_of
from tests.support.report_writing import fill, typed
from tests.support.workbook_samples import edited, figures, full, plan

QUARTER = """**I. CÔNG TÁC CHỈ ĐẠO, ĐIỀU HÀNH**
Đã ban hành 05 văn bản.
**II. KẾT QUẢ THỰC HIỆN**
**1. Cải cách thể chế**
Đạt khá.
**2. Cải cách thủ tục hành chính**
Đạt khá.
**3. Cải cách tài chính công**
Đạt khá."""
OTHERS = {
    "a quarterly report": "**BÁO CÁO**\n**Công tác cải cách hành chính quý I năm 2020**\n"
    + QUARTER,
    "a yearly report": "**BÁO CÁO**\n**Tình hình kinh tế - xã hội năm 2019**\n" + QUARTER,
    "six months": "**BÁO CÁO cải cách hành chính 6 tháng đầu năm 2020**\n" + QUARTER,
    "a regulation": "**QUY CHẾ**\n**Làm việc của Ủy ban nhân dân huyện**\n" + QUARTER,
    "the decree": "**NGHỊ ĐỊNH**\n**Về công tác văn thư**\n" + QUARTER,
}


def read(data: bytes, agency: str = "an-lao", only: str = "", name: str = "tep") -> Package:
    return read_package([(name, data)], plan(), agency, only=only, recogniser=recognise)


def codes(package: Package) -> list[str]:
    return [one.code for one in package.all_findings()]


@pytest.mark.parametrize("name", list(OTHERS))
def test_another_document_earns_one_finding_and_is_not_filed(name: str) -> None:
    package = read(typed(OTHERS[name]))
    assert not package.parts
    assert codes(package) == ["report.other-document"]


def test_another_document_handed_in_by_name_is_kept_and_not_read() -> None:
    package = read(typed(OTHERS["a quarterly report"]), only="district-report")
    (part,) = package.parts
    assert not part.sections
    assert codes(package) == ["report.other-document"]
    assert "quý I năm 2020" in package.all_findings()[0].read


def test_an_unfinished_report_is_still_the_report() -> None:
    title = "**BÁO CÁO**\n**Tổng kết thực hiện Chương trình tổng thể cải cách hành chính 2011 - 2020**\n"
    assert "report.other-document" not in codes(read(typed(title + QUARTER)))
    filled, _ = fill(plan(), "an-lao", "district-report", lambda n: "Đạt." if n == "p1-i-2" else "")
    assert "report.other-document" not in codes(read(filled))


# --- figures --------------------------------------------------------------------------------------


def _appendix(changes: dict[tuple[str, str], object]) -> Package:
    cells = {place_of("stp", key): value for key, value in changes.items()}
    return read(edited(full("stp"), cells), "stp", name="bieu.xlsx")


def _row(name: str) -> list[str]:
    return [period for line, period in figures(template_for(plan(), "stp")) if line == name]


def test_all_zeros_are_asked_about() -> None:
    found = figures(template_for(plan(), "stp"))
    package = _appendix(dict.fromkeys(found, 0))
    (told,) = [one for one in package.all_findings() if one.code == "sheet.all_zero"]
    assert (told.severity, told.sheet) == ("warning", "PL2")


@pytest.mark.parametrize(
    ("usual", "odd", "told"),
    [(12_500, 12, True), (12_500, 12_500_000, True), (12_500, 9_000, False), (40, 1, False)],
)
def test_a_figure_a_thousandth_of_its_row_is_asked_about(usual: int, odd: int, told: bool) -> None:
    periods = _row("PL2.2")
    changes: dict[tuple[str, str], object] = {("PL2.2", one): usual for one in periods}
    changes["PL2.2", periods[2]] = odd
    found = [
        (one.cell, one.severity)
        for one in _appendix(changes).all_findings()
        if one.code == "value.magnitude"
    ]
    assert found == ([(place_of("stp", ("PL2.2", periods[2]))[1], "warning")] if told else [])


def test_full_figures_earn_no_warning() -> None:
    assert not {"sheet.all_zero", "value.magnitude"} & set(codes(_appendix({})))


def test_a_percentage_with_three_decimals_can_only_be_one() -> None:
    line = template_for(plan(), "").lines["PL7.1"]
    assert read_cell("85,125", line) == Taken(number=85.125)


# --- formats --------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"%PDF-1.4 ...", b"\x89PNG\r\n"])
def test_a_scanned_appendix_is_asked_for_as_a_workbook(data: bytes) -> None:
    package = read(data, "stp", only="appendix-2", name="bieu.pdf")
    (told,) = package.all_findings()
    assert told.code == "file.unread-figures"
    assert ".xlsx" in told.message
    assert ".docx" not in told.message


def test_a_scan_beside_the_workbook_needs_no_word() -> None:
    files = [("bieu.xlsx", full("stp")), ("bieu.pdf", b"%PDF-1.4 ...")]
    package = read_package(files, plan(), "stp", only="appendix-2", recogniser=recognise)
    assert not [one for one in package.all_findings() if one.code.startswith("file.")]
    assert {one.filename for one in package.parts[0].files} == {"bieu.xlsx", "bieu.pdf"}


def test_a_scanned_report_is_asked_for_as_a_document() -> None:
    package = read(b"%PDF-1.4 ...", "an-lao", only="district-report")
    (told,) = package.all_findings()
    assert (told.code, ".docx" in told.message) == ("file.unread", True)


def test_a_sheet_that_reaches_too_far_is_named() -> None:
    data = far_value()
    name = openpyxl.load_workbook(io.BytesIO(data), read_only=True).sheetnames
    (told,) = [one for one in read(data, "stc").all_findings() if one.code == "sheet.too_far"]
    assert told.sheet in name
    assert told.sheet in told.message
    assert "dòng 1.048.576, vượt mức 20.000 dòng" in told.message
