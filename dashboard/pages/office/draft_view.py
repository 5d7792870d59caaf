"""What the desk of a draft shows: the document's passages beside their rows, and the questions.

A page at a time: of a document of many thousand rows a page holds what it shows; working out which passages
these are goes over all of them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drafting.directory_groups import Proposal, group_named, proposed
from drafting.plan_folder import due_words_of, last_good_day
from drafting.rows import Obligation
from plan.text import date_words

PASSAGES = 400
"""Passages of the document on a page."""
MOST_ASKED = 60
"""Questions on a page: the next come when these are answered. A form holds 300 fields."""


@dataclass
class Passage:
    """A sentence, bullet or row of the document, and what was made of it."""

    place: str
    span: str
    kind: str
    """context | obligation | unread"""
    rows: list[str] = field(default_factory=list)
    number: int = 0


@dataclass(frozen=True)
class ObligationRow:
    """An obligation as the table shows it."""

    data: dict[str, Any]
    due: str
    """What the due words mean, in the plan format's words; empty: no deadline."""
    passage: int
    asked: bool
    """Whether a question about it is open."""
    changed: bool
    """Whether a person changed it, so that it can be taken back to what was read."""


@dataclass(frozen=True)
class DraftPage:
    """One page of the desk."""

    number: int
    count: int
    passages: Sequence[Passage]
    sections: Mapping[str, list[ObligationRow]]
    where: Mapping[str, int]
    """Row id → the page it stands on."""

    def place(self, row: str) -> str:
        """The way to a row from this page."""
        return f"{self._of(row) if self.where.get(row) != self.number else ''}#r-{row}"

    def address(self, row: str) -> str:
        """The same from anywhere, to follow the draft's own address."""
        return f"{self._of(row)}#r-{row}"

    def _of(self, row: str) -> str:
        page = self.where.get(row, 1)
        return f"?trang={page}" if page > 1 else ""


def page_of(
    read: Mapping[str, Any],
    stands: Mapping[str, Any],
    edits: Mapping[str, Any],
    number: int,
    holding: str = "",
) -> DraftPage:
    """A page of the draft as it `stands`; `read`: as it was read; `holding`: a row whose page is shown,
    whatever the number. Own rows come last."""
    passages = list(passages_of(read, stands))
    home = {row: passage.number for passage in passages for row in passage.rows}
    count = max(1, -(-len(passages) // PASSAGES))
    where = {
        row["id"]: home[row["id"]] // PASSAGES + 1 if row["id"] in home else count
        for row in stands["obligations"]
    }
    number = where.get(holding, min(max(number, 1), count))
    asked = {row for question in stands["questions"] for row in question["rows"]}
    rows = [
        ObligationRow(
            data=row,
            due=due_words_shown(row),
            passage=home.get(row["id"], -1),
            asked=row["id"] in asked,
            changed=row["id"] in edits.get("rows", {}),
        )
        for row in stands["obligations"]
        if where[row["id"]] == number
    ]
    shown = passages[(number - 1) * PASSAGES : number * PASSAGES]
    return DraftPage(number, count, shown, _by_section(rows), where)


def passages_of(read: Mapping[str, Any], stands: Mapping[str, Any]) -> Iterator[Passage]:
    """Every passage of the document that was read, in its order: nothing is left out."""
    found: dict[tuple[str, str], Passage] = {}
    for row in [*read["obligations"], *stands["obligations"]]:
        key = (row["place"], row["span"])
        passage = found.setdefault(key, Passage(row["place"], row["span"], "obligation"))
        if row["id"] not in passage.rows:
            passage.rows.append(row["id"])
    for kind in ("context", "unread"):
        for one in read[kind]:
            found.setdefault((one["place"], one["span"]), Passage(one["place"], one["span"], kind))
    kept = sorted((one for one in found.values() if one.span), key=_order)
    for number, passage in enumerate(kept):
        passage.number = number
        yield passage


def _order(passage: Passage) -> list[int]:
    """By the numbers of the place: «dòng 171», «sau đoạn 12, bảng 1, dòng 2», «trang 3, đoạn 40»."""
    return [int(number) for number in re.findall(r"\d+", passage.place)]


def due_words_shown(row: dict[str, Any]) -> str:
    """«chậm nhất 14/12/2026, thứ Hai»; for a recurrence the words of the plan format."""
    one = Obligation.from_data(row)
    day = last_good_day(one.due) if one.due.timed else None
    if day is not None and one.due.type != "recurring":
        return f"chậm nhất {date_words(day)}"
    return "; ".join(words for words in due_words_of(one.due, one.due_words) if words)


def _by_section(rows: Iterable[ObligationRow]) -> dict[str, list[ObligationRow]]:
    grouped: defaultdict[str, list[ObligationRow]] = defaultdict(list)
    for row in rows:
        grouped[row.data["section"] or "Việc thêm"].append(row)
    return grouped


@dataclass(frozen=True)
class Asked:
    """A question, and whom of the directory it may be about."""

    data: Mapping[str, Any]
    proposal: Proposal | None


def asked(questions: Sequence[Mapping[str, Any]], known: Sequence[tuple[str, str]]) -> list[Asked]:
    """The questions of a page. `known`: kind and name of the directory's agencies."""
    return [
        Asked(one, proposed(group, known) if (group := group_named(one)) else None)
        for one in questions[:MOST_ASKED]
    ]
