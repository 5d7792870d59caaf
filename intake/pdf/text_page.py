"""The text of one page as PDFium knows it: a character for each number, where it is shown, in which font.

Every question costs more than what is done with the answer, so those for places are put at once and told
addresses: half the cost of a call is making pointers out of objects.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import repeat

import pypdfium2
import pypdfium2.raw as pdfium

from intake.pdf.model import PdfLimits

Spot = tuple[float, float, float, float]
"""Left, top, right, bottom as shown."""
Place = Callable[[Iterable[Spot]], list[Spot]]
"""Left, bottom, right, top in the page's own space → where each is shown. Many at once: a call for every word
of a file costs more than what it reckons."""

_BLANKS = frozenset(" \t\xa0")
_HYPHENS = {0x02: "-", 0xFFFE: "-"}
"""What PDFium puts in the place of a hyphen at the end of a line."""
_BOLD_WEIGHT = 600
_LONGEST_NAME = 128
_BOX_AT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)(
    ctypes.cast(pdfium.FPDFText_GetLooseCharBox, ctypes.c_void_p).value or 0
)


class TextPage:
    """A page's text; `close` it before the page."""

    def __init__(self, page: pypdfium2.PdfPage, place: Place, limits: PdfLimits) -> None:
        self._text, self._place = page.get_textpage(), place
        self._raw = self._text.raw
        self._address = ctypes.cast(self._raw, ctypes.c_void_p).value
        self._x, self._y, self._flags = ctypes.c_double(), ctypes.c_double(), ctypes.c_int()
        self._name = ctypes.create_string_buffer(_LONGEST_NAME)
        self.said = self._characters(limits).replace("\x02", "-").replace("\ufffe", "-")
        """A character for each that PDFium counts."""

    def close(self) -> None:
        self._text.close()

    def _characters(self, limits: PdfLimits) -> str:
        count = min(self._text.count_chars(), limits.characters_a_page)
        said: str = self._text.get_text_range(0, count) if count else ""
        if len(said) == count:
            return said
        return "".join(chr(pdfium.FPDFText_GetUnicode(self._raw, at)) for at in range(count))

    def spots(self, numbers: Sequence[int]) -> list[Spot]:
        """Where the characters of these numbers are shown."""
        rects = (pdfium.FS_RECTF * len(numbers))()
        first, size = ctypes.addressof(rects), ctypes.sizeof(pdfium.FS_RECTF)
        there = range(first, first + ctypes.sizeof(rects), size)
        deque(map(_BOX_AT, repeat(self._address), numbers, there), maxlen=0)
        corners = memoryview(rects).cast("B").cast("f").tolist()
        return self._place(
            zip(corners[0::4], corners[3::4], corners[2::4], corners[1::4], strict=True)
        )

    def base(self, at: int) -> float:
        """How far down the character stands."""
        pdfium.FPDFText_GetCharOrigin(self._raw, at, self._x, self._y)
        x, y = self._x.value, self._y.value
        return self._place([(x, y, x, y)])[0][1]

    def font(self, at: int) -> tuple[str, bool]:
        """Name of a character's font, and whether it is bold."""
        self._name.value = b""
        pdfium.FPDFText_GetFontInfo(self._raw, at, self._name, _LONGEST_NAME, self._flags)
        name, bold = _named(self._name.value)
        return name, bold or pdfium.FPDFText_GetFontWeight(self._raw, at) >= _BOLD_WEIGHT

    def is_blank(self, at: int) -> bool:
        """Whether the file writes a blank there; PDFium makes some up."""
        return self.said[at] in _BLANKS and pdfium.FPDFText_IsGenerated(self._raw, at) != 1


@lru_cache(maxsize=256)
def _named(name: bytes) -> tuple[str, bool]:
    text = name.decode("utf-8", "replace")
    return text, "bold" in text.lower()
