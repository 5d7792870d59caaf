"""Requests that mean harm: forged forms, foreign pages, big and slow bodies, tricks with paths."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape
from sqlmodel import col, select

from dashboard.access import totp, users
from dashboard.access.limits import CODE, PRESENT
from dashboard.exports import attachment
from dashboard.security import POLICY
from dashboard.visit import SESSION_COOKIE, VISITOR_COOKIE, local_path
from plan.database import reading, writing
from plan.models import LinkUse
from tests.browser.support import BASE, Browser, Dash, dashboard_at

FORM = "/don-vi/vpub/appendix-3/khong-phat-sinh"


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("hostile"), max_upload_bytes=200_000)
    yield made
    made.engine.dispose()


# --- headers -----------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/dang-nhap", "/", "/khong-co", "/static/style.css", "/health"])
def test_every_answer_carries_the_headers(dash: Dash, path: str) -> None:
    headers = dash.client("coordinator").get(path).headers
    assert headers["content-security-policy"] == POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"


def test_the_policy_allows_nothing_inline_nor_from_elsewhere() -> None:
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert POLICY.startswith("default-src 'none'")


@pytest.mark.parametrize(
    "path",
    ["/", "/lanh-dao", "/moc", "/co-quan", "/nghia-vu", "/nghia-vu/vpub/appendix-3", "/lich"],
)
def test_pages_hold_nothing_inline(dash: Dash, path: str) -> None:
    html = dash.client("coordinator").get(path).text
    assert not re.search(r"\sstyle=|\son\w+=|<style|javascript:", html)
    assert re.findall(r"<script(?![^>]*\ssrc=)", html) == []


def test_cookies_are_out_of_scripts_reach(dash: Dash) -> None:
    cookie = dash.browser().get("/dang-nhap").headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_over_https_cookies_are_bound_to_the_host(tmp_path: Path) -> None:
    dash = dashboard_at(tmp_path)
    dash.site.settings.base_url = "https://dondoc.test"
    cookie = dash.browser().get("/dang-nhap").headers["set-cookie"]
    assert cookie.startswith("__Host-")
    assert "Secure" in cookie
    dash.engine.dispose()


# --- forged forms ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("csrf", "headers"),
    [
        ("", {}),
        ("0" * 64, {}),
        ("own", {"sec-fetch-site": "cross-site"}),
        ("own", {"sec-fetch-site": "same-site"}),
        ("own", {"origin": "https://ke-gian.example"}),
        ("own", {"origin": "null"}),
    ],
)
def test_a_form_from_elsewhere_changes_nothing(
    dash: Dash, csrf: str, headers: dict[str, str]
) -> None:
    client = dash.client("agency", "vpub")
    token = dash.csrf(client) if csrf == "own" else csrf
    answer = client.post(FORM, data={"csrf": token, "ly-do": "x"}, headers=headers)
    assert answer.status_code == 403
    assert "Chưa thay đổi gì" in answer.text


def test_anothers_form_token_is_no_good(dash: Dash) -> None:
    mine, other = dash.client("agency", "vpub"), dash.client("agency", "stc")
    assert mine.post(FORM, data={"csrf": dash.csrf(other), "ly-do": "x"}).status_code == 403


def test_signing_in_needs_a_token_too(dash: Dash) -> None:
    """Else another page could sign a person in as somebody else."""
    assert (
        dash.browser().post("/dang-nhap", data={"email": "a", "password": "b"}).status_code == 403
    )


# --- signing in --------------------------------------------------------------------------------


def sign_in(client: Browser, dash: Dash, email: str, password: str) -> Any:
    client.get("/dang-nhap")
    csrf = dash.site.csrf_token(client.cookies[VISITOR_COOKIE])
    return client.post("/dang-nhap", data={"csrf": csrf, "email": email, "password": password})


def with_password(dash: Dash, role: str, password: str) -> str:
    dash.client(role)
    email = f"{role}-@example.vn"
    with writing(dash.engine) as session:
        users.set_password(session, users.get_user(session, email), password, dash.real())
    return email


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
    assert answer.headers["location"] == "/"


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
        "04-kh-ubnd-2020", agency, 5, f"{agency}/appendix-3", dash.clock()
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
    phone = totp.new_secret()
    with writing(dash.engine) as session:
        users.keep_totp(session, users.get_user(session, email), phone, 0, dash.site.secret)
    codes = []
    for address in ("10.0.3.1", "10.0.3.2"):
        client = dash.browser(address)
        assert sign_in(client, dash, email, "một câu dễ nhớ").status_code == 303
        assert client.get("/moc").headers["location"] == "/dang-nhap/ma"
        shown = totp.code_at(phone, dash.real())
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
        users.keep_totp(session, user, totp.new_secret(), 0, dash.site.secret)
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
    from dashboard.access import passwords

    email = with_password(dash, "leader", "một câu dễ nhớ")
    with writing(dash.engine) as session:
        user = users.get_user(session, email)
        user.disabled_at = dash.real() if who == "disabled" else None
        user.password_hash = "" if who == "without a password" else user.password_hash
    done, real = [], passwords.Argon2id

    class Counted:
        def __new__(cls, **_: Any) -> Any:
            raise AssertionError("hashing is no part of checking")

        @staticmethod
        def verify_phc_encoded(password: bytes, kept: str) -> None:
            done.append(kept.split("$")[1:4])
            real.verify_phc_encoded(password, kept)

    monkeypatch.setattr(passwords, "Argon2id", Counted)
    client = dash.browser(f"10.0.4.{len(who)}")
    given = "la@example.vn" if who == "unknown" else email
    assert sign_in(client, dash, given, "sai mật khẩu rồi").status_code == 401
    assert done == [["argon2id", "v=19", "m=19456,t=2,p=1"]]
    with writing(dash.engine) as session:
        users.get_user(session, email).disabled_at = None


# --- bodies and paths --------------------------------------------------------------------------


def test_too_large_a_body_is_refused_early(dash: Dash) -> None:
    client = dash.client("agency", "vpub")
    big = {"tep": ("a.xlsx", b"0" * 400_000)}
    answer = dash.post(client, "/don-vi/vpub/nop", files=big)
    assert answer.status_code == 413
    assert "quá lớn" in answer.text


def test_a_large_form_without_files_is_refused(dash: Dash) -> None:
    client = dash.client("agency", "vpub")
    assert dash.post(client, FORM, ly__do="x" * 300_000).status_code == 413


def test_files_where_none_are_taken_are_refused(dash: Dash) -> None:
    client = dash.client("agency", "vpub")
    answer = dash.post(client, FORM, ly__do="x", files={"tep": ("a.txt", b"x")})
    assert answer.status_code == 400


def test_a_wrong_type_of_file_is_told_not_stored_as_good(dash: Dash) -> None:
    client = dash.client("agency", "vpub")
    answer = dash.post(client, "/don-vi/vpub/nop", files={"tep": ("../../x.exe", b"MZ\x90\x00")})
    assert answer.status_code == 200
    assert "Chưa nhận được gì" in answer.text


def test_a_strangers_files_are_not_even_read(dash: Dash, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboard import serving

    async def read(*_: Any) -> Any:
        raise AssertionError("a stranger's body was read")

    monkeypatch.setattr(serving, "_form", read)
    files = {"tep": ("a.xlsx", b"0" * 1000)}
    for client in (dash.browser(), dash.client("leader")):
        assert client.post("/don-vi/vpub/nop", files=files).status_code in (303, 403)


@pytest.mark.parametrize(
    "path",
    [
        "/static/../app.py",
        "/static/..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static/style.py",
        "/tong-hop/provincial-appendices/1/tep/..%2f..%2fdondoc.db",
        "/tong-hop/..%2f..%2f/1/tep/secret.key",
        "/nghia-vu/vpub/appendix-3/lan/1/tep/..%2f1",
        "/nghia-vu/vpub/appendix-3/lan/-1/tep/1",
        "/nghia-vu/vpub/appendix-3/lan/1/tep/99999999999999999999",
        "/nghia-vu/vpub/khong-co",
        "/nhac-viec/1e9",
    ],
)
def test_tricks_with_paths_find_nothing(dash: Dash, path: str) -> None:
    assert dash.client("coordinator").get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "status"),
    [("/moc/%00", 404), ("/static/style.css%00.js", 404), ("/nghia-vu?tim=%00", 200)],
)
def test_a_nul_goes_no_further(dash: Dash, path: str, status: int) -> None:
    assert dash.client("coordinator").get(path).status_code == status


@pytest.mark.parametrize(
    ("name", "plain", "written"),
    [
        ("a.xlsx", "a.xlsx", ""),
        ("Báo cáo Đắk.docx", "Bao-cao-Dak.docx", "B%C3%A1o%20c%C3%A1o%20%C4%90%E1%BA%AFk.docx"),
        ("../../etc/passwd", "passwd", ""),
        ("..\\..\\x.exe", "x.exe", ""),
        ('a"; filename="b.html', "a---filename--b.html", "a%22%3B%20filename%3D%22b.html"),
        ("a\r\nSet-Cookie: x=y", "aSet-Cookie--x-y", "aSet-Cookie%3A%20x%3Dy"),
        ("a\u202egpj.exe", "agpj.exe", ""),
        ("", "tep-khong-ten", ""),
        ("報告.docx", "docx", "%E5%A0%B1%E5%91%8A.docx"),
    ],
)
def test_files_are_given_under_safe_names(name: str, plain: str, written: str) -> None:
    headers = attachment(b"x", name, "application/octet-stream").headers
    beside = f"; filename*=UTF-8''{written}" if written else ""
    assert headers["content-disposition"] == f'attachment; filename="{plain}"{beside}'
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"


def test_a_file_of_one_submission_is_not_given_under_another(dash: Dash) -> None:
    """IDOR by number: the path's obligation must be the file's own."""
    from plan.lookup import find_obligation
    from plan.models import Submission, SubmissionFile

    with reading(dash.engine) as session:
        theirs = find_obligation(session, "04-kh-ubnd-2020", "stp/appendix-2")
        row = session.exec(
            select(SubmissionFile).join(Submission).where(Submission.obligation_id == theirs.id)
        ).first()
        assert row is not None
    client = dash.client("agency", "vpub")
    assert client.get(f"/don-vi/vpub/appendix-3/lan/1/tep/{row.id}").status_code == 404


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "\"'><img src=x onerror=y>", "{{7*7}}"]
)
def test_what_people_type_is_shown_as_text(dash: Dash, text: str) -> None:
    client = dash.client("coordinator")
    html = client.get("/nghia-vu", params={"tim": text}).text
    assert "<script>alert" not in html
    assert "<img" not in html
    assert str(escape(text)) in html


def test_a_slow_sender_is_let_go(dash: Dash, monkeypatch: pytest.MonkeyPatch) -> None:
    from dashboard import serving

    monkeypatch.setattr(serving, "FORM_SECONDS", 0.2)
    client = dash.client("agency", "vpub")

    async def drip() -> Any:
        yield b"csrf="
        await asyncio.sleep(5)
        yield b"x"

    answer = client.post(
        FORM, content=drip(), headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 408


def test_an_unexpected_fault_tells_nothing_of_the_inside(
    dash: Dash, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dashboard.pages import overview

    def broken(*_: object) -> None:
        raise RuntimeError("mật khẩu cơ sở dữ liệu là 1234")

    monkeypatch.setattr(overview, "overview", broken)
    client = dash.client("coordinator")
    dash.clock.forward(minutes=7)  # past what is remembered
    answer = client.get("/")
    assert answer.status_code == 500
    assert answer.headers["content-security-policy"] == POLICY
    assert "1234" not in answer.text
    assert "Traceback" not in answer.text
    assert "chưa được ghi nhận" in answer.text
