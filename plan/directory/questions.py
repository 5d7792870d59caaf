"""Agencies and people that look like one and are kept as two: asked about, answered, never guessed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, combinations, islice, product

from sqlmodel import Session, col, select

from plan.directory.agencies import read_directory
from plan.directory.entries import Entry
from plan.directory.joining import join
from plan.directory.register import folded
from plan.errors import NotFoundError, RefusedError
from plan.ledger import audit
from plan.ledger.core import require_role
from plan.models import (
    Agency,
    Apart,
    DirectoryContact,
    Plan,
)
from plan.queries.lookup import of_the_office
from plan.states import Actor, Role
from plan.text import number_words

ANSWERS = {"một": True, "hai": False}
"""One agency, or two."""
FEW = 3
"""Agencies of one name about which every pair is asked at once."""


@dataclass(frozen=True)
class Question:
    """Whether `other` is `one`."""

    one: str
    other: str
    why: str

    def words(self) -> str:
        return f"{self.one} = {self.other}: {self.why}"


@dataclass(frozen=True)
class Namesakes:
    """Two people of one name in one agency, told apart by their addresses."""

    agency: str
    name: str
    addresses: tuple[str, ...]

    def words(self) -> str:
        return f"{self.agency}, {self.name}: {'; '.join(one or 'không có địa chỉ' for one in self.addresses)}"


def open_questions(session: Session) -> list[Question]:
    """Agencies that plans know by one code, or that bore one name, and that nobody said are two. Of units of
    one name below two agencies nobody is asked, nor of what an inner plan's numbers are; of a name or code
    with many agencies the first pair, until that is answered. Costs the directory and the answers."""
    directory = read_directory(session)
    apart = {frozenset((row.one, row.other)) for row in session.exec(select(Apart))}
    found: dict[frozenset[str], Question] = {}
    for kind, codes in (*_of_one_code(session), *_of_one_name(directory)):
        for one, other in _open_pairs(codes, directory, apart):
            titles = dict.fromkeys((_title(directory[one]), _title(directory[other])))
            why = f"cùng {kind}" + (f", «{'» và «'.join(titles)}»" if len(titles) > 1 else "")
            if len(codes) > FEW:
                why += f"; {number_words(len(codes))} cơ quan cùng {kind}, hỏi từng cặp cho đến hết"
            found.setdefault(frozenset((one, other)), Question(one, other, why))
    return list(found.values())


def _open_pairs(
    codes: Collection[str], directory: Mapping[str, Entry], apart: Collection[frozenset[str]]
) -> Iterator[tuple[str, str]]:
    """Those that may be one; the first alone where there are many of the name. Two below two different
    agencies are two: every province has its «Sở Nội vụ», every commune its «Văn phòng»."""
    below: dict[str, list[str]] = defaultdict(list)
    for code in sorted(codes):
        below[directory[code].parent].append(code)
    nowhere = below.pop("", [])
    placed = [code for group in below.values() for code in group]
    pairs = chain(
        *(combinations(group, 2) for group in (nowhere, *below.values())),
        product(nowhere, placed),
    )
    unanswered = ((min(pair), max(pair)) for pair in pairs if frozenset(pair) not in apart)
    yield from islice(unanswered, None if len(codes) <= FEW else 1)


def _of_one_code(session: Session) -> Iterator[tuple[str, set[str]]]:
    codes: dict[str, set[str]] = defaultdict(set)
    rows = (
        select(Agency.code, Agency.directory_code)
        .join(Plan, col(Plan.id) == Agency.plan_id)
        .where(of_the_office())
        .distinct()
    )
    for code, known in session.exec(rows):
        codes[code].add(known or code)
    for code, known_as in sorted(codes.items()):
        yield f"mã {code}", known_as


def _of_one_name(directory: Mapping[str, Entry]) -> Iterator[tuple[str, set[str]]]:
    named: dict[str, set[str]] = defaultdict(set)
    written: dict[str, str] = {}
    for entry in directory.values():
        for name in entry.names:
            named[folded(name.name)].add(entry.code)
            written.setdefault(folded(name.name), name.name)
    for same, codes in named.items():
        yield f"tên «{written[same]}»", codes


def _title(entry: Entry) -> str:
    return entry.names[-1].name if entry.names else entry.code


def namesakes(session: Session) -> list[Namesakes]:
    """People who may be one: to be put right in the address book, in whichever plan."""
    people: dict[tuple[str, str], list[DirectoryContact]] = defaultdict(list)
    for row in session.exec(select(DirectoryContact).order_by(col(DirectoryContact.id))):
        people[row.code, folded(row.name)].append(row)
    return [
        Namesakes(code, same[0].name, tuple(one.email or one.phone for one in same))
        for (code, _), same in people.items()
        if len(same) > 1
    ]


def parse_answers(lines: Iterable[str]) -> Iterator[tuple[int, str, str, bool]]:
    """(line, one, other, whether they are one) of «an-lao = an-lao-2: một». RefusedError names a line that
    cannot be read; empty lines and those that begin with # say nothing."""
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        pair, _, said = text.rpartition(":")
        one, _, other = pair.partition("=")
        answer = ANSWERS.get(said.strip().casefold())
        if answer is None or not other.strip():
            raise RefusedError(
                f"Chưa làm gì: dòng {number} «{text}» phải có dạng «an-lao = an-lao-2: một» (là một) "
                "hoặc «…: hai» (là hai cơ quan)."
            )
        yield number, one.strip(), other.strip(), answer


def answer(
    session: Session, lines: Sequence[str], *, actor: Actor, now: datetime
) -> tuple[int, int]:
    """Do what a file of answers says; (made one, said to be two). All of it or nothing; answered again,
    nothing happens. RefusedError names the line."""
    require_role(actor, Role.coordinator, Role.admin)
    joined = apart = 0
    there = read_directory(session)
    for number, first, second, same in list(parse_answers(lines)):
        one, other = _now(there, first), _now(there, second)
        if one == other and first != second:
            continue
        for code in (one, other):
            if code not in there:
                raise NotFoundError(f"cơ quan (dòng {number})", code, there)
        if same:
            try:
                there = join(session, there, one, other)
            except RefusedError as fault:
                raise RefusedError(f"Chưa làm gì: dòng {number}: {fault}.") from None
            joined += 1
        elif not any(session.get(Apart, pair) for pair in ((one, other), (other, one))):
            session.add(Apart(one=one, other=other, said_by=actor.name, at=now))
            apart += 1
    session.flush()
    if joined or apart:
        audit.record(
            session,
            plan_id="",
            actor=actor,
            event="directory.answered",
            subject="",
            now=now,
            after={"answers": [line.strip() for line in lines if line.strip()]},
        )
    return joined, apart


def _now(there: Mapping[str, Entry], code: str) -> str:
    """The code of the agency that this one was made one with."""
    if code in there:
        return code
    return next((one.code for one in there.values() if code in one.aliases), code)
