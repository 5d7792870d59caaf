"""Documents in the form of Nghị định 30/2020/NĐ-CP: page, letterhead, headings, fixed bytes."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, date, datetime

import docx
import pytest
from docx.enum.section import WD_ORIENT
from hypothesis import given
from hypothesis import strategies as st

from documents import blocks
from documents.package import read_custom_properties
from documents.styles import HEADINGS

AT = datetime(2020, 3, 10, 1, 30, 7, tzinfo=UTC)
HEAD = blocks.Letterhead(
    issuer=("SỞ NỘI VỤ",),
    parent="UBND TỈNH BÌNH ĐỊNH",
    number=blocks.document_number("BC", "SNV"),
    place_and_date=blocks.dated_line("Bình Định", None, 2020),
)


def make(at: datetime = AT, **properties: str) -> bytes:
    document = blocks.new_document()
    blocks.add_letterhead(document, HEAD)
    blocks.add_title(document, "Báo cáo", "Tổng kết")
    blocks.add_addressees(document, ["Ủy ban nhân dân tỉnh", "Bộ Nội vụ"])
    blocks.add_grounds(document, ["Căn cứ Luật A.", "Căn cứ Nghị định B"])
    contents = blocks.add_contents(document)
    blocks.add_heading(document, 1, "Tình hình", number="Phần thứ nhất")
    blocks.add_heading(document, 2, "Triển khai", number="I.")
    blocks.add_heading(document, 5, "Mặt tích cực", number="a)")
    blocks.add_text(document, "Đoạn một\nĐoạn hai")
    blocks.add_table(
        document, ["STT", "Chỉ tiêu"], [["1", "Văn bản"], ["2", "Hồ sơ"]], note="Nguồn."
    )
    blocks.add_signature(
        document, blocks.Signature(("GIÁM ĐỐC",), "Nguyễn A"), ["Như trên", "Lưu: VT"]
    )
    blocks.add_appendix(
        document, f"Phụ lục {blocks.roman(1)}", "Số liệu", "(Kèm theo)", landscape=True
    )
    blocks.fill_contents(document, contents)
    facts = blocks.DocumentFacts("Báo cáo", "Sở Nội vụ", at, properties=properties)
    return blocks.save(document, facts)


def open_made(**properties: str) -> docx.document.Document:
    return docx.Document(io.BytesIO(make(**properties)))


def test_same_content_and_instant_give_the_same_bytes() -> None:
    assert make(a="1") == make(a="1")
    assert make() != make(at=AT.replace(hour=2))


def test_page_is_the_decrees() -> None:
    section = open_made().sections[0]
    sides = (section.page_width, section.page_height, section.left_margin, section.right_margin)
    assert [round(side.mm) for side in sides] == [210, 297, 30, 20]
    assert round(section.top_margin.mm) == round(section.bottom_margin.mm) == 20


def test_page_number_is_centred_above_from_the_second_page_on() -> None:
    section = open_made().sections[0]
    assert section.different_first_page_header_footer
    assert section.first_page_header.paragraphs[0].text == ""
    assert "PAGE" in section.header.paragraphs[0]._p.xml
    assert section.header.paragraphs[0].alignment == 1


def test_appendix_lies_across_and_counts_its_own_pages() -> None:
    section = open_made().sections[1]
    assert section.orientation == WD_ORIENT.LANDSCAPE
    assert round(section.page_width.mm) == 297
    assert 'w:start="1"' in section._sectPr.xml


@pytest.mark.parametrize("form", HEADINGS, ids=lambda form: form.numbers)
def test_headings_are_times_new_roman_without_theme_fonts(form: object) -> None:
    style = open_made().styles[f"Heading {form.level}"]  # type: ignore[attr-defined]
    assert style.font.name == "Times New Roman"
    assert style.font.size.pt == 14
    assert "Theme" not in style.element.xml.split("<w:rFonts")[1].split("/>")[0]
    assert style.font.color.rgb == (0, 0, 0)


def test_part_and_chapter_are_in_capitals_letters_are_not() -> None:
    headings = [p.text for p in open_made().paragraphs if p.style.name.startswith("Heading")]
    assert headings == ["Phần thứ nhất\nTÌNH HÌNH", "I. TRIỂN KHAI", "a) Mặt tích cực"]


def test_letterhead_stands_in_a_table_without_lines() -> None:
    table = open_made().tables[0]
    left, right = (cell.text.split("\n") for cell in table.rows[0].cells)
    assert left[:2] == ["UBND TỈNH BÌNH ĐỊNH", "SỞ NỘI VỤ"]
    assert right[:2] == ["CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"]
    assert table.rows[1].cells[0].text == "Số:       /BC-SNV"
    assert "tblBorders" not in table._tbl.xml


def test_several_addressees_stand_one_below_the_other() -> None:
    texts = [p.text for p in open_made().paragraphs]
    at = texts.index("Kính gửi:")
    assert texts[at + 1 : at + 3] == ["- Ủy ban nhân dân tỉnh;", "- Bộ Nội vụ."]


def test_grounds_are_parted_by_semicolons() -> None:
    texts = [p.text for p in open_made().paragraphs]
    assert texts[texts.index("Căn cứ Luật A;") + 1] == "Căn cứ Nghị định B."


def test_contents_list_headings_down_to_the_fourth_level() -> None:
    document = open_made()
    listed = [p.text for p in document.paragraphs if p.style.name.startswith("toc")]
    assert listed == ["Phần thứ nhất. TÌNH HÌNH", "I. TRIỂN KHAI"]
    xml = document.element.xml
    assert xml.count('w:fldCharType="begin"') == xml.count('w:fldCharType="end"')
    assert 'w:dirty="true"' in xml


def test_table_head_is_repeated_and_rows_stay_whole() -> None:
    table = open_made().tables[1]
    assert "tblHeader" in table.rows[0]._tr.xml
    assert all("cantSplit" in row._tr.xml for row in table.rows)


def test_a_row_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="1 cells under 2 heads"):
        blocks.add_table(blocks.new_document(), ["a", "b"], [["x"]])


def test_signature_names_recipients_and_signer() -> None:
    left, right = open_made().tables[2].rows[0].cells
    assert left.text == "Nơi nhận:\n- Như trên;\n- Lưu: VT."
    assert right.text.split("\n")[0] == "GIÁM ĐỐC"
    assert right.text.split("\n")[-1] == "Nguyễn A"


def test_custom_properties_come_back() -> None:
    from lxml import etree

    data = make(**{"dondoc.plan": "04", "dondoc.agency": "an-lão"})
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        root = etree.fromstring(archive.read("docProps/custom.xml"))
        stamps = {entry.date_time for entry in archive.infolist()}
        assert archive.namelist()[0] == "[Content_Types].xml"
    assert read_custom_properties(root) == {"dondoc.plan": "04", "dondoc.agency": "an-lão"}
    assert stamps == {(2020, 3, 10, 1, 30, 6)}  # zip keeps even seconds


def test_core_properties_bear_the_given_instant() -> None:
    core = open_made().core_properties
    assert core.created == core.modified == AT
    assert core.author == core.last_modified_by == "Sở Nội vụ"


@pytest.mark.parametrize(
    ("on", "line"),
    [
        (date(2020, 2, 5), "Bình Định, ngày 05 tháng 02 năm 2020"),
        (date(2020, 4, 29), "Bình Định, ngày 29 tháng 4 năm 2020"),
        (date(2020, 10, 10), "Bình Định, ngày 10 tháng 10 năm 2020"),
        (None, "Bình Định, ngày      tháng      năm 2020"),
    ],
)
def test_dates_as_the_decree_writes_them(on: date | None, line: str) -> None:
    assert blocks.dated_line("Bình Định", on, 2020) == line


@pytest.mark.parametrize(
    ("number", "line"), [(5, "Số: 05/BC-SNV"), (12, "Số: 12/BC-SNV"), (None, "Số:       /BC-SNV")]
)
def test_numbers_under_ten_have_a_nought(number: int | None, line: str) -> None:
    assert blocks.document_number("BC", "SNV", number) == line


@given(st.integers(1, 39))
def test_roman_numbers(number: int) -> None:
    values = {"I": 1, "V": 5, "X": 10}
    digits = [values[letter] for letter in blocks.roman(number)]
    total = sum(-d if d < max(digits[i:]) else d for i, d in enumerate(digits))
    assert total == number
