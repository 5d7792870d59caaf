"""What the service that runs around the pages tells of itself. The pages know no scheduler: whoever starts
them hands this in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class CheckLine:
    """One thing looked at. `what_to_do` stands beside a fault."""

    name: str
    ok: bool
    words: str
    what_to_do: str = ""


@dataclass(frozen=True)
class WorkLine:
    """Work that runs by itself, in words; instants are UTC, None: never, or not by the clock."""

    words: str
    last_at: datetime | None
    next_at: datetime | None
    fault: str = ""
    """Why it did not run when it should have; empty: it did."""


@dataclass(frozen=True)
class System:
    """Reads that may take a second; each answers for itself, whatever is down."""

    checks: Callable[[], Sequence[CheckLine]]
    works: Callable[[], Sequence[WorkLine]]
    prefect_url: str = ""
    """Of the scheduler's own pages, on the server's machine."""
