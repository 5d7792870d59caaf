"""Where mails that hand something in are dealt with: within the settings' bounds, answered by the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from email.utils import parseaddr

from sqlalchemy import Engine
from sqlmodel import Session

from intake.files.gate import Limits
from intake.files.store import Store
from intake.inbox.reading import MailDesk
from intake.mail import imap
from intake.mail.message import Mail
from intake.submit import File
from notifications.mail_answers import queue_answer
from notifications.plan_context import Messaging
from plan.models import IncomingMail
from plan.settings import Settings


def mail_desk(
    engine: Engine, settings: Settings, desk: Messaging, store: Store, now: datetime
) -> MailDesk:
    """The desk as of `now` (UTC). Raises `SettingsError` for a mailbox address that is none."""

    def answer(session: Session, mail: IncomingMail, marked: Sequence[File]) -> None:
        thread = Mail(store.get(mail.sha256)).answers if mail.sha256 else ()
        queue_answer(session, desk, mail, marked, thread, now)

    return MailDesk(
        engine,
        store,
        now,
        authserv_id=settings.inbox_authserv_id.strip(),
        own=own_addresses(settings),
        limits=Limits.from_settings(settings),
        answer=answer,
    )


def own_addresses(settings: Settings) -> frozenset[str]:
    """What this installation sends from, and the box itself: a mail from there is its own echo."""
    given = [settings.mail_from, settings.mail_reply_to]
    box = settings.inbox_url.get_secret_value()
    given += [imap.parse_imap_url(box, "DONDOC_INBOX_URL").user] if box else []
    return frozenset(parseaddr(one)[1].lower() for one in given if "@" in one)
