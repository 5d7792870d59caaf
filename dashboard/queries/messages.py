"""Messages as Nhắc việc shows them: filtered, page by page; and what the next round would say."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Engine
from sqlmodel import Session, col, func, select

from dashboard.queries.naming import Naming, naming
from notifications.plan_context import Messaging, open_offices
from notifications.policy import first_opening
from notifications.reminders.digests import Digest
from notifications.reminders.forecast import forecast_as_of
from notifications.reminders.look import TickLook
from notifications.reminders.tick import draft_of, lead_of, preview
from plan.models import Agency, ChannelState, Contact, Message, Obligation, Plan
from plan.queries.labels import plan_labels
from plan.queries.lookup import of_the_office, running_plans, shown_about
from plan.states import STILL_OWED

PAGE = 50
MOST_PLANNED = 300
"""Messages of a coming round that are shown; each is written out in full."""
MOST_WHOLE = 200
"""Obligations of a round whose messages are shown on one page, all written out."""
_TOKEN = re.compile(r"(/l/)[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+")


@dataclass(frozen=True)
class MessageFilter:
    state: str = ""
    channel: str = ""
    agency: str = ""
    event: str = ""


def messages(
    session: Session,
    plan_id: str,
    as_of: datetime,
    wanted: MessageFilter,
    offset: int = 0,
    limit: int = PAGE,
) -> list[Message]:
    """Newest first."""
    statement = where(plan_id, as_of, wanted).order_by(col(Message.id).desc())
    return list(session.exec(statement.limit(limit).offset(offset)))


def count(session: Session, plan_id: str, as_of: datetime, wanted: MessageFilter) -> int:
    inner = where(plan_id, as_of, wanted).subquery()
    return session.exec(select(func.count()).select_from(inner)).one()


def where(plan_id: str, as_of: datetime, wanted: MessageFilter) -> Any:
    """The statement that selects them."""
    statement = select(Message).where(shown_about(plan_id), Message.created_at <= as_of)
    if wanted.state:
        statement = statement.where(Message.state == wanted.state)
    if wanted.channel:
        statement = statement.where(Message.channel == wanted.channel)
    if wanted.event:
        statement = statement.where(Message.event == wanted.event)
    if wanted.agency:
        people = select(Contact.id).join(Agency).where(Agency.code == wanted.agency)
        statement = statement.where(col(Message.contact_id).in_(people))
    return statement


def by_state(session: Session, plan_id: str, as_of: datetime) -> dict[str, int]:
    rows = session.exec(
        select(Message.state, func.count())
        .where(shown_about(plan_id), Message.created_at <= as_of)
        .group_by(col(Message.state))
    )
    return dict(rows.all())


def channel_states(session: Session) -> Sequence[ChannelState]:
    """Channels that are held back."""
    return session.exec(select(ChannelState).where(col(ChannelState.down_since).is_not(None))).all()


def without_links(text: str) -> str:
    """A message's text for other eyes than its reader's: personal links can't be used from it."""
    return _TOKEN.sub(r"\1●●●", text)


@dataclass(frozen=True)
class NextRound:
    """When reminders will be looked at again, and how many obligations then."""

    at: datetime
    count: int


def next_rounds(session: Session, plan_id: str, now: datetime, limit: int = 5) -> list[NextRound]:
    """From what the reminder policy left on each obligation still owed, of a plan or of all of the office's
    own that run."""
    rows = session.exec(
        select(Obligation.next_check_at, func.count())
        .where(
            col(Obligation.plan_id).in_(
                [plan_id] if plan_id else running_plans().where(of_the_office())
            ),
            col(Obligation.next_check_at) > now,
            col(Obligation.due_at).is_not(None),
            col(Obligation.state).in_([state.value for state in STILL_OWED]),
        )
        .group_by(col(Obligation.next_check_at))
        .order_by(col(Obligation.next_check_at))
        .limit(limit)
    )
    return [NextRound(at, number) for at, number in rows if at is not None]


def next_opening(session: Session, plan_id: str, now: datetime) -> datetime:
    """The office instant (UTC) of the next round, of a plan or of all that run; without one, of `now`."""
    rounds = next_rounds(session, plan_id, now, 1)
    plans = [plan_id] if plan_id else session.exec(running_plans()).all()
    return first_opening(open_offices(session, plans, now), rounds[0].at if rounds else now)


def rounds_then(
    session: Session, plan: Plan, as_of: datetime, desk: Messaging, limit: int = 5
) -> list[NextRound]:
    """The same as it stood at a past moment."""
    return [NextRound(*one) for one in forecast_as_of(session, plan, as_of, desk).rounds()[:limit]]


