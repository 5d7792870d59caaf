"""A later official document that changes a deadline, for everyone it applies to at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, col, select

from plan.errors import RefusedError
from plan.ledger import Actor, change_deadline
from plan.ledger.deadlines import until_window
from plan.models import Deadline, Obligation, Plan
from plan.queries.lookup import find_agency, find_milestone, load_calendar, obligation_name
from plan.states import SETTLED


@dataclass(frozen=True)
class Amended:
    """What an amendment came to, by the names of obligations (`agency/deliverable`)."""

    changed: tuple[str, ...]
    same: tuple[str, ...]
    """Had that day already: nothing written, nobody told."""
    kept: tuple[str, ...]
    """Extended on their own beyond that day, and not named: they keep it."""


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
) -> Amended:
    """Give every dated, unsettled obligation of a milestone (of `agencies` only, if named) the last
    good local day `until`. One extended on its own beyond that day keeps it, unless its agency is named.
    Refuses when there is none to change."""
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
    extended = frozenset() if wanted else _extended(session, chosen, until)
    same = [one for one in chosen if one.last_day == until]
    kept = [one for one in chosen if one.id in extended]
    changed = [one for one in chosen if one.last_day != until and one.id not in extended]
    calendar = load_calendar(session, plan.id, until.year)
    for one in changed:
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
    names = (tuple(obligation_name(session, one) for one in part) for part in (changed, same, kept))
    return Amended(*names)


def _extended(session: Session, rows: Sequence[Obligation], until: date) -> frozenset[int]:
    """Which of them stand on an extension of their own that ends after `until`."""
    later = {one.id for one in rows if one.last_day and one.last_day > until}
    versions = session.exec(
        select(Deadline.obligation_id, Deadline.kind)
        .where(col(Deadline.obligation_id).in_(later), Deadline.kind != "calendar")
        .order_by(col(Deadline.version))
    )
    newest = dict(versions.all())
    return frozenset(row_id for row_id, kind in newest.items() if kind == "extension")
