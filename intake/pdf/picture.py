"""A page of a PDF file as a picture, for a person who checks what was read from it.

Run it in the guarded process (`intake.copies.pictures`).
"""

from __future__ import annotations

import base64
import io
import struct
import zlib
from typing import Any

import pypdfium2
from PIL import Image

_PIXELS = 2_000_000
"""A picture has no more: a page may be a drawing of ten square metres."""
_SCALE = 100 / 72
"""100 dots an inch: small print can be read."""
_MOST_PAGES = 300


def drawn(data: bytes, page: int, scale: float, most: int) -> tuple[Image.Image, float]:
    """The page (from 1) in grey, and how many dots a point became: `scale`, or less where it would be `most`
    dots. Raises as below."""
    with pypdfium2.PdfDocument(data) as document:
        shown = document[page - 1]
        width, height = shown.get_size()
        scale = min(scale, (most / max(width * height, 1.0)) ** 0.5)
        return shown.render(scale=scale, grayscale=True).to_pil(), scale


def picture_as_data(data: bytes, page: int) -> str:
    """The page (from 1) as PNG, base64. Raises pypdfium2's error, IndexError."""
    document = pypdfium2.PdfDocument(data)
    try:
        shown = document[page - 1]
        width, height = shown.get_size()
        scale = min(_SCALE, (_PIXELS / max(width * height, 1.0)) ** 0.5)
        bitmap = shown.render(scale=scale, rev_byteorder=True, maybe_alpha=False)
        return base64.b64encode(_png(bitmap)).decode("ascii")
    finally:
        document.close()


def sizes_as_data(data: bytes) -> list[list[float]]:
    """Width and height of each page as shown."""
    document = pypdfium2.PdfDocument(data)
    try:
        count = min(len(document), _MOST_PAGES)
        return [list(document.get_page_size(number)) for number in range(count)]
    finally:
        document.close()


def pictures_as_data(data: bytes) -> str:
    """The file with its pages as pictures and no letter, as a scanner makes one; base64."""
    source, target = pypdfium2.PdfDocument(data), pypdfium2.PdfDocument.new()
    try:
        for page in source:
            width, height = page.get_size()
            image = pypdfium2.PdfImage.new(target)
            image.set_bitmap(page.render(scale=_SCALE, grayscale=True))
            image.set_matrix(pypdfium2.PdfMatrix().scale(width, height))
            made = target.new_page(width, height)
            made.insert_obj(image)
            made.gen_content()
        out = io.BytesIO()
        target.save(out)
        return base64.b64encode(out.getvalue()).decode("ascii")
    finally:
        target.close()
        source.close()


def _png(bitmap: Any) -> bytes:
    """RGB, eight bits a colour (PNG 1.2, chapters 3 and 11)."""
    wide = bitmap.width * 3
    raw, stride = bytes(bitmap.buffer), bitmap.stride
    lines = (raw[row * stride : row * stride + wide] for row in range(bitmap.height))
    head = struct.pack(">IIBBBBB", bitmap.width, bitmap.height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + line for line in lines), 6)
    parts = ((b"IHDR", head), (b"IDAT", pixels), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, body) for name, body in parts)


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
