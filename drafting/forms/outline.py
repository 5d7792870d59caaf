"""The outline of a report («ĐỀ CƯƠNG BÁO CÁO») → nodes with number, title and children.

Depth goes by the kind of number: Phần thứ nhất, I., 1., 1.1., a), -. Sentences without a number are
guidance to the heading above.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from drafting.document import Paragraph
from plan.text import normalise

_PART = re.compile(
    r"(Phần (?:thứ )?(?:nhất|hai|ba|tư|bốn|năm|sáu|bảy|I{1,3}|IV|V|\d))[.:]?\s*(.*)", re.I
)
_NUMBERED = (
    (1, re.compile(r"([IVXLC]{1,6}[./-])\s*(.*)")),
    (2, re.compile(r"(\d{1,2}(?:\.\d{1,2}){0,3}[.)/]?)\s+(.*)")),
    (6, re.compile(r"([a-zđ]\))\s*(.*)")),
    (7, re.compile(r"([-–•])\s*(.*)")),
    (8, re.compile(r"(\+)\s*(.*)")),
)
"""Depth and shape; a decimal number's depth is further down by its dots."""
_WORDS = {
    "nhat": 1, "hai": 2, "ba": 3, "tu": 4, "bon": 4, "nam": 5, "sau": 6, "bay": 7,
    "i": 1, "ii": 2, "iii": 3, "iv": 4, "v": 5,
}  # fmt: skip
_DASH_DEPTH = 7


@dataclass
class Node:
    """One heading or dash; `id` as the plan format has them (`p1-ii-3-1-a`)."""

    id: str
    number: str
    title: str
    depth: int
    guidance: list[str] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)

    def as_data(self) -> dict[str, Any]:
        """As the plan format's outline has it; what is not asked as a heading says so."""
        data: dict[str, Any] = {"id": self.id, "number": self.number, "title": self.title}
        if self.guidance:
            data["guidance"] = list(self.guidance)
        if self.depth >= _DASH_DEPTH:
            data["required"] = False
        if self.children:
            data["children"] = [child.as_data() for child in self.children]
        return data

    def walk(self) -> Iterator[Node]:
        """This node and all below, in order."""
        yield self
        for child in self.children:
            yield from child.walk()


def read_outline(paragraphs: Iterable[Paragraph]) -> list[Node]:
    """The nodes of an outline's paragraphs, in order."""
    roots: list[Node] = []
    above: list[Node] = []
    for paragraph in paragraphs:
        text = paragraph.text.strip()
        shape = _shape(text)
        if shape is None:
            _put_loose(text, above)
            continue
        depth, number, title = shape
        while above and above[-1].depth >= depth:
            above.pop()
        siblings = above[-1].children if above else roots
        node = Node(_id(number, siblings, above), number, title, depth)
        siblings.append(node)
        above.append(node)
    return roots


def _shape(text: str) -> tuple[int, str, str] | None:
    if found := _PART.fullmatch(text):
        return 0, found[1], found[2].strip()
    for depth, pattern in _NUMBERED:
        if found := pattern.fullmatch(text):
            deeper = found[1].strip(".)/").count(".") if depth == 2 else 0
            return depth + deeper, found[1], found[2].strip()
    return None


def _put_loose(text: str, above: list[Node]) -> None:
    """A line without a number: the title of a part that stands under its number, else guidance."""
    if not above or not text:
        return
    if not above[-1].title:
        above[-1].title = text
    else:
        above[-1].guidance.append(text)


def _id(number: str, siblings: list[Node], above: list[Node]) -> str:
    if found := _PART.fullmatch(number):
        words = normalise(found[1]).split()[-1]
        return f"p{_WORDS.get(words, words)}"
    own = normalise(number.strip(".)/-–+• ").replace("đ", "dd")).replace(" ", "").rpartition(".")[2]
    if not own:
        own = str(sum(node.depth >= _DASH_DEPTH for node in siblings) + 1)
    whole = f"{above[-1].id}-{own}" if above else own
    taken = {node.id for node in siblings}
    if whole in taken:
        whole = f"{whole}-{sum(one.startswith(whole) for one in taken) + 1}"
    return whole
