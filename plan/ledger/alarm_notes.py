"""Taking note of an alarm: somebody sees to it, and until when it stays quiet."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from sqlmodel import Session

from plan.calendar import local_day
from plan.errors import RefusedError
from plan.ledger import audit
from plan.ledger.core import require_role
from plan.models import AlarmNote
from plan.states import Actor, Role
from plan.text import date_words

LONGEST = timedelta(days=31)


def take_note(
    session: Session, plan_id: str, key: str, *, until: date, note: str, actor: Actor, now: datetime
) -> AlarmNote:
    """Keep that this alarm is known through the local day `until`; noted again, the newer word holds.
    RefusedError for a day gone by, or further than a month."""
    require_role(actor, Role.coordinator, Role.admin)
    today = local_day(now)
    if not key:
        raise RefusedError("Chưa rõ cảnh báo nào.")
    if not today <= until <= today + LONGEST:
        raise RefusedError(
            f"Ngày hẹn phải từ hôm nay đến {date_words(today + LONGEST)}; quá một tháng thì ghi lại."
        )
    row = session.get(AlarmNote, (plan_id, key)) or AlarmNote(
        plan_id=plan_id, key=key, until=until, noted_by="", at=now
    )
    row.until, row.note, row.noted_by, row.at = until, note, actor.name, now
    session.add(row)
    audit.record(
        session,
        plan_id=plan_id,
        actor=actor,
        event="alarm.noted",
        subject=key,
        now=now,
        after={"detail": {"until": until.isoformat(), "reason": note}},
    )
    return row
