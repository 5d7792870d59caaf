"""The board drawn on one sheet of A4, as PDF and as PNG. Pillow draws; no browser, no font of the machine's.

DejaVu Sans (free, `fonts/LICENSE.txt`) is shipped, cut down to Vietnamese and the signs of state.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from dashboard.queries.board_picture import BoardPicture, PictureLine
from dashboard.queries.picture import Cell
from plan.states import SIGNS
from plan.text import moment_words, number_words

DPI = 150
WIDTH, HEIGHT = 1240, 1754
"""A4 upright."""
EDGE = 90
INK, SOFT, RULE = "#1b1a18", "#5c5852", "#d8d3ca"
TONES = {
    "grey": SOFT,
    "blue": "#1a5796",
    "amber": "#855600",
    "late": "#b1331a",
    "teal": "#0f6b6b",
    "purple": "#6b3fa0",
    "green": "#1c7045",
}
"""As on the pages, by day."""
_FONTS = Path(__file__).parent / "fonts"
NAME_WIDTH = 330
TALLEST, LOWEST = 30, 25
"""A row of agencies: lower than this, its letters are under 7 points."""
HEAD_LINES = 4
MORE, FOOT = 34, 30
"""What «và … khác» takes below the rows, and the space above the last line."""


@lru_cache(maxsize=16)
def sheet_font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
    name = "DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"
    return ImageFont.truetype(str(_FONTS / name), size)


def png(board: BoardPicture) -> bytes:
    return _saved(draw(board), "PNG", dpi=(DPI, DPI))


def pdf(board: BoardPicture) -> bytes:
    """One page; the drawing is a picture in it."""
    return _saved(draw(board), "PDF", resolution=float(DPI), title=board.plan)


def _saved(image: Image.Image, form: str, **how: object) -> bytes:
    target = io.BytesIO()
    image.save(target, form, **how)
    return target.getvalue()


def draw(board: BoardPicture) -> Image.Image:
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = SheetPen(ImageDraw.Draw(image))
    pen.wrapped(board.plan, 20, SOFT)
    pen.y += 8
    if board.headline.lead:
        pen.wrapped(board.headline.lead, 32, TONES.get(board.headline.tone, INK), bold=True)
    pen.wrapped(board.headline.rest, 24, INK)
    pen.y += 16
    for line in board.lines:
        _milestone(pen, line)
    if board.more:
        pen.text(EDGE, f"và {number_words(board.more)} mốc khác", 18, SOFT, gap=8)
    pen.y += 20
    _agencies(pen, board)
    _foot(pen, board)
    return image


def fitting(count: int, room: float) -> tuple[int, int]:
    """How many of so many rows are drawn in `room` pixels, and how high each: all, or as many as can be read
    above the line that counts the others."""
    if count * LOWEST <= room:
        return count, min(TALLEST, int(room // max(count, 1)))
    return max(int((room - MORE) // LOWEST), 0), LOWEST


class SheetPen:
    """Writes downwards; `y` is the next free line."""

    def __init__(self, canvas: ImageDraw.ImageDraw) -> None:
        self.canvas, self.y = canvas, EDGE

    def text(
        self, x: float, words: str, size: int, colour: str, *, bold: bool = False, gap: int = 0
    ) -> None:
        """At this height; with a `gap`, the next line is that much below."""
        self.canvas.text((x, self.y), words, font=sheet_font(size, bold=bold), fill=colour)
        if gap:
            self.y += size + gap

    def fitted(self, words: str, size: int, room: float, *, bold: bool = False) -> str:
        """The words, cut with «…» where they need more than `room` pixels."""
        font = sheet_font(size, bold=bold)
        if font.getlength(words) <= room:
            return words
        while words and font.getlength(f"{words}…") > room:
            words = words[:-1]
        return f"{words.rstrip()}…"

    def wrapped(self, words: str, size: int, colour: str, *, bold: bool = False) -> None:
        for line in lines_of(words, size, WIDTH - 2 * EDGE, bold=bold):
            self.text(EDGE, line, size, colour, bold=bold, gap=10)

    def rule(self) -> None:
        self.canvas.line([(EDGE, self.y), (WIDTH - EDGE, self.y)], fill=RULE, width=2)


def lines_of(words: str, size: int, room: float, *, bold: bool = False) -> list[str]:
    """The words broken into lines of at most `room` pixels; a longer word has a line of its own."""
    lines, font = [""], sheet_font(size, bold=bold)
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _milestone(pen: SheetPen, line: PictureLine) -> None:
    """Name, bar of what is in, words."""
    pen.text(EDGE, pen.fitted(line.short, 20, NAME_WIDTH - 20), 20, INK)
    left, room = EDGE + NAME_WIDTH, 300
    top, bottom = pen.y + 4, pen.y + 20
    pen.canvas.rectangle([left, top, left + room, bottom], outline=SOFT, width=1)
    owing = max(line.tally.owing, 1)
    for share, colour in (
        (line.tally.handed_in / owing, "#9cc9c9"),
        (line.tally.accepted / owing, TONES["green"]),
    ):
        if share:
            pen.canvas.rectangle([left, top, left + room * share, bottom], fill=colour)
    n = number_words
    counted = f"{n(line.tally.handed_in)}/{n(line.tally.owing)}"
    pen.text(left + room + 16, counted, 20, INK)
    rest = left + room + 120
    words = pen.fitted(line.words, 20, WIDTH - EDGE - rest)
    pen.text(rest, words, 20, TONES.get(line.tone, INK), gap=16)


def _agencies(pen: SheetPen, board: BoardPicture) -> None:
    if not board.rows:
        return
    step = (WIDTH - 2 * EDGE - NAME_WIDTH) / max(len(board.lines), 1)
    _heads(pen, [line.short for line in board.lines], step)
    count, height = fitting(len(board.rows), HEIGHT - EDGE - FOOT - pen.y)
    size = height - 10
    for name, cells in board.rows[:count]:
        pen.y += 4
        pen.text(EDGE, pen.fitted(name, size, NAME_WIDTH - 20), size, INK)
        for place, cell in enumerate(cells):
            if cell is not None:
                x, words = EDGE + NAME_WIDTH + place * step, _cell(cell)
                words = pen.fitted(words, size, step - 6, bold=cell.acts)
                pen.text(x, words, size, _colour(cell), bold=cell.acts)
        pen.y += height - 4
    if count < len(board.rows):
        pen.y += 8
        words = f"và {number_words(len(board.rows) - count)} cơ quan khác"
        pen.text(EDGE, words, 18, SOFT)


def _heads(pen: SheetPen, names: Sequence[str], step: float) -> None:
    """The milestones' names over their columns, standing on a rule; one that is too long ends with «…»."""
    heads = [lines_of(name, 16, step - 12) for name in names]
    for place, lines in enumerate(heads):
        if len(lines) > HEAD_LINES:
            heads[place] = [*lines[: HEAD_LINES - 1], f"{lines[HEAD_LINES - 1]}…"]
    deepest = max(len(lines) for lines in heads)
    for line in range(deepest):
        for place, lines in enumerate(heads):
            at = line - (deepest - len(lines))
            if at >= 0:
                words = pen.fitted(lines[at], 16, step - 6)
                pen.text(EDGE + NAME_WIDTH + place * step, words, 16, SOFT)
        pen.y += 22
    pen.y += 6
    pen.rule()


def _cell(cell: Cell) -> str:
    glyph = SIGNS[cell.sign].glyph
    return f"{glyph} {cell.handed_in}/{cell.total}"


def _colour(cell: Cell) -> str:
    """Only where somebody must act."""
    return TONES[SIGNS[cell.sign].tone] if cell.acts else SOFT


def _foot(pen: SheetPen, board: BoardPicture) -> None:
    pen.y = HEIGHT - EDGE
    words = f"Số liệu đến {moment_words(board.at)} (giờ Việt Nam). {board.note}"
    pen.text(EDGE, f"Đôn Đốc. {words}".strip(), 16, SOFT)
