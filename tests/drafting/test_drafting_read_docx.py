"""Word documents as a drafter reads them: the numbers Word counts, spans, text boxes, what is hidden."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import docx
import pytest
from docx.enum.text import WD_BREAK
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn

from drafting.document import Cell, Document, Paragraph, Table, UnreadableError
from drafting.readers.registry import read_document


def read(file: Any) -> Document:
    saved = io.BytesIO()
    file.save(saved)
    return read_document(saved.getvalue(), "ke-hoach.docx")


def texts(document: Document) -> list[str]:
    return [paragraph.text for paragraph in document.paragraphs]


def the_table(document: Document) -> Table:
    return next(block for block in document.blocks if isinstance(block, Table))


def numbered(paragraph: Any, level: int) -> None:
    properties = paragraph._p.get_or_add_pPr()
    properties.append(
        parse_xml(
            f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{level}"/><w:numId w:val="99"/></w:numPr>'
        )
    )


def with_lists(file: Any) -> None:
    """A list I. / 1. / a) / -, as an office's template has."""
    forms = (("upperRoman", "%1."), ("decimal", "%2."), ("lowerLetter", "%3)"), ("bullet", "-"))
    levels = "".join(
        f'<w:lvl w:ilvl="{level}"><w:start w:val="1"/><w:numFmt w:val="{kind}"/>'
        f'<w:lvlText w:val="{pattern}"/></w:lvl>'
        for level, (kind, pattern) in enumerate(forms)
    )
    numbering = file.part.numbering_part.element
    numbering.insert(
        0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="99">{levels}</w:abstractNum>')
    )
    numbering.append(
        parse_xml(f'<w:num {nsdecls("w")} w:numId="99"><w:abstractNumId w:val="99"/></w:num>')
    )


def test_numbers_that_word_counts_stand_before_the_text() -> None:
    file = docx.Document()
    with_lists(file)
    for level, text in [
        (0, "Tổ chức thực hiện"), (1, "Sở Nội vụ"), (2, "Theo dõi, đôn đốc"), (3, "Báo cáo quý"),
        (1, "Sở Tài chính"), (2, "Bố trí kinh phí"), (0, "Chế độ báo cáo"),
    ]:  # fmt: skip
        numbered(file.add_paragraph(text), level)
    assert texts(read(file)) == [
        "I. Tổ chức thực hiện", "1. Sở Nội vụ", "a) Theo dõi, đôn đốc", "- Báo cáo quý",
        "2. Sở Tài chính", "a) Bố trí kinh phí", "II. Chế độ báo cáo",
    ]  # fmt: skip


def test_a_column_of_numbers_that_word_counts() -> None:
    file = docx.Document()
    with_lists(file)
    table = file.add_table(2, 2)
    for row, text in zip(table.rows, ("Rà soát thủ tục", "Công khai kết quả"), strict=True):
        numbered(row.cells[0].paragraphs[0], 0)
        row.cells[1].text = text
    rows = the_table(read(file)).rows
    assert [[cell.text for cell in row.cells] for row in rows] == [
        ["I.", "Rà soát thủ tục"],
        ["II.", "Công khai kết quả"],
    ]


def test_merged_cells_keep_their_spans() -> None:
    file = docx.Document()
    table = file.add_table(3, 4)
    for row in range(3):
        for column in range(4):
            table.cell(row, column).text = f"{row}{column}"
    table.cell(1, 2).merge(table.cell(2, 2)).text = "Sở Nội vụ"
    table.cell(0, 1).merge(table.cell(0, 3)).text = "NÂNG CAO CHẤT LƯỢNG"
    rows = the_table(read(file)).rows
    assert rows[0].cells == (Cell(("00",)), Cell(("NÂNG CAO CHẤT LƯỢNG",), colspan=3))
    assert [cell.text for cell in rows[1].cells] == ["10", "11", "Sở Nội vụ", "13"]
    assert rows[1].cells[2].rowspan == 2
    assert [cell.text for cell in rows[2].cells] == ["20", "21", "23"]


