"""Deadlines one level down: what an agency handed to its own units never ends after its own deadline."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from plan.deadlines.windows import Window
from plan.errors import RefusedError
from plan.models import Obligation, Plan
from plan.states import CLOSED
from plan.text import date_words

CHUNK = 500


def check_ceiling(session: Session, obligation_ids: Sequence[int], to: Window | None) -> None:
    """RefusedError where one of these is of a plan handed down and `to` ends after the duty above (or never).
    One query for some hundreds."""
    above = aliased(Obligation)
    for start in range(0, len(obligation_ids), CHUNK):
        ends = session.exec(
            select(col(above.due_at), col(above.last_day))
            .join(Plan, col(Plan.parent_obligation_id) == above.id)
            .join(Obligation, col(Obligation.plan_id) == Plan.id)
            .where(
                col(Obligation.id).in_(obligation_ids[start : start + CHUNK]),
                col(above.due_at).is_not(None),
            )
            .distinct()
        ).all()
        for due_at, last_day in ends:
            if due_at and last_day and (to is None or to.due_at > due_at):
                raise RefusedError(
                    f"Hạn của đơn vị không được sau hạn của chính cơ quan ({date_words(last_day)})."
                )


def handed_down_beyond(
    session: Session, obligation_ids: Sequence[int], to: Window | None
) -> list[int]:
    """What was handed down from these, still open, that ends after `to`."""
    if to is None:
        return []
    found: list[int] = []
    for start in range(0, len(obligation_ids), CHUNK):
        part = obligation_ids[start : start + CHUNK]
        found += [
            key or 0
            for key in session.exec(
                select(Obligation.id)
                .join(Plan, col(Plan.id) == Obligation.plan_id)
                .where(
                    col(Plan.parent_obligation_id).in_(part),
                    col(Obligation.due_at) > to.due_at,
                    col(Obligation.state).not_in(CLOSED),
                )
                .order_by(col(Obligation.id))
            )
        ]
    return found
