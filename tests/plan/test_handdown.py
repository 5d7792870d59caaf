"""A duty handed down: whose day it is, who sits where, and where the units stand in the directory."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from plan import ledger
from plan.database import writing
from plan.directory.questions import open_questions
from plan.handdown.definition import Unit
from plan.handdown.handing import add_units, hand_down
from plan.importing.plan import load_plan
from plan.models import Agency, Contact, DirectoryAgency, Obligation, Plan
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_obligation, find_plan
from plan.states import Actor, Role
from tests.conftest import PLAN_ID, at

NOW = at("2020-04-14 09:00")
CLERK = Actor("Văn thư Sở Tài chính", Role.agency, agencies=frozenset({"stc"}))
OFFICE = Actor("Trần Văn Bình", Role.coordinator)
DUTY = "stc/appendix-6"
BUDGET = Unit("Phòng Ngân sách", "Lê Thị Một", "mot@stc.example", "0905 000 111")
ASSETS = Unit("Chi cục Công sản", "Trần Hai", "hai@stc.example")
PRICES = Unit("Phòng Giá", "Bùi Ba", "ba@stc.example")


def handed(session: Session, duty: str, *units: Unit) -> Plan:
    """Two days before the agency's own."""
    row = find_obligation(session, PLAN_ID, duty)
    assert row.last_day is not None
    until = row.last_day - timedelta(days=2)
    return hand_down(session, row.id or 0, units, until, actor=CLERK, now=NOW)


def add(session: Session, plan: Plan, *units: Unit) -> None:
    add_units(session, plan, units, actor=CLERK, now=NOW)


def owed(session: Session, plan: Plan) -> list[Obligation]:
    rows = select(Obligation).where(Obligation.plan_id == plan.id).order_by(col(Obligation.id))
    return list(session.exec(rows))


def days(session: Session, plan: Plan) -> list[date | None]:
    return [one.last_day for one in owed(session, plan)]


def seated(session: Session, plan: Plan) -> list[tuple[Contact, Agency]]:
    """Who hears for the units, and where."""
    return list(
        session.exec(
            select(Contact, Agency)
            .join(Agency, col(Agency.id) == Contact.agency_id)
            .where(Agency.plan_id == plan.id, Agency.group == "unit")
            .order_by(col(Contact.id))
        )
    )


def test_another_unit_leaves_the_days_of_those_that_are_asked(loaded: Engine) -> None:
    with writing(loaded) as session:
        plan = handed(session, DUTY, BUDGET, ASSETS)
        asked, _ = days(session, plan)
        assert asked is not None
        later, who = asked + timedelta(days=1), {"actor": OFFICE, "now": NOW}
        first = owed(session, plan)[0].id or 0
        wish = ledger.ask_extension(session, first, until=later, reason="bận", **who)
        ledger.decide_extension(session, wish.id or 0, granted=True, **who)
        add(session, plan, PRICES)
        assert days(session, plan) == [later, asked, asked]


def test_a_unit_that_was_asked_before_has_its_person_once(loaded: Engine) -> None:
    with writing(loaded) as session:
        before = seated(session, handed(session, DUTY, BUDGET, ASSETS))
        plan = handed(session, "stc/thematic-report", ASSETS)
        add(session, plan, BUDGET)
        again = seated(session, plan)
        assert [(one.name, there.code) for one, there in again] == [
            ("Trần Hai", "stc-1"),
            ("Lê Thị Một", "stc-2"),
        ]
        known = {(one.directory_id, there.directory_code) for one, there in before}
        assert {(one.directory_id, there.directory_code) for one, there in again} == known


def test_units_stand_below_the_agency_that_asks_them(loaded: Engine) -> None:
    """Their codes in inner plans are numbers: nobody is asked whether two of one number are one."""
    with writing(loaded) as session:
        for duty, unit in ((DUTY, BUDGET), ("stc/thematic-report", ASSETS)):
            [(_, place)] = seated(session, handed(session, duty, unit))
            assert session.get_one(DirectoryAgency, place.directory_code).parent == "stc"
        assert open_questions(session) == []


def test_a_plan_whose_name_reads_like_a_hand_downs_stays_as_it_is(loaded: Engine) -> None:
    taken = f"{PLAN_ID}-{DUTY.replace('/', '-')}"
    with writing(loaded) as session:
        other = definition_of(find_plan(session, PLAN_ID)).model_copy(update={"id": taken})
        load_plan(session, other, now=NOW)
        assert handed(session, DUTY, BUDGET).id == f"{taken}-2"
        assert definition_of(find_plan(session, taken)) == other
