"""One page of a PDF file through PDFium: runs of text with their places, and the rules drawn on it.

Coordinates come out as the page is shown: from the upper left corner, in points, whatever the page's
rotation.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

import pypdfium2
import pypdfium2.raw as pdfium

from intake.pdf.model import PdfLimits, UnreadablePdfError
from intake.pdf.runs import Run, runs_of
from intake.pdf.text_page import Place, Spot, TextPage
from plan.text import number_words

_THIN = 3.0
"""A filled shape not higher (wider) than so many points is a rule."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight line: across (`y0 == y1`) or down (`x0 == x1`)."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def across(self) -> bool:
        return self.y0 == self.y1


@dataclass(frozen=True, slots=True)
class Page:
    """What stands on one page."""

    number: int
    width: float
    height: float
    runs: tuple[Run, ...]
    rules: tuple[Rule, ...]

    @property
    def letters(self) -> int:
        return sum([len(said) for run in self.runs for said, _, _ in run.letters])


def read_pages(data: bytes, limits: PdfLimits) -> Iterator[Page]:
    """Every page, one after the other. Raises UnreadablePdfError."""
    document = open_pdf(data)
    try:
        count = len(document)
        if count > limits.pages:
            raise UnreadablePdfError(
                f"Tệp PDF có {number_words(count)} trang, quá mức {number_words(limits.pages)} trang: "
                "hãy tách riêng phần cần đọc thành một tệp rồi gửi lại."
            )
        for number in range(count):
            page = _opened(document, number)
            try:
                yield _page(page, number + 1, limits)
            finally:
                page.close()
    finally:
        document.close()


def _opened(document: pypdfium2.PdfDocument, number: int) -> pypdfium2.PdfPage:
    try:
        return document[number]
    except pypdfium2.PdfiumError:
        raise UnreadablePdfError(
            f"Tệp PDF bị hỏng ở trang {number + 1}, không đọc được: hãy mở tệp trên máy, lưu lại rồi gửi lại."
        ) from None


def open_pdf(data: bytes) -> pypdfium2.PdfDocument:
    """The file, opened; to be closed by the caller. Raises UnreadablePdfError."""
    try:
        return pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        if (
            getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD
            or "password" in str(error).lower()
        ):
            raise UnreadablePdfError(
                "Tệp PDF được đặt mật khẩu nên không đọc được: hãy bỏ mật khẩu rồi gửi lại."
            ) from None
        raise UnreadablePdfError(
            "Tệp PDF bị hỏng hoặc chưa tải lên hết, không mở được: hãy mở tệp trên máy, lưu lại rồi gửi lại."
        ) from None


def _page(page: pypdfium2.PdfPage, number: int, limits: PdfLimits) -> Page:
    width, height = page.get_size()
    place = _placing(page)
    rules = tuple(_rules(page, place, limits))
    # Words of two cells may follow without a gap.
    text = TextPage(page, place, limits)
    try:
        runs = tuple(runs_of(text, by_letter=bool(rules)))
    finally:
        text.close()
    return Page(number, width, height, runs, rules)


def _placing(page: pypdfium2.PdfPage) -> Place:
    """How this page's own space is shown: turned by its rotation, from its corner, downwards."""
    left, bottom, right, top = page.get_cropbox()

    def upright(spots: Iterable[Spot]) -> list[Spot]:
        return [(x0 - left, top - y1, x1 - left, top - y0) for x0, y0, x1, y1 in spots]

    def turned_right(spots: Iterable[Spot]) -> list[Spot]:
        return [(y0 - bottom, x0 - left, y1 - bottom, x1 - left) for x0, y0, x1, y1 in spots]

    def upside_down(spots: Iterable[Spot]) -> list[Spot]:
        return [(right - x1, y0 - bottom, right - x0, y1 - bottom) for x0, y0, x1, y1 in spots]

    def turned_left(spots: Iterable[Spot]) -> list[Spot]:
        return [(top - y1, right - x1, top - y0, right - x0) for x0, y0, x1, y1 in spots]

    ways: dict[int, Place] = {90: turned_right, 180: upside_down, 270: turned_left}
    return ways.get(page.get_rotation(), upright)


# --- rules -----------------------------------------------------------------------------------------


def _rules(page: pypdfium2.PdfPage, place: Place, limits: PdfLimits) -> Iterator[Rule]:
    """Lines across and down: drawn ones, edges of drawn boxes, and filled shapes as thin as a line."""
    for thing in islice(_paths(page), limits.drawings_a_page):
        yield from _rules_of(thing, place)


def _paths(page: pypdfium2.PdfPage) -> Iterator[pypdfium2.PdfObject]:
    """What is drawn. The library's own listing makes an object of every piece of text too."""
    for at in range(pdfium.FPDFPage_CountObjects(page.raw)):
        raw = pdfium.FPDFPage_GetObject(page.raw, at)
        if pdfium.FPDFPageObj_GetType(raw) == pdfium.FPDF_PAGEOBJ_PATH:
            yield pypdfium2.PdfObject(raw, page=page)


def _rules_of(thing: pypdfium2.PdfObject, place: Place) -> Iterator[Rule]:
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    if not pdfium.FPDFPath_GetDrawMode(thing.raw, fill, stroke):
        return
    matrix = thing.get_matrix()
    for points in _subpaths(thing):
        shown = [matrix.on_point(*point) for point in points]
        if stroke.value:
            sides = [
                (min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
                for (ax, ay), (bx, by) in pairwise(shown)
            ]
            for spot in place(sides):
                yield from _straight(*spot)
        elif fill.value:
            xs, ys = [x for x, _ in shown], [y for _, y in shown]
            yield from _straight(*place([(min(xs), min(ys), max(xs), max(ys))])[0])


def _subpaths(thing: pypdfium2.PdfObject) -> Iterator[list[tuple[float, float]]]:
    points: list[tuple[float, float]] = []
    x, y = ctypes.c_float(), ctypes.c_float()
    for at in range(pdfium.FPDFPath_CountSegments(thing.raw)):
        segment = pdfium.FPDFPath_GetPathSegment(thing.raw, at)
        if not pdfium.FPDFPathSegment_GetPoint(segment, x, y):
            continue
        if pdfium.FPDFPathSegment_GetType(segment) == pdfium.FPDF_SEGMENT_MOVETO and points:
            yield points
            points = []
        points.append((x.value, y.value))
        if pdfium.FPDFPathSegment_GetClose(segment) and points:
            points.append(points[0])
    if points:
        yield points


def _straight(x0: float, y0: float, x1: float, y1: float) -> Iterator[Rule]:
    wide, high = x1 - x0, y1 - y0
    if high <= _THIN < wide:
        yield Rule(x0, (y0 + y1) / 2, x1, (y0 + y1) / 2)
    elif wide <= _THIN < high:
        yield Rule((x0 + x1) / 2, y0, (x0 + x1) / 2, y1)
