"""Plans made up in the style of many offices, each with a key: what is owed, by whom and when.

A key has a line for each obligation: «words of the plan => owner & owner => type date». Of what recurs the
cycle stands after the type, then mark and day («recurring month before day=25»); several readings that are
all right are divided by «|», «ask» among them where a question about the time is right. «*» stands for
anything. A line with «?» before it is known not to be read yet: it must still be seen somewhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from drafting.draft import Draft, make_draft
from drafting.grammar.names import agency_key
from drafting.readers.registry import read_document
from drafting.words import fold

FOLDER = Path(__file__).parent.parent / "fixtures" / "plans-of-other-offices"
PLANS = tuple(sorted(path.stem for path in FOLDER.glob("*.txt")))
assert PLANS, f"{FOLDER} holds no plan: every test of them would pass"


@dataclass(frozen=True)
class KeyLine:
    """One obligation of a key."""

    quote: str
    owners: tuple[str, ...]
    times: tuple[str, ...]
    known_open: bool


def plan_text(name: str) -> str:
    return (FOLDER / f"{name}.txt").read_text()


def key_of(name: str) -> list[KeyLine]:
    lines = (FOLDER / f"{name}.key").read_text().splitlines()
    return [_key_line(line) for line in lines]


def _key_line(line: str) -> KeyLine:
    quote, owners, times = (part.strip() for part in line.removeprefix("? ").split("=>"))
    return KeyLine(
        quote,
        tuple(one.strip() for one in owners.split(" & ")),
        tuple(one.strip() for one in times.split("|")),
        line.startswith("? "),
    )


@cache
def draft_of(text: str) -> Draft:
    return make_draft(read_document(text.encode(), "a.txt"))


def plain(text: str) -> str:
    """Letters and digits alone, for finding a piece of a text in another."""
    return " ".join(re.sub(r"[\W_]+", " ", fold(text)).split())


def shown(draft: Draft) -> str:
    """All that a person who looks at a draft sees of its text."""
    rows = [one.span for one in draft.obligations]
    also = [span for one in draft.obligations for _, span in one.also]
    aside = [text for _, text in (*draft.context, *draft.unread)]
    return " | ".join(plain(text) for text in (*rows, *also, *aside))


def not_right(name: str) -> Iterator[tuple[str, list[Any]]]:
    """The lines of a key no row answers to as it says, with what the rows of those words say."""
    rows = [one.as_data() for one in draft_of(plan_text(name)).obligations]
    for line in key_of(name):
        here = [row for row in rows if plain(line.quote) in plain(row["text"])]
        if not here:
            here = [row for row in rows if plain(line.quote) in plain(row["span"])]
        if not line.known_open and not any(_answers(row, line) for row in here):
            yield line.quote, [(row["owners"], row["due"]) for row in here]


def _answers(row: dict[str, Any], line: KeyLine) -> bool:
    owners = " ".join(line.owners)
    named = " ".join(row["owners"])
    whose = agency_key(named) == agency_key(owners) or (
        owners.endswith("*") and named.startswith(owners.rstrip(" *"))
    )
    return whose and any(_same_time(row, time) for time in line.times)


def _same_time(row: dict[str, Any], wanted: str) -> bool:
    if wanted == "ask":
        return any(question["about"] == "time" for question in row["questions"])
    kind, *rest = wanted.split()
    due = row["due"]
    if due["type"] != kind:
        return False
    if kind == "recurring":
        at = " ".join(_mark(due.get("at")))
        return rest[0] in ("*", due["every"]) and (rest[1:] == ["*"] or " ".join(rest[1:]) == at)
    return due["date"] == rest[0] if rest else True


def _mark(at: dict[str, Any] | None) -> Iterator[str]:
    for name, value in (at or {}).items():
        yield str(value) if name == "mark" else f"{name}={value}"
