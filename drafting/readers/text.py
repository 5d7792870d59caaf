"""Reads plain text and Markdown into a `Document`.

Text comes in three ways, often mixed: one paragraph a line; paragraphs broken into short lines with blank
lines between; Markdown. Tables come in two: Markdown's pipes, and one cell after the other between lines
that hold a lone bar, a row beginning and ending with one. In the second an empty cell and the end of a row
look alike (two bars), and merged cells are simply absent: such a table is `ragged`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from drafting.document import (
    Block,
    Cell,
    Document,
    Paragraph,
    Table,
    TableRow,
    UnreadableError,
    tidy,
)
from drafting.readers.cells import BLANK, cell_tables, with_blanks_marked
from drafting.readers.lists import list_tables
from drafting.readers.pipes import BAR, PIPES, pipe_table, with_tabs_as_pipes
from plan.text import number_words

MAX_CHARACTERS = 3_000_000
"""A plan has some 70,000; a novel of 500 pages a million."""

_DECORATION = re.compile(r"^[-_=*~.\s]{3,}$")
_HASHES = re.compile(r"^(#{1,6})\s+")
_EMPHASIS = re.compile(r"\*{1,3}|(?<!\w)_{1,2}(?=\w)|(?<=\w)_{1,2}(?!\w)")
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~])")
_BULLET = re.compile(r"^(?:[*•●▪◦·→⇒➔➢✓✔❖♦□]|->|=>)\s+")
_MARKER = re.compile(
    r"^(?:[-–—+•●▪◦*→⇒➔➢✓✔❖♦□]>?\s*[^\W\d_]"
    # a dash and a letter; a dash and a digit is a range broken in two
    r"|[IVXLC]{1,6}\.\s|(?:[IVX]{1,4}|[A-H])(?:\.\d{1,2}){1,3}[.)]?\s"
    r"|\d{1,2}(?:\.\d{1,2}){0,3}[.)]?\s+[^\W\d_]|[a-zđ]\)\s|Điều \d{1,3}\.|#|\|)"
)
_LABEL = re.compile(r"^[-–—+•●▪◦*]\s*[A-ZĐ][^:.;]{2,45}:\s")
"""«- Cơ quan chủ trì: …»: a line of its own, whatever stands before."""
_ENDS = re.compile(r"[.;:!?/…]['\"”»)]*$")
_OPEN_END = re.compile(
    r"(?:,|-|–|\(|\b(?:và|của|về|các|với|tại|theo|cho|từ|đến|là|số|ngày|tháng|năm))$"
)
_INITIALS = 6
"""A line of so few characters may be a mark («1.») or the end of a sentence («… của UBND»)."""
_LONG = 55
"""A line of so many characters was broken because it was full."""


def read_text(data: bytes) -> Document:
    """A .txt file."""
    return _read(data, "txt")


def read_markdown(data: bytes) -> Document:
    """A .md file."""
    return _read(data, "md")


def _read(data: bytes, kind: str) -> Document:
    text = decode(data)
    if len(text) > MAX_CHARACTERS:
        raise UnreadableError(
            f"Tệp dài quá {number_words(MAX_CHARACTERS)} ký tự: "
            "đây không giống một kế hoạch; hãy chọn lại tệp."
        )
    return Document(
        blocks=tuple(_blocks(tidy(with_blanks_marked(with_tabs_as_pipes(text))).split("\n"))),
        kind=kind,
    )


def decode(data: bytes) -> str:
    """The text in the bytes: UTF-8, UTF-16 with its mark, else Windows' Vietnamese. Refuses what is none."""
    for encoding in _encodings(data):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not _is_garbage(text):
            return text
    raise UnreadableError(
        "Tệp không phải văn bản đọc được: hãy mở tệp, lưu lại dạng UTF-8 rồi gửi lại."
    )


def _encodings(data: bytes) -> Sequence[str]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return ("utf-16",)
    return ("utf-8-sig", "cp1258")


def _is_garbage(text: str) -> bool:
    """More control characters than a text has by accident, or hardly a letter."""
    sample = text[:20_000]
    odd = sum(
        unicodedata.category(c) in ("Cc", "Cn", "Co", "Cs") and c not in "\t\r\n\f" for c in sample
    )
    letters = sum(c.isalpha() for c in sample)
    return odd * 200 > len(sample) or letters * 4 < len(sample.strip())


# --- lines into blocks -----------------------------------------------------------------------------


@dataclass(frozen=True)
class _Line:
    text: str
    number: int


def _blocks(lines: Sequence[str]) -> Iterator[Block]:
    by_cells = {**list_tables(lines), **cell_tables(lines)}
    lines = ["" if line == BLANK else line for line in lines]
    least, measure = _short_line(lines), _measure(lines)
    numbered = [_Line(text, number) for number, text in enumerate(lines, start=1)]
    at = 0
    while at < len(numbered):
        text = numbered[at].text
        if at in by_cells:
            cell_table, at = by_cells[at]
            yield cell_table
        elif text == BAR:
            table, at = _bar_table(numbered, at)
            yield from table
        elif PIPES.match(text):
            made, at = pipe_table(lines, at, _bare)
            yield made
        elif not text or (_DECORATION.match(text) and not text.strip("* ").startswith(".")):
            at += 1
        else:
            end = at
            while end < len(numbered) and _is_prose(numbered[end].text) and end not in by_cells:
                end += 1
            yield from _paragraphs(numbered[at:end], least, measure)
            at = end


def _is_prose(text: str) -> bool:
    return bool(text) and text != BAR and not PIPES.match(text)


