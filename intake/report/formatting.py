"""Automatic numbers of a Word document: «1.1.», «a)» that stand in no text.

Word keeps only which list and level a paragraph belongs to; the number is counted when it is shown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from intake.files.word_gate import WORD

W = f"{{{WORD}}}"
DEEPEST = 9
"""Word knows nine levels; a file that says more is not believed."""
_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_ROMAN = (
    (1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"),
    (40, "xl"), (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"),
)  # fmt: skip


@dataclass(frozen=True)
class ListLevel:
    """One level: `pattern` as in `%1.%2.`; `kind` as Word names it (`decimal`, `upperRoman`, …)."""

    kind: str = "decimal"
    pattern: str = "%1."
    start: int = 1


@dataclass
class Numbering:
    """Every list of a document, and how far each has counted."""

    lists: dict[str, tuple[str, dict[int, ListLevel]]] = field(default_factory=dict)
    """List id → (what it counts with: lists of one abstract list count on together, levels)."""
    counted: dict[str, dict[int, int]] = field(default_factory=dict)

    def next_label(self, list_id: str, level: int) -> str:
        """The number the next paragraph of this list and level shows; empty for none or a bullet."""
        if list_id not in self.lists or not 0 <= level < DEEPEST:
            return ""
        shared, levels = self.lists[list_id]
        counts = self.counted.setdefault(shared, {})
        own = levels.get(level, ListLevel())
        counts[level] = counts.get(level, own.start - 1) + 1
        for deeper in [n for n in counts if n > level]:
            del counts[deeper]
        if own.kind in ("bullet", "none"):
            return "-" if own.kind == "bullet" else ""
        return _fill(own.pattern, level, levels, counts)


def _fill(pattern: str, level: int, levels: dict[int, ListLevel], counts: dict[int, int]) -> str:
    for number in range(level + 1):
        form = levels.get(number, ListLevel())
        shown = write_number(counts.get(number, form.start), form.kind)
        pattern = pattern.replace(f"%{number + 1}", shown)
    return pattern


def write_number(number: int, kind: str) -> str:
    """`number` in one of Word's number formats; the unknown ones as digits."""
    if kind in ("upperRoman", "lowerRoman"):
        text = _roman(number)
    elif kind in ("upperLetter", "lowerLetter"):
        # Word repeats the letter after z: aa, bb, …
        letter = _LETTERS[(number - 1) % 26]
        text = letter * min((number - 1) // 26 + 1, 8)
    else:
        return str(number)
    return text.upper() if kind.startswith("upper") else text


def _roman(number: int) -> str:
    if not 0 < number < 4000:
        return str(number)
    text = ""
    for value, letters in _ROMAN:
        while number >= value:
            text, number = text + letters, number - value
    return text


def read_numbering(root: Any | None) -> Numbering:
    """The lists of a `numbering.xml`, already parsed; none: no lists."""
    if root is None:
        return Numbering()
    abstract = {
        entry.get(f"{W}abstractNumId", ""): _levels(entry)
        for entry in root.iterfind(f"{W}abstractNum")
    }
    lists: dict[str, tuple[str, dict[int, ListLevel]]] = {}
    for entry in root.iterfind(f"{W}num"):
        list_id = entry.get(f"{W}numId", "")
        shared = value_of(entry, "abstractNumId")
        overridden = _overrides(entry, abstract.get(shared, {}))
        counts_alone = overridden is not None
        levels = overridden if overridden is not None else abstract.get(shared, {})
        lists[list_id] = (f"num:{list_id}" if counts_alone else f"abstract:{shared}", levels)
    return Numbering(lists)


def _levels(parent: Any) -> dict[int, ListLevel]:
    return {int_of(entry.get(f"{W}ilvl")): _level(entry) for entry in parent.iterfind(f"{W}lvl")}


def _level(entry: Any) -> ListLevel:
    return ListLevel(
        kind=value_of(entry, "numFmt") or "decimal",
        pattern=value_of(entry, "lvlText")[:40],
        start=int_of(value_of(entry, "start"), 1),
    )


def _overrides(entry: Any, base: dict[int, ListLevel]) -> dict[int, ListLevel] | None:
    """The list's own levels, where it starts again or looks different; None: none of its own."""
    found = entry.findall(f"{W}lvlOverride")
    if not found:
        return None
    levels = dict(base)
    for override in found:
        number = int_of(override.get(f"{W}ilvl"))
        own = override.find(f"{W}lvl")
        level = _level(own) if own is not None else levels.get(number, ListLevel())
        start = value_of(override, "startOverride")
        levels[number] = ListLevel(level.kind, level.pattern, int_of(start, level.start))
    return levels


def value_of(parent: Any, name: str) -> str:
    child = parent.find(f"{W}{name}")
    return "" if child is None else str(child.get(f"{W}val", ""))


def int_of(text: str | None, default: int = 0) -> int:
    """Hostile files write anything; a number out of reach is the default."""
    if text is None or not text.lstrip("-").isdecimal() or len(text) > 6:
        return default
    return int(text)
