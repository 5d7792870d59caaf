"""Phones and texts in the form Zalo takes them. Pure."""

from __future__ import annotations

import re

from notifications.channels.base import SendError

TEXT_LIMIT = 2000
_SEPARATORS = re.compile(r"[ \t\u00a0.\-()]+")
# After 84: nine digits of a mobile number (3, 5, 7, 8, 9), ten of a landline (2).
# Excel loses the zero in front: `912345678` is a mobile number as well.
_PHONE = re.compile(r"(?:(?:\+84|0084|84|0)0?)?([35789]\d{8}|2\d{9})", re.ASCII)


def phone84(phone: str) -> str:
    """`0912 345 678`, `+84 (0)912.345.678`, `84912345678` → `84912345678`.

    Raises `SendError(address_dead)` for what is no Vietnamese number.
    """
    found = _PHONE.fullmatch(_SEPARATORS.sub("", phone))
    if not found:
        words = "Số điện thoại không đúng dạng; sửa lại trong danh sách người nhận."
        raise SendError("phone", words, permanent=True, address_dead=True)
    return "84" + found.group(1)


def fit(text: str, limit: int = TEXT_LIMIT) -> str:
    """The text within `limit` letters: what is cut is the middle, so the last line, which holds
    the link, stays whole (unless it alone is too long)."""
    text = text.strip()
    if len(text) <= limit:
        return text
    head, _, last = text.rpartition("\n")
    room = limit - len(last) - len("…\n")
    if not head or room <= 0:
        return text[: limit - 1] + "…"
    return f"{head[:room].rstrip()}…\n{last}"
