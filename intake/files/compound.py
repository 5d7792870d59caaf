"""Compound files (.xls, .doc, locked Office files): which streams one holds at its top, and their bytes.

Only what [MS-CFB] 2.2-2.6 needs for that. A document of one kind may hold one of another in a storage
below (an .xls with a Word object): the streams at the top say what the file is.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
DAMAGE = (struct.error, IndexError, ValueError)
"""What a damaged file raises here."""
_END = 0xFFFFFFFA
"""This and above: no further sector."""
_NONE = 0xFFFFFFFF
_STREAM, _ROOT = 2, 5
_ENTRY = 128


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the directory. `at`: where it stands in the file, in bytes."""

    name: str
    kind: int
    left: int
    right: int
    child: int
    start: int
    size: int
    at: int


class Compound:
    """A compound file's directory, read at once. Raises what `DAMAGE` names."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._size = 1 << struct.unpack_from("<H", data, 30)[0]
        (first,) = struct.unpack_from("<I", data, 48)
        self._fat = self._allocation()
        self._sectors = list(self._chain(first))
        self.entries = list(self._directory())

    def top(self) -> dict[str, Entry]:
        """The streams that stand in no storage, by name in capitals: programs write «Workbook»,
        «WORKBOOK» and «BOOK»."""
        root = next((one for one in self.entries if one.kind == _ROOT), None)
        if root is None:
            return {}
        names: dict[str, Entry] = {}
        seen: set[int] = set()
        waiting = [root.child]
        while waiting:
            number = waiting.pop()
            if number in seen or number >= len(self.entries):
                continue
            seen.add(number)
            entry = self.entries[number]
            waiting += [entry.left, entry.right]
            if entry.kind == _STREAM:
                names[entry.name.upper()] = entry
        return names

    def stream(self, *names: str) -> bytes:
        """The first of these streams that stands at the top; empty for none.

        Below 4096 bytes a stream lives in the small-sector chain, and is not read: no workbook is so small.
        """
        top = self.top()
        for name in names:
            if entry := top.get(name.upper()):
                sectors = self._chain(entry.start)
                return b"".join(self._sector(one) for one in sectors)[: entry.size]
        return b""

    def _directory(self) -> Iterator[Entry]:
        for sector in self._sectors:
            for place in range(0, self._size, _ENTRY):
                at = (sector + 1) * self._size + place
                raw = self._data[at : at + _ENTRY]
                if len(raw) < _ENTRY:
                    return
                length, kind = struct.unpack_from("<HB", raw, 64)
                left, right, child = struct.unpack_from("<III", raw, 68)
                start, size = struct.unpack_from("<II", raw, 116)
                name = raw[: max(length - 2, 0)].decode("utf-16-le", "ignore")
                yield Entry(name, kind, left, right, child, start, size, at)

    def _sector(self, number: int) -> bytes:
        return self._data[(number + 1) * self._size : (number + 2) * self._size]

    def _chain(self, start: int) -> Iterator[int]:
        limit = len(self._data) // self._size + 1
        while start < _END and limit > 0:
            yield start
            start, limit = self._fat[start], limit - 1

    def _allocation(self) -> list[int]:
        """Sector → next sector."""
        data, size = self._data, self._size
        sectors = [one for one in struct.unpack_from("<109I", data, 76) if one < _END]
        (more,) = struct.unpack_from("<I", data, 68)
        seen: set[int] = set()
        while more < _END and more not in seen:
            seen.add(more)
            block = struct.unpack_from(f"<{size // 4}I", data, (more + 1) * size)
            sectors += [one for one in block[:-1] if one < _END]
            more = block[-1]
        table: list[int] = []
        for sector in sectors:
            table += struct.unpack_from(f"<{size // 4}I", data, (sector + 1) * size)
        return table


def with_names_as_usual(data: bytes, names: tuple[str, ...]) -> bytes:
    """The file with its streams named as their programs' readers look for them («WORKBOOK» → «Workbook»)."""
    try:
        top = Compound(data).top()
    except DAMAGE:
        return data
    for name in names:
        entry = top.get(name.upper())
        if entry is not None and entry.name != name:
            new = name.encode("utf-16-le")
            data = data[: entry.at] + new + data[entry.at + len(new) :]
    return data
