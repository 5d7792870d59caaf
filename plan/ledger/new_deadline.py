"""What a decision on a deadline says: the new days, in which words, on what ground and by which document."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from plan.deadlines.windows import Window


@dataclass(frozen=True)
class Basis:
    """Why a deadline is what it is, and the document that says so, where there is one: its number and its
    local day."""

    reason: str
    document_number: str = ""
    document_on: date | None = None


@dataclass(frozen=True)
class NewDeadline:
    """A version of an obligation's deadline. `window` None: it has no last day any more; `kind`: plan,
    amendment, extension, internal, calendar, event; `words`: as people read them."""

    window: Window | None
    kind: str
    words: str
    basis: Basis


@dataclass(frozen=True)
class Amendment:
    """A document gives a milestone's obligations the last good local day `until`."""

    until: date
    basis: Basis


def projection(window: Window | None) -> dict[str, Any]:
    """What an obligation and its deadline keep of a window, by column."""
    names = ("opens_at", "due_at", "last_day", "last_working_day")
    return {name: getattr(window, name, None) for name in names}
