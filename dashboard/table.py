"""A table as data: what pages show, files export and the API could give."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

Cell = str | int | float | date | datetime | None


@dataclass(frozen=True)
class Table:
    """What a page shows, as plain values. Instants are written in local time."""

    name: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
