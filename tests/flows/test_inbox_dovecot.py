"""The inbox against a real IMAP server: each reply is filed once, whatever becomes of the mailbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine
from sqlmodel import select

from flows.jobs.inbox import InboxResult, read_inbox
from flows.jobs.inbox_watch import faults
from intake.files.store import Store
from plan.database import reading, writing
from plan.models import Contact, Submission
from plan.queries.lookup import find_agency
from plan.settings import Settings
from tests.conftest import PLAN_ID, at
from tests.mail_samples import AUTHSERV, mail
from tests.standins.dovecot import PROGRAM, Dovecot, running
from tests.support.reminders import make_messaging
from tests.support.workbook_samples import full

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="needs Dovecot (dovecot-imapd)"),
]
NOW = at("2020-04-20 09:00")
DESK = make_messaging()
FROM = "Văn thư VPUB <vanthu@vpub.example>"
PASS = f"{AUTHSERV}; dmarc=pass header.from=vpub.example"


@pytest.fixture
def server() -> Iterator[Dovecot]:
    with running() as made:
        yield made


@pytest.fixture
def people(engine: Engine) -> Engine:
    with writing(engine) as session:
        agency = find_agency(session, PLAN_ID, "vpub")
        session.add(Contact(agency_id=agency.id or 0, name="Văn thư", email="vanthu@vpub.example"))
    return engine


def settings(tmp_path: Path, server: Dovecot) -> Settings:
    return Settings(home=tmp_path, inbox_authserv_id=AUTHSERV, inbox_url=SecretStr(server.url))


def read(engine: Engine, given: Settings, minutes: int = 0) -> InboxResult:
    now = NOW + timedelta(minutes=minutes)
    return read_inbox(engine, given, DESK, Store(str(given.home / "store")), lambda: now)


def filed(engine: Engine) -> list[Submission]:
    with reading(engine) as session:
        return list(session.exec(select(Submission)))


def reply(data: bytes, number: int) -> bytes:
    return mail(
        ("bieu.xlsx", data), sender=FROM, results=PASS, message_id=f"<{number}@vpub.example>"
    )


def test_each_reply_is_filed_once_and_the_box_is_left_as_it_was(
    people: Engine, tmp_path: Path, server: Dovecot
) -> None:
    given = settings(tmp_path, server)
    assert faults(given) == {"Hộp thư nhận bài": []}
    came = NOW - timedelta(hours=2)
    server.put(reply(full("vpub"), 1), came.timestamp())
    before = server.flags()
    assert read(people, given).states == {"filed": 1}
    assert {(one.via, one.received_at) for one in filed(people)} == {("email", came)}
    assert server.flags() == before
    assert read(people, given, 5).claimed == 0
    server.put(reply(full("vpub"), 2), NOW.timestamp())
    assert read(people, given, 10).claimed == 1


def test_a_box_made_anew_brings_nothing_twice(
    people: Engine, tmp_path: Path, server: Dovecot
) -> None:
    given = settings(tmp_path, server)
    given = given.model_copy(update={"inbox_url": SecretStr(server.url.replace("INBOX", "Nop"))})
    with server.signed_in() as box:
        box.create("Nop")
    raw = reply(full("vpub"), 1)
    server.put(raw, NOW.timestamp(), "Nop")
    assert read(people, given).states == {"filed": 1}
    once = len(filed(people))
    with server.signed_in() as box:
        box.delete("Nop")
        box.create("Nop")
    server.put(raw, NOW.timestamp(), "Nop")
    assert read(people, given, 5).claimed == 0
    assert len(filed(people)) == once
