"""A table taken in again: what is new, changed and gone since the last time. Pure; nothing is done here.

Rows are the same by what the document system calls them (`key`); without one, by what they say and who owes
them, however punctuation and blanks differ.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from drafting.grammar.names import agency_key
from drafting.words import fold

Row = Mapping[str, Any]
"""An obligation in JSON's types, as a draft has it."""

_CUT = re.compile(r"\s*(?:…|\.{3})\s*$")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field that says something else now, in words for people."""

    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Change:
    """One row: `kind` is new, changed, gone or same."""

    kind: str
    key: str
    before: Row | None
    after: Row | None
    fields: tuple[FieldChange, ...] = ()

    @property
    def row(self) -> Row:
        """The row as it is now, or as it was."""
        return self.after or self.before or {}


FIELDS: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("Nội dung", lambda row: str(row.get("text") or row.get("deliverable") or "")),
    ("Cơ quan chủ trì", lambda row: "; ".join(row.get("owners") or ())),
    ("Cơ quan phối hợp", lambda row: "; ".join(row.get("cooperating") or ())),
    ("Hạn", lambda row: str(row.get("due_words") or "")),
    ("Sản phẩm", lambda row: str(row.get("product") or "")),
)
"""What is compared, and how people call it."""
_NAMES = ("Cơ quan chủ trì", "Cơ quan phối hợp")


def compare(before: Sequence[Row], after: Sequence[Row]) -> list[Change]:
    """Every row of both, in the order of `after`; what is gone comes last."""
    known = dict(_named(before))
    changes: list[Change] = []
    for name, row in _named(after):
        old = known.pop(name, None)
        if old is None:
            changes.append(Change("new", name, None, row))
            continue
        fields = tuple(_differences(old, row))
        changes.append(Change("changed" if fields else "same", name, old, row, fields))
    changes += [Change("gone", name, row, None) for name, row in known.items()]
    return changes


def _named(rows: Iterable[Row]) -> Iterator[tuple[str, Row]]:
    """Each row with the name it is known by; the second of one name has a number."""
    counted: dict[str, int] = {}
    for row in rows:
        name = str(row.get("key") or "") or _said(row)
        counted[name] = counted.get(name, 0) + 1
        yield (name if counted[name] == 1 else f"{name}#{counted[name]}"), row


def _said(row: Row) -> str:
    owners = sorted(agency_key(name) for name in row.get("owners") or ())
    return f"{_plain(FIELDS[0][1](row))[:200]} | {'; '.join(owners)}"


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", " ", fold(text)).strip()


def _differences(before: Row, after: Row) -> Iterator[FieldChange]:
    for field, value in FIELDS:
        old, new = value(before), value(after)
        if not _same(field, old, new):
            yield FieldChange(field, old, new)


def _same(field: str, old: str, new: str) -> bool:
    if field in _NAMES:
        return _names(old) == _names(new)
    if any(_CUT.search(text) for text in (old, new)):
        # A document system cuts long text: what is left of it says nothing of the rest.
        short, long = sorted((_plain(_CUT.sub("", old)), _plain(_CUT.sub("", new))), key=len)
        return long.startswith(short)
    return _plain(old) == _plain(new)


def _names(text: str) -> frozenset[str]:
    return frozenset(agency_key(name) for name in text.split("; ") if name)
