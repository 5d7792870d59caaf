"""What is kept of a person: given out whole, taken out whole, shortened once they have left."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import Session, SQLModel, col, func, select

from dashboard.auth import users
from plan import people
from plan.database import reading, writing
from plan.errors import NotFoundError, RefusedError
from plan.ledger import audit
from plan.ledger.names import BLANK
from plan.ledger.trail_check import differences
from plan.models import (
    Agency,
    Attempt,
    AuditEvent,
    Contact,
    IncomingMail,
    LinkUse,
    Message,
    Submission,
    UserAccount,
)
from plan.people import GONE, erase, export, find_person, shorten
from tests.browser.support import SYSTEM, Dash, dashboard_at
from tests.conftest import PLAN_ID

NAME, EMAIL, PHONE = "Đặng Thị Riêng Tư", "rieng-tu@example.vn", "0905 777 999"


@pytest.fixture
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("person"))
    yield made
    made.engine.dispose()


def clerk_of(session: Session, agency: str) -> Contact:
    """Somebody of that agency whom messages were sent to, under a name of their own from now on."""
    row = session.exec(
        select(Contact)
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(Agency.code == agency, Contact.email != "")
    ).first()
    assert row is not None
    for message in session.exec(select(Message).where(Message.contact_id == row.id)):
        message.recipient_name, message.address = NAME, EMAIL
        content = json.dumps(message.content, ensure_ascii=False)
        message.content = json.loads(content.replace(row.name, NAME).replace(row.email, EMAIL))
        session.add(message)
    row.name, row.email, row.phone = NAME, EMAIL, PHONE
    session.add(row)
    return row


def dump(folder: Path) -> str:
    with sqlite3.connect(folder / "dondoc.db") as raw:
        return "\n".join(raw.iterdump())


def test_a_person_is_given_all_and_then_taken_out_of_everything(dash: Dash) -> None:
    with writing(dash.engine) as session:
        contact = f"contact:{clerk_of(session, 'hoai-an').id}"
    client = dash.client("agency", "hoai-an", name=NAME)
    with writing(dash.engine) as session:
        users.set_email(
            session,
            users.get_user(session, "agency-hoai-an@example.vn"),
            EMAIL,
            actor=SYSTEM,
            now=dash.clock(),
        )
    answer = dash.post(client, "/don-vi/hoai-an/district-plan/khong-phat-sinh", ly__do="Không có.")
    assert answer.status_code == 303
    with reading(dash.engine) as session:
        person = find_person(session, EMAIL.upper())
        assert len(person.accounts) == 2
        assert contact in person.accounts
        found = export(session, person)
    assert {"tài khoản", "danh bạ", "tin đã gửi", "phiên đăng nhập", "sổ nhật ký"} <= set(found)
    assert "password_hash" not in str(found)
    assert PHONE in json.dumps(found, ensure_ascii=False)
    assert {"bảng": "submission", "cột": "submitted_by", "số dòng": 1} in found[
        "tên ghi ở bảng khác"
    ]
    before = dump(dash.home)
    assert all(word in before for word in (NAME, EMAIL, PHONE))
    with writing(dash.engine) as session:
        erase(session, find_person(session, EMAIL), actor=SYSTEM, now=dash.clock())
    after = dump(dash.home)
    assert [word for word in (NAME, EMAIL, PHONE) if word in after] == []
    with reading(dash.engine) as session:
        assert list(audit.verify(session)) == []
        assert list(differences(session)) == []
        done = session.exec(
            select(AuditEvent.actor).where(AuditEvent.event == "obligation.submitted")
        )
        assert BLANK in set(done)
        assert session.exec(select(func.count()).where(Submission.submitted_by == BLANK)).one()
        with pytest.raises(NotFoundError):
            find_person(session, EMAIL)
    assert client.get("/moc").status_code == 303, "signed out"
    office = dash.client("coordinator")
    for path in (
        "/nhat-ky",
        "/nhac-viec",
        "/nghia-vu/hoai-an/district-plan",
    ):
        assert office.get(path).status_code == 200, path
    assert BLANK in dash.client("admin").get("/quan-tri/nguoi-dung").text


def test_a_shared_mailbox_and_a_shared_name_take_nobody_elses(dash: Dash) -> None:
    with writing(dash.engine) as session:
        first, second = clerk_of(session, "an-lao"), clerk_of(session, "van-canh")
        second.name = "Người khác"
        keys = [first.id, second.id]
    with reading(dash.engine) as session, pytest.raises(RefusedError, match="contact:"):
        find_person(session, EMAIL)
    with writing(dash.engine) as session:
        session.get_one(Contact, keys[1]).name = NAME  # of the same name, and not the same person
        session.flush()
        person = find_person(session, f"contact:{keys[0]}")
        assert people.names_of_others(session, person) == {NAME}
        erase(session, person, actor=SYSTEM, now=dash.clock())
    with reading(dash.engine) as session:
        assert session.get(Contact, keys[0]) is None
        assert session.get_one(Contact, keys[1]).name == NAME


def test_the_last_administrator_stays(dash: Dash) -> None:
    dash.client("admin")
    with writing(dash.engine) as session:
        for row in session.exec(select(UserAccount).where(UserAccount.role == "admin")):
            row.disabled_at = None if row.email == "admin-@example.vn" else dash.real()
        person = find_person(session, "admin-@example.vn")
        with pytest.raises(RefusedError, match="cuối cùng"):
            erase(session, person, actor=SYSTEM, now=dash.clock())


def kept_beside(contact_id: int, at: datetime, device: str) -> list[SQLModel]:
    """What is kept of a person beside messages: a link's use, what a server said, a mail that came."""
    return [
        LinkUse(
            link_id="x", plan_id=PLAN_ID, agency="phu-cat", contact_id=contact_id, at=at,
            what="opened", device=device,
        ),
        IncomingMail(
            fingerprint="f", source="mailbox", sender=EMAIL, sender_name=NAME, received_at=at,
            recorded_at=at, contact_id=contact_id,
        ),
    ]  # fmt: skip


