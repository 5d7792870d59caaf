"""What an agency that was merged or split still owes in a plan, handed to a successor: an explicit act.

Nothing is moved by itself. What the agency handed in stays its own; what it still owes it is released from,
and the successor owes the same by the same day, once, whatever it owed already. What the plan no longer asks
of anybody (a period that was dropped), and what only an office asked for (a data call), cannot become a
duty of another: it stays, and is told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from plan.calendar import local_day
from plan.deadlines.windows import Window
from plan.definition.model import Agency as AgencyPart
from plan.definition.model import AgencyName as NamePart
from plan.definition.model import Deliverable as DeliverablePart
from plan.definition.model import PlanDefinition
from plan.definition.ownership import members, owners
from plan.directory.agencies import read_directory
from plan.directory.entries import Entry
from plan.errors import RefusedError
from plan.importing.plan import load_plan
from plan.ledger import change_deadline, restore, waive
from plan.ledger.core import require_open, require_role
from plan.ledger.new_deadline import Basis, NewDeadline
from plan.models import Agency, Deliverable, Obligation, Plan, Successor
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_agency
from plan.states import HANDED_IN, STILL_OWED, Actor, Role, State
from plan.text import join_names, number_words, titled

Key = tuple[int, str]
"""Deliverable's row id and period."""
BY_AGENCY = ("titles", "sources", "cooperating_by", "outline_parts")
"""What a deliverable says of each who owes it."""
_NOT_OWED = {
    State.submitted: "{} đã nộp trước khi sáp nhập",
    State.accepted: "{} đã nộp trước khi sáp nhập",
    State.waived: "{} đã được miễn trước khi sáp nhập",
}
"""Why the successor does not owe what came to it with its place, by how it stood with the agency before."""


@dataclass(frozen=True)
class HandedOver:
    """How many obligations the successor owes now, of them new to it; and by title what stays."""

    count: int = 0
    new: int = 0
    stays: tuple[str, ...] = ()

    def words(self) -> str:
        new = f"trong đó {number_words(self.new)} việc mới với đơn vị kế tục"
        return f"{number_words(self.count)} việc, {new}{self._stays()}"

    def _stays(self) -> str:
        if not self.stays:
            return ""
        return (
            f"; {number_words(len(self.stays))} việc kế hoạch nay không giao cho ai (số liệu nội bộ, kỳ đã "
            f"bỏ) nên ở lại cơ quan cũ, xin miễn nếu không cần nữa: {join_names(self.stays, noun='việc')}"
        )


@dataclass(frozen=True)
class _Act:
    """One handing over: who, when, and the two agencies by their names of now."""

    session: Session
    old: str
    successor: str
    actor: Actor
    now: datetime

    @property
    def who(self) -> dict[str, Any]:
        return {"actor": self.actor, "now": self.now}


def hand_over(
    session: Session, plan_id: str, code: str, successor: str, *, actor: Actor, now: datetime
) -> HandedOver:
    """Let `successor` (a code of the directory) owe what the plan's agency `code` still owes. Done again,
    there is nothing left to do. RefusedError: the directory does not say that it follows the agency, a
    closed plan; NotFoundError: no such agency. Costs a few statements for each obligation."""
    require_role(actor, Role.coordinator, Role.admin)
    require_open(session, plan_id)
    old = find_agency(session, plan_id, code)
    if session.get(Successor, (old.directory_code, successor)) is None:
        raise RefusedError(
            f"Danh bạ chưa ghi «{successor}» kế tục «{old.directory_code}»; hãy ghi trước: "
            "dondoc directory end."
        )
    known = _obligations(session, old)
    owed = {key: one for key, one in known.items() if State(one.state) in STILL_OWED}
    before = _obligations(session, _place(session, plan_id, successor))
    directory = read_directory(session)
    former, heir = directory[old.directory_code or ""], directory[successor]
    _let_owe(session, plan_id, old, heir, owed.keys() - before.keys(), actor, now)
    there = _obligations(session, _place(session, plan_id, successor))
    act = _Act(session, former.names[-1].name, heir.names[-1].name, actor, now)
    for key, one in there.items():
        if key not in before and key not in owed:
            _excuse(act, one, known.get(key))
    taken = [
        _take(act, there[key], one, added=key not in before)
        for key, one in owed.items()
        if key in there
    ]
    stays = tuple(titled(one.title, one.period) for key, one in owed.items() if key not in there)
    return HandedOver(len(taken), sum(taken), stays)


def _obligations(session: Session, agency: Agency | None) -> dict[Key, Obligation]:
    if agency is None:
        return {}
    statement = select(Obligation).where(Obligation.agency_id == agency.id)
    rows = session.exec(statement.order_by(col(Obligation.id))).all()
    return {(one.deliverable_id, one.period): one for one in rows}


def _place(session: Session, plan_id: str, successor: str) -> Agency | None:
    """The successor's place in the plan, if it has one."""
    return session.exec(
        select(Agency).where(Agency.plan_id == plan_id, Agency.directory_code == successor)
    ).first()


