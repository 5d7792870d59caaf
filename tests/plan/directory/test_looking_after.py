"""Who looks after which plan, and the directory's people out into a file and in again."""

from __future__ import annotations

import csv
from io import StringIO
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from dashboard.rendering.export import exported
from dashboard.table import Table
from plan.database import reading, writing
from plan.definition.model import PlanDefinition
from plan.directory.agencies import write_agencies
from plan.directory.entries import from_plan
from plan.directory.looking_after import choose_people, plans_by_person, seat_choices
from plan.directory.people import import_people, list_people, preview_people
from plan.directory.people_file import FIELDS
from plan.errors import NotFoundError, RefusedError
from plan.importing.plan import load_plan
from plan.models import AuditEvent, Contact, Plan
from plan.states import Actor, PlanState, Role
from tests.conftest import PLAN_ID, at
from tests.plan.directory.support import OTHER, copied, names, seats
from tests.support.contacts_file import HEAD, write

NOW = at("2020-04-20 08:00")
OFFICE = Actor("Bình", Role.coordinator)
DEED = {"actor": OFFICE, "now": NOW}


@pytest.fixture
def two(loaded: Engine, definition: PlanDefinition) -> Engine:
    with writing(loaded) as session:
        load_plan(session, copied(definition), now=NOW)
    return loaded


def test_who_is_chosen_for_a_plan_hears_there_alone(two: Engine) -> None:
    with writing(two) as session:
        everybody = names(session, PLAN_ID, "an-lao")
        first = everybody[0]
        kept = seats(session, OTHER, "an-lao")[0].id
        assert choose_people(session, OTHER, "an-lao", [first], actor=OFFICE, now=NOW) == [first]
        assert names(session, OTHER, "an-lao") == [first]
        assert seats(session, OTHER, "an-lao")[0].id == kept  # and with it the links they were sent
        assert names(session, PLAN_ID, "an-lao") == everybody
        chosen = {one.person.name: one.chosen for one in seat_choices(session, OTHER, "an-lao")}
        assert chosen == {name: name == first for name in everybody}
        plans = plans_by_person(session, ["an-lao"])
        assert sorted(map(len, plans.values())) == [1] * (len(everybody) - 1) + [2]
        noted = select(AuditEvent).where(AuditEvent.event == "contact.plan-chosen")
        assert session.exec(noted).one().plan_id == OTHER


def test_who_looks_after_no_plan_stays_known(two: Engine) -> None:
    with writing(two) as session:
        first, last = (names(session, PLAN_ID, "an-lao")[n] for n in (0, -1))
        for plan in (PLAN_ID, OTHER):
            choose_people(session, plan, "an-lao", [first], actor=OFFICE, now=NOW)
        people = seat_choices(session, OTHER, "an-lao")
        number = next(str(one.person.id) for one in people if one.person.name == last)
        choose_people(session, OTHER, "an-lao", [first, number], actor=OFFICE, now=NOW)
        assert names(session, OTHER, "an-lao") == [first, last]


def test_a_plan_keeps_somebody_and_a_closed_one_everybody(two: Engine) -> None:
    with writing(two) as session:
        first = names(session, OTHER, "an-lao")[0]
        with pytest.raises(RefusedError, match="ít nhất một người"):
            choose_people(session, OTHER, "an-lao", [], actor=OFFICE, now=NOW)
        with pytest.raises(NotFoundError):
            choose_people(session, OTHER, "an-lao", ["Không Ai"], actor=OFFICE, now=NOW)
        clerk = Actor("Văn thư", Role.agency, frozenset({"an-lao"}))
        with pytest.raises(RefusedError):
            choose_people(session, OTHER, "an-lao", [first], actor=clerk, now=NOW)
        session.get_one(Plan, OTHER).state = PlanState.closed
        with pytest.raises(RefusedError, match="đã đóng"):
            choose_people(session, OTHER, "an-lao", [first], actor=OFFICE, now=NOW)


