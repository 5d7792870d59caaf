"""Into the trail: to whom personal links were made. One row for some hundred messages, at the end of the
transaction that queues them: whoever writes to the trail holds its end until then, and others wait."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import event
from sqlmodel import Session

from plan.ledger import audit
from plan.states import Actor, Role

SENT = "link.sent"
AT_ONCE = 500
SYSTEM = Actor("dondoc", Role.system, origin="flow")
_KEPT = "links to tell of"


def note(session: Session, messages: Iterable[tuple[int, Mapping[str, Any]]]) -> None:
    """Messages just queued, by row: those to contacts carry links of their own."""
    session.info.setdefault(_KEPT, {}).update(
        (number, (one["plan_id"], one["contact_id"], one["created_at"]))
        for number, one in messages
        if one["contact_id"]
    )


def forget(session: Session, message_id: int) -> None:
    """A message that was taken back before anybody could see it."""
    session.info.get(_KEPT, {}).pop(message_id, None)


@event.listens_for(Session, "before_commit")
def _tell(session: Session) -> None:
    by_plan: defaultdict[tuple[str, datetime], list[list[int]]] = defaultdict(list)
    for number, (plan_id, contact_id, at) in session.info.pop(_KEPT, {}).items():
        by_plan[plan_id, at].append([number, contact_id])
    for (plan_id, at), pairs in by_plan.items():
        for start in range(0, len(pairs), AT_ONCE):
            some = pairs[start : start + AT_ONCE]
            audit.record(
                session,
                plan_id=plan_id,
                actor=SYSTEM,
                event=SENT,
                subject=plan_id,
                now=at,
                after={"messages": some, "detail": {"note": f"{len(some)} tin"}},
            )
