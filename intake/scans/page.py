"""A scanned page as a machine read it: words with their places and how sure it is of each. Pure.

Places are in points from the upper left corner of the page once it is set straight: `turn` says by how much
it was turned for that (degrees to the right), and the picture shown beside the words is turned likewise.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Any

from intake.pdf.model import Box
from intake.pdf.pages import Page, Rule
from intake.pdf.runs import Letter, Run

SURE = 80
"""A word read with less confidence, of 100, is shown as doubtful."""
_WORD_LEVEL, _COLUMNS = "5", 12


@dataclass(frozen=True, slots=True)
class Word:
    """A word, the number of its line on the page, and how sure the machine is (0 to 100)."""

    text: str
    box: Box
    line: int
    confidence: int


@dataclass(frozen=True, slots=True)
class ScannedPage:
    """One page: its size in points, its words in reading order, the straight lines drawn on it."""

    number: int
    width: float
    height: float
    words: tuple[Word, ...]
    rules: tuple[Rule, ...] = ()
    turn: int = 0

    @property
    def confidence(self) -> int | None:
        """Of all its words together, by their letters; None: there are none."""
        letters = sum(len(word.text) for word in self.words)
        if not letters:
            return None
        return round(sum(len(word.text) * word.confidence for word in self.words) / letters)

    @property
    def text(self) -> str:
        """Its words, line below line."""
        return "\n".join(" ".join(word.text for word in line) for line in lines_of(self.words))

    def least_sure_within(self, box: Box) -> int:
        """The least confidence of the words whose middle lies in the box; 0 where there are none."""
        held = (
            word.confidence
            for word in self.words
            if box.holds((word.box.x0 + word.box.x1) / 2, word.box.middle)
        )
        return min(held, default=0)


def all_text(pages: Iterable[ScannedPage]) -> str:
    """The words of many pages, each under its number."""
    return "\n\n".join(f"[Trang {page.number}]\n{page.text}" for page in pages)


def lines_of(words: Iterable[Word]) -> Iterator[list[Word]]:
    """The words, line by line."""
    for _, line in groupby(words, key=lambda word: word.line):
        yield list(line)


def turn_of(words: Iterable[Word]) -> int:
    """By how many degrees to the right a page must be turned for most of its lines to run to the right."""
    votes = Counter(
        _turn(before.box, after.box) for line in lines_of(words) for before, after in pairwise(line)
    )
    return votes.most_common(1)[0][0] if votes else 0


def _turn(before: Box, after: Box) -> int:
    across = (after.x0 + after.x1) - (before.x0 + before.x1)
    down = (after.y0 + after.y1) - (before.y0 + before.y1)
    if abs(across) >= abs(down):
        return 0 if across >= 0 else 180
    return 270 if down > 0 else 90


# --- as a page that the reader of PDF files lays out -----------------------------------------------


def as_read(page: ScannedPage) -> Page:
    """The page with each word a run of letters on its line, and the rules."""
    runs = [run for line in lines_of(page.words) for run in _runs(line)]
    return Page(page.number, page.width, page.height, tuple(runs), page.rules)


def _runs(line: Sequence[Word]) -> Iterator[Run]:
    base = sorted(word.box.y1 for word in line)[len(line) // 2]  # where most of its words stand
    for place, word in enumerate(line):
        yield Run(tuple(_letters(word, first=place == 0)), word.box, base)


def _letters(word: Word, *, first: bool) -> Iterator[Letter]:
    """Evenly over the word's width; a word is parted from the one before, however near it stands."""
    left, step = word.box.x0, (word.box.x1 - word.box.x0) / len(word.text)
    for place, sign in enumerate(word.text):
        written = sign if place or first else f" {sign}"
        yield written, left + place * step, left + (place + 1) * step


# --- what Tesseract writes, and what is kept -------------------------------------------------------


def words_of(tsv: str, scale: float) -> Iterator[Word]:
    """The words in Tesseract's TSV, in its order. `scale`: dots of the picture in a point.

    Source: tesseract(1), «tsv»; level 5 are words, confidence is -1 where it does not apply.
    """
    lines: dict[tuple[str, ...], int] = {}
    for row in tsv.splitlines():
        cells = row.split("\t", _COLUMNS - 1)
        if len(cells) < _COLUMNS or cells[0] != _WORD_LEVEL or not cells[-1].strip():
            continue
        line = lines.setdefault(tuple(cells[1:5]), len(lines))
        x, y, wide, high = (int(cell) / scale for cell in cells[6:10])
        sure = min(max(round(float(cells[10])), 0), 100)
        yield Word("".join(cells[-1].split()), Box(x, y, x + wide, y + high), line, sure)


def page_as_data(page: ScannedPage) -> dict[str, Any]:
    """The page as plain data, to be kept; tenths of a point are enough."""
    return {
        "number": page.number,
        "turn": page.turn,
        "size": [page.width, page.height],
        "words": [[one.text, one.line, one.confidence, *_tenths(one.box)] for one in page.words],
        "rules": [_tenths(rule) for rule in page.rules],
    }


def _tenths(box: Box | Rule) -> list[float]:
    return [round(one, 1) for one in (box.x0, box.y0, box.x1, box.y1)]


def page_from_data(data: dict[str, Any]) -> ScannedPage:
    """The page out of what `page_as_data` said."""
    width, height = data["size"]
    return ScannedPage(
        data["number"],
        width,
        height,
        tuple(Word(text, Box(*place), line, sure) for text, line, sure, *place in data["words"]),
        tuple(Rule(*place) for place in data["rules"]),
        data["turn"],
    )
