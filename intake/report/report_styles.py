"""What a Word document's styles say of a paragraph: heading or not, bold, numbered, guidance."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from documents.styles import GUIDANCE_STYLE
from intake.report.formatting import W, int_of, value_of
from plan.text import normalise

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
