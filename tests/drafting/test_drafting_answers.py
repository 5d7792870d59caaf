"""Questions are asked once, answers settle many rows, and a plan without open questions is written."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from drafting.answers import answered
from drafting.document import UnreadableError
from drafting.draft import make_draft
from drafting.plan_folder import definition_of, due_words_of, last_good_day
from drafting.readers.registry import read_document
from drafting.service import draft_safely
from drafting.times.expressions import read_slot
from drafting.workshop import standing
from flows.cli import app
from plan.contacts import list_contacts
from plan.database import writing
from plan.deadlines.phrases import parse_due
from plan.deadlines.rules import Once, Recurring
from plan.definition.checks import check_plan
from plan.definition.export import write_plan
from plan.directory.questions import open_questions
from plan.importing.plan import load_plan
from plan.queries.lookup import find_plan
from tests.conftest import PLAN_ID, at

PLAN = """Số: 12/KH-UBND

ỦY BAN NHÂN DÂN TỈNH HÀ SƠN

Hà Sơn, ngày 05 tháng 01 năm 2026

KẾ HOẠCH

ĐỌC SÁCH NĂM 2026

Căn cứ Luật Thư viện;

II. GIẢI PHÁP

1. Thư viện

- Mở rộng phòng đọc ở các trường học.

- Xây dựng phòng đọc ở các xã.

III. TỔ CHỨC THỰC HIỆN

1. Sở Nội vụ

- Theo dõi, đôn đốc thực hiện Kế hoạch này.

- Tổng hợp, báo cáo UBND tỉnh trước ngày 15/12/2026.

2. Các sở, ban, ngành

- Xây dựng kế hoạch đọc sách, hoàn thành trong tháng 02/2026.

