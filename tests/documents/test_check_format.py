"""Each clause of the decree's form can be broken, is noted then, and is kept by what we write."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from docx import Document as open_document
from docx.document import Document
from docx.enum.section import WD_SECTION
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor
from sqlalchemy import Engine
from typer.testing import CliRunner

from consolidation.inputs import collect
from consolidation.outputs.environment import environment_of
from consolidation.outputs.material import read_material
from consolidation.outputs.write import write_output
from documents import blocks
from documents.decree.check import NoWordFileError, check_format
from documents.decree.clauses import CLAUSES
from flows.cli import app
from intake.forms.report import build_reports
from notifications.letters import draft_letter, letter_of
from plan.database import reading, writing
from plan.definition.model import PlanDefinition
from plan.queries.lookup import find_plan
from tests.conftest import at
from tests.support.consolidation_kit import take_back

AT = datetime(2020, 3, 10, tzinfo=UTC)
NOW = at("2020-05-04 08:00")
TEXT = (
    "Thực hiện kế hoạch của Ủy ban nhân dân tỉnh, Sở Nội vụ báo cáo kết quả thực hiện như sau đây."
)


def good() -> Document:
    document = blocks.new_document()
    head = blocks.Letterhead(
        issuer=("SỞ NỘI VỤ",),
        parent="UBND TỈNH BÌNH ĐỊNH",
        number=blocks.document_number("BC", "SNV"),
        place_and_date=blocks.dated_line("Bình Định", date(2020, 2, 5), 2020),
    )
    blocks.add_letterhead(document, head)
    blocks.add_title(document, "Báo cáo", "Kết quả")
    grounds = "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015"
    blocks.add_grounds(document, [grounds, grounds])
    for number in ("I.", "II."):
        blocks.add_heading(document, 2, "Tình hình", number=number)
        blocks.add_text(document, TEXT)
    for number in (1, 2):
        document.add_paragraph(f"Bảng {number}. Số liệu")
    blocks.add_text(document, "Trên đây là báo cáo./.")
    signature = blocks.Signature(("GIÁM ĐỐC",), "Nguyễn A")
    blocks.add_signature(document, signature, ["Như trên", "Lưu: VT, CCHC"])
    for number in (1, 2):
        blocks.add_appendix(document, f"Phụ lục {blocks.roman(number)}", "Số liệu", "(Kèm theo)")
    return document


def noted(document: Document) -> list[str]:
    data = io.BytesIO()
    document.save(data)
    return [note.clause.id for note in check_format(data.getvalue())]


def find(document: Document, text: str):
    cells = [c for t in document.tables for row in t.rows for c in row.cells]
    every = [*document.paragraphs, *(p for cell in cells for p in cell.paragraphs)]
    return next(one for one in every if re.search(text, one.text))


def put(text: str, new: str) -> Callable[[Document], None]:
    def change(document: Document) -> None:
        found = find(document, text)
        found.runs[0].text = new
        for run in found.runs[1:]:
            run.text = ""

    return change


def language(document: Document) -> None:
    for one in list(document.styles.element.iter()):
        if one.tag.endswith("}lang"):
            one.getparent().remove(one)


def red(document: Document) -> None:
    find(document, "Thực hiện").runs[0].font.color.rgb = RGBColor(200, 0, 0)


def upright_page(document: Document) -> None:
    document.sections[0].different_first_page_header_footer = False


def narrow(document: Document) -> None:
    document.sections[0].left_margin = Mm(15)


def letter_paper(document: Document) -> None:
    document.sections[0].page_height = Mm(279)


def arial(document: Document) -> None:
    find(document, "Thực hiện").runs[0].font.name = "Arial"


def small(document: Document) -> None:
    find(document, "Thực hiện").runs[0].font.size = Pt(11)


def unkept(document: Document) -> None:
    find(document, "Trên đây").paragraph_format.keep_with_next = False


def plain_ground(document: Document) -> None:
    find(document, "Căn cứ").runs[0].italic = False


BREAKS: dict[str, Callable[[Document], None]] = {
    "paper": letter_paper,
    "margins": narrow,
    "font": arial,
    "black": red,
    "language": language,
    "page-number": upright_page,
    "country": put("^CỘNG HÒA", "CỘNG HOÀ XÃ HỘI"),
    "motto": put("^Độc lập", "Độc lập-Tự do-Hạnh phúc"),
    "issuer": put("^SỞ NỘI VỤ", "Sở Nội vụ"),
    "number": put("^Số:", "Số: 5/TH-SNV"),
    "place-date": put("^Bình Định", "Bình Định, ngày 5 tháng 2 năm 2020"),
    "title": put("^BÁO CÁO", "Bản tổng hợp"),
    "grounds": plain_ground,
    "body": small,
    "numbering": put(r"^Bảng 2\.", "Bảng 4. Số liệu"),
    "signer": put("^GIÁM ĐỐC", "Giám đốc"),
    "signature-alone": unkept,
    "recipients": put("Lưu: VT", "- Lưu: VT."),
    "appendix": put("^Phụ lục II", "Phụ lục 2"),
}


def test_a_good_document_has_no_note() -> None:
    assert noted(good()) == []


@pytest.mark.parametrize("clause", CLAUSES)
def test_each_clause_broken_is_noted_alone(clause: str) -> None:
    document = good()
    BREAKS[clause](document)
    assert set(noted(document)) == {clause}


def test_headings_that_jump_are_noted() -> None:
    document = good()
    put(r"^II\.", "IV. TÌNH HÌNH")(document)
    assert noted(document) == ["numbering"]


def test_left_text_and_narrow_lines_are_noted() -> None:
    document = good()
    paragraph = find(document, "Thực hiện")
    paragraph.alignment = WD_ALIGN_PARAGRAPH.LEFT
    paragraph.paragraph_format.line_spacing = 0.8
    document.add_section(WD_SECTION.NEW_PAGE)
    assert noted(document).count("body") == 2


def calibri(document: Document) -> None:
    """As Word begins a document: its font and size stand nowhere but in the defaults and the theme."""
    for style in ("Normal", "Heading 2"):
        for name in ("w:rFonts", "w:sz", "w:szCs"):
            for said in list(document.styles[style].element.iter(qn(name))):
                said.getparent().remove(said)
    defaults = document.styles.element.find(f".//{qn('w:rPrDefault')}/{qn('w:rPr')}")
    for said in list(defaults):
        defaults.remove(said)
    defaults.append(parse_xml(f'<w:rFonts {nsdecls("w")} w:asciiTheme="minorHAnsi"/>'))
    defaults.append(parse_xml(f'<w:sz {nsdecls("w")} w:val="22"/>'))


def blue_headings(document: Document) -> None:
    document.styles["Heading 2"].font.color.rgb = RGBColor(0x2E, 0x74, 0xB5)


def second_run(document: Document) -> None:
    run = find(document, "Thực hiện").add_run(" Số liệu kèm theo.")
    run.font.name, run.font.size = "Arial", Pt(10)


@pytest.mark.parametrize(
    ("change", "clauses"),
    [
        (calibri, {"font", "body", "title"}),
        (blue_headings, {"black"}),
        (second_run, {"font", "body"}),
    ],
)
def test_what_only_a_style_or_a_later_run_says_is_seen(
    change: Callable[[Document], None], clauses: set[str]
) -> None:
    document = good()
    change(document)
    assert set(noted(document)) == clauses


def test_styles_based_on_one_another_in_a_ring_end() -> None:
    document = good()
    normal = document.styles["Normal"]
    normal.element.insert(1, parse_xml(f'<w:basedOn {nsdecls("w")} w:val="{normal.style_id}"/>'))
    assert normal.base_style is not None
    assert noted(document) == []


def nested(document: Document) -> None:
    """The letterhead in a table within a table."""
    outer = document.add_table(1, 1)
    head = document.tables[0]._tbl
    head.addprevious(outer._tbl)
    outer.cell(0, 0)._tc.insert(0, head)


def controls(document: Document) -> None:
    """The letterhead in one of Word's content controls, as offices' templates have it."""
    control = parse_xml(f"<w:sdt {nsdecls('w')}><w:sdtContent/></w:sdt>")
    head = document.tables[0]._tbl
    head.addprevious(control)
    control[0].append(head)


def decomposed(document: Document) -> None:
    """Written on a Mac: «Ò» as two signs."""
    for text in ("^CỘNG HÒA", "^Độc lập", "^Căn cứ", "^BÁO CÁO"):
        put(text, unicodedata.normalize("NFD", find(document, text).text))(document)


@pytest.mark.parametrize("change", [nested, controls, decomposed])
def test_what_is_in_order_is_not_noted_however_word_keeps_it(
    change: Callable[[Document], None],
) -> None:
    document = good()
    change(document)
    assert noted(document) == []


def test_what_is_no_word_file_is_told_apart() -> None:
    with pytest.raises(NoWordFileError):
        check_format(b"%PDF-1.7")


@pytest.mark.parametrize("agency", ["an-lao", "snv", "stttt"])
def test_blank_reports_keep_every_clause(definition: PlanDefinition, agency: str) -> None:
    for blank in build_reports(definition, agency, on=date(2020, 3, 1), written_at=AT):
        assert check_format(blank.data) == [], blank.filename


def test_every_consolidated_document_keeps_every_clause(
    province: Engine, definition: PlanDefinition
) -> None:
    with reading(province) as session:
        plan = find_plan(session)
        for output in definition.outputs:
            material = read_material(session, definition, collect(session, plan, output, NOW))
            around = environment_of(session, plan, output, NOW, None)
            for piece in write_output(session, material, around):
                if piece.filename.endswith(".docx"):
                    assert check_format(piece.data) == [], piece.filename


CITED = re.compile(
    r"Kế hoạch số 04/KH-UBND ngày 20 tháng 01 năm 2020 của Ủy ban nhân dân tỉnh(?: Bình Định)? "
    r"về việc tổng kết thực hiện Chương trình tổng thể cải cách hành chính nhà nước"
)


def test_a_document_named_for_the_first_time_is_named_in_full(
    province: Engine, definition: PlanDefinition
) -> None:
    """In letters, in blank reports, in the draft."""
    with reading(province) as session:
        plan = find_plan(session)
        output = next(one for one in definition.outputs if one.kind == "report")
        material = read_material(session, definition, collect(session, plan, output, NOW))
        draft = write_output(session, material, environment_of(session, plan, output, NOW, None))
    with writing(province) as session:
        take_back(session, "an-lao/district-report", NOW)
    with reading(province) as session:
        plan, later = find_plan(session), at("2020-05-20 08:00")
        letter = letter_of(session, plan, later, agency="an-lao")
    blank = build_reports(definition, "an-lao", on=date(2020, 3, 1), written_at=AT)
    for data in (draft_letter(letter), blank[0].data, draft[0].data):
        text = "\n".join(one.text for one in open_document(io.BytesIO(data)).paragraphs)
        found = CITED.search(text)
        assert found is not None
        assert found.start() < text.index("04/KH-UBND")


@pytest.mark.parametrize("by_issuer", [False, True])
def test_letters_keep_every_clause(engine: Engine, by_issuer: bool) -> None:
    with reading(engine) as session:
        letter = letter_of(
            session,
            find_plan(session),
            at("2020-05-20 08:00"),
            milestone="district-reports",
            by_issuer=by_issuer,
        )
        assert check_format(draft_letter(letter)) == []


def test_the_guides_table_has_every_clause() -> None:
    guide = (Path(__file__).parents[2] / "docs" / "nghi-dinh-30.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\|[^|]+\| (\S+) \|[^|]+\| `([\w-]+)` \|$", guide, re.MULTILINE)
    assert rows == [(clause.part, clause.id) for clause in CLAUSES.values()]
    paths = re.findall(r"`(\w+/[\w/]+\.py)`", guide)
    assert len(paths) > len(CLAUSES)
    for path in paths:
        assert (Path(__file__).parents[2] / path).is_file(), path
    for path, names in re.findall(r"`(\w+/[\w/]+\.py)` \(([^)]+)\)", guide):
        code = (Path(__file__).parents[2] / path).read_text(encoding="utf-8")
        for name in re.findall(r"`(\w+)`", names):
            assert re.search(rf"^(?:def |class )?{name}\b", code, re.MULTILINE), (path, name)


def test_the_command_tells_agencies_what_to_mend(tmp_path: Path) -> None:
    document = good()
    red(document)
    path = tmp_path / "bao-cao.docx"
    document.save(str(path))
    told = CliRunner().invoke(app, ["check-format", str(path)])
    assert told.exit_code == 0
    assert "Đổi chữ sang màu đen" in told.output
    (tmp_path / "x.docx").write_bytes(b"no zip")
    refused = CliRunner().invoke(app, ["check-format", str(tmp_path / "x.docx")])
    assert refused.exit_code == 2
