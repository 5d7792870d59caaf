"""A package of the document axis is filed as a mail is: through the folder, and by HTTP with a key."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from documents.edxml import Attached, Letter, Organ, Reference, Status, read
from documents.edxml_writing import write
from flows.jobs import inbox
from flows.jobs.inbox import InboxResult, read_inbox
from intake.files.store import Store
from intake.mail.edoc import as_mail, edoc_of, mail_of
from intake.mail.message import Mail
from plan.database import reading, writing
from plan.models import IncomingMail, Plan, Submission
from plan.settings import Settings
from tests.browser.support import Dash, dashboard_at
from tests.conftest import at
from tests.support.api import API, key
from tests.support.reminders import make_messaging
from tests.support.workbook_samples import full

NOW = at("2020-04-20 09:00")
DESK = make_messaging()
LETTER = Letter(
    sender=Organ("H08.12", "Sở Tư pháp"),
    to=(Organ("H08.09"),),
    number="12",
    notation="BC-STP",
    promulgated_on=date(2020, 4, 17),
    subject="Biểu số liệu",
    attachments=(Attached("bieu.xlsx", full("stp")),),
)


@pytest.fixture
def axis(engine: Engine) -> Engine:
    """The plan, with the code of Sở Tư pháp on the axis."""
    known(engine)
    return engine


def known(engine: Engine) -> None:
    with writing(engine) as session:
        plan = session.exec(select(Plan)).one()
        said = json.loads(plan.definition)
        next(one for one in said["agencies"] if one["id"] == "stp")["organ_ids"] = ["H08.12"]
        plan.definition, plan.definition_hash = json.dumps(said), "with-codes"
        session.add(plan)


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(inbox.inbox_folder.take_packages, "__kwdefaults__", {"quiet": -1.0})
    (tmp_path / "nhan").mkdir()
    return Settings(
        home=tmp_path,
        inbox_dir=tmp_path / "nhan",
        edoc_out_dir=tmp_path / "gui",
        edoc_organ_id="H08.09",
    )


def left(engine: Engine, settings: Settings, *packages: bytes, now: datetime = NOW) -> InboxResult:
    """What lies in the folder, read in one round."""
    assert settings.inbox_dir is not None
    for number, data in enumerate(packages):
        (settings.inbox_dir / f"goi-{number}.edxml").write_bytes(data)
    return read_inbox(engine, settings, DESK, Store(str(settings.home / "store")), lambda: now)


def rows(engine: Engine, table: type[Any]) -> list[Any]:
    with reading(engine) as session:
        return list(session.exec(select(table).order_by(table.id)))


def said(settings: Settings) -> list[Status]:
    assert settings.edoc_out_dir is not None
    found = [read(one.read_bytes()) for one in sorted(settings.edoc_out_dir.iterdir())]
    return [one for one in found if isinstance(one, Status)]


def test_a_letter_is_filed_for_its_sender_with_its_number_and_day(
    axis: Engine, settings: Settings
) -> None:
    assert left(axis, settings, write(LETTER)).states == {"filed": 1}
    (submission,) = rows(axis, Submission)
    assert (submission.via, submission.reference) == ("edoc", "12/BC-STP của Sở Tư pháp")
    assert submission.issued_at == datetime(2020, 4, 16, 17, tzinfo=UTC)
    (status,) = said(settings)
    assert (status.code, status.sender.id) == ("03", "H08.09")
    assert status.about == Reference(organ="H08.12", document_id="H08.12,2020/04/17,12/BC-STP")


def test_the_same_package_again_is_one_and_is_answered_once(
    axis: Engine, settings: Settings
) -> None:
    left(axis, settings, write(LETTER))
    first = {one.name: one.stat().st_mtime_ns for one in (settings.home / "gui").iterdir()}
    assert left(axis, settings, write(LETTER), now=NOW + timedelta(minutes=5)).claimed == 0
    assert len(rows(axis, Submission)) == 1
    assert first == {one.name: one.stat().st_mtime_ns for one in (settings.home / "gui").iterdir()}


@pytest.mark.parametrize(
    ("data", "state", "why"),
    [
        (write(replace(LETTER, sender=Organ("H99.1"))), "to_person", "«H99.1»"),
        (write(replace(LETTER, business="1")), "to_person", "thu hồi"),
        (b"<edXML><MessageHeader>", "to_person", "hỏng"),
        (b'<!DOCTYPE x [<!ENTITY a "b">]><edXML>&a;</edXML>', "to_person", "thực thể"),
        (
            write(Status(Organ("H08.12"), Reference(document_id="H08,4/KH"), "06")),
            "ignored",
            "H08,4/KH: hoàn thành",
        ),
    ],
)
def test_what_cannot_be_filed_stands_for_a_person_or_on_record(
    axis: Engine, settings: Settings, data: bytes, state: str, why: str
) -> None:
    assert left(axis, settings, data).states == {state: 1}
    (row,) = rows(axis, IncomingMail)
    assert why in row.why
    assert rows(axis, Submission) == []


def test_nothing_of_a_strangers_mail_is_believed_to_be_a_package() -> None:
    """The lines that say so are read of what lay in the folder alone (`look_at`)."""
    made = Mail(as_mail(write(LETTER), "stp"))
    found = edoc_of(made)
    assert found is not None
    assert (found.organ, found.words) == ("H08.12", "12/BC-STP của Sở Tư pháp")
    assert as_mail(write(LETTER), "stp") == made.raw == mail_of(write(LETTER), "stp")
    assert edoc_of(Mail(b"From: a@b.vn\r\nSubject: x\r\n\r\n")) is None


# --- by HTTP ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(
        tmp_path_factory.mktemp("edoc"), datetime(2020, 2, 3, 3, tzinfo=UTC), edoc_organ_id="H08.09"
    )
    yield made
    made.engine.dispose()


def test_a_package_by_http_waits_for_the_next_round_and_comes_once(dash: Dash) -> None:
    office = key(dash, "coordinator")
    sent = {"package": ("goi.edxml", write(LETTER))}
    first = dash.browser().post(f"{API}/edoc", headers=office, files=sent)
    assert (first.status_code, first.json()["known"]) == (202, False)
    again = dash.browser().post(f"{API}/edoc", headers=office, files=sent)
    assert (again.status_code, again.json()["known"]) == (202, True)
    (row,) = rows(dash.engine, IncomingMail)
    assert (row.state, row.source) == ("fetched", "folder")


def test_by_http_only_the_office_and_only_packages(dash: Dash) -> None:
    sent = {"package": ("goi.edxml", write(LETTER))}
    assert dash.browser().post(f"{API}/edoc", files=sent).status_code == 401
    theirs = key(dash, "agency", "stp")
    assert dash.browser().post(f"{API}/edoc", headers=theirs, files=sent).status_code == 403
    office = key(dash, "coordinator")
    other = {"package": ("a.xml", b"<html/>")}
    assert dash.browser().post(f"{API}/edoc", headers=office, files=other).status_code in (
        400,
        409,
        422,
    )
