"""Delivering the outbox: claim, look once more, send, record. At least once, and known if twice.

No database transaction is open while the network is spoken to. Each outcome is recorded right after
its attempt, so a process killed at any instant leaves in doubt at most the one message it was
sending; that one is sent again with the same Message-ID or tracking id, and marked so.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine
from sqlmodel import Session as Database

from notifications.channels.base import NIGHT_CODES, Channel, Receipt, SendError, Session
from notifications.outbox import enqueue, fallback, rerouting, retry, store
from notifications.outbox.drafts import OpenBooks, Revalidated
from notifications.outbox.outgoing import outgoing_of
from notifications.outbox.result import DeliveryResult
from notifications.outbox.retry import judged
from notifications.outbox.store import ClaimedMessage, Outcome
from notifications.plan_context import (
    Messaging,
    PlanContext,
    PlanContexts,
    plan_context_of,
    plan_contexts_of,
)
from plan.database import reading, writing
from plan.errors import DondocError

log = logging.getLogger(__name__)

BATCH = 100
"""Messages claimed at a time; when their sender is killed the whole batch is marked «maybe twice»."""
MOST_DOUBTS = 3
"""Answers lost in a row before the channel itself is taken for down, or a message goes another way."""
MOST_UNKNOWN = 2
"""Tries of a message that got an answer nobody knows, before the next channel takes it."""
RENEW_AFTER = timedelta(seconds=20)
DEFAULT_PACE: Mapping[str, float] = dict.fromkeys(
    ("zalo_oa", "zalo_uid", "zalo_zns", "zalo_bot"), 60.0
)
"""Messages a second. Zalo allows an app 4,000 a minute."""

Now = Callable[[], datetime]
OpenChannel = Callable[[str], Channel]
TakeTurn = Callable[[str], AbstractContextManager[bool]]
"""The turn on a channel, held while the block lasts. False: another sender has it, and sends as well."""
Revalidate = Callable[[Database, OpenBooks, Sequence[ClaimedMessage], datetime], Revalidated]
"""The last look at messages before they leave, given the plans they speak of."""
TellOfChannels = Callable[[datetime, Collection[str]], list[int]]
"""Tells of channels that are down (at once, of the urgent ones); gives message ids."""


@contextmanager
def always(_channel: str) -> Iterator[bool]:
    """Without other senders: each turn is ours."""
    yield True


def deliver(
    engine: Engine,
    desk: Messaging,
    open_channel: OpenChannel,
    now: Now,
    revalidate: Revalidate,
    tell_of_channels: TellOfChannels,
    *,
    plan_id: str = "",
    limit: int | None = None,
    pace: Mapping[str, float] | None = None,
    take_turn: TakeTurn = always,
) -> DeliveryResult:
    """Sends what is due, until nothing is left that may be sent now.

    `plan_id`: only this plan's. `limit`: at most so many attempts. `pace`: messages a second by channel,
    over the defaults. `take_turn`: entered around each channel's sending. Safe to run in several
    processes at once.
    """
    desk = desk if desk.opened is not None else desk.for_a_round()
    paces = {**DEFAULT_PACE, **(pace or {})}
    work = _Delivery(engine, desk, open_channel, now, revalidate, plan_id, limit, paces, take_turn)
    work.result.unknown = store.replay_stuck(engine, now())
    work.send_all()
    work.result.alarms = tell_of_channels(now(), work.urgent)
    if work.result.alarms:
        work.send_due()
    return work.result


@dataclass
class _Delivery:
    """One call of `deliver`."""

    engine: Engine
    desk: Messaging
    open_channel: OpenChannel
    now: Now
    revalidate: Revalidate
    plan_id: str
    limit: int | None
    pace: Mapping[str, float]
    take_turn: TakeTurn
    result: DeliveryResult = field(default_factory=DeliveryResult)
    was_down: set[str] = field(default_factory=set)
    last_sent: dict[str, float] = field(default_factory=dict)
    doubts: Counter[str] = field(default_factory=Counter)
    urgent: set[str] = field(default_factory=set)
    """Channels that only a person can bring back."""
    others: set[str] = field(default_factory=set)
    """Channels on which another sender is at work."""

    def send_all(self) -> None:
        """Channel by channel; then what waits on those that are down, by the next channel."""
        self.send_due()
        while moved := rerouting.reroute(
            self.engine, self.book, self.desk.hold, self.now(), self.plan_id
        ):
            self.result.fallbacks += moved
            self.send_due()

    def send_due(self) -> None:
        while names := self.due():
            for name in names:
                with self.take_turn(name) as ours:
                    if ours:
                        self.run(name)
                    else:
                        self.others.add(name)

    def room(self) -> int:
        return BATCH if self.limit is None else min(BATCH, self.limit - self.result.tried)

    def due(self) -> list[str]:
        """Channels with something to send that are not held back."""
        if self.room() <= 0:
            return []
        now = self.now()
        with reading(self.engine) as session:
            names = store.due_channels(session, now, self.plan_id)
            held = {name for name in names if retry.held(session, name, now)}
        self.result.held |= {name: self.result.held.get(name, "") for name in held}
        return [name for name in names if name not in self.result.held and name not in self.others]

    def book(self, plan_id: str) -> PlanContext:
        opened = self.desk.opened or {}
        if plan_id in opened:
            return opened[plan_id]
        with reading(self.engine) as session:
            return plan_context_of(session, plan_id, self.now(), self.desk)

    def opened(self, session: Database, plan_ids: Collection[str]) -> PlanContexts:
        """Each plan is opened once, with these or before."""
        return plan_contexts_of(session, plan_ids, self.now(), self.desk)

    def run(self, name: str) -> None:
        """Sends a channel's messages batch by batch, over one session."""
        try:
            channel = self.open_channel(name)
        except DondocError as error:
            self.hold(name, SendError("settings", str(error), permanent=False, channel_down=True))
            return
        with reading(self.engine) as session:
            self.was_down |= {name} if retry.known(session, name) else set()
        with channel.open() as line, store.recorder(self.engine) as recording:
            while self.room() > 0 and name not in self.result.held:
                claimed_at = self.now()
                batch = store.claim_messages(
                    self.engine, name, claimed_at, self.room(), self.plan_id
                )
                if not batch:
                    return
                _Batch(self, line, recording, batch, claimed_at).send()

    def weighed(self, name: str, error: SendError) -> SendError:
        """Answer after answer lost is the channel's fault: else each of ten thousand people might get
        a copy at every try."""
        if error.channel_down or not error.fate_unknown:
            return error
        self.doubts[name] += 1
        if self.doubts[name] < MOST_DOUBTS and name not in self.was_down:
            return error
        return SendError(
            error.code, error.words, permanent=False, channel_down=True, fate_unknown=True
        )

    def answered(self, name: str) -> None:
        """The channel took a message, or said no for the message's own sake: it works."""
        self.doubts[name] = 0
        if name in self.was_down:
            self.was_down.discard(name)
            with writing(self.engine) as db:
                retry.recovered(db, name)

    def hold(self, name: str, error: SendError) -> None:
        self.urgent |= {name} if error.needs_person else set()
        with writing(self.engine) as session:
            retry.hold(session, name, self.now(), error.code, error.words, error.retry_after)
        self.result.held[name] = error.words

    def wait(self, name: str) -> None:
        """Keeps the channel's pace."""
        rate = self.pace.get(name)
        if not rate:
            return
        pause = self.last_sent.get(name, 0.0) + 1 / rate - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        self.last_sent[name] = time.monotonic()


