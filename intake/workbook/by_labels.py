"""Finds figures in an appendix typed by hand, without hidden keys: by normalised labels.

A label counts when it is one of the spellings the plan knows (the source's misspellings included), or so
near to exactly one of them that nothing else could be meant; then a note says so. A label that stands
twice is told apart by the row it stands under. Whatever is left is asked about, never guessed.
Any grid will do: a sheet, or a table out of a Word report.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from intake.files.findings import fault
from intake.workbook.by_labels_columns import (
    both_ways,
    column_of_notes,
    first_number_off,
    locate_columns,
    period_columns,
    period_of,
)
from intake.workbook.grid import Grid, Located, Spot, has_content, is_figure
from intake.workbook.template import FigureLine, SheetPlan, TablePlan, Template, beside, plain_label
from intake.workbook.xlsx import Place, cell_name
from plan.definition.appendices import Period

ACCEPT = 97.0
"""Likeness from which a label is taken, with a note; measured: one wrong letter in 40 gives 97.5."""
_MARGIN = 4.0
_SUGGEST = 70.0
_ENOUGH_LABELS = 0.5
_TITLE_ROWS = 15


@dataclass(frozen=True)
class _Likeness:
    sheet: SheetPlan
    titled: bool
    share: float
    """Of its labels, how many stand on the sheet."""


def locate(grid: Grid, template: Template) -> Located | None:
    """The appendix this sheet holds, by its title and labels; None when it is like none of them."""
    sheet = recognise(grid, template.sheets)
    if sheet is None:
        return None
    found = Located(grid=grid, sheet=sheet, by_key=False, owners=template.agency_names)
    for table in sheet.tables:
        if table.by_rows:
            _Rows(found, table).read()
    locate_columns(found, [table for table in sheet.tables if not table.by_rows])
    return found


def recognise(grid: Grid, sheets: Iterable[SheetPlan]) -> SheetPlan | None:
    """Which appendix: the one whose labels stand there, its title settling what labels leave open."""
    texts = _texts(grid)
    found = [_likeness(sheet, grid, texts) for sheet in sheets]
    likely = [
        one for one in found if one.share >= _ENOUGH_LABELS or (one.titled and one.share > 0.2)
    ]
    likely.sort(key=lambda one: (one.titled, one.share), reverse=True)
    if not likely:
        return None
    if len(likely) > 1 and (likely[0].titled, likely[0].share) == (
        likely[1].titled,
        likely[1].share,
    ):
        return None
    return likely[0].sheet


def _texts(grid: Grid) -> set[str]:
    """Every text on the sheet made comparable, as it is and without a number before it."""
    texts: set[str] = set()
    for row in grid.rows:
        for content in row:
            if isinstance(content, str) and content.strip():
                texts.update(both_ways(content))
    return texts


def _likeness(sheet: SheetPlan, grid: Grid, texts: set[str]) -> _Likeness:
    lines = [line for line in sheet.lines() if not line.part]
    hits = sum(1 for line in lines if line.spellings & texts)
    title, heading = plain_label(sheet.appendix.title), plain_label(sheet.appendix.heading)
    top = " ".join(
        plain_label(content)
        for row in grid.rows[:_TITLE_ROWS]
        for content in row
        if isinstance(content, str)
    )
    name = plain_label(grid.name).replace(" ", "")
    titled = (
        title in top
        or bool(re.search(rf"\b{re.escape(heading)}\b", top))
        or name in (plain_label(sheet.name), heading.replace(" ", ""))
    )
    return _Likeness(sheet, titled, hits / len(lines) if lines else 0.0)


class _Rows:
    """One table with indicators down and periods across."""

    def __init__(self, found: Located, table: TablePlan) -> None:
        self.found, self.table, self.grid = found, table, found.grid
        self.spellings = {text: line for line in table.lines for text in line.spellings}
        self.matched: dict[str, int] = {}
        """Line → row, in the order met."""
        self.doubled: set[str] = set()

    def read(self) -> None:
        head, columns, doubled = period_columns(self.grid, self.table)
        for period, column in doubled:
            self._say("column.twice", (head, column), period=period.key, label=period.label)
        if head < 0:
            return
        twice = {period.key for period, _ in doubled}
        order = [period.key for period in self.table.periods]
        for period in self.table.periods:
            if period.key not in columns and period.key not in twice:
                self._column_missing(period, (head, beside(columns, order, period.key)[0]))
        self._rows(head, columns)

    def _column_missing(self, period: Period, place: Place) -> None:
        """Told where the column would stand, with the words found there instead."""
        shown = self.grid.at(*place)
        known = (
            isinstance(shown, str) and shown.strip() and not period_of(shown, self.table.periods)
        )
        instead = f"; ở chỗ của cột đang ghi «{str(shown).strip()[:60]}»" if known else ""
        self._say("column.missing", place, period=period.key, label=period.label, instead=instead)

    def _rows(self, head: int, columns: dict[str, int]) -> None:
        first = min(columns.values(), default=0)
        labels = self._label_column(head, first)
        note = column_of_notes(self.grid, head)
        rows: dict[str, int] = {}
        for row in range(head + 1, len(self.grid.rows)):
            line = self._line(row, labels, list(columns.values()))
            if line is not None and self._once(line, row, labels, rows):
                rows[line.name] = row
        for name, row in rows.items():
            if name not in self.doubled:
                self._spots(self.spots_line(name), row, columns, note)

    def spots_line(self, name: str) -> FigureLine:
        return next(line for line in self.table.lines if line.name == name)

    def _spots(self, line: FigureLine, row: int, columns: dict[str, int], note: int | None) -> None:
        for period, column in columns.items():
            place = (row, note) if note is not None else None
            self.found.spots.append(Spot(line, period, (row, column), place))

    def _label_column(self, head: int, first: int) -> int:
        """The column left of the figures where the most labels stand."""
        hits = [
            sum(1 for row in range(head + 1, len(self.grid.rows)) if self._exact(row, column))
            for column in range(max(first, 1))
        ]
        return hits.index(max(hits))

    def _exact(self, row: int, column: int) -> bool:
        content = self.grid.at(row, column)
        if not isinstance(content, str) or not content.strip():
            return False
        return any(text in self.spellings for text in both_ways(content))

    def _line(self, row: int, column: int, figures: list[int]) -> FigureLine | None:
        """The line this row is; a row that has figures and can't be told is asked about."""
        content = self.grid.at(row, column)
        if not isinstance(content, str) or not content.strip():
            return None
        line = self._by_spelling(content)
        if line is not None:
            self.matched[line.name] = row
            return line
        if any(is_figure(self.grid.at(row, one)) for one in figures):
            return self._asked(content, (row, column))
        return None

    def _by_spelling(self, content: str) -> FigureLine | None:
        for text in both_ways(content):
            candidates = [line for line in self.table.lines if text in line.spellings]
            if len(candidates) == 1:
                return candidates[0]
            if candidates:
                return self._under_parent(candidates)
        return None

    def _under_parent(self, candidates: list[FigureLine]) -> FigureLine | None:
        """Of lines with the same label, the one whose parent was met last; none: it can't be told."""
        parents = {self._parent(line): line for line in candidates}
        met = [name for name in self.matched if name in parents]
        return parents[met[-1]] if met else None

    def _parent(self, line: FigureLine) -> str:
        if line.part:
            return line.whole
        return f"{line.appendix}.{line.indicator.parent}" if line.indicator.parent else ""

    def _asked(self, content: str, place: Place) -> FigureLine | None:
        """Near enough to one label alone: taken, and said. Otherwise asked, with the nearest named."""
        plain = plain_label(first_number_off(content))
        hits = process.extract(plain, list(self.spellings), scorer=fuzz.ratio, limit=3)
        near = [(text, score) for text, score, _ in hits]
        best = self.spellings[near[0][0]] if near else None
        if best is None or near[0][1] < _SUGGEST:
            self._say("row.unsure", place, label=content[:120], hint="")
            return None
        others = [score for text, score in near[1:] if self.spellings[text] is not best]
        alone = not others or near[0][1] - others[0] >= _MARGIN
        if near[0][1] >= ACCEPT and alone and len(self._same_label(best)) == 1:
            self._say("row.near", place, best.name, label=content[:120], wanted=best.label)
            self.matched[best.name] = place[0]
            return best
        hint = f" (có phải «{best.label}» không?)"
        self._say("row.unsure", place, label=content[:120], hint=hint)
        return None

    def _same_label(self, line: FigureLine) -> list[FigureLine]:
        return [one for one in self.table.lines if one.spellings & line.spellings]

    def _once(self, line: FigureLine, row: int, labels: int, rows: dict[str, int]) -> bool:
        """Whether this is the first row of the line; a second one spoils both."""
        if line.name not in rows:
            return True
        if has_content(self.grid.at(row, labels)):
            first = rows[line.name] + 1
            self._say(
                "row.twice", (row, labels), line.name, label=line.label, first=first, second=row + 1
            )
        self.doubled.add(line.name)
        return False

    def _say(
        self, code: str, place: Place, indicator: str = "", period: str = "", **words: object
    ) -> None:
        where = {
            "sheet": self.grid.name,
            "cell": cell_name(*place),
            "indicator": indicator,
            "period": period,
        }
        # Words are for the text, never a place: that is what the checker cannot see.
        self.found.findings.append(fault(code, **where, **words))  # type: ignore[arg-type]
