"""A mail at which the program ended again and again: one that ends its reader goes to a person, one at which
it was killed from outside is filed as any other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlmodel import col, select

from flows.jobs.inbox import InboxResult, read_inbox
from intake.files.store import Store, StoreAwayError
from intake.inbox import claims, filing, trial
from intake.inbox.claims import claim_mail
from intake.inbox.lookup import MailLook, Verdict
from plan.database import reading, writing
from plan.models import Contact, IncomingMail, Message
from plan.queries.lookup import find_agency
from plan.settings import Settings
from tests.conftest import PLAN_ID, at
from tests.mail_samples import AUTHSERV, mail
from tests.support.reminders import make_messaging
from tests.support.workbook_samples import full

NOW = at("2020-04-20 09:00")
DESK = make_messaging()
VPUB = "Văn thư VPUB <vanthu@vpub.example>"
PASSED = f"{AUTHSERV}; dmarc=pass header.from=vpub.example"
BEGUN_OFTEN = 20


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """No mailbox: what is claimed waits in the database."""
    return Settings(
        home=tmp_path, inbox_authserv_id=AUTHSERV, mail_from="SNV <noreply@snv.example>"
    )


@pytest.fixture
def waiting(engine: Engine, store: Store) -> Engine:
    """A mail with a workbook is claimed and not dealt with."""
    with writing(engine) as session:
        agency = find_agency(session, PLAN_ID, "vpub")
        session.add(Contact(agency_id=agency.id or 0, name="Văn thư", email="vanthu@vpub.example"))
    claim(engine, store, mail(("bieu.xlsx", full("vpub")), sender=VPUB, results=PASSED))
    return engine


def claim(engine: Engine, store: Store, raw: bytes) -> None:
    assert claim_mail(engine, store, raw, source="mailbox", received_at=NOW, now=NOW) is not None


def begun(engine: Engine, times: int) -> None:
    """It was begun so often, and the program ended each time."""
    with writing(engine) as session:
        for row in session.exec(select(IncomingMail)):
            row.attempts = times
            session.add(row)


def handled(engine: Engine, store: Store, settings: Settings) -> InboxResult:
    return read_inbox(engine, settings, DESK, store, lambda: NOW)


def rows(engine: Engine, table: type[Any]) -> list[Any]:
    with reading(engine) as session:
        return list(session.exec(select(table).order_by(table.id)))


def test_a_mail_at_which_the_program_was_killed_often_is_filed_all_the_same(
    waiting: Engine, store: Store, settings: Settings
) -> None:
    begun(waiting, BEGUN_OFTEN)
    assert handled(waiting, store, settings).states == {"filed": 1}


def test_a_mail_that_ends_its_reader_goes_to_a_person(
    waiting: Engine, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trial, "TARGET", "intake.pdf.reader:read_pdf")  # which a mail ends
    begun(waiting, claims.DOUBTED)
    assert handled(waiting, store, settings).states == {"to_person": 1}
    assert "không đọc nổi" in rows(waiting, IncomingMail)[0].why


def test_a_mail_begun_without_end_goes_to_a_person_whatever_the_cause(
    waiting: Engine, store: Store, settings: Settings
) -> None:
    begun(waiting, claims.MOST_ATTEMPTS)
    assert handled(waiting, store, settings).states == {"to_person": 1}
    assert "dừng giữa chừng" in rows(waiting, IncomingMail)[0].why


@pytest.mark.slow
def test_a_mail_nested_without_end_holds_up_no_other(
    waiting: Engine, store: Store, settings: Settings
) -> None:
    layers = "".join(
        f'Content-Type: multipart/mixed; boundary="b{n}"\r\n\r\n--b{n}\r\n' for n in range(3000)
    )
    head = f"From: {VPUB}\r\nAuthentication-Results: {PASSED}\r\nMIME-Version: 1.0\r\n"
    claim(waiting, store, f"{head}{layers}Content-Type: text/plain\r\n\r\nx\r\n".encode())
    done = handled(waiting, store, settings)
    assert (done.faults, done.states) == ([], {"filed": 1, "to_person": 1})
    nested = rows(waiting, IncomingMail)[-1]
    assert ["lồng quá nhiều lớp" in one["message"] for one in nested.outcome["findings"]] == [True]
    with reading(waiting) as session:
        answers = session.exec(select(Message).where(col(Message.event) == "mail-receipt")).all()
    assert len(answers) == 2


def a_reader_that_stumbles(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """At the mail that was claimed first."""
    judged = filing.judge

    def judge(look: MailLook, **more: bool) -> Verdict:
        if look.mail.subject == "hỏng":
            raise error
        return judged(look, **more)

    monkeypatch.setattr(filing, "judge", judge)


@pytest.fixture
def stumbling(engine: Engine, store: Store) -> Engine:
    """The oldest mail is one the reader stumbles at; a good one waits behind it."""
    with writing(engine) as session:
        agency = find_agency(session, PLAN_ID, "vpub")
        session.add(Contact(agency_id=agency.id or 0, name="Văn thư", email="vanthu@vpub.example"))
    for subject in ("hỏng", "biểu"):
        given = mail(
            ("bieu.xlsx", full("vpub")), sender=VPUB, results=PASSED, subject=subject, message_id=""
        )
        claim(engine, store, given)
    return engine


def test_a_mail_that_makes_an_error_holds_up_no_other_and_goes_to_a_person(
    stumbling: Engine, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_reader_that_stumbles(monkeypatch, RuntimeError("TypeError: …"))
    first = handled(stumbling, store, settings)
    assert (first.states, len(first.faults)) == ({"filed": 1}, 1)
    rounds = [handled(stumbling, store, settings).states for _ in range(claims.DOUBTED - 1)]
    assert rounds[-1] == {"to_person": 1}
    assert "không đọc nổi" in rows(stumbling, IncomingMail)[0].why


@pytest.mark.parametrize(
    "away", [StoreAwayError("…"), OSError("…"), OperationalError("…", None, Exception())]
)
def test_where_the_store_or_the_database_is_away_a_mail_waits(
    stumbling: Engine,
    store: Store,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    away: Exception,
) -> None:
    begun(stumbling, claims.MOST_ATTEMPTS - 1)
    with monkeypatch.context() as patched:
        a_reader_that_stumbles(patched, away)
        for _ in range(2 * claims.DOUBTED):
            assert handled(stumbling, store, settings).faults
    handled(stumbling, store, settings)
    assert [row.state for row in rows(stumbling, IncomingMail)] == ["filed", "filed"]


def test_a_store_that_is_away_is_asked_once_a_round(
    stumbling: Engine, store: Store, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each question may wait a minute for an answer, and reminders must leave too."""
    asked = []

    def get(sha256: str) -> bytes:
        asked.append(sha256)
        raise StoreAwayError("không trả lời")

    monkeypatch.setattr(store, "get", get)
    assert handled(stumbling, store, settings).faults == ["không trả lời"]
    assert len(asked) == 1


def test_a_mail_the_store_has_lost_is_not_called_unreadable(
    waiting: Engine, store: Store, settings: Settings, tmp_path: Path
) -> None:
    store.put(b"another")
    [kept] = rows(waiting, IncomingMail)
    (tmp_path / "store" / kept.sha256[:2] / kept.sha256).unlink()
    for _ in range(claims.DOUBTED):
        done = handled(waiting, store, settings)
    assert done.states == {"to_person": 1}
    assert "Nơi lưu tệp không còn" in rows(waiting, IncomingMail)[0].why
