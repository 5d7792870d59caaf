"""A later official document that changes a deadline, for everyone it applies to at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from sqlmodel import Session, col, select

from plan.errors import RefusedError
from plan.ledger import Actor, change_deadline
from plan.ledger.deadline_changes import until_window
from plan.lookup import find_agency, find_milestone, load_calendar
from plan.models import Obligation, Plan
from plan.states import SETTLED


def amend_deadline(
    session: Session,
    plan: Plan,
    milestone: str,
    until: date,
    *,
    agencies: Sequence[str] = (),
    document_number: str,
    document_on: date,
    reason: str,
    actor: Actor,
    now: datetime,
) -> int:
    """Give every dated, unsettled obligation of a milestone (of `agencies` only, if named) the last
    good local day `until`. Returns how many; refuses when there is none to change."""
    row = find_milestone(session, plan.id, milestone)
    wanted = {find_agency(session, plan.id, code).id for code in agencies}
    rows = session.exec(
        select(Obligation)
        .where(Obligation.milestone_id == row.id, col(Obligation.due_at).is_not(None))
        .where(col(Obligation.state).not_in(SETTLED))
        .order_by(col(Obligation.id))
    ).all()
    chosen = [one for one in rows if not wanted or one.agency_id in wanted]
    if not chosen:
        raise RefusedError("Không có nghĩa vụ còn nợ, có hạn nào của mốc này để đổi hạn.")
    calendar = load_calendar(session, plan.id, until.year)
    for one in chosen:
        change_deadline(
            session,
            [one.id or 0],
            until_window(one, until, calendar, now),
            kind="amendment",
            words=f"Đến hết ngày {until:%d/%m/%Y}",
            reason=reason,
            document_number=document_number,
            document_on=document_on,
            actor=actor,
            now=now,
        )
    return len(chosen)
