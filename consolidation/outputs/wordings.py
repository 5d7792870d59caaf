"""Points of several agencies that differ in nothing but each agency's own name, put under one wording. Pure.

What is printed above several names must be true of each: no figure, no word of one agency may come to stand
for another. So texts are one only when they are equal once every agency's own name is taken out, and then
the name is printed as «[địa phương]»; brackets show that it is the compiler's word. Anything else
stands by itself, word for word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from consolidation.outputs.grouping import Group, Point
from plan.definition.model import Agency

OWN = "[địa phương]"


def one_wording(points: Sequence[Point], names: Mapping[str, re.Pattern[str]]) -> list[Group]:
    """Groups in the order of their first point. `names`: agency → its own names, from `own_names`.

    A group of one keeps its text as it was written.
    """
    found: dict[str, list[Point]] = {}
    for point in points:
        found.setdefault(_bare(point, names), []).append(point)
    return [_group(text, members) for text, members in found.items()]


def _group(text: str, members: Sequence[Point]) -> Group:
    alike = len({point.text for point in members}) == 1
    lead = members[0] if alike else Point(members[0].agency, text)
    return Group(lead, tuple(members))


def _bare(point: Point, names: Mapping[str, re.Pattern[str]]) -> str:
    text = " ".join(unicodedata.normalize("NFC", point.text).split())
    own = names.get(point.agency)
    return own.sub(OWN, text) if own else text


def own_names(agency: Agency) -> re.Pattern[str]:
    """Every way an agency is named: full names, short ones, aliases; the longest is taken first."""
    ways = {way for one in agency.names for way in (one.name, one.short)} | set(agency.aliases)
    longest_first = sorted(ways, key=lambda way: (-len(way), way))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest_first))})(?!\w)")
