"""What is kept of a person: given to them whole, taken out when they ask, shortened when they have left.

Files that were handed in are no part of this: they are an agency's, and stay as they came in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Column
from sqlmodel import Session, SQLModel, col, delete, func, or_, select, update
from sqlmodel.sql.sqltypes import AutoString

from plan.errors import NotFoundError, RefusedError
from plan.ledger import audit, names
from plan.ledger.leaving import forget
from plan.ledger.names import BLANK
from plan.models import (
    Attempt,
    AuditEvent,
    BadAddress,
    CalendarKey,
    Contact,
    IncomingMail,
    LinkUse,
    Message,
    OneTimeLink,
    RecoveryCode,
    SavedView,
    TrailName,
    UserAccount,
    WebSession,
    ZaloFollower,
)
from plan.queries.reach import look_again
from plan.states import Actor, Role

SECRETS = {"password_hash", "totp_secret", "totp_step", "key_hash", "ciphertext", "mac"}
"""Columns that are nobody's to read."""
GONE = "(đã rút gọn)"
UNSENT = ("queued", "failed")
DONE = ("sent", "delivered", "refused", "cancelled")
AT_ONCE = 500


@dataclass
class Person:
    """Everything one person is known by."""

    users: list[UserAccount] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    accounts: set[str] = field(default_factory=set)
    """`user:3`, `contact:12`, those of places they have left too."""
    addresses: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    zalo: set[str] = field(default_factory=set)

    def ids(self, kind: str) -> list[int]:
        return [int(one.partition(":")[2]) for one in self.accounts if one.startswith(f"{kind}:")]


def find_person(session: Session, word: str) -> Person:
    """By `user:3`, `contact:12` or an address of mail. Raises NotFoundError; RefusedError where an address
    belongs to several, as an office's does."""
    kind, _, key = word.strip().partition(":")
    if kind in ("user", "contact") and key.isdecimal():
        return _person(session, {word.strip()}, set())
    address = word.strip().lower()
    known = {
        f"user:{one.id}": one.name
        for one in session.exec(select(UserAccount).where(UserAccount.email == address))
    }
    known |= {
        f"contact:{one.id}": one.name
        for one in session.exec(select(Contact).where(func.lower(Contact.email) == address))
    }
    if not known:
        known = {
            f"contact:{key}": name
            for key, name in session.exec(
                select(Message.contact_id, Message.recipient_name)
                .where(func.lower(Message.address) == address)
                .distinct()
            )
            if key
        }
    if not known:
        raise NotFoundError("người", word, [])
    if len({" ".join(name.split()).casefold() for name in known.values()}) > 1:
        listed = "; ".join(f"{account} {name}" for account, name in sorted(known.items()))
        raise RefusedError(f"Nhiều người dùng chung địa chỉ này, hãy ghi rõ một người: {listed}.")
    return _person(session, set(known), {address})


def _person(session: Session, accounts: set[str], addresses: set[str]) -> Person:
    found = Person(accounts=accounts, addresses=addresses)
    found.accounts |= {f"contact:{key}" for key in _other_seats(session, found)}
    found.users = _rows(session, UserAccount, col(UserAccount.id).in_(found.ids("user")))
    found.contacts = _rows(session, Contact, col(Contact.id).in_(found.ids("contact")))
    found.addresses |= {one.email for one in found.users}
    found.addresses |= {
        address for one in found.contacts for address in (one.email, one.phone) if address
    }
    found.zalo = {one.zalo_user_id for one in found.contacts if one.zalo_user_id}
    named = _rows(session, TrailName, col(TrailName.account).in_(accounts))
    found.names = {one.name for one in (*found.users, *found.contacts, *named)} - {BLANK}
    if not found.names and not _rows(session, Message, _sent_to(found)):
        raise NotFoundError("người", ", ".join(sorted(accounts)), [])
    return found


def _other_seats(session: Session, person: Person) -> list[int | None]:
    """The person's seats in other plans."""
    mine = select(Contact.directory_id).where(
        col(Contact.id).in_(person.ids("contact")), col(Contact.directory_id).is_not(None)
    )
    return list(session.exec(select(Contact.id).where(col(Contact.directory_id).in_(mine))))


def _rows(session: Session, model: Any, condition: Any) -> list[Any]:
    return list(session.exec(select(model).where(condition)).all())


def _sent_to(person: Person) -> Any:
    return or_(
        col(Message.contact_id).in_(person.ids("contact")),
        col(Message.address).in_(person.addresses | person.zalo),
        col(Message.recipient).in_([f"user:{key}" for key in person.ids("user")]),
    )


