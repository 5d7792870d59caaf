"""The board picture by e-mail to the office's people, as the coordinator's schedule has it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session, col, select

from notifications.account_notices import account_draft
from notifications.channels.base import Attachment
from notifications.outbox import enqueue
from notifications.outbox.drafts import MessageDraft, row_of
from notifications.plan_context import Messaging, PlanContext, load_plan_context
from plan.calendar import local_day
from plan.models import BoardMailing, Message, UserAccount
from plan.text import moment_words

EVENT = "board"


def key_of(plan_id: str, user_id: int, now: datetime) -> str:
    """One picture a person and day, whoever sends."""
    return f"board:{plan_id}:{local_day(now)}:user:{user_id}"


def waiting(
    session: Session, row: BoardMailing, people: Sequence[UserAccount], now: datetime
) -> list[UserAccount]:
    """Of the schedule's recipients, those among `people` who have not got today's picture."""
    keys = {key_of(row.plan_id, number, now): number for number in row.recipients}
    had = session.exec(select(Message.dedupe_key).where(col(Message.dedupe_key).in_(keys)))
    left = set(row.recipients) - {keys[key] for key in had}
    return [one for one in people if one.id in left]


def queue(
    session: Session,
    desk: Messaging,
    plan_id: str,
    people: Sequence[UserAccount],
    summary: str,
    files: Sequence[Attachment],
    now: datetime,
) -> list[int]:
    """Into the outbox, to leave at once: the hour was chosen. `summary`: the plan's state in a sentence, with
    nothing confidential in it. Gives message ids."""
    book = load_plan_context(session, plan_id, now, desk)
    values = [row_of(book, _draft(book, one, summary, files, now), now, now) for one in people]
    return sorted(enqueue.add_messages(session, values).values())


def _draft(
    book: PlanContext,
    user: UserAccount,
    summary: str,
    files: Sequence[Attachment],
    now: datetime,
) -> MessageDraft:
    facts = {"summary": summary, "at": moment_words(now)}
    key = key_of(book.plan_id, user.id or 0, now)
    return account_draft(book, user, user.email, EVENT, "/buc-tranh", facts, key, now, files)
