"""What a person with an account is told of it by mail: whoever changed it, the owner hears."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlmodel import Session

from notifications.channels.base import Attachment
from notifications.messages.views import Context
from notifications.outbox import enqueue
from notifications.outbox.drafts import MessageDraft, row_of
from notifications.plan_context import Messaging, PlanContext, load_plan_context
from notifications.recipients import Person, Seat
from notifications.reminders.digests import person_view
from plan.models import UserAccount
from plan.text import moment_words

EVENT = "account"
NOBODYS = "@localhost.local"
"""The first administrator's made-up address: no mail can reach it."""
WHAT = {
    "password": "Mật khẩu vừa được đổi",
    "enrolled": "Điện thoại lấy mã xác thực vừa được gắn",
    "reset": "Mã xác thực vừa được đặt lại",
    "codes": "Bộ mã dự phòng mới vừa được tạo",
    "recovered": "Một mã dự phòng vừa được dùng để đăng nhập",
    "address": "Địa chỉ thư vừa được đổi",
}


def tell_owner(
    session: Session,
    desk: Messaging,
    plan_id: str,
    user: UserAccount,
    what: str,
    now: datetime,
    *,
    address: str = "",
    by: str = "",
) -> int | None:
    """Queue the mail, to leave at once; the message's number. `what`: a key of `WHAT`; `address`: where it
    goes if not to the account's own (the one it had before); `by`: somebody else who did it. None: no
    plan is loaded yet to write in the name of, or the address is nobody's."""
    to = address or user.email
    if not plan_id or to.endswith(NOBODYS):
        return None
    book = load_plan_context(session, plan_id, now, desk)
    facts = {"title": WHAT[what], "account": user.email, "at": moment_words(now), "by": by}
    key = f"account:{user.id}:{what}:{to}:{now.isoformat()}"
    draft = account_draft(book, user, to, EVENT, "/tai-khoan", facts, key, now)
    added = enqueue.add_messages(session, [row_of(book, draft, now, now)])
    return next(iter(added.values()), None)


def account_draft(
    book: PlanContext,
    user: UserAccount,
    to: str,
    event: str,
    path: str,
    facts: Mapping[str, Any],
    dedupe_key: str,
    now: datetime,
    files: Sequence[Attachment] = (),
) -> MessageDraft:
    """A mail to whoever holds an account, at the address `to`, in the name of the plan's office. `path`:
    the page its link leads to, below the base address. `now`: a UTC instant."""
    agency = book.coordinator_id
    seat = Seat(agency, None, user.name, "", is_head=False)
    person = Person(f"user:{user.id}", (seat,), {"email": to})
    return MessageDraft(
        person=person,
        agency_id=agency,
        channel="email",
        copy=False,
        context=Context(
            event=event,
            plan=book.plan_view,
            office=book.office_view,
            person=person_view(book, person, agency),
            url=f"{book.desk.linker.base_url}{path}",
            facts=dict(facts),
            clock=book.clock_words(now),
        ),
        rows=(),
        dedupe_key=dedupe_key,
        files=files,
    )
