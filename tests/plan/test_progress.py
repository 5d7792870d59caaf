"""The 59, at any moment: dates, timeliness, names; and the past as it was."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from plan import ledger
from plan.database import reading, writing
from plan.definition.model import CalendarDay, PlanDefinition
from plan.ledger.deadlines import amend_deadline, deadline_history
from plan.ledger.new_deadline import Amendment, Basis
from plan.models import Contact, Obligation
from plan.queries.lookup import find_obligation, find_plan
from plan.queries.progress import ObligationView, obligations, summary
from plan.queries.reach import unreachable_agencies
from tests.conftest import CLERK, PLAN_ID, REVIEWER, at, load_running
from tests.support.ledger_rows import filing


def views(session: Session, moment: str, **where: str) -> dict[str, ObligationView]:
    plan = find_plan(session, PLAN_ID)
    return {view.id: view for view in obligations(session, plan, at(moment), **where)}


def test_there_are_59_dated_obligations(session: Session) -> None:
    dated = [v for v in views(session, "2020-02-01 08:00").values() if v.due_at]
    assert len(dated) == 59
    by_milestone = {m: sum(v.milestone == m for v in dated) for m in {v.milestone for v in dated}}
    assert by_milestone == {
        "district-reports": 22,
        "thematic-reports": 22,
        "district-conferences": 11,
        "provincial-conference": 1,
        "provincial-report": 3,
    }


@pytest.mark.parametrize(
    ("name", "opens", "due", "last_working_day"),
    [
        ("an-lao/district-report", "2020-01-20 00:00", "2020-04-30 00:00", date(2020, 4, 29)),
        ("stttt/appendix-7", "2020-01-20 00:00", "2020-04-30 00:00", date(2020, 4, 29)),
        ("an-lao/district-conference", "2020-04-01 00:00", "2020-05-01 00:00", date(2020, 4, 29)),
        ("snv/provincial-conference", "2020-05-01 00:00", "2020-06-01 00:00", date(2020, 5, 29)),
        ("snv/provincial-report", "2020-01-20 00:00", "2020-06-20 00:00", date(2020, 6, 19)),
    ],
)
def test_windows(session: Session, name: str, opens: str, due: str, last_working_day: date) -> None:
    view = views(session, "2020-02-01 08:00")[name]
    assert (view.opens_at, view.due_at, view.last_working_day) == (
        at(opens),
        at(due),
        last_working_day,
    )


@pytest.mark.parametrize(
    ("moment", "timeliness", "late", "working_late"),
    [
        ("2020-04-23 08:00", "open", 0, 0),
        ("2020-04-24 08:00", "due_soon", 0, 0),
        ("2020-04-29 23:59", "due_soon", 0, 0),
        ("2020-04-30 00:00", "overdue", 1, 0),
        ("2020-05-04 08:00", "overdue", 5, 1),
    ],
)
def test_timeliness_of_an_untouched_report(
    session: Session, moment: str, timeliness: str, late: int, working_late: int
) -> None:
    standing = views(session, moment)["an-lao/district-report"].standing
    assert (standing.timeliness, standing.days_late, standing.working_days_late) == (
        timeliness,
        late,
        working_late,
    )


def test_duties_are_undated_at_any_moment(session: Session) -> None:
    duties = views(session, "2026-11-22 08:00", milestone="standing-duties")
    assert duties
    assert {view.timeliness for view in duties.values()} == {"undated"}


def test_hoai_nhon_is_a_district_in_april_and_a_town_in_june(session: Session) -> None:
    name = "hoai-nhon/district-report"
    assert views(session, "2020-04-30 08:00")[name].agency_name == "UBND huyện Hoài Nhơn"
    assert views(session, "2020-06-01 08:00")[name].agency_name == "UBND thị xã Hoài Nhơn"


def test_the_past_is_shown_as_it_was(engine: Engine) -> None:
    name = "an-lao/district-report"
    with writing(engine) as session:
        row = find_obligation(session, PLAN_ID, name).id or 0
        ledger.submit(session, row, filing(), actor=CLERK, now=at("2020-04-20 09:00"))
    with writing(engine) as session:
        ledger.give_back(session, row, reason="x", actor=REVIEWER, now=at("2020-04-22 09:00"))
    with writing(engine) as session:
        request = ledger.ask_extension(
            session,
            row,
            until=date(2020, 5, 8),
            reason="x",
            actor=CLERK,
            now=at("2020-04-23 09:00"),
        )
        ledger.decide_extension(
            session, request.id or 0, granted=True, actor=REVIEWER, now=at("2020-04-24 09:00")
        )
    with reading(engine) as session:
        story = {
            moment: (view.state.value, view.last_day)
            for moment in ("19", "20", "22", "25")
            for view in [views(session, f"2020-04-{moment} 12:00")[name]]
        }
    april, may = date(2020, 4, 29), date(2020, 5, 8)
    assert story == {
        "19": ("owed", april),
        "20": ("submitted", april),
        "22": ("returned", april),
        "25": ("returned", may),
    }


def test_summary_counts_each_once(session: Session) -> None:
    counts = summary(list(views(session, "2020-04-30 08:00").values()))
    assert counts["dated"] == 59
    assert (counts["overdue"], counts["due_soon"], counts["not_open"]) == (44, 11, 1)
    kinds = ("not_open", "open", "due_soon", "overdue", "on_time", "late", "undated")
    assert sum(counts[kind] for kind in kinds) == counts["total"]


def test_an_agency_nobody_can_reach_is_named(engine: Engine) -> None:
    with writing(engine) as session:
        agency = find_obligation(session, PLAN_ID, "an-lao/district-report").agency_id
        for contact in session.exec(select(Contact).where(Contact.agency_id == agency)):
            session.delete(contact)
    with reading(engine) as session:
        assert unreachable_agencies(session, PLAN_ID) == ["an-lao"]


def test_a_phone_is_no_way_to_someone_the_plan_writes_mails_to(engine: Engine) -> None:
    with writing(engine) as session:
        agency = find_obligation(session, PLAN_ID, "an-lao/district-report").agency_id
        for contact in session.exec(select(Contact).where(Contact.agency_id == agency)):
            contact.email, contact.phone, contact.zalo_user_id = "", "0912 345 678", ""
            session.add(contact)
    with reading(engine) as session:
        assert unreachable_agencies(session, PLAN_ID) == ["an-lao"]
    with writing(engine) as session:
        for row in session.exec(select(Obligation).where(Obligation.agency_id == agency)):
            row.state = "waived"
            session.add(row)
    with reading(engine) as session:
        assert unreachable_agencies(session, PLAN_ID) == []


def test_two_plans_live_side_by_side(engine: Engine, definition: PlanDefinition) -> None:
    other = definition.model_copy(update={"id": "tap-duot", "number": "00/KH-TD"})
    with writing(engine) as session:
        load_running(session, other, now=at("2020-01-21 08:00"))
    with writing(engine) as session:
        row = find_obligation(session, "tap-duot", "an-lao/district-report").id or 0
        ledger.submit(session, row, filing(), actor=CLERK, now=at("2020-04-20 09:00"))
    with reading(engine) as session:
        now = at("2020-04-21 08:00")
        first, second = (
            {v.id: v.state for v in obligations(session, find_plan(session, name), now)}
            for name in (PLAN_ID, "tap-duot")
        )
    assert first.keys() == second.keys()
    assert {name for name in first if first[name] != second[name]} == {"an-lao/district-report"}


def test_loading_again_amends_only_what_changed(engine: Engine, definition: PlanDefinition) -> None:
    def reload(plan: PlanDefinition, when: str) -> tuple[int, int]:
        with writing(engine) as session:
            done = load_running(session, plan, now=at(when))
        return done.added, len(done.amended)

    assert reload(definition, "2020-02-01 08:00") == (0, 0)
    milestones = [
        m.model_copy(update={"due": m.due.model_copy(update={"words": "Trước ngày 15/5/2020"})})
        if m.id == "district-reports"
        else m
        for m in definition.milestones
    ]
    moved = definition.model_copy(update={"milestones": milestones})
    assert reload(moved, "2020-02-02 08:00") == (0, 22)
    assert reload(moved, "2020-02-03 08:00") == (0, 0)
    with reading(engine) as session:
        view = views(session, "2020-02-03 08:00")["an-lao/district-report"]
        assert (view.last_day, view.deadline_version) == (date(2020, 5, 14), 2)


def test_a_changed_calendar_reprojects_what_hangs_on_it(
    engine: Engine, definition: PlanDefinition
) -> None:
    off = CalendarDay(day=date(2020, 4, 29), kind="off", why="Ngày nghỉ của tỉnh")
    with writing(engine) as session:
        load_running(
            session, definition.model_copy(update={"calendar": [off]}), now=at("2020-02-01 08:00")
        )
    with reading(engine) as session:
        view = views(session, "2020-02-03 08:00")["an-lao/district-report"]
        assert (view.last_day, view.last_working_day) == (date(2020, 4, 29), date(2020, 4, 28))
        assert view.deadline_version == 1


def test_an_amending_document_applies_to_whom_it_names(engine: Engine) -> None:
    with writing(engine) as session:
        amend_deadline(
            session,
            find_plan(session, PLAN_ID),
            "district-reports",
            Amendment(
                date(2020, 5, 15),
                Basis(
                    "Giãn cách xã hội theo Chỉ thị 16/CT-TTg", "1999/UBND-KSTT", date(2020, 4, 3)
                ),
            ),
            agencies=["an-lao", "van-canh"],
            actor=REVIEWER,
            now=at("2020-04-06 08:00"),
        )
    with reading(engine) as session:
        told = views(session, "2020-04-06 09:00", milestone="district-reports")
        moved = {view.agency for view in told.values() if view.last_day == date(2020, 5, 15)}
        assert moved == {"an-lao", "van-canh"}
        history = deadline_history(session, told["an-lao/district-plan"].row_id)
        assert [(v.kind, v.document_number) for v in history] == [
            ("plan", ""),
            ("amendment", "1999/UBND-KSTT"),
        ]
