"""An appendix as .csv: the table in a text, whatever parts its columns and however it is coded."""

from __future__ import annotations

import csv
import io
from itertools import islice

from intake.files.gate import FileKind, Limits
from intake.workbook.grid import Grid, Workbook, in_unicode

_CODINGS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_ANSI = "cp1252"
"""How Excel saves plain «CSV»; the letters of fonts from before Unicode all stand in it."""
_DELIMITERS = ";,\t|"
_FEWEST_ROWS, _FEWEST_COLUMNS = 3, 3
"""A text with fewer is a letter, a list, a programme."""


def read_csv_book(data: bytes, limits: Limits) -> Workbook | None:
    """The text's rows as a book of one sheet, in Unicode; None for what is no text, or no table.

    Raises `Refused` where the text is in a coding from before Unicode that is not sure.
    """
    text = _decoded(data, coding := _coding(data))
    grid = None if text is None else _table(text, limits)
    if grid is None:
        return None
    book = in_unicode(Workbook(FileKind.other, [grid.name], [grid], []), tuple)
    # Other text in ANSI has lost its Vietnamese letters.
    return None if coding == _ANSI and not book.findings else book


def _table(text: str, limits: Limits) -> Grid | None:
    """Excel writes semicolons where the comma is the decimal sign, and «sep=» above."""
    lines = text.splitlines()
    named = lines[0].removeprefix("sep=") if lines and lines[0].startswith("sep=") else ""
    body = "\n".join(lines[1:]) if named else text
    sign = named[:1] or max(_DELIMITERS, key=lambda one: _evenness(lines[:200], one))
    try:
        reader = csv.reader(io.StringIO(body, newline=""), delimiter=sign)
        rows = [row[: limits.max_columns] for row in islice(reader, limits.max_rows)]
    except csv.Error:
        return None
    wide = sum(1 for row in rows if len(row) >= _FEWEST_COLUMNS)
    if wide < _FEWEST_ROWS:
        return None
    return Grid("CSV", [[cell.strip() for cell in row] for row in rows])


def _coding(data: bytes) -> str:
    marked = next((name for mark, name in _CODINGS if data.startswith(mark)), "")
    return marked or ("utf-8" if _decoded(data, "utf-8") is not None else _ANSI)


def _decoded(data: bytes, coding: str) -> str | None:
    try:
        text = data.decode(coding)
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text


def _evenness(lines: list[str], sign: str) -> tuple[int, int]:
    """How many lines have the most usual number of this sign, and how many they have."""
    counts = [count for line in lines if (count := line.count(sign))]
    usual = max(set(counts), key=counts.count, default=0)
    return counts.count(usual), usual
