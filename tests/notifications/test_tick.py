"""The tick: every rung heard once, whatever was missed, merged or done twice."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from notifications.reminders import tick as ticking
from notifications.reminders.tick import TickResult, preview, tick
from plan import ledger
from plan.database import reading, writing
from plan.ledger.deadlines import until_window
from plan.ledger.filing import Filing
from plan.ledger.new_deadline import Basis, NewDeadline
from plan.models import AuditEvent
from plan.queries.lookup import find_obligation, load_calendar
from plan.states import Actor, Role
from tests.conftest import at
from tests.support.reminders import (
    LADDER,
    contact_of,
    load,
    make_messaging,
    messages,
    person,
    rows,
    small_plan,
)

DESK = make_messaging()
CLERK = Actor("Lan", Role.agency, frozenset({"a", "b", "so"}))
OFFICE = Actor("Bình", Role.coordinator)


@pytest.fixture
def small(tmp_path: Path) -> Engine:
    return load(tmp_path / "small.db", small_plan(), at("2020-03-02 08:00"))


def run(engine: Engine, when: str, plan: str = "thu") -> TickResult:
    return tick(engine, plan, at(when), DESK)


def test_whom_links_were_sent_to_stands_in_the_trail(small: Engine) -> None:
    for when in ("2020-04-24 08:00", "2020-04-29 08:00"):
        run(small, when)
    with reading(small) as session:
        told = session.exec(select(AuditEvent).where(AuditEvent.event == "link.sent")).all()
        assert len(told) == 2
        assert [pair for row in told for pair in row.after["messages"]] == [
            [one.id, one.contact_id] for one in messages(small)
        ]


def sent(engine: Engine) -> None:
    """As if the outbox had been delivered."""
    with writing(engine) as session:
        session.connection().exec_driver_sql("UPDATE message SET state='sent'")


def subjects(engine: Engine) -> list[tuple[str, str]]:
    return [(m.recipient_name, m.content["subject"]) for m in messages(engine)]


def change(engine: Engine, name: str, action: str, when: str, **more: object) -> None:
    with writing(engine) as session:
        key = find_obligation(session, "thu", name).id
        now = at(when)
        if action == "submit":
            filing = Filing(kind="duty", received_at=now, payload={"lúc": when})
            ledger.submit(session, key, filing, actor=CLERK, now=now)
        else:
            getattr(ledger, action)(session, key, actor=OFFICE, now=now, **more)


def move_deadline(engine: Engine, name: str, until: datetime, when: str, kind: str) -> None:
    with writing(engine) as session:
        row = find_obligation(session, "thu", name)
        calendar = load_calendar(session, "thu", 2020)
        window = until_window(row, until.date(), calendar, at(when))
        ledger.change_deadline(
            session,
            [row.id],
            NewDeadline(window, kind, "…", Basis("thử")),
            actor=OFFICE,
            now=at(when),
        )


# --- one at a time -------------------------------------------------------------------------------


def test_nothing_due_writes_nothing(small: Engine) -> None:
    run(small, "2020-03-02 08:30")
    result = run(small, "2020-03-02 08:31")
    assert (result.checked, result.queued) == (0, [])


def test_each_rung_once(small: Engine) -> None:
    run(small, "2020-03-31 09:00")
    first = run(small, "2020-04-01 09:00")
    assert len(first.queued) == 3  # the contacts of a and b, and the office's own note
    assert run(small, "2020-04-01 09:01").queued == []
    assert {name for name, _ in subjects(small)} == {"Lan", "Minh", "Đầu mối"}


def test_ticks_missed_for_weeks_are_merged_into_one_message_a_person(small: Engine) -> None:
    result = run(small, "2020-05-08 10:00")
    by_name = dict(subjects(small))
    assert by_name["Lan"] == "[KH 01] Quá hạn 5 ngày làm việc: Báo cáo tổng kết và Biểu số liệu"
    assert by_name["Giám đốc"].startswith("[KH 01] 3 cơ quan chưa gửi")
    assert len(result.queued) == len(by_name) == 6
    heard = rows(
        small, "SELECT rung FROM rung_claim WHERE recipient = 'contact:4' AND obligation_id = 2"
    )
    assert {rung for (rung,) in heard} == {"announce", "-3", "-1", "0", "+2", "+4"}


def test_outside_office_hours_nothing_is_queued_and_nothing_is_lost(small: Engine) -> None:
    run(small, "2020-04-23 09:00")
    sent(small)
    saturday = run(small, "2020-04-25 09:00")
    assert saturday.queued == []
    assert saturday.closed_until == at("2020-04-27 07:00")
    assert run(small, "2020-04-24 12:00").closed_until == at("2020-04-24 13:30")
    assert len(run(small, "2020-04-27 07:00").queued) == 3


def test_office_hours_follow_the_plan(tmp_path: Path) -> None:
    hours = [{"spans": [["08:00", "12:00"]]}]
    engine = load(
        tmp_path / "x.db",
        small_plan(reminders=LADDER | {"office_hours": hours}),
        at("2020-03-02 08:00"),
    )
    assert run(engine, "2020-04-24 07:30").closed_until == at("2020-04-24 08:00")
    assert run(engine, "2020-04-24 08:00").queued


def test_settled_is_silent_and_returned_counts_as_owed(small: Engine) -> None:
    run(small, "2020-04-01 09:00")
    change(small, "a/bc", "submit", "2020-04-22 09:00")
    change(small, "a/bieu", "submit", "2020-04-22 09:00")
    change(small, "a/bieu", "accept", "2020-04-22 10:00")
    change(small, "b/bieu", "waive", "2020-04-22 10:00", reason="không thuộc thẩm quyền")
    run(small, "2020-04-24 09:00")
    about = rows(
        small,
        "SELECT m.recipient_name, o.obligation_id FROM message m "
        "JOIN message_obligation o ON o.message_id = m.id WHERE m.created_at > '2020-04-23'",
    )
    with reading(small) as session:
        key = find_obligation(session, "thu", "b/bc").id
        own = find_obligation(session, "thu", "so/bc").id
    assert set(about) == {("Minh", key), ("Đầu mối", own)}
    change(small, "a/bc", "give_back", "2020-04-27 09:00", reason="thiếu mục III")
    result = run(small, "2020-04-28 09:00")
    assert "Lan" in {name for name, _ in subjects(small)[-len(result.queued) :]}


def test_a_return_speaks_for_the_rungs_before_it(small: Engine) -> None:
    """-3 and -1 passed while the submission waited; the return itself tells the agency."""
    run(small, "2020-04-01 09:00")
    change(small, "a/bc", "submit", "2020-04-22 09:00")
    run(small, "2020-04-28 09:00")
    change(small, "a/bc", "give_back", "2020-04-28 14:00", reason="thiếu")
    run(small, "2020-04-28 15:00")
    with reading(small) as session:
        key = find_obligation(session, "thu", "a/bc").id
    heard = rows(small, "SELECT rung FROM rung_claim WHERE obligation_id = :key", key=key)
    assert {rung for (rung,) in heard} == {"announce"}


def test_an_extension_arms_only_the_rungs_ahead(small: Engine) -> None:
    run(small, "2020-04-28 09:00")
    move_deadline(small, "a/bc", at("2020-05-04 00:00"), "2020-04-28 10:00", "extension")
    sent(small)
    run(small, "2020-05-04 09:00")
    with reading(small) as session:
        key = find_obligation(session, "thu", "a/bc").id
    heard = rows(
        small,
        "SELECT deadline_version, rung FROM rung_claim WHERE obligation_id = :key ORDER BY 1, 2",
        key=key,
    )
    # The new -1 is 29/4: it lies ahead of the decision. The new -3 (27/4) does not.
    assert heard == [(1, "-1"), (1, "-3"), (1, "announce"), (2, "-1"), (2, "0")]


def test_a_change_of_the_calendar_says_nothing_twice(small: Engine) -> None:
    run(small, "2020-04-24 09:00")
    move_deadline(small, "a/bc", at("2020-04-30 00:00"), "2020-04-25 10:00", "calendar")
    run(small, "2020-04-28 09:00")
    with reading(small) as session:
        key = find_obligation(session, "thu", "a/bc").id
    heard = rows(
        small, "SELECT deadline_version, rung FROM rung_claim WHERE obligation_id = :key", key=key
    )
    assert sorted(heard) == [(1, "-1"), (1, "-3"), (1, "announce")]


def test_undated_is_reminded_of_once_a_date_is_set(tmp_path: Path) -> None:
    plan = small_plan(
        milestones=[{"id": "m", "title": "Thường xuyên", "source": {"section": "III"}}]
    )
    engine = load(tmp_path / "x.db", plan, at("2020-03-02 08:00"))
    assert run(engine, "2020-04-01 09:00").queued == []
    move_deadline(engine, "a/bc", at("2020-04-15 00:00"), "2020-04-02 09:00", "internal")
    assert len(run(engine, "2020-04-10 09:00").queued) == 1


def test_contacts_exchanged_hear_what_comes_not_what_was_heard(small: Engine) -> None:
    run(small, "2020-04-24 09:00")
    with writing(small) as session:
        old = contact_of(session, "Lan")
        session.delete(old)
        session.flush()
        fields = person("a", "Hoa")
        del fields["agency"]
        from plan.models import Contact

        session.add(Contact(id=99, agency_id=old.agency_id, **fields))
        session.connection().exec_driver_sql("UPDATE obligation SET next_check_at = '2020-04-24'")
    assert run(small, "2020-04-24 10:00").queued == []
    run(small, "2020-04-28 09:00")
    assert "Hoa" in {name for name, _ in subjects(small)}


def test_an_agency_out_of_reach_hears_everything_once_it_can(tmp_path: Path) -> None:
    nobody = person("a", "Lan", email="")
    engine = load(tmp_path / "x.db", small_plan(contacts=[nobody]), at("2020-03-02 08:00"))
    assert "a/bc" in run(engine, "2020-04-24 09:00").unheard
    with writing(engine) as session:
        row = contact_of(session, "Lan")
        row.email = "lan@a.example"
        session.add(row)
    run(engine, "2020-04-28 09:00")
    assert dict(subjects(engine))["Lan"].startswith("[KH 01] Còn 1 ngày làm việc")
    heard = rows(engine, "SELECT DISTINCT rung FROM rung_claim")
    assert {rung for (rung,) in heard} == {"announce", "-3", "-1"}


def test_a_message_that_never_left_is_spoken_for_by_the_next(small: Engine) -> None:
    first = run(small, "2020-04-24 09:00")
    second = run(small, "2020-04-28 09:00")
    states = dict(rows(small, "SELECT id, state FROM message"))
    assert second.merged == first.queued
    assert {states[key] for key in first.queued} == {"cancelled"}
    assert {states[key] for key in second.queued} == {"queued"}
    owners = {key for (key,) in rows(small, "SELECT DISTINCT message_id FROM rung_claim")}
    assert owners == set(second.queued)


def test_a_message_being_sent_is_left_alone(small: Engine) -> None:
    first = run(small, "2020-04-24 09:00")
    with writing(small) as session:
        session.connection().exec_driver_sql("UPDATE message SET state='sending'")
    assert run(small, "2020-04-28 09:00").merged == []
    states = dict(rows(small, "SELECT id, state FROM message"))
    assert {states[key] for key in first.queued} == {"sending"}


def test_preview_writes_nothing_and_says_why(small: Engine) -> None:
    look, when = preview(small, "thu", at("2020-04-25 09:00"), DESK)
    assert when == at("2020-04-27 07:00")
    assert {digest.person.name for digest in look.digests} == {"Lan", "Minh", "Đầu mối"}
    assert look.digests[0].why == "-3 so/bc (gộp 2 nấc)"
    assert messages(small) == []
    assert rows(small, "SELECT * FROM rung_claim") == []


def test_an_obligation_changed_meanwhile_stays_due(
    small: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A submission that arrives between looking and writing is looked at again, not overwritten."""
    move_on = ticking.move_on

    def late(engine: Engine, moves: object) -> None:
        change(small, "a/bc", "submit", "2020-04-24 09:00")
        move_on(engine, moves)  # type: ignore[arg-type]

    monkeypatch.setattr(ticking, "move_on", late)
    run(small, "2020-04-24 09:00")
    [(when,)] = rows(small, "SELECT next_check_at FROM obligation WHERE state = 'submitted'")
    assert str(when).startswith("2020-04-24 02:00")