# --- everybody, out and in -----------------------------------------------------------------------


def line(code: str, name: str, mail: str = "") -> str:
    return f"{code},{name},,,{mail},,,\n"


def test_what_is_taken_out_changes_nothing_taken_in_again(two: Engine, tmp_path: Path) -> None:
    with writing(two) as session:
        there = list_people(session)
        text = StringIO()
        csv.writer(text).writerows(
            [int(one[name]) if name == "is_head" else one[name] for name in FIELDS] for one in there
        )
        path = write(tmp_path, HEAD + text.getvalue())
        assert preview_people(session, path) == []
        import_people(session, path, **DEED)
        assert list_people(session) == there


def test_a_number_from_abroad_comes_back_as_it_went_out(two: Engine, tmp_path: Path) -> None:
    """Our .csv files mark what a spreadsheet would run as a formula; taken in, the mark is none of it."""
    phone = "+84 905 000 111"
    table = Table("Danh bạ", FIELDS, [["an-lao", "Lê Hoa", "-", False, "", phone, "", ""]])
    path = tmp_path / "danh-ba.csv"
    path.write_bytes(bytes(exported(table, "csv").body))
    assert "'+84" in path.read_text("utf-8-sig")
    with writing(two) as session:
        import_people(session, path, **DEED)
        [one] = [one for one in list_people(session) if one["agency"] == "an-lao"]
    assert (one["phone"], one["role"]) == (phone, "-")


def test_who_is_new_looks_after_what_everybody_did(two: Engine, tmp_path: Path) -> None:
    with writing(two) as session:
        old = names(session, PLAN_ID, "an-lao")
        choose_people(session, OTHER, "an-lao", [old[0]], actor=OFFICE, now=NOW)
        path = write(
            tmp_path, HEAD + line("an-lao", old[0]) + line("an-lao", "Người Mới", "m@x.vn")
        )
        told = [(one.change, one.name) for one in preview_people(session, path)]
        assert ("new", "Người Mới") in told
        assert {name for change, name in told if change == "gone"} == set(old[1:])
        assert import_people(session, path, **DEED) == 2
        assert names(session, PLAN_ID, "an-lao") == [old[0], "Người Mới"]
        assert names(session, OTHER, "an-lao") == [old[0]]
        known = {one["name"] for one in list_people(session) if one["agency"] == "an-lao"}
        assert known == {old[0], "Người Mới"}


def test_a_plan_that_would_have_nobody_gets_everybody(two: Engine, tmp_path: Path) -> None:
    with writing(two) as session:
        old = names(session, PLAN_ID, "an-lao")
        choose_people(session, OTHER, "an-lao", [old[-1]], actor=OFFICE, now=NOW)
        path = write(tmp_path, HEAD + line("an-lao", old[0]) + line("an-lao", "Người Mới"))
        import_people(session, path, **DEED)
        assert names(session, OTHER, "an-lao") == [old[0], "Người Mới"]


def test_agencies_of_no_plan_have_people_who_sit_down_in_the_first(
    migrated_engine: Engine, definition: PlanDefinition, tmp_path: Path
) -> None:
    engine = migrated_engine
    with writing(engine) as session:
        entries = from_plan(definition.agencies, {})
        write_agencies(session, entries, source="x", actor=OFFICE, now=NOW)
        path = write(tmp_path, HEAD + line("an-lao", "Lê Hoa", "hoa@x.vn"))
        import_people(session, path, **DEED)
        with pytest.raises(RefusedError, match="dòng 2: không có cơ quan «an-lo»"):
            import_people(session, write(tmp_path, HEAD + line("an-lo", "Lê Hoa")), **DEED)
    with reading(engine) as session:
        assert [one["name"] for one in list_people(session)] == ["Lê Hoa"]
        assert session.exec(select(Contact)).all() == []
    with writing(engine) as session:
        load_plan(session, copied(definition), now=NOW)
        assert names(session, OTHER, "an-lao") == ["Lê Hoa"]
