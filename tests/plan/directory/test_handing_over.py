"""An agency that was merged: what it still owed is owed by its successor, once and by the same day."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from plan import ledger
from plan.database import reading, writing
from plan.definition.checks import faults_of
from plan.definition.model import PlanDefinition
from plan.directory.agencies import end_agency, write_agencies
from plan.directory.entries import Entry, Name
from plan.errors import RefusedError
from plan.handing_over import HandedOver, hand_over
from plan.importing.plan import load_plan
from plan.ledger.audit import verify
from plan.ledger.data_calls import open_call
from plan.ledger.filing import Filing
from plan.ledger.trail_check import differences
from plan.models import AuditEvent, Obligation
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_obligation, find_plan, obligation_name
from plan.states import Actor, Role
from tests.conftest import PLAN_ID, at, load_running
from tests.plan.directory.support import owed, place
from tests.support.reminders import deliverable, small_plan

NOW = at("2020-04-20 08:00")
OFFICE = Actor("Bình", Role.coordinator)
WHO: dict[str, Any] = {"actor": OFFICE, "now": NOW}
SMALL = "thu"
NEW = Entry("moi", kind="huyện", names=[Name(None, "UBND huyện Mới", "Mới")])


def merge(session: Session, old: str, into: str) -> None:
    end_agency(session, old, [into], date(2020, 4, 30), **WHO)


# --- the plan as shipped: every district owes the same -----------------------------------------------


def test_what_a_merged_agency_owes_goes_to_nobody_by_itself(loaded: Engine) -> None:
    with writing(loaded) as session:
        before = owed(session, "an-lao")
        with pytest.raises(RefusedError, match="chưa ghi «van-canh» kế tục"):
            hand_over(session, PLAN_ID, "an-lao", "van-canh", **WHO)
        merge(session, "an-lao", "van-canh")
        assert owed(session, "an-lao") == before != set()


def test_a_successor_that_owes_the_same_owes_it_once(loaded: Engine) -> None:
    with writing(loaded) as session:
        merge(session, "an-lao", "van-canh")
        before = owed(session, "van-canh")
        done = hand_over(session, PLAN_ID, "an-lao", "van-canh", **WHO)
        assert (done.count, done.new) == (len(before), 0)
        assert owed(session, "an-lao") == set()
        assert owed(session, "van-canh") == before
        assert hand_over(session, PLAN_ID, "an-lao", "van-canh", **WHO).count == 0


def test_a_new_successor_owes_what_was_owed_by_the_same_days(loaded: Engine) -> None:
    with writing(loaded) as session:
        write_agencies(session, [NEW], source="x", **WHO)
        merge(session, "an-lao", "moi")
        before = owed(session, "an-lao")
        due = find_obligation(session, PLAN_ID, "an-lao/district-report").due_at
        done = hand_over(session, PLAN_ID, "an-lao", "moi", **WHO)
        assert (done.count, done.new) == (len(before), len(before))
        assert owed(session, "moi") == before
        assert find_obligation(session, PLAN_ID, "moi/district-report").due_at == due
        assert place(session, PLAN_ID, "moi").directory_code == "moi"
        load_plan(session, definition_of(find_plan(session, PLAN_ID)), now=NOW)
        assert owed(session, "an-lao") == set()
        assert list(verify(session)) == []


def test_what_only_an_office_asked_for_stays_and_is_told(
    loaded: Engine, definition: PlanDefinition
) -> None:
    with writing(loaded) as session:
        plan = find_plan(session, PLAN_ID)
        open_call(session, plan, definition, "data-call-2", date(2020, 5, 20), **WHO)
        write_agencies(session, [NEW], source="x", **WHO)
        merge(session, "an-lao", "moi")
        done = hand_over(session, PLAN_ID, "an-lao", "moi", **WHO)
        assert done.stays == ("Số liệu cấp huyện, cấp xã cho Phụ lục 2",)
        assert "1 việc kế hoạch nay không giao cho ai" in done.words()
        call = find_obligation(session, PLAN_ID, "an-lao/data-call-2")
        assert owed(session, "an-lao") == {(call.deliverable_id, "")}
        assert hand_over(session, PLAN_ID, "an-lao", "moi", **WHO) == HandedOver(0, 0, done.stays)


# --- a small plan: each owes its own -----------------------------------------------------------------


PARTS = [
    deliverable("bc", "Báo cáo", "report", ["district"]),
    deliverable("rieng", "Đề án", "duty", ["a"], titles={"a": "Đề án của A"}),
    deliverable(
        "thang", "Tình hình tháng", "duty", ["a"], due={"words": "hằng tháng trước ngày 6"}
    ),
    deliverable("cua-so", "Tổng hợp", "duty", ["so"]),
]


def plan_of(parts: list[dict[str, Any]]) -> PlanDefinition:
    return small_plan(deliverables=parts)


@pytest.fixture
def small(any_engine: Engine) -> Engine:
    with writing(any_engine) as session:
        load_running(session, plan_of(PARTS), now=at("2020-03-02 08:00"))
        write_agencies(session, [NEW], source="x", **WHO)
    return any_engine


def over(session: Session, old: str, into: str) -> HandedOver:
    merge(session, old, into)
    return hand_over(session, SMALL, old, into, **WHO)


def key(session: Session, name: str) -> int:
    return find_obligation(session, SMALL, name).id or 0


def handed_in(session: Session, name: str) -> None:
    by = Actor("Lan", Role.agency, frozenset({name.partition("/")[0]}))
    filing = Filing(kind="duty", received_at=NOW)
    ledger.submit(session, key(session, name), filing, actor=by, now=NOW)


def extended(session: Session, name: str, until: date) -> None:
    by = Actor("Lan", Role.agency, frozenset({name.partition("/")[0]}))
    asked = ledger.ask_extension(
        session, key(session, name), until=until, reason="Chậm", actor=by, now=NOW
    )
    ledger.decide_extension(session, asked.id or 0, granted=True, **WHO)


def standing(session: Session, *codes: str) -> dict[str, str]:
    """State by name, of the agencies of these codes."""
    rows = session.exec(select(Obligation).order_by(col(Obligation.id)))
    found = {obligation_name(session, one): one.state for one in rows}
    return {name: state for name, state in found.items() if name.partition("/")[0] in codes}


def reason(session: Session, name: str) -> str:
    """Why it was waived or restored last."""
    events = select(AuditEvent).where(
        AuditEvent.obligation_id == key(session, name),
        col(AuditEvent.event).in_(("obligation.waived", "obligation.restored")),
    )
    last = session.exec(events.order_by(col(AuditEvent.id).desc())).first()
    assert last is not None
    assert last.after is not None
    return str(last.after["detail"]["reason"])


def test_a_successor_that_owed_other_things_owes_these_too(small: Engine) -> None:
    with writing(small) as session:
        handed_in(session, "a/thang@2020-04")
        extended(session, "a/rieng", date(2020, 5, 20))
        done = over(session, "a", "so")
        assert standing(session, "so") == {
            "so/cua-so": "owed",
            "so/bc": "owed",
            "so/rieng": "owed",
            **{f"so/thang@2020-0{month}": "owed" for month in (3, 5, 6)},
            "so/thang@2020-04": "waived",
        }
        assert (done.count, done.new, done.stays) == (5, 5, ())
        assert {name for name, state in standing(session, "a").items() if state != "waived"} == {
            "a/thang@2020-04"
        }
        own = find_obligation(session, SMALL, "so/rieng")
        assert (own.last_day, own.title) == (date(2020, 5, 20), "Đề án của A")
        assert faults_of(definition_of(find_plan(session, SMALL))) == faults_of(plan_of(PARTS))
    with reading(small) as session:
        assert list(verify(session)) == []
        assert list(differences(session)) == []


def test_two_that_become_one_leave_nothing_owed_by_nobody(small: Engine) -> None:
    with writing(small) as session:
        handed_in(session, "a/bc")
        over(session, "a", "moi")
        assert standing(session, "moi")["moi/bc"] == "waived"
        assert reason(session, "moi/bc") == "UBND huyện A đã nộp trước khi sáp nhập"
        extended(session, "b/bc", date(2020, 5, 20))
        done = over(session, "b", "moi")
        assert (done.count, done.new) == (1, 1)
        own = find_obligation(session, SMALL, "moi/bc")
        assert (own.state, own.last_day) == ("owed", date(2020, 5, 20))
        assert reason(session, "moi/bc") == "Nhận từ UBND huyện B"
        assert reason(session, "b/bc") == "Chuyển cho UBND huyện Mới nộp"
        assert list(differences(session)) == []


def test_an_agency_that_was_excused_handed_nothing_in(small: Engine) -> None:
    with writing(small) as session:
        ledger.waive(session, key(session, "a/bc"), reason="Giải thể", **WHO)
        over(session, "a", "moi")
        assert reason(session, "moi/bc") == "UBND huyện A đã được miễn trước khi sáp nhập"


@pytest.mark.parametrize(
    ("theirs", "own", "kept"),
    [
        (date(2020, 5, 20), None, date(2020, 5, 20)),
        (None, date(2020, 5, 20), date(2020, 5, 20)),
        (date(2020, 5, 20), date(2020, 5, 25), date(2020, 5, 25)),
    ],
)
def test_of_two_days_the_later_one_holds(
    small: Engine, theirs: date | None, own: date | None, kept: date
) -> None:
    with writing(small) as session:
        for name, until in (("a/bc", theirs), ("b/bc", own)):
            if until:
                extended(session, name, until)
        over(session, "a", "b")
        assert find_obligation(session, SMALL, "b/bc").last_day == kept


def test_what_the_successor_handed_in_is_not_owed_again(small: Engine) -> None:
    with writing(small) as session:
        handed_in(session, "b/bc")
        over(session, "a", "b")
        assert standing(session, "b")["b/bc"] == "submitted"
        assert reason(session, "a/bc") == "UBND huyện B kế tục, đã nộp việc này"


def test_a_period_the_plan_dropped_stays(small: Engine) -> None:
    with writing(small) as session:
        parts = [
            part | {"due": {"words": "hằng quý trước ngày 6 tháng cuối quý"}}
            if part["id"] == "thang"
            else part
            for part in PARTS
        ]
        load_plan(session, plan_of(parts), now=NOW)
        done = over(session, "a", "so")
        assert len(done.stays) == 4
        assert done.stays[0] == "Tình hình tháng, tháng 3/2020"
        assert standing(session, "a")["a/thang@2020-03"] == "owed"
        assert standing(session, "so")["so/thang@2020-Q2"] == "owed"
