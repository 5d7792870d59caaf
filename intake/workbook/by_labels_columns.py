"""Finds figures in a table laid out by columns and typed by hand: periods down, indicators across."""

from __future__ import annotations

import re
from collections.abc import Sequence

from intake.files.findings import fault
from intake.workbook.grid import Grid, Located, Spot, is_figure
from intake.workbook.template import FigureLine, TablePlan, plain_label
from intake.workbook.xlsx import cell_name
from plan.definition.appendices import Period


def locate_columns(found: Located, tables: Sequence[TablePlan]) -> None:
    """Each table between its title and the next one's; one without its title is not read."""
    titled = [(_title_row(found, table), table) for table in tables]
    starts = sorted((one for one in titled if one[0] >= 0), key=lambda one: one[0])
    for place, (start, table) in enumerate(starts):
        end = starts[place + 1][0] if place + 1 < len(starts) else len(found.grid.rows)
        _Columns(found, table, start, end).read()


def _title_row(found: Located, table: TablePlan) -> int:
    wanted = set(both_ways(table.table.title))
    for number, row in enumerate(found.grid.rows):
        for content in row:
            if isinstance(content, str) and _titles(content) & wanted:
                return number
    return -1


def _titles(content: str) -> set[str]:
    return set(both_ways(content)) - {""}


class _Columns:
    def __init__(self, found: Located, table: TablePlan, start: int, end: int) -> None:
        self.found, self.table = found, table
        self.grid = found.grid
        self.rows = range(start + 1, end)

    def read(self) -> None:
        periods = self._period_rows()
        if not periods:
            return
        head = range(self.rows.start, min(periods.values()))
        columns = self._columns(head)
        note = self._note_column(head)
        for line, column in columns.items():
            for period, row in periods.items():
                place = (row, note) if note is not None else None
                self.found.spots.append(Spot(self._line(line), period, (row, column), place))

    def _line(self, name: str) -> FigureLine:
        return next(line for line in self.table.lines if line.name == name)

    def _period_rows(self) -> dict[str, int]:
        rows: dict[str, int] = {}
        for row in self.rows:
            for content in self.grid.rows[row]:
                period = None if is_figure(content) else period_of(content, self.table.periods)
                if period is not None and period.key not in rows:
                    rows[period.key] = row
        return rows

    def _columns(self, head: range) -> dict[str, int]:
        """Column by line; a head that fits no line, or two, is asked about."""
        taken: dict[str, int] = {}
        for column in range(max((len(self.grid.rows[row]) for row in head), default=0)):
            words = self._head_words(head, column)
            lines = [line for line in self.table.lines if self._fits(line, words)]
            if len(lines) == 1 and lines[0].name not in taken:
                taken[lines[0].name] = column
            elif lines and words:
                place = cell_name(head[-1], column)
                label = " / ".join(words)
                self.found.findings.append(
                    fault("column.unsure", sheet=self.grid.name, cell=place, label=label)
                )
        return taken

    def _head_words(self, head: range, column: int) -> list[str]:
        """What stands over a column, outermost first; a merged group's name counts to its right."""
        words: list[str] = []
        for row in head:
            content = self.grid.at(row, column)
            text = content if isinstance(content, str) and content.strip() else ""
            if not text and row < head[-1]:
                text = self._group_left(row, column)
            if text:
                words.append(text)
        return words

    def _group_left(self, row: int, column: int) -> str:
        groups = {plain_label(line.indicator.group) for line in self.table.lines}
        for left in range(column, -1, -1):
            content = self.grid.at(row, left)
            if isinstance(content, str) and content.strip():
                return content if plain_label(content) in groups else ""
        return ""

    def _fits(self, line: FigureLine, words: list[str]) -> bool:
        plain = [plain_label(text) for text in words]
        if not plain or plain[-1] not in line.spellings:
            return False
        group = plain_label(line.indicator.group)
        return not group or group in plain[:-1]

    def _note_column(self, head: range) -> int | None:
        for row in head:
            for column, content in enumerate(self.grid.rows[row]):
                if isinstance(content, str) and plain_label(content) == "ghi chu":
                    return column
        return None


# --- Words of a table's head, recognised: periods, «Ghi chú», numbers before a label. Pure.

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
) -> tuple[int, dict[str, int], list[tuple[Period, int]]]:
    """The head's row (-1: none found), column by period, and the heads that stand twice.

    The head is the row that names the most periods; where the table has one period only, its words
    must stand there. What stands beyond «Ghi chú», the last column, is no part of the appendix: sums and
    remarks, our own form's too.
    """
    best: tuple[int, dict[str, int], list[tuple[Period, int]]] = (-1, {}, [])
    for number, row in enumerate(grid.rows[:_HEAD_ROWS]):
        columns: dict[str, int] = {}
        doubled: list[tuple[Period, int]] = []
        for column, content in enumerate(row):
            if columns and _is_note(content):
                break
            period = period_of(content, table.periods)
            if period is None:
                continue
            if period.key in columns:
                doubled.append((period, column))
            else:
                columns[period.key] = column
        if len(columns) > len(best[1]) and _is_head(columns, row, table):
            best = (number, columns, doubled)
    head, columns, doubled = best
    unsure = {period.key for period, _ in doubled}
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
