"""What the tests of delivery share: a desk, a sender of one round, channels that refuse."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import Session, select

from notifications.channels.base import Outgoing, SendError
from notifications.outbox.result import DeliveryResult
from notifications.plan_context import Messaging
from notifications.reminders.tick import tick
from notifications.round import deliver
from plan import ledger
from plan.database import writing
from plan.ledger.filing import Filing
from plan.models import Plan
from plan.queries.lookup import find_obligation
from plan.states import Actor, Role
from tests.standins import HandClock
from tests.support.reminders import ToldChannels, make_messaging, messages

DESK = make_messaging(available=frozenset({"email", "zalo_oa", "zalo_zns"}))
FRIDAY = "2020-04-24 09:00"
CLERK = Actor("Lan", Role.agency, frozenset({"a", "b", "so"}))
OFFICE = Actor("Bình", Role.coordinator)


def send(
    engine: Engine, channels: ToldChannels, clock: HandClock, desk: Messaging = DESK
) -> DeliveryResult:
    return deliver(engine, desk, channels, clock)


def queued(engine: Engine, clock: HandClock, plan: str = "thu") -> None:
    tick(engine, plan, clock(), DESK)


def states(engine: Engine) -> dict[str, str]:
    return {message.recipient_name: message.state for message in messages(engine)}


def refusing(code: str = "550", **how: object) -> Callable[[Outgoing], None]:
    def answer(_outgoing: Outgoing) -> None:
        raise SendError(code, "không nhận", **({"permanent": True} | how))  # type: ignore[arg-type]

    return answer


def only(
    name: str, engine: Engine, answer: Callable[[Outgoing], None]
) -> Callable[[Outgoing], None]:
    """The answer for one person's messages; others are taken."""
    wanted = {m.reference for m in messages(engine) if m.recipient_name == name}

    def told(outgoing: Outgoing) -> None:
        if outgoing.reference in wanted:
            answer(outgoing)

    return told


def change_policy(session: Session, old: str, new: str) -> None:
    """Another reminder policy, without loading the plan again."""
    plan = session.exec(select(Plan)).one()
    assert old in plan.definition
    plan.definition, plan.definition_hash = plan.definition.replace(old, new), "x"
    session.add(plan)


def submit(engine: Engine, name: str, when: datetime) -> None:
    with writing(engine) as session:
        key = find_obligation(session, "thu", name).id
        assert key is not None
        filing = Filing(kind="duty", received_at=when, payload={"lúc": str(when)})
        ledger.submit(session, key, filing, actor=CLERK, now=when)