def test_headings_bold_and_lines_broken_on_purpose() -> None:
    file = docx.Document()
    file.add_heading("Tổ chức thực hiện", 2)
    title = file.add_paragraph()
    title.add_run("KẾ HOẠCH").bold = True
    title.add_run().add_break(WD_BREAK.LINE)
    title.add_run("CẢI CÁCH HÀNH CHÍNH").bold = True
    title.add_run().add_break(WD_BREAK.LINE)
    title.add_run("NĂM 2027").bold = True
    lead = file.add_paragraph()
    lead.add_run("1. Mục tiêu: ").bold = True
    lead.add_run("hoàn thành trước hạn.")
    assert list(read(file).paragraphs) == [
        Paragraph("Tổ chức thực hiện", level=2, bold=True, place="đoạn 1"),
        Paragraph("KẾ HOẠCH", bold=True, place="đoạn 2"),
        Paragraph("CẢI CÁCH HÀNH CHÍNH NĂM 2027", bold=True, place="đoạn 2"),
        Paragraph("1. Mục tiêu: hoàn thành trước hạn.", bold=True, place="đoạn 3"),
    ]


def test_text_boxes_are_read_once_and_the_deleted_and_hidden_not_at_all() -> None:
    file = docx.Document()
    paragraph = file.add_paragraph("Sở Nội vụ ")
    paragraph._p.append(
        parse_xml(
            f'<w:r {nsdecls("w")} xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
            "<mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>Số: 15/KH-UBND</w:t></w:r></w:p>"
            "</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent><w:p><w:r><w:t>Số: 15/KH-UBND</w:t>"
            "</w:r></w:p></w:txbxContent></mc:Fallback></mc:AlternateContent></w:r>"
        )
    )
    paragraph._p.append(
        parse_xml(f"<w:del {nsdecls('w')}><w:r><w:delText>không </w:delText></w:r></w:del>")
    )
    paragraph._p.append(parse_xml(f"<w:ins {nsdecls('w')}><w:r><w:t>chủ trì.</w:t></w:r></w:ins>"))
    hidden = paragraph.add_run(" Ghi chú riêng")
    hidden.font.hidden = True
    assert texts(read(file)) == ["Sở Nội vụ chủ trì.", "Số: 15/KH-UBND"]


def test_decomposed_letters_become_whole_ones() -> None:
    file = docx.Document()
    file.add_paragraph("Sở Nội vụ")
    assert texts(read(file)) == ["Sở Nội vụ"]


def test_fonts_from_before_unicode_are_put_right_or_refused() -> None:
    file = docx.Document()
    run = file.add_paragraph().add_run("Céng hoµ x· héi chñ nghÜa")
    run.font.name = ".VnTime"
    run = file.paragraphs[0].add_run(" viÖt nam")
    run.font.name = ".VnTimeH"
    assert texts(read(file)) == ["Cộng hoà xã hội chủ nghĩa VIỆT NAM"]
    run.font.name = "VNI-Times"
    with pytest.raises(UnreadableError, match="phông VNI"):
        read(file)


def test_the_fonts_name_may_stand_in_the_style() -> None:
    file = docx.Document()
    file.styles["Normal"].font.name = ".VnTime"
    file.styles["Normal"].element.rPr.rFonts.set(qn("w:hAnsi"), ".VnTime")
    file.add_paragraph("Së Néi vô")
    assert texts(read(file)) == ["Sở Nội vụ"]


# --- files made to hurt ----------------------------------------------------------------------------


def _changed(change: Callable[[dict[str, bytes]], None]) -> bytes:
    saved = io.BytesIO()
    docx.Document().save(saved)
    with zipfile.ZipFile(saved) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return made.getvalue()


def _bomb(parts: dict[str, bytes]) -> None:
    parts["word/document.xml"] = b"<a>" + b" " * (40 * 1024 * 1024) + b"</a>"


def _entities(parts: dict[str, bytes]) -> None:
    parts["word/document.xml"] = b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'


def _torn(parts: dict[str, bytes]) -> None:
    parts["word/document.xml"] = parts["word/document.xml"][:-40]


def _other(parts: dict[str, bytes]) -> None:
    parts["word/document.xml"] = b"<html/>"


@pytest.mark.parametrize(
    ("change", "told"),
    [(_bomb, "quá lớn"), (_entities, "không an toàn"), (_torn, "bị hỏng"), (_other, "không phải")],
)
def test_a_hostile_file_gets_a_sentence(
    change: Callable[[dict[str, bytes]], None], told: str
) -> None:
    with pytest.raises(UnreadableError, match=told):
        read_document(_changed(change), "ke-hoach.docx")


def test_an_archive_of_something_else_gets_a_sentence() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("a.txt", "a")
    with pytest.raises(UnreadableError, match="không phải văn bản Word"):
        read_document(made.getvalue(), "ke-hoach.docx")
