"""Two agencies of the directory that are one: what is known of either is known of the one that stays.

Pure: `made_one`, `without`. Writing it: `join`. Nobody gains or loses a seat, or what they owe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from sqlmodel import Session, col, delete, select, update

from plan.directory.acting import act_for_instead
from plan.directory.agencies import put_agencies
from plan.directory.entries import Entry, Name, check
from plan.directory.placing import agree
from plan.directory.register import folded
from plan.errors import RefusedError
from plan.models import (
    Absence,
    Agency,
    Apart,
    Contact,
    DirectoryAgency,
    DirectoryContact,
    DirectoryName,
    Successor,
)


def join(session: Session, there: Mapping[str, Entry], one: str, other: str) -> dict[str, Entry]:
    """`other` is `one`: its places, names and people become those of `one`; the directory (`there`) as it is
    then. RefusedError where the two say what cannot be said of one agency; nothing is done then."""
    kept, left = there[one], there[other]
    if one == other:
        raise RefusedError(f"«{one}» và «{other}» là một mã.")
    if kept.organ_id and left.organ_id and kept.organ_id != left.organ_id:
        raise RefusedError(
            f"«{one}» có mã định danh {kept.organ_id}, «{other}» có {left.organ_id}; là một cơ quan thì "
            "sửa cho một mã định danh trước"
        )
    made = made_one(kept, left)
    others = [
        without(entry, other, one) for code, entry in there.items() if code not in (one, other)
    ]
    if faults := [words for line, words in check([*others, replace(made, line=1)]) if line]:
        raise RefusedError(f"«{one}» và «{other}» là một thì {'; '.join(faults)}")
    put_agencies(session, [made, *(entry for entry in others if entry is not there[entry.code])])
    _move(session, one, other)
    return {entry.code: entry for entry in (made, *others)}


def made_one(kept: Entry, left: Entry) -> Entry:
    """Where both say something, `kept` is right; a second name from the same day is another spelling."""
    names, spellings = list(kept.names), list[str]()
    known = kept.folded()
    for name in left.names:
        if folded(name.name) in known:
            continue
        known.add(folded(name.name))
        if _day(name) in map(_day, names):
            spellings.append(name.name)
        else:
            names.append(name)
    parents = [one for one in (kept.parent, left.parent) if one not in ("", kept.code, left.code)]
    valid_to, became, successors = _end(kept, left)
    return replace(
        kept,
        organ_id=kept.organ_id or left.organ_id,
        kind=kept.kind or left.kind,
        parent=next(iter(parents), ""),
        valid_from=kept.valid_from or left.valid_from,
        valid_to=valid_to,
        became=became,
        successors=successors,
        aliases=tuple(dict.fromkeys((*kept.aliases, left.code, *left.aliases, *spellings))),
        names=sorted(names, key=_day),
    )


def _end(kept: Entry, left: Entry) -> tuple[date | None, str, tuple[str, ...]]:
    """What became of it, as the first that knows says; that one followed the other is no end."""
    for one in (kept, left):
        after = tuple(code for code in one.successors if code not in (kept.code, left.code))
        if one.became and (after or not one.successors):
            became = ("ended", "merged", "split")[min(len(after), 2)]
            return one.valid_to, became, after
    return None, "", ()


def without(entry: Entry, other: str, one: str) -> Entry:
    """An agency that named `other` as the one above it or after it names `one`."""
    if other not in (entry.parent, *entry.successors):
        return entry
    after = dict.fromkeys(one if code == other else code for code in entry.successors)
    became = "merged" if entry.became == "split" and len(after) == 1 else entry.became
    parent = one if entry.parent == other else entry.parent
    return replace(entry, parent=parent, successors=tuple(after), became=became)


def _day(name: Name) -> date:
    return name.valid_from or date.min


def _move(session: Session, one: str, other: str) -> None:
    """All that stands by the code `other`."""
    run = session.connection().execute
    run(update(Agency).where(col(Agency.directory_code) == other).values(directory_code=one))
    act_for_instead(session, one, other)
    _keep_apart(session, one, other)
    _join_people(session, one, other)
    session.flush()
    for table in (DirectoryName, Successor, DirectoryAgency):
        run(delete(table).where(col(table.code) == other))
    session.expire_all()


def _keep_apart(session: Session, one: str, other: str) -> None:
    """Whom `other` was said not to be, `one` is not either."""
    rows = session.exec(select(Apart)).all()
    said = {frozenset((row.one, row.other)) for row in rows}
    for row in rows:
        pair = {row.one, row.other}
        if other not in pair:
            continue
        third = next(iter(pair - {other}))
        session.delete(row)
        if third != one and frozenset((one, third)) not in said:
            said.add(frozenset((one, third)))
            session.add(Apart(one=one, other=third, said_by=row.said_by, at=row.at))
    session.flush()


_OF_A_PERSON = ((Contact, "directory_id"), (Absence, "contact_id"), (Absence, "substitute_id"))


def _join_people(session: Session, one: str, other: str) -> None:
    """Who is in both becomes one person, with the days they are away; nobody gains or loses a seat."""
    people = _people(session, one)
    run = session.connection().execute
    for person in _people(session, other):
        same = next((known for known in people if _is(known, person)), None)
        if same is None:
            person.code = one
            session.add(person)
            continue
        people.remove(same)  # two of one name in one agency stay two
        for table, name in _OF_A_PERSON:
            theirs = update(table).where(getattr(table, name) == person.id)
            run(theirs.values({name: same.id}))
        session.flush()
        session.delete(person)


def _people(session: Session, code: str) -> list[DirectoryContact]:
    theirs = select(DirectoryContact).where(DirectoryContact.code == code)
    return list(session.exec(theirs.order_by(col(DirectoryContact.id))))


def _is(one: DirectoryContact, other: DirectoryContact) -> bool:
    return folded(one.name) == folded(other.name) and agree(one, other)
