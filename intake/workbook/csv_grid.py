"""An appendix as .csv: the table in a text, whatever parts its columns and however it is coded."""

from __future__ import annotations

import csv
import io
from itertools import islice

from intake.files.gate import Limits
from intake.workbook.grid import Grid
from plan.text import nfc

_CODINGS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_DELIMITERS = ";,\t|"
_FEWEST_ROWS, _FEWEST_COLUMNS = 3, 3
"""A text with fewer is a letter, a list, a programme."""


def read_csv_grid(data: bytes, limits: Limits) -> Grid | None:
    """The text's rows as a sheet; None for what is no text, or no table. Excel writes semicolons where the
    comma is the decimal sign, and «sep=» above."""
    text = _text(data)
    if text is None:
        return None
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


def _text(data: bytes) -> str | None:
    coding = next((name for mark, name in _CODINGS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(coding)
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else nfc(text)


def _evenness(lines: list[str], sign: str) -> tuple[int, int]:
    """How many lines have the most usual number of this sign, and how many they have."""
    counts = [count for line in lines if (count := line.count(sign))]
    usual = max(set(counts), key=counts.count, default=0)
    return counts.count(usual), usual
