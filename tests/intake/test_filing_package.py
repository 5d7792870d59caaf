"""Packages of files: what each is by its content, whose it is, and which deliverable it belongs to."""

from __future__ import annotations

import io
from collections.abc import Sequence

import docx
import openpyxl
import pytest

from intake.files.gate import Limits
from intake.package import Package, read_package
from intake.parts import SubmissionPart
from intake.recognise import Content, recognise, recognise_safely
from intake.report.belonging import coverage
from intake.report.letterheads import agency_in_letterhead, is_minutes
from intake.report.outline import Outline
from plan.definition.model import PlanDefinition
from tests.support.hostile_files import encrypted_office, zip_bomb
from tests.support.report_writing import enough, fill, repacked, saved, typed
from tests.support.workbook_samples import edited, full
from tests.support.workbook_samples import saved as workbook_bytes

File = tuple[str, bytes]


def package(definition: PlanDefinition, *files: File, agency: str = "", only: str = "") -> Package:
    return read_package(files, definition, agency, only=only, recogniser=recognise)


def report(definition: PlanDefinition, agency: str, deliverable: str) -> File:
    return f"{deliverable}.docx", fill(definition, agency, deliverable)[0]


def part(found: Package, deliverable: str) -> SubmissionPart:
    return next(one for one in found.parts if one.deliverable == deliverable)


def codes(found: Sequence[object], severity: str = "error") -> list[str]:
    return [one.code for one in found if one.severity == severity]  # type: ignore[attr-defined]


# --- what a file is --------------------------------------------------------------------------------

PDF = b"%PDF-1.4\n" + b"x" * 200
OLD_WORD = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "WordDocument\0".encode("utf-16-le")


@pytest.mark.parametrize(
    ("data", "content", "code"),
    [
        (PDF, Content.unread, "file.unread"),
        (OLD_WORD, Content.unread, "file.unread"),
        (b"{\\rtf1 xin chao}", Content.unread, "file.unread"),
        (b"\x89PNG\r\n" + b"0" * 50, Content.unread, "file.unread"),
        (b"", Content.refused, "file.empty"),
        (b"xin chao", Content.refused, "file.unknown"),
        (encrypted_office(), Content.refused, "file.encrypted"),
        (b"PK\x03\x04 cut short", Content.refused, "file.broken"),
    ],
)
def test_told_by_its_bytes(
    definition: PlanDefinition, data: bytes, content: Content, code: str
) -> None:
    found = recognise(data, "báo cáo.docx", definition, "stp")
    assert (found.content, found.findings[0].code) == (content, code)
    assert found.findings[0].file == "báo cáo.docx"


def test_a_name_lies_the_content_does_not(definition: PlanDefinition) -> None:
    data = full("stp")
    assert recognise(data, "bao-cao.docx", definition).content is Content.workbook
    words = report(definition, "stp", "thematic-report")[1]
    found = recognise(words, "../../bieu.xlsx", definition)
    assert (found.content, found.filename, found.agency) == (Content.report, "bieu.xlsx", "stp")


@pytest.mark.parametrize(
    ("make", "content"),
    [
        (lambda d: full("stp"), Content.workbook),
        (lambda d: report(d, "stp", "thematic-report")[1], Content.report),
        (lambda d: PDF, Content.unread),
        (lambda d: b"", Content.refused),
    ],
)
def test_the_worker_says_the_same(definition: PlanDefinition, make, content: Content) -> None:  # type: ignore[no-untyped-def]
    data = make(definition)
    here = recognise(data, "a", definition, "stp")
    there = recognise_safely(data, "a", definition, "stp")
    assert there == here
    assert there.content is content


def test_a_bomb_ends_in_the_worker(definition: PlanDefinition) -> None:
    found = recognise_safely(zip_bomb(), "a.xlsx", definition, "stp")
    assert found.content is Content.refused
    big = recognise_safely(b"0" * 2000, "a.xlsx", definition, "stp", Limits(max_bytes=1000))
    assert codes(big.findings) == ["file.too_large"]


