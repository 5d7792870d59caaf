"""Reports and appendices that came as PDF: read, placed, and compared with what came beside them."""

from __future__ import annotations

import functools

import pytest

from intake.package import Package, SubmissionPart, read_package
from intake.pdf.places import sheet_of, spot_of
from intake.recognise import Content, recognise, recognise_safely
from intake.report.reader import read_report
from tests.pdf_pen import PdfPen
from tests.pdf_writing import Typesetter, report_as_pdf, sheet_as_pdf, varied
from tests.support.report_writing import fill, wanted_of
from tests.support.workbook_samples import full, plan

AGENCY, REPORT = "hoai-an", "district-report"
APPENDIX = "appendix-2"


@functools.cache
def source() -> bytes:
    return fill(plan(), AGENCY, REPORT, varied)[0]


@functools.cache
def copy() -> bytes:
    return report_as_pdf(source())


@functools.cache
def printed() -> bytes:
    return sheet_as_pdf(full("stp"), "PL2")


def read(*files: tuple[str, bytes], agency: str = AGENCY, only: str = "") -> Package:
    return read_package(list(files), plan(), agency, only=only, recogniser=recognise)


def part(found: Package, deliverable: str) -> SubmissionPart:
    return next(one for one in found.parts if one.deliverable == deliverable)


def codes(found: Package) -> list[tuple[str, str]]:
    notes = ("report.lengths",)
    return [(f.severity, f.code) for f in found.all_findings() if f.code not in notes]


# --- reports ---------------------------------------------------------------------------------------


def test_a_signed_copy_is_read_as_its_source_is() -> None:
    ours = read_report(source(), "a.docx", plan(), AGENCY)
    theirs = recognise(copy(), "a.pdf", plan(), AGENCY)
    assert theirs.content is Content.report
    assert theirs.report is not None
    assert theirs.report.found == ours.found
    assert len(ours.found) >= len(wanted_of(plan(), AGENCY, REPORT))
    for section in ours.sections:
        assert theirs.report.text_of(section.node).split() == section.text.split()


def test_alone_it_is_the_report() -> None:
    found = read(("ky.pdf", copy()))
    assert found.deliverables == (REPORT,)
    assert not codes(found)


def test_what_a_pdf_lacks_is_told_as_of_any_report() -> None:
    lacking, _ = fill(
        plan(), AGENCY, REPORT, lambda n: "" if n.startswith("p1-ii-2") else varied(n)
    )
    of_word = read(("a.docx", lacking))
    of_pdf = read(("a.pdf", report_as_pdf(lacking)))
    assert codes(of_word)
    assert codes(of_pdf) == codes(of_word)


def test_the_worker_says_the_same() -> None:
    assert recognise_safely(copy(), "a.pdf", plan(), AGENCY) == recognise(
        copy(), "a.pdf", plan(), AGENCY
    )


def test_a_title_torn_by_a_page_is_one_heading() -> None:
    whole = recognise(copy(), "a.pdf", plan(), AGENCY).report
    assert whole is not None
    title = next(f for f in whole.found if f == "p1")
    assert "CHƯƠNG TRÌNH" not in whole.text_of(title)


# --- a copy and its source -------------------------------------------------------------------------


def test_a_copy_that_says_the_same_is_noted_and_kept_with_its_source() -> None:
    found = read(("ky.pdf", copy()), ("bc.docx", source()))
    assert found.deliverables == (REPORT,)
    assert [one.filename for one in part(found, REPORT).files] == ["bc.docx", "ky.pdf"]
    assert codes(found) == [("note", "pair.same")]


def test_where_a_copy_says_otherwise_both_are_quoted_and_the_source_counts() -> None:
    text = varied("p1-i-1-1")
    other = report_as_pdf(source(), instead=(text, text.replace(": ", ": chưa đầy đủ ", 1)))
    found = read(("bc.docx", source()), ("ky.pdf", other))
    (told,) = [f for f in found.all_findings() if f.code == "pair.differs"]
    assert told.severity == "warning"
    assert "ở 1 mục" in told.message
    assert "chưa đầy đủ" in told.message
    text = next(s.text for s in part(found, REPORT).sections if s.node == "p1-i-1-1")
    assert "chưa" not in text


