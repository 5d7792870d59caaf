"""The inbox: what came by mail or lies in the watched folder is claimed, then filed, then answered.

A mail is fetched, kept and claimed before anything is done with it; the place in the mailbox moves on only
then. Filing and the answer's place in the outbox are one transaction. Killed at any instant, the next round
goes on where this one was.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Engine

from dashboard.mail_desk import mail_desk
from flows.jobs import edoc_replies, inbox_folder
from intake.files.store import Store, StoreAwayError
from intake.inbox.claims import claim_mail, unhandled
from intake.inbox.filing import handle
from intake.mail import imap
from notifications.plan_context import Messaging
from plan.calendar import local_day
from plan.database import reading, writing
from plan.errors import DondocError, SettingsError
from plan.models import Mailbox
from plan.settings import Settings

log = logging.getLogger(__name__)

MOST_FETCHED = 200
"""Mails fetched in a round, and dealt with: the next round is minutes away, and reminders must leave too."""
MOST_HANDLED = 60
MEGABYTE = 1024 * 1024


@dataclass
class InboxResult:
    """What a round came to."""

    claimed: int = 0
    states: dict[str, int] = field(default_factory=dict)
    """How many mails went into which state."""
    faults: list[str] = field(default_factory=list)
    """Why a mailbox or folder could not be read: Vietnamese, without addresses."""


def set_up(settings: Settings) -> bool:
    """Whether there is anything to read."""
    by_mail, by_folder = settings.inbox_url.get_secret_value(), settings.inbox_dir
    return bool(by_mail or by_folder or settings.edoc_organ_id)


def read_inbox(
    engine: Engine, settings: Settings, desk: Messaging, store: Store, now: Callable[[], datetime]
) -> InboxResult:
    """One round. `now` gives the plan's clock (UTC). A mailbox that cannot be read is told, not raised:
    what was claimed before is dealt with all the same."""
    done = InboxResult()
    for read in (_fetch_mails, inbox_folder.take_packages):
        try:
            done.claimed += read(engine, settings, store, now())
        except (DondocError, OSError) as error:
            words = str(error) if isinstance(error, DondocError) else _machine(error)
            log.warning("inbox: %s", words)
            done.faults.append(words)
    for number in unhandled(engine, MOST_HANDLED):
        try:
            state = handle(mail_desk(engine, settings, desk, store, now()), number)
        except StoreAwayError as error:  # for every other mail as well
            log.warning("inbox: %s", error)
            done.faults.append(str(error))
            break
        except Exception:  # holds up neither the other mails nor what waits to leave
            log.exception("inbox: mail %d", number)
            done.faults.append(_MAIL.format(number=number))
            continue
        if state:
            done.states[state] = done.states.get(state, 0) + 1
    try:
        edoc_replies.reply(engine, settings, store, now())
    except DondocError as error:
        done.faults.append(str(error))
    except OSError:
        done.faults.append(_OUT)
    return done


_MAIL = "Thư số {number} chưa xử lý được vì một lỗi, ghi trong nhật ký chạy; lượt sau làm lại."
_OUT = "Không ghi được thư mục gói edXML gửi đi; xem DONDOC_EDOC_OUT_DIR và quyền của tài khoản đang chạy."


def _machine(error: Exception) -> str:
    """The folder that is read and the store that is written may both refuse: the error says which did."""
    where = getattr(error, "filename", None) or "thư mục nhận tệp hoặc nơi lưu tệp"
    why = getattr(error, "strerror", None) or type(error).__name__
    return (
        f"Không đọc, ghi được {where} ({why}); xem đĩa, DONDOC_INBOX_DIR, DONDOC_STORE_URL và quyền của tài "
        "khoản đang chạy."
    )


# --- the mailbox -----------------------------------------------------------------------------------


def inbox_of(settings: Settings) -> imap.ImapBox | None:
    """The mailbox that mails hand in to; None: none is set up. Raises `SettingsError`."""
    url = settings.inbox_url.get_secret_value()
    if not url:
        return None
    oauth = None
    if settings.inbox_oauth_token_url:
        oauth = imap.OAuth(
            settings.inbox_oauth_token_url,
            settings.inbox_oauth_client_id,
            settings.inbox_oauth_client_secret.get_secret_value(),
            settings.inbox_oauth_refresh_token.get_secret_value(),
            settings.inbox_oauth_scope,
        )
    box = imap.parse_imap_url(url, "DONDOC_INBOX_URL", oauth)
    if not box.tls and box.host not in ("127.0.0.1", "localhost", "::1"):
        raise SettingsError("DONDOC_INBOX_URL: ngoài máy này phải dùng imaps://.")
    return box


def _fetch_mails(engine: Engine, settings: Settings, store: Store, now: datetime) -> int:
    """Claim what came since; how many were new. The place moves on after each claim."""
    box = inbox_of(settings)
    if box is None:
        return 0
    claimed = 0
    with imap.opened(box, settings.mail_timeout, readonly=True) as server:
        validity = imap.uid_validity(server)
        place = _place(engine, box, validity)
        if place.last_uid:
            uids = imap.uids_after(server, place.last_uid)
        else:
            since = local_day(now) - timedelta(days=settings.inbox_days)
            uids = imap.uids_since(server, since)
        for uid in uids[:MOST_FETCHED]:
            for raw, size, at in _mails(server, uid, settings.inbox_max_mb * MEGABYTE):
                # On a virtual clock the server's moment means nothing.
                received = now if settings.clock or at is None else at
                number = claim_mail(
                    engine, store, raw, source="mailbox", received_at=received, now=now, size=size
                )
                claimed += number is not None
            _move_on(engine, box, validity, uid, now)
    return claimed


def _mails(
    server: imap.Server, uid: int, most: int
) -> Iterator[tuple[bytes, int, datetime | None]]:
    """The mail, its size where only its head was fetched, and when the box had it; none: it is gone."""
    found = imap.envelope(server, uid)
    if found is None:
        return
    large = found.size > most
    raw = imap.fetched(server, uid, "HEADER" if large else "")
    if raw:
        yield raw, found.size if large else 0, found.at


def _place(engine: Engine, box: imap.ImapBox, validity: int) -> Mailbox:
    """How far the box was read; from the start where it was made anew."""
    with reading(engine) as session:
        row = session.get(Mailbox, box.name)
    if row is None or row.uid_validity != validity:
        return Mailbox(box=box.name, uid_validity=validity)
    return row


def _move_on(engine: Engine, box: imap.ImapBox, validity: int, uid: int, now: datetime) -> None:
    with writing(engine) as session:
        row = session.get(Mailbox, box.name) or Mailbox(box=box.name)
        if row.uid_validity != validity:
            row.uid_validity, row.last_uid = validity, 0
        row.last_uid, row.read_at = max(row.last_uid, uid), now
        session.add(row)
