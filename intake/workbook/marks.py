"""Raised and lowered marks: «3» with a small 1 above it is 3 and a footnote, never 31.

Files say it in two ways: by formatting (a run set as superscript) and by code points of their own («¹», «①»).
What is formatted is turned into code points as it is read, so that one rule holds for both. Pure.
"""

from __future__ import annotations

import unicodedata

_RAISED = dict(zip("0123456789+-=()abcdefghijklmnoprstuvwxyz",
                   "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", strict=True))  # fmt: skip
_LOWERED = dict(zip("0123456789+-=()", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎", strict=True))
_TAGS = ("<super>", "<sub>", "<circle>", "<compat>")
"""How Unicode tells a mark from a digit written wide or in another style."""
_SIGNS = frozenset("*†‡")


def raised(text: str) -> str:
    """The text as superscript code points; what has none stays as it is."""
    return "".join(_RAISED.get(mark, mark) for mark in text)


def lowered(text: str) -> str:
    """The text as subscript code points; what has none stays as it is."""
    return "".join(_LOWERED.get(mark, mark) for mark in text)


def is_mark(character: str) -> bool:
    """Whether it is a mark beside a number and no part of it: «¹», «₁», «①», «⁽», «*»."""
    if character.isascii() or character in _SIGNS:
        return character in _SIGNS
    tag = unicodedata.decomposition(character).partition(" ")[0]
    if tag == "<compat>":  # «⑴» is a mark, «…» is not
        return any(part.isdigit() for part in unicodedata.normalize("NFKC", character))
    return tag in _TAGS


def split_marks(text: str) -> tuple[str, str]:
    """The text without the marks it begins and ends with, and those marks: «3¹» → («3», «¹»)."""
    if text.isascii() and "*" not in text:
        return text, ""
    bare = text.strip()
    start, end = 0, len(bare)
    while start < end and is_mark(bare[start]):
        start += 1
    while end > start and (is_mark(bare[end - 1]) or bare[end - 1].isspace()):
        end -= 1
    return bare[start:end].strip(), bare[:start] + bare[end:].strip()
