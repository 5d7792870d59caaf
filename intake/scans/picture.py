"""A page as a picture that letters can be read from, and the straight lines drawn in it.

Run it in the guarded process. The page of a PDF file is drawn by PDFium, a photo opened by Pillow (MIT-CMU).
"""

from __future__ import annotations

import base64
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from PIL import Image, ImageOps

from intake.pdf.picture import drawn

DOTS = 300 / 72
"""In a point: what Tesseract reads best."""
_LONG_SIDE = 842.0
"""Points a photo's long side is taken for: a sheet of A4."""
_MOST_DOTS = 16_000_000
"""Of a picture that is read; a larger one is made smaller."""
MOST_OPENED = 60_000_000
"""Of a photo that is opened at all: beyond it memory would end first."""
PHOTOS = ("PNG", "JPEG", "TIFF")
SHOWN = 110 / 72
"""Dots in a point of the picture that people see."""


def picture_as_data(data: bytes, page: int, turn: int = 0) -> dict[str, Any]:
    """The page (from 1), turned so many degrees to the right and then set straight, as a grey PNG in base64,
    dots in a point, its size in points, its rules in points.
    Raises ValueError for what is no picture, or too large a one."""
    image, scale = _straight(data, page, turn)
    return {
        "png": _png(image),
        "scale": scale,
        "size": [image.width / scale, image.height / scale],
        "rules": [[one / scale for one in rule] for rule in rules_in(image)],
    }


def shown_as_data(data: bytes, page: int, turn: int) -> str:
    """The same picture, small enough to be looked at: PNG in base64."""
    image, scale = _straight(data, page, turn)
    return _png(ImageOps.scale(image, min(SHOWN / scale, 1.0)))


def _straight(data: bytes, page: int, turn: int) -> tuple[Image.Image, float]:
    scan = data[:1024].lstrip().startswith(b"%PDF-")
    image, scale = drawn(data, page, DOTS, _MOST_DOTS) if scan else _photo(data, page)
    if turn:
        image = image.rotate(-turn, expand=True)
    lean = lean_of(image)
    if lean:
        image = image.rotate(lean, Image.Resampling.BILINEAR, fillcolor=255)
    return image, scale


def _png(image: Image.Image) -> str:
    made = io.BytesIO()
    image.save(made, "PNG", compress_level=1)
    return base64.b64encode(made.getvalue()).decode("ascii")


def frames_of(data: bytes) -> int:
    """How many pictures a photo's file holds. Raises ValueError for what is none, or too large a one."""
    with _opened(data) as image:
        return getattr(image, "n_frames", 1)


def _photo(data: bytes, page: int) -> tuple[Image.Image, float]:
    """Turned as the camera says."""
    with _opened(data) as image:
        image.seek(page - 1)
        _bounded(image)
        grey = ImageOps.exif_transpose(image).convert("L")
    # Small print of a small photo is read better enlarged.
    wanted = min(DOTS * _LONG_SIDE / max(grey.size), 2.0)
    return ImageOps.scale(grey, wanted), max(grey.size) * wanted / _LONG_SIDE


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    """A photo's file, as long as one looks into it: whatever its bytes make of that is a ValueError."""
    try:
        with Image.open(io.BytesIO(data), formats=PHOTOS) as image:
            _bounded(image)
            yield image
    except (ValueError, MemoryError):  # for memory the guarded process has its own words
        raise
    except Exception as problem:  # on damage each of Pillow's decoders raises its own
        raise ValueError("no picture") from problem


def _bounded(image: Image.Image) -> None:
    """Each page of a file has a size of its own."""
    if image.width * image.height > MOST_OPENED:
        raise ValueError("too large a picture")


# --- set straight ----------------------------------------------------------------------------------

_FARTHEST, _STEP = 3.0, 0.25
"""Degrees that a sheet may lie askew on the glass; how exactly it is told."""
_SMALL = 900
"""Dots of the longer side of the picture by which it is told."""


def lean_of(image: Image.Image) -> float:
    """Degrees to the left by which a picture must be turned for its lines to lie level: where rows of dots
    are all ink or all paper, as lines of letters and rules make them."""
    small = ImageOps.contain(ImageOps.invert(image), (_SMALL, _SMALL), Image.Resampling.BOX)
    count = round(2 * _FARTHEST / _STEP) + 1
    leans = sorted((step * _STEP - _FARTHEST for step in range(count)), key=abs)
    return max(leans, key=lambda lean: _sharpness(small, lean))


def _sharpness(image: Image.Image, lean: float) -> int:
    turned = image.rotate(lean, Image.Resampling.BILINEAR) if lean else image
    rows = turned.resize((1, turned.height), Image.Resampling.BOX).tobytes()
    return sum((above - below) ** 2 for above, below in pairwise(rows))


# --- straight lines --------------------------------------------------------------------------------

_STRIP = 16
"""Dots that are looked at together: a line that leans a little stays within one."""
_DARK, _FULL = 176, 150
"""A dot not lighter is ink; a strip whose ink reaches this share (of 255) is part of a line."""
_SHORTEST = re.compile(rb"\x01{5,}")
"""Of a line, in strips: seven millimetres. Letters have no stroke so long."""
_THICKEST = 14.0
"""Dots: what is thicker is a shade or the edge of the glass."""


@dataclass(slots=True)
class _Stroke:
    """Runs of ink below each other, in strips along and dots across."""

    first: int
    last: int
    top: int
    bottom: int
    ink: int

    def takes(self, start: int, end: int, row: int) -> bool:
        return row - self.bottom <= 2 and start <= self.last + 1 and end >= self.first - 1

    def add(self, start: int, end: int, row: int) -> None:
        self.first, self.last = min(self.first, start), max(self.last, end)
        self.bottom = row
        self.ink += end - start


def rules_in(image: Image.Image) -> Iterator[tuple[float, float, float, float]]:
    """Lines across and down in a grey picture, in dots: left, top, right, bottom."""
    ink = image.point(lambda light: 255 if light < _DARK else 0)
    for at, start, end in _strokes(ink):
        yield start, at, end, at
    for at, start, end in _strokes(ink.transpose(Image.Transpose.TRANSPOSE)):
        yield at, start, at, end


def _strokes(ink: Image.Image) -> Iterator[tuple[float, float, float]]:
    """Lines across: their height, and where they begin and end."""
    strips = max(ink.width // _STRIP, 1)
    shares = ink.resize((strips, ink.height), Image.Resampling.BOX)
    rows = shares.point(lambda share: 1 if share >= _FULL else 0).tobytes()
    wide = ink.width / strips
    for one in _grown(rows, strips, ink.height):
        if one.ink / (one.last - one.first) <= _THICKEST:
            yield (one.top + one.bottom) / 2, one.first * wide, one.last * wide


def _grown(rows: bytes, strips: int, height: int) -> Iterator[_Stroke]:
    growing: list[_Stroke] = []
    for row in range(height):
        line = rows[row * strips : (row + 1) * strips]
        done = [one for one in growing if row - one.bottom > 2]
        if done:
            yield from done
            growing = [one for one in growing if row - one.bottom <= 2]
        for found in _SHORTEST.finditer(line):
            held = next((one for one in growing if one.takes(*found.span(), row)), None)
            if held is not None:
                held.add(*found.span(), row)
            else:
                growing.append(_Stroke(*found.span(), row, row, found.end() - found.start()))
    yield from growing
