"""Which agency of the directory a plan's agency is, decided on what is known of both. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Row

from plan.text import nfc


def folded(name: str) -> str:
    """A name for comparing: accents tell people apart, case and blanks do not."""
    return " ".join(nfc(name).split()).casefold()


def numbered(code: str, number: int) -> str:
    """`an-lao`, `an-lao-2`: agencies that plans know by one code."""
    return code if number == 1 else f"{code}-{number}"


@dataclass
class Known:
    """What an agency is known by: official codes; names, folded."""

    organ_ids: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    aliases: set[str] = field(default_factory=set)
    """Other spellings, folded; of an agency that was found to be this one, its names."""

    def agrees(self, other: Known) -> bool:
        """Whether one knows every name the other has: a plan may know fewer of them."""
        return self.names <= other.names or other.names <= self.names | self.aliases


@dataclass
class Register:
    """The directory as it is being added to: what is known, and the rows that are new. No I/O."""

    known: dict[str, Known] = field(default_factory=lambda: defaultdict(Known))
    by_organ_id: dict[str, str] = field(default_factory=dict)
    once: dict[str, str] = field(default_factory=dict)
    """Codes that were made one with another → that one."""
    by_parent: dict[tuple[str, str], str] = field(default_factory=dict)
    """(agency above, folded name) → code."""
    days: set[tuple[str, date]] = field(default_factory=set)
    agencies: list[dict[str, Any]] = field(default_factory=list)
    names: list[dict[str, Any]] = field(default_factory=list)

    def place(
        self, code: str, part: Mapping[str, Any], names: Sequence[Row[Any]], parent: str = ""
    ) -> str:
        """The code of the directory's agency that a plan's agency is; a new one's where it is none.
        `part`: what the plan's text says of it; `parent`: which agency's unit it is (its code in an inner
        plan is a number, and says nothing)."""
        seen = Known(set(part.get("organ_ids", [])), {folded(one.name) for one in names})
        found = self._unit(parent, seen) if parent else self._same(code, seen)
        found = found or self._new(code, part, names, parent)
        self._learn(found, seen, names)
        return found

    def _same(self, code: str, seen: Known) -> str:
        for organ_id in seen.organ_ids & self.by_organ_id.keys():
            return self.by_organ_id[organ_id]
        number = 1
        while tried := self._taken(numbered(code, number)):
            if self.known[tried].agrees(seen):
                return tried
            number += 1
        return ""

    def _taken(self, code: str) -> str:
        """Whose this code is, or was."""
        return code if code in self.known else self.once.get(code, "")

    def _unit(self, parent: str, seen: Known) -> str:
        return next(filter(None, (self.by_parent.get((parent, name)) for name in seen.names)), "")

    def _new(
        self, code: str, part: Mapping[str, Any], names: Sequence[Row[Any]], parent: str
    ) -> str:
        number = 1
        while self._taken(numbered(code, number)):
            number += 1
        made = numbered(code, number)
        self.known[made] = Known()
        self.by_parent |= {(parent, folded(one.name)): made for one in names if parent}
        self.agencies.append(
            {
                "code": made,
                "organ_id": next(iter(part.get("organ_ids", [])), ""),
                "kind": names[-1].kind if names else "",
                "parent": parent,
                "aliases": list(part.get("aliases", [])),
                "became": "",
                "version": 1,
            }
        )
        return made

    def _learn(self, code: str, seen: Known, names: Iterable[Row[Any]]) -> None:
        """Names that the directory does not have yet, from the day the plan says."""
        there = self.known[code]
        for name in names:
            key = (code, name.valid_from)
            told = there.names | there.aliases
            if folded(name.name) not in told and key not in self.days:
                self.days.add(key)
                said = {"name": name.name, "short": name.short}
                self.names.append({"code": code, "valid_from": name.valid_from, **said})
            there.names.add(folded(name.name))
        there.organ_ids |= seen.organ_ids
        self.by_organ_id |= dict.fromkeys(seen.organ_ids, code)
