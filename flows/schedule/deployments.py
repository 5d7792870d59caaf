"""Every schedule in one table: which flow runs for what, and when.

Nothing here knows Prefect: `dondoc schedule` prints the table without any server, and `registration`
hands it to one. Moments are the installation's own clock, in UTC.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from flows.schedule.cadence import Pending, looks, nightly_looks, office_looks
from plan.calendar import WorkingCalendar, local_day
from plan.definition.model import PlanDefinition
from plan.models import Milestone, Obligation, Plan
from plan.queries.definitions import definition_of
from plan.queries.lookup import load_calendar, of_the_office
from plan.states import CLOSED, PlanState

AHEAD = timedelta(days=8)
LEAST = 12
"""Moments are laid out so far ahead, or so many, every night anew: Prefect's server reads each of them
once a minute, which many plans would feel."""
LOOKS = 380
"""And so many at most: a schedule of Prefect's holds 6,500 characters."""
STAGGER = timedelta(minutes=1)
"""Between the first looks of a plan's milestones: the first one gathers what is due for all."""
AFTER_CLOSING = timedelta(minutes=5)
DRAFT_AT = timedelta(hours=1, minutes=30)
HOUSEKEEPING_AT = timedelta(hours=2, minutes=15)
SWEEP = timedelta(minutes=5)
WATCH = timedelta(hours=1)


@dataclass(frozen=True)
class Job:
    """One deployment: a flow with its parameters and the next moments it runs at."""

    flow: str
    name: str
    """Unique within the flow: `district-reports.04-kh-ubnd-2020`. What tells them apart comes first:
    Prefect's pages cut long names."""
    entrypoint: str
    words: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    moments: tuple[datetime, ...] = ()
    title: str = ""
    """A milestone's name as people know it."""
    starts_on: str = ""
    """The plan whose changed inputs start it, besides its moments."""

    @property
    def full_name(self) -> str:
        """`flow/name`, as Prefect says it."""
        return f"{self.flow}/{self.name}"


@dataclass(frozen=True)
class PlanWork:
    """What the table needs to know of one plan."""

    id: str
    short: str
    definition: PlanDefinition
    calendar: WorkingCalendar
    milestones: Mapping[str, Milestone]
    pending: Mapping[str, Pending]


@dataclass(frozen=True)
class FlowRow:
    """A row of the table: a flow, what it is for, and how its jobs are laid out."""

    flow: str
    entrypoint: str
    words: str
    jobs: Callable[[FlowRow, Sequence[PlanWork], datetime], Iterator[Job]]


# --- the table -----------------------------------------------------------------------------------


def _near(moments: Sequence[datetime], now: datetime) -> tuple[datetime, ...]:
    """Those of the next days; the first few, where they are far off."""
    count = sum(moment <= now + AHEAD for moment in moments)
    return tuple(moments[: max(count, LEAST)])


def _per_milestone(row: FlowRow, plans: Sequence[PlanWork], now: datetime) -> Iterator[Job]:
    for plan in plans:
        seasons = plan.definition.reminders.office_hours
        for number, part in enumerate(plan.definition.milestones):
            pending = plan.pending.get(part.id, Pending(None, ()))
            title = f"{part.short or part.title} ({plan.short})"
            found = looks(pending, plan.calendar, seasons, now, LOOKS)
            yield Job(
                row.flow,
                f"{part.id}.{plan.id}",
                row.entrypoint,
                f"{title}: {row.words}",
                {"plan_id": plan.id, "milestone": part.id},
                (f"plan:{plan.id}", f"milestone:{part.id}"),
                tuple(moment + number * STAGGER for moment in _near(found, now)),
                title,
            )


def _when_inputs_arrive(row: FlowRow, plans: Sequence[PlanWork], now: datetime) -> Iterator[Job]:
    for plan in plans:
        closings = {
            plan.milestones[part.id].due_at
            for part in plan.definition.milestones
            if part.feeds and part.id in plan.milestones
        }
        after = (closes + AFTER_CLOSING for closes in closings if closes is not None)
        yield Job(
            row.flow,
            plan.id,
            row.entrypoint,
            f"{plan.short}: {row.words}",
            {"plan_id": plan.id},
            (f"plan:{plan.id}",),
            tuple(sorted(moment for moment in after if moment >= now)),
            starts_on=plan.id,
        )


def _nightly_drafts(row: FlowRow, plans: Sequence[PlanWork], now: datetime) -> Iterator[Job]:
    for plan in plans:
        alive = any(one.last_days for one in plan.pending.values())
        yield Job(
            row.flow,
            f"nightly.{plan.id}",
            row.entrypoint,
            f"{plan.short}: {row.words}",
            {"plan_id": plan.id, "nightly": True},
            (f"plan:{plan.id}",),
            tuple(nightly_looks(DRAFT_AT, now, LEAST)) if alive else (),
        )


def _on_word(row: FlowRow, plans: Sequence[PlanWork], now: datetime) -> Iterator[Job]:
    del now  # started by a consolidation that needs a person's word, never by the clock
    for plan in plans:
        if any(part.confirm for part in plan.definition.milestones):
            yield Job(
                row.flow,
                plan.id,
                row.entrypoint,
                f"{plan.short}: {row.words}",
                {"plan_id": plan.id, "output": ""},
                (f"plan:{plan.id}",),
            )


