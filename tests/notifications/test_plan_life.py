"""A plan's life: nobody hears anything of a draft; a start says first what it would tell."""

from __future__ import annotations

from datetime import datetime
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from notifications.notices.events import tell_events
from notifications.plan_context import messaging_from
from notifications.reminders.tick import tick
from notifications.starting import checklist, is_placeholder, preview_start
from plan import ledger
from plan.database import reading, writing
from plan.definition.model import PlanDefinition
from plan.errors import RefusedError
from plan.importing.plan import load_plan
from plan.ledger.filing import Filing
from plan.ledger.new_deadline import Basis, NewDeadline
from plan.models import (
    Agency,
    AuditEvent,
    Contact,
    Deadline,
    DirectoryContact,
    Message,
    Obligation,
    Plan,
    RungClaim,
)
from plan.queries.lookup import find_obligation
from plan.settings import PRACTICE_MARK, Settings, practised
from plan.states import (
    PLAN_RULES,
    PLAN_STATE_WORDS,
    PLAN_TRANSITIONS,
    Actor,
    Backlog,
    PlanAction,
    PlanState,
    Role,
    next_plan_state,
)
from tests.conftest import CLERK, PLAN_ID, REVIEWER, at

TODAY = at("2026-11-30 08:30")


@pytest.fixture
def draft(any_engine: Engine, definition: PlanDefinition) -> Engine:
    """The plan of 2020, loaded today by a newcomer."""
    with writing(any_engine) as session:
        load_plan(session, definition, now=TODAY)
    return any_engine


def start(engine: Engine, now: datetime = TODAY, backlog: Backlog = Backlog.none) -> None:
    with writing(engine) as session:
        ledger.start_plan(session, PLAN_ID, actor=REVIEWER, now=now, backlog=backlog)


def round_at(engine: Engine, text: str) -> list[Message]:
    tick(engine, PLAN_ID, at(text), messaging_from(Settings()))
    with reading(engine) as session:
        return list(session.exec(select(Message).order_by(col(Message.id))))


# --- the tables ------------------------------------------------------------------------------------


def test_every_plan_state_and_action_stands_in_its_tables() -> None:
    assert set(PLAN_STATE_WORDS) == set(PlanState)
    assert set(PLAN_RULES) == set(PlanAction) == {action for _, action in PLAN_TRANSITIONS}


@pytest.mark.parametrize(("state", "action"), list(product(PlanState, PlanAction)))
def test_what_the_table_does_not_name_is_refused_in_words(
    state: PlanState, action: PlanAction
) -> None:
    if (state, action) in PLAN_TRANSITIONS:
        assert next_plan_state(state, action, Role.coordinator) == PLAN_TRANSITIONS[state, action]
    else:
        with pytest.raises(RefusedError, match=PLAN_STATE_WORDS[state]):
            next_plan_state(state, action, Role.coordinator)
    for role in (Role.agency, Role.leader, Role.admin):
        with pytest.raises(RefusedError, match="Vai trò"):
            next_plan_state(state, action, role)


# --- a draft ---------------------------------------------------------------------------------------


def test_a_fresh_plan_sends_nothing_until_told(draft: Engine) -> None:
    assert round_at(draft, "2026-12-01 08:00") == []
    assert (
        tell_events(draft, PLAN_ID, at("2026-12-01 08:00"), messaging_from(Settings())).queued == []
    )


def test_a_draft_takes_no_submission(draft: Engine) -> None:
    with pytest.raises(RefusedError, match="bản nháp"):
        hand_in(draft)


def hand_in(engine: Engine, now: datetime = TODAY) -> None:
    filing = Filing(kind="nil", received_at=now)
    with writing(engine) as session:
        row = find_obligation(session, PLAN_ID, "an-lao/district-report")
        ledger.submit(session, row.id or 0, filing, actor=CLERK, now=now)


def test_a_draft_is_deleted_whole_and_the_trail_remembers(draft: Engine) -> None:
    with writing(draft) as session:
        ledger.delete_draft(session, PLAN_ID, actor=REVIEWER, now=TODAY)
    with reading(draft) as session:
        for table in (Plan, Obligation, Deadline, Agency, Contact, DirectoryContact):
            assert session.exec(select(func.count()).select_from(table)).one() == 0
        events = session.exec(select(AuditEvent.event).order_by(col(AuditEvent.id))).all()
    assert events[-1] == "plan.deleted"


# --- starting years late ---------------------------------------------------------------------------


def test_a_plan_of_the_past_is_told_of_once_and_climbs_no_ladder(draft: Engine) -> None:
    start(draft, backlog=Backlog.once)
    first = round_at(draft, "2026-11-30 08:30")
    assert {message.event for message in first} <= {"backlog", "internal"}
    assert len({(m.recipient, m.channel) for m in first}) == len(first)
    assert all("Đến nay còn thiếu" in m.content["subject"] for m in first if m.event == "backlog")
    assert round_at(draft, "2027-03-01 08:00") == first


def test_or_not_at_all(draft: Engine) -> None:
    start(draft, backlog=Backlog.none)
    assert round_at(draft, "2026-12-15 08:00") == []


