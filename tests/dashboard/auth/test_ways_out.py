"""A second factor lost or locked, calendars' addresses, and who hears of a change to an account."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlmodel import col, select

from dashboard.auth import credentials, recovery, users
from dashboard.auth.limits import CODE, RECOVERY
from plan.database import reading, writing
from plan.ledger.audit import verify
from plan.models import AuditEvent, Message
from tests.browser.support import BASE, SYSTEM, Browser, Dash, dashboard_at
from tests.dashboard.auth.signing_in import sign_in, with_password

PASSWORD = "một câu dễ nhớ"


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("ways"))
    yield made
    made.engine.dispose()


def mails(dash: Dash, address: str) -> list[str]:
    with reading(dash.engine) as session:
        rows = session.exec(
            select(Message)
            .where(Message.event == "account", Message.address == address)
            .order_by(col(Message.id))
        )
        return [row.content["subject"].rpartition(": ")[2] for row in rows]


def enrolled(dash: Dash, role: str) -> tuple[str, list[str]]:
    """An account with password and phone, and its recovery codes."""
    email = with_password(dash, role, PASSWORD)
    with writing(dash.engine) as session:
        user, phone = users.get_user(session, email), credentials.new_secret()
        users.keep_totp(session, user, phone, 0, dash.site.secret, dash.real())
        return email, recovery.make(session, user, dash.real())


# --- recovery codes --------------------------------------------------------------------------------


def test_a_locked_factor_has_a_way_out(dash: Dash) -> None:
    """Somebody who knows the password locks the phone's codes; the owner's recovery code still opens, once,
    leads to a new phone, and the owner hears of it."""
    email, codes = enrolled(dash, "admin")
    client = dash.browser("10.9.0.1")
    assert sign_in(client, dash, email, PASSWORD).status_code == 303
    tries = [dash.post(client, "/dang-nhap/ma", ma=f"{n:06}") for n in range(CODE.count + 1)]
    assert tries[-1].status_code == 429
    done = dash.post(client, "/dang-nhap/du-phong", ma=f" {codes[0].upper()} ")
    assert done.headers["location"] == "/dang-nhap/thiet-lap"
    assert client.get("/moc").headers["location"] == "/dang-nhap/thiet-lap"
    assert mails(dash, email) == ["Một mã dự phòng vừa được dùng để đăng nhập"]
    again = dash.browser("10.9.0.2")
    sign_in(again, dash, email, PASSWORD)
    assert again.get("/dang-nhap/du-phong").headers["location"] == "/"  # nothing to get past now
    with reading(dash.engine) as session:
        user = users.get_user(session, email)
        assert recovery.left(session, user) == recovery.COUNT - 1
        assert not recovery.use(session, user, codes[0], dash.real())
        assert not list(verify(session))


def test_guessing_at_recovery_codes_is_stopped(dash: Dash) -> None:
    email, codes = enrolled(dash, "coordinator")
    client = dash.browser("10.9.0.3")
    sign_in(client, dash, email, PASSWORD)
    tries = [
        dash.post(client, "/dang-nhap/du-phong", ma=f"aaaa-{n}") for n in range(RECOVERY.count)
    ]
    assert {one.status_code for one in tries} == {401}
    assert dash.post(client, "/dang-nhap/du-phong", ma=codes[0]).status_code == 429


def test_codes_are_made_by_who_knows_the_password_and_shown_once(dash: Dash) -> None:
    email, old = enrolled(dash, "coordinator")
    client = dash.client("coordinator")
    dash.post(client, "/tai-khoan/ma-du-phong", hien__tai="đoán")
    with reading(dash.engine) as session:
        assert recovery.left(session, users.get_user(session, email)) == recovery.COUNT
    page = dash.post(client, "/tai-khoan/ma-du-phong", hien__tai=PASSWORD).text
    shown = re.findall(r"<code>([a-z0-9-]+)</code>", page)
    assert len(set(shown)) == recovery.COUNT
    account = client.get("/tai-khoan").text
    assert f"Còn {recovery.COUNT} mã chưa dùng" in account
    assert shown[0] not in account
    with writing(dash.engine) as session:
        user = users.get_user(session, email)
        assert not recovery.use(session, user, old[1], dash.real())
        assert recovery.use(session, user, shown[0], dash.real())
        users.reset_totp(session, user, actor=SYSTEM, now=dash.real())  # by somebody else
        assert recovery.left(session, user) == 0


# --- who hears -------------------------------------------------------------------------------------


def test_the_owner_hears_of_a_changed_password_and_of_a_reset(dash: Dash) -> None:
    email = with_password(dash, "leader", PASSWORD)
    client = dash.client("leader")
    body = {"moi": "một câu khác hẳn", "lai": "một câu khác hẳn"}
    dash.post(client, "/tai-khoan/mat-khau", hien__tai="sai", **body)
    assert mails(dash, email) == []
    dash.post(client, "/tai-khoan/mat-khau", hien__tai=PASSWORD, **body)
    with reading(dash.engine) as session:
        number = users.get_user(session, email).id
    dash.post(
        dash.client("admin", name="Phạm Quản"), f"/quan-tri/nguoi-dung/{number}", viec="doi-may"
    )
    assert mails(dash, email) == ["Mật khẩu vừa được đổi", "Mã xác thực vừa được đặt lại"]
    with reading(dash.engine) as session:
        rows = session.exec(select(Message).where(Message.address == email)).all()
    assert all(row.content["headers"]["Auto-Submitted"] for row in rows)
    assert "Người làm: Phạm" in rows[-1].content["text"]


# --- calendars -------------------------------------------------------------------------------------


def feed(page: Browser, path: str) -> str:
    return re.findall(rf"{BASE}(/lich/[^<\"]+\.ics)", page.get(path).text)[0]


def opens(dash: Dash, address: str) -> bool:
    return dash.browser().get(address).status_code == 200


def test_calendars_are_revoked_one_by_one(dash: Dash) -> None:
    one, two = dash.client("coordinator"), dash.client("leader")
    clerk = dash.client("agency", "an-lao")
    office, leader = feed(one, "/lich"), feed(two, "/lich")
    own = feed(clerk, "/don-vi/an-lao/lich")
    assert len({office, leader, own}) == 3
    assert all(opens(dash, address) for address in (office, leader, own))
    assert dash.post(one, "/lich/doi-dia-chi").status_code == 303
    assert [opens(dash, address) for address in (office, leader, own)] == [False, True, True]
    fresh = feed(one, "/lich")
    assert opens(dash, fresh)
    listed = one.get("/quan-tri/duong-dan").text
    holder = re.findall(r'name="cua" value="(user:\d+)"', listed)
    assert len(holder) == 3
    with reading(dash.engine) as session:
        clerk_id = users.get_user(session, "agency-an-lao@example.vn").id
    dash.post(one, "/quan-tri/duong-dan/lich", lich="an-lao", cua=f"user:{clerk_id}")
    assert [opens(dash, address) for address in (fresh, leader, own)] == [True, True, False]
    with reading(dash.engine) as session:
        rows = session.exec(select(AuditEvent).where(AuditEvent.event == "calendar.revoked")).all()
    assert [row.subject for row in rows] == ["tat-ca", "an-lao"]


def test_an_address_ends_with_its_holders_account_and_opens_no_other_calendar(dash: Dash) -> None:
    clerk = dash.client("agency", "hoai-an")
    own = feed(clerk, "/don-vi/hoai-an/lich")
    assert not opens(dash, own.replace("/hoai-an/", "/an-lao/"))
    assert not opens(dash, own.replace(".0.", ".1."))
    assert not opens(dash, own.replace("user-", "user-9"))
    with writing(dash.engine) as session:
        user = users.get_user(session, "agency-hoai-an@example.vn")
        users.set_disabled(session, user, disabled=True, actor=SYSTEM, now=dash.real())
    assert not opens(dash, own)
