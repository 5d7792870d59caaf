"""The work beneath the flows: plain functions, run by Prefect's clock, by tests, or by hand.

Each reconciles with the database as of now: whatever was missed is made good, once, and running any of
them twice, or two at once, does no harm. `tools.clock` gives UTC instants.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from sqlalchemy import Engine, func
from sqlmodel import col, select

from consolidation.claim import OutputOptions
from consolidation.runs import Progress
from consolidation.triggers import Reaction, react
from flows.clock import service_clock
from flows.runtime import RoundTools
from intake.files.store import Store
from notifications import round as reminder_round
from notifications.channels.registry import make_channel
from notifications.channels.zalo.tokens import DatabaseTokenStore
from notifications.notices.events import plans_waiting
from notifications.outbox.delivery import TakeTurn, always
from notifications.outbox.reports import fetch_bounces
from notifications.outbox.result import DeliveryResult
from notifications.plan_context import messaging_from
from notifications.reminders import tick
from notifications.round import Round
from plan.database import open_engine, reading
from plan.keys.secret import secret_key
from plan.models import (
    EventDelivery,
    Message,
    Milestone,
    OutgoingEvent,
)
from plan.queries.lookup import find_plan
from plan.queries.progress import ObligationView, obligations
from plan.settings import Settings, get_settings


def make_tools(settings: Settings, engine: Engine | None = None) -> RoundTools:
    """What the work is done with: database, clock, templates, channels, store."""
    opened = engine or open_engine(settings.resolved_database_url)
    clock = service_clock(settings, opened)
    tokens = DatabaseTokenStore(opened, secret_key(settings), clock)
    return RoundTools(
        engine=opened,
        settings=settings,
        clock=clock,
        desk=messaging_from(settings),
        store=Store(settings.resolved_store_url),
        open_channel=lambda name: make_channel(name, settings, clock, tokens),
    )


@lru_cache(maxsize=1)
def installed() -> RoundTools:
    """The tools of this process, made when first asked for."""
    return make_tools(get_settings())


# --- a milestone ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class MilestoneLook:
    """A milestone as of a moment."""

    plan: str
    milestone: str
    title: str
    at: datetime
    views: tuple[ObligationView, ...]

    @property
    def owing(self) -> list[ObligationView]:
        """Not handed in, or given back."""
        return [view for view in self.views if not view.nothing_owed]

    @property
    def accepted(self) -> int:
        return sum(view.state in ("accepted", "waived") for view in self.views)

    @property
    def complete(self) -> bool:
        """Every obligation accepted or waived."""
        return bool(self.views) and self.accepted == len(self.views)


def look(tools: RoundTools, plan_id: str, milestone: str) -> MilestoneLook:
    """Who owes what of a milestone, now. Reads only."""
    now = tools.clock()
    with reading(tools.engine) as session:
        plan = find_plan(session, plan_id)
        title = session.exec(
            select(Milestone.title).where(Milestone.plan_id == plan_id, Milestone.code == milestone)
        ).first()
        views = obligations(session, plan, now, milestone=milestone)
        return MilestoneLook(
            plan.short or plan.id, milestone, title or milestone, now, tuple(views)
        )


def anything_due(tools: RoundTools, plan_id: str) -> bool:
    """Whether in any running plan a rung has come, something happened that is not told, a message waits or
    was left half sent; or in this plan something is not consolidated. Most looks find nothing: this
    spares them their tasks. Reads only."""
    now = tools.clock()
    if tick.anything_due(tools.engine, "", now) or plans_waiting(tools.engine):
        return True
    questions = (
        select(EventDelivery.event_id)
        .join(OutgoingEvent, col(OutgoingEvent.id) == EventDelivery.event_id)
        .where(
            OutgoingEvent.plan_id == plan_id,
            EventDelivery.consumer == "consolidate",
            col(EventDelivery.done_at).is_(None),
        ),
        select(Message.id).where(
            col(Message.next_attempt_at) <= now,
            col(Message.state).in_(("queued", "failed", "sending")),
        ),
    )
    with reading(tools.engine) as session:
        return any(session.exec(question.limit(1)).first() is not None for question in questions)


def run_round(
    tools: RoundTools, plan_id: str = "", *, rungs: bool = True, take_turn: TakeTurn = always
) -> Round:
    """The one reminder round (`notifications.round`), with what this
    installation gives it. Without `plan_id`: over all running plans."""
    return reminder_round.run_round(
        tools.engine,
        plan_id,
        tools.desk,
        tools.open_channel,
        tools.clock,
        rungs=rungs,
        pace=tools.settings.pace,
        take_turn=take_turn,
    )


def deliver(tools: RoundTools, take_turn: TakeTurn = always) -> DeliveryResult:
    """What waits, of every plan, and nothing new."""
    return reminder_round.deliver(
        tools.engine,
        tools.desk,
        tools.open_channel,
        tools.clock,
        pace=tools.settings.pace,
        take_turn=take_turn,
    )


def read_bounces(tools: RoundTools) -> int:
    """Returned mail, read before anything is sent; gives how many."""
    return fetch_bounces(tools.engine, tools.settings, tools.desk, tools.clock())


# --- inputs that arrive --------------------------------------------------------------------------


def arrivals(engine: Engine) -> dict[str, int]:
    """By plan, the newest decision that consolidation has not taken in yet (an outgoing event's id)."""
    with reading(engine) as session:
        rows = session.exec(
            select(OutgoingEvent.plan_id, func.max(OutgoingEvent.id))
            .join(EventDelivery, col(EventDelivery.event_id) == OutgoingEvent.id)
            .where(EventDelivery.consumer == "consolidate", col(EventDelivery.done_at).is_(None))
            .group_by(OutgoingEvent.plan_id)
        )
        return {plan_id: newest for plan_id, newest in rows if newest is not None}


def consolidate_due(
    tools: RoundTools,
    plan_id: str,
    *,
    nightly: bool = False,
    confirmed: Collection[str] = (),
    progress: Progress | None = None,
) -> Reaction:
    """Take in what was decided and make every output that has become due; the same inputs, once."""
    return react(
        tools.engine,
        tools.store,
        plan_id,
        tools.clock(),
        OutputOptions(
            out=tools.settings.home.resolve() / "output",
            templates=tools.settings.templates,
            count_pages=tools.settings.count_pages,
        ),
        nightly=nightly,
        confirmed=confirmed,
        progress=progress,
    )
