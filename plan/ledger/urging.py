"""«Nhắc ngay»: Sở Nội vụ urges by hand, in words of its own, by a message, a call or a visit.

Kept beside the automatic reminders and counted with them. Not twice on one day unless that is meant.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, select

from plan.calendar import local_day, local_instant
from plan.errors import RefusedError
from plan.ledger import audit
from plan.ledger.core import require_role, require_taking
from plan.models import Agency, Message, MessageObligation, Obligation, Urging, UrgingObligation
from plan.queries.lookup import find_agency, obligation_name
from plan.queries.urgings import URGING_MESSAGES, WAYS
from plan.states import STILL_OWED, Actor, Role
from plan.text import moment_words

LEFT = ("queued", "sending", "sent", "delivered")


@dataclass(frozen=True)
class UrgingRequest:
    """How agencies are urged. `way`: one of `WAYS`; a message goes out in `words`, a call or a visit is kept
    with whom it was and what was answered. `milestone_id`: about this one only. `again`: meant, though they
    were urged today already."""

    way: str
    words: str = ""
    spoke_to: str = ""
    answer: str = ""
    milestone_id: int | None = None
    again: bool = False


def urge(
    session: Session,
    plan_id: str,
    agency: str,
    request: UrgingRequest,
    *,
    actor: Actor,
    now: datetime,
) -> Urging:
    """Urge an agency about all it still owes whose window is open or past; a message goes out with the next
    round. RefusedError: nothing owed, nothing said, or urged today already and not meant."""
    require_role(actor, Role.coordinator)
    require_taking(session, plan_id)
    way, words, answer = request.way, request.words.strip(), request.answer.strip()
    spoke_to = request.spoke_to.strip()
    if way not in WAYS:
        raise RefusedError(f"Chưa rõ nhắc bằng cách nào; có: {', '.join(WAYS.values())}.")
    if way == "message" and not words:
        raise RefusedError("Cần ghi lời nhắc; cơ quan sẽ đọc đúng lời này.")
    if way != "message" and not (spoke_to and answer):
        raise RefusedError("Cần ghi đã nói với ai và được trả lời thế nào.")
    row = find_agency(session, plan_id, agency)
    owed = _owed(session, row, request.milestone_id, now)
    if not owed:
        raise RefusedError("Không còn việc nào phải nhắc cơ quan này.")
    if not request.again and (at := urged_today(session, row, owed, way, now)) is not None:
        raise RefusedError(
            f"Hôm nay cơ quan này đã được nhắc lúc {moment_words(at)}; muốn nhắc lần nữa thì đánh dấu "
            "«Vẫn nhắc»."
        )
    urging = Urging(
        plan_id=plan_id,
        agency_id=row.id or 0,
        at=now,
        way=way,
        words=words,
        spoke_to=spoke_to,
        answer=answer,
        urged_by=actor.name,
    )
    session.add(urging)
    session.flush()
    key = urging.id or 0
    session.add_all(UrgingObligation(urging_id=key, obligation_id=one.id or 0) for one in owed)
    names = [obligation_name(session, one) for one in owed]
    audit.record(
        session,
        plan_id=plan_id,
        actor=actor,
        event="agency.urged",
        subject=agency,
        now=now,
        after={
            "detail": {"way": way, "words": request.words, "about": names, "answer": request.answer}
        },
    )
    if way == "message":
        for one, name in zip(owed, names, strict=True):
            audit.announce(
                session,
                plan_id=plan_id,
                kind="agency.urged",
                subject=name,
                obligation_id=one.id,
                now=now,
                payload={"urging": key},
            )
    return urging


def _owed(
    session: Session, agency: Agency, milestone_id: int | None, now: datetime
) -> list[Obligation]:
    statement = select(Obligation).where(
        Obligation.agency_id == agency.id,
        col(Obligation.state).in_(STILL_OWED),
        col(Obligation.due_at).is_not(None),
        (col(Obligation.opens_at).is_(None)) | (col(Obligation.opens_at) <= now),
    )
    if milestone_id is not None:
        statement = statement.where(Obligation.milestone_id == milestone_id)
    return list(session.exec(statement.order_by(col(Obligation.due_at), col(Obligation.id))))


def urged_today(
    session: Session, agency: Agency, owed: Iterable[Obligation], way: str, now: datetime
) -> datetime | None:
    """When the agency was urged today (local day of `now`) in this way, by hand or, of messages, by the
    ladder; None: it was not."""
    start = local_instant(local_day(now))
    by_hand = session.exec(
        select(Urging.at)
        .where(Urging.agency_id == agency.id, Urging.way == way, col(Urging.at) >= start)
        .where(col(Urging.at) < start + timedelta(days=1))
        .order_by(col(Urging.at).desc())
    ).first()
    if by_hand is not None or way != "message":
        return by_hand
    return session.exec(
        select(Message.created_at)
        .join(MessageObligation, col(MessageObligation.message_id) == Message.id)
        .where(
            col(MessageObligation.obligation_id).in_([one.id for one in owed]),
            col(Message.event).in_(URGING_MESSAGES),
            col(Message.state).in_(LEFT),
            col(Message.created_at) >= start,
        )
        .order_by(col(Message.created_at).desc())
    ).first()
