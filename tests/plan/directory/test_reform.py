"""What becomes of agencies and people: made one, merged, away; nothing follows by itself."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from notifications.recipients import Offices, load_directories
from plan.database import reading, writing
from plan.definition.model import PlanDefinition
from plan.directory.absences import note_absence, substitutes
from plan.directory.agencies import write_agencies
from plan.directory.entries import Entry, Name
from plan.directory.questions import answer, open_questions
from plan.errors import NotFoundError, RefusedError
from plan.importing.plan import load_plan
from plan.ledger.audit import verify
from plan.models import Absence, Contact
from plan.queries.lookup import find_agency
from plan.states import Actor, Role
from tests.conftest import PLAN_ID, at
from tests.plan.directory.support import OTHER, copied, owed, place, renamed, seats

NOW = at("2020-04-20 08:00")
OFFICE = Actor("Bình", Role.coordinator)
WHO = {"actor": OFFICE, "now": NOW}


# --- two that look like one ------------------------------------------------------------------------


@pytest.fixture
def asked(loaded: Engine, definition: PlanDefinition) -> Engine:
    with writing(loaded) as session:
        other = renamed(copied(definition), "an-lao", "UBND huyện An Lão cũ")
        load_plan(session, other, now=NOW)
    return loaded


def test_two_of_one_code_are_asked_about_until_somebody_answers(asked: Engine) -> None:
    with writing(asked) as session:
        [question] = open_questions(session)
        assert (question.one, question.other) == ("an-lao", "an-lao-2")
        assert answer(session, ["# lời hỏi", "an-lao = an-lao-2: hai"], **WHO) == (0, 1)
        assert open_questions(session) == []
        assert place(session, OTHER, "an-lao").directory_code == "an-lao-2"


def test_made_one_they_keep_their_seats_and_what_they_owe(asked: Engine) -> None:
    lines = ["an-lao = an-lao-2: một"]
    with writing(asked) as session:
        before = owed(session, "an-lao", OTHER)
        rows = [one.id for one in session.exec(select(Contact).order_by(col(Contact.id)))]
        assert answer(session, lines, **WHO) == (1, 0)
        assert place(session, OTHER, "an-lao").directory_code == "an-lao"
        assert owed(session, "an-lao", OTHER) == before
        assert [one.id for one in session.exec(select(Contact).order_by(col(Contact.id)))] == rows
        assert answer(session, lines, **WHO) == (0, 0)
        assert list(verify(session)) == []


@pytest.mark.parametrize("line", ["an-lao = an-lao-2", "an-lao: một", "an-lao = an-lao-2: có lẽ"])
def test_an_answer_that_cannot_be_read_does_nothing(asked: Engine, line: str) -> None:
    with writing(asked) as session, pytest.raises(RefusedError, match="dòng 2"):
        answer(session, ["an-lao = an-lao-2: một", line], **WHO)
    with reading(asked) as session:
        assert len(open_questions(session)) == 1


def test_an_answer_about_nobody_names_its_line(asked: Engine) -> None:
    with writing(asked) as session, pytest.raises(NotFoundError, match="dòng 1"):
        answer(session, ["an-lao = an-lap-2: một"], **WHO)


def test_of_many_that_bore_one_name_one_pair_is_asked_and_how_many_there_are(
    loaded: Engine,
) -> None:
    many = [Entry(f"van-phong-{n}", names=[Name(None, "Văn phòng Một", "VP")]) for n in range(50)]
    with writing(loaded) as session:
        write_agencies(session, many, source="x", **WHO)
        [first] = open_questions(session)
        assert "50 cơ quan cùng tên «Văn phòng Một»" in first.why
        answer(session, [f"{first.one} = {first.other}: hai"], **WHO)
        [second] = open_questions(session)
        assert (second.one, second.other) != (first.one, first.other)


def test_units_of_one_name_below_two_agencies_are_two_and_nobody_is_asked(loaded: Engine) -> None:
    below = [
        Entry(f"{code}-1", parent=code, names=[Name(None, "Văn phòng Một", "VP")])
        for code in ("an-lao", "van-canh", "hoai-nhon", "stc")
    ]
    with writing(loaded) as session:
        write_agencies(session, below, source="x", **WHO)
        assert open_questions(session) == []
        same = Entry("stc-2", parent="stc", names=[Name(None, "Văn phòng Một", "VP")])
        write_agencies(session, [same], source="x", **WHO)
        assert [(one.one, one.other) for one in open_questions(session)] == [("stc-1", "stc-2")]


# --- away ----------------------------------------------------------------------------------------


def test_a_substitute_hears_from_the_first_day_to_the_last(loaded: Engine) -> None:
    with writing(loaded) as session:
        away, other, *_ = seats(session, PLAN_ID, "an-lao")
        days = date(2020, 5, 4), date(2020, 5, 8)
        note_absence(session, away, other, *days, plan_id=PLAN_ID, **WHO)
        session.flush()
        assert [bool(substitutes(session, date(2020, 5, n))) for n in (3, 4, 8, 9)] == [
            False, True, True, False,
        ]  # fmt: skip


def test_absences_do_not_overlap_and_a_substitute_is_there(loaded: Engine) -> None:
    with writing(loaded) as session:
        away, other, *_ = seats(session, PLAN_ID, "an-lao")
        elsewhere = seats(session, PLAN_ID, "van-canh")[0]

        def note(first: Contact, second: Contact, start: int, end: int) -> None:
            days = date(2020, 5, start), date(2020, 5, end)
            note_absence(session, first, second, *days, plan_id=PLAN_ID, **WHO)
            session.flush()

        note(away, other, 4, 8)
        for first, second, start, end, words in (
            (away, other, 8, 10, "đã ghi vắng hoặc nhận thay"),
            (other, away, 8, 10, "đã ghi vắng hoặc nhận thay"),
            (away, elsewhere, 11, 12, "cùng cơ quan"),
            (away, away, 11, 12, "phải là người khác"),
            (away, other, 12, 11, "Ngày về trước ngày đi"),
        ):
            with pytest.raises(RefusedError, match=words):
                note(first, second, start, end)
        assert len(session.exec(select(Absence)).all()) == 1


def test_the_message_goes_to_the_substitute_and_says_for_whom(loaded: Engine) -> None:
    with writing(loaded) as session:
        away, other, *_ = seats(session, PLAN_ID, "an-lao")
        note_absence(
            session, away, other, date(2020, 5, 4), date(2020, 5, 8), plan_id=PLAN_ID, **WHO
        )
        session.flush()
        offices = {
            PLAN_ID: Offices(
                find_agency(session, PLAN_ID, "snv").id or 0,
                find_agency(session, PLAN_ID, "vpub").id or 0,
            )
        }

        def heard(day: int) -> set[str]:
            on = date(2020, 5, day)
            there = load_directories(session, offices, {"email"}, on=on)[PLAN_ID]
            return {
                f"{seat.name} <{person.addresses['email']}>"
                for person in there.of(away.agency_id)
                for seat in person.seats
            }

        assert f"{away.name} <{away.email}>" in heard(3)
        assert f"{other.name} (thay {away.name}) <{other.email}>" in heard(4)
        assert not any(away.email in one for one in heard(4))
        assert heard(9) == heard(3)
