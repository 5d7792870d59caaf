"""The board picture by e-mail: on which days, at what hour, to which of the office's people."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time

from sqlmodel import Session, col, select

from plan.calendar import WorkingCalendar, local_day, local_instant
from plan.errors import RefusedError
from plan.ledger import audit
from plan.ledger.core import require_role
from plan.models import BoardMailing, UserAccount
from plan.states import Actor, Role

HEARERS = (Role.leader, Role.coordinator, Role.admin)
"""The office's people: agencies never get the whole board."""
NOBODYS = "@localhost.local"
"""A made-up address of an account that has none."""


def office_people(session: Session) -> list[UserAccount]:
    """Accounts of the office that a mail can reach, leaders first: some dozens at most."""
    found = session.exec(
        select(UserAccount).where(
            col(UserAccount.disabled_at).is_(None),
            col(UserAccount.role).in_([role.value for role in HEARERS]),
        )
    )
    usable = [one for one in found if not one.email.endswith(NOBODYS)]
    return sorted(usable, key=lambda one: (HEARERS.index(Role(one.role)), one.name))


def set_board_mailing(
    session: Session,
    plan_id: str,
    *,
    weekdays: Collection[int],
    send_at: time,
    recipients: Collection[int],
    actor: Actor,
    now: datetime,
) -> BoardMailing:
    """From `now` (UTC) on; no day or nobody: nothing is sent any more. `weekdays`: 0 is Monday, to Friday.
    RefusedError for a day that is none, days without people or people without days, and for whoever is not
    one of the office's people."""
    require_role(actor, Role.coordinator, Role.admin)
    if not set(weekdays) <= set(range(5)):
        raise RefusedError("Chỉ gửi từ thứ Hai đến thứ Sáu.")
    if bool(weekdays) != bool(recipients):
        raise RefusedError("Cần chọn cả ngày gửi lẫn người nhận; bỏ trống cả hai thì thôi gửi.")
    if not set(recipients) <= {one.id for one in office_people(session)}:
        raise RefusedError("Chỉ gửi cho người có tài khoản của Sở Nội vụ hoặc lãnh đạo.")
    row = session.get(BoardMailing, plan_id) or BoardMailing(
        plan_id=plan_id, weekdays=[], send_at=send_at, recipients=[], set_by="", at=now
    )
    before = _said(row)
    row.weekdays, row.recipients = sorted(set(weekdays)), sorted(set(recipients))
    row.send_at, row.set_by, row.at = send_at, actor.name, now
    session.add(row)
    audit.record(
        session,
        plan_id=plan_id,
        actor=actor,
        event="board-mailing.set",
        subject=plan_id,
        now=now,
        before=before,
        after=_said(row),
    )
    return row


def _said(row: BoardMailing) -> dict[str, object]:
    return {
        "weekdays": list(row.weekdays),
        "send_at": f"{row.send_at:%H:%M}",
        "recipients": list(row.recipients),
    }


def is_due(row: BoardMailing, now: datetime, calendar: WorkingCalendar) -> bool:
    """Whether today's picture should have left by `now` (UTC). One missed in the morning goes later that day;
    yesterday's never: it would show today."""
    today = local_day(now)
    if today.weekday() not in row.weekdays or not calendar.is_working(today):
        return False
    return row.at <= local_instant(today, row.send_at) <= now
