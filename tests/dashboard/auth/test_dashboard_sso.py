"""Coming in through the province's sign-in, against a real provider on loopback."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from sqlmodel import Session, col, select

from dashboard.auth import oidc, users
from dashboard.auth.oidc import Provider
from dashboard.web.request import SESSION_COOKIE
from plan.database import reading, writing
from plan.errors import SettingsError
from plan.ledger.audit import verify
from plan.models import AuditEvent, UserAccount, WebSession
from plan.settings import Settings
from tests.browser.support import BASE, SYSTEM, Browser, Dash, Hand, dashboard_at
from tests.standins.oidc import CLIENT_ID, CLIENT_SECRET, OidcProvider, oidc_provider

EMAIL = "binh.tv@snv.example.vn"
PERSON = {"sub": "248289761001", "email": EMAIL, "email_verified": True, "name": "Trần Văn Bình"}
START, BACK = "/dang-nhap/sso", "/dang-nhap/sso/ve"


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Dash, OidcProvider]]:
    with oidc_provider(BASE + BACK, Hand(datetime(2026, 11, 23, tzinfo=UTC))) as provider:
        dash = dashboard_at(
            tmp_path_factory.mktemp("sso"),
            oidc_issuer=provider.issuer,
            oidc_client_id=CLIENT_ID,
            oidc_client_secret=CLIENT_SECRET,
        )
        provider.clock = dash.real
        yield dash, provider
        dash.engine.dispose()


@pytest.fixture
def dash(told: tuple[Dash, OidcProvider]) -> Dash:
    """The account there and untied; limits and caches past."""
    dash = told[0]
    dash.real.forward(hours=2)
    with writing(dash.engine) as session:
        user = users.find_user(session, EMAIL) or _add(session, dash, EMAIL, "leader")
        user.subject, user.disabled_at, user.role = "", None, "leader"
        session.add(user)
    return dash


@pytest.fixture
def provider(told: tuple[Dash, OidcProvider]) -> OidcProvider:
    provider = told[1]
    provider.person, provider.claims, provider.described = dict(PERSON), {}, {}
    provider.header, provider.in_userinfo = {}, False
    return provider


def _add(session: Session, dash: Dash, email: str, role: str) -> UserAccount:
    return users.add_user(
        session, email=email, name="Trần Văn Bình", role=role, actor=SYSTEM, now=dash.real()
    )


def authorised(browser: Browser, back: str = "") -> str:
    """Begun here, agreed to there: the path the provider sends the browser back to."""
    begun = browser.get(START + (f"?ve={back}" if back else ""))
    assert begun.status_code == 303
    there = httpx.get(begun.headers["location"], trust_env=False)
    assert there.status_code == 302, there.text
    parts = urlsplit(there.headers["location"])
    assert f"{parts.scheme}://{parts.netloc}" == BASE
    return f"{parts.path}?{parts.query}"


def signed_in(browser: Browser) -> bool:
    return SESSION_COOKIE in browser.cookies


def test_the_button_stands_only_where_there_is_a_provider(dash: Dash, tmp_path: Any) -> None:
    assert START in dash.browser().get("/dang-nhap").text
    without = dashboard_at(tmp_path)
    assert START not in without.browser().get("/dang-nhap").text
    assert without.browser().get(START).status_code == 404
    assert without.browser().get(BACK).status_code == 404
    without.engine.dispose()


def test_a_known_address_comes_in_with_the_role_of_our_table(
    dash: Dash, provider: OidcProvider
) -> None:
    provider.person |= {"role": "admin", "groups": ["admin"]}
    browser = dash.browser()
    answer = browser.get(authorised(browser, "/moc"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/moc")
    assert browser.get("/moc").status_code == 200
    assert browser.get("/quan-tri").status_code == 403
    with reading(dash.engine) as session:
        row = session.exec(
            select(WebSession).where(WebSession.via == "oidc").order_by(col(WebSession.started_at))
        ).all()[-1]
        user = users.get_user(session, EMAIL)
        assert (row.user_id, row.role) == (user.id, "leader")
        assert user.subject == f"{provider.issuer}|{PERSON['sub']}"
        newest = session.exec(select(AuditEvent.event).order_by(col(AuditEvent.id).desc())).all()
        assert newest[:3] == ["access.refused", "session.begun", "user.sso-tied"]
        assert list(verify(session)) == []


def test_what_is_asked_for_is_bound_to_this_sign_in(dash: Dash, provider: OidcProvider) -> None:
    first, second = dash.browser(), dash.browser()
    for browser in (first, second):
        authorised(browser)
    one, two = provider.asked[-2:]
    for name in ("state", "nonce", "code_challenge"):
        assert len(one[name]) >= 43
        assert one[name] != two[name]


def test_an_unknown_address_gets_no_account(dash: Dash, provider: OidcProvider) -> None:
    provider.person["email"] = "nguoi-la@example.vn"
    browser = dash.browser()
    answer = browser.get(authorised(browser))
    assert answer.status_code == 403
    assert "chưa được cấp quyền" in answer.text
    assert not signed_in(browser)
    with reading(dash.engine) as session:
        assert users.find_user(session, "nguoi-la@example.vn") is None


def test_a_disabled_user_gets_the_same_answer_as_an_unknown_one(
    dash: Dash, provider: OidcProvider
) -> None:
    with writing(dash.engine) as session:
        user = users.get_user(session, EMAIL)
        users.set_disabled(session, user, disabled=True, actor=SYSTEM, now=dash.real())
    browser = dash.browser()
    answer = browser.get(authorised(browser))
    assert answer.status_code == 403
    assert "chưa được cấp quyền" in answer.text


@pytest.mark.parametrize("verified", [False, None, "true"])
def test_an_address_the_provider_does_not_vouch_for_is_none(
    dash: Dash, provider: OidcProvider, verified: Any
) -> None:
    provider.person["email_verified"] = verified
    browser = dash.browser()
    assert browser.get(authorised(browser)).status_code == 403


def test_who_was_tied_is_known_without_the_address_and_nobody_else_by_it(
    dash: Dash, provider: OidcProvider
) -> None:
    browser = dash.browser()
    assert browser.get(authorised(browser)).status_code == 303
    provider.person["email"] = "ten-moi@snv.example.vn"
    assert browser.get(authorised(browser)).status_code == 303
    provider.person = PERSON | {"sub": "nguoi-khac"}
    stranger = dash.browser()
    assert stranger.get(authorised(stranger)).status_code == 403
    with writing(dash.engine) as session:
        user = users.get_user(session, EMAIL)
        oidc.untie(session, user, actor=SYSTEM, now=dash.real())
    assert stranger.get(authorised(stranger)).status_code == 303


def test_the_second_factor_is_ours_unless_the_provider_asked_for_one(
    dash: Dash, provider: OidcProvider
) -> None:
    with writing(dash.engine) as session:
        users.get_user(session, EMAIL).role = "coordinator"
    for amr, where in ((None, "/dang-nhap/thiet-lap"), (["pwd"], "/dang-nhap/thiet-lap")):
        provider.claims = {"amr": amr}
        browser = dash.browser()
        browser.get(authorised(browser))
        assert browser.get("/moc").headers["location"] == where
    provider.claims = {"amr": ["pwd", "mfa"]}
    browser = dash.browser()
    browser.get(authorised(browser))
    assert browser.get("/moc").status_code == 200


def test_the_address_may_be_told_apart_from_the_token(dash: Dash, provider: OidcProvider) -> None:
    provider.in_userinfo = True
    browser = dash.browser()
    assert browser.get(authorised(browser)).status_code == 303
    provider.claims = {"sub": "nguoi-khac"}  # the token is about one, userinfo about another
    browser = dash.browser()
    assert browser.get(authorised(browser)).status_code == 401


def test_keys_are_asked_for_again_when_they_were_rotated(
    dash: Dash, provider: OidcProvider
) -> None:
    for _ in range(2):
        browser = dash.browser()
        assert browser.get(authorised(browser)).status_code == 303
        provider.rotate()


# --- what must not be believed -----------------------------------------------------------------


@pytest.mark.parametrize(
    "changed",
    [
        {"nonce": "khác"},
        {"nonce": None},
        {"iss": "http://127.0.0.1:1"},
        {"iss": None},
        {"aud": "ứng dụng khác"},
        {"aud": ["ứng dụng khác"], "azp": CLIENT_ID},
        {"aud": [CLIENT_ID, "khác"], "azp": "khác"},
        {"sub": None},
        {"exp": 1},
        {"exp": None},
        {"iat": 4102444800},
        {"nbf": 4102444800},
        {"at_hash": "AAAA"},
    ],
    ids=str,
)
def test_a_token_not_for_this_sign_in_lets_nobody_in(
    dash: Dash, provider: OidcProvider, changed: dict[str, Any]
) -> None:
    provider.claims = changed
    browser = dash.browser()
    answer = browser.get(authorised(browser))
    assert answer.status_code == 401
    assert not signed_in(browser)


def resigned(provider: OidcProvider, sign: Callable[[str], str]) -> Callable[[str], str]:
    """What the provider would answer, its signature replaced: `sign` takes `header.claims`."""
    real = provider._id_token
    return lambda nonce: sign(real(nonce).rpartition(".")[0])


def by_another_key(provider: OidcProvider) -> Callable[[str], str]:
    """Under the same name."""
    real, own = provider._id_token, provider.key
    other = RSAKey.generate_key(2048, parameters={"kid": own.kid})
    header = {"alg": "RS256", "kid": own.kid}
    return lambda nonce: jwt.encode(header, jwt.decode(real(nonce), own).claims, other)


def by_the_public_key(provider: OidcProvider) -> Callable[[str], str]:
    """Taken for a shared secret."""
    header = _part({"alg": "HS256", "kid": provider.key.kid})
    secret = provider.key.as_pem(private=False)

    def sign(text: str) -> str:
        said = f"{header}.{text.partition('.')[2]}"
        mac = hmac.digest(secret, said.encode(), "sha256")
        return f"{said}.{urlsafe_b64encode(mac).decode().rstrip('=')}"

    return resigned(provider, sign)


def by_nobody(provider: OidcProvider) -> Callable[[str], str]:
    return resigned(provider, lambda text: f"{_part({'alg': 'none'})}.{text.partition('.')[2]}.")


def without_its_signature(provider: OidcProvider) -> Callable[[str], str]:
    return resigned(provider, lambda text: f"{text}.")


def _part(header: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(header).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "forged", [by_another_key, by_the_public_key, by_nobody, without_its_signature]
)
def test_a_token_signed_otherwise_lets_nobody_in(
    dash: Dash,
    provider: OidcProvider,
    monkeypatch: pytest.MonkeyPatch,
    forged: Callable[[OidcProvider], Callable[[str], str]],
) -> None:
    monkeypatch.setattr(provider, "_id_token", forged(provider))
    browser = dash.browser()
    assert browser.get(authorised(browser)).status_code == 401
    assert not signed_in(browser)


def test_another_browsers_answer_is_no_good(dash: Dash) -> None:
    """Somebody else's code slipped to a person: they would work in that other account."""
    attacker, victim = dash.browser(), dash.browser()
    slipped = authorised(attacker)
    assert victim.get(slipped).status_code == 401
    authorised(victim)  # even while signing in oneself
    assert victim.get(slipped).status_code == 401
    assert not signed_in(victim)


