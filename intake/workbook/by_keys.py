"""Finds figures by the hidden keys of a workbook made by `blank`: never by label, never by place.

Labels are only looked at to notice a row or a column whose words were changed under its key: then it is
not sure whose the figures are, and none is taken.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from intake.files.findings import fault
from intake.workbook.grid import Grid, Located, Spot, has_content, is_figure
from intake.workbook.template import (
    COLUMN_MARK,
    NOTE,
    ROW_MARK,
    SHEET_MARK,
    TABLE_MARK,
    FigureLine,
    SheetPlan,
    TablePlan,
    Template,
    beside,
    plain_label,
)
from intake.workbook.xlsx import Place, cell_name

LABEL = "label"
"""Column key of «Chỉ tiêu», or of the period's name."""
_KEY_COLUMNS = 4
_SAME_WORDS = 88.0


@dataclass(frozen=True)
class Mark:
    """What a sheet says of itself: plan, agency, appendix, template version."""

    plan: str
    agency: str
    sheet: str
    version: str


def read_mark(text: object) -> Mark | None:
    """The mark in A1, or on the hidden sheet; None for anything else."""
    if not isinstance(text, str) or not text.startswith(SHEET_MARK):
        return None
    parts = text.removeprefix(SHEET_MARK).split("/")
    return Mark(*parts) if len(parts) == 4 else None


def sheet_mark(grid: Grid) -> Mark | None:
    """The first mark in the sheet's upper left corner."""
    for row in grid.rows[:6]:
        for content in row[:_KEY_COLUMNS]:
            if mark := read_mark(content):
                return mark
    return None


def locate(grid: Grid, template: Template) -> Located | None:
    """The appendix this sheet holds, by its keys; None when it has none of ours."""
    key_column = _key_column(grid)
    if key_column is None:
        return None
    blocks = list(_blocks(grid, key_column))
    sheet = _sheet_of(blocks, template)
    if sheet is None:
        return None
    found = Located(grid=grid, sheet=sheet, owners=template.agency_names)
    for block in blocks:
        table = template.tables.get(block.name)
        if table is not None and block.name.startswith(sheet.name):
            _Reader(found, table, block).read()
    return found


def _key_column(grid: Grid) -> int | None:
    for column in range(_KEY_COLUMNS):
        for row in grid.rows:
            content = row[column] if column < len(row) else None
            if isinstance(content, str) and content.startswith(TABLE_MARK):
                return column
    return None


@dataclass
class _Block:
    """The rows from one table's key row to the next's."""

    name: str
    row: int
    columns: dict[str, list[int]]
    keys: list[tuple[int, str]] = field(default_factory=list)
    """Row and key of each keyed row; the key is empty for a row between them that has none."""


def _blocks(grid: Grid, key_column: int) -> Iterator[_Block]:
    block: _Block | None = None
    for number, row in enumerate(grid.rows):
        key = row[key_column] if key_column < len(row) else None
        text = key if isinstance(key, str) else ""
        if text.startswith(TABLE_MARK):
            if block is not None:
                yield block
            block = _Block(text.removeprefix(TABLE_MARK), number, _columns(row))
        elif block is not None:
            name = text.removeprefix(ROW_MARK) if text.startswith(ROW_MARK) else ""
            block.keys.append((number, name))
    if block is not None:
        yield block


def _columns(row: list[object]) -> dict[str, list[int]]:
    columns: dict[str, list[int]] = {}
    for number, content in enumerate(row):
        if isinstance(content, str) and content.startswith(COLUMN_MARK):
            columns.setdefault(content.removeprefix(COLUMN_MARK), []).append(number)
    return columns


def _sheet_of(blocks: list[_Block], template: Template) -> SheetPlan | None:
    for block in blocks:
        for sheet in template.sheets:
            if block.name in {table.name for table in sheet.tables}:
                return sheet
    return None


