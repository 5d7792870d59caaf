"""The outline made searchable: nodes by id, their order, and the ways a heading may be worded.

Pure. A heading is compared without accents, case, dashes, punctuation or its number; «tỉnh/huyện» is
read as either; what stands in brackets or after a colon may be left out; the usual short forms
(CCHC, TTHC, …) are written out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from intake.files.memo import cached_by_plan
from plan.definition.model import Agency, Deliverable, OutlineNode, PlanDefinition

SHORT_FORMS = {
    "cchc": "cai cach hanh chinh",
    "tthc": "thu tuc hanh chinh",
    "cntt": "cong nghe thong tin",
    "cbccvc": "can bo cong chuc vien chuc",
    "cbcc": "can bo cong chuc",
    "ccvc": "cong chuc vien chuc",
    "qppl": "quy pham phap luat",
    "vbqppl": "van ban quy pham phap luat",
    "ubnd": "uy ban nhan dan",
    "hdnd": "hoi dong nhan dan",
    "dvc": "dich vu cong",
    "dvctt": "dich vu cong truc tuyen",
    "tcc": "tai chinh cong",
    "qlnn": "quan ly nha nuoc",
}
PLACES = ("huyện", "tỉnh", "thị xã", "thành phố")
_MARKS = re.compile("[\u0300-\u036f\u00ad\u200b-\u200f\u2060\ufeff]+")
"""Diacritics, and what Word and Excel leave behind unseen."""
_WORD = re.compile(r"[0-9a-z]+")
_BRACKETS = re.compile(r"\s*\([^()]*\)")
_NUMBER = re.compile(
    r"""\s*(?:
      (?P<part>phần\s+(?:thứ\s+)?(?P<which>nhất|một|hai|ba|bốn|tư|năm|sáu|[ivx]+|\d+))\b\s*[.:\-–—]?
    | (?P<roman>[IVX]{1,5})\s*(?:[.)\-–]|/(?=\s))(?P<romannum>\d+(?:\.\d+)*)?[.)]?(?=\D|$)
    | (?P<num>\d{1,2}(?:\.\d{1,2})*)(?:\s*[.)\-–/](?!\d)|(?=\s))
    | (?P<letter>[A-Za-zĐđ])\s*[.)]
    | (?P<bullet>[-–—+•*●○▪■])
    )\s*""",
    re.VERBOSE | re.IGNORECASE,
)
_BULLETS = {"-": "gạch", "+": "dấu cộng"}
_ORDINALS = {
    "nhất": 1, "một": 1, "hai": 2, "ba": 3, "bốn": 4, "tư": 4, "năm": 5, "sáu": 6,
    "i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5, "vi": 6,
}  # fmt: skip


@dataclass(frozen=True)
class Label:
    """A number before a heading. `rank` grows downwards: Phần 1, I. 2, 1. 3, 1.1. 4, a) 5, - 6, + 7."""

    rank: int
    value: tuple[int | str, ...]


def read_label(text: str) -> tuple[Label | None, str]:
    """The number a line begins with, and the rest: «II.1.2. Tồn tại» → 1.2, «Tồn tại»."""
    found = _NUMBER.match(text)
    if found is None:
        return None, text.strip()
    rest = text[found.end() :].strip()
    label = _label(found)
    return (None, text.strip()) if label is None else (label, rest)


def _label(found: re.Match[str]) -> Label | None:
    if found["part"]:
        which = found["which"].lower()
        number = _ORDINALS.get(which) or (int(which) if which.isdigit() else 0)
        return Label(1, (number,)) if number else None
    if found["romannum"]:
        return _numbers(found["romannum"])
    if found["roman"] and found["roman"].isupper():
        return Label(2, (_roman_value(found["roman"]),))
    if found["num"]:
        return _numbers(found["num"])
    if found["letter"]:
        return Label(5, (found["letter"].lower(),))
    if found["bullet"]:
        return Label(7 if found["bullet"] == "+" else 6, ())
    return Label(5, (found["roman"].lower(),)) if len(found["roman"]) == 1 else None


def _numbers(text: str) -> Label:
    values = tuple(int(part) for part in text.split("."))
    return Label(3 if len(values) == 1 else 4, values)


def _roman_value(text: str) -> int:
    values = [{"I": 1, "V": 5, "X": 10}[letter] for letter in text.upper()]
    following = [*values[1:], 0]
    return sum(-v if v < after else v for v, after in zip(values, following, strict=True))


@lru_cache(maxsize=65536)
def words(text: str) -> str:
    """Text for comparing headings: plain lower-case words, short forms written out.

    Folds as `plan.text.normalise` does, in one sweep: it is asked of every paragraph of a report.
    """
    bare = _MARKS.sub("", unicodedata.normalize("NFKD", text.casefold())).replace("đ", "d")
    found = _WORD.findall(bare)
    return " ".join(SHORT_FORMS.get(word, word) for word in found)


@dataclass(frozen=True)
class Target:
    """A node a heading may be. `wordings` are compared; the first is the whole title."""

    node: OutlineNode
    order: int
    parent: str
    label: Label | None
    wordings: tuple[str, ...]

    @property
    def id(self) -> str:
        return self.node.id

    @property
    def rank(self) -> int:
        return self.label.rank if self.label else 3


class Outline:
    """An outline with its nodes by id, in reading order."""

    def __init__(self, nodes: Sequence[OutlineNode]) -> None:
        self.targets: dict[str, Target] = {}
        for node, parent in _walk(nodes, ""):
            label, _ = read_label(node.number or node.title)
            self.targets[node.id] = Target(
                node, len(self.targets), parent, label, tuple(dict.fromkeys(_wordings(node)))
            )

    def node(self, node_id: str) -> OutlineNode:
        return self.targets[node_id].node

    def parents(self, node_id: str) -> Iterator[str]:
        """Ancestors, nearest first."""
        parent = self.targets[node_id].parent
        while parent:
            yield parent
            parent = self.targets[parent].parent

    def under(self, node_id: str) -> list[str]:
        """The node and everything below it, in reading order."""
        return [node.id for node, _ in _walk([self.node(node_id)], "")]

    def path(self, node_id: str) -> str:
        """«Phần thứ nhất, II.1.2», «…, II.6.1.b, gạch 3»: how an office names the place."""
        chain = [node_id, *self.parents(node_id)][::-1]
        labels = [self.node(one).number.strip(" .)") for one in chain]
        numbered = [text for text in labels if text and text not in _BULLETS]
        # «II.1.1.2» says 1 twice: a number that repeats its parent's stands for both.
        following = [*numbered[1:], ""]
        kept = [a for a, b in zip(numbered, following, strict=True) if not b.startswith(f"{a}.")]
        part = [kept.pop(0)] if kept and kept[0].lower().startswith("phần") else []
        bullets = [
            f"{_BULLETS[label]} {self._place_among_siblings(one)}"
            for one, label in zip(chain, labels, strict=True)
            if label in _BULLETS
        ]
        return ", ".join([*part, *([".".join(kept)] if kept else []), *bullets])

    def _place_among_siblings(self, node_id: str) -> int:
        parent = self.targets[node_id].parent
        siblings = self.node(parent).children if parent else []
        return next((n for n, one in enumerate(siblings, start=1) if one.id == node_id), 1)


@cached_by_plan(8)
def outline_of(definition: PlanDefinition) -> Outline:
    """The plan's outline."""
    return Outline(definition.outline)


