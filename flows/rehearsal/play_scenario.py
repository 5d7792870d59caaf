"""Playing several plans at once: each begins on the day it is issued, the one round serves them all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from heapq import merge
from itertools import takewhile
from pathlib import Path
from random import Random

from sqlmodel import col, select

from flows.jobs import rounds
from flows.rehearsal.check import Verdict, check
from flows.rehearsal.check_sums import sum_faults
from flows.rehearsal.deeds import REVIEWER
from flows.rehearsal.monthly import workbook
from flows.rehearsal.play import TICKS, Say, tick_times, tools_of
from flows.rehearsal.run import CLOSES, OPENS
from flows.rehearsal.scenario import HandIn, scenario_plans, story
from flows.rehearsal.script import REVIEW_AT
from flows.rehearsal.stage import Stage, set_up
from flows.runtime import RoundTools
from intake.submit import SubmissionContext, file_duty, submit_files
from plan import ledger
from plan.calendar import LOCAL, local_day, local_instant
from plan.database import reading, writing
from plan.definition.model import PlanDefinition
from plan.importing.plan import load_plan
from plan.ledger import start_plan
from plan.models import Obligation
from plan.queries.lookup import find_plan, load_calendar
from plan.queries.progress import obligations
from plan.settings import REHEARSAL_MARK
from plan.states import LOADER, Actor, Role, State


def rehearse_many(
    out: Path, seed: int, until: date | None, say: Say, communes: int | None = None
) -> Verdict:
    """Play the three plans (to `until`, a local day) into `out`, and check what was sent; the same seed, the
    same story. `communes`: so many of them only."""
    definitions = scenario_plans(communes)
    opens_at, ends_at = span_of(definitions, until)
    with set_up(out, definitions[0], opens_at, followers=False) as stage:
        begun = _play(stage, definitions, seed, ends_at, say)
        verdict = check(stage.engine, begun, out / "outbox", ends_at)
        wrong = sum_faults(stage.engine, definitions[0], out / "output")
        verdict = replace(verdict, faults=(*verdict.faults, *wrong))
    (out / REHEARSAL_MARK).write_text(ends_at.isoformat(), encoding="ascii")
    return verdict


def span_of(definitions: Sequence[PlanDefinition], until: date | None) -> tuple[datetime, datetime]:
    """The first and the last instant (UTC) of the plans together."""
    first = min(one.issued_on for one in definitions)
    last = until or max(one.ends_on or one.issued_on for one in definitions)
    return datetime.combine(first, OPENS, LOCAL), datetime.combine(last, CLOSES, LOCAL)


def _play(
    stage: Stage, definitions: Sequence[PlanDefinition], seed: int, until: datetime, say: Say
) -> list[PlanDefinition]:
    """Gives the plans that have begun by the end."""
    rng, tools = Random(seed), tools_of(stage)
    ahead, begun = list(definitions[1:]), [stage]
    waiting = _story(stage, rng)
    with reading(stage.engine) as session:
        calendar = load_calendar(session, stage.plan_id, until.year)
    for at in _moments(list(tick_times(stage.clock(), until, calendar))):
        while ahead and ahead[0].issued_on <= local_day(at):
            stage.clock.set(at)
            begun.append(_begin(stage, ahead.pop(0), at))
            waiting = sorted([*waiting, *_story(begun[-1], rng)])
            say(at, f"Bắt đầu {begun[-1].definition.number}")
        came = list(takewhile(lambda one: one.at <= at, waiting))  # noqa: B023 - used at once
        waiting = waiting[len(came) :]
        for one in came:
            stage.clock.set(one.at)
            _hand_in(next(some for some in begun if some.plan_id == one.plan), one)
        stage.clock.set(at)
        say(at, f"{len(came)} bản nộp" if came else "")
        if at.astimezone(LOCAL).time() == REVIEW_AT:
            _accept_all(stage, at)
            _consolidate(stage, tools, say)
        if sent := rounds.run_round(tools).delivery.sent:
            say(at, f"Gửi {len(sent)} tin")
    return [one.definition for one in begun]


def _moments(ticks: Sequence[datetime]) -> Iterator[datetime]:
    """The ticks, and on working days Sở Nội vụ's hour of looking through what came."""
    days = {local_day(at) for at in ticks if at.astimezone(LOCAL).time() in TICKS}
    return merge(ticks, (local_instant(day, REVIEW_AT) for day in sorted(days)))


def _begin(stage: Stage, definition: PlanDefinition, at: datetime) -> Stage:
    with writing(stage.engine) as session:
        load_plan(session, definition, now=at)
        start_plan(session, definition.id, actor=LOADER, now=at)
    return replace(stage, plan_id=definition.id, definition=definition)


def _story(stage: Stage, rng: Random) -> list[HandIn]:
    with reading(stage.engine) as session:
        plan = find_plan(session, stage.plan_id)
        views = obligations(session, plan, stage.clock())
        first, last = plan.issued_on.year, (plan.ends_on or plan.issued_on).year
        calendar = load_calendar(session, plan.id, *range(first, last + 1))
    return sorted(story(plan.id, views, calendar, rng))


def _hand_in(stage: Stage, one: HandIn) -> None:
    """A workbook where the plan asks for figures, else the document by its number."""
    actor = Actor(f"Văn thư {one.agency}", Role.agency, frozenset({one.agency}), "rehearsal")
    name, _, period = one.obligation.partition("/")[2].partition("@")
    part = next(part for part in stage.definition.deliverables if part.id == name)
    if part.appendix:
        data = workbook(stage.definition, one.agency, period, local_day(one.at))
        files = [(f"so-lieu-{one.agency}-{period}.xlsx", data)]
        submit_files(
            SubmissionContext(stage.engine, stage.store, one.plan, actor, one.at),
            one.agency,
            files,
            only=one.obligation,
        )
        return
    file_duty(
        SubmissionContext(stage.engine, stage.store, one.plan, actor, one.at),
        one.obligation,
        evidence=f"Báo cáo của {one.agency}, {one.at.astimezone(LOCAL):%d/%m/%Y}",
    )


def _consolidate(stage: Stage, tools: RoundTools, say: Say) -> None:
    """What is due of the first plan, the one that is put together each month."""
    did = rounds.consolidate_due(tools, stage.plan_id)
    for run in did.runs:
        say(stage.clock(), f"Tổng hợp {run.output}, lần {run.number}: {run.coverage['words']}")
    for output, why in did.failed:
        say(stage.clock(), f"▲ Không tổng hợp được {output}: {why}")


def _accept_all(stage: Stage, at: datetime) -> None:
    """Sở Nội vụ accepts what waits, of every plan."""
    waiting = (
        select(Obligation.id)
        .where(Obligation.state == State.submitted)
        .order_by(col(Obligation.id))
    )
    with writing(stage.engine) as session:
        for key in session.exec(waiting).all():
            ledger.accept(session, key or 0, actor=REVIEWER, now=at)
