"""Errors a person can act on. The message is Vietnamese, says what happened and what to do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

FEW = 8
"""So many names at most are listed in an error."""


class DondocError(Exception):
    """Base: refused, nothing changed. `exit_code` is what the command line leaves with."""

    exit_code = 1


class UsageError(DondocError):
    """The request itself is malformed."""

    exit_code = 2


class NotFoundError(DondocError):
    """A name that nothing bears; suggests the nearest one."""

    exit_code = 2

    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"Không có {what} «{name}».{_hint(name, sorted(known))}")
        self.name = name


def _hint(name: str, known: Sequence[str]) -> str:
    """The nearest name; all of them, where none is near and they are few."""
    near = get_close_matches(name, known, n=1, cutoff=0.4)
    if near:
        return f" Có phải «{near[0]}» không?"
    return f" Chỉ có: {', '.join(known)}." if 0 < len(known) <= FEW else ""


class RefusedError(DondocError):
    """The ledger will not do it: the state, the role or the content does not allow it."""


class ClockError(DondocError):
    """The machine's clock is doubted: nothing is done by it until it is right or said to be."""


class SettingsError(DondocError):
    """A setting is missing or wrong; says which and how to set it."""

    exit_code = 2