def _walk(nodes: Sequence[OutlineNode], parent: str) -> Iterator[tuple[OutlineNode, str]]:
    for node in nodes:
        yield node, parent
        yield from _walk(node.children, node.id)


def _wordings(node: OutlineNode) -> Iterator[str]:
    """The title as it may be written, whole ones first."""
    for title in _place_variants(node.title):
        yield words(title)
        bare = _BRACKETS.sub("", title)
        yield words(bare)
        head = re.split(r"[:;]|, trong đó", bare)[0]
        if len(words(head).split()) >= 3:
            yield words(head)
    if node.number and words(node.number).startswith("phan "):
        yield words(f"{node.number} {node.title}")


def _place_variants(title: str) -> Iterator[str]:
    yield title
    if "tỉnh/huyện" in title:
        for place in PLACES:
            yield title.replace("tỉnh/huyện", place)
    elif title.rstrip(" .:").endswith(("của tỉnh", "trong tỉnh")):
        for place in PLACES:
            yield re.sub(r"tỉnh(?=[ .:]*$)", place, title)


# --- who writes what -------------------------------------------------------------------------------


def roots_of(definition: PlanDefinition, deliverable: Deliverable, agency: Agency) -> list[str]:
    """The nodes this agency writes for this deliverable, each with all below it."""
    for owner in (agency.id, agency.group):
        if owner in deliverable.outline_parts:
            return list(deliverable.outline_parts[owner])
    return [node.id for node in definition.outline]


def wanted_nodes(outline: Outline, roots: Sequence[str]) -> set[str]:
    """Every node at or below the roots."""
    return {node_id for root in roots for node_id in outline.under(root)}


def may_be_nil(outline: Outline, node_id: str, agency: Agency) -> bool:
    """Whether this agency may say «không phát sinh» here."""
    return bool({agency.id, agency.group} & set(outline.node(node_id).may_be_nil))
