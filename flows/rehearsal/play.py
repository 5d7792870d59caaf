"""Playing a rehearsal: the clock goes from act to act and from tick to tick, the program does the rest.

Agencies hand in real files through the real intake; reminders leave over SMTP and Zalo; consolidation
runs because inputs arrived, never because this module says so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, time
from heapq import merge

from sqlmodel import col, select

from dashboard.words import TRIGGERS
from flows.jobs import rounds
from flows.rehearsal.deeds import DEEDS, name_of
from flows.rehearsal.outages import Outage, apply, write_outages
from flows.rehearsal.script import PART_WORDS, Act, Conduct, Script, write_script
from flows.rehearsal.stage import Stage, contact_address
from flows.rehearsal.standins.smtp_sink import SmtpFaults
from flows.runtime import RoundTools
from notifications.words import CHANNELS
from plan.calendar import LOCAL, WorkingCalendar, local_day, local_instant
from plan.database import reading
from plan.dates import days
from plan.definition.periodic import outputs_by_period
from plan.models import ConsolidationRun, Message
from plan.queries.lookup import find_plan, load_calendar
from plan.queries.progress import ObligationView, obligations
from plan.text import number_words

TICKS = (time(7, 0), time(13, 30), time(16, 0))
"""When the scheduled work runs on a working day: opening, after lunch, the last office hour."""
IDLE_TICK = (time(9, 0),)
"""And on a day off, when it must find nothing to send."""
Say = Callable[[datetime, str], None]
"""Told each thing that happens; without words: that the clock has come so far."""
TakeTurn = Callable[[Stage, bool], Iterator[str]]
"""Does the scheduled work of a moment (True: with the rolling drafts) and says what was done."""


@dataclass
class Played:
    """What a rehearsal came to."""

    script: Script
    views: list[ObligationView]
    messages: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Sent, by event and channel."""
    runs: list[ConsolidationRun] = field(default_factory=list)
    outages: list[Outage] = field(default_factory=list)


def play(
    stage: Stage, seed: int, until: datetime, say: Say, take_turn: TakeTurn | None = None
) -> Played:
    """From the clock's start to `until` (UTC); `say` is told each thing that happens. `take_turn`: another
    way of doing the scheduled work than `turn_words`."""
    take_turn = take_turn or turn_words
    with reading(stage.engine) as session:
        plan = find_plan(session, stage.plan_id)
        views = obligations(session, plan, stage.clock())
        calendar = load_calendar(session, plan.id, plan.issued_on.year, until.year)
    script = write_script(views, calendar, seed)
    outages = write_outages(views, calendar)
    _cast(stage, script, say)
    for outage in outages:
        name = CHANNELS[outage.channel]
        say(
            stage.clock(), f"Sự cố: {name} ngừng từ {outage.first:%d/%m} đến {outage.last:%d/%m/%Y}"
        )
    for at, act in _agenda(stage.clock(), until, script.acts, calendar):
        stage.clock.set(at)
        apply(stage, outages, at)
        say(at, "")
        if act is not None:
            for words in DEEDS[act.deed](stage, act, seed):
                say(at, words)
        for words in take_turn(stage, _is_draft_time(at, calendar)):
            say(at, words)
    played = _result(stage, script)
    played.outages = outages
    return played


def _is_draft_time(at: datetime, calendar: WorkingCalendar) -> bool:
    """The rehearsal's rolling draft: at the end of each month (a served plan makes one every night)."""
    local = at.astimezone(LOCAL)
    next_working_day = calendar.add_working_days(local.date(), 1)
    return local.time() == TICKS[-1] and next_working_day.month != local.month


def _cast(stage: Stage, script: Script, say: Say) -> None:
    """Tell who plays what; the one whose address bounces bounces from now on."""
    for agency, part in sorted(script.parts.items()):
        say(stage.clock(), f"Vai diễn: {name_of(stage, agency)} — {PART_WORDS[part]}")
        if part is Conduct.bounce:
            address = contact_address(stage, agency)
            stage.sink.faults = SmtpFaults(recipients={address: "550 5.1.1 No such user"})


def _agenda(
    start: datetime, until: datetime, acts: list[Act], calendar: WorkingCalendar
) -> Iterator[tuple[datetime, Act | None]]:
    """Acts and ticks in order of time."""
    scripted = ((act.at, 1, act) for act in acts if act.at <= until)
    ticks = ((at, 0, None) for at in tick_times(start, until, calendar))
    for at, _, act in merge(ticks, scripted, key=lambda item: item[:2]):
        yield at, act


def tick_times(start: datetime, until: datetime, calendar: WorkingCalendar) -> Iterator[datetime]:
    """When the scheduled work runs between two instants (UTC), in order."""
    for day in days(local_day(start), local_day(until)):
        for clock in TICKS if calendar.is_working(day) else IDLE_TICK:
            at = local_instant(day, clock)
            if start <= at <= until:
                yield at


def turn_words(stage: Stage, nightly: bool) -> Iterator[str]:
    """One turn of the scheduled work, and what it did in words."""
    tools = tools_of(stage)
    done = rounds.run_round(tools)
    reaction = rounds.consolidate_due(tools, stage.plan_id, nightly=nightly)
    if reaction.runs:  # the coordinator hears of them at once, as from the flow
        done.add(rounds.run_round(tools))
    titles = {output.id: output.title for output in outputs_by_period(stage.definition)}
    if sent := done.delivery.sent:
        yield f"Gửi {number_words(len(sent))} tin"
    if refused := done.delivery.refused:
        yield f"{number_words(len(refused))} tin bị từ chối"
    for run in reaction.runs:
        coverage = f"{run.coverage.get('have')}/{run.coverage.get('owed')}"
        yield f"{titles[run.output]}, lần {run.number} ({TRIGGERS[run.trigger]}, {coverage} đầu vào)"
    for output, why in reaction.failed:
        yield f"▲ Không tổng hợp được «{titles[output]}»: {why}"


def tools_of(stage: Stage) -> RoundTools:
    """The stage as the scheduled work takes it."""
    return RoundTools(
        stage.engine, stage.settings, stage.clock, stage.desk, stage.store, stage.open_channel
    )


def _result(stage: Stage, script: Script) -> Played:
    with reading(stage.engine) as session:
        plan = find_plan(session, stage.plan_id)
        played = Played(script, obligations(session, plan, stage.clock()))
        sent = select(Message.event, Message.channel).where(
            col(Message.state).in_(("sent", "delivered"))
        )
        played.messages.update((event, channel) for event, channel in session.exec(sent))
        played.runs = list(
            session.exec(select(ConsolidationRun).order_by(col(ConsolidationRun.id)))
        )
    return played