# --- whose it is -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("head", "agency"),
    [
        ("ỦY BAN NHÂN DÂN HUYỆN AN LÃO\nCỘNG HÒA XÃ HỘI", "an-lao"),
        ("UBND HUYỆN VĨNH THẠNH\nBÁO CÁO\nKính gửi: Sở Nội vụ", "vinh-thanh"),
        ("ỦY BAN NHÂN DÂN\nTHÀNH PHỐ QUI NHƠN\nBÁO CÁO", "quy-nhon"),
        ("UBND TỈNH BÌNH ĐỊNH SỞ TƯ PHÁP\nSố: 12/BC-STP", "stp"),
        ("UBND TỈNH BÌNH ĐỊNH\nSỞ THÔNG TIN VÀ TRUYỀN THÔNG", "stttt"),
        ("UBND TỈNH BÌNH ĐỊNH\nBÁO CÁO", ""),
        ("BÁO CÁO\nKính gửi: Sở Nội vụ", ""),
        ("Sở Nội vụ\nSở Tư pháp\nBÁO CÁO", ""),
        ("", ""),
    ],
)
def test_letterheads_say_whose(definition: PlanDefinition, head: str, agency: str) -> None:
    assert agency_in_letterhead(definition, head) == agency


def test_minutes_are_told_by_their_title() -> None:
    assert is_minutes("ỦY BAN NHÂN DÂN\nBIÊN BẢN\nHội nghị tổng kết")
    assert not is_minutes("BÁO CÁO\nvề biên bản")


def test_another_agencys_file_is_not_read(definition: PlanDefinition) -> None:
    name, data = report(definition, "an-lao", "district-report")
    found = package(definition, (name, data), ("b.xlsx", full("stp")), agency="vinh-thanh")
    assert found.parts == ()
    assert codes(found.findings) == ["file.other-agency", "book.other_agency"]
    assert "UBND huyện An Lão" in found.findings[0].message


def test_a_copied_letterhead_is_told(definition: PlanDefinition) -> None:
    document = docx.Document(io.BytesIO(report(definition, "an-lao", "district-report")[1]))
    cell = document.tables[0].rows[0].cells[0]
    cell.paragraphs[1].runs[0].text = "HUYỆN VÂN CANH"
    found = package(definition, ("a.docx", saved(document)))
    assert found.agency == "an-lao"
    assert "file.two-agencies" in codes(part(found, "district-report").findings, "warning")


def test_of_nobody_is_told_not_guessed(definition: PlanDefinition) -> None:
    text = typed("**I. TÌNH HÌNH TRIỂN KHAI**\n**1. Công tác chỉ đạo, điều hành**\nĐã làm.")
    found = package(definition, ("a.docx", text))
    assert (found.agency, found.parts) == ("", ())
    assert codes(found.findings, "warning") == ["file.agency-unknown"]


def test_another_plans_file_is_refused(definition: PlanDefinition) -> None:
    other = definition.model_copy(update={"id": "05-kh-ubnd-2021"})
    found = package(other, report(definition, "stp", "thematic-report"), agency="stp")
    assert codes(found.findings) == ["file.other-plan"]


# --- where it belongs ------------------------------------------------------------------------------


def test_a_whole_package_each_part_to_its_own(definition: PlanDefinition) -> None:
    found = package(
        definition,
        ("b.xlsx", full("vpub")),
        report(definition, "vpub", "thematic-report"),
        report(definition, "vpub", "thematic-proposals"),
    )
    assert found.agency == "vpub"
    assert found.deliverables == (
        "thematic-report",
        "thematic-proposals",
        "appendix-3",
        "appendix-7",
    )
    assert {v.indicator.split(".")[0] for v in part(found, "appendix-3").values} == {"PL3"}
    assert {v.indicator.split(".")[0] for v in part(found, "appendix-7").values} == {"PL7"}
    assert {s.node[:2] for s in part(found, "thematic-report").sections} == {"p1"}
    assert not found.blocked


def test_part_two_inside_a_districts_report_is_its_plan(definition: PlanDefinition) -> None:
    """The plan for 2021–2030 may come as Phần thứ hai; it is then filed as both, and says so."""
    first = fill(definition, "an-lao", "district-report")[0]
    document = docx.Document(io.BytesIO(first))
    place = next(p for p in document.paragraphs if p.text.startswith("Phần thứ ba"))
    place.insert_paragraph_before("Phần thứ hai", style="Heading 1")
    for number, title in enumerate(
        [
            "thể chế",
            "thủ tục hành chính",
            "tổ chức bộ máy hành chính nhà nước",
            "xây dựng và nâng cao chất lượng đội ngũ cán bộ, công chức, viên chức",
            "tài chính công",
            "hiện đại hóa hành chính",
        ],
        start=1,
    ):
        place.insert_paragraph_before(f"{number}. Về {title}", style="Heading 3")
        place.insert_paragraph_before(enough(f"p2-{number}"))
    found = package(definition, ("bao-cao.docx", saved(document)))
    assert found.deliverables == ("district-report", "district-plan")
    shared = part(found, "district-plan")
    assert shared.shared
    assert len(shared.sections) == 6
    assert "report.shared" in codes(shared.findings, "note")
    assert not found.blocked


