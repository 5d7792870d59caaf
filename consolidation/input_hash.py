"""Hashing what a run is made from. Pure.

The hash of a set of inputs is a sum over its members, so that their order never matters and one input more
or less costs one addition, however many there are.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import date

FORM = "6"
"""Raise it when the same inputs would be written otherwise: older runs then count as other runs."""

WAIVED = "waived"
"""Stands for the content of an obligation that was waived."""

_MODULUS = 1 << 256
Pair = tuple[str, str]
"""obligation, content"""


def set_hash(pairs: Iterable[Pair]) -> str:
    """Hash of a set of (obligation, content)."""
    return changed_hash("", (), pairs)


def changed_hash(before: str, left: Iterable[Pair], entered: Iterable[Pair]) -> str:
    """The set's hash after some inputs left it and others entered; `before` empty: the empty set."""
    total = int(before or "0", 16) - sum(map(_element, left)) + sum(map(_element, entered))
    return f"{total % _MODULUS:064x}"


def _element(pair: Pair) -> int:
    return int.from_bytes(hashlib.sha256("\n".join(pair).encode()).digest(), "big")


def input_hash(
    output: str, definition_hash: str, names_on: date, inputs_hash: str, *more: str
) -> str:
    """What makes a run this run: the output, the plan, the form of what is written, the inputs.

    `more`: whatever else the bytes depend on (a template's hash, the day of a status note).
    """
    parts = [FORM, output, definition_hash, names_on.isoformat(), inputs_hash, *more]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()
