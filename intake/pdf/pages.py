"""One page of a PDF file through PDFium: runs of text with their places, and the rules drawn on it.

The only file that knows the library. Coordinates come out as the page is shown: from the upper left corner,
in points, whatever the page's rotation.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

import pypdfium2
import pypdfium2.raw as pdfium

from intake.pdf.model import Box, PdfLimits, UnreadablePdfError
from plan.text import number_words

_BLANKS = frozenset(" \t\xa0")
_HYPHENS = {0x02: "-", 0xFFFE: "-"}
"""What PDFium puts in the place of a hyphen at the end of a line."""
_ACCENTS = "".join(map(chr, range(0x300, 0x370)))
_WORD = re.compile(r"[\u0300-\u036f]+|[^\0-\x20\xa0\ufffd\u0300-\u036f][^\0-\x20\xa0\ufffd]*")
_LETTER = re.compile(r"[\u0300-\u036f]+|[^\0-\x20\xa0\ufffd][\u0300-\u036f]*")
"""With the accents that the file writes as letters of their own."""
_CLOSE = 0.9
"""A word whose letters take more times their height each is spaced out: it is read by letter."""
_TIGHT = 0.14
"""A blank narrower than so many times the letters' height is not seen by where letters stand."""
_WIDE = 0.5
"""A gap of so many times the letters' height begins another run."""
_THIN = 3.0
"""A filled shape not higher (wider) than so many points is a rule."""
_BOLD_WEIGHT = 600


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
        return sum(len(letter[0]) for run in self.runs for letter in run.letters)


def read_pages(data: bytes, limits: PdfLimits) -> Iterator[Page]:
    """Every page, one after the other. Raises UnreadablePdfError."""
    document = _open(data)
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


def _open(data: bytes) -> pypdfium2.PdfDocument:
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


Spot = tuple[float, float, float, float]
"""Left, top, right, bottom as shown."""
Place = Callable[[float, float, float, float], Spot]
"""Left, bottom, right, top in the page's own space → where it is shown."""


def _page(page: pypdfium2.PdfPage, number: int, limits: PdfLimits) -> Page:
    width, height = page.get_size()
    place = _placing(page)
    rules = tuple(_rules(page, place, limits))
    # Words of two cells may follow without a gap.
    runs = tuple(_runs(page, place, limits, by_letter=bool(rules)))
    return Page(number, width, height, runs, rules)


def _placing(page: pypdfium2.PdfPage) -> Place:
    """How this page's own space is shown: turned by its rotation, from its corner, downwards."""
    left, bottom, right, top = page.get_cropbox()

    def upright(x0: float, y0: float, x1: float, y1: float) -> Spot:
        return x0 - left, top - y1, x1 - left, top - y0

    def turned_right(x0: float, y0: float, x1: float, y1: float) -> Spot:
        return y0 - bottom, x0 - left, y1 - bottom, x1 - left

    def upside_down(x0: float, y0: float, x1: float, y1: float) -> Spot:
        return right - x1, y0 - bottom, right - x0, y1 - bottom

    def turned_left(x0: float, y0: float, x1: float, y1: float) -> Spot:
        return top - y1, right - x1, top - y0, right - x0

    ways: dict[int, Place] = {90: turned_right, 180: upside_down, 270: turned_left}
    return ways.get(page.get_rotation(), upright)


# --- text ------------------------------------------------------------------------------------------


Piece = tuple[int, str, Spot, bool]
"""What is placed at once, a word or a letter: its number on the page, what it says, where, and whether a
blank stands before it. A plain tuple: there is one for every word of a file."""


class _Growing:
    """A run that is being read. Plain numbers, no boxes: this is done for every word of a file."""

    __slots__ = ("base", "bold", "font", "height", "letters", "middle", "reach", "x1", "y0", "y1")

    def __init__(self, text: str, spot: Spot, base: float, font: str, bold: bool) -> None:
        x0, self.y0, self.x1, self.y1 = spot
        self.letters = [(text, x0, self.x1)]
        self.base, self.font, self.bold = base, font, bold
        self.height, self.middle = max(self.y1 - self.y0, 1.0), (self.y0 + self.y1) / 2
        self.reach = _WIDE * self.height

    def goes_on(self, spot: Spot) -> bool:
        """Whether what stands there goes on in this run."""
        return -0.5 * self.height < spot[0] - self.x1 < self.reach and _is_level(
            spot, self.middle, self.height
        )

    def add(self, text: str, spot: Spot) -> None:
        x0, _, x1, _ = spot
        self.letters.append((text, x0, x1))
        if x1 > self.x1:
            self.x1 = x1

    def mark(self, accent: str) -> None:
        """An accent that the file writes as a letter of its own."""
        letter, x0, x1 = self.letters[-1]
        self.letters[-1] = (letter + accent, x0, x1)

    def done(self) -> Run:
        box = Box(self.letters[0][1], self.y0, self.x1, self.y1)
        return Run(tuple(self.letters), box, self.base, self.bold, self.font)


def _is_level(spot: Spot, middle: float, height: float) -> bool:
    """Whether what stands there is as high as a line's letters, and on their line."""
    _, y0, _, y1 = spot
    return abs((y0 + y1) / 2 - middle) < 0.3 * height and abs(y1 - y0 - height) < 0.4 * height


