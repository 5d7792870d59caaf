"""Where figures stand in a sheet, whether found by key or by label."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from intake.workbook.grid import Grid
from intake.workbook.numbers import Exact, Pair, read_number
from intake.workbook.template import Line, SheetPlan
from intake.workbook.xlsx import Place
from plan.ledger.filing import FoundFault


@dataclass(
    slots=True
)  # not frozen: hundreds are made a file, and a frozen one costs three times as much
class Spot:
    """The cell of one figure."""

    line: Line
    period: str
    place: Place
    note: Place | None = None
    """Where its row's «Ghi chú» stands."""


@dataclass
class Located:
    """One appendix found on one sheet."""

    grid: Grid
    sheet: SheetPlan
    spots: list[Spot] = field(default_factory=list)
    findings: list[FoundFault] = field(default_factory=list)
    by_key: bool = True
    file: str = ""
    """The file's name, for values and findings."""
    owners: Mapping[str, str] = field(default_factory=dict)
    """Agencies' names by id, for what is said of a row that another one fills in."""

    @property
    def filled(self) -> bool:
        """Whether anything at all stands in its cells."""
        return any(has_content(self.grid.at(*spot.place)) for spot in self.spots)


_DIGIT = re.compile(r"\d")


def has_content(content: object) -> bool:
    """Whether a cell says anything."""
    return content is not None and (not isinstance(content, str) or bool(content.strip()))


def is_figure(content: object) -> bool:
    """Whether a cell holds a number, or a text that is nothing but numbers («1.234», «12/15»)."""
    if isinstance(content, str):
        has_digits = bool(_DIGIT.search(content))
        return has_digits and isinstance(read_number(content), Exact | Pair)
    return isinstance(content, int | float) and not isinstance(content, bool)
