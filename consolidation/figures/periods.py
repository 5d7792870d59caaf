"""The columns of an output of one period: its own periods, their sum, the year so far, the year before. Pure.

Whoever hands in gives the figure of the one period, once; what is added up or compared over time is worked
out (`consolidation.figures.columns`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from plan.dates import days_of_key, year_before
from plan.definition.appendices import Period
from plan.definition.model import Output, PlanDefinition
from plan.definition.periodic import output_parts, periods_of, periods_read
from plan.text import period_words

SO_FAR = "luy-ke"
"""Key of the column of the year so far."""


@dataclass(frozen=True)
class Column:
    """A column worked out of periods that were handed in."""

    period: Period
    of: tuple[str, ...]


@dataclass(frozen=True)
class Columns:
    """What stands side by side in the table of an output of one period."""

    own: tuple[Period, ...] = ()
    """What was handed in for it."""
    made: tuple[Column, ...] = ()

    @property
    def periods(self) -> tuple[Period, ...]:
        return (*self.own, *(one.period for one in self.made))

    @property
    def own_keys(self) -> frozenset[str]:
        return frozenset(one.key for one in self.own)

    @property
    def earlier(self) -> tuple[str, ...]:
        """The periods needed besides its own."""
        needed = (key for one in self.made for key in one.of if key not in self.own_keys)
        return tuple(dict.fromkeys(needed))


def columns_of(definition: PlanDefinition, output: Output) -> Columns:
    """The columns of an output of one period; none of another output."""
    period = output_parts(output.id)[1]
    if not period:
        return Columns()
    known = _known(definition, output)
    own = [key for key in known if key in periods_read(output)]
    year = period[:4]
    so_far = [key for key in known if key[:4] == year and key <= own[-1]] if own else []
    before = [year_before(key) for key in own]
    made = []
    if own != [period]:
        made.append(_column(period, period, own))
    if len(so_far) > len(own):
        made.append(_column(SO_FAR, own[-1], so_far, f"Lũy kế từ {period_words(so_far[0])}"))
    if definition.follows or set(before) & set(known):
        made.append(_column(year_before(period), year_before(period), before))
    return Columns(tuple(period_called(key, key) for key in own), tuple(made))


def _known(definition: PlanDefinition, output: Output) -> list[str]:
    """Every period that figures are handed in for, in order."""
    parts = [part for part in definition.deliverables if part.id in output.inputs]
    keys = {key for part in parts for key in periods_of(definition, part)}
    return sorted(keys, key=days_of_key)


def period_called(key: str, ends: str, label: str = "") -> Period:
    words = period_words(ends)
    return Period(
        key=key, label=label or words[:1].upper() + words[1:], ends_on=days_of_key(ends)[1]
    )


def _column(key: str, ends: str, of: Sequence[str], label: str = "") -> Column:
    return Column(period_called(key, ends, label), tuple(of))