def _parts(person: Person) -> Iterator[tuple[str, Any, Any]]:
    """(what it is called, table, which rows): where a person stands."""
    users, contacts = person.ids("user"), person.ids("contact")
    yield "tài khoản", UserAccount, col(UserAccount.id).in_(users)
    yield "danh bạ", Contact, col(Contact.id).in_(contacts)
    yield (
        "phiên đăng nhập",
        WebSession,
        or_(col(WebSession.user_id).in_(users), col(WebSession.contact_id).in_(contacts)),
    )
    yield "đường dẫn đã mở", LinkUse, col(LinkUse.contact_id).in_(contacts)
    yield "địa chỉ lịch", CalendarKey, col(CalendarKey.holder).in_(person.accounts)
    yield "cách xem đã lưu", SavedView, col(SavedView.owner).in_(person.accounts)
    yield "tin đã gửi", Message, _sent_to(person)
    yield "địa chỉ bị ngừng", BadAddress, col(BadAddress.address).in_(person.addresses)
    yield "theo dõi Zalo", ZaloFollower, col(ZaloFollower.user_id).in_(person.zalo)
    yield "thư gửi đến", IncomingMail, func.lower(IncomingMail.sender).in_(person.addresses)
    yield "sổ nhật ký", AuditEvent, col(AuditEvent.account).in_(person.accounts)


def export(session: Session, person: Person) -> dict[str, list[dict[str, Any]]]:
    """Everything kept of the person, as JSON would say it, without secrets; and what was done in their
    name, wherever it stands."""
    said = {
        title: [
            row.model_dump(mode="json", exclude=SECRETS) for row in _rows(session, model, which)
        ]
        for title, model, which in _parts(person)
    }
    said["tên ghi ở bảng khác"] = [
        {"bảng": column.table.name, "cột": column.name, "số dòng": count}
        for column in _by_columns()
        if (count := _count(session, column, person.names))
    ]
    return {title: rows for title, rows in said.items() if rows}


def record_export(session: Session, person: Person, *, actor: Actor, now: datetime) -> None:
    """Into the trail: everything kept of this person was given out."""
    audit.record(
        session,
        plan_id="",
        actor=actor,
        event="person.exported",
        subject=min(person.accounts),
        now=now,
    )


def _by_columns() -> list[Column[Any]]:
    """Where it stands who did something: by their name."""
    columns = (one for table in SQLModel.metadata.sorted_tables for one in table.columns)
    return [one for one in columns if one.name.endswith("_by") and isinstance(one.type, AutoString)]


def _count(session: Session, column: Column[Any], found: set[str]) -> int:
    return int(session.execute(select(func.count()).where(column.in_(found))).scalar_one())


def erase(session: Session, person: Person, *, actor: Actor, now: datetime) -> Counter[str]:
    """Take the person out, in the transaction at hand; gives how many rows of what. Their numbers stay, so
    that what happened stays told; the trail's rows are not touched. A name that another person bears too
    stays where only the name stands. What was still to be sent to them is not.

    RefusedError for the last administrator.
    """
    _require_another_admin(session, person)
    done: Counter[str] = Counter()
    mine = _rows(session, TrailName, col(TrailName.account).in_(person.accounts))
    alone = person.names - names_of_others(session, person)
    mine += _rows(session, TrailName, col(TrailName.name).in_(alone) & (TrailName.account == ""))
    mine = [row for row in mine if row.name != BLANK]
    for column in _by_columns():
        changed = update(column.table).where(column.in_(alone)).values({column.name: BLANK})
        done["tên ở bảng khác"] += session.connection().execute(changed).rowcount
    names.erase(session, mine)
    done["tên trong sổ"] = len(mine)
    unsent = update(Message).where(_sent_to(person), col(Message.state).in_(UNSENT))
    session.exec(unsent.values(state="cancelled", code="erased", words=BLANK))
    done["tin đã gửi"] = _shorten_messages(session, _sent_to(person))
    look_again(session, {one.agency_id for one in person.contacts}, now)
    known = {one.directory_id for one in person.contacts if one.directory_id is not None}
    for title, model, which in _parts(person):
        if model in (WebSession, BadAddress, Contact, SavedView):
            done[title] = session.exec(delete(model).where(which)).rowcount
    forget(session, known)
    _blank(session, person, now)
    audit.record(
        session,
        plan_id="",
        actor=actor,
        event=names.ERASED,
        subject=min(person.accounts),
        now=now,
        after={"names": [row.id for row in mine], "accounts": sorted(person.accounts)},
    )
    return +done