class _Reader:
    """Turns one block into spots."""

    def __init__(self, found: Located, table: TablePlan, block: _Block) -> None:
        self.found, self.table, self.block = found, table, block
        self.grid = found.grid
        self.lines = {line.name: line for line in table.lines}
        self.figures = self._figure_columns()

    def read(self) -> None:
        rows = self._rows()
        for number, key in rows:
            if key and (self._known(key, number)):
                self._row(number, key)
        self._loose_rows(rows)

    def _figure_columns(self) -> dict[str, int]:
        """Column by period (rows) or by line (columns); of a copied column the first counts."""
        wanted = (
            [period.key for period in self.table.periods]
            if self.table.by_rows
            else [line.name for line in self.table.lines]
        )
        columns: dict[str, int] = {}
        there = {key: places[0] for key, places in self.block.columns.items()}
        for key in wanted:
            places = self.block.columns.get(key, [])
            if not places:
                place = beside(there, wanted, key)[0]
                self._say_column("column.missing", place, key, label=self._head(key), instead="")
            elif len(places) > 1:
                self._say_column("column.twice", places[1], key, label=self._head(key))
            elif self._column_holds(key, places[0]):
                columns[key] = places[0]
        return columns

    def _head(self, key: str) -> str:
        if self.table.by_rows:
            return next(period.label for period in self.table.periods if period.key == key)
        return self.lines[key].label

    def _column_holds(self, key: str, column: int) -> bool:
        """Whether the head under the key still says what the key says (another period's does not)."""
        if not self.table.by_rows:
            return True
        wanted = self._head(key)
        shown = self.grid.at(self.block.row + 1, column)
        if not isinstance(shown, str) or shown == wanted:
            return True
        plain = plain_label(shown)
        others = {plain_label(one.label) for one in self.table.periods if one.key != key}
        if plain not in others:
            return True
        self._say_column("column.relabelled", column, key, found=shown, wanted=wanted)
        return False

    # --- rows

    def _rows(self) -> list[tuple[int, str]]:
        """Keyed rows, a key that stands twice told; of those only one with figures is kept."""
        seen: dict[str, int] = {}
        kept: list[tuple[int, str]] = []
        for number, key in self.block.keys:
            if not key:
                kept.append((number, key))
                continue
            if key not in seen:
                seen[key] = number
                kept.append((number, key))
                continue
            kept = self._settle(kept, key, seen, number)
        return kept

    def _settle(
        self, kept: list[tuple[int, str]], key: str, seen: dict[str, int], number: int
    ) -> list[tuple[int, str]]:
        first = seen[key]
        if not self._has_figures(number):
            return kept
        if self._has_figures(first):
            place = (number, min(self.figures.values(), default=0))
            label = self.lines[key].label if key in self.lines else key
            self._say("row.twice", place, key, label=label, first=first + 1, second=number + 1)
            return [one for one in kept if one[1] != key]
        seen[key] = number
        return [one for one in kept if one[1] != key] + [(number, key)]

    def _has_figures(self, row: int) -> bool:
        return any(has_content(self.grid.at(row, column)) for column in self.figures.values())

    def _known(self, key: str, row: int) -> bool:
        keys = self.lines if self.table.by_rows else {one.key for one in self.table.periods}
        if key in keys:
            return True
        if self._has_figures(row):
            self._say("row.key_unknown", (row, 0), key=key)
        return False

    def _row(self, row: int, key: str) -> None:
        note = self._note_place(row)
        if not self.table.by_rows:
            for name, column in self.figures.items():
                self._spot(self.lines[name], key, (row, column), note)
            return
        line = self.lines[key]
        if not self._label_holds(line, row):
            return
        for period, column in self.figures.items():
            self._spot(line, period, (row, column), note)

    def _spot(self, line: FigureLine, period: str, place: Place, note: Place | None) -> None:
        self.found.spots.append(Spot(line, period, place, note))

    def _note_place(self, row: int) -> Place | None:
        columns = self.block.columns.get(NOTE)
        return (row, columns[0]) if columns else None

    def _label_holds(self, line: FigureLine, row: int) -> bool:
        columns = self.block.columns.get(LABEL)
        shown = self.grid.at(row, columns[0]) if columns else None
        if not isinstance(shown, str) or shown == line.label or not shown.strip():
            return True
        plain = plain_label(shown)
        if plain in line.spellings:
            return True
        others = {text for one in self.lines.values() for text in one.spellings} - line.spellings
        if (
            plain not in others
            and max(fuzz.ratio(plain, one) for one in line.spellings) >= _SAME_WORDS
        ):
            return True
        if self._has_figures(row):
            place = (row, columns[0] if columns else 0)
            self._say("row.relabelled", place, line.name, found=shown[:120], wanted=line.label)
        return False

    def _loose_rows(self, rows: list[tuple[int, str]]) -> None:
        """Rows without a key among those of the table, or below it, that hold figures."""
        keyed = [number for number, key in rows if key]
        if not keyed:
            return
        label = self.block.columns.get(LABEL, [0])[0]
        for number, key in rows:
            if key or number < keyed[0]:
                continue
            figures = [one for one in self.figures.values() if is_figure(self.grid.at(number, one))]
            if figures:
                shown = self.grid.at(number, label)
                text = str(shown)[:120] if has_content(shown) else "(không tên)"
                self._say("row.unknown", (number, figures[0]), label=text)

    def _say_column(self, code: str, column: int, key: str, **words: object) -> None:
        """Of a whole column: its period, or its line."""
        period, line = (key, "") if self.table.by_rows else ("", key)
        self._say(code, (self.block.row + 1, column), line, period, **words)

    def _say(
        self, code: str, place: Place, indicator: str = "", period: str = "", **words: object
    ) -> None:
        self.found.findings.append(
            fault(
                code,
                sheet=self.grid.name,
                cell=cell_name(*place),
                indicator=indicator,
                period=period,
                **words,  # type: ignore[arg-type]  # words for the text, never a place
            )
        )
