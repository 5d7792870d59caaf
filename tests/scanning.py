"""Scanned pages for tests, without a machine that reads: the words of a PDF file with text, as Tesseract
would tell them, and pictures with lines drawn in them."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw

from intake.pdf.model import Box, PdfLimits
from intake.pdf.pages import Page, read_pages
from intake.pdf.runs import Run
from intake.scans.page import ScannedPage, Word

HEAD = (
    "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext"
)


def scanned(data: bytes, confidence: int = 96) -> list[ScannedPage]:
    """The pages of a PDF file with text as a scan of it is read, without a mistake."""
    return [_page(page, confidence) for page in read_pages(data, PdfLimits())]


def _page(page: Page, confidence: int) -> ScannedPage:
    words = tuple(
        Word(text, box, line, confidence)
        for line, run in enumerate(page.runs)
        for text, box in _words(run)
    )
    return ScannedPage(page.number, page.width, page.height, words, page.rules)


def _words(run: Run) -> list[tuple[str, Box]]:
    """A run's letters parted where a blank was written, or where they stand apart."""
    found: list[tuple[str, float, float]] = []
    for letter, x0, x1 in run.letters:
        apart = not found or letter[0] == " " or x0 - found[-1][2] > 0.14 * run.box.height
        if apart:
            found.append((letter.strip(), x0, x1))
        else:
            found[-1] = (found[-1][0] + letter, found[-1][1], x1)
    return [(text, Box(x0, run.box.y0, x1, run.box.y1)) for text, x0, x1 in found if text]


def tsv(*pages: ScannedPage, scale: float = 1.0) -> str:
    """Words as Tesseract's TSV tells them."""
    rows = [HEAD]
    for page in pages:
        for number, word in enumerate(page.words, 1):
            place = (word.box.x0, word.box.y0, word.box.x1 - word.box.x0, word.box.height)
            dots = "\t".join(str(round(one * scale)) for one in place)
            line = f"5\t1\t1\t1\t{word.line + 1}\t{number}"
            rows.append(f"{line}\t{dots}\t{word.confidence}.25\t{word.text}")
    return "\n".join(rows)


def photo(wide: int = 900, high: int = 600, kind: str = "PNG", **more: object) -> bytes:
    """A white picture with a table's frame of two rows and three columns."""
    image = Image.new("L", (wide, high), 255)
    pen = ImageDraw.Draw(image)
    for row in range(3):
        at = 100 + 150 * row
        pen.line((100, at, 700, at), fill=0, width=3)
    for column in range(4):
        at = 100 + 200 * column
        pen.line((at, 100, at, 400), fill=0, width=3)
    made = io.BytesIO()
    image.save(made, kind, **more)
    return made.getvalue()