def _when_some_wait(row: FlowRow, plans: Sequence[PlanWork], now: datetime) -> Iterator[Job]:
    del plans, now  # started by `deliver`, never by the clock
    yield Job(row.flow, "all", row.entrypoint, row.words)


def _in_office_hours(every: timedelta) -> Callable[..., Iterator[Job]]:
    def lay_out(row: FlowRow, plans: Sequence[PlanWork], now: datetime) -> Iterator[Job]:
        moments = {
            moment
            for plan in plans
            for moment in office_looks(
                plan.calendar, plan.definition.reminders.office_hours, every, now, LOOKS
            )
        }
        ahead = _near(sorted(moments)[:LOOKS], now)
        yield Job(row.flow, "all", row.entrypoint, row.words, moments=ahead)

    return lay_out


def _every_night(row: FlowRow, plans: Sequence[PlanWork], now: datetime) -> Iterator[Job]:
    del plans
    moments = tuple(nightly_looks(HOUSEKEEPING_AT, now, LEAST))
    yield Job(row.flow, "all", row.entrypoint, row.words, moments=moments)


TABLE: tuple[FlowRow, ...] = (
    FlowRow(
        "track-milestone",
        "flows.scheduled.track_milestone.track_milestone",
        "ai còn nợ gì, nấc nhắc nào đã đến, gửi tin, đủ đầu vào chưa",
        _per_milestone,
    ),
    FlowRow(
        "consolidate",
        "flows.scheduled.consolidate.consolidate",
        "tổng hợp khi đủ đầu vào hoặc khi hết hạn",
        _when_inputs_arrive,
    ),
    FlowRow(
        "consolidate",
        "flows.scheduled.consolidate.consolidate",
        "bản dự thảo mỗi đêm nếu có thay đổi",
        _nightly_drafts,
    ),
    FlowRow(
        "consolidate-on-word",
        "flows.scheduled.consolidate.consolidate_on_word",
        "chờ Sở Nội vụ xác nhận rồi mới tổng hợp",
        _on_word,
    ),
    FlowRow(
        "deliver",
        "flows.scheduled.maintenance.deliver",
        "gửi tin đang chờ, nhận thư trả lại, báo các hệ thống khác",
        _in_office_hours(SWEEP),
    ),
    FlowRow(
        "read-scans",
        "flows.scheduled.scans.read_scans",
        "đọc chữ trong bản quét, ảnh chụp đang chờ",
        _when_some_wait,
    ),
    FlowRow(
        "watch",
        "flows.scheduled.maintenance.watch",
        "tin kẹt, kênh hỏng, cơ quan không liên lạc được, việc không chạy: báo Sở Nội vụ",
        _in_office_hours(WATCH),
    ),
    FlowRow(
        "housekeeping",
        "flows.scheduled.maintenance.housekeeping",
        "sao lưu, dọn dẹp, lập lại lịch",
        _every_night,
    ),
)


def jobs(session: Session, now: datetime) -> list[Job]:
    """Every job of every running plan of the office's own, with its moments from `now` (UTC) on; what was
    handed down goes with the round over all plans. Reads only."""
    running = select(Plan).where(Plan.state == PlanState.running, of_the_office())
    plans = [_plan_work(session, plan, now) for plan in session.exec(running).all()]
    return [job for row in TABLE for job in row.jobs(row, plans, now)]


# --- what the plans say --------------------------------------------------------------------------


def _plan_work(session: Session, plan: Plan, now: datetime) -> PlanWork:
    definition = definition_of(plan)
    today = local_day(now)
    rows = session.exec(select(Milestone).where(Milestone.plan_id == plan.id)).all()
    return PlanWork(
        id=plan.id,
        short=plan.short or plan.number,
        definition=definition,
        calendar=load_calendar(session, plan.id, today.year, today.year + 1),
        milestones={row.code: row for row in rows},
        pending=_pending(session, plan.id),
    )


def _pending(session: Session, plan_id: str) -> dict[str, Pending]:
    """By milestone: when it opens, and which last days its unsettled obligations have."""
    rows = session.exec(
        select(Milestone.code, col(Obligation.last_working_day), func.min(Obligation.opens_at))
        .join(Milestone, col(Milestone.id) == Obligation.milestone_id)
        .where(
            Obligation.plan_id == plan_id,
            col(Obligation.state).not_in([state.value for state in CLOSED]),
        )
        .group_by(col(Milestone.code), col(Obligation.last_working_day))
    ).all()
    days: defaultdict[str, list[date]] = defaultdict(list)
    opens: defaultdict[str, list[datetime]] = defaultdict(list)
    undated: set[str] = set()
    for code, last_day, opens_at in rows:
        if opens_at is not None:
            opens[code].append(opens_at)
        if last_day is None:
            undated.add(code)
        else:
            days[code].append(last_day)
    return {
        code: Pending(min(opens[code], default=None), tuple(sorted(days[code])), code in undated)
        for code in {*days, *undated}
    }