def test_beside_a_plan_of_its_own_part_two_is_a_copy(definition: PlanDefinition) -> None:
    document = docx.Document(io.BytesIO(fill(definition, "an-lao", "district-report")[0]))
    place = next(p for p in document.paragraphs if p.text.startswith("Phần thứ ba"))
    place.insert_paragraph_before("Phần thứ hai", style="Heading 1")
    place.insert_paragraph_before("1. Về thể chế", style="Heading 3")
    place.insert_paragraph_before("Chỉ là bản sao.")
    own = report(definition, "an-lao", "district-plan")
    found = package(definition, ("bao-cao.docx", saved(document)), own)
    assert [one.filename for one in part(found, "district-plan").files] == [own[0]]
    assert not part(found, "district-plan").shared


def test_a_report_typed_by_hand_is_known_by_what_it_holds(definition: PlanDefinition) -> None:
    lines = [
        "SỞ TƯ PHÁP",
        "BÁO CÁO",
        "**1. Cải cách thể chế**",
        "**1.1. Kết quả chủ yếu đã đạt được**",
    ]
    lines += [enough("a"), "**1.2. Những tồn tại, hạn chế và nguyên nhân**", enough("b")]
    found = package(definition, ("moi (2).docx", typed(lines)))
    assert (found.agency, found.deliverables) == ("stp", ("thematic-report",))
    assert not found.blocked


def test_sở_nội_vụs_two_reports_are_told_apart(definition: PlanDefinition) -> None:
    """Without properties: its own thematic report, and the whole province's."""
    for deliverable in ("thematic-report", "provincial-report"):
        document = docx.Document(io.BytesIO(report(definition, "snv", deliverable)[1]))
        part_of = document.part.package
        for key in [
            k for k, rel in part_of.rels.items() if rel.reltype.endswith("custom-properties")
        ]:
            del part_of.rels[key]
        found = package(definition, ("x.docx", saved(document)), agency="snv")
        assert found.deliverables[0] == deliverable


def test_proposals_alone_are_not_yet_the_provinces_report(definition: PlanDefinition) -> None:
    found = package(definition, report(definition, "snv", "provincial-proposals"))
    assert found.deliverables == ("provincial-proposals",)
    found = package(definition, report(definition, "snv", "provincial-report"))
    assert found.deliverables == ("provincial-report", "provincial-proposals")


def test_coverage_prefers_what_was_asked_for(definition: PlanDefinition) -> None:
    outline = Outline(definition.outline)
    written = set(outline.under("p1-ii-1"))
    assert coverage(outline, ["p1-ii-1"], written) == 1.0
    assert 0 < coverage(outline, ["p1"], written) < 0.5
    assert coverage(outline, ["p2"], written) == 0.0


def test_an_unknown_document_has_no_place(definition: PlanDefinition) -> None:
    found = package(definition, ("a.docx", typed("Kính gửi anh chị\nGửi số liệu.")), agency="stp")
    assert found.parts == ()
    assert codes(found.findings) == ["report.no-place"]


def test_a_scanned_copy_stands_with_its_report(definition: PlanDefinition) -> None:
    found = package(definition, report(definition, "stp", "thematic-report"), ("da-ky.pdf", PDF))
    files = part(found, "thematic-report").files
    assert [one.content for one in files] == [Content.report, Content.unread]
    assert not codes(part(found, "thematic-report").findings, "warning")


def test_alone_a_scan_needs_a_place_and_a_word(definition: PlanDefinition) -> None:
    assert codes(package(definition, ("a.pdf", PDF), agency="stp").findings) == ["file.no-place"]
    found = package(definition, ("a.pdf", PDF), agency="stp", only="thematic-report")
    assert codes(part(found, "thematic-report").findings, "warning") == ["file.unread"]
    assert part(found, "thematic-report").complete


def test_minutes_have_their_own_way_in(definition: PlanDefinition) -> None:
    minutes = typed(
        ["UBND HUYỆN AN LÃO", "BIÊN BẢN", "Hội nghị tổng kết", "Hôm nay, ngày 15/4/2020"]
    )
    found = package(definition, ("bb.docx", minutes), agency="an-lao")
    assert codes(found.findings) == ["file.minutes"]


def test_one_product_asked_for_takes_no_other(definition: PlanDefinition) -> None:
    found = package(definition, ("b.xlsx", full("vpub")), agency="vpub", only="appendix-7")
    assert found.deliverables == ("appendix-7",)


