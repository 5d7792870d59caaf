"""What a person with an account is told of it by mail: whoever changed it, the owner hears."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from notifications.messages.views import Context
from notifications.outbox import enqueue
from notifications.outbox.drafts import Draft, row_of
from notifications.plan_context import Messaging, load_plan_context
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
    agency = book.coordinator_id
    seat = Seat(agency, None, user.name, "", is_head=False)
    person = Person(f"user:{user.id}", (seat,), {"email": to})
    facts = {"title": WHAT[what], "account": user.email, "at": moment_words(now), "by": by}
    draft = Draft(
        person=person,
        agency_id=agency,
        channel="email",
        copy=False,
        context=Context(
            event=EVENT,
            plan=book.plan_view,
            office=book.office_view,
            person=person_view(book, person, agency),
            url=f"{desk.linker.base_url}/tai-khoan",
            facts=facts,
            clock=book.clock_words(now),
        ),
        rows=(),
        dedupe_key=f"account:{user.id}:{what}:{to}:{now.isoformat()}",
    )
    added = enqueue.add_messages(session, [row_of(book, draft, now, now)])
    return next(iter(added.values()), None)