def _require_another_admin(session: Session, person: Person) -> None:
    admins = _rows(
        session,
        UserAccount,
        (col(UserAccount.role) == Role.admin.value) & col(UserAccount.disabled_at).is_(None),
    )
    if admins and {one.id for one in admins} <= {one.id for one in person.users}:
        raise RefusedError("Đây là quản trị viên cuối cùng; hãy thêm một người khác trước.")


def names_of_others(session: Session, person: Person) -> set[str]:
    """Of the person's names, those that somebody else bears."""
    rows = (
        *_rows(session, UserAccount, col(UserAccount.name).in_(person.names)),
        *_rows(session, Contact, col(Contact.name).in_(person.names)),
    )
    named = _rows(session, TrailName, col(TrailName.name).in_(person.names))
    found = {one.name for one in named if one.account and one.account not in person.accounts}
    mine = {*map(id, person.users), *map(id, person.contacts)}
    return found | {one.name for one in rows if id(one) not in mine}


def _blank(session: Session, person: Person, now: datetime) -> None:
    for user in person.users:
        user.email, user.name = f"da-xoa-{user.id}@localhost.local", BLANK
        user.password_hash, user.totp_secret, user.subject = "", b"", ""
        user.disabled_at = user.disabled_at or now
        session.add(user)
    keys = person.ids("user")
    session.exec(delete(OneTimeLink).where(col(OneTimeLink.user_id).in_(keys)))
    session.exec(delete(RecoveryCode).where(col(RecoveryCode.user_id).in_(keys)))
    changes: tuple[tuple[Any, Any, dict[str, Any]], ...] = (
        (LinkUse, col(LinkUse.contact_id).in_(person.ids("contact")), {"device": ""}),
        (CalendarKey, col(CalendarKey.holder).in_(person.accounts), {"name": BLANK}),
        (ZaloFollower, col(ZaloFollower.user_id).in_(person.zalo), {"name": "", "phone": ""}),
        (
            IncomingMail,
            func.lower(IncomingMail.sender).in_(person.addresses),
            {"sender": "", "sender_name": BLANK},
        ),
    )
    for model, which, values in changes:
        session.exec(update(model).where(which).values(**values))


# --- those who have left ----------------------------------------------------------------------------


def shorten(session: Session, before: datetime) -> Counter[str]:
    """Of people who are in no address book any more, what is older than `before` (UTC): the words of messages
    and of attempts, devices, the sender of a mail; sessions that are over, anybody's. That something was
    sent, when and what became of it stays. A million messages are gone through by some hundred."""
    there = select(Contact.id)
    left = col(Message.contact_id).is_not(None) & col(Message.contact_id).not_in(there)
    done: Counter[str] = Counter()
    done["tin"] = _shorten_messages(session, left & (col(Message.created_at) < before))
    uses = update(LinkUse).where(
        col(LinkUse.at) < before,
        col(LinkUse.contact_id).is_not(None),
        col(LinkUse.contact_id).not_in(there),
        col(LinkUse.device) != "",
    )
    done["đường dẫn"] = session.exec(uses.values(device="")).rowcount
    mails = update(IncomingMail).where(
        col(IncomingMail.received_at) < before,
        col(IncomingMail.contact_id).is_not(None),
        col(IncomingMail.contact_id).not_in(there),
        col(IncomingMail.sender) != "",
    )
    done["thư đến"] = session.exec(mails.values(sender="", sender_name=GONE)).rowcount
    over = delete(WebSession).where(col(WebSession.expires_at) < before)
    done["phiên"] = session.exec(over).rowcount
    return +done


def _shorten_messages(session: Session, which: Any) -> int:
    """Messages that are done with keep their subject and lose the rest."""
    count = 0
    while ids := _some(session, which):
        rows: Sequence[Message] = _rows(session, Message, col(Message.id).in_(ids))
        for row in rows:
            row.recipient_name, row.address, row.content = GONE, "", _shortened(row.content)
            session.add(row)
        words = update(Attempt).where(col(Attempt.message_id).in_(ids)).values(words="")
        session.exec(words)
        session.flush()
        for row in rows:
            session.expunge(row)
        count += len(ids)
    return count


def _some(session: Session, which: Any) -> list[int]:
    fresh = select(Message.id).where(
        which, col(Message.state).in_(DONE), Message.recipient_name != GONE
    )
    return [key for key in session.exec(fresh.limit(AT_ONCE)) if key is not None]


def _shortened(content: dict[str, Any]) -> dict[str, Any]:
    """What other rooms look for stays a place; what was said to the person does not."""
    empty = {"text": GONE, "html": "", "short_text": GONE, "params": {}, "attachments": []}
    kept = {name: empty.get(name, value) for name, value in content.items()}
    return kept | ({"headers": {}} if "headers" in content else {})
