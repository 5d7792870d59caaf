"""Running heads and feet, page numbers: what stands on a page because it is a page."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from typing import TypeVar

_PAGE_NUMBER = re.compile(
    r"(?:[-–—]\s*)?(?:trang\s*)?\d{1,3}(?:\s*(?:/|trên|of)\s*\d{1,3})?(?:\s*[-–—])?", re.I
)
_NUMBERED = re.compile(r"phụ lục (?:số )?(?:\d|[ivx]+\b)")
_HEAD, _FOOT = 0.2, 0.12
"""Share of a page's height in which heads and feet stand."""
_DEEP = 4
"""So many lines or tables from the edge are looked at."""

Thing = TypeVar("Thing")
Standing = tuple[Thing, str, float, float]
"""Something on a page, its text, where it begins and ends, as shares of the page's height."""


def without_furniture(pages: Sequence[Sequence[Standing[Thing]]]) -> list[list[Thing]]:
    """The same without page numbers and what returns on other pages; a running head stays where it stands
    first, for it may be the only place that bears the title."""
    keys = [[_key(page, place) for place in range(len(page))] for page in pages]
    seen: Counter[Hashable] = Counter()
    for page_keys in keys:
        seen.update({key for key in page_keys if key is not None})
    needed = max(2, round(len(pages) * 0.25))
    kept: list[list[Thing]] = []
    shown: set[Hashable] = set()
    for page, page_keys in zip(pages, keys, strict=True):
        stay: list[Thing] = []
        for (thing, text, *_), key in zip(page, page_keys, strict=True):
            if key is not None and (_PAGE_NUMBER.fullmatch(text.strip()) or not text.strip()):
                continue
            if key is not None and seen[key] >= needed:
                if key in shown or key[0] == "foot":
                    continue
                shown.add(key)
            stay.append(thing)
        kept.append(stay)
    return kept


def _key(page: Sequence[Standing[Thing]], place: int) -> tuple[str, str] | None:
    """Where in the margin it stands and what it says, digits aside; None for what is no margin's."""
    _, text, top, bottom = page[place]
    if place < _DEEP and bottom < _HEAD:
        return "head", _words(text)
    if place >= len(page) - _DEEP and top > 1 - _FOOT:
        return "foot", _words(text)
    return None


def _words(text: str) -> str:
    words = " ".join(text.casefold().split())[:300]
    # «PHỤ LỤC 2» after «PHỤ LỤC 1» is a heading, and no running head.
    return words if _NUMBERED.match(words) else re.sub(r"\d+", "#", words)