def test_words_to_who_has_left_are_shortened_after_a_time(dash: Dash) -> None:
    with writing(dash.engine) as session:
        row = clerk_of(session, "phu-cat")
        key = row.id
        newest = session.exec(
            select(func.max(Message.created_at)).where(Message.contact_id == key)
        ).one()
        stays = session.exec(
            select(func.count()).where(Message.contact_id != key, Message.recipient_name != GONE)
        ).one()
        old = newest - timedelta(hours=1)
        session.add_all(kept_beside(key or 0, old, "máy của " + NAME))
        for attempt in session.exec(select(Attempt).join(Message).where(Message.contact_id == key)):
            attempt.words = f"550 {NAME}: no such user"
        session.flush()
        assert shorten(session, newest + timedelta(days=1)) == Counter()  # still there
        session.delete(row)
        session.flush()
        assert shorten(session, newest - timedelta(days=900)).get("tin") is None  # not long ago
        done = shorten(session, newest + timedelta(days=1))
        assert done["tin"] >= 1
        assert (done["đường dẫn"], done["thư đến"]) == (1, 1)
        [use] = session.exec(select(LinkUse).where(LinkUse.contact_id == key)).all()
        assert (use.device, use.what) == ("", "opened"), "that it was opened stays"
        [mail] = session.exec(select(IncomingMail).where(IncomingMail.contact_id == key)).all()
        assert (mail.sender, mail.sender_name) == ("", GONE)
        told = session.exec(
            select(Attempt.words).join(Message).where(Message.contact_id == key)
        ).all()
        assert set(told) == {""}
        mine = session.exec(select(Message).where(Message.contact_id == key)).all()
        assert {one.address for one in mine if one.recipient_name == GONE} == {""}
        assert (
            session.exec(
                select(func.count()).where(
                    Message.contact_id != key, Message.recipient_name != GONE
                )
            ).one()
            == stays
        )
        number = next(one.id for one in mine if one.recipient_name == GONE)
    assert NAME not in dump(dash.home)
    page = dash.client("coordinator").get(f"/nhac-viec/{number}")
    assert page.status_code == 200
    assert GONE in page.text


def test_an_administrator_gives_out_and_takes_out_on_the_page(dash: Dash) -> None:
    dash.client("agency", "hoai-an")
    admin = dash.client("admin")
    old, new = "agency-hoai-an@example.vn", "moi@example.vn"
    dash.post(admin, "/quan-tri/doi-dia-chi-thu", cu=old, moi=new)
    with reading(dash.engine) as session:
        heard = session.exec(select(Message.address).where(Message.event == "account")).all()
    assert sorted(heard) == sorted([old, new])
    path = "/quan-tri/du-lieu-ca-nhan"
    given = dash.post(admin, path, ai=new, viec="xuat")
    assert given.json()["tài khoản"][0]["email"] == new
    dash.post(admin, path, ai=new, viec="xoa")
    with reading(dash.engine) as session:
        assert users.find_user(session, new), "not without being sure"
    dash.post(admin, path, ai=new, viec="xoa", chac="1")
    with reading(dash.engine) as session:
        assert users.find_user(session, new) is None
        events = set(session.exec(select(AuditEvent.event)))
        assert {"user.address", "person.exported", "person.erased"} <= events
    assert dash.post(dash.client("coordinator"), path, ai="x@y.vn", viec="xuat").status_code == 403
