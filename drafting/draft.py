"""A draft: what was read of a plan, what has to be asked, and what was not understood.

`make_draft` puts frame, prose and tables together, folds what is said twice, and makes the questions. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, pairwise
from typing import Any

from rapidfuzz import fuzz

from drafting.document import Document, Paragraph, Table
from drafting.forms.owed import undecided
from drafting.forms.reader import Forms, read_forms
from drafting.frame import Frame, read_frame
from drafting.grammar.agencies import agencies_at
from drafting.grammar.names import agency_key, same_agency
from drafting.grammar.sentences import begins_with_verb, clauses
from drafting.prose.outline import Node, outline
from drafting.prose.reader import ProseReader
from drafting.questions import is_group, questions_of
from drafting.rows import MOST_SPAN, Obligation
from drafting.tables.columns import NO_ROLES, Columns, Roles
from drafting.tables.reader import TableReading, read_table
from drafting.words import fold

_ALIKE = 90
"""How alike (of 100) two texts are that say the same."""
_SHORTEST = 25


@dataclass
class Draft:
    """A plan as drafted."""

    frame: Frame
    coordinator: str
    obligations: list[Obligation]
    unread: list[tuple[str, str]]
    """Place and text of what was not understood."""
    context: list[tuple[str, str]]
    notes: list[str] = field(default_factory=list)
    tables: list[tuple[str, Columns]] = field(default_factory=list)
    """Place of each task table, and what was taken for what in it."""
    forms: Forms = field(default_factory=Forms)

    def as_data(self) -> dict[str, Any]:
        """In JSON's types."""
        plan, forms = self.frame.as_data(self.coordinator), self.forms.as_data()
        return {
            "plan": plan,
            "agencies": agencies_of(self.obligations),
            "obligations": [one.as_data() for one in self.obligations],
            "unread": [{"place": place, "span": text} for place, text in self.unread],
            "context": [{"place": place, "span": text} for place, text in self.context],
            "questions": [
                question.as_data()
                for question in questions_of(plan, self.obligations, {}, undecided(forms, {}))
            ],
            "notes": list(self.notes),
            "tables": [
                {"place": place, "columns": columns.as_data()} for place, columns in self.tables
            ],
            "forms": forms,
        }


def make_draft(document: Document, roles: Roles = NO_ROLES) -> Draft:
    """The draft of a document. `roles`: what a person says that a column holds, by its head."""
    frame = read_frame(document)
    tables = _Tables(frame.plan_year, roles)
    ordered = _read_articles(frame)
    obligations, unread, context = _read_zone(frame.body, frame, tables)
    more, more_unread, more_context = _read_appendices(frame, tables)
    folded = _fold_doubles(ordered + obligations + more)
    for number, one in enumerate(folded, start=1):
        one.id = f"n{number}"
    return Draft(
        frame=frame,
        coordinator=_coordinator(document, folded),
        obligations=folded,
        unread=unread + more_unread,
        context=context + more_context,
        notes=list(document.notes),
        tables=tables.found,
        forms=read_forms(document, frame.plan_year),
    )


_Places = list[tuple[str, str]]


class _Tables:
    """Reads the tables of a document one after the other: one may go on with the columns of the last."""

    def __init__(self, year: int | None, roles: Roles) -> None:
        self.year, self.roles = (
            year,
            {fold(head).strip(" .:*()"): role for head, role in roles.items()},
        )
        self.before: Columns | None = None
        self.found: list[tuple[str, Columns]] = []

    def read(self, table: Table, block: int, source: str) -> TableReading:
        reading = read_table(table, block, source, self.year, self.before, self.roles)
        self.before = reading.columns
        if reading.columns is not None and (reading.obligations or reading.columns.tasks):
            self.found.append((table.place, reading.columns))
        return reading


def _read_zone(
    blocks: Sequence[tuple[int, Any]], frame: Frame, tables: _Tables
) -> tuple[list[Obligation], _Places, _Places]:
    paragraphs = [(index, block) for index, block in blocks if isinstance(block, Paragraph)]
    reading = ProseReader(frame.plan_year, frame.addressed).read(outline(paragraphs))
    heads = _over_tables(blocks)
    obligations = [one for one in reading.obligations if not _is_head(one, heads)]
    unread, context = _places(reading.unread), _places(reading.context)
    context += [(one.place, one.span) for one in reading.obligations if _is_head(one, heads)]
    tables.before = None
    for index, block in blocks:
        if isinstance(block, Table):
            table = tables.read(block, index, "B")
            obligations += table.obligations
            unread += [(row.place, row.text) for row in table.unread]
            context += [(row.place, row.text) for row in table.context]
    return sorted(obligations, key=lambda one: one.block), unread, context