@dataclass(frozen=True)
class AgencyAhead:
    """An agency's code, and how many of its obligations the round looks at."""

    code: str
    count: int


def is_wide(session: Session, plan_id: str, at: datetime) -> bool:
    """Whether the round at `at` (UTC) looks at more than `MOST_WHOLE`, of this and the running plans. Looks
    at no more than that."""
    plans = col(Obligation.plan_id).in_(running_plans()) | (col(Obligation.plan_id) == plan_id)
    some = select(Obligation.id).where(plans, col(Obligation.next_check_at) <= at)
    few = some.limit(MOST_WHOLE + 1).subquery()
    return session.exec(select(func.count()).select_from(few)).one() > MOST_WHOLE


def agencies_ahead(
    session: Session, plan_id: str, at: datetime, offset: int, limit: int | None
) -> list[AgencyAhead]:
    """A page of the plan's agencies, in its order, with what the round at `at` looks at of each. Costs what
    these agencies owe: the moment only filters, so that it is the index by agency that is used."""
    number = (
        select(func.count().filter(col(Obligation.next_check_at) <= at))
        .where(Obligation.plan_id == Agency.plan_id, Obligation.agency_id == Agency.id)
        .correlate(Agency)
        .scalar_subquery()
    )
    rows = session.exec(
        select(Agency.code, number)
        .where(Agency.plan_id == plan_id)
        .order_by(col(Agency.sort), col(Agency.id))
        .offset(offset)
        .limit(limit)
    )
    return [AgencyAhead(code, count) for code, count in rows]


@dataclass(frozen=True)
class Planned:
    """A message the next round would queue, as its reader would see it but for the personal links."""

    person: str
    channel: str
    why: str
    obligations: tuple[tuple[str, str], ...]
    """(plan, obligation), most urgent first."""
    subject: str
    text: str
    html: str
    short: str


def planned(
    engine: Engine, plan_id: str, at: datetime, desk: Messaging, agency_id: int | None = None
) -> tuple[datetime, list[Planned]]:
    """What a round at `at` would say, to whom and why; to the people of one agency (row id), if it is
    named. Writes nothing."""
    look, sent_at = preview(engine, plan_id, at, desk, agency_id)
    return sent_at, [_planned(look, digest, sent_at) for digest in look.digests[:MOST_PLANNED]]


def planned_then(
    session: Session, plan: Plan, as_of: datetime, desk: Messaging, agency_id: int | None = None
) -> tuple[datetime, list[Planned]]:
    """The same for the round that was next at a past moment, had nothing happened since."""
    then = forecast_as_of(session, plan, as_of, desk)
    at = next((at for at, _ in then.rounds()), as_of)
    look = then.look(at)
    people = {one.key for one in then.book.directory.of(agency_id)} if agency_id else None
    told = [one for one in look.digests if people is None or one.person.key in people]
    return at, [_planned(look, digest, at) for digest in told[:MOST_PLANNED]]


def _planned(look: TickLook, digest: Digest, at: datetime) -> Planned:
    draft = draft_of(look.books, digest, at)
    said = lead_of(look.books, draft).desk.templates.render(draft.context)
    return Planned(
        person=digest.person.name,
        channel=digest.channel,
        why=digest.why,
        obligations=tuple((row.plan_id, row.name) for row in digest.rows),
        subject=said.subject,
        text=without_links(said.text),
        html=without_links(said.html),
        short=without_links(said.short_text),
    )


@dataclass(frozen=True)
class About:
    """An obligation a message speaks of, in words, and where its page is."""

    words: str
    href: str


def about(
    session: Session, plan_id: str, obligations: Iterable[tuple[str, str]], names: Naming, on: date
) -> list[About]:
    """What these (plan, obligation) pairs are, seen from one plan with its names; of another plan with
    that plan's names and label, by a link that goes over to it. A query or three for each plan."""
    known = {plan_id: names}
    labels = plan_labels(session)
    found = []
    for plan, name in obligations:
        if plan not in known:
            known[plan] = naming(session, plan, on)
        words, href = known[plan].obligation(name), known[plan].href(name)
        if name == plan and plan in labels:
            words, href = labels[plan].number, "/ke-hoach"
        elif plan != plan_id:
            label = labels[plan].short if plan in labels else plan  # a draft that was deleted
            words = f"{words} ({label})"
            href = f"/ke-hoach?{urlencode({'ma': plan, 've': href})}" if href else ""
        found.append(About(words, href))
    return found
