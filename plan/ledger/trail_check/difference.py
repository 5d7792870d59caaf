"""What the check finds, and how a row is held against what was told of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plan.ledger.core import plain
from plan.ledger.names import BLANK
from plan.models import AuditEvent


@dataclass(frozen=True)
class Difference:
    """A row of a table that is not as the trail tells it. `row` 0: it is gone, or cannot be told which."""

    table: str
    row: int
    subject: str
    words: str


def differing(row: object, told: Mapping[str, Any]) -> Iterator[str]:
    """Of what was told of a row, by column, what stands there otherwise, in words."""
    for name, said in told.items():
        stands = plain(getattr(row, name))
        if instant(stands) != instant(said):
            yield f"{name}: sổ ghi {said}, trong bảng là {stands}"


def other_name(stands: str, event: AuditEvent) -> str | None:
    """Words where the name that stands beside a deed is not that of whoever did it. A name that was taken out
    since is none; rows of the trail from before names stood apart keep it."""
    known = {event.actor} | ({BLANK} if event.person_id is None else set())
    if event.actor == BLANK or stands in known:
        return None
    return f"sổ ghi {event.actor} làm, trong bảng là {stands}"


def instant(value: Any) -> Any:
    """A moment as a moment: in rows from before, the trail wrote it in whatever zone it was told in."""
    if isinstance(value, str) and "T" in value:
        with suppress(ValueError):
            return datetime.fromisoformat(value)
    return value
