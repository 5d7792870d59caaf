"""What somebody who was let in was refused, in the trail (ASVS 7.2.2).

Pages and calls answer «no such page, or none for this viewer» in the same words; whoever may see every agency
is refused nothing by it, so that it is kept only of an agency's people.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Engine

from dashboard.auth.limits import Limit, take
from dashboard.auth.viewer import Viewer
from plan.database import writing
from plan.ledger import audit
from plan.states import Role

KEPT = Limit("access-refused", 30, timedelta(minutes=15))
"""So many rows an account and window: what comes beyond is one row of `limits`, and no flood."""
LONGEST = 200


def record_refused(
    engine: Engine, viewer: Viewer, method: str, path: str, status: int, now: datetime
) -> None:
    """`status`: 403, or 404 of what may be there for others; `now`: the real clock, UTC. Nothing of what was
    sent along is kept."""
    if status == 404 and viewer.role is not Role.agency:
        return
    if not take(engine, KEPT, viewer.account or viewer.session_key, now, viewer.account):
        return
    with writing(engine, deed=False) as session:
        audit.record(
            session,
            plan_id=viewer.plan_id,
            actor=viewer.actor,
            event="access.refused",
            subject=path[:LONGEST],
            now=now,
            after={"method": method, "status": status},
        )
