"""A plan that runs is amended by a document: what is owed follows, what was handed in stays."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from plan import ledger
from plan.amending.amend import Amended, amend_plan
from plan.amending.differences import differences
from plan.amending.versions import compared, version_of, versions
from plan.database import reading, writing
from plan.definition.model import PlanDefinition, Rung
from plan.errors import RefusedError
from plan.importing.obligations import AmendedBy
from plan.importing.plan import load_plan
from plan.ledger import audit
from plan.ledger.filing import Filing
from plan.ledger.trail_check import differences as against_the_trail
from plan.models import AuditEvent, Deadline, EventDelivery, Obligation, OutgoingEvent, Plan
from plan.queries.lookup import find_obligation, obligation_name
from plan.states import Actor, Role
from tests.conftest import REVIEWER, at, load_running

PLAN = "12-kh-ubnd"
LOADED = at("2026-01-06 08:00")
NOW = at("2026-03-02 09:00")
DECISION = AmendedBy("45/QĐ-UBND", date(2026, 3, 1), "Điều chỉnh nhiệm vụ", REVIEWER)
CLERK = Actor("Nguyễn Thị Mai", Role.agency, frozenset({"so-a"}))


def plan_of(deliverables: list[dict[str, Any]], **more: Any) -> PlanDefinition:
    """A plan of an office, three departments and two milestones."""
    agencies = [("snv", "cap-tinh")] + [(f"so-{name}", "so") for name in "abc"]
    days = {
        "quy-1": "Trước ngày 31 tháng 3 năm 2026",
        "cuoi-nam": "Trước ngày 15 tháng 12 năm 2026",
    }
    body: dict[str, Any] = {
        "id": PLAN,
        "number": "12/KH-UBND",
        "title": "Kế hoạch đọc sách năm 2026",
        "issued_on": "2026-01-05",
        "issuer": "snv",
        "coordinator": "snv",
        "agencies": [
            {"id": id_, "group": group, "names": [{"name": id_.upper(), "short": id_.upper()}]}
            for id_, group in agencies
        ],
        "milestones": [
            {"id": id_, "title": id_, "due": {"words": words}, "source": {"section": "II"}}
            for id_, words in days.items()
        ],
        "deliverables": [
            {"kind": "document", "milestone": "quy-1", "title": one["id"]} | one
            for one in deliverables
        ],
        "reminders": {"rungs": [{"offset": -3}], "office_hours": [{"spans": [["07:00", "17:00"]]}]},
    }
    return PlanDefinition.model_validate(body | more)


A, B, C = (
    {"id": "bao-cao", "owners": ["so-a", "so-b"]},
    {"id": "de-an", "owners": ["so-a"], "milestone": "cuoi-nam"},
    {"id": "quyet-dinh", "owners": ["so-c"]},
)
BEFORE = plan_of([A, B, C])


@pytest.fixture
def running(any_engine: Engine) -> Engine:
    with writing(any_engine) as session:
        load_running(session, BEFORE, now=LOADED)
    return any_engine


def amend(
    engine: Engine, after: PlanDefinition, by: AmendedBy = DECISION, seen: str = ""
) -> Amended:
    with writing(engine) as session:
        known = seen or session.get_one(Plan, PLAN).definition_hash
        return amend_plan(session, PLAN, after, seen=known, amended_by=by, now=NOW)


def states(engine: Engine) -> dict[str, tuple[str, date | None]]:
    with reading(engine) as session:
        rows = session.exec(select(Obligation).order_by(col(Obligation.id))).all()
        return {obligation_name(session, row): (row.state, row.last_day) for row in rows}


def handed_in(session: Session, name: str) -> None:
    row = find_obligation(session, PLAN, name)
    ledger.submit(
        session, row.id or 0, Filing(kind="document", received_at=NOW), actor=CLERK, now=NOW
    )


def told(engine: Engine) -> set[tuple[str, str]]:
    """(kind, subject) of what the notices wait to tell."""
    with reading(engine) as session:
        rows = session.exec(
            select(OutgoingEvent.kind, OutgoingEvent.subject)
            .join(EventDelivery, col(EventDelivery.event_id) == OutgoingEvent.id)
            .where(EventDelivery.consumer == "notify")
        )
        return set(rows)


def test_added_dropped_moved_and_other_owners(running: Engine) -> None:
    moved = B | {"due": {"words": "Trước ngày 30 tháng 6 năm 2026"}}
    more = {"id": "bien-ban", "owners": ["so"]}
    done = amend(running, plan_of([A | {"owners": ["so-b", "so-c"]}, moved, more]))
    assert (done.version, done.added, len(done.moved), len(done.dropped)) == (2, 4, 1, 2)
    last, june = date(2026, 3, 30), date(2026, 6, 29)
    assert states(running) == {
        "so-a/bao-cao": ("waived", last),
        "so-b/bao-cao": ("owed", last),
        "so-a/de-an": ("owed", june),
        "so-c/quyet-dinh": ("waived", last),
        "so-c/bao-cao": ("owed", last),
        "so-a/bien-ban": ("owed", last),
        "so-b/bien-ban": ("owed", last),
        "so-c/bien-ban": ("owed", last),
    }
    assert told(running) == {
        ("deadline.changed", "so-a/de-an"),
        ("obligation.waived", "so-a/bao-cao"),
        ("obligation.waived", "so-c/quyet-dinh"),
    }


def test_the_new_day_carries_the_document_that_gave_it(running: Engine) -> None:
    amend(running, plan_of([A, B | {"due": {"words": "Trước ngày 30 tháng 6 năm 2026"}}, C]))
    with reading(running) as session:
        row = find_obligation(session, PLAN, "so-a/de-an")
        versions_ = session.exec(
            select(Deadline).where(Deadline.obligation_id == row.id).order_by(col(Deadline.version))
        ).all()
        assert [(v.document_number, v.document_on) for v in versions_] == [
            ("", None),
            ("45/QĐ-UBND", date(2026, 3, 1)),
        ]


def test_a_second_amendment_moves_what_the_first_one_moved(running: Engine) -> None:
    for day in ("30 tháng 6", "31 tháng 7"):
        amend(running, plan_of([A, B | {"due": {"words": f"Trước ngày {day} năm 2026"}}, C]))
    assert states(running)["so-a/de-an"] == ("owed", date(2026, 7, 30))
    with writing(running) as session:  # and loading the same again changes nothing
        again = plan_of([A, B | {"due": {"words": "Trước ngày 31 tháng 7 năm 2026"}}, C])
        assert load_plan(session, again, now=NOW).amended == []


def test_what_was_handed_in_stays_and_is_judged_by_its_own_day(running: Engine) -> None:
    with writing(running) as session:
        handed_in(session, "so-a/bao-cao")
        row = find_obligation(session, PLAN, "so-a/bao-cao")
        ledger.accept(session, row.id or 0, actor=REVIEWER, now=NOW)
        before = (row.state, row.due_at, row.decisive_at, row.submissions)
    milestone = {"id": "quy-1", "title": "Q", "source": {"section": "II"}}
    early = [milestone | {"due": {"words": "Trước ngày 02 tháng 02 năm 2026"}}]
    amend(running, plan_of([A, C], milestones=early))
    with reading(running) as session:
        row = find_obligation(session, PLAN, "so-a/bao-cao")
        assert (row.state, row.due_at, row.decisive_at, row.submissions) == before
        assert find_obligation(session, PLAN, "so-b/bao-cao").last_day == date(2026, 2, 1)
    amend(running, plan_of([C], milestones=early))
    assert states(running)["so-a/bao-cao"][0] == "accepted"
    assert states(running)["so-b/bao-cao"][0] == "waived"


def test_who_owes_it_again_owes_the_same_obligation(running: Engine) -> None:
    amend(running, plan_of([A | {"owners": ["so-b"]}, B, C]))
    assert states(running)["so-a/bao-cao"][0] == "waived"
    done = amend(running, BEFORE)
    assert (done.added, len(done.restored)) == (0, 1)
    assert states(running)["so-a/bao-cao"][0] == "owed"


def test_one_waived_for_itself_is_not_brought_back(running: Engine) -> None:
    with writing(running) as session:
        row = find_obligation(session, PLAN, "so-a/bao-cao")
        ledger.waive(session, row.id or 0, reason="Giải thể", actor=REVIEWER, now=NOW)
    amend(running, plan_of([A, B, C], title="Kế hoạch đọc sách (sửa đổi)"))
    assert states(running)["so-a/bao-cao"][0] == "waived"


def test_an_extension_beyond_the_new_day_is_kept(running: Engine) -> None:
    with writing(running) as session:
        for name, until in (("so-a", date(2026, 5, 30)), ("so-b", date(2026, 4, 3))):
            row = find_obligation(session, PLAN, f"{name}/bao-cao")
            actor = Actor(name, Role.agency, frozenset({name}))
            asked = ledger.ask_extension(
                session, row.id or 0, until=until, reason="Chậm", actor=actor, now=NOW
            )
            ledger.decide_extension(session, asked.id or 0, granted=True, actor=REVIEWER, now=NOW)
    words = {"due": {"words": "Trước ngày 16 tháng 4 năm 2026"}}
    done = amend(running, plan_of([A | words, B, C]))
    assert (len(done.moved), len(done.kept)) == (1, 1)
    found = states(running)
    assert found["so-a/bao-cao"][1] == date(2026, 5, 30)
    assert found["so-b/bao-cao"][1] == date(2026, 4, 15)


def test_periods_that_passed_are_owed_those_to_come_follow_the_new_words(
    any_engine: Engine,
) -> None:
    words = "hằng tháng trước ngày 20"
    with writing(any_engine) as session:
        load_running(session, plan_of([C | {"due": {"words": words}}]), now=LOADED)
    quarterly = {"due": {"words": "hằng quý trước ngày 20 tháng cuối quý"}}
    amend(any_engine, plan_of([C | quarterly]))
    found = states(any_engine)
    assert found["so-c/quyet-dinh@2026-02"][0] == "owed"  # its day was 19/02
    assert found["so-c/quyet-dinh@2026-03"][0] == "waived"
    assert found["so-c/quyet-dinh@2026-Q2"][0] == "owed"


MONTHLY = {"due": {"words": "hằng tháng trước ngày 20"}}
QUARTERLY = {"due": {"words": "hằng quý trước ngày 20 tháng cuối quý"}}


def owed_again(engine: Engine) -> list[str]:
    """The periods that so-c owes."""
    found = states(engine).items()
    return [name.partition("@")[2] for name, (state, _) in found if state == "owed"]


def test_periods_that_are_asked_for_again_are_owed_again(any_engine: Engine) -> None:
    with writing(any_engine) as session:
        load_running(session, plan_of([C | MONTHLY]), now=LOADED)
    months = owed_again(any_engine)
    amend(any_engine, plan_of([C | QUARTERLY]))
    assert "2026-03" not in owed_again(any_engine)
    done = amend(any_engine, plan_of([C | MONTHLY]))
    assert owed_again(any_engine) == months
    assert len(done.restored) == len([one for one in months if one >= "2026-03"])


def test_what_is_owed_again_is_owed_by_the_new_day(running: Engine) -> None:
    amend(running, plan_of([A, C]))
    assert states(running)["so-a/de-an"] == ("waived", date(2026, 12, 14))
    done = amend(running, plan_of([A, B | {"due": {"words": "Trước ngày 30/6/2026"}}, C]))
    assert states(running)["so-a/de-an"] == ("owed", date(2026, 6, 29))
    assert (len(done.restored), done.moved) == (1, ())


def test_a_plan_that_ends_earlier_is_owed_no_longer(any_engine: Engine) -> None:
    before = plan_of([C | MONTHLY], ends_on="2026-12-31")
    with writing(any_engine) as session:
        load_running(session, before, now=LOADED)
    after = plan_of([C | MONTHLY], ends_on="2026-06-30")
    [said] = [one for one in differences(before, after) if one.deliverable]
    assert (said.kind, said.agencies) == ("fewer", ("so-c",))
    assert said.before.startswith("tháng 7/2026, tháng 8/2026")
    assert [one.kind for one in differences(after, before) if one.deliverable] == ["more"]
    assert len(amend(any_engine, after).dropped) == 6
    assert owed_again(any_engine) == [f"2026-{month:02d}" for month in range(1, 7)]
    assert len(amend(any_engine, before).restored) == 6


def test_one_waived_for_itself_stays_so_whatever_is_dropped_and_asked_for_again(
    running: Engine,
) -> None:
    with writing(running) as session:
        row = find_obligation(session, PLAN, "so-a/bao-cao")
        ledger.waive(session, row.id or 0, reason="Giải thể", actor=REVIEWER, now=NOW)
    amend(running, plan_of([B, C]))
    amend(running, BEFORE)
    found = states(running)
    assert [found[f"so-{one}/bao-cao"][0] for one in "ab"] == ["waived", "owed"]


def test_looked_at_before_somebody_else_amended(running: Engine) -> None:
    with reading(running) as session:
        seen = session.get_one(Plan, PLAN).definition_hash
    amend(running, plan_of([A, B]))
    before = states(running)
    with pytest.raises(RefusedError, match="vừa được sửa"):
        amend(running, plan_of([A]), seen=seen)
    assert states(running) == before


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (AmendedBy("", date(2026, 3, 1), "Vì", REVIEWER), "số văn bản"),
        (AmendedBy("45/QĐ", date(2026, 3, 1), " ", REVIEWER), "lý do"),
        (AmendedBy("45/QĐ", date(2026, 3, 1), "Vì", CLERK), "không được phép"),
    ],
)
def test_refused(running: Engine, by: AmendedBy, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        amend(running, plan_of([A]), by)
    with reading(running) as session:
        assert [one.number for one in versions(session, PLAN)] == [1]


def test_versions_are_kept_and_compared(running: Engine) -> None:
    after = plan_of([A, B])
    amend(running, after)
    with reading(running) as session:
        listed = versions(session, PLAN)
        assert [(one.number, one.document_number, one.made_by) for one in listed] == [
            (2, "45/QĐ-UBND", REVIEWER.name),
            (1, "", "dondoc"),
        ]
        assert version_of(session, PLAN, 1) == BEFORE
        assert version_of(session, PLAN, 2) == after
        [one] = compared(session, PLAN, 1, 2)
        assert (one.kind, one.deliverable, one.agencies) == ("dropped", "quyet-dinh", ("so-c",))
        [back] = compared(session, PLAN, 2, 1)
        assert back.kind == "added"
        event = session.exec(select(AuditEvent).where(AuditEvent.event == "plan.amended")).one()
        assert event.after is not None
        assert event.after["document"] == "45/QĐ-UBND ngày 01/03/2026"


def test_differences_name_every_part_that_says_something_else() -> None:
    assert differences(BEFORE, BEFORE) == []
    found = differences(
        BEFORE,
        plan_of(
            [A | {"title": "Báo cáo quý"}, B, C],
            title="Tên mới",
            reminders={
                "rungs": [Rung(offset=-5).model_dump()],
                "office_hours": [{"spans": [["07:00", "17:00"]]}],
            },
        ),
    )
    assert [(one.kind, one.title, one.before, one.after) for one in found] == [
        ("said", "Báo cáo quý: tên", "bao-cao", "Báo cáo quý"),
        ("other", "Tên kế hoạch", "Kế hoạch đọc sách năm 2026", "Tên mới"),
        ("other", "Bậc thang nhắc, giờ làm việc, kênh", "", ""),
    ]


def test_the_trail_holds_after_it(running: Engine) -> None:
    amend(running, plan_of([A | {"owners": ["so-c"]}, B]))
    with reading(running) as session:
        assert list(audit.verify(session)) == []
        assert list(against_the_trail(session)) == []