- Định kỳ hằng quý báo cáo kết quả về Sở Nội vụ.
"""


def draft() -> dict[str, Any]:
    return make_draft(read_document(PLAN.encode(), "a.txt")).as_data()


def asked(made: dict[str, Any], words: str) -> str:
    [question] = [question for question in made["questions"] if words in question["text"]]
    return str(question["id"])


def answers(made: dict[str, Any]) -> dict[str, Any]:
    return {
        asked(made, "«Các sở, ban, ngành»"): ["Sở Y tế", "Sở Tài chính"],
        asked(made, "Thư viện (2 nhiệm vụ)"): "bỏ",
        asked(made, "không ghi ngày"): "hằng quý trước ngày 20 tháng cuối quý",
        asked(made, "không ghi thời hạn"): "theo dõi",
    }


def test_each_thing_is_asked_once() -> None:
    made = draft()
    assert made["plan"]["coordinator"] == "Sở Nội vụ"
    assert len(made["questions"]) == len({question["id"] for question in made["questions"]})
    group = next(q for q in made["questions"] if q["id"].startswith("group-"))
    assert len(group["rows"]) == 2


def test_answers_settle_every_row_and_the_plan_is_valid(tmp_path: Path) -> None:
    made = draft()
    done = answered(made, answers(made))
    assert done["questions"] == []
    assert len(done["dropped"]) == 2
    definition = definition_of(done)
    write_plan(definition, tmp_path / "plan")
    assert check_plan(tmp_path / "plan") == []
    due = {part.title: part.milestone for part in definition.deliverables}
    words = {milestone.id: milestone.due.words for milestone in definition.milestones}
    reports = [words[milestone] for title, milestone in due.items() if "báo cáo" in title.lower()]
    assert reports == ["trước ngày 15/12/2026", "hằng quý trước ngày 20 tháng cuối quý"]
    owners = {name.name for agency in definition.agencies for name in agency.names}
    assert {"Sở Y tế", "Sở Tài chính", "Sở Nội vụ"} <= owners


def test_a_question_may_be_answered_by_its_text() -> None:
    made = draft()
    group = next(q for q in made["questions"] if q["id"].startswith("group-"))
    done = answered(made, {group["text"]: "một đầu mối"})
    assert group["id"] not in {question["id"] for question in done["questions"]}


@pytest.mark.parametrize(
    ("question", "answer", "words"),
    [
        ("khong-co", "x", "Không có câu hỏi nào"),
        ("every", "lúc nào đó", "hãy ghi rõ ngày"),
        ("undated", "có lẽ", "hãy trả lời"),
    ],
)
def test_an_answer_that_says_nothing_is_refused(question: str, answer: str, words: str) -> None:
    made = draft()
    key = next((q["id"] for q in made["questions"] if q["id"].startswith(question)), question)
    with pytest.raises(UnreadableError, match=words):
        answered(made, {key: answer})


def test_an_open_question_keeps_the_plan_unwritten(tmp_path: Path) -> None:
    file = tmp_path / "ke-hoach.txt"
    file.write_text(PLAN, encoding="utf-8")
    result = CliRunner().invoke(app, ["plan", "draft", str(file), "--out", str(tmp_path / "out")])
    assert result.exit_code != 0
    assert "câu hỏi chưa trả lời" in result.output
    assert "«Các sở, ban, ngành» là những cơ quan nào?" in result.output
    assert not (tmp_path / "out").exists()


def test_the_command_writes_what_plan_check_accepts(tmp_path: Path) -> None:
    file, given = tmp_path / "ke-hoach.txt", tmp_path / "tra-loi.json"
    file.write_text(PLAN, encoding="utf-8")
    made = draft_safely(PLAN.encode(), "ke-hoach.txt")
    given.write_text(json.dumps(answers(made), ensure_ascii=False), encoding="utf-8")
    out = tmp_path / "out"
    runner = CliRunner()
    result = runner.invoke(
        app, ["plan", "draft", str(file), "--answers", str(given), "--out", str(out)]
    )
    assert result.exit_code == 0, result.output
    assert runner.invoke(app, ["plan", "check", str(out)]).exit_code == 0


def test_json_has_the_promised_shape() -> None:
    made = draft()
    assert set(made) >= {"plan", "agencies", "obligations", "unread", "questions"}
    assert set(made["plan"]) == {"number", "title", "issued_on", "issuer", "coordinator"}
    one = made["obligations"][0]
    assert set(one) >= {
        "owners", "cooperating", "deliverable", "kind", "due_words", "due", "source", "span", "questions",
    }  # fmt: skip
    assert set(one["due"]) >= {"type", "date", "every"}


@pytest.mark.parametrize(
    "words",
    [
        "Trước ngày 15/4/2026",
        "Quý IV/2026",
        "Quí IV-2025",
        "Tháng 11 - 12/2025",
        "Năm 2025 - 2026",
        "6/2025",
        "2026",
        "Từ ngày 01/01/2026 đến ngày 31/3/2026",
    ],
)
def test_written_due_words_mean_the_same_day(words: str) -> None:
    time = read_slot(words, finish=True, year=None)
    [written] = due_words_of(time.due, time.words)
    rule = parse_due(written)
    assert isinstance(rule, Once)
    assert rule.last_day == last_good_day(time.due)


@pytest.mark.parametrize(
    ("words", "count"),
    [
        ("Trước ngày 15/12 hàng năm", 1),
        ("định kỳ trước ngày 01/6 và 15/11 hằng năm", 2),
        ("định kỳ hàng tháng (trước ngày 18 hàng tháng)", 1),
        ("6 tháng (trước ngày 16/6)", 1),
    ],
)
def test_written_recurrences_are_read_again(words: str, count: int) -> None:
    time = read_slot(words, finish=False, year=None)
    written = due_words_of(time.due, time.words)
    assert len(written) == count
    assert all(isinstance(parse_due(each), Recurring) for each in written)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("BÁO CÁO\n\nKẾT QUẢ ĐỌC SÁCH\n\n1. Sở Nội vụ đã mua 20 cuốn.\n", "là một báo cáo"),
        (
            "Ngày xưa có một ông lão ngồi bên sông câu cá.\n\n" * 9_000,
            "hầu như không nhắc cơ quan nào",
        ),
        ("Chiều nay trời mưa, tôi ở nhà đọc sách.\n", "Không thấy tiêu đề"),
        ("", "Tệp rỗng"),
    ],
)
def test_what_is_no_plan_is_refused_in_a_sentence(text: str, words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        draft_safely(text.encode(), "a.txt")


def test_dates_pass_through_plain_data() -> None:
    assert date.fromisoformat(draft()["plan"]["issued_on"]) == date(2026, 1, 5)


def test_a_published_draft_has_the_agencies_and_people_that_are_known(loaded: Engine) -> None:
    """«Sở Tài chính» of the document is the directory's `stc`, whoever hears for it elsewhere."""
    made = draft()
    done = answered(made, answers(made))
    with writing(loaded) as session:
        definition = definition_of(done, standing(session))
        load_plan(session, definition, now=at("2026-01-06 08:00"))
        heard = [
            {row["name"] for row in list_contacts(session, find_plan(session, plan_id))
             if row["agency"] == "stc"}
            for plan_id in (PLAN_ID, definition.id)
        ]  # fmt: skip
        assert heard[0] == heard[1] != set()
        assert open_questions(session) == []