def _over_tables(blocks: Sequence[tuple[int, Any]]) -> set[int]:
    """The paragraphs right above a table: what stands in one line there is the table's title."""
    return {
        index
        for (index, block), (_, following) in pairwise(blocks)
        if isinstance(block, Paragraph) and isinstance(following, Table)
    }


def _is_head(one: Obligation, heads: set[int]) -> bool:
    bare = not one.owners and not one.due_words and not one.text.rstrip().endswith((".", ";"))
    return bare and one.block in heads


def _read_articles(frame: Frame) -> list[Obligation]:
    """What the articles of the decision itself give an agency to do: «Điều 2. Giao Sở A …»."""
    paragraphs = [(at, block) for at, block in frame.articles if isinstance(block, Paragraph)]
    reading = ProseReader(frame.plan_year).read(outline(paragraphs))
    return [one for one in reading.obligations if one.owners]


def _places(nodes: Sequence[Node]) -> _Places:
    return [(node.place, node.text) for node in nodes]


def _read_appendices(frame: Frame, tables: _Tables) -> tuple[list[Obligation], _Places, _Places]:
    """Tables of appendices are read as tasks; their prose is forms and outlines."""
    obligations: list[Obligation] = []
    unread: _Places = []
    context: _Places = []
    tables.before = None
    for index, block in frame.appendices:
        if isinstance(block, Table):
            table = tables.read(block, index, "PL")
            obligations += table.obligations
            unread += [(row.place, row.text) for row in table.unread]
            context += [(row.place, row.text) for row in table.context]
        else:
            context.append((block.place, block.text))
    return obligations, unread, context


# --- said twice ------------------------------------------------------------------------------------


def _fold_doubles(obligations: list[Obligation]) -> list[Obligation]:
    """What two places say alike to the same owner is kept once, with both places; the better dated is kept.

    What names no owner stands: under another heading like words are another's, and nobody would miss them.
    """
    kept: list[Obligation] = []
    by_owner: dict[tuple[str, ...], dict[str, list[_Said]]] = {}
    for one in sorted(obligations, key=lambda found: -_dated(found)):
        if not one.owners:
            kept.append(one)
            continue
        key = tuple(sorted(agency_key(name) for name in one.owners))
        here = _Said(
            one, _plain(one.text), f"{one.due}{'' if one.due.day else fold(one.due_words)}"
        )
        times = by_owner.setdefault(key, {})
        near = times.values() if not here.time else (times.get(here.time, ()), times.get("", ()))
        peers = chain.from_iterable(near)
        double = next((other for other in peers if _same_task(here, other)), None)
        if double is None:
            kept.append(one)
            times.setdefault(here.time, []).append(here)
        else:
            double.row.also.append((one.source, one.span))
    read = {id(one): place for place, one in enumerate(obligations)}
    return sorted(kept, key=lambda one: (one.block, read[id(one)]))


def _dated(one: Obligation) -> int:
    return 2 if one.due.day or one.due.at else 1 if one.due.timed else 0


class _Said:
    """What is compared of a row: its words, plain, and what they say of its time."""

    __slots__ = ("length", "plain", "row", "time", "words")

    def __init__(self, row: Obligation, plain: str, time: str) -> None:
        self.row, self.plain, self.length = row, plain, len(plain)
        self.words = frozenset(plain.split())
        self.time = time if row.due_words else ""


def _same_task(one: _Said, other: _Said) -> bool:
    if one.time and other.time and one.time != other.time:
        return False
    less, more = (one, other) if one.length <= other.length else (other, one)
    if less.length < _SHORTEST or less.length * 2 <= more.length:
        return False
    if len(one.words & other.words) * 3 < min(len(one.words), len(other.words)) * 2:
        return False  # seen at once for nearly all
    if one.row.block == other.row.block and (one.row.span == other.row.span or one.row.from_table):
        return False
    if _of_one_list(one.row.source, other.row.source) and one.plain != other.plain:
        return False
    if _told_by_place(one.row) and one.plain != other.plain:
        return False
    alike = fuzz.token_set_ratio(one.plain, other.plain, score_cutoff=_ALIKE) > 0
    return alike and not _says_more(more, less)


