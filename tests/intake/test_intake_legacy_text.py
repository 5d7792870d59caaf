"""Fonts from before Unicode: told by font and by text, converted where certain, refused by name."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Callable

import openpyxl
import pytest
from docx.document import Document
from openpyxl.styles import Font

from intake.package import Package, read_package
from intake.recognise import recognise
from intake.workbook.reader import read_workbook
from plan import legacy_text
from plan.legacy_text import CODINGS, convert, judge, to_unicode
from tests.support.office import SOFFICE, converted
from tests.support.report_writing import enough, fill, retyped
from tests.support.workbook_samples import full, plan
from tests.support.workbook_samples import saved as saved_book

SENTENCE = (
    "Ủy ban nhân dân huyện đã ban hành quyết định, kế hoạch; tổ chức kiểm tra định kỳ, xử lý những tồn tại, "
    "hạn chế ở các xã vùng cao; Nghị quyết được triển khai rộng rãi, chất lượng cũng tốt hơn trước."
)


def tcvn3(text: str) -> str:
    """As a .VnTime keyboard stores it; capitals with a tone have no letter there and lose the tone."""
    back = {new: old for old, new in legacy_text.TCVN3.items()}
    return "".join(back.get(c, back.get(bare := _toneless(c), bare)) for c in text)


def _toneless(letter: str) -> str:
    bare = unicodedata.normalize("NFD", letter).translate(legacy_text.TONES)
    return unicodedata.normalize("NFC", bare)


def vni(text: str) -> str:
    alone = {new: old for old, new in legacy_text.VNI_ALONE.items()}
    pairs = {}
    for base, typed in zip("aeiouyơưAEIOUYƠƯ", "aeiouyôöAEIOUYÔÖ", strict=True):
        for mark, accents in legacy_text.VNI_MARKS.items():
            letter = unicodedata.normalize("NFC", base + accents)
            if len(letter) == 1:
                pairs[letter] = typed + (mark.upper() if base.isupper() else mark)
    return "".join(alone.get(c, pairs.get(c, c)) for c in text)


CODED: dict[str, tuple[Callable[[str], str], str]] = {
    "TCVN3": (tcvn3, ".VnTime"),
    "VNI": (vni, "VNI-Times"),
}


@pytest.mark.parametrize("coding", list(CODED))
def test_a_sentence_comes_back(coding: str) -> None:
    code, font = CODED[coding]
    stored = code(SENTENCE)
    assert stored != SENTENCE
    assert convert(stored, coding, font) == SENTENCE.replace("Ủ", "U" if coding == "TCVN3" else "Ủ")
    assert judge([stored]) == legacy_text.Verdict(coding)


def test_a_font_of_capitals_shows_capitals() -> None:
    assert convert(tcvn3("báo cáo"), "TCVN3", ".VnTimeH") == "BÁO CÁO"


def test_guillemets_stay() -> None:
    assert convert(f"ghi «{tcvn3('Không phát sinh')}».", "TCVN3") == "ghi «Không phát sinh»."


@pytest.mark.parametrize(
    "text",
    [SENTENCE, "Café Müller, Zürich", "5 °C; 3½ m³ «trích»", "à á â ê ô", "Hà Nội", "", "plain"],
)
def test_unicode_text_is_left_alone(text: str) -> None:
    assert to_unicode([text, SENTENCE]) == ([text, SENTENCE], legacy_text.Verdict())


def _report(code: Callable[[str], str], font: str) -> bytes:
    """The outline retyped in an old font; the font named at every run, or at none."""
    filled, _ = fill(plan(), "an-lao", "district-report")

    def retype(document: Document) -> None:
        for paragraph in document.paragraphs:
            for run in paragraph.runs:
                run.text = code(run.text)
                if font:
                    run.font.name = font

    return retyped(filled, retype)


def _package(data: bytes) -> Package:
    return read_package([("bao-cao.docx", data)], plan(), "an-lao", recogniser=recognise)


@pytest.mark.parametrize("coding", list(CODED))
@pytest.mark.parametrize("named", [True, False])
def test_a_report_is_read_in_unicode_and_the_font_named(coding: str, named: bool) -> None:
    code, font = CODED[coding]
    package = _package(_report(code, font if named else ""))
    sections = package.parts[0].sections
    assert enough("p1-i-1-1").strip() in [one.text for one in sections]
    assert all(_vietnamese(one.text) for one in sections)
    (told,) = [one for one in package.all_findings() if one.code == "file.old_font_read"]
    assert (font if named else coding) in told.message


def _vietnamese(text: str) -> bool:
    return unicodedata.is_normalized("NFC", text) and legacy_text.share_of_syllables(text) > 0.95


def test_a_report_in_an_unknown_old_font_is_refused_by_its_name() -> None:
    package = _package(_report(tcvn3, "VNTimes New Roman"))
    assert not package.parts
    (told,) = package.all_findings()
    assert (told.code, told.severity) == ("file.old_font", "error")
    assert "VNTimes New Roman" in told.message


def test_unicode_text_under_a_left_over_font_name_is_not_converted() -> None:
    package = _package(_report(lambda text: text, ".VnTime"))
    assert enough("p1-i-1-1").strip() in [one.text for one in package.parts[0].sections]


@pytest.mark.parametrize("to", ["xlsx", "xls", "ods"])
@pytest.mark.parametrize("coding", list(CODED))
def test_a_workbook_typed_in_an_old_font(coding: str, to: str) -> None:
    code, font = CODED[coding]
    book = openpyxl.load_workbook(io.BytesIO(full("stp")))
    for row in book["PL2"].iter_rows():
        for cell in row:
            if isinstance(cell.value, str) and not cell.value.isascii():
                cell.value, cell.font = code(cell.value), Font(name=font)
    data = saved_book(book)
    if to != "xlsx":
        if SOFFICE is None:
            pytest.skip("needs LibreOffice (apt install libreoffice-calc-nogui)")
        data = converted({"bieu.xlsx": data}, to)["bieu.xlsx"]
    reading = read_workbook(data, "bieu", plan(), "stp")
    clean = read_workbook(full("stp"), "bieu", plan(), "stp")
    assert {(v.indicator, v.period): v.number for v in reading.values} == {
        (v.indicator, v.period): v.number for v in clean.values
    }
    (told,) = [one for one in reading.findings if one.code == "file.old_font_read"]
    assert font in told.message
    assert set(CODINGS) == set(CODED)


def _csv(code: Callable[[str], str], coding: str) -> bytes:
    """The appendix as text without its hidden keys, its letters those of an old font."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    hidden = ("bang:", "dong:", "cot:", "dondoc:", "=")
    sheet = openpyxl.load_workbook(io.BytesIO(full("stp")))["PL2"]
    for row in sheet.iter_rows(values_only=True):
        texts = ["" if one is None else f"{one}".removesuffix(".0") for one in row]
        writer.writerow(["" if one.startswith(hidden) else code(one) for one in texts])
    return out.getvalue().encode(coding, errors="replace")


