"""What python-calamine does not tell of an .xls: formula results that are an error, blank, or a doubtful 0;
raised marks; fonts; a password.

LibreOffice keeps 0 there for a formula it has not computed, and calamine reads it as a number; a blank
taken for a zero is the one thing intake may never do. Read are the stream's records ([MS-XLS] 2.4.127
Formula, 2.5.133 FormulaValue, 2.4.122 Font, 2.4.265 SST, 2.5.293 XLUnicodeRichExtendedString). Damage ends
the scan quietly: calamine refuses the file by itself.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from intake.files.compound import DAMAGE, Compound
from intake.workbook.marks import lowered, raised
from intake.workbook.xlsx import Place

_FORMULA, _BOUNDSHEET, _BOF, _EOF = 0x0006, 0x0085, 0x0809, 0x000A
_FILEPASS, _FONT, _SST, _CONTINUE, _LABELSST = 0x002F, 0x0031, 0x00FC, 0x003C, 0x00FD
_RESULTS = {0: "text", 1: "boolean", 2: "error", 3: "blank"}
_AT = {1: raised, 2: lowered}
WORKBOOK_STREAMS = ("Workbook", "Book")


@dataclass
class Facts:
    """Of one sheet: what its formulas gave (`text`, `boolean`, `error`, `blank` or `zero`; no other number
    is listed), and texts with raised marks."""

    results: dict[Place, str] = field(default_factory=dict)
    marked: dict[Place, str] = field(default_factory=dict)


class Stream:
    """The records of a workbook's stream."""

    def __init__(self, data: bytes) -> None:
        try:
            self._bytes = Compound(data).stream(*WORKBOOK_STREAMS)
        except DAMAGE:
            self._bytes = b""

    @cached_property
    def _globals(self) -> list[tuple[int, bytes]]:
        found = []
        for kind, body in _records(self._bytes, 0):
            if kind == _EOF:
                break
            found.append((kind, body))
        return found

    @property
    def locked(self) -> bool:
        """Whether a password was set: every record behind is scrambled."""
        return any(kind == _FILEPASS for kind, _ in self._globals)

    def fonts(self) -> list[str]:
        """Names of the fonts the workbook uses."""
        return [_font_name(body) for kind, body in self._globals if kind == _FONT]

    def facts(self) -> dict[str, Facts]:
        """By sheet name."""
        try:
            marked = dict(self._marked_strings())
            return {name: _facts(self._bytes, at, marked) for name, at in self._sheets()}
        except DAMAGE:
            return {}

    def _sheets(self) -> Iterator[tuple[str, int]]:
        for kind, body in self._globals:
            if kind == _BOUNDSHEET:
                (at,) = struct.unpack_from("<I", body)
                length, wide = body[6], body[7] & 1
                name = body[8 : 8 + length * (2 if wide else 1)]
                yield name.decode("utf-16-le" if wide else "latin-1"), at

    def _marked_strings(self) -> Iterator[tuple[int, str]]:
        """Number in the table of strings → text with its raised runs as code points."""
        fonts = [body for kind, body in self._globals if kind == _FONT]
        off_line = {
            # Font 4 is never written: what stands fifth is font 5.
            number + (number >= 4): struct.unpack_from("<H", body, 8)[0]
            for number, body in enumerate(fonts)
            if struct.unpack_from("<H", body, 8)[0] in _AT
        }
        if not off_line:
            return
        for number, (text, runs) in enumerate(_Strings(self._string_segments()).read()):
            if any(font in off_line for _, font in runs):
                yield number, _with_marks(text, runs, off_line)

    def _string_segments(self) -> list[bytes]:
        segments: list[bytes] = []
        for kind, body in self._globals:
            if kind == _SST or (kind == _CONTINUE and segments):
                segments.append(body)
            elif segments:
                break
        return segments


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + size]
        at += 4 + size


def _facts(stream: bytes, at: int, marked: dict[int, str]) -> Facts:
    facts = Facts()
    depth = 0
    for kind, body in _records(stream, at):
        depth += (kind == _BOF) - (kind == _EOF)
        if depth <= 0:
            break
        if kind == _FORMULA:
            row, column = struct.unpack_from("<HH", body)
            if body[12:14] == b"\xff\xff":
                facts.results[row, column] = _RESULTS.get(body[6], "text")
            elif not any(body[6:14]):
                facts.results[row, column] = "zero"
        elif kind == _LABELSST and marked:
            row, column, _, number = struct.unpack_from("<HHHI", body)
            if number in marked:
                facts.marked[row, column] = marked[number]
    return facts


def _font_name(body: bytes) -> str:
    if len(body) < 16:
        return ""
    length, wide = body[14], body[15] & 1
    name = body[16 : 16 + length * (2 if wide else 1)]
    return name.decode("utf-16-le" if wide else "latin-1", "ignore")


def _with_marks(text: str, runs: list[tuple[int, int]], off_line: dict[int, int]) -> str:
    """Runs name where a font begins; what stands before the first is in the cell's own font."""
    ends = [start for start, _ in runs[1:]] + [len(text)]
    parts = [text[: runs[0][0]]]
    for (start, font), end in zip(runs, ends, strict=True):
        part = text[start:end]
        parts.append(_AT[off_line[font]](part) if font in off_line else part)
    return "".join(parts)


class _Strings:
    """The shared strings: one record and those that continue it; a text may break anywhere."""

    def __init__(self, segments: list[bytes]) -> None:
        self.segments, self.segment, self.at = segments, 0, 0

    def read(self) -> Iterator[tuple[str, list[tuple[int, int]]]]:
        """Each text with (start, font) of its runs."""
        if not self.segments:
            return
        _, count = struct.unpack("<II", self._take(8))
        for _ in range(count):
            length, flags = struct.unpack("<HB", self._take(3))
            runs = struct.unpack("<H", self._take(2))[0] if flags & 8 else 0
            extra = struct.unpack("<I", self._take(4))[0] if flags & 4 else 0
            text = self._characters(length, wide=bool(flags & 1))
            formats = self._take(4 * runs)
            self._take(extra)
            yield text, [struct.unpack_from("<HH", formats, 4 * n) for n in range(runs)]

    def _take(self, count: int) -> bytes:
        taken = b""
        while len(taken) < count:
            part = self.segments[self.segment][self.at : self.at + count - len(taken)]
            self.at += len(part)
            taken += part
            if len(taken) < count:
                self.segment, self.at = self.segment + 1, 0
        return taken

    def _characters(self, count: int, *, wide: bool) -> str:
        text, left = "", count
        while left > 0:
            here = self.segments[self.segment]
            if self.at >= len(here):  # the next record says anew how wide its letters are
                self.segment, self.at = self.segment + 1, 1
                here = self.segments[self.segment]
                wide = bool(here[0] & 1)
            size = 2 if wide else 1
            part = here[self.at : self.at + left * size]
            self.at += len(part)
            left -= len(part) // size
            text += part.decode("utf-16-le" if wide else "latin-1", "replace")
        return text
