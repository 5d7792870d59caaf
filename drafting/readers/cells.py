"""Plain text in which a table stands one cell to a line, an empty cell as a line with nothing but a blank.

Web pages saved as text look so: «STT», «Chỉ tiêu», «Năm 2015» …, then a row's number and label and a blank
line for every figure to be filled in. Only such forms are found here: what is told from the empty cells is
how many columns there are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from drafting.document import Cell, Table, TableRow

BLANK = "␣"
"""Stands for a line that holds a blank and nothing else, once text is tidied."""
_ONLY_BLANKS = re.compile(r"^[ \t]*\u00a0[ \t\u00a0]*\r?$", re.MULTILINE)
_NUMBER_HEAD = re.compile(r"(?:S?TT|Số TT|Số thứ tự)", re.I)
_ORDINAL = re.compile(r"(?:\d{1,3}(?:\.\d{1,3})*[.)]?|[IVXLC]{1,6}[.)]?|[a-zđ][.)]|[-+–])")
_TITLE = re.compile(r"(?:\(|[IVXLC]{1,6}\.\s|PHỤ LỤC|Biểu|Mẫu|Bảng)")
_LONG_CAPITALS = 25
_FEWEST_ROWS = 2
_MOST_WORDS_OF_A_ROW = 3
"""Number, a heading inside the row, label."""


def with_blanks_marked(text: str) -> str:
    """The text with empty cells told from lines between paragraphs."""
    return _ONLY_BLANKS.sub(BLANK, text)


@dataclass(frozen=True, slots=True)
class _Piece:
    """Words, or (`count` > 0) so many empty cells."""

    text: str
    count: int
    line: int


def cell_tables(lines: Sequence[str]) -> dict[int, tuple[Table, int]]:
    """The tables in these (tidied) lines: where each begins → the table, and the line after it."""
    pieces = list(_pieces(lines))
    found: dict[int, tuple[Table, int]] = {}
    at = 0
    while at < len(pieces):
        made = _table(pieces, at) if pieces[at].count else None
        if made is None:
            at += 1
            continue
        table, start, end = made
        found[pieces[start].line] = (table, pieces[end].line if end < len(pieces) else len(lines))
        at = end
    return found


def _pieces(lines: Sequence[str]) -> Iterator[_Piece]:
    blanks, first = 0, 0
    for number, line in enumerate(lines):
        if line == BLANK:
            first = first if blanks else number
            blanks += 1
        elif line:
            if blanks:
                yield _Piece("", blanks, first)
                blanks = 0
            yield _Piece(line, 0, number)
    if blanks:
        yield _Piece("", blanks, first)


def _table(pieces: Sequence[_Piece], first_blank: int) -> tuple[Table, int, int] | None:
    """The table whose first empty cells are here, and the pieces it covers."""
    start = _head_start(pieces, first_blank)
    end = _end(pieces, first_blank)
    runs = [piece.count for piece in pieces[first_blank:end] if piece.count]
    heads, body = _parted(pieces, start, first_blank)
    width = _figures(runs)
    if len(runs) < _FEWEST_ROWS or not heads or len(heads) <= width:
        return None
    lead = 2 if _NUMBER_HEAD.fullmatch(heads[0]) else _lead(heads, width)
    if lead < 1 or len(heads) < lead + width:
        return None
    head_rows = _head_rows(heads, lead, width)
    rows = [TableRow(cells, _place(pieces[start])) for cells in head_rows]
    rows += _rows(pieces, body, end, lead, width)
    return Table(tuple(rows), _place(pieces[start])), start, end


def _head_start(pieces: Sequence[_Piece], first_blank: int) -> int:
    at = first_blank
    while at > 0 and not pieces[at - 1].count and not _is_title(pieces[at - 1].text):
        at -= 1
        if _NUMBER_HEAD.fullmatch(pieces[at].text):
            break
    return at


def _is_title(text: str) -> bool:
    return bool(_TITLE.match(text)) or (text.isupper() and len(text) > _LONG_CAPITALS)


def _end(pieces: Sequence[_Piece], at: int) -> int:
    """The piece after the last row: one followed by more words than a row has, or by a title."""
    end = at + 1
    words = 0
    for place in range(at + 1, len(pieces)):
        piece = pieces[place]
        if piece.count:
            words, end = 0, place + 1
            continue
        words += 1
        if words > _MOST_WORDS_OF_A_ROW or _is_title(piece.text):
            break
    return end


def _figures(runs: Sequence[int]) -> int:
    """How many cells of a row are to be filled in: the run that most rows have, or have one less than."""
    counted = Counter(runs)
    return max(
        (run for run in counted),
        key=lambda run: (counted[run] + counted.get(run + 1, 0), run),
        default=0,
    )


def _parted(pieces: Sequence[_Piece], start: int, first_blank: int) -> tuple[list[str], int]:
    """The heads, and where the first row begins: at the first number, or at the first empty cell."""
    texts = [piece.text for piece in pieces[start:first_blank]]
    if texts and _NUMBER_HEAD.fullmatch(texts[0]):
        for place, text in enumerate(texts[1:], start=1):
            if _ORDINAL.fullmatch(text):
                return texts[:place], start + place
    return texts, first_blank


def _lead(heads: Sequence[str], width: int) -> int:
    """Columns before the figures, where no number is: the heads that are left over, group heads aside."""
    for lead in (2, 1, 3):
        groups = len(heads) - lead - width
        if groups == 0 or (groups > 0 and width % groups == 0):
            return lead
    return 0


def _head_rows(heads: Sequence[str], lead: int, width: int) -> Iterator[tuple[Cell, ...]]:
    groups = len(heads) - lead - width
    first = [Cell((text,), rowspan=2 if groups else 1, bold=True) for text in heads[:lead]]
    if groups <= 0:
        yield (*first, *(Cell((text,), bold=True) for text in heads[lead : lead + width]))
        return
    span = width // groups
    yield (
        *first,
        *(Cell((text,), colspan=span, bold=True) for text in heads[lead : lead + groups]),
    )
    yield tuple(Cell((text,), bold=True) for text in heads[lead + groups :])


def _rows(pieces: Sequence[_Piece], at: int, end: int, lead: int, width: int) -> Iterator[TableRow]:
    """The rows: words, then as many empty cells as there are figures. One cell more is the next row's empty
    number; words without a number may be a heading inside the table and a label."""
    words: list[str] = []
    for piece in pieces[at:end]:
        if not piece.count:
            words.append(piece.text)
            continue
        if not words:
            continue
        place = _place(piece)
        numbered = bool(_ORDINAL.fullmatch(words[0])) and len(words) > 1
        *headings, label = words[1:] if numbered else words
        for heading in headings:
            yield TableRow((Cell(), Cell((heading,), colspan=width + 1)), place)
        number = Cell((words[0],)) if numbered else Cell()
        before = (Cell(),) * (lead - 2) if lead >= 2 else ()
        cells = (*before, number, Cell((label,))) if lead >= 2 else (Cell((label,)),)
        yield TableRow((*cells, *(Cell(),) * width), place)
        words = []


def _place(piece: _Piece) -> str:
    return f"dòng {piece.line + 1}"
