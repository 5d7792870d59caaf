"""Headings of the report as its readers want them, the outline's instructions taken out. Pure."""

from __future__ import annotations

import re

from intake.report.template import shown_title
from plan.definition.model import OutlineNode
from plan.text import normalise

RUN_IN = 6
"""From this rank on («-», «+») a heading stands at the beginning of its paragraph."""
ENOUGH = 18
"""Letters that must be left of a title that is cut."""
_BRACKETS = re.compile(r"\s*\([^()]*\)")
_INSTRUCTIONS = (": ", "; ", ", trong đó", ", nêu rõ", ", đặc biệt là ", ", ví dụ")
_EITHER = re.compile(r"(\w+ tỉnh)/(UBND các huyện)")
_PROPOSES = ("kien nghi", "de xuat")


def heading_of(node: OutlineNode, local: bool | None) -> str:
    """«Tình hình phổ biến, quán triệt … của UBND tỉnh và UBND các huyện, thị xã, thành phố»: what stands in
    brackets, after a colon or a semicolon tells the writer what to write, and is left to the outline.
    `local`: as `shown_title` has it."""
    text = _EITHER.sub(r"\1 và \2", _BRACKETS.sub("", shown_title(node, local)))
    for mark in _INSTRUCTIONS:
        before, _, after = text.partition(mark)
        if len(before) >= ENOUGH and not after[:1].isdigit():  # «ISO 9001: 2015» is a name
            text = before
    return text.strip().rstrip(" .;:…")


def proposes(root: OutlineNode) -> bool:
    """Whether what stands under this part of the outline is proposals, to be grouped and counted."""
    plain = normalise(root.title)
    return any(word in plain for word in _PROPOSES)
