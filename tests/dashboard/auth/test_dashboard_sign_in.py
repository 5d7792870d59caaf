"""Getting in by guessing, by replaying, by a link that is not one's own; and what stops it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlmodel import col, select

from dashboard.auth import credentials, users
from dashboard.auth.limits import CODE, PRESENT
from dashboard.web.request import SESSION_COOKIE, VISITOR_COOKIE, local_path
from plan.database import reading, writing
from plan.models import LinkUse
from tests.browser.support import BASE, Browser, Dash, dashboard_at
from tests.dashboard.auth.signing_in import sign_in, with_password
from tests.support.phone import code_at


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("sign-in"))
    yield made
    made.engine.dispose()


# --- signing in --------------------------------------------------------------------------------


def test_unknown_and_wrong_get_the_same_answer(dash: Dash) -> None:
    email = with_password(dash, "leader", "một câu dễ nhớ")
    texts = set()
    for address in (email, "khong-co@example.vn"):
        client = dash.browser("10.0.1.1")
        answer = sign_in(client, dash, address, "sai mật khẩu rồi")
        assert answer.status_code == 401
        texts.add(re.sub(r'value="[0-9a-f]{64}"', "", answer.text))
    assert len(texts) == 1


def test_guessing_is_stopped_and_waiting_helps(dash: Dash) -> None:
    email = with_password(dash, "leader", "một câu dễ nhớ")
    client = dash.browser("10.0.1.2")
    answers = [sign_in(client, dash, email, f"đoán {i}").status_code for i in range(10)]
    assert answers == [401] * 8 + [429] * 2
    assert sign_in(client, dash, email, "một câu dễ nhớ").status_code == 429
    elsewhere = dash.browser("10.0.1.3")
    assert sign_in(elsewhere, dash, email, "một câu dễ nhớ").status_code == 303
    dash.real.forward(minutes=16)
    assert sign_in(client, dash, email, "một câu dễ nhớ").status_code == 303


def test_a_session_set_beforehand_is_not_the_one_signed_in(dash: Dash) -> None:
    """Session fixation: signing in always makes a new secret."""
    email = with_password(dash, "leader", "một câu dễ nhớ")
    client = dash.browser("10.0.1.4")
    client.cookies.set(SESSION_COOKIE, "do-ke-gian-dat", domain="dondoc.test")
    assert sign_in(client, dash, email, "một câu dễ nhớ").status_code == 303
    assert client.cookies[SESSION_COOKIE] != "do-ke-gian-dat"


def test_no_redirect_leads_away(dash: Dash) -> None:
    email = with_password(dash, "leader", "một câu dễ nhớ")
    client = dash.browser("10.0.1.5")
    client.get("/dang-nhap")
    csrf = dash.site.csrf_token(client.cookies[VISITOR_COOKIE])
    body = {"csrf": csrf, "email": email, "password": "một câu dễ nhớ"}
    answer = client.post("/dang-nhap", data=body | {"ve": "https://ke-gian.example/"})
    assert answer.headers["location"] == "/?dau=1"


@pytest.mark.parametrize(
    "target",
    [
        "https://x.example",
        "//x.example",
        "/\\x.example",
        "\\\\x",
        "javascript:x",
        "/a\r\nb",
        "",
        "x",
    ],
)
def test_local_path_knows_its_own(target: str) -> None:
    assert local_path(target, "/") == "/"
    assert local_path("/moc?trang=2") == "/moc?trang=2"


# --- personal links ----------------------------------------------------------------------------


def link(dash: Dash, agency: str = "vpub") -> str:
    url = dash.site.linker.personal_link(
        "04-kh-ubnd-2020", agency, dash.contact_of(agency), f"{agency}/appendix-3", dash.clock()
    )
    return url.removeprefix(BASE)


def test_a_scanner_that_follows_a_link_signs_nobody_in(dash: Dash) -> None:
    client = dash.browser("10.0.2.1")
    answer = client.get(link(dash))
    assert answer.status_code == 200
    assert SESSION_COOKIE not in client.cookies
    assert client.get("/don-vi/vpub").status_code == 303
    assert client.request("HEAD", link(dash)).status_code == 200


def test_the_button_signs_in_to_that_agency_only(dash: Dash) -> None:
    client = dash.browser("10.0.2.2")
    path = link(dash)
    client.get(path)
    csrf = dash.site.csrf_token(client.cookies[VISITOR_COOKIE])
    answer = client.post(path, data={"csrf": csrf})
    assert answer.headers["location"] == "/don-vi/vpub/appendix-3"
    assert client.get("/don-vi/vpub").status_code == 200
    assert client.get("/don-vi/stc").status_code == 404
    assert client.get("/nghia-vu").status_code == 403


def test_a_link_with_a_changed_agency_opens_nothing(dash: Dash) -> None:
    body, _, mac = link(dash).rpartition(".")
    other, _, _ = link(dash, "stc").rpartition(".")
    assert body != other
    assert dash.browser("10.0.2.3").get(f"{other}.{mac}").status_code == 410


def press(client: Browser, dash: Dash, path: str) -> Any:
    """Open a link's page and press its button."""
    client.get(path)
    csrf = dash.site.csrf_token(client.cookies[VISITOR_COOKIE])
    return client.post(path, data={"csrf": csrf})


