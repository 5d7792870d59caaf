"""The board drawn on one sheet of A4, as PDF and as PNG. Pillow draws; no browser, no font of the machine's.

DejaVu Sans (free, `fonts/LICENSE.txt`) is shipped, cut down to Vietnamese and the signs of state.
"""

from __future__ import annotations

import io
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from dashboard.queries.board_picture import BoardPicture, Line
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


@lru_cache(maxsize=16)
def _font(size: int, *, bold: bool = False) -> ImageFont.FreeTypeFont:
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
    pen = _Pen(ImageDraw.Draw(image))
    pen.wrapped(board.plan, 20, SOFT)
    pen.y += 8
    if board.headline.lead:
        pen.wrapped(board.headline.lead, 32, TONES.get(board.headline.tone, INK), bold=True)
    pen.wrapped(board.headline.rest, 24, INK)
    pen.y += 16
    for line in board.lines:
        _milestone(pen, line)
    pen.y += 20
    _agencies(pen, board)
    _foot(pen, board)
    return image


class _Pen:
    """Writes downwards; `y` is the next free line."""

    def __init__(self, canvas: ImageDraw.ImageDraw) -> None:
        self.canvas, self.y = canvas, EDGE

    def text(
        self, x: float, words: str, size: int, colour: str, *, bold: bool = False, gap: int = 0
    ) -> None:
        """At this height; with a `gap`, the next line is that much below."""
        self.canvas.text((x, self.y), words, font=_font(size, bold=bold), fill=colour)
        if gap:
            self.y += size + gap

    def fitted(self, words: str, size: int, room: float, *, bold: bool = False) -> str:
        """The words, cut with «…» where they need more than `room` pixels."""
        font = _font(size, bold=bold)
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
    lines, font = [""], _font(size, bold=bold)
    for word in words.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > room:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def _milestone(pen: _Pen, line: Line) -> None:
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


def _agencies(pen: _Pen, board: BoardPicture) -> None:
    if not board.rows:
        return
    step = (WIDTH - 2 * EDGE - NAME_WIDTH) / max(len(board.columns), 1)
    heads = [lines_of(name, 16, step - 12) for name in board.columns]
    deepest = max(len(lines) for lines in heads)
    for line in range(deepest):
        for place, lines in enumerate(heads):
            at = line - (deepest - len(lines))  # they stand on the rule
            if at >= 0:
                pen.text(EDGE + NAME_WIDTH + place * step, lines[at], 16, SOFT)
        pen.y += 22
    pen.y += 6
    pen.rule()
    height = min(30, (HEIGHT - EDGE - 90 - pen.y) // len(board.rows))
    size = max(height - 10, 12)
    for name, cells in board.rows:
        pen.y += 4
        pen.text(EDGE, pen.fitted(name, size, NAME_WIDTH - 20), size, INK)
        for place, cell in enumerate(cells):
            if cell is not None:
                x = EDGE + NAME_WIDTH + place * step
                pen.text(x, _cell(cell), size, _colour(cell), bold=cell.acts)
        pen.y += height - 4


def _cell(cell: Cell) -> str:
    glyph = SIGNS[cell.sign].glyph
    return f"{glyph} {cell.handed_in}/{cell.total}"


def _colour(cell: Cell) -> str:
    """Only where somebody must act."""
    return TONES[SIGNS[cell.sign].tone] if cell.acts else SOFT


def _foot(pen: _Pen, board: BoardPicture) -> None:
    if board.more:
        pen.y += 8
        pen.text(EDGE, f"và {number_words(board.more)} cơ quan khác", 18, SOFT)
    pen.y = HEIGHT - EDGE
    words = f"Số liệu đến {moment_words(board.at)} (giờ Việt Nam). {board.note}"
    pen.text(EDGE, f"Đôn Đốc. {words}".strip(), 16, SOFT)
