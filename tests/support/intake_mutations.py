"""Workbooks and documents spoilt at random, each from a seed: the same seed, the same damage.

Every figure of the workbook spoilt by `spoilt_workbook` is unlike every other, so that a figure read for the
wrong indicator or period is known for what it is.
"""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import openpyxl

from intake.forms.layout import lay_out
from intake.workbook.template import KEY_SHEET, template_for
from intake.workbook.xlsx import cell_name
from plan.definition.appendices import ValueType
from plan.text import strip_accents
from tests.support.hostile_files import rezipped
from tests.support.workbook_samples import Figures, blank, figures, plan, saved

AGENCIES = ("snv", "stp", "vpub", "stc", "skhcn", "an-lao")
Key = tuple[str, str]
COPIED = 500_000
"""How far a copied row's figures lie off the original's."""

TYPED: tuple[tuple[object, float | None], ...] = (
    ("1.234", 1234.0), ("1 234", 1234.0), ("１２", 12.0), ("'12", None), ("12.345.678", 12345678.0),
    ("1,234", None), ("0,985", None), ("98,5", None), ("98,5%", None), ("12.345/12.300", None), ("-", None),
    ("x", None), ("KPS", None), ("…", None), ("12 (ước)", None), ("khoảng 15", None), ("mười hai", None),
    ("Không áp dụng", None), ("#REF!", None), ("=1+1", None), ("=HYPERLINK(\"http://x\",\"5\")", None),
    ("+cmd|' /C calc'!A0", None), (True, None), (-5, None), (3.5, None), (1e15, None), ("12/5", None),
    ("1e3", None), ("", None), ("  ", None), ("O", None), ("l2", None), (0, 0.0), (" 77 ", 77.0),
)  # fmt: skip
"""What may be typed into a cell for a count, and the only number that may be made of it (none: no number)."""


@dataclass
class Spoilt:
    """A damaged workbook. `allowed`: the numbers that may be read for each figure, and no others."""

    agency: str
    data: bytes
    allowed: dict[Key, set[float]]
    home: dict[float, Key]
    """Whose each number was."""
    done: list[str] = field(default_factory=list)


@lru_cache(maxsize=8)
def unlike(agency: str) -> Figures:
    """Every count of its own number; what has few values (flags, choices, percentages) as it was."""
    template = template_for(plan(), agency)
    found = dict(figures(template))
    counts = [
        key for key in found if template.lines[key[0]].type is ValueType.count and "#" not in key[0]
    ]
    for number, key in enumerate(counts):
        found[key] = float(10_007 + 13 * number)
    return found


@lru_cache(maxsize=8)
def _source(agency: str) -> bytes:
    return blank(agency, unlike(agency))


def spoilt_workbook(seed: int) -> Spoilt:
    """One to four kinds of damage that a person, or another program, does."""
    chance = random.Random(seed)
    agency = chance.choice(AGENCIES)
    book = openpyxl.load_workbook(io.BytesIO(_source(agency)))
    counts = {
        key: {float(value)}
        for key, value in unlike(agency).items()
        if isinstance(value, float) and value > 10_000
    }
    home = {number: key for key, numbers in counts.items() for number in numbers}
    made = Spoilt(agency, b"", counts, home)
    for sheet in book.worksheets:
        for area in list(sheet.merged_cells.ranges):
            sheet.unmerge_cells(str(area))
    for _ in range(chance.randint(1, 4)):
        damage = chance.choice(DAMAGES)
        sheet = chance.choice(
            [one for one in book.worksheets if one.title.startswith("PL")] or [None]
        )
        if sheet is not None:
            made.done.append(f"{damage.__name__}({sheet.title})")
            damage(book, sheet, chance, made)
    _copies_count_alone(book, made)
    made.data = saved(book)
    return made


def _copies_count_alone(book: Any, made: Spoilt) -> None:
    """A copied row whose original was deleted afterwards is the row."""
    left = {key for sheet in book.worksheets for key in _places(sheet, made)}
    for number, key in made.home.items():
        if key not in left and made.allowed[key]:
            made.allowed[key].add(number + COPIED)


