"""How long what a decision tells is held, and of which decisions. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta

from plan.states import Actor

UNDO_WITHIN = timedelta(minutes=1)
HELD_EVENTS = frozenset(
    {
        "obligation.accepted",
        "obligation.returned",
        "obligation.waived",
        "obligation.restored",
    }
)
"""Events of the trail, and of what is told, that may be undone when decided on a page."""


def held_until(audit_event: str, actor: Actor, now: datetime) -> datetime | None:
    """Until when (UTC) what this tells waits; None: it is told at once."""
    held = actor.origin == "web" and audit_event in HELD_EVENTS
    return now + UNDO_WITHIN if held else None
