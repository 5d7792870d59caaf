"""Compound files built for tests: streams at the top, storages with streams below."""

from __future__ import annotations

import struct
from collections.abc import Mapping

SECTOR = 512
_NONE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
Tree = Mapping[str, "bytes | Tree"]


def compound_file(tree: Tree) -> bytes:
    """A compound file ([MS-CFB], version 3) with this tree. Streams are padded to 4096 bytes or more."""
    entries: list[list[object]] = [["Root Entry", 5, _NONE, _NONE, _NONE, _END, 0]]
    chains: list[bytes] = []
    _add(entries, chains, 0, tree)
    directory_size = -(-len(entries) * 128 // SECTOR)
    streams = [-(-len(one) // SECTOR) for one in chains]
    fat_size = -(-(directory_size + sum(streams) + 8) // (SECTOR // 4))
    fat = [_FAT] * fat_size
    fat += _chain(len(fat), directory_size)
    starts = []
    for size in streams:
        starts.append(len(fat))
        fat += _chain(len(fat), size)
    fat += [_NONE] * (fat_size * SECTOR // 4 - len(fat))
    header = bytearray(SECTOR)
    header[:8] = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<IIIIIIIII", header, 44, fat_size, fat_size, 0, 4096, _END, 0, _END, 0, 0)
    difat = [*range(fat_size), *[_NONE] * (109 - fat_size)]
    struct.pack_into("<109I", header, 76, *difat)
    lines = b"".join(_line(entry, starts) for entry in entries)
    body = struct.pack(f"<{len(fat)}I", *fat) + _padded(lines, SECTOR)
    return bytes(header) + body + b"".join(_padded(one, SECTOR) for one in chains)


def _add(entries: list[list[object]], chains: list[bytes], parent: int, tree: Tree) -> None:
    before = _NONE
    for name, content in tree.items():
        number = len(entries)
        if isinstance(content, bytes):
            data = content.ljust(4096, b"\0")
            entries.append([name, 2, _NONE, before, _NONE, len(chains), len(data)])
            chains.append(data)
        else:
            entries.append([name, 1, _NONE, before, _NONE, _END, 0])
            _add(entries, chains, number, content)
        before = number
    entries[parent][4] = before


def _chain(first: int, size: int) -> list[int]:
    return [first + n + 1 for n in range(size - 1)] + [_END] if size else []


def _line(entry: list[object], starts: list[int]) -> bytes:
    name, kind, left, right, child, start, size = entry
    raw = bytearray(128)
    encoded = str(name).encode("utf-16-le")
    raw[: len(encoded)] = encoded
    struct.pack_into("<HBB", raw, 64, len(encoded) + 2, kind, 1)
    struct.pack_into("<III", raw, 68, left, right, child)
    at = starts[int(str(start))] if kind == 2 else start
    struct.pack_into("<II", raw, 116, at, size)
    return bytes(raw)


def _padded(data: bytes, size: int) -> bytes:
    return data + b"\0" * (-len(data) % size)
