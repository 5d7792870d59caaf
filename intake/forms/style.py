"""Formats of the blank workbook: Times New Roman, the form of an office's table; one table of styles.

Colours carry meaning only together with words or a lock: pale yellow is to be filled in, grey is not.
"""

from __future__ import annotations

from typing import Any

import xlsxwriter

_BASE: dict[str, Any] = {"font_name": "Times New Roman", "font_size": 12, "valign": "vcenter"}
_BOX: dict[str, Any] = {"border": 1, "border_color": "#7F7F7F"}
_INPUT: dict[str, Any] = {**_BOX, "bg_color": "#FFF9E5", "locked": False}
_OFF: dict[str, Any] = {**_BOX, "bg_color": "#E7E6E6", "font_color": "#7F7F7F"}
_SIDE: dict[str, Any] = {"font_size": 10, "font_color": "#595959"}

_STYLES: dict[str, dict[str, Any]] = {
    "plain": {},
    "wrapped": {"text_wrap": True, "valign": "top"},
    "bold": {"bold": True, "text_wrap": True},
    "heading": {"bold": True, "font_size": 14, "align": "center"},
    "title": {"bold": True, "font_size": 13, "align": "center", "text_wrap": True},
    "reference": {"italic": True, "font_size": 13, "align": "center", "text_wrap": True},
    "reporter": {"text_wrap": True},
    "table_title": {"bold": True, "font_size": 13},
    "head": {**_BOX, "bold": True, "align": "center", "text_wrap": True, "bg_color": "#F2F2F2"},
    "stt": {**_BOX, "align": "center"},
    "label": {**_BOX, "text_wrap": True},
    "label_total": {**_BOX, "text_wrap": True, "bold": True},
    "label_part": {**_BOX, "text_wrap": True, "italic": True, "font_size": 11, "indent": 1},
    "unit": {**_BOX, "align": "center", "text_wrap": True, "font_size": 11},
    "count": {**_INPUT, "align": "right", "indent": 1, "num_format": "#,##0"},
    "percent": {**_INPUT, "align": "right", "indent": 1, "num_format": "0.00"},
    "computed": {**_BOX, "align": "right", "indent": 1, "num_format": "0.00", "bg_color": "#F2F2F2"},
    "flag": {**_INPUT, "align": "center", "num_format": "0"},
    "choice": {**_INPUT, "align": "center"},
    "text": {**_INPUT, "text_wrap": True, "align": "left"},
    "note": {**_INPUT, "text_wrap": True, "align": "left", "font_size": 11},
    "off": {**_OFF, "align": "center"},
    "off_text": {**_OFF, "text_wrap": True},
    "off_note": {**_OFF, "text_wrap": True, "italic": True, "font_size": 11},
    "impossible": {**_OFF, "align": "center", "italic": True, "font_size": 10, "text_wrap": True},
    "footnote": {"text_wrap": True},
    "place": {"italic": True, "align": "center", "locked": False},
    "sign": {"bold": True, "align": "center"},
    "sign_hint": {"italic": True, "align": "center"},
    "sign_name": {"bold": True, "align": "center", "locked": False},
    "side_head": {**_SIDE, "bold": True, "align": "center", "text_wrap": True, "bottom": 1},
    "side_title": {**_SIDE, "bold": True},
    "side_number": {**_SIDE, "align": "right", "num_format": "#,##0"},
    "side_text": {**_SIDE, "font_color": "#9C0006", "align": "left"},
    "key": {"font_size": 8, "font_color": "#A6A6A6"},
    "bad": {"bg_color": "#F8CBAD", "font_color": "#9C0006", "bold": True},
    "doubtful": {"bg_color": "#FFE08A", "font_color": "#7F6000"},
    "cover_title": {"bold": True, "font_size": 16, "text_wrap": True, "align": "center"},
    "cover_plan": {"italic": True, "align": "center", "text_wrap": True},
    "cover_due": {"bold": True, "font_size": 14, "align": "center", "text_wrap": True, "top": 1, "bottom": 1,
                  "font_color": "#9C0006"},
    "cover_head": {"bold": True, "font_size": 13},
    "cover_step": {"text_wrap": True, "indent": 1},
    "cover_number": {"bold": True, "align": "center"},
    "cover_cell": {**_BOX, "text_wrap": True, "indent": 1},
    "cover_center": {**_BOX, "align": "center", "text_wrap": True},
    "cover_link": {**_BOX, "align": "center", "underline": 1, "font_color": "#1F4E79"},
}  # fmt: skip

CONDITIONAL = frozenset({"bad", "doubtful"})
"""Styles laid over a cell that has its own: they name only what they change."""


class Styles:
    """The workbook's formats by name, each made once."""

    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            base = {} if name in CONDITIONAL else _BASE
            self._made[name] = self._book.add_format({**base, **_STYLES[name]})
        return self._made[name]


def lines_of(text: str, width: float) -> int:
    """How many lines a text takes in a column `width` characters wide, wrapped between words."""
    lines, used = 1, 0
    for word in text.split():
        needed = len(word) + (1 if used else 0)
        if used + needed > width and used:
            lines, used = lines + 1, len(word)
        else:
            used += needed
    return lines + text.count("\n")


def row_height(lines: int, size: float = 12) -> float:
    """Points for so many lines of a font that many points high."""
    return max(18.75, lines * size * 1.3 + 3.5)