def _runs(
    page: pypdfium2.PdfPage, place: Place, limits: PdfLimits, *, by_letter: bool
) -> Iterator[Run]:
    """Runs in the file's order. Blanks that PDFium makes up are left out: where letters stand apart is seen
    by whoever puts a line together, also where a line's letters are not written in their order."""
    text = page.get_textpage()
    try:
        raw, growing = text.raw, None
        for at, said, spot, blank in _pieces(text, place, limits, by_letter):
            if growing is not None and said[0] in _ACCENTS:
                growing.mark(said)
            elif growing is not None and growing.goes_on(spot):
                # Where letters stand apart is seen later; a blank that takes no room must be written.
                tight = blank and spot[0] - growing.x1 < _TIGHT * growing.height
                written = tight and pdfium.FPDFText_IsGenerated(raw, at - 1) != 1
                growing.add(f" {said}" if written else said, spot)
            else:
                if growing is not None:
                    yield growing.done()
                growing = _Growing(said, spot, _base(raw, at, place), *_font(raw, at))
        if growing is not None:
            yield growing.done()
    finally:
        text.close()


def _pieces(
    text: pypdfium2.PdfTextPage, place: Place, limits: PdfLimits, by_letter: bool
) -> Iterator[Piece]:
    """The page's words, or where asked for its letters, with their places. Asking for a place costs more than
    all else: of a word that stands on its line as letters do, its first and last letter are asked."""
    said, spot_at = _said(text, limits).translate(_HYPHENS), _spots(text, place)
    end = 0
    for found in (_LETTER if by_letter else _WORD).finditer(said):
        start = found.start()
        blank = not _BLANKS.isdisjoint(said[end:start])
        end, word = found.end(), found[0]
        first = spot_at(start)
        if first is None:
            continue
        if by_letter or end - start == 1:
            yield start, word, first, blank
            continue
        last = spot_at(start + len(word.rstrip(_ACCENTS)) - 1)
        if last is not None and _is_one(first, last, end - start):
            yield start, word, (first[0], first[1], last[2], first[3]), blank
        else:
            yield from _letters(word, start, spot_at, blank)


def _letters(
    word: str, start: int, spot_at: Callable[[int], Spot | None], blank: bool
) -> Iterator[Piece]:
    """A word letter by letter."""
    for letter in _LETTER.finditer(word):
        at = start + letter.start()
        if (spot := spot_at(at)) is not None:
            yield at, letter[0], spot, blank and at == start


def _is_one(first: Spot, last: Spot, letters: int) -> bool:
    """Whether a word of so many letters stands on one line, and its letters close to each other."""
    height = first[3] - first[1]
    near = first[0] < last[0] and last[2] - first[0] < _CLOSE * height * letters
    return near and _is_level(last, (first[1] + first[3]) / 2, height)


_BOX_AT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(
    ctypes.cast(pdfium.FPDFText_GetLooseCharBox, ctypes.c_void_p).value or 0
)
"""The same function, told addresses: half the cost of a call is making pointers out of objects."""


def _spots(text: pypdfium2.PdfTextPage, place: Place) -> Callable[[int], Spot | None]:
    """Where the letter of a number is shown; None: it has no place."""
    rect = pdfium.FS_RECTF()
    page, there = ctypes.cast(text.raw, ctypes.c_void_p).value, ctypes.addressof(rect)
    corners = memoryview(rect).cast("B").cast("f")

    def spot_at(at: int) -> Spot | None:
        if not _BOX_AT(page, at, there):
            return None
        left, top, right, bottom = corners
        return place(left, bottom, right, top)

    return spot_at


def _said(text: pypdfium2.PdfTextPage, limits: PdfLimits) -> str:
    """The page's text, a character for each that PDFium counts."""
    count = min(text.count_chars(), limits.characters_a_page)
    said: str = text.get_text_range(0, count) if count else ""
    if len(said) == count:
        return said
    return "".join(chr(pdfium.FPDFText_GetUnicode(text.raw, at)) for at in range(count))


def _base(raw: pdfium.FPDF_TEXTPAGE, at: int, place: Place) -> float:
    x, y = ctypes.c_double(), ctypes.c_double()
    pdfium.FPDFText_GetCharOrigin(raw, at, x, y)
    return place(x.value, y.value, x.value, y.value)[1]


def _font(raw: pdfium.FPDF_TEXTPAGE, at: int) -> tuple[str, bool]:
    """Name of a letter's font, and whether it is bold."""
    buffer, flags = ctypes.create_string_buffer(128), ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(raw, at, buffer, 128, flags)
    name = buffer.value.decode("utf-8", "replace")
    weight = pdfium.FPDFText_GetFontWeight(raw, at)
    return name, "bold" in name.lower() or weight >= _BOLD_WEIGHT


# --- rules -----------------------------------------------------------------------------------------


def _rules(page: pypdfium2.PdfPage, place: Place, limits: PdfLimits) -> Iterator[Rule]:
    """Lines across and down: drawn ones, edges of drawn boxes, and filled shapes as thin as a line."""
    drawn = page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_PATH], max_depth=1)
    for thing in islice(drawn, limits.drawings_a_page):
        yield from _rules_of(thing, place)


def _rules_of(thing: pypdfium2.PdfObject, place: Place) -> Iterator[Rule]:
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    if not pdfium.FPDFPath_GetDrawMode(thing.raw, fill, stroke):
        return
    matrix = thing.get_matrix()
    for points in _subpaths(thing):
        shown = [matrix.on_point(*point) for point in points]
        if stroke.value:
            for (ax, ay), (bx, by) in pairwise(shown):
                spot = place(min(ax, bx), min(ay, by), max(ax, bx), max(ay, by))
                yield from _straight(*spot)
        elif fill.value:
            xs, ys = [x for x, _ in shown], [y for _, y in shown]
            yield from _straight(*place(min(xs), min(ys), max(xs), max(ys)))


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
