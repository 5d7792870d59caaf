"""One turn of the scheduled work: remind, deliver, consolidate what has become due.

The flows, `dondoc serve` and the rehearsal all turn this one handle; the database says what is due.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from consolidation.triggers import Reaction, react
from flows.clock_guard import require_steady
from intake.files.store import Store
from notifications.channels.base import Channel
from notifications.plan_context import Desk
from notifications.round import Round, remind
from plan.settings import Settings


@dataclass(frozen=True)
class Tools:
    """What a turn works with. `clock` gives UTC instants, real or virtual."""

    engine: Engine
    settings: Settings
    clock: Callable[[], datetime]
    desk: Desk
    store: Store
    open_channel: Callable[[str], Channel]


@dataclass(frozen=True)
class Turned:
    """What a turn did."""

    round: Round
    reaction: Reaction


def turn(tools: Tools, plan_id: str, *, out: Path, nightly: bool = False) -> Turned:
    """Remind and deliver, consolidate, and tell of the fresh runs. Safe to repeat and to run twice.

    `out`: folder consolidated files are exported to. `nightly`: also the rolling drafts.
    """
    require_steady(tools)
    done = _remind(tools, plan_id)
    reaction = react(
        tools.engine,
        tools.store,
        plan_id,
        tools.clock(),
        out=out,
        templates=tools.settings.templates,
        nightly=nightly,
    )
    if reaction.runs:
        done.delivery.add(_remind(tools, plan_id).delivery)
    return Turned(done, reaction)


def _remind(tools: Tools, plan_id: str) -> Round:
    return remind(
        tools.engine,
        plan_id,
        tools.desk,
        tools.open_channel,
        tools.clock,
        pace=tools.settings.pace,
    )
