"""How much of what an output is made from is there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from plan.text import join_names


@dataclass(frozen=True)
class Coverage:
    """How much of what is owed is there. `missing`: `agency/deliverable`; `names`: for people.

    Of very many, only the first are named; `have` and `owed` always count all.
    """

    have: int
    owed: int
    waived: int = 0
    missing: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    agencies_missing: int = 0

    @property
    def complete(self) -> bool:
        return self.have == self.owed

    def words(self) -> str:
        """«16/17, thiếu: An Lão»."""
        counted = f"{self.have}/{self.owed}"
        if self.complete:
            return counted
        shown = self.names[:NAMED]
        hidden = max(self.agencies_missing - len(shown), 0)
        named = join_names([*shown, *[""] * hidden], limit=len(shown))
        return f"{counted}, thiếu: {named}"

    def as_json(self) -> dict[str, Any]:
        """As the run keeps it."""
        return {
            "have": self.have,
            "owed": self.owed,
            "waived": self.waived,
            "missing": list(self.missing),
            "words": self.words(),
        }


NAMED = 5
"""How many missing agencies a sentence names."""
