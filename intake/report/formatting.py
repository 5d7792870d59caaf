"""Automatic numbers of a Word document: «1.1.», «a)» that stand in no text.

Word keeps only which list and level a paragraph belongs to; the number is counted when it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from documents.styles import GUIDANCE_STYLE
from intake.files.word_gate import WORD
from plan.text import normalise

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


# --- What a Word document's styles say of a paragraph: heading or not, bold, numbered, guidance.

_HEADING = re.compile(r"heading (\d)")
_CONTENTS = re.compile(r"(toc|muc luc|contents) ?\d?( heading)?|toc heading")
_LIFTED = 4
"""Half points from which text stands clearly off the line."""
_DEPTH = 20
"""A chain of styles longer than this is a circle."""


@dataclass(frozen=True)
class StyleFacts:
    """Of a paragraph style, its ancestors' facts included. `level` 1–9 is a heading's, 0 none."""

    level: int = 0
    bold: bool = False
    list_id: str = ""
    list_level: int = 0
    guidance: bool = False
    contents: bool = False
    font: str = ""
    position: str = ""
    """`superscript` or `subscript`; empty: on the line."""


class Styles:
    """The styles of one document, by id."""

    def __init__(self, root: Any | None) -> None:
        found = [] if root is None else root.iterfind(f"{W}style")
        self._raw: Mapping[str, Any] = {style.get(f"{W}styleId", ""): style for style in found}
        defaults = None if root is None else root.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr")
        self._plain = StyleFacts(font=font_of(defaults))
        self._known: dict[str, StyleFacts] = {}

    def facts(self, style_id: str) -> StyleFacts:
        """What the style says; nothing for an unknown one."""
        if style_id not in self._known:
            self._known[style_id] = self._resolve(style_id, _DEPTH)
        return self._known[style_id]

    def _resolve(self, style_id: str, depth: int) -> StyleFacts:
        style = self._raw.get(style_id)
        if style is None or depth == 0:
            return self._plain
        parent = value_of(style, "basedOn")
        facts = self._resolve(parent, depth - 1) if parent else self._plain
        return _with_own(facts, style)


def _with_own(facts: StyleFacts, style: Any) -> StyleFacts:
    name = normalise(value_of(style, "name"))
    heading = _HEADING.fullmatch(name)
    properties = style.find(f"{W}pPr")
    level = int(heading.group(1)) if heading else outline_level(properties, facts.level)
    list_id, list_level = list_of(properties, facts.list_id, facts.list_level)
    return replace(
        facts,
        level=level,
        bold=is_bold(style.find(f"{W}rPr"), facts.bold),
        list_id=list_id,
        list_level=list_level,
        guidance=facts.guidance or name == normalise(GUIDANCE_STYLE),
        contents=facts.contents or bool(_CONTENTS.fullmatch(name)),
        font=font_of(style.find(f"{W}rPr"), facts.font),
        position=position_of(style.find(f"{W}rPr"), facts.position),
    )


def outline_level(properties: Any | None, inherited: int = 0) -> int:
    """1–9 from `w:outlineLvl` (0–8 in the file; 9 there means body text)."""
    if properties is None or properties.find(f"{W}outlineLvl") is None:
        return inherited
    level = int_of(value_of(properties, "outlineLvl"), 9)
    return level + 1 if 0 <= level < 9 else 0


def list_of(properties: Any | None, list_id: str = "", level: int = 0) -> tuple[str, int]:
    """List and level of a paragraph or style; list `0` takes an inherited one away."""
    own = None if properties is None else properties.find(f"{W}numPr")
    if own is None:
        return list_id, level
    own_id = value_of(own, "numId")
    own_level = value_of(own, "ilvl")
    list_id = own_id or list_id
    return ("" if list_id == "0" else list_id), (int_of(own_level) if own_level else level)


def is_bold(properties: Any | None, inherited: bool = False) -> bool:
    """`w:b` present and not switched off."""
    return _switch(properties, "b", inherited)


def is_hidden(properties: Any | None) -> bool:
    """Text that Word does not show is not read: nobody has seen it."""
    return _switch(properties, "vanish", False)


def font_of(properties: Any | None, inherited: str = "") -> str:
    """The font of Latin letters; empty where a theme decides."""
    fonts = None if properties is None else properties.find(f"{W}rFonts")
    if fonts is None:
        return inherited
    return str(fonts.get(f"{W}ascii") or fonts.get(f"{W}hAnsi") or inherited)


def position_of(properties: Any | None, inherited: str = "") -> str:
    """Whether text stands above or below the line: by `w:vertAlign`, or lifted by hand (`w:position`, in
    half points)."""
    if properties is None:
        return inherited
    align = value_of(properties, "vertAlign")
    if align:
        return align if align in ("superscript", "subscript") else ""
    lifted = int_of(value_of(properties, "position"))
    if abs(lifted) < _LIFTED:
        return inherited
    return "superscript" if lifted > 0 else "subscript"


def _switch(properties: Any | None, name: str, inherited: bool) -> bool:
    mark = None if properties is None else properties.find(f"{W}{name}")
    if mark is None:
        return inherited
    return mark.get(f"{W}val", "1") not in ("0", "false", "off")
