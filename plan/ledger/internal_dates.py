"""Dates Sở Nội vụ sets itself, for duties the plan leaves undated and for internal data calls."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Session

from plan.definition.model import Origin
from plan.errors import RefusedError
from plan.ledger import Actor, change_deadline
from plan.ledger.deadlines import until_window
from plan.models import Deadline, Obligation
from plan.queries.lookup import load_calendar


def set_internal_date(
    session: Session, obligation_id: int, until: date, *, reason: str, actor: Actor, now: datetime
) -> None:
    """Give an undated duty (or an internal request) a last good day of the office's own.

    It is reminded of like others, and never counted late under the plan. An obligation dated by the
    plan is refused: that is what an extension is for.
    """
    obligation = session.get_one(Obligation, obligation_id)
    if obligation.due_at is not None and obligation.origin == Origin.plan:
        raise RefusedError(
            "Nghĩa vụ này đã có hạn trong kế hoạch; hãy dùng gia hạn (dondoc extend)."
        )
    calendar = load_calendar(session, obligation.plan_id, until.year)
    obligation.origin = Origin.internal
    change_deadline(
        session,
        [obligation_id],
        until_window(obligation, until, calendar, now),
        kind="internal",
        words=f"Mốc nội bộ: đến hết ngày {until:%d/%m/%Y}",
        reason=reason,
        actor=actor,
        now=now,
    )


def deadline_history(session: Session, obligation_id: int) -> list[Deadline]:
    """Every version of an obligation's deadline, oldest first."""
    from sqlmodel import col, select

    return list(
        session.exec(
            select(Deadline)
            .where(Deadline.obligation_id == obligation_id)
            .order_by(col(Deadline.version))
        )
    )
