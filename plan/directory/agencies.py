"""The directory's agencies: read, compared with what a file says, and written whole or not at all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Literal

from sqlalchemy import delete
from sqlmodel import Session, col, select

from plan.directory.entries import BECAME, HEADS, Entry, Name, check
from plan.directory.register import folded
from plan.errors import NotFoundError, RefusedError
from plan.ledger import audit
from plan.ledger.core import require_role
from plan.models import DirectoryAgency, DirectoryName, Successor
from plan.states import Actor, Role
from plan.text import date_words

Change = Literal["new", "changed", "gone"]
EMPTY = ("", None, ())
WORDS: dict[Change, str] = {"new": "Mới", "changed": "Đổi", "gone": "Không có trong tệp"}


@dataclass(frozen=True)
class Difference:
    """What a file would do to one agency, or one person."""

    change: Change
    code: str
    name: str
    fields: tuple[str, ...] = ()
    """Headings of what changes."""

    def words(self) -> str:
        what = f": {', '.join(self.fields)}" if self.fields else ""
        return f"{WORDS[self.change]}: {self.code}, {self.name}{what}"


def read_directory(session: Session) -> dict[str, Entry]:
    """Every agency by code, in order of codes. Costs the directory."""
    successors = defaultdict(list)
    for one in session.exec(select(Successor).order_by(col(Successor.successor))):
        successors[one.code].append(one.successor)
    found = {
        row.code: Entry(
            code=row.code,
            organ_id=row.organ_id,
            kind=row.kind,
            parent=row.parent,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
            became=row.became,
            successors=tuple(successors[row.code]),
            aliases=tuple(row.aliases),
        )
        for row in session.exec(select(DirectoryAgency).order_by(col(DirectoryAgency.code)))
    }
    names = select(DirectoryName).order_by(col(DirectoryName.valid_from))
    for name in session.exec(names):
        since = None if name.valid_from == date.min else name.valid_from
        found[name.code].names.append(Name(since, name.name, name.short))
    return found


def compare(there: Mapping[str, Entry], wanted: Iterable[Entry]) -> list[Difference]:
    """What a file would change; who is not in it stays as it is, and is told. Pure."""
    found: list[Difference] = []
    named = set()
    for entry in wanted:
        named.add(entry.code)
        old = there.get(entry.code)
        title = entry.names[-1].name
        if old is None:
            found.append(Difference("new", entry.code, title))
        elif changed := _changed(old, entry):
            found.append(Difference("changed", entry.code, title, changed))
    return found + [
        Difference("gone", code, old.names[-1].name if old.names else code)
        for code, old in there.items()
        if code not in named and not old.valid_to
    ]


def _changed(old: Entry, new: Entry) -> tuple[str, ...]:
    before, after = old.said(), new.said()
    heads = {**HEADS.words, "names": HEADS.words["name"]}
    dropped = [one.name for one in old.names if folded(one.name) not in new.folded()]
    if dropped:
        heads["names"] += f" (bỏ «{'», «'.join(dropped)}»)"
    return tuple(
        changed_field(heads[name], before[name], after[name])
        for name in before
        if before[name] != after[name]
    )


def changed_field(head: str, before: object, after: object) -> str:
    """The heading of what changes; whether it becomes empty."""
    return f"{head} (bỏ trống)" if before and after in EMPTY else head


def write_agencies(
    session: Session, wanted: Sequence[Entry], *, source: str, actor: Actor, now: datetime
) -> list[Difference]:
    """Make the agencies named those of the file (`source`: its name); gives what changed. One that is not
    named stays. Checked before (`entries.from_lines`)."""
    require_role(actor, Role.coordinator, Role.admin)
    found = [one for one in compare(read_directory(session), wanted) if one.change != "gone"]
    touched = {one.code for one in found}
    entries = [one for one in wanted if one.code in touched]
    put_agencies(session, entries)
    if found:
        audit.record(
            session,
            plan_id="",
            actor=actor,
            event="directory.changed",
            subject=source,
            now=now,
            after={"agencies": sorted(touched)},
        )
    return found


def put_agencies(session: Session, entries: Sequence[Entry]) -> None:
    """Write what is said of these, their names and successors made anew. Few statements, however many."""
    codes = {one.code for one in entries}
    there = select(DirectoryAgency).where(col(DirectoryAgency.code).in_(codes))
    known = {row.code: row for row in session.exec(there)}
    for entry in entries:
        row = known.get(entry.code) or DirectoryAgency(code=entry.code, version=0)
        _write(session, row, entry)
    session.flush()
    _write_parts(session, entries, codes)


def _write(session: Session, row: DirectoryAgency, entry: Entry) -> None:
    for name in ("organ_id", "kind", "parent", "valid_from", "valid_to", "became"):
        setattr(row, name, getattr(entry, name))
    row.aliases = list(entry.aliases)
    row.version += 1
    session.add(row)


def _write_parts(session: Session, entries: Iterable[Entry], codes: Collection[str]) -> None:
    run = session.connection().execute
    run(delete(DirectoryName).where(col(DirectoryName.code).in_(codes)))
    run(delete(Successor).where(col(Successor.code).in_(codes)))
    session.expire_all()
    for entry in entries:
        session.add_all(
            DirectoryName(
                code=entry.code,
                valid_from=name.valid_from or date.min,
                name=name.name,
                short=name.short,
            )
            for name in entry.names
        )
        session.add_all(Successor(code=entry.code, successor=one) for one in entry.successors)
    session.flush()


def end_agency(
    session: Session,
    code: str,
    successors: Sequence[str],
    on: date,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """An agency's last local day, and who follows: one (merged), several (split), nobody (ended). What it
    owes stays its own until somebody hands it over. NotFoundError; RefusedError with all that is wrong."""
    there = read_directory(session)
    if code not in there:
        raise NotFoundError("cơ quan", code, there)
    became = ("ended", "merged", "split")[min(len(successors), 2)]
    entry = replace(
        there[code], valid_to=on, became=became, successors=tuple(sorted(successors)), line=1
    )
    others = [one for one in there.values() if one.code != code]
    if faults := [words for _, words in check([entry, *others])]:
        raise RefusedError(f"Chưa ghi gì: {'; '.join(faults)}.")
    write_agencies(session, [entry], source=code, actor=actor, now=now)


def rows_of(entries: Iterable[Entry]) -> list[list[str]]:
    """The directory as a file has it: a row for each name, in the columns of `HEADS`."""
    return [
        [
            entry.code,
            entry.organ_id,
            name.name,
            name.short,
            _written(name.valid_from),
            entry.kind,
            entry.parent,
            _written(entry.valid_from),
            _written(entry.valid_to),
            BECAME.get(entry.became, ""),
            "; ".join(entry.successors),
            "; ".join(entry.aliases),
        ]
        for entry in entries
        for name in entry.names
    ]


def _written(day: date | None) -> str:
    return date_words(day) if day else ""
