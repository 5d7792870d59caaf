"""The signs of state: colour, shape and word together, the same in page, mail, workbook and note.

Pure. `tone` names a role (`grey blue amber late teal purple green`); each medium has its own colour
for it. «●ₜ» is «●» with a small t, green with a vermilion edge where edges can be drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

from plan.states import State


@dataclass(frozen=True, slots=True)
class Sign:
    """How an obligation stands, for the eye, the ear and the printer."""

    key: str
    glyph: str
    tone: str
    words: str
    edge: bool = False
    """Drawn with an edge in the tone `late`."""


SIGNS: dict[str, Sign] = {
    sign.key: sign
    for sign in (
        Sign("not_open", "○", "grey", "chưa mở"),
        Sign("undated", "○", "grey", "chưa đặt hạn"),
        Sign("open", "◔", "blue", "đang mở"),
        Sign("due_soon", "◑", "amber", "sắp đến hạn"),
        Sign("overdue", "▲", "late", "quá hạn"),
        Sign("submitted", "◕", "teal", "đã nộp, chờ duyệt"),
        Sign("submitted_late", "◕", "teal", "đã nộp trễ, chờ duyệt", edge=True),
        Sign("returned", "↩", "purple", "trả lại, cần sửa"),
        Sign("returned_late", "↩", "purple", "trả lại, đã quá hạn", edge=True),
        Sign("accepted", "●", "green", "đã nhận, đúng hạn"),
        Sign("accepted_late", "●ₜ", "green", "đã nhận, trễ", edge=True),
        Sign("waived", "–", "grey", "được miễn"),
    )
}

_LATE_KEYS = {"late": "_late", "overdue": "_late"}


def sign_key(state: State, timeliness: str) -> str:
    """Which sign shows this state at this timeliness (`plan.deadlines.windows.Timeliness`'s value)."""
    if state is State.owed:
        return timeliness if timeliness in SIGNS else "open"
    if state is State.waived:
        return "waived"
    return state.value + _LATE_KEYS.get(timeliness, "")


def sign_of(state: State, timeliness: str) -> Sign:
    """The sign of an obligation: `sign_of(view.state, view.timeliness)`."""
    return SIGNS[sign_key(state, timeliness)]
