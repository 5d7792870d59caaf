"""What Sở Nội vụ must know about the reminders themselves: channels down, agencies out of reach."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, func
from sqlmodel import Session, col, select

from notifications import channel_health
from notifications.book import Book, Desk, open_book
from notifications.notices import to_coordinator
from notifications.people import Person
from notifications.queueing import UNSENT
from plan.calendar import local_day
from plan.database import reading, writing
from plan.models import ChannelToken, Contact, Message, Obligation, Plan
from plan.states import STILL_OWED
from plan.wording import moment_words

CHANNEL_NAMES = {
    "email": "Thư điện tử",
    "zalo_oa": "Zalo OA",
    "zalo_zns": "Zalo ZNS",
    "zalo_bot": "Zalo Bot",
    "apprise": "Apprise",
    "console": "Màn hình",
}
_WHAT_TO_DO = (
    "Chạy «dondoc channels test» để biết vì sao. Tin chưa gửi vẫn được giữ và sẽ tự gửi khi kênh "
    "hoạt động lại."
)


def tell_of_channels(engine: Engine, desk: Desk, now: datetime) -> list[int]:
    """Tells the coordinators, by another channel, of each channel down for an hour and of a lost
    Zalo authorisation. Once each. Gives message ids."""
    with reading(engine) as session:
        downs = channel_health.to_tell(session, now)
        tokens = session.exec(select(ChannelToken).where(ChannelToken.alarm != "")).all()
        if not downs and not tokens:
            return []
    queued: list[int] = []
    with writing(engine) as session:
        books = [open_book(session, plan, now, desk) for plan in session.exec(select(Plan.id))]
        for down in downs:
            key = f"alarm:{down.channel}:{down.since.isoformat()}"
            facts = _channel_facts(session, down)
            for book in books:
                queued += _alarm(session, book, facts, key, now, down.channel)
            channel_health.told(session, down.channel, now)
        for token in tokens:
            key = f"alarm:token:{token.channel}:{token.updated_at.isoformat()}"
            facts = _facts("Zalo cần được cấp quyền lại", token.alarm)
            for book in books:
                queued += _alarm(session, book, facts, key, now, "zalo_oa")
    return queued


def _alarm(
    session: Session, book: Book, facts: dict[str, Any], key: str, now: datetime, avoid: str
) -> list[int]:
    key = f"{key}:{book.plan_id}"
    return to_coordinator(session, book, "alarm", facts, key, now, avoid=avoid)


def _channel_facts(session: Session, down: channel_health.Down) -> dict[str, Any]:
    name = CHANNEL_NAMES.get(down.channel, down.channel)
    waiting = session.exec(
        select(func.count())
        .select_from(Message)
        .where(Message.channel == down.channel, col(Message.state).in_(UNSENT))
    ).one()
    return _facts(f"Kênh {name} không gửi được", _WHAT_TO_DO) | {
        "since": moment_words(down.since),
        "words": down.words,
        "code": down.code,
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


def tell_of_unreachable(engine: Engine, plan_id: str, now: datetime, desk: Desk) -> list[int]:
    """Tells the coordinator, once a day in office hours, which agencies nobody can be reached for."""
    key = f"unreachable:{plan_id}:{local_day(now).isoformat()}"
    with reading(engine) as session:
        if _told_already(session, key):
            return []
        book = open_book(session, plan_id, now, desk)
        if not book.office.is_open(now):
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


def unreachable(session: Session, book: Book) -> list[dict[str, Any]]:
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
            "why": _why(session, agency_id, book.directory.of(agency_id)),
            "owes": count,
        }
        for agency_id, count in owing
        if not _reachable(book, agency_id)
    ]
    order = list(book.codes.values())
    return sorted(found, key=lambda agency: order.index(agency["agency"]))


def _reachable(book: Book, agency_id: int) -> bool:
    people = book.directory.of(agency_id)
    return any(book.directory.route(person, book.default_ladder) for person in people)


def _why(session: Session, agency_id: int, people: Sequence[Person]) -> str:
    if not people:
        return "chưa có người nhận"
    if any(person.addresses.keys() - {"console"} for person in people):
        return "chỉ có địa chỉ trên kênh chưa thiết lập"
    contacts = session.exec(select(Contact).where(Contact.agency_id == agency_id))
    given = any(c.email or c.phone or c.zalo_user_id or c.zalo_chat_id for c in contacts)
    return "địa chỉ bị từ chối hoặc trả lại" if given else "người nhận chưa có địa chỉ"
