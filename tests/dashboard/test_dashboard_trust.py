"""Links, sessions, accounts: what ends with a person's place, what works once, what stands in the trail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from dashboard.auth import limits, links, sessions, users
from dashboard.auth.credentials import hash_password
from dashboard.auth.sessions import Entry
from dashboard.auth.tokens import make_token, revoke_token
from notifications.messages.links import Linker, LinkError
from plan.calendar import local_day
from plan.contacts import change_contact, replace_contacts
from plan.database import reading, writing
from plan.definition.model import Contact as ContactPart
from plan.errors import RefusedError
from plan.models import Agency, AuditEvent, Contact, Extension, UserAccount, WebSession
from plan.states import Actor, Role
from tests.browser.support import BASE, SYSTEM, Dash, dashboard_at
from tests.conftest import PLAN_ID

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
OWN_PAGE = {"referer": f"{BASE}/", "sec-fetch-site": "same-origin"}
LINKER = Linker("http://x", "khóa")


def add(engine: Engine, role: str = "leader", mark: str = "") -> UserAccount:
    with writing(engine) as session:
        return users.add_user(
            session, email=f"{role}{mark}@x.example", name="Bình", role=role, actor=SYSTEM, now=NOW
        )


# --- one-time links, sessions --------------------------------------------------------------------


def test_a_one_time_link_lets_one_in_however_many_press_at_once(loaded: Engine) -> None:
    user = add(loaded)
    with writing(loaded) as session:
        row = session.get_one(UserAccount, user.id)
        token = users.make_one_time_link(session, row, "http://x", NOW).rpartition("/")[2]
    barrier = Barrier(12)

    def press(_: int) -> str | None:
        barrier.wait()
        with writing(loaded) as session:
            return users.use_one_time_link(session, token, "", NOW)

    with ThreadPoolExecutor(12) as pool:
        cookies = [cookie for cookie in pool.map(press, range(12)) if cookie]
    assert len(cookies) == 1
    with reading(loaded) as session:
        assert len(session.exec(select(WebSession)).all()) == 1


def test_an_account_that_is_opened_again_revives_no_session_and_no_link(loaded: Engine) -> None:
    user = add(loaded)
    with writing(loaded) as session:
        row = session.get_one(UserAccount, user.id)
        cookie = sessions.begin_for_user(session, row, Entry("password"), NOW, verified=True)
        token = users.make_one_time_link(session, row, "http://x", NOW).rpartition("/")[2]
    for disabled in (True, False):
        with writing(loaded) as session:
            row = session.get_one(UserAccount, user.id)
            users.set_disabled(session, row, disabled=disabled, actor=SYSTEM, now=NOW)
    with writing(loaded) as session:
        assert sessions.find_viewer(session, cookie, NOW, local_day(NOW)) is None
        assert users.use_one_time_link(session, token, "", NOW) is None


# --- personal links ------------------------------------------------------------------------------


@pytest.fixture
def hoa(loaded: Engine) -> Contact:
    with writing(loaded) as session:
        replace_contacts(session, agencies(session), [part("vpub", "Nguyễn Thị Hoa")], NOW)
        return session.exec(select(Contact).where(Contact.name == "Nguyễn Thị Hoa")).one()


def agencies(session: object) -> dict[str, int]:
    return {row.code: row.id for row in session.exec(select(Agency))}  # type: ignore[attr-defined]


def part(agency: str, name: str, email: str = "hop-thu@x.example") -> ContactPart:
    return ContactPart(agency=agency, name=name, email=email)


def token_of(contact: Contact, agency: str = "vpub") -> str:
    return LINKER.personal_link(PLAN_ID, agency, contact.id, "", NOW).rpartition("/")[2]


def test_a_link_ends_with_the_persons_place_and_so_does_the_session(
    loaded: Engine, hoa: Contact
) -> None:
    with writing(loaded) as session:
        opened = links.open_link(session, LINKER, token_of(hoa), NOW)
        cookie = links.sign_in(session, opened, "", NOW)
    with reading(loaded) as session:
        assert sessions.find_viewer(session, cookie, NOW, local_day(NOW)) is not None
    with writing(loaded) as session:
        replace_contacts(session, agencies(session), [part("vpub", "Lê Văn Nam")], NOW)
    with reading(loaded) as session:
        with pytest.raises(LinkError, match="không còn là người nhận"):
            links.open_link(session, LINKER, token_of(hoa), NOW)
        assert sessions.find_viewer(session, cookie, NOW, local_day(NOW)) is None


def test_a_list_imported_again_keeps_the_links_of_who_stays(loaded: Engine, hoa: Contact) -> None:
    with writing(loaded) as session:
        people = [part("vpub", "Lê Văn Nam"), part("vpub", "nguyễn thị  hoa", "moi@x.example")]
        assert replace_contacts(session, agencies(session), people, NOW) == 2
    with reading(loaded) as session:
        assert links.open_link(session, LINKER, token_of(hoa), NOW)
        assert session.get_one(Contact, hoa.id).email == "moi@x.example"


def test_a_link_proves_the_agency_too(loaded: Engine, hoa: Contact) -> None:
    with reading(loaded) as session, pytest.raises(LinkError):
        links.open_link(session, LINKER, token_of(hoa, "snv"), NOW)


def test_another_person_in_the_same_row_has_not_the_firsts_links(
    loaded: Engine, hoa: Contact
) -> None:
    with writing(loaded) as session:
        opened = links.open_link(session, LINKER, token_of(hoa), NOW)
        cookie = links.sign_in(session, opened, "", NOW)
        change_contact(
            session, PLAN_ID, hoa.id or 0, {"name": "Lê Văn Nam"}, actor=SYSTEM,
            now=NOW + timedelta(hours=1),
        )  # fmt: skip
    with reading(loaded) as session:
        with pytest.raises(LinkError):
            links.open_link(session, LINKER, token_of(hoa), NOW + timedelta(hours=2))
        assert sessions.find_viewer(session, cookie, NOW, local_day(NOW)) is None


# --- limits --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("trust"))
    yield made
    made.engine.dispose()


def test_one_account_is_guessed_at_no_faster_from_many_addresses(engine: Engine) -> None:
    limit = limits.SIGN_IN_ACCOUNT
    tries = [limits.take(engine, limit, "a@x.example", NOW) for _ in range(limit.count + 1)]
    assert tries == [True] * limit.count + [False]


# --- pages ---------------------------------------------------------------------------------------


def test_no_page_of_a_persons_stays_in_the_browser(dash: Dash) -> None:
    for role, path in (("admin", "/tai-khoan"), ("coordinator", "/nghia-vu"), ("leader", "/")):
        assert dash.client(role).get(path).headers["cache-control"] == "no-store", path


@pytest.mark.parametrize("path", ["/dang-nhap/", "/api/v1", "/nghia-vu/", "//evil.example/"])
def test_no_redirect_names_the_host_that_was_sent(dash: Dash, path: str) -> None:
    for client in (dash.browser(), dash.client("coordinator")):
        answer = client.get(path, headers={"host": "evil.example"})
        assert "evil.example" not in answer.headers.get("location", ""), answer.status_code


# --- the trail -----------------------------------------------------------------------------------


def trail(engine: Engine, event: str) -> list[AuditEvent]:
    with reading(engine) as session:
        found = session.exec(
            select(AuditEvent).where(AuditEvent.event == event).order_by(col(AuditEvent.id))
        )
        return list(found)


def test_coming_in_and_being_refused_stand_in_the_trail_by_account(loaded: Engine) -> None:
    user = add(loaded)
    with writing(loaded) as session:
        row = session.get_one(UserAccount, user.id)
        maker = Actor("Quản trị", Role.admin, origin="web", account="user:1")
        token = users.make_one_time_link(session, row, "http://x", NOW, maker).rpartition("/")[2]
        users.use_one_time_link(session, token, "", NOW)
        users.record_refused(session, row.email, "password", NOW)
        users.record_refused(session, "ai-do@khong-co.example", "password", NOW)
    [made] = trail(loaded, "link.made")
    [begun] = trail(loaded, "session.begun")
    refused = trail(loaded, "session.refused")
    assert made.account == "user:1"
    assert (begun.account, begun.after) == (f"user:{user.id}", {"via": "one-time"})
    assert [row.account for row in refused] == [f"user:{user.id}", ""]
    assert "khong-co" not in refused[1].subject


def test_what_is_done_and_taken_away_is_by_account_id(dash: Dash) -> None:
    client = dash.client("coordinator")
    assert client.get("/nghia-vu?dang=csv").status_code == 200
    taken = trail(dash.engine, "table.exported")[-1]
    assert taken.account.startswith("user:")
    assert taken.subject.endswith(".csv")
    for form in ("csv", "xlsx"):
        assert client.get(f"/bang-diem?dang={form}").status_code == 200
        assert trail(dash.engine, "table.exported")[-1].subject == f"Bảng điểm.{form}"


def test_tries_that_were_too_many_stand_in_the_trail_once_a_window(loaded: Engine) -> None:
    limit = limits.Limit("thử", 2, timedelta(minutes=15))
    for minutes in range(5):
        limits.take(loaded, limit, "1.2.3.4", NOW + timedelta(minutes=minutes), "user:7")
    [row] = trail(loaded, "limit.reached")
    assert (row.account, row.subject, row.after["tries"]) == ("user:7", "thử", 2)
    assert "1.2.3.4" not in str(row.after)
    for minutes in range(20, 24):
        limits.take(loaded, limit, "1.2.3.4", NOW + timedelta(minutes=minutes), "user:7")
    assert len(trail(loaded, "limit.reached")) == 2


def test_keys_that_let_nobody_in_stand_in_the_trail(dash: Dash) -> None:
    admin = Actor("Quản trị", Role.admin, origin="web", account="user:1")
    with writing(dash.engine) as session:
        row, text = make_token(session, name="HRM", role="leader", actor=admin, now=dash.real())
        revoke_token(session, row, actor=admin, now=dash.real())
    for key in (text, "dondoc_khong-co"):
        asked = dash.browser().get("/api/v1/agencies", headers={"authorization": f"Bearer {key}"})
        assert asked.status_code == 401
    assert trail(dash.engine, "token.made")[-1].after["token"] == row.id
    refused = trail(dash.engine, "token.refused")[-2:]
    assert [(one.account, one.after["why"]) for one in refused] == [
        (f"token:{row.id}", "revoked"), ("", "unknown"),
    ]  # fmt: skip
    assert text not in str(refused)


def test_personal_links_refused_stand_in_the_trail(dash: Dash) -> None:
    contact = dash.contact_of("hoai-an")
    link = dash.site.linker.personal_link(
        PLAN_ID, "hoai-an", contact, "", dash.clock() - timedelta(days=61)
    )
    for path, account in ((link.removeprefix(BASE), f"contact:{contact}"), ("/l/gia.mao", "")):
        assert dash.browser().get(path).status_code == 410
        assert trail(dash.engine, "link.refused")[-1].account == account


# --- passwords -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password",
    ["password1234", "123456789012", "qwertyuiop12", "matkhau123456", "iloveyou2020", "binhdinh2020",
     "TranVanBinh2020", "binh.tran@snv", "1234567890qwe"],
)  # fmt: skip
def test_passwords_that_are_known_or_easily_guessed_are_refused(password: str) -> None:
    with pytest.raises(RefusedError):
        hash_password(password, ("binh.tran@snv.example", "Trần Văn Bình"))


def test_a_sentence_is_taken() -> None:
    assert hash_password("bốn con vịt qua cầu gỗ", ("binh.tran@snv.example", "Trần Văn Bình"))


def test_pressing_an_old_link_after_an_import_is_the_same_person_or_nobody(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Through the pages: who asks for an extension bears the same name before and after; who is no more in
    the list opens nothing."""
    dash = dashboard_at(tmp_path_factory.mktemp("imported"))
    with reading(dash.engine) as session:
        row = session.get_one(Contact, dash.contact_of("hoai-an"))
        same = part("hoai-an", row.name, "moi@hoai-an.example")
    link = dash.site.linker.personal_link(
        PLAN_ID, "hoai-an", row.id or 0, "hoai-an/district-plan", dash.clock.now
    )
    for until in ("2020-07-20", "2020-07-21"):
        browser = dash.browser()
        path = link.removeprefix(BASE)
        token = re.search(r'name="csrf" value="([^"]+)"', browser.get(path).text)
        assert token is not None
        pressed = browser.post(path, data={"csrf": token[1]}, headers=OWN_PAGE)
        assert pressed.status_code == 303
        asked = dash.post(
            browser, "/don-vi/hoai-an/district-plan/xin-gia-han", den=until, ly__do="Chờ số liệu"
        )
        assert asked.status_code == 303, asked.text
        with writing(dash.engine) as session:
            replace_contacts(session, agencies(session), [same], dash.clock.now)
    with reading(dash.engine) as session:
        names = session.exec(select(Extension.asked_by).order_by(col(Extension.id).desc())).all()
    assert names[:2] == [row.name, row.name]
    with writing(dash.engine) as session:
        replace_contacts(session, agencies(session), [part("hoai-an", "Người khác")], NOW)
    refused = dash.browser().get(link.removeprefix(BASE))
    assert refused.status_code == 410
    assert "không còn là người nhận" in refused.text
    dash.engine.dispose()
