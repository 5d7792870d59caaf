"""A page's text → runs: words that follow each other on one line (on a page with a table, letters)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from intake.pdf.model import Box
from intake.pdf.text_page import Spot, TextPage

_FIRST_ACCENT, _AFTER_ACCENTS = "\u0300", "\u0370"
_ACCENTS = "".join(map(chr, range(ord(_FIRST_ACCENT), ord(_AFTER_ACCENTS))))
_ACCENT = re.compile(r"[\u0300-\u036f]")
_WORD = re.compile(r"[\u0300-\u036f]+|[^\0-\x20\xa0\ufffd\u0300-\u036f][^\0-\x20\xa0\ufffd]*")
_LETTER = re.compile(r"[\u0300-\u036f]+|[^\0-\x20\xa0\ufffd][\u0300-\u036f]*")
"""With the accents that the file writes as letters of their own."""
_CLOSE = 0.9
"""A word whose letters take more times their height each is spaced out: it is read by letter."""
_TIGHT = 0.14
"""A blank narrower than so many times the letters' height is not seen by where letters stand."""
_WIDE = 0.5
"""A gap of so many times the letters' height begins another run."""

Letter = tuple[str, float, float]
"""A letter with what belongs to it (a blank written before it, marks set on it), its left and right edge; on
a page without a table, a word."""


@dataclass(frozen=True, slots=True)
class Run:
    """Letters that follow each other on one line, from the left; the font is that of the first."""

    letters: tuple[Letter, ...]
    box: Box
    base: float
    """Where the letters stand: the same for all fonts and sizes on a line, which boxes are not."""
    bold: bool = False
    font: str = ""
    apart: bool = False
    """Whether a blank is seen between every two of them: its text is theirs, joined by blanks."""


def runs_of(text: TextPage, *, by_letter: bool) -> Iterator[Run]:
    """Runs in the file's order. Blanks that PDFium makes up are left out: where letters stand apart is seen
    by whoever puts a line together, also where a line's letters are not written in their order.

    One loop over plain numbers: it is gone through for every word of a file.
    """
    letters: list[Letter] = []
    first, top, bottom, edge, height, apart = 0, 0.0, 0.0, 0.0, 1.0, True
    for at, said, spot in _letters(text, text.said, 0) if by_letter else _words(text):
        x0, y0, x1, y1 = spot
        gap = x0 - edge
        if letters and _FIRST_ACCENT <= said < _AFTER_ACCENTS:
            letters[-1] = (letters[-1][0] + said, *letters[-1][1:])
        elif (
            letters
            and abs(gap) < _WIDE * height
            and ((y0 == top and y1 == bottom) or _is_level(spot, (top + bottom) / 2, height))
        ):
            if gap <= _TIGHT * height:
                apart = False
                # Where letters stand apart is seen later; a blank that takes no room must be written.
                said = f" {said}" if text.is_blank(at - 1) else said
            letters.append((said, x0, x1))
            edge = max(edge, x1)
        else:
            if letters:
                yield _run(text, first, letters, Box(letters[0][1], top, edge, bottom), apart)
            letters, apart, first = [(said, x0, x1)], True, at
            top, bottom, edge, height = y0, y1, x1, max(y1 - y0, 1.0)
    if letters:
        yield _run(text, first, letters, Box(letters[0][1], top, edge, bottom), apart)


def _run(text: TextPage, at: int, letters: Sequence[Letter], box: Box, apart: bool) -> Run:
    font, bold = text.font(at)
    return Run(tuple(letters), box, text.base(at), bold, font, apart)


def _is_level(spot: Spot, middle: float, height: float) -> bool:
    """Whether what stands there is as high as a line's letters, and on their line."""
    _, y0, _, y1 = spot
    return abs((y0 + y1) / 2 - middle) < 0.3 * height and abs(y1 - y0 - height) < 0.4 * height


Piece = tuple[int, str, Spot]
"""What is placed at once, a word or a letter: its number on the page, what it says, where. A plain tuple:
there is one for every word of a file."""


def _words(text: TextPage) -> Iterator[Piece]:
    """The page's words with their places: of one that stands on its line as letters do, its first and last
    letter are asked; any other comes letter by letter."""
    found = [(one.start(), one[0]) for one in _WORD.finditer(text.said)]
    accented = _ACCENT.search(text.said) is not None
    firsts = text.spots([at for at, _ in found])
    lasts = text.spots([at + len(_bare(word) if accented else word) - 1 for at, word in found])
    for (at, word), first, last in zip(found, firsts, lasts, strict=True):
        x0, y0, _, y1 = first
        last_x0, last_y0, x1, last_y1 = last
        height = y1 - y0
        if (
            (x0 < last_x0 or len(word) == 1)
            and x1 - x0 < _CLOSE * height * len(word)
            and ((y0 == last_y0 and y1 == last_y1) or _is_level(last, (y0 + y1) / 2, height))
        ):
            yield at, word, (x0, y0, x1, y1)
        else:
            yield from _letters(text, word, at)


def _bare(word: str) -> str:
    """The word up to its last letter."""
    return word.rstrip(_ACCENTS) or word


def _letters(text: TextPage, said: str, start: int) -> Iterator[Piece]:
    """What is said from there on, letter by letter."""
    found = [(start + one.start(), one[0]) for one in _LETTER.finditer(said)]
    spots = text.spots([at for at, _ in found])
    yield from ((at, letter, spot) for (at, letter), spot in zip(found, spots, strict=True))