@pytest.mark.parametrize("saved_as", ["utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("coding", list(CODED))
def test_a_table_as_text_typed_in_an_old_font(coding: str, saved_as: str) -> None:
    code, _ = CODED[coding]
    found = recognise(_csv(code, saved_as), "bieu.csv", plan(), "stp")
    clean = recognise(_csv(str, "utf-8"), "bieu.csv", plan(), "stp")
    assert found.workbook is not None
    assert clean.workbook is not None
    assert clean.figures
    assert {(v.indicator, v.period): v.number for v in found.workbook.values} == {
        (v.indicator, v.period): v.number for v in clean.workbook.values
    }
    (told,) = [one for one in found.findings if one.code == "file.old_font_read"]
    assert (told.file, coding in told.message) == ("bieu.csv", True)


def test_a_table_as_text_that_may_be_any_old_font_is_refused_by_name() -> None:
    rows = ["§¸nh gi¸ ¶§¥§¥ ¢¤¥¦§,1,2"] * 6 + [
        f"{tcvn3('chỉ tiêu')},1,2",
        "q¸¸t z¸¸f w¶¶k j¸¸x,1,2",
    ] * 6
    found = recognise("\n".join(rows).encode(), "bieu.csv", plan(), "stp")
    (told,) = found.findings
    assert (told.code, told.file, "TCVN3" in told.message) == ("file.old_font", "bieu.csv", True)


def test_a_table_as_text_that_lost_its_letters_is_no_appendix() -> None:
    found = recognise(_csv(str, "cp1252"), "bieu.csv", plan(), "stp")
    assert [one.code for one in found.findings] == ["file.unknown"]
