"""Loading a plan again: cost and effect follow what changed."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine, event
from sqlmodel import Session, col, func, select

from plan import ledger
from plan.database import reading, writing
from plan.definition.model import PlanDefinition
from plan.importing.plan import deliverables_changed, load_plan
from plan.ledger import audit
from plan.models import Agency, AgencyName, AuditEvent, Contact, Deadline, EventDelivery, Obligation
from plan.states import Actor, Role
from tests.conftest import at
from tests.support.large_plan import LOADED, PLAN_ID, definition_of

LATER = at("2020-02-03 09:00")
WORDS = "Trước ngày 20 tháng 5 năm 2020"
AGENCIES = 600
"""More than one statement's worth."""


@pytest.fixture
def definition() -> PlanDefinition:
    return definition_of(AGENCIES, 3)


@pytest.fixture
def filled(any_engine: Engine, definition: PlanDefinition) -> Engine:
    with writing(any_engine) as session:
        assert load_plan(session, definition, now=LOADED).added == 3 * AGENCIES
    return any_engine


def with_due(definition: PlanDefinition, code: str, words: str) -> PlanDefinition:
    body = definition.model_dump()
    for part in body["deliverables"]:
        if part["id"] == code:
            part["due"] = {"words": words}
    return PlanDefinition.model_validate(body)


def count(session: Session, model: type) -> int:
    return session.exec(select(func.count()).select_from(model)).one()


def test_everybody_owes_everything_once(filled: Engine, definition: PlanDefinition) -> None:
    with reading(filled) as session:
        rows = session.exec(select(Obligation).order_by(col(Obligation.id))).all()
        deadlines = session.exec(select(Deadline).order_by(col(Deadline.obligation_id))).all()
        assert [one.obligation_id for one in deadlines] == [row.id for row in rows]
        for row, deadline in zip(rows, deadlines, strict=True):
            assert (deadline.version, deadline.kind, deadline.decided_at) == (1, "plan", LOADED)
            assert (deadline.due_at, deadline.last_day) == (row.due_at, row.last_day)
            assert (row.state, row.version, row.deadline_version) == ("owed", 1, 1)
            assert row.next_check_at is not None
        assert count(session, AgencyName) == count(session, Agency) == AGENCIES + 1


def test_unchanged_writes_nothing_but_that_it_was_loaded(
    filled: Engine, definition: PlanDefinition
) -> None:
    with reading(filled) as session:
        before = count(session, AuditEvent)
    with writing(filled) as session:
        done = load_plan(session, definition, now=LATER)
        assert (done.added, done.amended) == (0, [])
    with reading(filled) as session:
        assert count(session, AuditEvent) == before + 1
        assert count(session, Deadline) == 3 * AGENCIES


def test_one_date_moved_is_a_version_for_each_who_owes_it(
    filled: Engine, definition: PlanDefinition
) -> None:
    moved = with_due(definition, "bao-cao-1", WORDS)
    with writing(filled) as session:
        assert len(load_plan(session, moved, now=LATER).amended) == AGENCIES
    with reading(filled) as session:
        newest = session.exec(select(Deadline).where(Deadline.version == 2)).all()
        assert len(newest) == AGENCIES
        assert {(one.words, one.kind, one.last_day) for one in newest} == {
            (WORDS, "amendment", date(2020, 5, 19))
        }
        rows = session.exec(select(Obligation).where(Obligation.deadline_version == 2)).all()
        assert {(row.last_day, row.version, row.next_check_at) for row in rows} == {
            (date(2020, 5, 19), 2, LATER)
        }
        said = session.exec(select(AuditEvent).where(AuditEvent.event == "deadline.changed")).all()
        assert {one.obligation_id for one in said} == {row.id for row in rows}
        assert said[0].after["detail"]["words"] == WORDS
        assert said[0].before["last_day"] != said[0].after["last_day"] == "2020-05-19"
        told = session.exec(
            select(func.count(col(EventDelivery.event_id))).where(
                EventDelivery.consumer == "notify"
            )
        ).one()
        assert told == AGENCIES
        assert list(audit.verify(session)) == []


def test_the_number_of_statements_follows_products_not_agencies(
    any_engine: Engine, definition: PlanDefinition
) -> None:
    statements: list[str] = []
    event.listen(any_engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    with writing(any_engine) as session:
        load_plan(session, definition, now=LOADED)
    assert len(statements) < 100


def test_an_extension_granted_stays(filled: Engine, definition: PlanDefinition) -> None:
    office = Actor("snv", Role.coordinator, origin="web")
    agency = Actor("xa", Role.agency, ("xa-7",), origin="web")
    with writing(filled) as session:
        number = session.exec(
            select(Obligation.id)
            .join(Agency, col(Agency.id) == Obligation.agency_id)
            .where(Agency.code == "xa-7")
            .order_by(col(Obligation.id))
        ).all()[1]
        ledger.start_plan(session, PLAN_ID, actor=office, now=LATER)
        asked = ledger.ask_extension(
            session, number or 0, until=date(2020, 6, 30), reason="bão", actor=agency, now=LATER
        )
        ledger.decide_extension(
            session, asked.id or 0, granted=True, note="", actor=office, now=LATER
        )
    moved = with_due(definition, "bao-cao-1", WORDS)
    with writing(filled) as session:
        assert len(load_plan(session, moved, now=LATER).amended) == AGENCIES - 1
        assert session.get_one(Obligation, number).last_day == date(2020, 6, 30)


def test_a_new_agency_owes_and_a_renamed_one_is_renamed(
    filled: Engine, definition: PlanDefinition
) -> None:
    body = definition.model_dump()
    body["agencies"][1]["names"][0]["name"] = "UBND phường số 0"
    fresh = {"id": "xa-moi", "group": "xa", "names": [{"name": "UBND xã mới", "short": "Xã mới"}]}
    body["agencies"].append(fresh)
    with writing(filled) as session:
        done = load_plan(session, PlanDefinition.model_validate(body), now=LATER)
        assert (done.added, done.amended) == (3, [])
    with reading(filled) as session:
        names = session.exec(select(AgencyName.name)).all()
        assert "UBND phường số 0" in names
        assert "UBND xã số 0" not in names
        assert count(session, Deadline) == 3 * AGENCIES + 3
        assert count(session, Contact) == 0


def test_what_a_change_touches(definition: PlanDefinition) -> None:
    before = definition.model_dump(mode="json")
    after = with_due(definition, "bao-cao-2", WORDS).model_dump(mode="json")
    assert deliverables_changed(before, before) == set()
    assert deliverables_changed(before, after) == {"bao-cao-2"}
    assert deliverables_changed(before, before | {"issued_on": "2020-01-07"}) is None