# --- what people do -----------------------------------------------------------------------------------


def type_something(book: Any, sheet: Any, chance: random.Random, made: Spoilt) -> None:
    """Into the cells of some figures, wherever they stand by now."""
    places = _places(sheet, made)
    for key in chance.sample(sorted(places), min(3, len(places))):
        content, number = chance.choice(TYPED)
        stood = float(sheet[places[key]].value)
        for numbers in made.allowed.values():
            if stood in numbers and number is not None:
                numbers.add(number)
        if number is None:
            made.allowed[key] = made.allowed[key] - {stood}
        sheet[places[key]] = content
        made.done.append(f"  {key} {places[key]} = {content!r}")


def _places(sheet: Any, made: Spoilt) -> dict[Key, str]:
    """Cells that hold a figure known by its number."""
    return {
        made.home[float(cell.value)]: cell.coordinate
        for row in sheet.iter_rows()
        for cell in row
        if type(cell.value) in (int, float) and float(cell.value) in made.home
    }


def insert_row(book: Any, sheet: Any, chance: random.Random, made: Spoilt) -> None:
    sheet.insert_rows(chance.randint(1, sheet.max_row), chance.randint(1, 3))


def delete_row(book: Any, sheet: Any, chance: random.Random, made: Spoilt) -> None:
    sheet.delete_rows(chance.randint(1, sheet.max_row))


def insert_column(book: Any, sheet: Any, chance: random.Random, made: Spoilt) -> None:
    sheet.insert_cols(chance.randint(1, 14))


def delete_column(book: Any, sheet: Any, chance: random.Random, made: Spoilt) -> None:
    sheet.delete_cols(chance.randint(1, 14))


def swap_rows(book: Any, sheet: Any, chance: random.Random, made: Spoilt) -> None:
    one, other = (chance.randint(9, max(sheet.max_row, 10)) for _ in "12")
    _swap(sheet[one], sheet[other])


def swap_columns(book: Any, sheet: Any, chance: random.Random, made: Spoilt) -> None:
    one, other = (chance.randint(1, 12) for _ in "12")
    _swap(*([row[0] for row in sheet.iter_rows(min_col=at, max_col=at)] for at in (one, other)))


def _swap(some: Any, others: Any) -> None:
    for one, other in zip(some, others, strict=False):
        one.value, other.value = other.value, one.value


def copy_row_below(book: Any, sheet: Any, chance: random.Random, made: Spoilt) -> None:
    """A whole row, keys and all, once more with other figures."""
    row = chance.randint(9, max(sheet.max_row - 1, 10))
    copied = [cell.value for cell in sheet[row]]
    sheet.insert_rows(row + 1)
    for cell, content in zip(sheet[row + 1], copied, strict=False):
        number = isinstance(content, int | float) and content > 10_000
        cell.value = content + COPIED if number else content  # type: ignore[operator]


def rename_sheet(book: Any, sheet: Any, chance: random.Random, made: Spoilt) -> None:
    sheet.title = chance.choice(["Sheet1", "Phu luc", "PL8", "_dondoc2", "Trang tính 1"]) + str(
        len(made.done)
    )


def reorder_sheets(book: Any, sheet: Any, chance: random.Random, made: Spoilt) -> None:
    book.move_sheet(sheet, chance.randint(-3, 3))


def copy_sheet(book: Any, sheet: Any, chance: random.Random, made: Spoilt) -> None:
    book.copy_worksheet(sheet)


def drop_hidden_sheet(book: Any, sheet: Any, chance: random.Random, made: Spoilt) -> None:
    if KEY_SHEET in book.sheetnames:
        del book[KEY_SHEET]


def drop_key_column(book: Any, sheet: Any, chance: random.Random, made: Spoilt) -> None:
    sheet.delete_cols(1)