def test_two_reports_of_one_product_are_asked_about(definition: PlanDefinition) -> None:
    name, data = report(definition, "stp", "thematic-report")
    other, _ = fill(definition, "stp", "thematic-report", lambda node: enough(node) + " Khác.")
    found = package(definition, (name, data), ("khac.docx", other))
    assert "package.twice" in codes(part(found, "thematic-report").findings)


def test_a_rule_broken_across_two_sheets_stands_at_its_figure(definition: PlanDefinition) -> None:
    whole = full("snv")
    sheet = openpyxl.load_workbook(io.BytesIO(whole))
    assert "PL1" in sheet.sheetnames
    found = package(definition, ("b.xlsx", whole))
    assert found.deliverables == ("appendix-1", "appendix-4", "appendix-5", "appendix-8")
    assert all(one.file in ("", "b.xlsx") for one in found.all_findings())


def test_a_figure_out_of_range_blocks_its_own_appendix_only(definition: PlanDefinition) -> None:
    cells = recognise(full("vpub"), "b.xlsx", definition, "vpub").workbook
    assert cells is not None
    place = cells.places["PL7.10", "2019"]
    found = package(definition, ("b.xlsx", edited(full("vpub"), {place: -5})))
    assert [one.cell for one in part(found, "appendix-7").findings if one.severity == "error"] == [
        place[1]
    ]
    assert part(found, "appendix-3").complete
    assert found.blocked


def test_text_that_contradicts_the_appendix_is_told(definition: PlanDefinition) -> None:
    data, _ = fill(
        definition,
        "vpub",
        "thematic-report",
        lambda node: (
            "Số dịch vụ công trực tuyến mức độ 3, mức độ 4 năm 2019 là 987.654 dịch vụ."
            if node == "p1-ii-2-1-dd"
            else enough(node)
        ),
    )
    found = package(definition, ("b.xlsx", full("vpub")), ("a.docx", data))
    told = [
        one
        for one in part(found, "thematic-report").findings
        if one.code == "report.figure-differs"
    ]
    assert [(one.indicator, one.period, one.severity) for one in told] == [
        ("PL7.10", "2019", "warning")
    ]


def with_table(definition: PlanDefinition, numbers: Sequence[str]) -> File:
    """Sở Khoa học và Công nghệ's report with its row of Phụ lục 7 in a Word table."""
    document = docx.Document(io.BytesIO(report(definition, "skhcn", "thematic-report")[1]))
    table = next(one for one in definition.appendices if one.code == "PL7").tables[0]
    heads = [*table.heads, *(period.label for period in table.periods)]
    grid = document.add_table(rows=1, cols=len(heads))
    for cell, text in zip(grid.rows[0].cells, heads, strict=True):
        cell.text = text
    for indicator in table.indicators:
        row = numbers if indicator.code == "14" else [""] * len(numbers)
        for cell, text in zip(
            grid.add_row().cells, [indicator.stt, indicator.label, *row], strict=True
        ):
            cell.text = text
    return "a.docx", saved(document)


def test_an_appendix_typed_into_the_report_is_read(definition: PlanDefinition) -> None:
    found = package(definition, with_table(definition, ["1", "2", "3", "4", "5", "1.006"]))
    assert found.deliverables == ("thematic-report", "appendix-7")
    assert [value.number for value in part(found, "appendix-7").values] == [1, 2, 3, 4, 5, 1006]


@pytest.mark.parametrize(("numbers", "told"), [(["27"] * 6, 0), (["27"] * 5 + ["26"], 1)])
def test_where_the_workbook_came_too_it_counts(
    definition: PlanDefinition, numbers: list[str], told: int
) -> None:
    found = package(definition, ("b.xlsx", full("skhcn")), with_table(definition, numbers))
    assert {value.number for value in part(found, "appendix-7").values} == {27}
    assert codes(found.all_findings(), "warning").count("report.table-differs") == told


def test_the_provinces_own_set_is_kept_unread_but_for_its_dangers(
    definition: PlanDefinition,
) -> None:
    book = openpyxl.Workbook()
    book.active["A1"] = "Bộ phụ lục tổng hợp"
    plain = workbook_bytes(book)
    found = package(definition, ("a.xlsx", plain), agency="snv", only="provincial-appendices")
    assert [(one.deliverable, one.findings) for one in found.parts] == [
        ("provincial-appendices", ())
    ]
    spoilt = repacked(plain, added={"xl/vbaProject.bin": b"x"})
    found = package(definition, ("a.xlsx", spoilt), agency="snv", only="provincial-appendices")
    assert codes(part(found, "provincial-appendices").findings) == ["file.macros"]
