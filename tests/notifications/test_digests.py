"""Who is one person, who hears, and what one message says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import select

from notifications.obligations import DueObligation, due
from notifications.plan_context import PlanContext, load_plan_context
from notifications.policy import FiredRung, Ladder
from notifications.recipients import Directory, Person
from notifications.recipients import group_contacts as persons
from notifications.reminders.digests import (
    Digest,
    digest_context,
    event_of,
    group_reminders,
    reminders_of,
    what_words,
)
from plan.database import reading
from plan.definition.model import Audience
from plan.ledger.trail_check import anchors_in
from plan.models import AuditHead, Contact
from plan.queries.reach import expanded
from tests.conftest import at
from tests.support.reminders import load, make_messaging, person, small_plan

LADDER = Ladder((), ("email",), ("zalo",), announce=True)
NOON = at("2020-04-24 09:00")


def contact(number: int, **fields: Any) -> Contact:
    given: dict[str, Any] = {"agency_id": number, "name": f"Người {number}"} | fields
    return Contact(id=number, **given)


def directory(
    *contacts: Contact,
    bad: set[tuple[str, str]] | None = None,
    available: tuple[str, ...] = ("email", "zalo_oa", "zalo_zns", "zalo_bot"),
) -> Directory:
    return Directory(persons(contacts, bad or set()), 90, 91, available)


# --- persons -------------------------------------------------------------------------------------


def test_the_same_mail_is_the_same_person() -> None:
    [found] = persons(
        [contact(1, email="Lan@x.example"), contact(2, email="lan@x.example ")], set()
    )
    assert found.key == "contact:1"
    assert [seat.agency_id for seat in found.seats] == [1, 2]


def test_a_shared_phone_is_not_the_same_person_unless_the_name_is() -> None:
    office = [
        contact(1, name="Lan", phone="0256 3 800 001"),
        contact(2, name="Minh", phone="02563800001"),
    ]
    assert len(persons(office, set())) == 2
    same = [
        contact(1, name="Lan", phone="0905 123 456"),
        contact(2, name="lan", phone="+84905123456"),
    ]
    assert len(persons(same, set())) == 1


def test_sameness_reaches_across_contacts() -> None:
    found = persons(
        [
            contact(1, email="lan@x.example"),
            contact(2, email="lan@x.example", zalo_user_id="7"),
            contact(3, zalo_user_id="7"),
        ],
        set(),
    )
    assert [person.key for person in found] == ["contact:1"]
    assert found[0].addresses["zalo_oa"] == "7"


marks = st.fixed_dictionaries(
    {
        "email": st.sampled_from(["", "a@x.example", "b@x.example", "c@x.example"]),
        "zalo_user_id": st.sampled_from(["", "1", "2"]),
        "phone": st.sampled_from(["", "0901", "0902"]),
        "name": st.sampled_from(["Lan", "Minh"]),
    }
)


@given(st.lists(marks, max_size=8))
def test_persons_are_the_connected_parts(fields: list[dict[str, str]]) -> None:
    contacts = [contact(number, **f) for number, f in enumerate(fields, start=1)]
    found = persons(contacts, set())

    def alike(a: Contact, b: Contact) -> bool:
        return any(
            getattr(a, name) and getattr(a, name) == getattr(b, name)
            for name in ("email", "zalo_user_id")
        ) or (bool(a.phone) and a.phone == b.phone and a.name == b.name)

    part = {c.id: {c.id} for c in contacts}
    for _ in contacts:
        for a in contacts:
            for b in contacts:
                if alike(a, b):
                    part[a.id] |= part[b.id]
    wanted = {frozenset(ids) for ids in part.values()}
    assert {frozenset(seat.contact_id for seat in p.seats) for p in found} == wanted


# --- who hears -----------------------------------------------------------------------------------


def names(found: list[tuple[Person, list[str]]]) -> dict[str, list[str]]:
    return {person.name: channels for person, channels in found}


def test_contacts_hear_and_heads_only_when_asked() -> None:
    book = directory(
        contact(1, agency_id=5, email="a@x.example"),
        contact(2, agency_id=5, email="b@x.example", is_head=True),
    )
    assert names(book.recipients_of(5, Audience.contact, LADDER)) == {"Người 1": ["email"]}
    assert names(book.recipients_of(5, Audience.head, LADDER)) == {"Người 2": ["email"]}


def test_who_is_out_of_reach_is_stood_in_for() -> None:
    book = directory(
        contact(1, agency_id=5, email="a@x.example"),
        contact(2, agency_id=5, email="b@x.example", is_head=True),
        bad={("email", "a@x.example")},
    )
    assert names(book.recipients_of(5, Audience.contact, LADDER)) == {"Người 2": ["email"]}


def test_zalo_stands_for_the_first_way_that_reaches() -> None:
    assert expanded(["email", "zalo"]) == ["email", "zalo_oa", "zalo_uid", "zalo_zns", "zalo_bot"]
    book = directory(contact(1, agency_id=5, email="a@x.example", phone="0901", zalo_chat_id="9"))
    assert names(book.recipients_of(5, Audience.contact, LADDER)) == {
        "Người 1": ["email", "zalo_zns"]
    }


def test_without_mail_zalo_carries_the_message_itself() -> None:
    book = directory(contact(1, agency_id=5, zalo_user_id="7"))
    assert names(book.recipients_of(5, Audience.contact, LADDER)) == {"Người 1": ["zalo_oa"]}


def test_confidential_goes_by_mail_or_not_at_all() -> None:
    book = directory(
        contact(1, agency_id=5, email="a@x.example", zalo_user_id="7"),
        contact(2, agency_id=6, zalo_user_id="8"),
    )
    assert names(book.recipients_of(5, Audience.contact, LADDER, confidential=True)) == {
        "Người 1": ["email"]
    }
    assert book.recipients_of(6, Audience.contact, LADDER, confidential=True) == []


def test_a_channel_that_is_not_set_up_reaches_nobody() -> None:
    book = directory(contact(1, agency_id=5, zalo_user_id="7"), available=("email",))
    assert book.recipients_of(5, Audience.contact, LADDER) == []


# --- digests -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    path = tmp_path_factory.mktemp("digests") / "dondoc.db"
    shared = person("a", "Lan") | {"email": "chung@x.example"}
    other = person("b", "Lan") | {"email": "chung@x.example"}
    contacts = [shared, other, person("so", "Đầu mối"), person("so", "Giám đốc", is_head=True)]
    contacts.append(person("a", "Chủ tịch A", is_head=True))
    return load(path, small_plan(contacts=contacts), at("2020-03-02 08:00"))


@pytest.fixture
def book(engine: Engine) -> PlanContext:
    with reading(engine) as session:
        return load_plan_context(session, "thu", NOON, make_messaging())


@pytest.fixture
def owed(engine: Engine) -> dict[str, DueObligation]:
    with reading(engine) as session:
        return {row.name: row for row in due(session, ["thu"], NOON, 100)}


def fired(key: str, audience: Audience = Audience.contact, tone: str = "plain") -> FiredRung:
    return FiredRung(key, audience, tone, NOON)


def digests(
    book: PlanContext, heard: dict[str, list[FiredRung]], owed: dict[str, DueObligation]
) -> list[Digest]:
    found = (h for name, rungs in heard.items() for h in reminders_of(book, owed[name], 1, rungs))
    return group_reminders({"thu": book}, found)


def test_one_message_for_who_serves_two_agencies(
    book: PlanContext, owed: dict[str, DueObligation]
) -> None:
    heard = {name: [fired("-3")] for name in ("a/bc", "a/bieu", "b/bc")}
    [digest] = digests(book, heard, owed)
    assert digest.person.name == "Lan"
    assert {row.name for row in digest.rows} == {"a/bc", "a/bieu", "b/bc"}


def test_the_gravest_rung_gives_the_tone(book: PlanContext, owed: dict[str, DueObligation]) -> None:
    both = {
        "a/bc": [fired("-3"), fired("+2", tone="overdue")],
        "a/bieu": [fired("announce", tone="announce")],
    }
    [digest] = digests(book, both, owed)
    assert event_of({"thu": book}, digest) == "overdue"


@pytest.mark.parametrize(
    ("name", "audience", "tone", "event"),
    [
        ("a/bc", Audience.contact, "announce", "announcement"),
        ("a/bc", Audience.contact, "urgent", "reminder"),
        ("a/bc", Audience.contact, "escalated", "overdue"),
        ("a/bc", Audience.head, "overdue", "escalation-head"),
        ("b/bc", Audience.head, "overdue", "overdue"),
        ("a/bc", Audience.coordinator, "plain", "situation"),
        ("a/bc", Audience.coordinator_leadership, "escalated", "escalation-leadership"),
        ("so/bc", Audience.contact, "overdue", "internal"),
        ("so/bc", Audience.head, "escalated", "internal"),
        ("so/bc", Audience.contact, "announce", "internal"),
    ],
)
def test_which_words_are_used(
    book: PlanContext,
    owed: dict[str, DueObligation],
    name: str,
    audience: Audience,
    tone: str,
    event: str,
) -> None:
    """District B has no head: its contact stands in, and is not addressed as one."""
    [digest] = digests(book, {name: [fired("+2", audience, tone)]}, owed)
    assert event_of({"thu": book}, digest) == event


def context(
    book: PlanContext, owed: dict[str, DueObligation], names: list[str], now: datetime, event: str
) -> Any:
    rows = [owed[name] for name in names]
    return digest_context({"thu": book}, book.directory.people[0], event, rows, now)


def test_a_reminder_says_what_by_when_and_how_long(
    book: PlanContext, owed: dict[str, DueObligation]
) -> None:
    found = context(book, owed, ["a/bc", "a/bieu"], NOON, "reminder")
    rendered = book.desk.templates.render(found)
    assert rendered.subject == "[KH 01] Còn 3 ngày làm việc: Báo cáo tổng kết và Biểu số liệu"
    assert "UBND huyện A còn 2 sản phẩm chưa gửi Sở Nội vụ" in rendered.text
    assert "Chậm nhất: 29/04/2020; còn 3 ngày làm việc." in rendered.text
    assert "Phòng CCHC, điện thoại 0256 000 0001, thư so@thu.example" in rendered.text
    assert found.digest.rows[0].url in rendered.text


def test_a_long_list_leads_to_the_agencys_page(
    book: PlanContext, owed: dict[str, DueObligation]
) -> None:
    many = [replace(owed["a/bc"], id=number) for number in range(100)]
    found = digest_context({"thu": book}, book.directory.people[0], "reminder", many, NOON)
    assert found.digest is not None
    assert (len(found.digest.rows), found.digest.count, found.digest.more) == (40, 100, 60)
    claim = book.desk.linker.verify(found.url.rpartition("/")[2], NOON)
    assert claim.obligation == ""


def test_the_link_is_bound_to_the_agency_of_each_row(
    book: PlanContext, owed: dict[str, DueObligation]
) -> None:
    found = context(book, owed, ["a/bc", "b/bc"], NOON, "reminder")
    claims = [
        book.desk.linker.verify(row.url.rpartition("/")[2], NOON) for row in found.digest.rows
    ]
    assert [(claim.agency, claim.obligation) for claim in claims] == [("a", "a/bc"), ("b", "b/bc")]
    assert found.digest.show_agency


def test_on_the_last_day_and_after(book: PlanContext, owed: dict[str, DueObligation]) -> None:
    last = context(book, owed, ["a/bc"], at("2020-04-29 07:00"), "reminder")
    assert last.digest.headline == "Hôm nay là ngày cuối"
    late = context(book, owed, ["a/bc"], at("2020-05-05 07:00"), "overdue")
    assert late.digest.headline == "Quá hạn 2 ngày làm việc"
    assert late.digest.late == 1


def test_many_things_are_counted_not_listed(
    book: PlanContext, owed: dict[str, DueObligation]
) -> None:
    views = context(book, owed, ["a/bc", "a/bieu", "b/bc"], NOON, "reminder").digest.rows
    assert what_words(views, limit=1) == "Báo cáo tổng kết và 1 việc khác"


def test_a_deadline_in_words_is_a_local_date(
    book: PlanContext, owed: dict[str, DueObligation]
) -> None:
    assert owed["a/bc"].last_working_day == date(2020, 4, 29)
    assert context(book, owed, ["a/bc"], NOON, "reminder").digest.first.deadline == "29/04/2020"


def test_what_is_said_to_be_overdue_counts_only_that(
    book: PlanContext, owed: dict[str, DueObligation]
) -> None:
    """One of three is still in time: the subject speaks of the two that are not, the text of all."""
    late, month = at("2020-05-05 07:00"), date(2020, 5, 29)
    later = replace(
        owed["b/bc"], last_day=month, last_working_day=month, due_at=at("2020-05-30 00:00")
    )
    rows = [owed["a/bc"], owed["a/bieu"], later]
    found = digest_context({"thu": book}, book.directory.people[0], "situation", rows, late)
    told = book.desk.templates.render(found)
    assert told.subject == ("[KH 01] UBND huyện A còn 2 sản phẩm chưa gửi, quá hạn 2 ngày làm việc")
    assert "2 cơ quan còn 3 sản phẩm chưa gửi" in told.text
    assert "trong đó 2 sản phẩm đã quá hạn" in told.text
    mine = digest_context(
        {"thu": book}, book.directory.people[0], "overdue", [rows[0], later], late
    )
    assert book.desk.templates.render(mine).subject == (
        "[KH 01] Quá hạn 2 ngày làm việc: Báo cáo tổng kết"
    )


def test_thousands_have_their_dot(book: PlanContext, owed: dict[str, DueObligation]) -> None:
    many = [replace(owed["a/bc"], id=number) for number in range(1204)]
    found = digest_context({"thu": book}, book.directory.people[0], "situation", many, NOON)
    assert "còn 1.204 sản phẩm chưa gửi" in book.desk.templates.render(found).subject


def test_how_things_stand_carries_the_trails_anchor(
    book: PlanContext, owed: dict[str, DueObligation]
) -> None:
    line = f"2020-04-24 12345 {'ab' * 32}"
    book.anchor = line
    told = book.desk.templates.render(context(book, owed, ["a/bc"], NOON, "situation"))
    assert anchors_in(told.text) == {12345: "ab" * 32}
    assert line in told.html
    mine = book.desk.templates.render(context(book, owed, ["a/bc"], NOON, "reminder"))
    assert "ab" * 32 not in mine.text + mine.html


def test_the_anchor_is_of_real_time_only(engine: Engine) -> None:
    with reading(engine) as session:
        real = load_plan_context(session, "thu", NOON, make_messaging())
        played = load_plan_context(session, "thu", NOON, replace(make_messaging(), virtual=True))
        head = session.exec(select(AuditHead)).one()
    assert anchors_in(real.anchor) == {head.rows: head.hash}
    assert played.anchor == ""
