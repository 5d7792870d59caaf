"""Finds figures in a table laid out by columns and typed by hand: periods down, indicators across."""

from __future__ import annotations

from collections.abc import Sequence

from intake.files.findings import fault
from intake.workbook.located import Located, Spot, is_figure
from intake.workbook.match_words import both_ways, period_of
from intake.workbook.template import Line, TablePlan, plain_label
from intake.workbook.xlsx import cell_name


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

    def _line(self, name: str) -> Line:
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

    def _fits(self, line: Line, words: list[str]) -> bool:
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