# --- the plan says that the successor owes it -------------------------------------------------------


def _let_owe(
    session: Session,
    plan_id: str,
    old: Agency,
    entry: Entry,
    lacking: Collection[Key],
    actor: Actor,
    now: datetime,
) -> None:
    """Let the plan name the successor for what the agency owes and the successor does not; one that has no
    place in the plan gets one, in the group of the agency it follows."""
    plan = session.exec(select(Plan).where(Plan.id == plan_id).with_for_update()).one()
    definition = definition_of(plan)
    rows = select(Deliverable.code).where(col(Deliverable.id).in_({key for key, _ in lacking}))
    wanted = set(session.exec(rows)) & {part.id for part in definition.deliverables}
    if not wanted:
        return
    place = _place(session, plan_id, entry.code)
    if place is None:
        definition = _with_agency(definition, old, entry)
    after = _with_owner(definition, old.code, place.code if place else entry.code, wanted)
    load_plan(session, after, now=now, actor=actor)


def _with_agency(definition: PlanDefinition, old: Agency, entry: Entry) -> PlanDefinition:
    if entry.code in {one.id for one in definition.agencies}:
        raise RefusedError(
            f"Kế hoạch đã dùng mã «{entry.code}» cho một cơ quan khác; hãy sửa mã trong danh bạ trước."
        )
    names = [
        NamePart(name=one.name, short=one.short, kind=entry.kind, valid_from=one.valid_from)
        for one in entry.names
    ]
    ids = [entry.organ_id] if entry.organ_id else []
    sort = max(one.sort for one in definition.agencies) + 1
    part = AgencyPart(id=entry.code, group=old.group, names=names, organ_ids=ids, sort=sort)
    return definition.model_copy(update={"agencies": [*definition.agencies, part]})


def _with_owner(
    definition: PlanDefinition, old: str, new: str, wanted: Collection[str]
) -> PlanDefinition:
    """The plan in which `new` owes the deliverables that are `wanted`, worded for it as for `old`."""

    def owed_too(part: DeliverablePart) -> DeliverablePart:
        if part.id not in wanted or new in owners(definition, part):
            return part
        said = {name: _worded(definition, getattr(part, name), old, new) for name in BY_AGENCY}
        return part.model_copy(update={"owners": [*part.owners, new], **said})

    parts = [owed_too(part) for part in definition.deliverables]
    return definition.model_copy(update={"deliverables": parts})


def _worded(
    definition: PlanDefinition, by_agency: Mapping[str, Any], old: str, new: str
) -> dict[str, Any]:
    """By agency or group, with what holds for `old` said of `new`, unless the plan says something of it."""
    theirs = [key for key in by_agency if old in members(definition, key)]
    if not theirs or any(new in members(definition, key) for key in by_agency):
        return dict(by_agency)
    return {**by_agency, new: by_agency[theirs[0]]}


# --- what each of them owes -------------------------------------------------------------------------


def _excuse(act: _Act, own: Obligation, theirs: Obligation | None) -> None:
    """What the agency had done already is not owed once more."""
    words = _NOT_OWED[State(theirs.state)] if theirs else "{} không phải nộp việc này"
    waive(act.session, own.id or 0, reason=words.format(act.old), **act.who)


def _take(act: _Act, own: Obligation, theirs: Obligation, *, added: bool) -> bool:
    """Let the successor owe by its obligation `own` what the agency owes; whether that is new to it."""
    words = f"Chuyển cho {act.successor} nộp"
    if State(own.state) in HANDED_IN:
        words = f"{act.successor} kế tục, đã nộp việc này"
    again = State(own.state) is State.waived
    if again:
        restore(act.session, own.id or 0, reason=f"Nhận từ {act.old}", **act.who)
    new = added or again
    if State(own.state) in STILL_OWED and (new or _later(theirs, own)):
        _by_the_same_day(act, own, theirs)
    waive(act.session, theirs.id or 0, reason=words, **act.who)
    return new


def _later(theirs: Obligation, own: Obligation) -> bool:
    """Whether the agency had more time than the successor, who owes it anyway, has by itself."""
    return theirs.due_at is not None and (own.due_at is None or theirs.due_at > own.due_at)


def _by_the_same_day(act: _Act, own: Obligation, theirs: Obligation) -> None:
    """A later day that was granted holds for whoever follows."""
    if own.due_at == theirs.due_at:
        return
    window = None
    if theirs.due_at and theirs.opens_at and theirs.last_day and theirs.last_working_day:
        window = Window(
            local_day(theirs.opens_at),
            theirs.opens_at,
            theirs.due_at,
            theirs.last_day,
            theirs.last_working_day,
        )
    change_deadline(
        act.session,
        [own.id or 0],
        NewDeadline(
            window, "extension", f"Theo hạn của {act.old}", Basis("Chuyển giao khi sáp nhập")
        ),
        **act.who,
    )
