"""What a mail is about: the duties it answers, else those its subject names. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from plan.text import normalise

REFERENCE = re.compile(r"^<(dd-[a-z2-7]{8,44})@")


@dataclass(frozen=True)
class Duty:
    """An obligation as far as a mail may name it."""

    id: int
    name: str
    """`agency/deliverable`, with `@period` if it recurs"""
    title: str
    short: str
    open: bool
    """Still to be handed in."""
    kind: str = ""
    """The deliverable's kind, as the plan says it."""

    @property
    def agency(self) -> str:
        return self.name.partition("/")[0]

    @property
    def deliverable(self) -> str:
        return self.name.partition("/")[2].partition("@")[0]

    @property
    def period(self) -> str:
        return self.name.partition("@")[2]


def references(answers: Iterable[str]) -> list[str]:
    """Of the Message-IDs a mail answers, the references of our own messages."""
    return [found[1] for one in answers if (found := REFERENCE.match(one))]


def named_in(subject: str, duties: Sequence[Duty]) -> list[Duty]:
    """Duties whose name or title stands in a subject; the longest title wins, an open one before others."""
    text = normalise(subject)
    found = [
        (max(len(one) for one in names), duty)
        for duty in duties
        if (names := [one for one in _names(duty) if _stands(one, text)])
    ]
    if not found:
        return []
    longest = max(length for length, _ in found)
    best = [duty for length, duty in found if length == longest]
    return [duty for duty in best if duty.open] or best


def _stands(name: str, text: str) -> bool:
    """As words of its own: «Phụ lục 2» is not named by «Phụ lục 21»."""
    return bool(name) and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None


def _names(duty: Duty) -> tuple[str, ...]:
    return normalise(duty.name), normalise(duty.title), normalise(duty.short)


def candidates(answered: Sequence[Duty], subject: str, owed: Sequence[Duty]) -> list[Duty]:
    """The duties a mail is about: of those its thread is about, the ones its subject names, or all that
    are open; without a thread, those the subject names."""
    if answered:
        named = named_in(subject, answered)
        still = [duty for duty in answered if duty.open]
        return named or still or list(answered)
    return named_in(subject, owed)
