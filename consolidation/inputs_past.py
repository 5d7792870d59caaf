"""Inputs as they stood at a moment in the past: what was decided since is taken back."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import func
from sqlmodel import Session, col, select

from plan.models import AuditEvent, Submission
from plan.states import State

if TYPE_CHECKING:
    from consolidation.inputs import Input

NOTHING: dict[str, Any] = {
    "submission_id": None,
    "number": 0,
    "kind": "",
    "content_hash": "",
    "submitted_by": "",
    "received_at": None,
    "decided_by": "",
    "decided_at": None,
}
"""The fields of an input that a submission fills, empty."""


def as_it_was(session: Session, items: list[Input], as_of: datetime) -> list[Input]:
    """The items with every decision after `as_of` taken back, as the audit trail has them."""
    before = _states_before(session, {item.obligation_id for item in items}, as_of)
    if not before:
        return items
    return [
        _restored(session, item, before[item.obligation_id], as_of)
        if item.obligation_id in before
        else item
        for item in items
    ]


def _states_before(
    session: Session, obligation_ids: Collection[int], as_of: datetime
) -> dict[int, State]:
    """For each obligation changed after `as_of`: its state just before the first such change."""
    if not _changed_since(session, as_of):
        return {}
    first = (
        select(func.min(AuditEvent.id))
        .where(AuditEvent.at > as_of, col(AuditEvent.obligation_id).is_not(None))
        .group_by(col(AuditEvent.obligation_id))
    )
    rows = session.exec(
        select(AuditEvent.obligation_id, AuditEvent.before).where(col(AuditEvent.id).in_(first))
    )
    return {key: State(was["state"]) for key, was in rows if key and key in obligation_ids}


def _changed_since(session: Session, as_of: datetime) -> bool:
    """The trail is written in the order of time: its end tells, without a walk through it."""
    newest = session.exec(select(AuditEvent.at).order_by(col(AuditEvent.id).desc()).limit(1))
    last = newest.first()
    return last is not None and last > as_of


def _restored(session: Session, item: Input, state: State, as_of: datetime) -> Input:
    bare = replace(item, state=state, **NOTHING)
    if state is not State.accepted:
        return bare
    event = next((one for one in _acceptances(session, item) if one.at <= as_of), None)
    row = _submission(session, item, event)
    return _filled(bare, row, event) if row else bare


def as_a_run_had_it(
    session: Session, items: list[Input], had: Mapping[int, int | None]
) -> list[Input]:
    """The items with the submissions that a run was made from. `had`: obligation → submission, none where
    it was waived; an obligation not in it had nothing."""
    return [_of_run(session, item, had) for item in items]


def _of_run(session: Session, item: Input, had: Mapping[int, int | None]) -> Input:
    if item.obligation_id not in had:
        return replace(item, state=State.owed, **NOTHING)
    row = session.get(Submission, had[item.obligation_id])
    if row is None:
        return replace(item, state=State.waived, **NOTHING)
    events = (one for one in _acceptances(session, item) if _number(one) == row.number)
    return _filled(replace(item, state=State.accepted), row, next(events, None))


def _acceptances(session: Session, item: Input) -> Iterator[AuditEvent]:
    """The newest first."""
    statement = select(AuditEvent).where(
        AuditEvent.obligation_id == item.obligation_id, AuditEvent.event == "obligation.accepted"
    )
    yield from session.exec(statement.order_by(col(AuditEvent.id).desc()))


def _number(event: AuditEvent) -> int | None:
    """Which submission was accepted."""
    return (event.after.get("detail") or {}).get("number")


def _submission(session: Session, item: Input, event: AuditEvent | None) -> Submission | None:
    if event is None:
        return None
    return session.exec(
        select(Submission).where(
            Submission.obligation_id == item.obligation_id, Submission.number == _number(event)
        )
    ).first()


def _filled(item: Input, row: Submission, event: AuditEvent | None) -> Input:
    return replace(
        item,
        submission_id=row.id,
        number=row.number,
        kind=row.kind,
        content_hash=row.content_hash,
        submitted_by=row.submitted_by,
        received_at=row.received_at,
        decided_by=event.actor if event else row.decided_by,
        decided_at=event.at if event else row.decided_at,
    )
