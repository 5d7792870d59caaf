"""What python-calamine does not tell of an .xls: formula results that are an error, blank, or a doubtful 0.

LibreOffice keeps 0 there for a formula it has not computed, and calamine reads it as a number; a blank
taken for a zero is the one thing intake may never do. Only the two layers needed are read: the compound
file's chains of sectors ([MS-CFB] 2.2-2.6) and the stream's records ([MS-XLS] 2.4.127 Formula, 2.5.133
FormulaValue). Damage ends the scan quietly: calamine refuses the file by itself.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from consolidation.intake.ooxml import Place

_END = 0xFFFFFFFA
"""This and above: no further sector."""
_FORMULA, _BOUNDSHEET, _BOF = 0x0006, 0x0085, 0x0809
_RESULTS = {0: "text", 1: "boolean", 2: "error", 3: "blank"}


def formula_results(data: bytes) -> dict[str, dict[Place, str]]:
    """By sheet name: place → `text`, `boolean`, `error`, `blank` or `zero`; no other number is listed."""
    try:
        stream = _workbook_stream(data)
        return {name: dict(_results(stream, at)) for name, at in _sheets(stream)}
    except (struct.error, IndexError, ValueError):
        return {}


# --- records --------------------------------------------------------------------------------------


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at + 4 : at + 4 + size]
        at += 4 + size


def _sheets(stream: bytes) -> Iterator[tuple[str, int]]:
    for kind, body in _records(stream, 0):
        if kind == _BOUNDSHEET:
            (at,) = struct.unpack_from("<I", body)
            length, wide = body[6], body[7] & 1
            name = body[8 : 8 + length * (2 if wide else 1)]
            yield name.decode("utf-16-le" if wide else "latin-1"), at
        elif kind == 0x000A:  # end of the workbook's globals
            return


def _results(stream: bytes, at: int) -> Iterator[tuple[Place, str]]:
    depth = 0
    for kind, body in _records(stream, at):
        depth += (kind == _BOF) - (kind == 0x000A)
        if depth <= 0:
            return
        if kind != _FORMULA:
            continue
        row, column = struct.unpack_from("<HH", body)
        if body[12:14] == b"\xff\xff":
            yield (row, column), _RESULTS.get(body[6], "text")
        elif not any(body[6:14]):
            yield (row, column), "zero"


# --- compound file --------------------------------------------------------------------------------


def _workbook_stream(data: bytes) -> bytes:
    size = 1 << struct.unpack_from("<H", data, 30)[0]
    (first_directory,) = struct.unpack_from("<I", data, 48)
    fat = _allocation(data, size)
    directory = _chain(data, size, fat, first_directory)
    for at in range(0, len(directory), 128):
        entry = directory[at : at + 128]
        length = struct.unpack_from("<H", entry, 64)[0]
        if entry[: max(length - 2, 0)].decode("utf-16-le", "ignore") in ("Workbook", "Book"):
            start, count = (
                struct.unpack_from("<I", entry, 116)[0],
                struct.unpack_from("<I", entry, 120)[0],
            )
            # Below 4096 bytes a stream lives in the small-sector chain; a workbook never is that small.
            return _chain(data, size, fat, start)[:count]
    return b""


def _allocation(data: bytes, size: int) -> list[int]:
    """Sector → next sector."""
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


def _chain(data: bytes, size: int, fat: list[int], start: int) -> bytes:
    parts: list[bytes] = []
    limit = len(data) // size + 1
    while start < _END and len(parts) <= limit:
        parts.append(data[(start + 1) * size : (start + 2) * size])
        start = fat[start]
    return b"".join(parts)
