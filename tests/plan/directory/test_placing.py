"""One directory for all plans: who is the same agency, who the same person, and what follows from it."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from plan.contacts import add_contact, change_contact, remove_contact, replace_contacts
from plan.database import migrate, reading, writing
from plan.definition.model import Contact as ContactPart
from plan.definition.model import PlanDefinition
from plan.importing.plan import load_plan
from plan.ledger import delete_draft
from plan.models import Contact, DirectoryAgency, DirectoryContact, DirectoryName
from plan.states import Actor, Role
from tests.conftest import PLAN_ID, at
from tests.plan.directory.support import OTHER, copied, names, place, renamed, seats

NOW = at("2020-04-20 08:00")
OFFICE = Actor("Bình", Role.coordinator)


@pytest.fixture
def two(loaded: Engine, definition: PlanDefinition) -> Engine:
    """A second plan, of the same agencies, that names nobody."""
    with writing(loaded) as session:
        load_plan(session, copied(definition), now=NOW)
    return loaded


def test_a_new_plan_has_the_agencies_and_the_people_that_are_known(
    two: Engine, definition: PlanDefinition
) -> None:
    with reading(two) as session:
        assert len(session.exec(select(DirectoryAgency)).all()) == len(definition.agencies)
        assert len(session.exec(select(DirectoryContact)).all()) == len(definition.contacts)
        assert names(session, OTHER, "an-lao") == names(session, PLAN_ID, "an-lao") != []
        hoai_nhon = select(DirectoryName.name).where(DirectoryName.code == "hoai-nhon")
        assert len(session.exec(hoai_nhon).all()) == 2  # a huyện, then a thị xã


def test_a_number_changed_once_holds_in_every_plan(two: Engine) -> None:
    with writing(two) as session:
        first = seats(session, PLAN_ID, "an-lao")[0]
        said: dict[str, str | bool] = {"name": first.name, "phone": "0905 000 777"}
        change_contact(session, PLAN_ID, first.id or 0, said, actor=OFFICE, now=NOW)
    with reading(two) as session:
        assert seats(session, OTHER, "an-lao")[0].phone == "0905 000 777"


def test_who_comes_and_goes_does_so_in_the_plans_the_same_people_look_after(two: Engine) -> None:
    with writing(two) as session:
        only = ContactPart(agency="van-canh", name="Riêng Một Người")
        own = {"van-canh": place(session, OTHER, "van-canh").id or 0}
        before = names(session, PLAN_ID, "van-canh")
        for one in seats(session, OTHER, "van-canh")[1:]:
            session.delete(one)
        session.flush()
        replace_contacts(session, own, [only], NOW)
        assert names(session, PLAN_ID, "van-canh") == before  # others look after this one
        for code in ("an-lao", "van-canh"):
            add_contact(session, PLAN_ID, code, {"name": "Người Mới"}, actor=OFFICE, now=NOW)
        assert "Người Mới" in names(session, OTHER, "an-lao")
        assert names(session, OTHER, "van-canh") == ["Riêng Một Người"]
        newest = seats(session, PLAN_ID, "an-lao")[-1]
        remove_contact(session, PLAN_ID, newest.id or 0, actor=OFFICE, now=NOW)
        assert "Người Mới" not in names(session, OTHER, "an-lao")


def test_another_agency_of_the_same_code_is_not_taken_for_it(
    loaded: Engine, definition: PlanDefinition
) -> None:
    """«UBND xã An Lão» of 2025 is no «UBND huyện An Lão» of 2020: its people hear nothing of it."""
    with writing(loaded) as session:
        load_plan(session, renamed(copied(definition), "an-lao", "UBND xã An Lão"), now=NOW)
        assert place(session, OTHER, "an-lao").directory_code == "an-lao-2"
        assert names(session, OTHER, "an-lao") == []


def test_two_of_one_name_and_other_addresses_stay_two(
    loaded: Engine, definition: PlanDefinition
) -> None:
    with writing(loaded) as session:
        one = seats(session, PLAN_ID, "an-lao")[0]
        same = ContactPart(agency="an-lao", name=one.name, email="khac@an-lao.example")
        load_plan(session, copied(definition, [same]), now=NOW)
        [other] = seats(session, OTHER, "an-lao")
        assert other.directory_id != one.directory_id
        assert other.email == "khac@an-lao.example" != one.email


def test_people_of_a_draft_alone_go_with_it(loaded: Engine, definition: PlanDefinition) -> None:
    """Whom another plan knows stays; whom it took away is nobody the next plan would seat."""
    only = ContactPart(agency="an-lao", name="Chỉ Bản Nháp", email="nhap@an-lao.example")
    known = next(one for one in definition.contacts if one.agency == "an-lao")
    with writing(loaded) as session:
        before = [one.name for one in session.exec(select(DirectoryContact))]
        load_plan(session, copied(definition, [known, only]), now=NOW)
        assert names(session, OTHER, "an-lao") == [known.name, only.name]
        delete_draft(session, OTHER, actor=OFFICE, now=NOW)
        assert [one.name for one in session.exec(select(DirectoryContact))] == before
        load_plan(session, copied(definition), now=NOW)
        assert only.name not in names(session, OTHER, "an-lao")


def test_placing_again_changes_nothing(two: Engine) -> None:
    def all_seats() -> list[tuple[int | None, ...]]:
        with reading(two) as session:
            rows = session.exec(select(Contact).order_by(col(Contact.id)))
            return [(row.id, row.agency_id, row.directory_id) for row in rows]

    before = all_seats()
    assert all(row[2] for row in before)
    migrate(two)
    assert all_seats() == before
