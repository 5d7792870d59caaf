"""What the scheduled work is done with; made by `flows.jobs.rounds`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from intake.files.store import Store
from notifications.channels.base import Channel
from notifications.plan_context import Messaging
from plan.settings import Settings


@dataclass(frozen=True)
class RoundTools:
    """What a round works with. `clock` gives UTC instants, real or virtual."""

    engine: Engine
    settings: Settings
    clock: Callable[[], datetime]
    desk: Messaging
    store: Store
    open_channel: Callable[[str], Channel]
