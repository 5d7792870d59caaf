"""The answer to a mail that hands something in: a receipt, what is to be mended, or a link to confirm.

It goes to the contact's own address, in the mail's thread, through the outbox. Loops end (RFC 3834): only a
mail that a person wrote is given here, the answer is marked as automatic, and nobody gets more than a few a
day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, func, select

from notifications.channels.base import Attachment
from notifications.messages.links import MAIL
from notifications.messages.views import Context
from notifications.outbox import enqueue
from notifications.outbox.drafts import MessageDraft, row_of
from notifications.plan_context import Messaging, PlanContext, load_plan_context
from notifications.recipients import Person
from notifications.reminders.digests import person_view
from plan.models import Agency, Contact, IncomingMail, Message
from plan.text import moment_words

EVENT = "mail-receipt"
MOST_A_DAY = 20
"""Answers to one address within a day; what more it sends is filed or queued all the same."""
MOST_LINES = 10
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_REPLY = re.compile(r"^\s*((re|fw|fwd|tr|tl|trả lời|v/v)\s*:\s*)+", re.IGNORECASE)
_LOOKS: Mapping[str, tuple[str, str, str]] = {
    "filed": ("Đã nhận, cảm ơn", "green", "●"),
    "to_confirm": ("Chờ quý cơ quan xác nhận", "amber", "◑"),
    "to_person": ("Đã nhận thư, chưa ghi vào sổ", "amber", "◑"),
}


def queue_answer(
    session: Session,
    desk: Messaging,
    mail: IncomingMail,
    marked: Sequence[tuple[str, bytes]],
    answered: Sequence[str],
    now: datetime,
) -> int | None:
    """Queue the answer to a mail in the state it is in; the message's number. None: nobody to answer.

    `answered`: the Message-IDs of the mail's thread, the nearest first.
    """
    contact = session.get(Contact, mail.contact_id) if mail.contact_id else None
    if contact is None or not mail.plan_id or mail.state not in _LOOKS:
        return None
    book = load_plan_context(session, mail.plan_id, now, desk)
    person = book.directory.by_address("email", contact.email)
    if person is None or _too_many(session, contact.email, now):
        return None
    draft = MessageDraft(
        person=person,
        agency_id=contact.agency_id,
        channel="email",
        copy=False,
        context=_context(session, book, mail, person, contact, marked, now),
        rows=(),
        dedupe_key=f"mail:{mail.id}:{mail.state}",
        answers=[*reversed(answered), *([mail.message_id] if mail.message_id else [])],
        files=[Attachment(name, XLSX, data) for name, data in marked],
    )
    values = row_of(book, draft, now, book.office.next_opening(now))
    return next(iter(enqueue.add_messages(session, [values]).values()), None)


def _too_many(session: Session, address: str, now: datetime) -> bool:
    sent = session.exec(
        select(func.count()).where(
            Message.event == EVENT,
            Message.address == address,
            col(Message.created_at) > now - timedelta(days=1),
        )
    ).one()
    return sent >= MOST_A_DAY


def _context(
    session: Session,
    book: PlanContext,
    mail: IncomingMail,
    person: Person,
    contact: Contact,
    marked: Sequence[tuple[str, bytes]],
    now: datetime,
) -> Context:
    outcome = mail.outcome
    items = [_item(one) for one in outcome.get("filed", ())]
    mend = any(not one["complete"] for one in outcome.get("filed", ()))
    headline, tone, sign = _LOOKS[mail.state]
    if mend and mail.state == "filed":
        headline, tone, sign = "Đã nhận thư, có chỗ phải sửa", "purple", "↩"
    about = outcome["filed"][0]["obligation"] if len(items) == 1 else ""
    url = book.link(person, contact.agency_id, about, now)
    agency = session.get_one(Agency, contact.agency_id)
    return Context(
        event=EVENT,
        plan=book.plan_view,
        office=book.office_view,
        person=person_view(book, person, contact.agency_id),
        url=f"{url}/{MAIL}{mail.id}" if mail.state == "to_confirm" else url,
        facts={
            "state": mail.state,
            "subject": _REPLY.sub("", mail.subject) or "(không có tiêu đề)",
            "received": moment_words(mail.received_at),
            "why": mail.why,
            "agency": book.names[agency.id or 0].short,
            "headline": headline,
            "tone": tone,
            "sign": sign,
            "mend": mend,
            "items": items,
            "findings": _lines(outcome.get("findings", ())),
            "files": [one["name"] for one in outcome.get("files", ())],
            "marked": [name for name, _ in marked],
        },
        clock=book.clock_words(now),
    )


def _item(filed: Mapping[str, Any]) -> dict[str, Any]:
    """One obligation's part, in words."""
    if not filed["number"]:
        result = "chưa ghi vào sổ"
    elif filed["repeated"]:
        result = f"nội dung này đã nộp trước đó (lần {filed['number']})"
    else:
        mend = "" if filed["complete"] else ", có chỗ phải sửa"
        result = f"lần {filed['number']}{mend}"
    shown = _lines(filed["findings"])
    more = max(filed["count"] - len(shown), 0)
    return {"title": filed["title"], "result": result, "findings": shown, "more": more}


def _lines(findings: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    told = [one for one in findings if one["severity"] != "note"]
    return [{"place": one["place"], "message": one["message"]} for one in told[:MOST_LINES]]