def test_an_answer_counts_once(dash: Dash) -> None:
    browser = dash.browser()
    path = authorised(browser)
    assert browser.get(path).status_code == 303
    assert browser.get(path).status_code == 401


def test_a_changed_state_issuer_or_code_is_refused(dash: Dash) -> None:
    for name, value in (("state", "x"), ("iss", "https://khac.example"), ("code", "x")):
        browser = dash.browser()
        address = httpx.URL(authorised(browser)).copy_set_param(name, value)
        assert browser.get(str(address)).status_code == 401, name
        assert not signed_in(browser)


def test_a_sign_in_begun_long_ago_has_run_out(dash: Dash) -> None:
    browser = dash.browser()
    path = authorised(browser)
    dash.real.forward(minutes=11)
    assert browser.get(path).status_code == 401


def test_somebody_who_stops_halfway_is_told_so(dash: Dash) -> None:
    browser = dash.browser()
    state = httpx.URL(browser.get(START).headers["location"]).params["state"]
    answer = browser.get(f"{BACK}?error=access_denied&state={state}")
    assert answer.status_code == 401
    assert "không đồng ý" in answer.text


def test_no_return_address_leads_away(dash: Dash) -> None:
    browser = dash.browser()
    path = authorised(browser, "//ke-gian.example")
    assert browser.get(path).headers["location"] == "/?dau=1"


def test_a_provider_that_is_away_or_odd_is_told_in_words(
    dash: Dash, provider: OidcProvider
) -> None:
    for described in ({"issuer": "https://khac.example"}, {"authorization_endpoint": None}):
        dash.real.forward(hours=2)
        provider.described = described
        answer = dash.browser().get(START)
        assert answer.status_code == 502, described
        assert "mật khẩu" in answer.text


def test_nobody_listening_is_told_in_words(tmp_path: Any) -> None:
    dash = dashboard_at(tmp_path, oidc_issuer="http://127.0.0.1:9", oidc_client_id="x")
    assert dash.browser().get(START).status_code == 502
    dash.engine.dispose()


@pytest.mark.parametrize(
    "changes",
    [
        {"oidc_issuer": "http://sso.example.vn", "oidc_client_id": "x"},
        {"oidc_issuer": "sso.example.vn", "oidc_client_id": "x"},
        {"oidc_issuer": "https://sso.example.vn"},
    ],
)
def test_settings_that_would_be_unsafe_are_refused_at_the_start(changes: dict[str, str]) -> None:
    with pytest.raises(SettingsError):
        Provider(Settings(_env_file=None, **changes))
