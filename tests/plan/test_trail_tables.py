"""The tables changed behind the trail's back: each change is named by its row."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session, select

from plan import ledger
from plan.adjustments import set_day
from plan.database import reading, writing
from plan.ledger import names
from plan.ledger.audit import verify
from plan.ledger.trail_check import differences
from plan.models import Obligation, Plan, Submission
from plan.queries.lookup import find_obligation
from tests.conftest import PLAN_ID, REVIEWER, at, sampled
from tests.support.ledger_rows import BEHIND_STATE, REPORT, play_for_trail

FIRST = "(SELECT id FROM submission WHERE obligation_id=:owed AND number=1)"
BEHIND = {
    "file swapped": f"UPDATE submission_file SET sha256='{'c' * 64}' WHERE submission_id={FIRST}",
    "file renamed": f"UPDATE submission_file SET filename='khac.docx' WHERE submission_id={FIRST}",
    "file gone": f"DELETE FROM submission_file WHERE submission_id={FIRST}",
    "figure": f"UPDATE value SET number=13 WHERE submission_id={FIRST} AND number=12",
    "figure gone": f"DELETE FROM value WHERE submission_id={FIRST} AND number=12",
    "section": f"UPDATE section SET text='Chưa làm.' WHERE submission_id={FIRST}",
    "finding": f"UPDATE finding SET severity='note' WHERE submission_id={FIRST}",
    "explanation": f"UPDATE finding SET explanation='Khác' WHERE submission_id={FIRST}",
    "came in": f"UPDATE submission SET received_at='2020-04-01 00:00:00' WHERE id={FIRST}",
    "recorded": f"UPDATE submission SET recorded_at='2020-04-01 00:00:00' WHERE id={FIRST}",
    "signed": f"UPDATE submission SET signed_at='2020-04-01 00:00:00' WHERE id={FIRST}",
    "filed by": f"UPDATE submission SET submitted_by='Ai đó' WHERE id={FIRST}",
    "name blanked": f"UPDATE submission SET submitted_by='{names.BLANK}' WHERE id={FIRST}",
    "way in": f"UPDATE submission SET via='paper' WHERE id={FIRST}",
    "note": f"UPDATE submission SET note='Khác' WHERE id={FIRST}",
    "decided at": f"UPDATE submission SET decided_at='2020-04-01 00:00:00' WHERE id={FIRST}",
    "decision note": f"UPDATE submission SET decision_note='Khác' WHERE id={FIRST}",
    "time asked": "UPDATE extension SET until='2021-06-30' WHERE obligation_id=:owed",
    "time refused": "UPDATE extension SET state='refused' WHERE obligation_id=:owed",
    "time gone": "DELETE FROM extension WHERE obligation_id=:owed",
    "deadline gone": "DELETE FROM deadline WHERE obligation_id=:owed AND version=1",
    "deadline why": "UPDATE deadline SET reason='Khác' WHERE obligation_id=:owed AND version=2",
    "state": BEHIND_STATE,
    "deadline": "UPDATE obligation SET due_at='2021-01-01 00:00:00' WHERE id=:owed",
    "deadline row": "UPDATE deadline SET last_day='2021-01-01' WHERE obligation_id=:owed",
    "decision": "UPDATE submission SET state='returned' WHERE obligation_id=:owed AND number=2",
    "decided by": "UPDATE submission SET decided_by='Ai đó' WHERE obligation_id=:owed AND number=2",
    "content": "UPDATE submission SET content_hash='x' WHERE obligation_id=:owed AND number=1",
    "number": "UPDATE submission SET number=7 WHERE obligation_id=:owed AND number=1",
}


@pytest.mark.parametrize("change", sampled(BEHIND, 3))
def test_a_table_changed_behind_the_trail_is_named_by_its_row(loaded: Engine, change: str) -> None:
    play_for_trail(loaded)
    with writing(loaded) as session:
        owed = find_obligation(session, PLAN_ID, REPORT).id
        session.connection().execute(text(BEHIND[change]), {"owed": owed})
    with reading(loaded) as session:
        assert list(verify(session)) == []
        found = list(differences(session))
    assert found
    assert {one.subject for one in found} == {REPORT}


def other(session: Session) -> Obligation:
    """One that nothing has happened to."""
    return find_obligation(session, PLAN_ID, "van-canh/district-report")


ROWS = "obligation_id={key}"
GONE = [
    f"DELETE FROM {table} WHERE submission_id IN (SELECT id FROM submission WHERE {ROWS})"
    for table in ("submission_file", "value", "section", "finding")
] + [f"DELETE FROM {table} WHERE {ROWS}" for table in ("submission", "deadline", "extension")]
UNTOLD = {
    "state": ["UPDATE obligation SET state='waived' WHERE id={key}"],
    "a deadline in both tables": [
        "UPDATE obligation SET due_at='2021-01-01 00:00:00', last_day='2020-12-31' WHERE id={key}",
        f"UPDATE deadline SET due_at='2021-01-01 00:00:00', last_day='2020-12-31' WHERE {ROWS}",
    ],
    "gone": [*GONE, "DELETE FROM obligation WHERE id={key}"],
}


@pytest.mark.parametrize("change", UNTOLD)
def test_an_obligation_nothing_happened_to_is_named_as_well(loaded: Engine, change: str) -> None:
    play_for_trail(loaded)
    with writing(loaded) as session:
        for statement in UNTOLD[change]:
            session.connection().execute(text(statement.format(key=other(session).id)))
    with reading(loaded) as session:
        assert list(verify(session)) == []
        assert "van-canh/district-report" in {one.subject for one in differences(session)}


def test_an_obligation_that_is_gone_with_all_its_rows_is_named(loaded: Engine) -> None:
    play_for_trail(loaded)
    with writing(loaded) as session:
        key = find_obligation(session, PLAN_ID, REPORT).id
        for statement in (*GONE, "DELETE FROM obligation WHERE id={key}"):
            session.connection().execute(text(statement.format(key=key)))
    with reading(loaded) as session:
        assert ("obligation", key, REPORT) in {
            (one.table, one.row, one.subject) for one in differences(session)
        }


def test_a_plan_that_says_something_else_or_stands_otherwise_is_named(loaded: Engine) -> None:
    for change in ("definition=replace(definition, '2020', '2021')", "state='closed'"):
        with writing(loaded) as session:
            before = session.get_one(Plan, PLAN_ID).model_dump()
            session.connection().execute(text(f"UPDATE plan SET {change}"))
        with reading(loaded) as session:
            assert {one.table for one in differences(session)} == {"plan"}, change
        with writing(loaded) as session:
            session.get_one(Plan, PLAN_ID).sqlmodel_update(before)
    with reading(loaded) as session:
        assert list(differences(session)) == []


def test_a_submission_that_moved_and_a_day_off_set_later_differ_in_nothing(
    loaded: Engine,
) -> None:
    play_for_trail(loaded, "ab")
    now = at("2020-04-29 09:00")
    with writing(loaded) as session:
        source, target = find_obligation(session, PLAN_ID, REPORT), other(session)
        ledger.reopen(session, source.id or 0, reason="Nhầm", actor=REVIEWER, now=now)
        row = session.exec(
            select(Submission).where(Submission.obligation_id == source.id, Submission.number == 2)
        ).one()
        ledger.move(
            session, row.id or 0, target.id or 0, reason="Nộp nhầm", actor=REVIEWER, now=now
        )
        day = source.last_day
        assert day is not None
        set_day(session, PLAN_ID, day, "off", "Nghỉ bù", actor=REVIEWER, now=now)
    with reading(loaded) as session:
        assert find_obligation(session, PLAN_ID, REPORT).last_working_day != day
        assert list(differences(session)) == []
    with writing(loaded) as session:
        session.connection().execute(
            text("UPDATE submission SET submitted_by='Ai đó' WHERE obligation_id=:key"),
            {"key": other(session).id},
        )
    with reading(loaded) as session:
        assert {one.subject for one in differences(session)} == {"van-canh/district-report"}
