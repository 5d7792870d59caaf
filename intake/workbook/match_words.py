"""Words of a table's head, recognised: periods, «Ghi chú», numbers before a label. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence

from intake.workbook.grid import Grid
from intake.workbook.template import TablePlan, plain_label
from plan.definition.model import Period

_LEADING = re.compile(
    r"""^\s* (?: [-+*•–—]\s* | (?:\d{1,2}\.)*\d{1,2}[.)]?\s+ | \d{1,2}(?:\.\d{1,2})*[.)]\s* |
        [a-zđ][.)]\s* )+""",
    re.IGNORECASE | re.VERBOSE,
)
_NUMBER = re.compile(r"\d{4}")
_HEAD_ROWS = 25
_LONGEST_HEAD = 60


def first_number_off(text: str) -> str:
    """«1.1. Văn bản» → «Văn bản»: a number or letter typed into the label's own cell."""
    return _LEADING.sub("", text)


def both_ways(text: str) -> tuple[str, str]:
    """The label made comparable, as it is and without a number before it."""
    return plain_label(text), plain_label(first_number_off(text))


def period_of(content: object, periods: Sequence[Period]) -> Period | None:
    """The period a head names: its words, or its year and no other period's."""
    if isinstance(content, int | float) and not isinstance(content, bool):
        content = str(int(content)) if float(content).is_integer() else ""
    if not isinstance(content, str) or not content.strip():
        return None
    plain = plain_label(content)
    for period in periods:
        if plain == plain_label(period.label):
            return period
    if len(content) > _LONGEST_HEAD:
        return None
    named = [period for period in periods if period.key in _NUMBER.findall(content)]
    return named[0] if len(named) == 1 else None


def period_columns(
    grid: Grid, table: TablePlan
) -> tuple[int, dict[str, int], list[tuple[str, int]]]:
    """The head's row (-1: none found), column by period, and the heads that stand twice.

    The head is the row that names the most periods; where the table has one period only, its words
    must stand there. What stands beyond «Ghi chú», the last column, is no part of the appendix: sums and
    remarks, our own form's too.
    """
    best: tuple[int, dict[str, int], list[tuple[str, int]]] = (-1, {}, [])
    for number, row in enumerate(grid.rows[:_HEAD_ROWS]):
        columns: dict[str, int] = {}
        doubled: list[tuple[str, int]] = []
        for column, content in enumerate(row):
            if columns and _is_note(content):
                break
            period = period_of(content, table.periods)
            if period is None:
                continue
            if period.key in columns:
                doubled.append((period.label, column))
            else:
                columns[period.key] = column
        if len(columns) > len(best[1]) and _is_head(columns, row, table):
            best = (number, columns, doubled)
    head, columns, doubled = best
    labels = {label for label, _ in doubled}
    unsure = {one.key for one in table.periods if one.label in labels}
    return head, {key: column for key, column in columns.items() if key not in unsure}, doubled


def _is_head(columns: dict[str, int], row: Sequence[object], table: TablePlan) -> bool:
    if len(table.periods) > 1:
        return len(columns) >= min(2, len(table.periods))
    (column,) = columns.values()
    return plain_label(str(row[column])) == plain_label(table.periods[0].label)


def column_of_notes(grid: Grid, head: int) -> int | None:
    """Where «Ghi chú» stands in the head."""
    if not 0 <= head < len(grid.rows):
        return None
    for column, content in enumerate(grid.rows[head]):
        if _is_note(content):
            return column
    return None


def _is_note(content: object) -> bool:
    return isinstance(content, str) and plain_label(content) == "ghi chu"