def _short_line(lines: Sequence[str]) -> int:
    """Below how many characters a line ends a paragraph; 0 where every line is one.

    Where blank lines divide paragraphs the first line of one may be short; where they do not, a line that
    leaves a quarter of the measure free is a last line.
    """
    follows = [b for a, b in pairwise(lines) if _is_prose(a) and _is_prose(b)]
    small = sum(line[0].islower() and not _MARKER.match(line) for line in follows)
    if small * 4 <= len(follows):
        return 0
    lengths = sorted(len(line) for line in lines if _is_prose(line))
    divided = sum(not line for line in lines) * 8 > len(lengths)
    return _LONG // 2 if divided else lengths[len(lengths) * 9 // 10] * 3 // 4


_MEASURES = range(50, 131)
"""Characters in the longest line of a text that was broken at a margin; a paragraph to a line runs longer."""


def _measure(lines: Sequence[str]) -> int:
    """The margin at which a text's lines were broken; 0 where they are not."""
    longest = max((len(line) for line in lines if _is_prose(line)), default=0)
    return longest if longest in _MEASURES else 0


def _is_full(before: str, after: str, measure: int) -> bool:
    """Whether the next word had no more room in a line, which does not end as a sentence does."""
    word = after.split(maxsplit=1)[0]
    return len(before) + len(word) >= measure and not _ENDS.search(_bare(before))


def _paragraphs(lines: Sequence[_Line], least: int, measure: int) -> Iterator[Paragraph]:
    """The paragraphs of lines without a blank one between. `least`: as `_short_line` has it."""
    start = 0
    for at in range(1, len(lines) + 1):
        if at == len(lines) or _breaks(lines[at - 1].text, lines[at].text, least, measure):
            yield from _paragraph(lines[start:at])
            start = at


def _breaks(before: str, after: str, least: int, measure: int) -> bool:
    """Whether a paragraph ends between two lines that stand under each other."""
    if _HASHES.match(before) or _HASHES.match(after):
        return True
    ended, begun = _bare(before), _bare(after)
    if not begun:
        return False
    if not least and measure and not _MARKER.match(begun) and _is_full(before, after, measure):
        return False
    if not least or (ended.isupper() != begun.isupper() and _INITIALS < len(ended) < least):
        return True
    short = len(before) < least
    open_end = bool(_OPEN_END.search(ended))
    if ended.endswith(":") and ended.startswith("- ") and not _MARKER.match(begun):
        return False  # a bullet's first line that happens to end at its colon
    if _MARKER.match(begun):
        return bool(_ENDS.search(ended) or _LABEL.match(begun)) or (short and not open_end)
    whole = len(ended) > _INITIALS and bool(_ENDS.search(ended)) and not open_end  # no mark alone
    return begun[0].isupper() and short and whole


def _paragraph(lines: Sequence[_Line]) -> Iterator[Paragraph]:
    raw = " ".join(line.text for line in lines)
    hashes = _HASHES.match(raw)
    bare = _bare(raw)
    if bare and not _DECORATION.match(bare):
        yield Paragraph(
            text=bare,
            level=len(hashes[1]) if hashes else None,
            bold=raw.lstrip("# *_").strip() != "" and raw.lstrip("# ").startswith("**"),
            place=f"dòng {lines[0].number}",
        )


def _bare(raw: str) -> str:
    """Without Markdown's marks."""
    text = _HASHES.sub("", raw.strip())
    text = _BULLET.sub("- ", text)
    text = _ESCAPED.sub(lambda match: match[1] if match[1] != "*" else "∗", _EMPHASIS.sub("", text))
    return " ".join(text.replace("∗", "*").split())


# --- tables ----------------------------------------------------------------------------------------


def _bar_table(lines: Sequence[_Line], at: int) -> tuple[list[Block], int]:
    """A table given cell by cell. It ends at the bar after which no cell follows at once."""
    rows: list[TableRow] = []
    cells: list[Cell] = []
    place = start = at
    at += 1
    while at < len(lines):
        end = at
        while end < len(lines) and lines[end].text != BAR:
            end += 1
        content = lines[at:end]
        if end == len(lines) or (content and not content[0].text):
            break  # what follows the last bar is no cell
        if content:
            cells.append(_bar_cell(content))
        elif cells:
            rows.append(TableRow(tuple(cells), f"dòng {lines[place].number}"))
            cells, place = [], end
        at = end + 1
    if cells:
        rows.append(TableRow(tuple(cells), f"dòng {lines[place].number}"))
    return [Table(tuple(rows), f"dòng {lines[start].number}", ragged=True)] if rows else [], at


def _bar_cell(content: Sequence[_Line]) -> Cell:
    raw = [line.text for line in content]
    return Cell(lines=tuple(join_lines(raw)), bold=raw[0].startswith("**"))


def join_lines(lines: Sequence[str]) -> list[str]:
    """The paragraphs of a cell out of its printed lines; what may be either stays apart."""
    joined: list[str] = []
    before = ""
    for line in lines:
        bare = _bare(line)
        if not bare or _DECORATION.match(bare):
            before = ""
            continue
        if joined and before and _joins(before, bare):
            joined[-1] = f"{joined[-1]} {bare}"
        else:
            joined.append(bare)
        before = bare
    return joined


def _joins(before: str, after: str) -> bool:
    if _MARKER.match(after):
        return False
    if after[0].islower() or not after[0].isalpha() or _OPEN_END.search(before):
        return True
    return len(before) >= _LONG and not _ENDS.search(before)