class _Batch:
    """Messages claimed together. What was not tried when it ends is given back."""

    def __init__(
        self,
        work: _Delivery,
        session: Session,
        recording: Connection,
        messages: list[ClaimedMessage],
        claimed_at: datetime,
    ) -> None:
        self.work, self.session, self.recording = work, session, recording
        self.messages = {message.id: message for message in messages}
        self.channel = messages[0].channel
        self.claimed_at = claimed_at

    def send(self) -> None:
        try:
            self.prepare()
            for message in list(self.messages.values()):
                if self.still_ours(message):
                    self.work.wait(self.channel)
                    if not self.try_one(message):
                        return
        finally:
            if self.messages:
                with writing(self.work.engine) as db:
                    store.give_back(db, list(self.messages), self.claimed_at)

    def prepare(self) -> None:
        """Sets aside what may not or need not be sent now; rewrites what has grown stale."""
        now = self.work.now()
        for plan_id in sorted({message.plan_id for message in self.messages.values()}):
            mine = [m for m in self.messages.values() if m.plan_id == plan_id]
            book = self.work.book(plan_id)
            early = [] if book.office.is_open(now) else [m for m in mine if not _slept(m)]
            if early:
                self.postpone([m.id for m in early], book.office.next_opening(now))
            self.freshen([m for m in mine if m not in early], now)

    def postpone(self, ids: list[int], until: datetime) -> None:
        with writing(self.work.engine) as db:
            store.give_back(db, ids, self.claimed_at, until)
        self.forget(ids)

    def freshen(self, messages: list[ClaimedMessage], now: datetime) -> None:
        with reading(self.work.engine) as db:
            fresh = self.work.revalidate(db, self.work.opened, messages, now)
        for key, written in fresh.rewritten.items():
            self.messages[key].content = written.content
        gone = fresh.nothing_owed + fresh.unknown + list(fresh.replaced)
        if not gone and not fresh.rewritten:
            return
        with writing(self.work.engine) as db:
            self.write(db, fresh, now)
        self.work.result.cancelled += fresh.nothing_owed + fresh.unknown
        self.work.result.replaced += fresh.replaced
        self.forget(gone)

    def write(self, db: Database, fresh: Revalidated, now: datetime) -> None:
        """Only what is still in our hands: the words of a message another sends by now stay its own."""
        ours = store.held(db, list(self.messages), self.claimed_at)
        self.forget([key for key in self.messages if key not in ours])
        for key, written in fresh.rewritten.items():
            if key in ours:
                enqueue.rewrite(db, key, written.content, self.messages[key].event)
        for key, written in fresh.replaced.items():
            if key in ours:
                fallback.replace(db, self.messages[key], written, self.claimed_at, now)
        lost = [key for key in fresh.unknown if key in ours]
        store.cancel(
            db, fresh.nothing_owed, self.claimed_at, "settled", "Không còn việc nào phải nhắc."
        )
        store.cancel(db, lost, self.claimed_at, "no-recipient", "Địa chỉ không còn dùng.")
        enqueue.unclaim(db, lost, now)

    def forget(self, ids: list[int]) -> None:
        for key in ids:
            self.messages.pop(key, None)

    def still_ours(self, message: ClaimedMessage) -> bool:
        """Renews an ageing claim, so that a slow server does not make this sender look dead."""
        now = self.work.now()
        if now - self.claimed_at > RENEW_AFTER:
            ours = store.renew(self.work.engine, list(self.messages), self.claimed_at, now)
            self.forget([key for key in self.messages if key not in ours])
            self.claimed_at = now
        return message.id in self.messages

    def try_one(self, message: ClaimedMessage) -> bool:
        """Sends one message and records what became of it. False: the channel is down."""
        try:
            now = self.work.now()
            desk = self.work.desk
            receipt = self.session.send(outgoing_of(message, now, desk.apprise_urls, desk.kept))
        except SendError as error:
            return self.not_sent(message, error)
        except Exception as error:  # a fault of ours must not keep the others' mail from leaving
            name = type(error).__name__
            log.error("message %s on %s: %s", message.id, self.channel, name)
            words = f"Lỗi chương trình ({name})."
            return self.not_sent(message, SendError("internal", words, permanent=False))
        self.sent(message, receipt)
        return True

    def sent(self, message: ClaimedMessage, receipt: Receipt) -> None:
        # Forgotten before it is recorded: should the database be away just now, it must not be given back
        # as unsent, but be found stuck, and marked as one that may come twice.
        self.forget([message.id])
        found = Outcome("sent", "accepted", "", receipt.words, receipt.provider_id)
        with self.recording.begin():
            store.record(self.recording, message, found, self.work.now())
        self.work.result.sent.append(message.id)
        self.work.answered(self.channel)

    def not_sent(self, message: ClaimedMessage, error: SendError) -> bool:
        error = self.work.weighed(self.channel, error)
        if error.channel_down:
            with writing(self.work.engine) as db:
                store.note_attempt(db, message, self.work.now(), error)
            self.work.hold(self.channel, error)
            if error.unknown and message.attempts + 1 >= MOST_UNKNOWN:
                self.send_elsewhere(message, Outcome("", "temporary", error.code, error.words))
            return False
        if not error.fate_unknown:
            self.work.answered(self.channel)
        book = self.work.book(message.plan_id)
        found = judged(error, message, self.work.now(), book.office.next_opening)
        if found.state == "failed":
            self.later(book, message, found)
        else:
            self.refused(book, message, error, found)
        self.forget([message.id])
        return True

    def later(self, book: PlanContext, message: ClaimedMessage, found: Outcome) -> None:
        """Another try, if it comes in time for what the message tells of and no answer to it was lost
        time after time; else the next channel."""
        assert found.next_attempt_at is not None
        with reading(self.work.engine) as db:
            by = rerouting.latest(db, book, message.id)
        doubts = found.outcome == "unknown" and message.attempts + 1 >= MOST_DOUBTS
        if (doubts or found.next_attempt_at >= by) and self.send_elsewhere(message, found):
            return
        self.work.result.failed.append(message.id)
        with self.recording.begin():
            store.record(self.recording, message, found, self.work.now())

    def send_elsewhere(self, message: ClaimedMessage, found: Outcome) -> bool:
        """Withdraws the message in favour of the next channel that works. False: there is none."""
        now, book = self.work.now(), self.work.book(message.plan_id)
        if message.content["copy"]:
            return False
        with writing(self.work.engine) as db:
            open_to = rerouting.working(db, book)
            number, channel = fallback.move(db, book, message, open_to, now)
            if number is None:
                return False
            words = f"{found.words} Chuyển sang kênh {channel}, tin số {number}."
            said = Outcome("cancelled", found.outcome, "moved", words)
            store.record(db.connection(), message, said, now)
        self.forget([message.id])
        self.work.result.fallbacks.append(number)
        return True

    def refused(
        self, book: PlanContext, message: ClaimedMessage, error: SendError, found: Outcome
    ) -> None:
        """The record, the dead address and the next channel: one transaction."""
        now = self.work.now()
        with writing(self.work.engine) as db:
            number, words = fallback.refuse(db, book, message, error, now, found.words)
            said = Outcome("refused", found.outcome, found.code, words)
            store.record(db.connection(), message, said, now)
        self.work.result.refused.append(message.id)
        self.work.result.fallbacks += [number] if number else []


def _slept(message: ClaimedMessage) -> bool:
    """Whether it left in office hours, was refused for the night, and is at its morning now."""
    return message.code in NIGHT_CODES
