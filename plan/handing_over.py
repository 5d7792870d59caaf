"""What an agency that was merged or split still owes in a plan, handed to a successor: an explicit act.

Nothing is moved by itself. What the agency handed in stays its own; what it still owes it is released from,
and the successor owes the same by the same day, once, whatever it owed already.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from plan.calendar import local_day
from plan.deadlines.windows import Window
from plan.definition.model import Agency as AgencyPart
from plan.definition.model import AgencyName as NamePart
from plan.definition.model import PlanDefinition
from plan.directory.agencies import read_directory
from plan.directory.entries import Entry
from plan.errors import RefusedError
from plan.importing.plan import load_plan
from plan.ledger import change_deadline, waive
from plan.ledger.core import require_open, require_role
from plan.models import Agency, Obligation, Plan, Successor
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_agency
from plan.states import STILL_OWED, Actor, Role, State
from plan.text import number_words

Key = tuple[int, str]
"""Deliverable's row id and period."""


@dataclass(frozen=True)
class HandedOver:
    """How many obligations the successor owes now, of them new to it."""

    count: int
    new: int

    def words(self) -> str:
        new = f"trong đó {number_words(self.new)} việc mới với đơn vị kế tục"
        return f"{number_words(self.count)} việc, {new}"


def hand_over(
    session: Session, plan_id: str, code: str, successor: str, *, actor: Actor, now: datetime
) -> HandedOver:
    """Let `successor` (a code of the directory) owe what the plan's agency `code` still owes. Done again,
    there is nothing left to do. RefusedError: the directory does not say that it follows the agency, a
    closed plan; NotFoundError: no such agency."""
    require_role(actor, Role.coordinator, Role.admin)
    require_open(session, plan_id)
    old = find_agency(session, plan_id, code)
    if session.get(Successor, (old.directory_code, successor)) is None:
        raise RefusedError(
            f"Danh bạ chưa ghi «{successor}» kế tục «{old.directory_code}»; hãy ghi trước: "
            "dondoc directory end."
        )
    owed = {_key(one): one for one in _obligations(session, old) if State(one.state) in STILL_OWED}
    if not owed:
        return HandedOver(0, 0)
    place, is_new = _place(session, plan_id, old, successor, now)
    there = {_key(one): one for one in _obligations(session, place)}
    name = read_directory(session)[successor].names[-1].name
    if is_new:
        _only_these(
            session, [one for key, one in there.items() if key not in owed], code, actor, now
        )
    for key, one in owed.items():
        if is_new and key in there:
            _by_the_same_day(session, there[key], one, code, actor, now)
        waive(session, one.id or 0, reason=f"Chuyển cho {name} nộp", actor=actor, now=now)
    return HandedOver(len(owed), len(owed) if is_new else 0)


def _obligations(session: Session, agency: Agency) -> Sequence[Obligation]:
    statement = select(Obligation).where(Obligation.agency_id == agency.id)
    return session.exec(statement.order_by(col(Obligation.id))).all()


def _key(one: Obligation) -> Key:
    return one.deliverable_id, one.period


def _place(
    session: Session, plan_id: str, old: Agency, successor: str, now: datetime
) -> tuple[Agency, bool]:
    """The successor's place in the plan; whether it was made now, in the group of the agency it follows."""
    there = session.exec(
        select(Agency).where(Agency.plan_id == plan_id, Agency.directory_code == successor)
    ).first()
    if there is not None:
        return there, False
    plan = session.get_one(Plan, plan_id)
    after = _with(definition_of(plan), old, read_directory(session)[successor])
    load_plan(session, after, now=now)
    return find_agency(session, plan_id, successor), True


def _with(definition: PlanDefinition, old: Agency, entry: Entry) -> PlanDefinition:
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
    deliverables = [
        one.model_copy(update={"owners": [*one.owners, entry.code]})
        if old.code in one.owners
        else one
        for one in definition.deliverables
    ]
    return definition.model_copy(
        update={"agencies": [*definition.agencies, part], "deliverables": deliverables}
    )


def _only_these(
    session: Session, others: Sequence[Obligation], code: str, actor: Actor, now: datetime
) -> None:
    """What the agency had done already is not owed once more."""
    for one in others:
        waive(
            session, one.id or 0, reason=f"{code} đã nộp trước khi sáp nhập", actor=actor, now=now
        )


def _by_the_same_day(
    session: Session, new: Obligation, old: Obligation, code: str, actor: Actor, now: datetime
) -> None:
    """A later day that was granted holds for whoever follows."""
    if new.due_at == old.due_at:
        return
    window = None
    if old.due_at and old.opens_at and old.last_day and old.last_working_day:
        opens_on = local_day(old.opens_at)
        window = Window(opens_on, old.opens_at, old.due_at, old.last_day, old.last_working_day)
    change_deadline(
        session,
        [new.id or 0],
        window,
        kind="extension",
        words=f"Theo hạn của {code}",
        reason="Chuyển giao khi sáp nhập",
        actor=actor,
        now=now,
    )
