"""A sender killed again and again: nothing is lost, nothing recorded as sent goes out again."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from email import message_from_bytes
from pathlib import Path

from sqlalchemy import Engine

from notifications.outbox.store import LEASE
from plan.database import open_engine
from tests.conftest import at
from tests.standins import SmtpFaults, SmtpSink
from tests.support.killing import ROOT, ask
from tests.support.reminders import messages

START = at("2020-05-08 08:00")


@contextmanager
def zygote(database: Path, smtp: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.support.kill_zygote", str(database), smtp]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, cwd=ROOT, text=True, **pipes) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process


def arrived(sink: SmtpSink) -> Counter[str]:
    """How often each message is in the sink, by its reference."""
    ids = [str(message_from_bytes(mail.data)["Message-ID"]) for mail in sink.mails]
    return Counter(one.strip("<>").partition("@")[0] for one in ids)


def play(
    template: Path,
    database: Path,
    dice: random.Random,
    kills: int,
    start: datetime = START,
    between: timedelta = LEASE + timedelta(seconds=1),
) -> int:
    """One outbox of 34 mails, its sender killed again and again and started after so long; gives how
    often it was killed."""
    shutil.copy(template, database)
    engine = open_engine(f"sqlite:///{database}")
    done = 0
    with SmtpSink(faults=SmtpFaults(slow=0.002)) as sink, zygote(database, sink.url) as process:
        now, recorded = start, Counter[str]()
        while True:
            seconds = dice.uniform(0.0, 0.25) if done < kills else 60.0
            answer = ask(process, f"{seconds} {now.isoformat()}")
            now += between
            counts = arrived(sink)
            for message in messages(engine):
                if message.state == "sent":
                    known = recorded.setdefault(message.reference, counts[message.reference])
                    assert counts[message.reference] == known, "recorded as sent, sent again"
            if answer == "done":
                break
            done += 1
        check(engine, arrived(sink))
        same_bytes(sink)
    engine.dispose()
    return done


def check(engine: Engine, counts: Counter[str]) -> None:
    rows = messages(engine)
    withdrawn = {row.reference for row in rows if row.state == "cancelled"}
    assert {row.state for row in rows} <= {"sent", "cancelled"}
    assert set(counts) - withdrawn == {row.reference for row in rows} - withdrawn
    marked = {row.reference for row in rows if row.maybe_twice}
    assert {reference for reference, count in counts.items() if count > 1} | withdrawn <= marked
    heard = Counter(row.recipient for row in rows if row.state == "sent")
    assert set(heard) == {row.recipient for row in rows}
    assert set(heard.values()) == {1}


def same_bytes(sink: SmtpSink) -> None:
    """Whatever came under one id is one mail, however often it came."""
    found: dict[str, set[bytes]] = {}
    for mail in sink.mails:
        found.setdefault(str(message_from_bytes(mail.data)["Message-ID"]), set()).add(mail.data)
    assert all(len(copies) == 1 for copies in found.values())
