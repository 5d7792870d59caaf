"""What every change shares: lock, check who may, apply, leave the three facts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Row, update
from sqlalchemy import select as select_columns
from sqlmodel import Session, col, select

from plan.errors import RefusedError
from plan.ledger import audit
from plan.ledger.holding import held_until
from plan.models import Agency, Deliverable, Extension, Obligation, Plan
from plan.queries.lookup import obligation_name
from plan.states import (
    FROZEN,
    RULES,
    STATE_WORDS,
    TAKES_SUBMISSIONS,
    Action,
    Actor,
    PlanState,
    Role,
    State,
    next_state,
)

SNAPSHOT = (
    "state",
    "title",
    "opens_at",
    "due_at",
    "last_day",
    "last_working_day",
    "deadline_version",
    "decisive_at",
    "submissions",
    "mend_by",
)
"""What an audit event keeps before and after: enough to show any past moment."""

NOT_YET = (
    "Kế hoạch còn là bản nháp, chưa nhận bài nộp. Đề nghị Sở Nội vụ bấm «Bắt đầu nhắc» trước "
    "(dondoc plan start)."
)
NO_MORE = "Kế hoạch đã đóng: chỉ còn xem được, không nộp hay thay đổi gì nữa."


AT_ONCE = 500
"""Obligations changed by one statement: databases bound how many values it may name."""
_LOCKED = (
    select_columns(
        col(Obligation.id),
        col(Obligation.plan_id),
        col(Agency.code),
        col(Deliverable.code),
        col(Obligation.period),
        *(getattr(Obligation, name) for name in SNAPSHOT),
    )
    .join(Agency, col(Agency.id) == Obligation.agency_id)
    .join(Deliverable, col(Deliverable.id) == Obligation.deliverable_id)
    .order_by(col(Obligation.id))
)

_NEEDS_NO_TIME = frozenset({State.accepted, State.waived})


def lock(session: Session, obligation_id: int) -> Obligation:
    """The obligation, locked until the transaction ends (SQLite: the whole file already is)."""
    statement = select(Obligation).where(Obligation.id == obligation_id).with_for_update()
    return session.exec(statement.execution_options(populate_existing=True)).one()


def snapshot(obligation: Obligation) -> dict[str, Any]:
    """The obligation's facts as plain JSON."""
    return {name: plain(getattr(obligation, name)) for name in SNAPSHOT}


def plain(value: Any) -> Any:
    """A column's value as JSON says it: one instant is written one way."""
    if isinstance(value, datetime):  # one instant is written one way, wherever it was told from
        value = value.astimezone(UTC)
    return value.isoformat() if isinstance(value, datetime | date) else value


