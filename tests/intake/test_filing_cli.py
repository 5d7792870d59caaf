"""`template`, `check`, `submit`, `diff` as a clerk meets them."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import openpyxl
import pytest

from plan.definition.model import PlanDefinition
from tests.support.commands import answer, dondoc, put, report
from tests.support.workbook_samples import edited, full

AS_IN_THE_ISSUE = {"file", "kind", "agency", "deliverables", "values", "findings"}
FINDING = {"severity", "code", "sheet", "cell", "indicator", "period", "read", "message"}


# --- template --------------------------------------------------------------------------------------


def test_templates_without_a_database(desk: Path) -> None:
    assert dondoc("template", "stp", "--out", "mau").exit_code == 0
    result = dondoc("template", "stp", "--report", "--out", "mau")
    assert result.exit_code == 0
    assert sorted(one.name for one in (desk / "mau").iterdir()) == [
        "bieu-so-lieu-stp.xlsx",
        "stp-thematic-proposals.docx",
        "stp-thematic-report.docx",
    ]
    assert not (desk / "home").exists()


def test_with_a_database_the_template_says_the_deadline(home: Path) -> None:
    dondoc("template", "an-lao", "--report", "--out", "mau")
    texts = [
        p.text for p in docx.Document(str(home / "mau" / "an-lao-district-report.docx")).paragraphs
    ]
    assert any("chậm nhất 29/04/2020" in text for text in texts)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["template", "an-lau"], 2, "Có phải «an-lao» không?"),
        (["template", "bao-binh-dinh", "--report"], 1, "không phải nộp báo cáo nào"),
        (["template", "bao-binh-dinh"], 1, "không phải nộp số liệu nào"),
        (["check", "khong-co.docx"], 2, "Không tìm thấy tệp"),
        (["template", "stp", "--plan", "ke-hoach-khac"], 2, "Không có kế hoạch"),
    ],
)
def test_what_is_wrong_is_said(desk: Path, words: list[str], code: int, said: str) -> None:
    result = dondoc(*words)
    assert result.exit_code == code
    assert said in result.output


# --- check -----------------------------------------------------------------------------------------


def test_check_answers_as_agreed(desk: Path, definition: PlanDefinition) -> None:
    result = dondoc("check", put(desk, "a.docx", report(definition, "p1-iii-2")), "--json")
    assert result.exit_code == 1
    found = answer(result)
    assert set(found) == AS_IN_THE_ISSUE
    assert (found["file"], found["kind"], found["agency"]) == ("a.docx", "report", "an-lao")
    assert (found["deliverables"], found["values"]) == (["district-report"], 0)
    assert all(set(one) == FINDING for one in found["findings"])
    [error] = [one for one in found["findings"] if one["severity"] == "error"]
    assert (error["code"], error["sheet"]) == ("report.section-empty", "Phần thứ nhất, III.2")
    assert not (desk / "home").exists()


def test_check_a_complete_workbook(desk: Path) -> None:
    result = dondoc("check", put(desk, "b.xlsx", full("stp")), "--json")
    assert result.exit_code == 0
    found = answer(result)
    assert (found["kind"], found["deliverables"]) == ("workbook", ["appendix-2"])
    assert found["values"] == 78


def test_check_several_files_names_each(desk: Path, definition: PlanDefinition) -> None:
    files = [put(desk, "a.docx", report(definition, "p1-iii-2")), put(desk, "b.pdf", b"%PDF-1.4")]
    found = answer(dondoc("check", *files, "--json"))
    assert [one["file"] for one in found["files"]] == ["a.docx", "b.pdf"]
    assert {one["file"] for one in found["findings"]} == {"a.docx"}


def test_check_files_nothing(home: Path, definition: PlanDefinition) -> None:
    dondoc("check", put(home, "a.docx", report(definition)))
    assert answer(dondoc("status", "--json"))["summary"]["state_submitted"] == 0


def test_another_agencys_file_blocks(desk: Path, definition: PlanDefinition) -> None:
    result = dondoc("check", put(desk, "a.docx", report(definition)), "--agency", "van-canh")
    assert result.exit_code == 1
    assert "của UBND huyện An Lão, không phải của UBND huyện Vân Canh" in result.output


def test_marked_copy_bears_the_findings(desk: Path, definition: PlanDefinition) -> None:
    from intake.recognise import recognise

    reading = recognise(full("stp"), "b", definition, "stp").workbook
    assert reading is not None
    sheet, cell = reading.places["PL2.2", "2018"]
    source = put(desk, "b.xlsx", edited(full("stp"), {(sheet, cell): "mười hai"}))
    result = dondoc("check", source, "--annotate", str(desk / "danh-dau.xlsx"))
    assert result.exit_code == 1
    book = openpyxl.load_workbook(io.BytesIO((desk / "danh-dau.xlsx").read_bytes()))
    assert "12" in book[sheet][cell].comment.text


def test_a_report_cannot_be_marked(desk: Path, definition: PlanDefinition) -> None:
    source = put(desk, "a.docx", report(definition))
    result = dondoc("check", source, "--annotate", str(desk / "x.xlsx"))
    assert result.exit_code == 1
    assert not (desk / "x.xlsx").exists()


def test_two_gigabytes_of_zeros_are_not_read(desk: Path) -> None:
    with (desk / "to.xlsx").open("wb") as file:
        file.truncate(2 * 1024**3)
    result = dondoc("check", "to.xlsx", "--agency", "stp")
    assert result.exit_code == 1
    assert "lớn hơn 50 MB" in result.output


# --- submit ----------------------------------------------------------------------------------------


def test_submit_and_what_it_says(home: Path, definition: PlanDefinition) -> None:
    source = put(home, "a.docx", report(definition))
    first = dondoc("submit", "an-lao", source, "--by", "Nguyễn Thị Lan", "--json")
    assert first.exit_code == 0
    [filed] = answer(first)
    assert (filed["obligation"], filed["number"]) == ("an-lao/district-report", 1)
    assert (filed["complete"], filed["repeated"]) == (True, False)
    again = dondoc("submit", "an-lao", source)
    assert "an-lao/district-report: lần 1, đã nộp trước đó." in again.output


def test_faults_leave_with_one(home: Path, definition: PlanDefinition) -> None:
    result = dondoc("submit", "an-lao", put(home, "a.docx", report(definition, "p3-2")))
    assert result.exit_code == 1
    assert "lần 1, đã vào sổ" in result.output
    assert "Phần thứ ba, 2" in result.output


def test_conference_duty_and_nil(home: Path) -> None:
    minutes = put(home, "bb.pdf", b"%PDF-1.4")
    words = ["--conference", "2020-04-15", "--place", "Hội trường", "--attending", "90"]
    held = dondoc("submit", "an-lao", minutes, "--obligation", "an-lao/district-conference", *words)
    assert held.exit_code == 0
    duty = dondoc("submit", "an-lao", "--obligation", "an-lao/publicity", "--evidence", "Bài viết")
    assert duty.exit_code == 0
    nil = dondoc(
        "submit", "an-lao", "--obligation", "an-lao/commendation-nominations", "--nil", "Không có"
    )
    assert nil.exit_code == 0
    assert "không phát sinh, lý do: Không có" in nil.output


def test_paper_by_the_coordinator(home: Path, definition: PlanDefinition) -> None:
    source = put(home, "a.docx", report(definition))
    when = ["--received-at", "2020-04-17T15:00+07:00", "--reference", "12/BC-UBND"]
    assert dondoc("submit", "an-lao", source, "--via", "paper", *when).exit_code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "Hãy nêu tệp cần nộp"),
        (["--nil", "x"], "--obligation"),
        (["--nil", "x", "--evidence", "y", "--obligation", "an-lao/publicity"], "Chỉ nêu một"),
        (["a.pdf", "--via", "paper"], "cần số văn bản"),
        (["a.pdf", "--via", "bồ câu"], "không hợp lệ"),
        (
            ["a.pdf", "--received-at", "2021-01-01", "--via", "paper", "--reference", "1"],
            "tương lai",
        ),
        (["a.pdf", "--received-at", "2020-04-01"], "ghi lùi"),
        (["a.pdf", "--obligation", "stp/appendix-2"], "không phải của"),
    ],
)
def test_what_cannot_be_meant_is_refused(home: Path, words: list[str], said: str) -> None:
    put(home, "a.pdf", b"%PDF-1.4")
    result = dondoc("submit", "an-lao", *words)
    assert result.exit_code in (1, 2)
    assert said in result.output


# --- diff ------------------------------------------------------------------------------------------


def test_diff_of_two_submissions(home: Path, definition: PlanDefinition) -> None:
    dondoc("submit", "an-lao", put(home, "a.docx", report(definition, "p1-iii-3")))
    dondoc("submit", "an-lao", put(home, "b.docx", report(definition)))
    changes = answer(dondoc("diff", "an-lao/district-report", "1", "2", "--json"))
    assert [(one["kind"], one["name"]) for one in changes[:1]] == [("section", "p1-iii-3")]
    assert (changes[0]["before"], changes[0]["place"]) == ("", "Phần thứ nhất, III.3")
    assert "giống nhau" in dondoc("diff", "an-lao/district-report", "1", "1").output
    assert dondoc("diff", "an-lao/district-report", "1", "7").exit_code == 2
