"""After a rehearsal: is each digest the only one, and does it say of which plan each line is?

Read from the mails on disk and from what each message is about; it shares no line with what wrote them.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.message import Message as Mail

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from plan.calendar import LOCAL
from plan.database import reading
from plan.models import Message, MessageObligation, Obligation, Plan

DIGESTS = (
    "announcement",
    "backlog",
    "internal",
    "reminder",
    "situation",
    "overdue",
    "escalation-head",
    "escalation-leadership",
    "escalation-issuer",
)
_PLAN = re.compile(r"^   Kế hoạch: (.+)\.$", re.MULTILINE)
_DAY = re.compile(r"^   Chậm nhất: (\d\d/\d\d/\d{4});", re.MULTILINE)
_LINE = re.compile(r"^\d+\. ", re.MULTILINE)
LISTED = 40


def digest_faults(engine: Engine, mails: Sequence[Mail]) -> Iterator[str]:
    """Two digests to one person at once; a plan unnamed, or named without need; lines out of order."""
    on_disk = {str(mail["Message-ID"]).strip("<>").partition("@")[0]: mail for mail in mails}
    with reading(engine) as session:
        rows = session.exec(
            select(Message).where(
                col(Message.event).in_(DIGESTS),
                Message.channel == "email",
                col(Message.state).in_(("sent", "delivered")),
            )
        ).all()
        together = Counter((row.address, row.created_at) for row in rows)
        for (address, at), count in together.items():
            if count > 1:
                yield f"{count} tin nhắc cùng lúc: {at.astimezone(LOCAL):%d/%m/%Y %H:%M} → {address}"
        plans = _plans_of(session)
        for row in rows:
            if (mail := on_disk.get(row.reference)) is not None:
                said = text_faults(_text(mail), plans[row.id or 0])
                yield from (f"tin số {row.id}: {fault}" for fault in said)


def _plans_of(session: Session) -> dict[int, list[str]]:
    """By message the short name of the plan of each obligation it is about."""
    found: dict[int, list[str]] = {}
    rows = session.exec(
        select(MessageObligation.message_id, Plan.short)
        .join(Obligation, col(Obligation.id) == MessageObligation.obligation_id)
        .join(Plan, col(Plan.id) == Obligation.plan_id)
    )
    for message, short in rows:
        found.setdefault(message, []).append(short)
    return found


def _text(mail: Mail) -> str:
    part = next(one for one in mail.walk() if one.get_content_type() == "text/plain")
    payload = part.get_payload(decode=True)
    assert isinstance(payload, bytes)
    return payload.decode(part.get_content_charset() or "utf-8").replace("\r\n", "\n")


def text_faults(text: str, plans: Sequence[str]) -> Iterator[str]:
    """What a digest's plain text says wrong, given the plan of each obligation it is about. Pure."""
    lines, named = len(_LINE.findall(text)), _PLAN.findall(text)
    if len(set(plans)) < 2:
        if named:
            yield "nêu tên kế hoạch tuy chỉ có một"
    elif len(named) != lines:
        yield f"{lines} dòng mà {len(named)} dòng nêu tên kế hoạch"
    elif len(plans) <= LISTED and set(named) != set(plans):
        yield f"nêu {sorted(set(named))}, đáng lẽ {sorted(set(plans))}"
    days = [datetime.strptime(day, "%d/%m/%Y").date() for day in _DAY.findall(text)]  # noqa: DTZ007 - a day has no zone
    if days != sorted(days):
        yield "dòng không theo thứ tự gấp trước"
