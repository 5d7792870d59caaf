"""«Thu lại»: an agency needs no more from its units, or from one of them.

Nothing is undone: what came stays, what was accepted still counts where it is put together. Who owes no more
is told by the inner plan's own waiver, and may be asked again by its restoring.
"""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session, col, select

from plan.errors import RefusedError
from plan.handdown.handing import as_coordinator, duty_above, record_duty
from plan.ledger.decisions import decide
from plan.models import Obligation, Plan
from plan.states import CLOSED, Actor

EVENT = "duty.taken-back"


def take_back(
    session: Session,
    inner: Plan,
    *,
    reason: str,
    actor: Actor,
    now: datetime,
    only: int | None = None,
) -> int:
    """The units owe it no more, whether they have handed in or not, unless that was accepted; `only`: the one
    whose obligation has this row id. Gives how many there were. RefusedError: another agency's duty, no
    reason, nobody who owes it."""
    above = duty_above(session, inner, actor)
    wanted = select(Obligation.id).where(
        Obligation.plan_id == inner.id, col(Obligation.state).not_in(CLOSED)
    )
    if only is not None:
        wanted = wanted.where(Obligation.id == only)
    owing = session.exec(wanted.order_by(col(Obligation.id))).all()
    if not owing:
        raise RefusedError("Không còn đơn vị nào phải nộp nên không có gì để thu lại.")
    for key in owing:  # units of one agency: some dozens
        decide(session, "waive", key or 0, reason, actor=as_coordinator(actor), now=now)
    record_duty(session, above, EVENT, {"units": len(owing), "reason": reason}, actor, now)
    return len(owing)