def test_a_message_holds_what_a_mail_program_needs(small: Engine) -> None:
    run(small, "2020-04-24 09:00")
    run(small, "2020-04-28 09:00")
    one, two = [m.content["headers"] for m in messages(small) if m.recipient_name == "Lan"]
    assert one["Message-ID"] != two["Message-ID"]
    assert one["References"] == two["References"] == one["In-Reply-To"]
    assert one["Reply-To"] == "so@thu.example"
    assert one["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in one
    assert "X-Dondoc-Clock" not in one
    [attached] = messages(small)[0].content["attachments"]
    assert attached["mime"].endswith("method=PUBLISH")


def test_confidential_goes_by_mail_alone(tmp_path: Path) -> None:
    plan = small_plan(
        deliverables=[
            {
                "id": "bc",
                "title": "Báo cáo mật",
                "milestone": "m",
                "kind": "report",
                "owners": ["a"],
                "confidential": True,
            }
        ],
        contacts=[person("a", "Lan", zalo_user_id="7")],
        reminders=LADDER | {"also": ["zalo"]},
    )
    engine = load(tmp_path / "x.db", plan, at("2020-03-02 08:00"))
    desk = make_messaging(available=frozenset({"email", "zalo_oa"}))
    tick(engine, "thu", at("2020-04-24 09:00"), desk)
    assert [m.channel for m in messages(engine)] == ["email"]


def test_a_copy_on_zalo_is_a_reminder_and_a_link(tmp_path: Path) -> None:
    plan = small_plan(
        contacts=[person("a", "Lan", zalo_user_id="7")], reminders=LADDER | {"also": ["zalo"]}
    )
    engine = load(tmp_path / "x.db", plan, at("2020-03-02 08:00"))
    desk = make_messaging(available=frozenset({"email", "zalo_oa"}))
    tick(engine, "thu", at("2020-04-24 09:00"), desk)
    mail, copy = messages(engine)
    assert (mail.channel, copy.channel) == ("email", "zalo_oa")
    assert copy.content["copy"]
    assert not {"html", "text", "attachments", "headers"} & copy.content.keys()
    assert "https://dondoc.example/l/" in copy.content["short_text"]
