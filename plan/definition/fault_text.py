"""A fault of a plan's files, and where every value of a plan is written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from plan.definition.yaml_lines import KeyPath
from plan.errors import DondocError


@dataclass(frozen=True, order=True)
class Fault:
    """One thing wrong: file, 1-based line (0: the whole file), path in the plan, what to do."""

    file: str
    line: int
    path: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.path}: {self.message}" if self.path else f"{place}: {self.message}"


class PlanFaults(DondocError):
    """A plan that cannot be used; carries every fault, in the order of files and lines."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = sorted(set(faults))
        listed = "\n".join(str(fault) for fault in self.faults)
        super().__init__(f"Kế hoạch có {len(self.faults)} lỗi:\n{listed}")


@dataclass(frozen=True)
class Place:
    """A file and a 1-based line in it (0: the whole file)."""

    file: str
    line: int


class Positions:
    """File and line of every value of a plan, by its path (`("agencies", 0, "id")`)."""

    def __init__(self, data: Mapping[str, Any], places: Mapping[KeyPath, Place]) -> None:
        self._data = data
        self._places = places

    def at(self, *path: str | int) -> Place:
        """Where the value stands; for one that is not written, the nearest part around it."""
        for end in range(len(path), -1, -1):
            if path[:end] in self._places:
                return self._places[path[:end]]
        return Place("", 0)

    def fault(self, path: KeyPath, message: str) -> Fault:
        """The fault at this path, with its place and the path in readable form."""
        place = self.at(*path)
        return Fault(place.file, place.line, self.named(path), message)

    def named(self, path: KeyPath) -> str:
        """The path with ids in place of numbers: `deliverables[district-report].due.words`."""
        words, here = "", self._data
        for step in path:
            here = _into(here, step)
            if isinstance(step, int):
                words += f"[{_name(here) or step}]"
            else:
                words += f".{step}" if words else step
        return words


def near(name: str, known: Iterable[str]) -> str:
    """« Có phải «x» không?» for the known name nearest to this one, or nothing."""
    close = get_close_matches(name, sorted(set(known)), n=1, cutoff=0.5)
    return f" Có phải «{close[0]}» không?" if close else ""


def _into(value: Any, step: str | int) -> Any:
    try:
        return value[step]
    except (KeyError, IndexError, TypeError):
        return None


def _name(value: Any) -> str:
    if not isinstance(value, dict):
        return ""
    for key in ("id", "code", "key"):
        if isinstance(value.get(key), str):
            return str(value[key])
    return ""