def test_a_start_in_time_announces_and_then_reminds(
    any_engine: Engine, definition: PlanDefinition
) -> None:
    with writing(any_engine) as session:
        load_plan(session, definition, now=at("2020-04-20 08:00"))
    start(any_engine, at("2020-04-20 08:00"), Backlog.once)
    told = {message.event for message in round_at(any_engine, "2020-04-20 08:00")}
    assert "announcement" in told
    assert not told & {"overdue", "escalation-head", "escalation-leadership"}
    with reading(any_engine) as session:
        rungs = set(session.exec(select(RungClaim.rung)))
    assert rungs <= {"announce", "backlog"}  # what passed before the start is spent
    later = {message.event for message in round_at(any_engine, "2020-04-28 08:00")}
    assert "reminder" in later


def test_a_new_deadline_puts_an_old_obligation_on_the_ladder_again(draft: Engine) -> None:
    start(draft, backlog=Backlog.none)
    with writing(draft) as session:
        row = find_obligation(session, PLAN_ID, "an-lao/district-report")
        from plan.ledger.deadlines import until_window
        from plan.queries.lookup import load_calendar

        day = at("2026-12-15 08:00").date()
        calendar = load_calendar(session, PLAN_ID, 2026)
        ledger.change_deadline(
            session,
            [row.id or 0],
            NewDeadline(
                until_window(row, day, calendar, TODAY),
                "amendment",
                "Đến hết ngày 15/12/2026",
                Basis("gia hạn chung"),
            ),
            actor=REVIEWER,
            now=TODAY,
        )
    events = {message.event for message in round_at(draft, "2026-12-14 08:00")}
    assert "reminder" in events


# --- pausing and closing ---------------------------------------------------------------------------


def test_a_paused_plan_takes_submissions_and_reminds_nobody(loaded: Engine) -> None:
    with writing(loaded) as session:
        ledger.pause_plan(
            session, PLAN_ID, reason="chờ hướng dẫn", actor=REVIEWER, now=at("2020-04-20 08:00")
        )
    assert round_at(loaded, "2020-04-29 08:00") == []
    hand_in(loaded, at("2020-04-29 08:00"))
    start(loaded, at("2020-05-04 08:00"))
    assert "overdue" not in {m.event for m in round_at(loaded, "2020-05-04 08:00")}


def test_a_closed_plan_is_frozen(loaded: Engine) -> None:
    with writing(loaded) as session:
        ledger.close_plan(
            session, PLAN_ID, reason="đã tổng kết", actor=REVIEWER, now=at("2020-07-01 08:00")
        )
    with pytest.raises(RefusedError, match="đã đóng"):
        hand_in(loaded)
    with writing(loaded) as session:
        row = find_obligation(session, PLAN_ID, "an-lao/district-report")
        with pytest.raises(RefusedError, match="đã đóng"):
            ledger.waive(session, row.id or 0, reason="thừa", actor=REVIEWER, now=TODAY)
    assert round_at(loaded, "2020-07-02 08:00") == []


def test_a_plan_that_ran_is_never_deleted(loaded: Engine) -> None:
    with writing(loaded) as session, pytest.raises(RefusedError, match="đang chạy"):
        ledger.delete_draft(session, PLAN_ID, actor=REVIEWER, now=TODAY)


# --- before the start ------------------------------------------------------------------------------


def test_the_preview_says_what_the_first_round_then_does_and_writes_nothing(draft: Engine) -> None:
    settings = Settings()
    seen = preview_start(draft, PLAN_ID, settings, messaging_from(settings), TODAY, Backlog.once)
    with reading(draft) as session:
        assert session.exec(select(Plan.state)).one() == PlanState.draft
        assert session.exec(select(func.count()).select_from(Message)).one() == 0
        assert "plan.started" not in set(session.exec(select(AuditEvent.event)))
    start(draft, backlog=Backlog.once)
    sent = round_at(draft, "2026-11-30 08:30")
    assert seen.rounds[0].messages == len(sent)
    assert seen.rounds[0].people == len({message.recipient for message in sent})
    assert seen.overdue > 0


def test_the_checklist_names_what_a_newcomer_has_not_seen_to(draft: Engine) -> None:
    with reading(draft) as session:
        points = {
            p.key: p for p in checklist(session, session.get_one(Plan, PLAN_ID), Settings(), TODAY)
        }
    assert {key for key, point in points.items() if not point.ok} >= {
        "placeholder-addresses",
        "sender",
        "base-url",
        "mail",
        "past-deadlines",
    }
    assert all(point.what_to_do for point in points.values() if not point.ok)


@pytest.mark.parametrize(
    ("address", "placeholder"),
    [
        ("a@snv.binhdinh.example", True),
        ("a@example.com", True),
        ("a@ten.test", True),
        ("a@binhdinh.gov.vn", False),
        ("a@example.com.vn", False),
        ("a@myexample.com", False),
    ],
)
def test_addresses_that_no_mail_reaches(address: str, placeholder: bool) -> None:
    assert is_placeholder(address) is placeholder


def test_a_home_that_ever_practised_turns_messages_away(tmp_path: Path) -> None:
    real = Settings(home=tmp_path, smtp_url="smtp://may-chu-that:25")
    assert practised(real).smtp_url.get_secret_value() == "smtp://may-chu-that:25"
    (tmp_path / PRACTICE_MARK).touch()
    assert practised(real).smtp_url.get_secret_value().startswith("file:")


def test_the_system_starts_nothing_a_person_could_not(session: Session) -> None:
    with pytest.raises(RefusedError):
        next_plan_state(PlanState.draft, PlanAction.start, Actor("x", Role.agency).role)
