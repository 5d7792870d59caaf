"""Two agencies made one: what was known of either is known still, and no plan asks about them again."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from plan.database import writing
from plan.definition.model import PlanDefinition
from plan.directory.absences import note_absence, substitutes
from plan.directory.agencies import end_agency, read_directory, write_agencies
from plan.directory.entries import Entry, Name
from plan.directory.questions import answer, open_questions
from plan.errors import RefusedError
from plan.importing.plan import load_plan
from plan.models import Apart, DirectoryContact
from plan.states import Actor, Role
from tests.conftest import PLAN_ID, at
from tests.plan.directory.support import OTHER, copied, place, renamed, seats

NOW = at("2020-04-20 08:00")
OFFICE = Actor("Bình", Role.coordinator)
WHO = {"actor": OFFICE, "now": NOW}
SAME = ["an-lao = an-lao-2: một"]


@pytest.fixture
def asked(loaded: Engine, definition: PlanDefinition) -> Engine:
    """Of two plans with one people, the second writes the name of an agency otherwise."""
    with writing(loaded) as session:
        other = renamed(copied(definition, definition.contacts), "an-lao", "UBND H. An Lão")
        load_plan(session, other, now=NOW)
    return loaded


def known(session: Session, *entries: Entry) -> dict[str, Entry]:
    write_agencies(session, entries, source="x", **WHO)
    return read_directory(session)


def entry(code: str, name: str, since: date | None = None, **said: object) -> Entry:
    return Entry(code, names=[Name(since, name, name)], **said)  # type: ignore[arg-type]  # fields of an entry


def test_who_is_away_in_one_of_them_is_away_in_the_one(asked: Engine) -> None:
    with writing(asked) as session:
        before = len(session.exec(select(DirectoryContact)).all())
        away, other, *_ = seats(session, OTHER, "an-lao")
        day = date(2020, 5, 4)
        note_absence(session, away, other, day, day, plan_id=OTHER, **WHO)
        answer(session, SAME, **WHO)
        assert len(session.exec(select(DirectoryContact)).all()) < before
        here, there, *_ = seats(session, PLAN_ID, "an-lao")
        assert substitutes(session, day)[here.directory_id or 0].id == there.directory_id
        assert {one.directory_id for one in seats(session, OTHER, "an-lao")} == {
            one.directory_id for one in seats(session, PLAN_ID, "an-lao")
        }


def test_a_second_name_from_the_same_day_is_another_spelling_that_plans_are_known_by(
    asked: Engine, definition: PlanDefinition
) -> None:
    with writing(asked) as session:
        answer(session, SAME, **WHO)
        made = read_directory(session)["an-lao"]
        assert [one.name for one in made.names] == ["UBND huyện An Lão"]
        assert {"an-lao-2", "UBND H. An Lão"} <= set(made.aliases)
        third = renamed(copied(definition), "an-lao", "UBND H. An Lão")
        load_plan(session, third.model_copy(update={"id": "ke-hoach-ba"}), now=NOW)
        assert place(session, "ke-hoach-ba", "an-lao").directory_code == "an-lao"
        assert open_questions(session) == []


def test_a_code_that_was_made_one_with_another_is_nobody_elses(
    loaded: Engine, definition: PlanDefinition
) -> None:
    """A plan that knows the agency by the code it had finds it; a third agency gets a code of its own."""
    with writing(loaded) as session:
        known(session, entry("huyen-an-lao", "UBND huyện An Lão"))
        answer(session, ["huyen-an-lao = an-lao: một"], **WHO)
        load_plan(session, copied(definition), now=NOW)
        assert place(session, OTHER, "an-lao").directory_code == "huyen-an-lao"
        other = renamed(copied(definition), "an-lao", "UBND xã Khác").model_copy(
            update={"id": "ke-hoach-ba"}
        )
        load_plan(session, other, now=NOW)
        assert place(session, "ke-hoach-ba", "an-lao").directory_code == "an-lao-2"


def test_what_the_second_alone_knew_is_known_of_the_one(loaded: Engine) -> None:
    since = date(2019, 1, 1)
    said = {"kind": "xã", "organ_id": "H08.77", "parent": "an-lao", "valid_from": since}
    with writing(loaded) as session:
        known(
            session,
            entry("a", "UBND xã A"),
            entry("b", "UBND xã B", since, **said),
            entry("c", "UBND xã C", valid_to=date(2020, 1, 1), became="merged", successors=("b",)),
            entry("d", "Phòng D", parent="b"),
            entry("e", "UBND xã E"),
        )
        answer(session, ["b = e: hai", "a = b: một"], **WHO)
        there = read_directory(session)
        assert vars(there["a"]).items() >= said.items()
        assert [one.name for one in there["a"].names] == ["UBND xã A", "UBND xã B"]
        assert (there["c"].successors, there["d"].parent) == (("a",), "a")
        assert [(one.one, one.other) for one in session.exec(select(Apart))] == [("a", "e")]
        assert answer(session, ["b = e: hai", "a = b: một"], **WHO) == (0, 0)


def test_what_became_of_the_second_became_of_the_one(loaded: Engine) -> None:
    with writing(loaded) as session:
        known(session, entry("a", "UBND xã A"), entry("b", "UBND xã A"))
        end_agency(session, "b", ["an-lao"], date(2020, 6, 30), **WHO)
        answer(session, ["a = b: một"], **WHO)
        made = read_directory(session)["a"]
        assert (made.became, made.valid_to, made.successors) == (
            "merged", date(2020, 6, 30), ("an-lao",),
        )  # fmt: skip


def test_that_one_followed_the_other_is_no_end(loaded: Engine) -> None:
    with writing(loaded) as session:
        known(session, entry("a", "UBND xã A"), entry("b", "UBND xã A"))
        end_agency(session, "a", ["b"], date(2020, 6, 30), **WHO)
        answer(session, ["a = b: một"], **WHO)
        made = read_directory(session)["a"]
        assert (made.became, made.valid_to, made.successors) == ("", None, ())


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ({"organ_id": "H08.01"}, {"organ_id": "H08.02"}, "dòng 1: .*H08.01, «b» có H08.02"),
        ({}, {"parent": "d"}, "dòng 1: .*cấp trên đi vòng"),
    ],
)
def test_what_cannot_be_said_of_one_agency_is_refused(
    loaded: Engine, one: dict[str, str], other: dict[str, str], words: str
) -> None:
    with writing(loaded) as session:
        before = known(
            session,
            entry("a", "UBND xã A", **one),
            entry("d", "UBND xã D", parent="a"),
            entry("b", "UBND xã B", **other),
        )
        with pytest.raises(RefusedError, match=words):
            answer(session, ["a = b: một"], **WHO)
        assert read_directory(session) == before
