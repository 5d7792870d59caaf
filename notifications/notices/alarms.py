"""What Sở Nội vụ must know about the reminders themselves: channels down, agencies out of reach."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Engine, func, or_
from sqlmodel import Session, col, select

from notifications.notices.notices import for_coordinator, queue, to_coordinator
from notifications.outbox import retry
from notifications.outbox.enqueue import UNSENT
from notifications.outbox.fallback import in_place_of
from notifications.plan_context import Messaging, PlanContext, plan_context_of
from notifications.recipients import Person
from notifications.words import CHANNELS
from plan.calendar import local_day
from plan.database import reading, writing
from plan.models import ChannelToken, Contact, Message, Obligation
from plan.queries.delegations import own_people
from plan.queries.lookup import of_the_office, running_plans
from plan.queries.reach import may_be_unreachable
from plan.states import STILL_OWED, PlanState
from plan.text import join_names, moment_words

_WHAT_TO_DO = (
    "Chạy «dondoc channels test» để biết vì sao. Tin đang chờ sẽ đi bằng kênh khác của người nhận, nếu "
    "có, hoặc tự gửi khi kênh hoạt động lại."
)
_ONE_ACCOUNT = {"zalo_oa": "zalo", "zalo_uid": "zalo", "zalo_zns": "zalo"}
"""Channels that stand and fall together, by the account they share."""
AGAIN_AFTER = timedelta(days=1)
_WAITS = col(Message.state).in_(UNSENT)
_TELLINGS = select(Message.id, func.coalesce(col(Message.sent_at), col(Message.created_at)), _WAITS)


@dataclass(frozen=True)
class Cause:
    """Something wrong with a channel. `key` names the cause: told once, then once a day while it lasts."""

    key: str
    facts: dict[str, Any]


def tell_of_channels(
    engine: Engine, desk: Messaging, now: datetime, urgent: Collection[str] = ()
) -> list[int]:
    """Tells the coordinators, by a channel that works, of each channel down for an hour (at once, of
    those `urgent`: they do not come back by themselves) and of a lost Zalo authorisation. Each person
    hears of a cause once, in however many plans, and again only a day later; in office hours, when
    somebody can mend it. Gives message ids."""
    with reading(engine) as session:
        causes = [c for c in _causes(session, now, urgent) if not _told_lately(session, c.key, now)]
        if not causes:
            return []
    queued: list[int] = []
    with writing(engine) as session:
        down = retry.down(session)
        books = [
            plan_context_of(session, plan, now, desk)
            for plan in session.exec(running_plans().where(of_the_office()))
        ]
        for cause in causes:
            last = _last_told(session, cause.key)
            key = f"alarm:{cause.key}:{last.isoformat() if last else 'first'}"
            heard: set[tuple[str, str]] = set()
            for book in books:
                if book.office.is_open(now):
                    queued += _alarm(session, book, cause.facts, key, now, down, heard)
    return queued


def _causes(session: Session, now: datetime, urgent: Collection[str]) -> list[Cause]:
    """A lost authorisation is one cause, whatever channels it brings down."""
    tokens = session.exec(select(ChannelToken).where(ChannelToken.alarm != "")).all()
    lost = {token.channel for token in tokens}
    found = [
        Cause(f"{token.channel}:login", _facts("Zalo cần được cấp quyền lại", token.alarm))
        for token in tokens
    ]
    grouped: dict[str, list[retry.Down]] = defaultdict(list)
    for down in retry.to_tell(session, now, urgent):
        account = _ONE_ACCOUNT.get(down.channel, down.channel)
        if account not in lost:
            grouped[f"{account}:{down.code}"].append(down)
    return found + [Cause(key, _channel_facts(session, downs)) for key, downs in grouped.items()]


def _told_lately(session: Session, cause: str, now: datetime) -> bool:
    """Within a day, or in a message that still waits to be sent; in the one first written, or in one that
    took its place on another channel."""
    lately = or_(col(Message.created_at) > now - 2 * AGAIN_AFTER, _WAITS)
    rows = session.execute(_TELLINGS.where(*_about(cause), lately)).all()
    while rows:
        if any(waits or now - told_at < AGAIN_AFTER for _, told_at, waits in rows):
            return True
        followers = or_(*(in_place_of(number) for number, *_ in rows))
        rows = session.execute(_TELLINGS.where(followers)).all()
    return False


def _last_told(session: Session, cause: str) -> datetime | None:
    """When the last message about the cause was written (UTC)."""
    told_at = func.max(col(Message.created_at))
    return session.exec(select(told_at).where(*_about(cause))).one()


def _about(cause: str) -> list[ColumnElement[bool]]:
    """By the beginning of the key, which the index serves."""
    key = f"alarm:{cause}"
    return [col(Message.dedupe_key) >= f"{key}:", col(Message.dedupe_key) < f"{key};"]


def _alarm(
    session: Session,
    book: PlanContext,
    facts: dict[str, Any],
    key: str,
    now: datetime,
    down: Collection[str],
    heard: set[tuple[str, str]],
) -> list[int]:
    notice = for_coordinator(book, "alarm", facts, f"{key}:{book.plan_id}", avoid=down)
    fresh = [
        (person, channels)
        for person, channels in notice.heard
        if heard.isdisjoint((name, person.addresses[name]) for name in channels)
    ]
    heard |= {(name, person.addresses[name]) for person, channels in fresh for name in channels}
    return queue(session, book, [replace(notice, heard=fresh)], now)


def _channel_facts(session: Session, downs: Sequence[retry.Down]) -> dict[str, Any]:
    names = join_names([CHANNELS.get(down.channel, down.channel) for down in downs], noun="kênh")
    channels = [down.channel for down in downs]
    waiting = session.exec(
        select(func.count())
        .select_from(Message)
        .where(col(Message.channel).in_(channels), col(Message.state).in_(UNSENT))
    ).one()
    first = min(downs, key=lambda down: down.since)
    return _facts(f"Kênh {names} không gửi được", _WHAT_TO_DO) | {
        "since": moment_words(first.since),
        "words": first.words,
        "code": first.code,
        "waiting": waiting,
    }


def _facts(title: str, what_to_do: str) -> dict[str, Any]:
    return {
        "title": title,
        "what_to_do": what_to_do,
        "since": "",
        "words": "",
        "code": "",
        "waiting": 0,
    }


# --- agencies out of reach -----------------------------------------------------------------------


def tell_of_unreachable(engine: Engine, plan_id: str, now: datetime, desk: Messaging) -> list[int]:
    """Tells the coordinator, once a day in office hours, which agencies nobody can be reached for: of a
    plan, or (`plan_id` empty) of each that runs."""
    if plan_id:
        return _tell_of_plan(engine, plan_id, now, desk)
    with reading(engine) as session:
        plans = session.exec(running_plans()).all()
    return [number for one in plans for number in _tell_of_plan(engine, one, now, desk)]


def _tell_of_plan(engine: Engine, plan_id: str, now: datetime, desk: Messaging) -> list[int]:
    key = f"unreachable:{plan_id}:{local_day(now).isoformat()}"
    with reading(engine) as session:
        if _told_already(session, key) or not may_be_unreachable(session, plan_id, desk.available):
            return []
        book = plan_context_of(session, plan_id, now, desk)
        if book.state is not PlanState.running or not book.office.is_open(now):
            return []
        agencies = unreachable(session, book)
    if not agencies:
        return []
    with writing(engine) as session:
        return to_coordinator(session, book, "unreachable", {"agencies": agencies}, key, now)


def _told_already(session: Session, key: str) -> bool:
    """By the beginning of the key: an index range, where LIKE would read the whole table."""
    return (
        session.exec(
            select(Message.id)
            .where(Message.dedupe_key >= f"{key}:", Message.dedupe_key < f"{key};")
            .limit(1)
        ).first()
        is not None
    )


def unreachable(session: Session, book: PlanContext) -> list[dict[str, Any]]:
    """Agencies that still owe and whom no channel set up here reaches: {agency, name, why, owes}."""
    owing = session.exec(
        select(Obligation.agency_id, func.count())
        .where(Obligation.plan_id == book.plan_id, col(Obligation.state).in_(STILL_OWED))
        .group_by(col(Obligation.agency_id))
    ).all()
    found = [
        {
            "agency": book.codes[agency_id],
            "name": book.names[agency_id].name,
            "why": _why(session, agency_id, _staff(book, agency_id)),
            "owes": count,
        }
        for agency_id, count in owing
        if not _reachable(book, agency_id)
    ]
    order = list(book.codes.values())
    return sorted(found, key=lambda agency: order.index(agency["agency"]))


def _reachable(book: PlanContext, agency_id: int) -> bool:
    people = _staff(book, agency_id)
    return any(book.directory.route(person, book.default_ladder) for person in people)


def _staff(book: PlanContext, agency_id: int) -> list[Person]:
    """The agency's own people: whom work was passed to hears of that alone, and till a day."""
    return [one for one in book.directory.of(agency_id) if one.stays(agency_id)]


def _why(session: Session, agency_id: int, people: Sequence[Person]) -> str:
    if not people:
        return "chưa có người nhận"
    if any(person.addresses.keys() - {"console"} for person in people):
        return "chỉ có địa chỉ trên kênh chưa thiết lập"
    contacts = session.exec(select(Contact).where(Contact.agency_id == agency_id, own_people()))
    given = any(c.email or c.phone or c.zalo_user_id or c.zalo_chat_id for c in contacts)
    return "địa chỉ bị từ chối hoặc trả lại" if given else "người nhận chưa có địa chỉ"
