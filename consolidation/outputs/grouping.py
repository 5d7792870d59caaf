"""Proposals that say nearly the same, put together. Pure; the order they came in does not matter.

Two texts are near-duplicates when they share their words (`token_set_ratio` of rapidfuzz on text without
accents, case or punctuation, at least `ALIKE` of 100) and are of like length (the shorter at least
`LENGTHS` of the longer: word sets alone would take «đào tạo công chức» for any sentence that holds those
words). Groups are closed under likeness: A like B and B like C are one group.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from plan.definition.model import Agency
from plan.text import normalise

ALIKE = 88.0
LENGTHS = 0.6
_BULLET = re.compile(r"^\s*(?:[-–—+•*●▪]|\d{1,2}[.)]|[a-zđ][.)])\s*", re.IGNORECASE)
_NOT_WORD = re.compile(r"[^0-9a-z ]+")


@dataclass(frozen=True)
class Point:
    """One thing an agency says. `agency` decides order and attribution."""

    agency: str
    text: str


@dataclass(frozen=True)
class Group:
    """Points that say nearly the same; `lead` is the one most like the others."""

    lead: Point
    points: tuple[Point, ...]

    @property
    def agencies(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(point.agency for point in self.points))

    @property
    def variants(self) -> tuple[Point, ...]:
        """Those worded otherwise than the lead."""
        return tuple(point for point in self.points if plain(point.text) != plain(self.lead.text))


def points_of(agency: str, text: str) -> list[Point]:
    """The points of a section: one a paragraph, its bullet or number taken off."""
    lines = (_BULLET.sub("", line).strip() for line in text.split("\n"))
    return [Point(agency, line) for line in lines if line]


def plain(text: str) -> str:
    """Text for comparing."""
    return " ".join(_NOT_WORD.sub(" ", normalise(text)).split())


def alike(one: str, other: str) -> bool:
    """Whether two plain texts are near-duplicates."""
    shorter, longer = sorted((len(one), len(other)))
    if shorter < LENGTHS * longer:
        return False
    return one == other or fuzz.token_set_ratio(one, other) >= ALIKE


def grouped(points: Sequence[Point]) -> list[Group]:
    """Groups in the order of their first point; within a group, in the order given."""
    texts = [plain(point.text) for point in points]
    roots = list(range(len(points)))

    def root(at: int) -> int:
        while roots[at] != at:
            roots[at] = roots[roots[at]]
            at = roots[at]
        return at

    for later in range(len(points)):
        for earlier in range(later):
            if root(earlier) != root(later) and alike(texts[earlier], texts[later]):
                roots[root(later)] = root(earlier)
    members: dict[int, list[int]] = {}
    for at in range(len(points)):
        members.setdefault(root(at), []).append(at)
    return [_group(points, texts, found) for _, found in sorted(members.items())]


def _group(points: Sequence[Point], texts: Sequence[str], members: Sequence[int]) -> Group:
    def likeness(at: int) -> float:
        return sum(fuzz.token_set_ratio(texts[at], texts[other]) for other in members)

    lead = max(members, key=lambda at: (likeness(at), len(texts[at]), -at))
    return Group(points[lead], tuple(points[at] for at in members))


# --- Points of several agencies that differ in nothing but each agency's own name, put under one
# wording. Pure.
#
# What is printed above several names must be true of each: no figure, no word of one agency may
# come to stand for another. So texts are one only when they are equal once every agency's own name
# is taken out, and then the name is printed as «[địa phương]»; brackets show that it is the
# compiler's word. Anything else stands by itself, word for word.

OWN = "[địa phương]"


def one_wording(points: Sequence[Point], names: Mapping[str, re.Pattern[str]]) -> list[Group]:
    """Groups in the order of their first point. `names`: agency → its own names, from `own_names`.

    A group of one keeps its text as it was written.
    """
    found: dict[str, list[Point]] = {}
    for point in points:
        found.setdefault(bare_text(point, names), []).append(point)
    return [_group_of(text, members) for text, members in found.items()]


def _group_of(text: str, members: Sequence[Point]) -> Group:
    alike = len({point.text for point in members}) == 1
    lead = members[0] if alike else Point(members[0].agency, text)
    return Group(lead, tuple(members))


def bare_text(point: Point, names: Mapping[str, re.Pattern[str]]) -> str:
    """What is said, without whose it is."""
    text = " ".join(unicodedata.normalize("NFC", point.text).split())
    own = names.get(point.agency)
    return own.sub(OWN, text) if own else text


def own_names(agency: Agency) -> re.Pattern[str]:
    """Every way an agency is named: full names, short ones, aliases; the longest is taken first."""
    ways = {way for one in agency.names for way in (one.name, one.short)} | set(agency.aliases)
    longest_first = sorted(ways, key=lambda way: (-len(way), way))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
