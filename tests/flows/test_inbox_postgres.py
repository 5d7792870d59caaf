"""The queue of mails on each kind of database: claimed once by many, decided once, found in order."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session, select

from intake.files.store import Store
from intake.inbox.claims import FETCHED, FILED, TO_PERSON, begin, claim_mail, move, unhandled
from intake.inbox.filing import handle
from intake.inbox.reading import MailDesk
from plan.database import writing
from plan.models import Contact, IncomingMail, Submission
from plan.queries.lookup import find_agency
from tests.conftest import PLAN_ID, at
from tests.mail_samples import mail
from tests.support.workbook_samples import full

NOW = at("2020-04-20 09:00")
READERS = 6
HANDLERS = 3


def test_of_many_who_fetch_a_mail_one_claims_it(loaded: Engine, tmp_path: Path) -> None:
    store, raw = Store(str(tmp_path)), mail(("a.pdf", b"%PDF"))

    def claim(_: int) -> int | None:
        return claim_mail(loaded, store, raw, source="mailbox", received_at=NOW, now=NOW)

    with ThreadPoolExecutor(READERS) as readers:
        claims = list(readers.map(claim, range(READERS)))
    assert len([one for one in claims if one is not None]) == 1
    assert unhandled(loaded, 10) == [one for one in claims if one is not None]


def test_of_many_who_deal_with_a_mail_one_files_it(loaded: Engine, tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    with writing(loaded) as session:
        agency = find_agency(session, PLAN_ID, "stp")
        session.add(Contact(agency_id=agency.id or 0, name="X", email="vanthu@anlao.example"))
    number = claim_mail(
        loaded, store, mail(("b.xlsx", full("stp"))), source="mailbox", received_at=NOW, now=NOW
    )
    desk = MailDesk(loaded, store, NOW, authserv_id="mx.snv.example")
    with ThreadPoolExecutor(HANDLERS) as readers:
        states = list(readers.map(lambda _: handle(desk, number or 0), range(HANDLERS)))
    assert sorted(filter(None, states)) == [FILED]
    with Session(loaded) as session:
        assert len(session.exec(select(Submission)).all()) == 1
        assert session.exec(select(IncomingMail)).one().state == FILED


def test_a_decision_is_made_once(loaded: Engine, tmp_path: Path) -> None:
    number = claim_mail(
        loaded, Store(str(tmp_path)), mail(), source="mailbox", received_at=NOW, now=NOW
    )
    assert number is not None
    assert begin(loaded, number) is not None
    with writing(loaded) as session:
        assert move(session, number, (FETCHED,), TO_PERSON) is not None
    with writing(loaded) as session:
        assert move(session, number, (FETCHED,), TO_PERSON) is None
    assert begin(loaded, number) is None
    assert unhandled(loaded, 10) == []
