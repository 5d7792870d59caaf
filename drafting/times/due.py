"""When something is owed: the meanings that time words can have, beyond what the plan format holds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class DueReading:
    """When something is owed.

    `type`: before, by, on, within_month, within_quarter, within_year, recurring, ongoing, relative, none.
    `day` is the last day, or for «before» the day named; `first` where words name one. `every`, of what
    recurs: day, week, month, quarter, half-year, year, or None («định kỳ» alone). `at`: mark, day,
    month, days.
    """

    type: str = "none"
    day: date | None = None
    every: str | None = None
    at: tuple[tuple[str, Any], ...] | None = None
    first: date | None = None

    @property
    def timed(self) -> bool:
        """Whether a reminder can be set by it, or must be asked for."""
        return self.type not in ("none", "ongoing", "relative")

    def as_data(self) -> dict[str, Any]:
        """In JSON's types."""
        data: dict[str, Any] = {
            "type": self.type,
            "date": self.day.isoformat() if self.day else None,
            "every": self.every,
        }
        if self.at is not None:
            data["at"] = {
                key: list(value) if isinstance(value, tuple) else value for key, value in self.at
            }
        if self.first is not None:
            data["from"] = self.first.isoformat()
        return data

    @classmethod
    def from_data(cls, data: dict[str, Any]) -> DueReading:
        """The meaning out of `as_data`."""
        at = data.get("at")
        return cls(
            type=data["type"],
            day=date.fromisoformat(data["date"]) if data["date"] else None,
            every=data["every"],
            at=tuple(
                (key, tuple(value) if isinstance(value, list) else value)
                for key, value in at.items()
            )
            if at is not None
            else None,
            first=date.fromisoformat(data["from"]) if data.get("from") else None,
        )


@dataclass(frozen=True, slots=True)
class Time:
    """Time words found in a text."""

    start: int
    end: int
    words: str
    due: DueReading
    doubt: str = ""
    """A Vietnamese sentence, where the reading should be confirmed."""


NONE = DueReading()


class NamedYear(int):
    """The year a plan's title names: a day without a year is in it, and nobody need be asked."""
