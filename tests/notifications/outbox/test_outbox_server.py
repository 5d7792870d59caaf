"""The outbox against a real mail server, whatever that does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from email import message_from_bytes
from pathlib import Path

import pytest
from sqlalchemy import Engine

from notifications.channels.registry import make_channel
from notifications.outbox.result import DeliveryResult
from notifications.plan_context import Messaging
from notifications.reminders.tick import tick
from notifications.round import deliver
from plan.settings import Settings
from tests.conftest import PLAN_ID, at
from tests.standins import HandClock, SmtpFaults, SmtpSink
from tests.support.delivering import DESK, FRIDAY
from tests.support.reminders import messages

Mailed = Callable[..., tuple[SmtpSink, DeliveryResult]]


# --- a real mail server --------------------------------------------------------------------------


@pytest.fixture
def mailed(tmp_path: Path, engine: Engine) -> Iterator[Mailed]:
    """Sends the packaged plan's reminders of 24/4/2020 to a sink with these faults."""
    opened: list[SmtpSink] = []

    def run(
        faults: SmtpFaults, clock: HandClock, desk: Messaging = DESK
    ) -> tuple[SmtpSink, DeliveryResult]:
        if not opened:
            opened.append(SmtpSink(tmp_path / "mails", faults=faults).__enter__())
            tick(engine, PLAN_ID, clock(), desk)
        settings = Settings(home=tmp_path, smtp_url=opened[0].url)
        result = deliver(engine, desk, lambda name: make_channel(name, settings, clock), clock)
        return opened[0], result

    yield run
    for sink in opened:
        sink.__exit__(None, None, None)


def references(sink: SmtpSink) -> Counter[str]:
    return Counter(str(message_from_bytes(mail.data)["Message-ID"]) for mail in sink.mails)


def test_every_mail_arrives_over_one_connection(
    mailed: Mailed,
) -> None:
    sink, result = mailed(SmtpFaults(), HandClock(at(FRIDAY)))
    assert len(result.sent) == len(sink.mails) == 17
    assert sink.connections == 1
    mail = message_from_bytes(sink.mails[0].data)
    assert {part.get_content_type() for part in mail.walk()} >= {
        "text/plain",
        "text/html",
        "text/calendar",
    }


@pytest.mark.parametrize(
    "faults",
    [
        SmtpFaults(drop_before={5}),
        SmtpFaults(drop_after={5}),
        SmtpFaults(mails_per_connection=4),
        SmtpFaults(mails_per_connection=4, hang_up=True),
        SmtpFaults(texts={"dau-moi@an-lao.binhdinh.example": "451 4.3.0 Later"}),
        SmtpFaults(recipients={"dau-moi@an-lao.binhdinh.example": "450 4.2.1 Busy"}),
        SmtpFaults(greeting="421 4.3.2 Closing"),
    ],
    ids=["cut-before", "cut-after", "421", "hung-up", "4xx-text", "4xx-rcpt", "421-greeting"],
)
def test_whatever_the_server_does_all_mail_arrives(
    mailed: Mailed, faults: SmtpFaults, engine: Engine
) -> None:
    clock = HandClock(at(FRIDAY))
    sink, _ = mailed(faults, clock)
    faults.texts, faults.recipients, faults.greeting = {}, {}, ""
    for _ in range(5):
        clock.advance(minutes=3)
        mailed(faults, clock)
    counts = references(sink)
    assert len(counts) == 17
    doubled = {reference for reference, count in counts.items() if count > 1}
    marked = {f"<{m.reference}@dondoc.example>" for m in messages(engine) if m.maybe_twice}
    assert doubled <= marked
    assert sum(counts.values()) <= 18
    assert {m.state for m in messages(engine)} == {"sent"}
