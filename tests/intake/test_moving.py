"""A submission under the wrong obligation: moved, read again as the right one, both places told."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from intake.conference import HeldConference
from intake.files.store import Store
from intake.reassign import move_submission
from intake.recognise import recognise
from intake.submit import Filed, SubmissionContext, file_conference, file_duty, file_nil
from plan import ledger
from plan.database import reading, writing
from plan.definition.model import PlanDefinition
from plan.errors import RefusedError, UsageError
from plan.ledger.audit import verify
from plan.models import AuditEvent, Finding, Section, Submission, SubmissionFile, Value
from tests.conftest import CLERK, PLAN_ID, REVIEWER
from tests.support.commands import dondoc
from tests.support.filings import CLERKS, hand_in, obligation, report, rows
from tests.support.ledger_rows import ERROR, NOW, WARNING, filing, get, row_id, submit
from tests.support.report_writing import enough, fill
from tests.support.starting import START
from tests.support.workbook_samples import full

REPORT, PLAN_OF_IT, DUTY = "an-lao/district-report", "an-lao/district-plan", "an-lao/publicity"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


def move(engine: Engine, store: Store, wrong: str, right: str, number: int = 1) -> Filed:
    return move_submission(
        SubmissionContext(engine, store, PLAN_ID, REVIEWER, NOW),
        wrong,
        number,
        right,
        reason="Nộp nhầm chỗ",
        recogniser=recognise,
    )


def kept(engine: Engine, table: type, submission_id: int | None) -> list:  # type: ignore[type-arg]
    return [row for row in rows(engine, table) if row.submission_id == submission_id]


# --- the ledger -----------------------------------------------------------------------------------------


def test_moving_an_upload_keeps_both_numbers(loaded: Engine) -> None:
    wrong = submit(loaded, filing("a"))
    with writing(loaded) as session:
        target = row_id(session, "an-lao/district-plan")
        ledger.move(session, wrong.id or 0, target, reason="Nhầm chỗ", actor=REVIEWER, now=NOW)
    with reading(loaded) as session:
        assert get(session).state == "owed"
        assert get(session).decisive_at is None
        moved_to = get(session, "an-lao/district-plan")
        assert (moved_to.state, moved_to.submissions) == ("submitted", 1)
        event = session.exec(
            select(AuditEvent).where(AuditEvent.event == "submission.moved")
        ).first()
        assert event is not None
        assert event.after["detail"]["from"] == "an-lao/district-report lần 1"
        assert event.after["detail"]["to"] == "an-lao/district-plan lần 1"
        left = session.get_one(Submission, wrong.id)
        assert (left.number, left.state, left.obligation_id) == (1, "moved", get(session).id)
        assert left.decision_note == "Chuyển sang an-lao/district-plan lần 1: Nhầm chỗ"
        elsewhere = row_id(session, "an-lao/publicity")
    with pytest.raises(RefusedError, match="được chuyển rồi"), writing(loaded) as session:
        ledger.move(session, wrong.id or 0, elsewhere, reason="Nữa", actor=REVIEWER, now=NOW)


def test_a_moved_upload_replaces_what_waited_there_and_frees_what_waited_before(
    loaded: Engine,
) -> None:
    submit(loaded, filing("report"))
    wrong = submit(loaded, filing("plan filed as a report"))
    with writing(loaded) as session:
        target = row_id(session, "an-lao/district-plan")
        ledger.submit(session, target, filing("older plan"), actor=CLERK, now=NOW)
        ledger.move(session, wrong.id or 0, target, reason="Nhầm chỗ", actor=REVIEWER, now=NOW)
    with reading(loaded) as session:
        rows = session.exec(select(Submission).order_by(col(Submission.id))).all()
        assert [(row.number, row.state) for row in rows] == [
            (1, "received"),
            (2, "moved"),
            (1, "superseded"),
            (2, "received"),
        ]
        assert get(session).state == "submitted"
    with writing(loaded) as session:
        for name, number in (("an-lao/district-report", 1), ("an-lao/district-plan", 2)):
            taken = ledger.accept(session, row_id(session, name), actor=REVIEWER, now=NOW)
            assert taken.number == number


def test_without_a_reason_nothing_is_moved(loaded: Engine) -> None:
    wrong = submit(loaded, filing("a"))
    with reading(loaded) as session:
        target = row_id(session, PLAN_OF_IT)
    with pytest.raises(RefusedError, match="lý do"), writing(loaded) as session:
        ledger.move(session, wrong.id or 0, target, reason=" ", actor=REVIEWER, now=NOW)
    assert [row.state for row in rows(loaded, Submission)] == ["received"]


def test_an_explanation_goes_along_with_what_is_moved_and_stays_where_it_was(
    loaded: Engine,
) -> None:
    wrong = submit(loaded, filing("a", "2020-04-20 09:00", WARNING))
    with writing(loaded) as session:
        finding = session.exec(select(Finding)).one()
        ledger.explain(session, finding.id or 0, explanation="Sáp nhập xã", actor=CLERK, now=NOW)
    other = replace(WARNING, message="Mục khác trống")
    with writing(loaded) as session:
        target = row_id(session, "an-lao/district-plan")
        again = filing("a", "2020-04-20 09:00", WARNING, other)
        right = ledger.move(
            session, wrong.id or 0, target, filing=again, reason="Nhầm", actor=REVIEWER, now=NOW
        )
        assert (right.submitted_by, right.received_at) == (wrong.submitted_by, wrong.received_at)
    with reading(loaded) as session:
        rows = session.exec(select(Finding).order_by(col(Finding.id))).all()
        assert [(row.message == other.message, row.explanation) for row in rows] == [
            (False, "Sáp nhập xã"),
            (False, "Sáp nhập xã"),
            (True, ""),
        ]


def test_what_has_errors_in_its_new_place_supersedes_nothing_there(loaded: Engine) -> None:
    wrong = submit(loaded, filing("a"))
    with writing(loaded) as session:
        target = row_id(session, "an-lao/district-plan")
        ledger.submit(session, target, filing("waiting"), actor=CLERK, now=NOW)
        faulty = filing("a", "2020-04-20 09:00", ERROR)
        ledger.move(
            session, wrong.id or 0, target, filing=faulty, reason="Nhầm", actor=REVIEWER, now=NOW
        )
    with reading(loaded) as session:
        there = get(session, "an-lao/district-plan")
        assert (there.state, there.submissions) == ("submitted", 2)
        rows = session.exec(select(Submission).where(Submission.obligation_id == there.id)).all()
        assert sorted((row.number, row.state) for row in rows) == [(1, "received"), (2, "returned")]


# --- read and checked again -----------------------------------------------------------------------------


def test_a_report_filed_as_evidence_is_read_as_the_report_it_is(
    engine: Engine, store: Store, definition: PlanDefinition
) -> None:
    files = [report(definition)]
    wrong = file_duty(
        SubmissionContext(engine, store, PLAN_ID, CLERK, NOW),
        DUTY,
        evidence="Kèm báo cáo",
        files=files,
    )
    assert kept(engine, Section, wrong.submission_id) == []
    right = move(engine, store, DUTY, REPORT)
    assert (right.obligation, right.number, right.complete) == (REPORT, 1, True)
    assert {row.node for row in kept(engine, Section, right.submission_id)} > {"p1", "p1-i"}
    assert [row.kind for row in kept(engine, SubmissionFile, right.submission_id)] == ["report"]
    assert (obligation(engine, DUTY).state, obligation(engine, REPORT).state) == (
        "owed",
        "submitted",
    )
    assert obligation(engine, REPORT).decisive_at == NOW


def test_a_section_missing_of_the_right_product_is_found_there_only(
    engine: Engine, store: Store, definition: PlanDefinition
) -> None:
    made = fill(definition, "an-lao", "district-plan", lambda node: enough(node))
    (wrong,) = hand_in(engine, store, "an-lao", ("ke-hoach.docx", made[0]), only=PLAN_OF_IT)
    assert wrong.complete
    right = move(engine, store, PLAN_OF_IT, REPORT)
    assert not right.complete
    found = kept(engine, Finding, right.submission_id)
    assert {row.message for row in found if row.severity == "error"} == {
        one.message for one in right.findings if one.severity == "error"
    }
    left = kept(engine, Finding, wrong.submission_id)
    assert [row.severity for row in left] == ["note"] * len(wrong.findings)
    assert (obligation(engine, PLAN_OF_IT).state, obligation(engine, REPORT).state) == (
        "owed",
        "returned",
    )


def test_figures_go_where_they_belong_and_what_is_no_such_product_says_so(
    engine: Engine, store: Store
) -> None:
    first, *_ = hand_in(engine, store, "vpub", ("b.xlsx", full("vpub")), only="vpub/appendix-3")
    figures = len(kept(engine, Value, first.submission_id))
    right = move(engine, store, "vpub/appendix-3", "vpub/appendix-7")
    assert (right.complete, right.repeated) == (True, False)
    read = {row.indicator.split(".")[0] for row in kept(engine, Value, right.submission_id)}
    assert read == {"PL7"}
    lost = move(engine, store, "vpub/appendix-7", "vpub/thematic-report")
    assert [one.code for one in lost.findings if one.severity == "error"] == [
        "report.only-workbook"
    ]
    assert kept(engine, Value, lost.submission_id) == []
    assert obligation(engine, "vpub/thematic-report").state == "returned"
    assert len(kept(engine, Value, first.submission_id)) == figures > 0


def test_a_report_is_no_appendix(engine: Engine, store: Store, definition: PlanDefinition) -> None:
    made = fill(definition, "vpub", "thematic-report", lambda node: enough(node))
    hand_in(engine, store, "vpub", ("bao-cao.docx", made[0]), only="vpub/thematic-report")
    moved = move(engine, store, "vpub/thematic-report", "vpub/appendix-3")
    assert [one.code for one in moved.findings if one.severity == "error"] == ["sheet.empty"]
    assert [row.filename for row in kept(engine, SubmissionFile, moved.submission_id)] == [
        "bao-cao.docx"
    ]


def test_the_same_file_there_already_is_not_filed_again(engine: Engine, store: Store) -> None:
    hand_in(engine, store, "vpub", ("b.xlsx", full("vpub")))
    moved = move(engine, store, "vpub/appendix-3", "vpub/appendix-7")
    assert (moved.number, moved.repeated) == (1, True)
    assert obligation(engine, "vpub/appendix-3").state == "owed"
    assert obligation(engine, "vpub/appendix-7").submissions == 1


def test_another_agencys_file_is_found_to_be_that(engine: Engine, store: Store) -> None:
    hand_in(engine, store, "stp", ("b.xlsx", full("stp")))
    moved = move(engine, store, "stp/appendix-2", "vpub/appendix-3")
    assert not moved.complete
    assert any("Sở Tư pháp" in one.message for one in moved.findings)
    assert moved.findings[-1].code == "filing.moved-not-this"


def test_a_nil_return_stays_one_and_a_conference_goes_to_a_conference_only(
    engine: Engine, store: Store
) -> None:
    file_nil(SubmissionContext(engine, None, PLAN_ID, CLERK, NOW), PLAN_OF_IT, "Không có gì mới")
    nil = move(engine, store, PLAN_OF_IT, REPORT)
    assert kept(engine, Finding, nil.submission_id)[0].code == "filing.nil"
    held = date(2020, 4, 15)
    file_conference(
        SubmissionContext(engine, store, PLAN_ID, CLERK, NOW),
        "an-lao/district-conference",
        HeldConference(held, "Hội trường huyện", 80),
        minutes=("bien-ban.pdf", b"%PDF-1.4"),
    )
    before = rows(engine, Submission)
    with pytest.raises(UsageError, match="hội nghị"):
        move(engine, store, "an-lao/district-conference", REPORT)
    assert rows(engine, Submission) == before
    other = move(engine, store, "an-lao/district-conference", "van-canh/district-conference")
    there = next(row for row in rows(engine, Submission) if row.id == other.submission_id)
    assert there.payload == {
        "held_on": "2020-04-15",
        "place": "Hội trường huyện",
        "attending": 80,
    }


def test_evidence_without_a_file_cannot_become_a_report_nor_a_conference(
    engine: Engine, store: Store
) -> None:
    file_duty(SubmissionContext(engine, store, PLAN_ID, CLERK, NOW), DUTY, evidence="Công văn 12")
    with pytest.raises(UsageError, match="ngày, địa điểm"):
        move(engine, store, DUTY, "an-lao/district-conference")
    with pytest.raises(UsageError, match="không có tệp"):
        move(engine, store, DUTY, REPORT)
    assert obligation(engine, DUTY).state == "submitted"


def test_both_numbers_stand_in_a_trail_that_holds(engine: Engine, store: Store) -> None:
    hand_in(engine, store, "vpub", ("b.xlsx", full("vpub")), only="vpub/appendix-3")
    move(engine, store, "vpub/appendix-3", "vpub/appendix-7")
    with reading(engine) as session:
        events = session.exec(
            select(AuditEvent)
            .where(AuditEvent.event == "submission.moved")
            .order_by(col(AuditEvent.id))
        ).all()
        assert [
            (one.subject, one.before["submissions"], one.after["submissions"]) for one in events
        ] == [
            ("vpub/appendix-3", 1, 1),
            ("vpub/appendix-7", 0, 1),
        ]
        assert {one.after["detail"]["to"] for one in events} == {"vpub/appendix-7 lần 1"}
        assert list(verify(session)) == []
    assert CLERKS["vpub"].name in {row.submitted_by for row in rows(engine, Submission)}


def test_by_command_what_is_to_be_mended_is_read_at_once(tmp_path: Path) -> None:
    assert dondoc("init").exit_code == 0
    assert dondoc(*START).exit_code == 0
    (tmp_path / "b.xlsx").write_bytes(full("vpub"))
    assert dondoc("submit", "vpub", str(tmp_path / "b.xlsx")).exit_code == 0
    command = ("review", "move", "vpub/appendix-3", "1", "--reason", "Nhầm")
    told = dondoc(*command, "--to", "vpub/thematic-report")
    assert told.exit_code == 0
    assert "thành vpub/thematic-report lần 1" in told.stdout
    assert "chưa có báo cáo" in told.stdout
    twice = dondoc(*command, "--to", "vpub/appendix-7")
    assert (twice.exit_code, "được chuyển rồi" in twice.stderr) == (1, True)
