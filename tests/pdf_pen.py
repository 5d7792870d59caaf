"""Writes PDF files for tests: text where it is put, lines where they are drawn, pages turned as asked.

Fonts are named, not embedded; letters are 2-byte codes with a ToUnicode table, every one half as wide as
the font is high. That is all a reader of text needs.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

WIDTH = 0.5
"""Of a letter, as a share of the font's size."""


class PdfPen:
    """One file being written. Places are in points from the upper left corner of the page as shown."""

    def __init__(self, width: float = 595, height: float = 842) -> None:
        self.width, self.height = width, height
        self.pages: list[tuple[list[str], int]] = []
        self.letters: set[str] = set()
        self.fonts: dict[str, str] = {}

    def page(self, rotate: int = 0) -> PdfPen:
        """Begin a page; `rotate` as the file says it."""
        self.pages.append(([], rotate))
        return self

    def text(self, x: float, y: float, text: str, size: float = 14, font: str = "Times") -> PdfPen:
        """A line of text whose letters stand on `y`."""
        self.letters.update(text)
        name = self.fonts.setdefault(font, f"F{len(self.fonts)}")
        codes = "".join(f"{ord(letter):04X}" for letter in text)
        self._draw(f"BT /{name} {size} Tf {self._matrix(x, y)} Tm <{codes}> Tj ET")
        return self

    def lines(
        self, x: float, y: float, texts: Iterable[str], size: float = 14, pitch: float = 18
    ) -> float:
        """Lines under each other; gives the place of the next."""
        for text in texts:
            self.text(x, y, text, size)
            y += pitch
        return y

    def rule(self, x0: float, y0: float, x1: float, y1: float) -> PdfPen:
        """A drawn line."""
        self._draw(f"0.5 w {x0} {self.height - y0} m {x1} {self.height - y1} l S")
        return self

    def table(
        self, xs: Sequence[float], ys: Sequence[float], rows: Sequence[Sequence[str]]
    ) -> PdfPen:
        """A ruled table; a cell's text may have several lines, None for one merged with its left."""
        for y in ys:
            self.rule(xs[0], y, xs[-1], y)
        for row, (top, bottom) in zip(rows, itertools.pairwise(ys), strict=True):
            self.rule(xs[0], top, xs[0], bottom)
            self.rule(xs[-1], top, xs[-1], bottom)
            for column, text in enumerate(row):
                if column and text is not None:
                    self.rule(xs[column], top, xs[column], bottom)
                for place, line in enumerate((text or "").split("\n")):
                    if line:
                        self.text(xs[column] + 4, top + 13 + 13 * place, line, 11)
        return self

    def save(self) -> bytes:
        """The file."""
        objects: list[bytes] = [b"", b""]

        def add(body: str | bytes) -> int:
            objects.append(body.encode("latin-1") if isinstance(body, str) else body)
            return len(objects)

        table = self._stream(self._to_unicode())
        to_unicode = add(table)
        fonts = []
        for font, name in self.fonts.items():
            below = add(
                f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{font} /DW {int(WIDTH * 1000)} "
                "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
                f"/FontDescriptor {add(self._descriptor(font))} 0 R >>"
            )
            whole = add(
                f"<< /Type /Font /Subtype /Type0 /BaseFont /{font} /Encoding /Identity-H "
                f"/DescendantFonts [{below} 0 R] /ToUnicode {to_unicode} 0 R >>"
            )
            fonts.append(f"/{name} {whole} 0 R")
        kids = []
        for drawn, rotate in self.pages:
            content = add(self._stream("\n".join(drawn).encode()))
            kids.append(
                add(
                    f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {self.width} {self.height}] "
                    f"/Rotate {rotate} /Contents {content} 0 R "
                    f"/Resources << /Font << {' '.join(fonts)} >> >> >>"
                )
            )
        objects[0] = b"<< /Type /Catalog /Pages 2 0 R >>"
        listed = " ".join(f"{kid} 0 R" for kid in kids)
        objects[1] = f"<< /Type /Pages /Kids [{listed}] /Count {len(kids)} >>".encode()
        return _file(objects)

    def _matrix(self, x: float, y: float) -> str:
        """Where and how text stands in the file so that the turned page shows it upright at (x, y)."""
        return {
            0: f"1 0 0 1 {x} {self.height - y}",
            90: f"0 1 -1 0 {y} {x}",
            180: f"-1 0 0 -1 {self.width - x} {y}",
            270: f"0 -1 1 0 {self.width - y} {self.height - x}",
        }[self.pages[-1][1]]

    def _draw(self, operators: str) -> None:
        self.pages[-1][0].append(operators)

    @staticmethod
    def _descriptor(font: str) -> str:
        return (
            f"<< /Type /FontDescriptor /FontName /{font} /Flags 4 /FontBBox [0 -200 1000 900] "
            "/ItalicAngle 0 /Ascent 900 /Descent -200 /CapHeight 700 /StemV 80 >>"
        )

    @staticmethod
    def _stream(data: bytes) -> bytes:
        return b"<< /Length %d >>\nstream\n%s\nendstream" % (len(data), data)

    def _to_unicode(self) -> bytes:
        codes = sorted(ord(letter) for letter in self.letters)
        lines = ["/CIDInit /ProcSet findresource begin 12 dict begin begincmap"]
        lines += ["1 begincodespacerange <0000> <FFFF> endcodespacerange"]
        for at in range(0, len(codes), 100):
            some = codes[at : at + 100]
            lines.append(f"{len(some)} beginbfchar")
            lines += [f"<{code:04X}> <{code:04X}>" for code in some]
            lines.append("endbfchar")
        lines.append("endcmap end end")
        return "\n".join(lines).encode()


def _file(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.7\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        start,
    )
    return bytes(out)