_OF_THE_PLACE = re.compile(r"(?:các\s+)?(?:cơ quan|đơn vị|địa phương)\b.*\bliên quan$")


def _told_by_place(row: Obligation) -> bool:
    """«Các cơ quan, đơn vị liên quan»: under another heading they are others."""
    return all(_OF_THE_PLACE.fullmatch(fold(name)) for name in row.owners)


def _of_one_list(source: str, other: str) -> bool:
    """Whether both are bullets under one lead: a list says nothing twice, however alike it words two."""
    above, bullet, _ = source.rpartition("-")
    return bool(bullet) and source != other and above == other.rpartition("-")[0]


_CLAUSE_OF_ITS_OWN = 7
"""Words from which a clause may be a task."""


def _says_more(longer: _Said, shorter: _Said) -> bool:
    """Whether a clause of the longer is a task the shorter says nothing of: folded, it would be lost."""
    text = longer.row.text
    for start, end in clauses(text):
        words = _plain(text[start:end]).split()
        known = sum(word in shorter.words for word in words)
        if (
            len(words) >= _CLAUSE_OF_ITS_OWN
            and known * 2 < len(words)
            and begins_with_verb(text[start:end])
        ):
            return True
    return False


@lru_cache(maxsize=4_096)
def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", " ", fold(text)).strip()


# --- the whole plan --------------------------------------------------------------------------------


def agencies_of(obligations: Sequence[Obligation]) -> list[str]:
    """Every agency named, once, in the order of the plan."""
    names: list[str] = []
    seen: set[str] = set()
    for one in obligations:
        for name in (*one.owners, *one.cooperating):
            key = agency_key(name)
            if key not in seen:
                seen.add(key)
                names.append(name)
    return names


_DESK = re.compile(
    r"(?:phản ánh|báo cáo|gửi|tổng hợp|phản hồi)[^.;\n]{0,120}?(?:qua|thông qua|về"
    r"|gửi) ((?:Sở|Bộ|Ban|Văn phòng|Công an|Cục|Chi cục|Tổng cục|Vụ|Viện|Phòng|Trung tâm"
    r"|Thanh tra) [^,.;()\n]{2,80}?)(?=\s*(?:để|tổng hợp|xem xét|\)|,|\.|;|$))"
)
_LONGEST_NAME = 120
_FOLLOWS = re.compile(r"(?:theo dõi|đôn đốc|tổng hợp)[^.;]*(?:kế hoạch|báo cáo|thực hiện)")


def _coordinator(document: Document, obligations: Sequence[Obligation]) -> str:
    """Who gathers the reports: whoever is the desk most often, or follows the plan up."""
    points: dict[str, int] = {}
    names: dict[str, str] = {}

    def count(name: str, weight: int) -> None:
        key = agency_key(name)
        points[key] = points.get(key, 0) + weight
        names.setdefault(key, name)

    for found in _DESK.finditer(document.text):
        named = agencies_at(document.text[found.start(1) : found.start(1) + _LONGEST_NAME])
        if named is not None:
            count(named.names[0], 3)
    for one in obligations:
        if (
            len(one.owners) == 1
            and _FOLLOWS.search(fold(one.text))
            and re.search(r"kế hoạch này|kế hoạch\b", fold(one.text))
        ):
            count(one.owners[0], 2)
        for name in one.to:
            if not is_group(name) and not re.match(
                r"(?:ubnd|ủy ban|hội đồng|chính phủ|thủ tướng|chủ tịch|tỉnh ủy|thành ủy|huyện ủy|hiệu trưởng"
                r"|bộ trưởng|giám đốc|tổng giám đốc|ban giám|ban tổng giám|ban thường vụ|lãnh đạo)",
                fold(name),
            ):
                count(name.split(" (")[0], 1)
    return names[max(points, key=lambda key: points[key])] if points else ""


__all__ = ["MOST_SPAN", "Draft", "agencies_of", "make_draft", "same_agency"]
