"""The conversation on the command line: handed in, returned, handed in again, explained, moved, accepted."""

# ruff: noqa: F401, F811 - fixtures of a module beside this one

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from intake.workbook.template import template_for
from plan.definition.model import PlanDefinition
from tests.intake.conftest import desk, home
from tests.support.commands import answer, dondoc, put, report
from tests.support.report_writing import enough, fill
from tests.support.workbook_samples import blank, edited, figures, full, plan

APPENDICES = {
    "snv": (1, 4, 5, 8),
    "stp": (2,),
    "vpub": (3, 7),
    "stc": (6,),
    "stttt": (7,),
    "skhcn": (7,),
}


def done(*words: str) -> str:
    result = dondoc(*words)
    assert result.exit_code == 0, result.output
    return result.output


def filed(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = answer(dondoc("submissions", name, "--json"))
    return found


def states(name: str) -> list[tuple[int, str]]:
    return [(one["number"], one["state"]) for one in filed(name)]


def explain_all(name: str) -> None:
    """The agency's own words to every warning of its newest submission."""
    asked = [str(one["id"]) for one in filed(name)[0]["findings"] if one["severity"] == "warning"]
    if asked:
        done("explain", name.partition("/")[0], *asked, "--text", "Đã đối chiếu sổ gốc.")


def back_and_forth(name: str, *submit: str) -> None:
    """Handed in, returned, handed in once more, explained, accepted."""
    done("submit", *submit)
    done("review", "return", name, "--reason", "Thiếu chữ ký người lập biểu")
    assert states(name) == [(1, "returned")]
    assert filed(name)[0]["decision_note"] == "Thiếu chữ ký người lập biểu"
    done("submit", *submit)
    explain_all(name)
    done("review", "accept", name, "--by", "Lãnh đạo Sở Nội vụ")
    assert states(name) == [(2, "accepted"), (1, "returned")]


@pytest.mark.parametrize("agency", list(APPENDICES))
def test_every_appendix_is_handed_in_returned_and_accepted(home: Path, agency: str) -> None:
    source = put(home, "bieu.xlsx", full(agency))
    names = [f"{agency}/appendix-{number}" for number in APPENDICES[agency]]
    done("submit", agency, source)
    for name in names:
        done("review", "return", name, "--reason", "Thiếu chữ ký người lập biểu")
    done("submit", agency, source)
    for name in names:
        explain_all(name)
        done("review", "accept", name, "--by", "Lãnh đạo Sở Nội vụ")
        assert states(name) == [(2, "accepted"), (1, "returned")]


@pytest.mark.parametrize(
    ("agency", "deliverable"),
    [("an-lao", "district-report"), ("an-lao", "district-plan"), ("stp", "thematic-report")],
)
def test_every_report_is_handed_in_returned_and_accepted(
    home: Path,
    definition: PlanDefinition,
    agency: str,
    deliverable: str,
) -> None:
    source = put(home, "bao-cao.docx", fill(definition, agency, deliverable, enough)[0])
    name = f"{agency}/{deliverable}"
    back_and_forth(name, agency, source, "--obligation", name)


def test_a_conference_is_reported_returned_and_accepted(home: Path) -> None:
    minutes = put(home, "bien-ban.pdf", b"%PDF-1.4")
    name = "an-lao/district-conference"
    facts = ["--conference", "2020-04-18", "--place", "Hội trường UBND huyện", "--attending", "120"]
    back_and_forth(name, "an-lao", minutes, "--obligation", name, *facts)


def test_a_duty_and_a_nil_return(home: Path) -> None:
    back_and_forth(
        "an-lao/publicity", "an-lao", "--obligation", "an-lao/publicity",
        "--evidence", "Chuyên mục trên Đài Truyền thanh huyện",
    )  # fmt: skip
    nil = "an-lao/commendation-nominations"
    back_and_forth(nil, "an-lao", "--obligation", nil, "--nil", "Không có tập thể đủ tiêu chuẩn")


# --- warnings --------------------------------------------------------------------------------------


@pytest.fixture
def doubtful(home: Path) -> str:
    """Sở Tư pháp's appendix with a figure that a warning asks about; the obligation's name."""
    from tests.support.workbook_samples import at

    cells: dict[tuple[str, str], object] = {at("stp", "PL2.3", "2019"): 31}
    put(home, "bieu.xlsx", edited(full("stp"), cells))
    assert "1 cảnh báo cần giải trình" in done("submit", "stp", "bieu.xlsx")
    return "stp/appendix-2"


def test_a_warning_waits_for_the_agencys_own_words(doubtful: str) -> None:
    refused = dondoc("review", "accept", doubtful)
    assert refused.exit_code == 1
    assert "chưa có giải trình" in refused.output
    shown = dondoc("submissions", doubtful).output
    [one] = [f for f in filed(doubtful)[0]["findings"] if f["severity"] == "warning"]
    assert str(one["id"]) in shown
    assert one["message"] in shown
    done("explain", "stp", str(one["id"]), "--text", "Tổng rà soát năm 2019.", "--by", "Lê Văn Tư")
    [one] = [f for f in filed(doubtful)[0]["findings"] if f["severity"] == "warning"]
    assert (one["explanation"], one["explained_by"]) == ("Tổng rà soát năm 2019.", "Lê Văn Tư")
    assert "Tổng rà soát năm 2019." in done("audit", "list", doubtful)
    done("review", "accept", doubtful)


def test_what_cannot_be_explained(doubtful: str) -> None:
    [one] = [f for f in filed(doubtful)[0]["findings"] if f["severity"] == "warning"]
    other = dondoc("explain", "stc", str(one["id"]), "--text", "x")
    assert (other.exit_code, "thuộc cơ quan khác" in other.output) == (1, True)
    unknown = dondoc("explain", "stp", "9999", "--text", "x")
    assert (unknown.exit_code, "9999" in unknown.output) == (2, True)
    assert dondoc("review", "explain", "9999", "--text", "x").exit_code == 2
    assert dondoc("explain", "stp", str(one["id"]), "--text", "  ").exit_code == 1
    assert filed(doubtful)[0]["findings"][0]["explanation"] == ""


def test_submissions_of_none_and_of_a_wrong_number(home: Path) -> None:
    assert "chưa nộp lần nào" in done("submissions", "stp/appendix-2")
    assert dondoc("submissions", "stp/appendix-2", "--number", "3").exit_code == 2


# --- moving ----------------------------------------------------------------------------------------


def test_an_upload_in_the_wrong_place_is_moved(home: Path) -> None:
    put(home, "ke-hoach.pdf", b"%PDF-1.4 ke hoach")
    done("submit", "an-lao", "ke-hoach.pdf", "--obligation", "an-lao/district-report")
    said = done(
        "review", "move", "an-lao/district-report", "1",
        "--to", "an-lao/district-plan", "--reason", "Nộp nhầm",
    )  # fmt: skip
    assert "an-lao/district-report lần 1 thành an-lao/district-plan lần 1" in said
    assert [row["state"] for row in filed("an-lao/district-report")] == ["moved"]
    assert states("an-lao/district-plan") == [(1, "received")]
    for name in ("an-lao/district-report", "an-lao/district-plan"):
        [moved] = [
            one
            for one in answer(dondoc("audit", "list", name, "--json"))
            if one["event"] == "submission.moved"
        ]
        detail = moved["after"]["detail"]
        assert detail["from"] == "an-lao/district-report lần 1"
        assert detail["to"] == "an-lao/district-plan lần 1"
    # The number is not given again: the next upload is the second.
    done("submit", "an-lao", put(home, "b.docx", report(plan())))
    assert states("an-lao/district-report")[0] == (2, "received")


def test_what_cannot_be_moved(home: Path) -> None:
    put(home, "a.pdf", b"%PDF-1.4")
    done("submit", "an-lao", "a.pdf", "--obligation", "an-lao/district-report")
    move = ["review", "move", "an-lao/district-report"]
    here = dondoc(*move, "1", "--to", "an-lao/district-report", "--reason", "x")
    assert (here.exit_code, "đúng nghĩa vụ này" in here.output) == (1, True)
    assert dondoc(*move, "7", "--to", "an-lao/district-plan", "--reason", "x").exit_code == 2
    assert dondoc(*move, "1", "--to", "an-lao/district-plon", "--reason", "x").exit_code == 2


# --- more time -------------------------------------------------------------------------------------

ASK = [
    "extension",
    "ask",
    "an-lao/district-report",
    "--until",
    "2020-05-08",
    "--reason",
    "Sáp nhập thôn",
]


LATER = ["--as-of", "2020-04-21T08:00+07:00"]
"""After whatever a test has done: the virtual clock starts anew with every command."""


def due() -> str:
    [row] = [
        one
        for one in answer(dondoc("status", "--json", "--agency", "an-lao", *LATER))["obligations"]
        if one["id"] == "an-lao/district-report"
    ]
    return str(row["due_at"])


def test_more_time_is_asked_for_and_granted(home: Path) -> None:
    before = due()
    assert "đề nghị số 1" in done(*ASK, "--document", "15/UBND-NV")
    assert due() == before
    [waiting] = answer(dondoc("extension", "list", "--json"))
    assert (waiting["obligation"], waiting["until"]) == ("an-lao/district-report", "2020-05-08")
    assert "Sáp nhập thôn" in done("extension", "list")
    said = done("extension", "decide", "1", "--grant", "--document", "99/SNV-CCHC")
    assert "hạn mới là hết ngày 08/05/2020" in said
    assert due() == "2020-05-09T00:00:00+07:00"
    assert "không có đề nghị" in done("extension", "list").lower()
    again = dondoc("extension", "decide", "1", "--refuse")
    assert (again.exit_code, "đã được quyết định" in again.output) == (1, True)


def test_more_time_is_refused_with_a_word(home: Path) -> None:
    before = due()
    done(*ASK)
    done("extension", "decide", "1", "--refuse", "--note", "Đã gia hạn cho cả tỉnh")
    assert due() == before
    [answered] = answer(dondoc("extension", "list", "--all", "--json"))
    assert (answered["state"], answered["decision_note"]) == ("refused", "Đã gia hạn cho cả tỉnh")
    assert "không đồng ý: Đã gia hạn cho cả tỉnh" in done("extension", "list", "--all")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["extension", "decide", "7", "--grant"], 2, "số «7»"),
        ([*ASK[:3], "--until", "2020-04-01", "--reason", "x"], 1, "phải sau hạn"),
        ([*ASK[:3], "--until", "hôm nọ", "--reason", "x"], 2, "không phải ngày"),
        (["extension", "ask", "an-lao/publicity", *ASK[3:]], 1, "không có hạn"),
        (["extension", "decide", "7"], 2, "--grant"),
    ],
)
def test_what_cannot_be_asked_or_decided(
    home: Path, words: list[str], code: int, said: str
) -> None:
    result = dondoc(*words)
    assert (result.exit_code, said in result.output) == (code, True), result.output


# --- after the milestone is closed ------------------------------------------------------------------


def test_late_after_closing_is_taken_and_frozen_figures_stay(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def on(day: int, *words: str) -> str:
        """Each deed on a day of its own: the virtual clock starts anew with every command."""
        monkeypatch.setenv("DONDOC_CLOCK", f"2020-05-{day:02}T08:00+07:00")
        return done(*words)

    on(4, "submit", "stp", put(home, "bieu.xlsx", full("stp")))
    on(5, "review", "accept", "stp/appendix-2")
    on(6, "consolidate", "provincial-appendices")
    on(7, "consolidate", "provincial-appendices", "--final")
    on(8, "close", "thematic-reports")
    found = {**figures(template_for(plan(), "stp")), ("PL2.7", "2019"): 8.0}
    on(9, "review", "reopen", "stp/appendix-2", "--reason", "Sửa năm 2019")
    on(10, "submit", "stp", put(home, "muon.xlsx", blank("stp", found)))
    on(11, "review", "accept", "stp/appendix-2")
    assert states("stp/appendix-2") == [(2, "accepted"), (1, "returned")]
    assert "PL2.7" in on(12, "consolidate", "provincial-appendices", "--diff")