def apply(
    session: Session,
    obligation: Obligation,
    action: Action,
    *,
    actor: Actor,
    now: datetime,
    payload: dict[str, Any] | None = None,
    told: dict[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Move the obligation by `action`, with further field changes; audit and announce it. `told`: what the
    trail alone keeps beside it."""
    check_agency(session, obligation, actor)
    target = next_state(State(obligation.state), action, actor.role)
    rule = RULES[action]
    if target is not State.returned:
        changes |= {"mend_by": None}
    if target in _NEEDS_NO_TIME:
        words = f"Nghĩa vụ {STATE_WORDS[target]}; không còn cần gia hạn."
        close_requests(session, obligation, words, actor, now)
    commit_change(
        session,
        obligation,
        audit_event=rule.audit,
        event=rule.event,
        actor=actor,
        now=now,
        payload=payload,
        told=told,
        state=target.value,
        **changes,
    )


def commit_change(
    session: Session,
    obligation: Obligation,
    *,
    audit_event: str,
    event: str | None,
    actor: Actor,
    now: datetime,
    payload: dict[str, Any] | None = None,
    told: dict[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Set fields, raise the version, ask the reminder policy to look again, leave the two records."""
    require_open(session, obligation.plan_id)
    before = snapshot(obligation)
    for name, value in changes.items():
        setattr(obligation, name, value)
    obligation.version += 1
    obligation.next_check_at = now
    session.add(obligation)
    session.flush()
    subject = obligation_name(session, obligation)
    audit.record(
        session,
        plan_id=obligation.plan_id,
        actor=actor,
        event=audit_event,
        subject=subject,
        obligation_id=obligation.id,
        now=now,
        before=before,
        after=snapshot(obligation) | ({"detail": payload} if payload else {}) | (told or {}),
    )
    if event is not None:
        audit.announce(
            session,
            plan_id=obligation.plan_id,
            kind=event,
            subject=subject,
            obligation_id=obligation.id,
            now=now,
            payload=payload,
            held_until=held_until(audit_event, actor, now),
        )


@dataclass(frozen=True)
class Locked:
    """An obligation of many, locked: its facts as `SNAPSHOT` names them."""

    id: int
    plan_id: str
    name: str
    """`agency/deliverable`, with `@period` if it recurs."""
    facts: dict[str, Any]


def lock_many(session: Session, obligation_ids: Sequence[int]) -> Iterator[list[Locked]]:
    """The obligations, locked until the transaction ends, some hundreds at a time."""
    session.flush()
    for start in range(0, len(obligation_ids), AT_ONCE):
        some = obligation_ids[start : start + AT_ONCE]
        rows = session.connection().execute(
            _LOCKED.where(col(Obligation.id).in_(some)).with_for_update(of=Obligation)
        )
        yield [_locked(row) for row in rows]


def _locked(row: Row[*tuple[Any, ...]]) -> Locked:
    number, plan_id, agency, deliverable, period, *facts = row
    name = f"{agency}/{deliverable}" + (f"@{period}" if period else "")
    return Locked(number, plan_id, name, dict(zip(SNAPSHOT, facts, strict=True)))


def commit_changes(
    session: Session,
    locked: Sequence[Locked],
    *,
    audit_event: str,
    event: str | None,
    actor: Actor,
    now: datetime,
    detail: Callable[[Locked], dict[str, Any]],
    changes: Mapping[str, Any],
    raised: Collection[str] = (),
) -> None:
    """`commit_change` for many: the same fields set to the same values, those of `raised` one up."""
    for plan_id in {one.plan_id for one in locked}:
        require_open(session, plan_id)
        mine = [one for one in locked if one.plan_id == plan_id]
        session.connection().execute(
            update(Obligation)
            .where(col(Obligation.id).in_([one.id for one in mine]))
            .values(
                {
                    **changes,
                    **{name: getattr(Obligation, name) + 1 for name in raised},
                    "version": Obligation.version + 1,
                    "next_check_at": now,
                }
            )
        )
        entries, changed = [], _json(changes)
        for one in mine:
            before, told = _json(one.facts), detail(one)
            after = before | changed | {name: one.facts[name] + 1 for name in raised}
            entries.append(audit.Entry(one.name, one.id, before, after | {"detail": told}, told))
        audit.record_many(
            session,
            entries,
            plan_id=plan_id,
            actor=actor,
            event=audit_event,
            now=now,
            announced=event,
        )
    _read_again(session, {one.id for one in locked})


def _json(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: plain(value) for name, value in facts.items()}


def _read_again(session: Session, changed: Collection[int]) -> None:
    """Of what was changed, the rows that this session holds."""
    for held in list(session.identity_map.values()):
        if isinstance(held, Obligation) and held.id in changed:
            session.refresh(held)


def open_requests(session: Session, obligation_id: int) -> Sequence[Extension]:
    """Requests for more time that wait for an answer, oldest first."""
    return session.exec(
        select(Extension)
        .where(Extension.obligation_id == obligation_id, Extension.state == "asked")
        .order_by(col(Extension.id))
    ).all()


def close_requests(
    session: Session,
    obligation: Obligation,
    words: str,
    actor: Actor,
    now: datetime,
    until: date | None = None,
) -> None:
    """Requests nobody needs to answer any more (those up to the local day `until` only, if given) end,
    with `words` as why."""
    for request in open_requests(session, obligation.id or 0):
        if until is None or request.until <= until:
            request.state, request.decision_note = "closed", words
            request.decided_by, request.decided_at = actor.name, now
            session.add(request)


def require_taking(session: Session, plan_id: str) -> None:
    """RefusedError where the plan takes no submissions: before its start and after its end."""
    state = state_of(session, plan_id)
    if state not in TAKES_SUBMISSIONS:
        raise RefusedError(NO_MORE if state in FROZEN else NOT_YET)


def require_open(session: Session, plan_id: str) -> None:
    """RefusedError where the plan is frozen."""
    if state_of(session, plan_id) in FROZEN:
        raise RefusedError(NO_MORE)


def state_of(session: Session, plan_id: str) -> PlanState:
    return PlanState(session.exec(select(Plan.state).where(Plan.id == plan_id)).one())


def check_agency(session: Session, obligation: Obligation, actor: Actor) -> None:
    """An agency acts on its own obligations only."""
    if actor.role is not Role.agency:
        return
    agency = session.get_one(Agency, obligation.agency_id)
    if agency.code not in actor.agencies:
        raise RefusedError("Nghĩa vụ này thuộc cơ quan khác.")


def require_role(actor: Actor, *roles: Role) -> None:
    if actor.role not in roles:
        raise RefusedError("Vai trò của bạn không được phép làm việc này.")


def require_reason(reason: str) -> None:
    """A decision that somebody will ask about says why."""
    if not reason.strip():
        raise RefusedError("Cần nêu lý do.")