def drop_key_rows(book: Any, sheet: Any, chance: random.Random, made: Spoilt) -> None:
    for row in sheet.iter_rows():
        for cell in row:
            if isinstance(cell.value, str) and cell.value.startswith(("cot:", "bang:")):
                cell.value = None


def misspell(book: Any, sheet: Any, chance: random.Random, made: Spoilt) -> None:
    """A letter dropped, doubled or put wrong in some labels."""
    for cell in chance.sample(_labels(sheet), 2):
        text = list(cell.value)
        at = chance.randrange(len(text))
        text[at] = chance.choice(["", text[at] * 2, "x", " "])
        cell.value = "".join(text)


def rewrite_labels(book: Any, sheet: Any, chance: random.Random, made: Spoilt) -> None:
    how: Callable[[str], str] = chance.choice([str.upper, strip_accents, str.lower, str.title])
    for cell in _labels(sheet):
        cell.value = how(cell.value)


def swap_labels(book: Any, sheet: Any, chance: random.Random, made: Spoilt) -> None:
    """Two labels change places and their figures do not: whose they are now is not for us to say."""
    one, other = chance.sample(_labels(sheet), 2)
    one.value, other.value = other.value, one.value
    rows = {one.row, other.row}
    mine = [key for key, cell in _places(sheet, made).items() if sheet[cell].row in rows]
    numbers = {number for key in mine for number in made.allowed[key]}
    for key in mine:
        made.allowed[key] = made.allowed[key] | numbers


def _labels(sheet: Any) -> list[Any]:
    return [
        cell
        for row in sheet.iter_rows(min_row=8)
        for cell in row
        if isinstance(cell.value, str) and len(cell.value) > 12 and ":" not in cell.value[:6]
    ]


def strip_format(book: Any, sheet: Any, chance: random.Random, made: Spoilt) -> None:
    plain = copy(sheet["A1"]._style)
    for row in sheet.iter_rows():
        for cell in row:
            cell._style = plain


DAMAGES = (
    type_something, type_something, type_something, insert_row, delete_row, insert_column, delete_column,
    swap_rows, swap_columns, copy_row_below, rename_sheet, reorder_sheets, copy_sheet, drop_hidden_sheet,
    drop_key_column, drop_key_rows, misspell, rewrite_labels, swap_labels, strip_format,
)  # fmt: skip


# --- what happens on the way ----------------------------------------------------------------------------


def spoilt_bytes(data: bytes, seed: int) -> bytes:
    """Bytes of the archive changed, dropped, doubled; or its end cut off."""
    chance = random.Random(seed)
    spoilt = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(spoilt))
        _damage(spoilt, at, chance)
    return bytes(spoilt)


def spoilt_part(data: bytes, seed: int) -> tuple[str, bytes]:
    """The XML of one part changed, in an archive that is whole; the part's name and the archive."""
    chance = random.Random(seed)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        part = chance.choice([one for one in archive.namelist() if one.endswith((".xml", ".rels"))])
        content = bytearray(archive.read(part))
    for _ in range(chance.randint(1, 5)):
        if content:
            _damage(content, chance.randrange(len(content)), chance)
    return part, rezipped(data, {part: bytes(content)})


def _damage(content: bytearray, at: int, chance: random.Random) -> None:
    length = chance.choice([1, 1, 2, 5, 40])
    kind = chance.randrange(4)
    if kind == 0:
        content[at : at + length] = chance.randbytes(length)
    elif kind == 1:
        del content[at : at + length]
    elif kind == 2:
        content[at:at] = content[at : at + 10 * length]
    else:
        content[at:at] = chance.choice(
            [b"<", b">", b'"', b"&", b"&#0;", b"</row>", b"\xff", b"]]>", b"<!--"]
        )


def place_of(agency: str, key: Key) -> tuple[str, str]:
    """Sheet and cell of a figure in the pristine form."""
    sheet = key[0].partition(".")[0]
    place = lay_out(template_for(plan(), agency))[sheet].place(*key)
    assert place is not None
    return sheet, cell_name(*place)