def test_a_section_that_the_copy_lacks_is_named() -> None:
    lacking = report_as_pdf(source(), without=["Nội dung p1-i-1-1:"])
    found = read(("bc.docx", source()), ("ky.pdf", lacking))
    (told,) = [f for f in found.all_findings() if f.code == "pair.differs"]
    assert "bản PDF không có" in told.message


def test_a_pdf_that_is_no_report_is_kept_beside_it_without_a_word() -> None:
    setter = Typesetter()
    setter.paragraph("QUYẾT ĐỊNH", bold=True)
    setter.paragraph("Về việc thành lập Tổ công tác cải cách hành chính của huyện.")
    found = read(("bc.docx", source()), ("qd.pdf", setter.save()))
    assert [one.filename for one in part(found, REPORT).files] == ["bc.docx", "qd.pdf"]
    assert not codes(found)


def test_alone_such_a_pdf_is_no_report() -> None:
    setter = Typesetter()
    setter.paragraph("QUYẾT ĐỊNH", bold=True)
    setter.paragraph("Về việc thành lập Tổ công tác cải cách hành chính của huyện.")
    found = read(("qd.pdf", setter.save()), only=REPORT)
    assert ("error", "report.other-document") in codes(found)
    assert codes(read(("qd.pdf", setter.save()))) == [("error", "report.no-place")]


# --- appendices ------------------------------------------------------------------------------------


def figures(found: Package) -> dict[tuple[str, str], float | None]:
    return {(v.indicator, v.period): v.number for v in part(found, APPENDIX).values}


def test_a_printed_appendix_gives_its_figures_and_asks_a_person_to_look() -> None:
    found = read(("ky.pdf", printed()), agency="stp")
    book = read(("b.xlsx", full("stp")), agency="stp")
    assert figures(found) == figures(book)
    assert codes(found) == [("warning", "pdf.figures")]
    (told,) = found.all_findings()
    assert f"{len(figures(book))} số liệu đã đọc từ PDF" in told.message


def test_each_figure_has_its_page_and_box() -> None:
    found = read(("ky.pdf", printed()), agency="stp")
    for value in part(found, APPENDIX).values:
        spot = spot_of(value.sheet, value.cell)
        assert spot is not None
        assert value.sheet == sheet_of(spot.page)
        assert (spot.box.x1 - spot.box.x0, spot.page >= 1) == (70, True)


def test_of_a_printed_appendix_and_its_workbook_the_workbook_counts() -> None:
    found = read(("b.xlsx", full("stp")), ("ky.pdf", printed()), agency="stp")
    assert [one.filename for one in part(found, APPENDIX).files] == ["b.xlsx", "ky.pdf"]
    assert not codes(found)
    assert {v.file for v in part(found, APPENDIX).values} == {"b.xlsx"}
    other = sheet_as_pdf(full("stp"), "PL2", ("3", "31"))
    found = read(("b.xlsx", full("stp")), ("ky.pdf", other), agency="stp")
    assert codes(found) == [("warning", "report.table-differs")]
    assert "bảng ghi 31, biểu ghi 3" in found.all_findings()[0].message


def test_pages_that_are_pictures_are_named() -> None:
    pen = PdfPen().page().text(85, 100, "I. TÌNH HÌNH TRIỂN KHAI", 14, "Times-Bold")
    pen.page()
    told = recognise(pen.save(), "a.pdf", plan(), AGENCY).findings
    assert [(one.code, one.read) for one in told] == [("pdf.pages-scanned", "2")]


@pytest.mark.parametrize("sheet", ["PL2", "3 (PDF) ", "x (PDF)"])
def test_a_workbooks_cell_is_no_place_on_a_page(sheet: str) -> None:
    assert spot_of(sheet, "E8") is None
    assert spot_of("3 (PDF)", "E8") is None