def test_each_use_of_a_personal_link_is_kept_a_refused_one_too(dash: Dash) -> None:
    client, path = dash.browser("10.0.2.4"), link(dash, "skhcn")
    press(client, dash, path)
    office = dash.client("coordinator")
    assert dash.post(office, "/co-quan/skhcn/thu-hoi").status_code == 303
    assert client.get("/don-vi/skhcn").status_code == 303, "its session has ended"
    assert press(client, dash, path).status_code == 410
    with reading(dash.engine) as session:
        uses = session.exec(
            select(LinkUse.what).where(LinkUse.agency == "skhcn").order_by(col(LinkUse.id))
        ).all()
    assert uses == ["opened", "signed-in", "refused", "refused"]


def test_a_one_time_link_replayed_opens_nothing(dash: Dash) -> None:
    dash.client("leader")
    with writing(dash.engine) as session:
        user = users.get_user(session, "leader-@example.vn")
        url = users.make_one_time_link(session, user, BASE, dash.real())
    path = url.removeprefix(BASE)
    scanner = dash.browser("10.0.2.5")
    assert scanner.get(path).status_code == 200
    assert SESSION_COOKIE not in scanner.cookies, "a scanner's look uses nothing up"
    first, second = dash.browser("10.0.2.6"), dash.browser("10.0.2.7")
    assert press(first, dash, path).headers["location"] == "/tai-khoan"
    assert first.get("/moc").status_code == 200
    assert press(second, dash, path).status_code == 410
    assert second.get("/moc").status_code == 303


def test_a_code_looked_at_over_the_shoulder_is_no_good(dash: Dash) -> None:
    """Password and code both known to somebody else: the code was used already."""
    email = with_password(dash, "coordinator", "một câu dễ nhớ")
    phone = credentials.new_secret()
    with writing(dash.engine) as session:
        users.keep_totp(
            session, users.get_user(session, email), phone, 0, dash.site.secret, dash.real()
        )
    codes = []
    for address in ("10.0.3.1", "10.0.3.2"):
        client = dash.browser(address)
        assert sign_in(client, dash, email, "một câu dễ nhớ").status_code == 303
        assert client.get("/moc").headers["location"] == "/dang-nhap/ma"
        shown = code_at(phone, dash.real())
        before = client.cookies[SESSION_COOKIE]
        codes.append(dash.post(client, "/dang-nhap/ma", ma=shown).status_code)
        assert (client.cookies[SESSION_COOKIE] != before) is (codes[-1] == 303), "a new secret"
    assert codes == [303, 401]


def test_a_browser_left_open_gives_no_way_to_guess_the_password(dash: Dash) -> None:
    with_password(dash, "leader", "một câu dễ nhớ")
    client = dash.client("leader")
    body = {"moi": "một câu khác hẳn", "lai": "một câu khác hẳn"}
    for number in range(PRESENT.count):
        dash.post(client, "/tai-khoan/mat-khau", hien__tai=f"đoán {number}", **body)
    before = client.cookies[SESSION_COOKIE]
    dash.post(client, "/tai-khoan/mat-khau", hien__tai="một câu dễ nhớ", **body)
    assert client.cookies[SESSION_COOKIE] == before, "even the right one must wait now"
    dash.real.forward(minutes=16)
    other = dash.client("leader")
    dash.post(client, "/tai-khoan/mat-khau", hien__tai="một câu dễ nhớ", **body)
    assert client.cookies[SESSION_COOKIE] != before
    assert client.get("/tai-khoan").status_code == 200
    assert other.get("/tai-khoan").status_code == 303, "other browsers are signed out"


def test_guessing_at_codes_is_stopped(dash: Dash) -> None:
    email = with_password(dash, "admin", "một câu dễ nhớ")
    with writing(dash.engine) as session:
        user = users.get_user(session, email)
        users.keep_totp(session, user, credentials.new_secret(), 0, dash.site.secret, dash.real())
    client = dash.browser("10.0.3.3")
    sign_in(client, dash, email, "một câu dễ nhớ")
    codes = [
        dash.post(client, "/dang-nhap/ma", ma=f"{n:06}").status_code for n in range(CODE.count + 1)
    ]
    assert codes == [401] * CODE.count + [429]


@pytest.mark.parametrize("who", ["known", "unknown", "disabled", "without a password"])
def test_the_same_work_is_done_whoever_it_is(
    dash: Dash, monkeypatch: pytest.MonkeyPatch, who: str
) -> None:
    """The time an answer takes tells nobody whether an account exists."""
    from dashboard.auth import credentials

    email = with_password(dash, "leader", "một câu dễ nhớ")
    with writing(dash.engine) as session:
        user = users.get_user(session, email)
        user.disabled_at = dash.real() if who == "disabled" else None
        user.password_hash = "" if who == "without a password" else user.password_hash
    done, real = [], credentials.Argon2id

    class Counted:
        def __new__(cls, **_: Any) -> Any:
            raise AssertionError("hashing is no part of checking")

        @staticmethod
        def verify_phc_encoded(password: bytes, kept: str) -> None:
            done.append(kept.split("$")[1:4])
            real.verify_phc_encoded(password, kept)

    monkeypatch.setattr(credentials, "Argon2id", Counted)
    client = dash.browser(f"10.0.4.{len(who)}")
    given = "la@example.vn" if who == "unknown" else email
    assert sign_in(client, dash, given, "sai mật khẩu rồi").status_code == 401
    assert done == [["argon2id", "v=19", "m=19456,t=2,p=1"]]
    with writing(dash.engine) as session:
        users.get_user(session, email).disabled_at = None
