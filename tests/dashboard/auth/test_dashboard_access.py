"""Who gets in and how: passwords, codes, sessions, links, limits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import col, select

from dashboard.auth import credentials, limits, links, sessions, tokens, users
from dashboard.auth.credentials import check_password, hash_password
from dashboard.auth.limits import Limit
from notifications.messages.links import LIFETIME, Linker, LinkError
from plan.calendar import local_day
from plan.database import reading, writing
from plan.errors import NotFoundError, RefusedError
from plan.ledger.audit import verify
from plan.models import ApiToken, AuditEvent, LinkUse, OneTimeLink, UserAccount, WebSession
from tests.browser.support import SYSTEM, Dash, dashboard_at
from tests.support.phone import code_at

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
SECRET = b"12345678901234567890"
PASSWORD = "một câu dễ nhớ 2020"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("access"))
    yield made
    made.engine.dispose()


@pytest.fixture
def engine(shared: Dash) -> Engine:
    return shared.engine


def make(engine: Engine, role: str = "coordinator", *agencies: str, mark: str = "") -> UserAccount:
    with writing(engine) as session:
        return users.add_user(
            session,
            email=f"{role}{mark}@{'-'.join(agencies) or 'snv'}.example.vn",
            name="Trần Văn Bình",
            role=role,
            agencies=agencies,
            actor=SYSTEM,
            now=NOW,
        )


# --- passwords ---------------------------------------------------------------------------------


def test_a_password_is_known_again_and_no_other_is() -> None:
    kept = hash_password(PASSWORD)
    assert kept.startswith("$argon2id$")
    assert PASSWORD not in kept
    assert check_password(PASSWORD, kept)
    assert not check_password(PASSWORD + " ", kept)
    assert not check_password(PASSWORD, "")


def test_the_same_password_is_kept_differently_each_time() -> None:
    assert hash_password(PASSWORD) != hash_password(PASSWORD)


@pytest.mark.parametrize("weak", ["ngắn quá", "a" * 40, "Bốn con vịt qua cầu gỗ rồi về. " * 5])
def test_weak_passwords_are_refused(weak: str) -> None:
    with pytest.raises(RefusedError):
        hash_password(weak)


# --- codes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_codes_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    assert code_at(SECRET, datetime.fromtimestamp(seconds, UTC)) == code


@given(st.integers(-1, 1), st.integers(0, 2**31))
def test_a_code_is_good_for_its_step_and_the_ones_beside_it(drift: int, seconds: int) -> None:
    now = datetime.fromtimestamp(seconds + 60, UTC)
    shown = code_at(SECRET, now + timedelta(seconds=30 * drift))
    step = credentials.matching_step(SECRET, shown, now, 0)
    assert step is not None
    assert credentials.matching_step(SECRET, shown, now, step) is None, "a code works once"


def test_a_wrong_or_old_code_is_none() -> None:
    old = code_at(SECRET, NOW - timedelta(minutes=5))
    assert credentials.matching_step(SECRET, old, NOW, 0) is None
    assert credentials.matching_step(SECRET, "", NOW, 0) is None
    assert credentials.matching_step(SECRET, "đừng đoán", NOW, 0) is None


# --- users -------------------------------------------------------------------------------------


def test_a_user_needs_a_known_role_agency_and_address(engine: Engine) -> None:
    for changes, error in (
        ({"email": "không phải thư"}, RefusedError),
        ({"role": "vua"}, NotFoundError),
        ({"role": "agency", "agencies": ()}, RefusedError),
        ({"role": "agency", "agencies": ("khong-co",)}, NotFoundError),
    ):
        fields = {"email": "moi@example.vn", "name": "", "role": "leader", "agencies": ()} | changes
        with pytest.raises(error), writing(engine) as session:
            users.add_user(session, actor=SYSTEM, now=NOW, **fields)
    with reading(engine) as session:
        assert users.find_user(session, "moi@example.vn") is None


def test_nobody_is_added_twice(engine: Engine) -> None:
    make(engine, "leader", mark="2")
    with pytest.raises(RefusedError):
        make(engine, "leader", mark="2")


def test_the_last_administrator_stays(tmp_path: Path) -> None:
    dash = dashboard_at(tmp_path)
    admin = make(dash.engine, "admin")
    with writing(dash.engine) as session:
        row = session.get_one(UserAccount, admin.id)
        with pytest.raises(RefusedError):
            users.set_disabled(session, row, disabled=True, actor=SYSTEM, now=NOW)
    second = make(dash.engine, "admin", mark="2")
    with writing(dash.engine) as session:
        row = session.get_one(UserAccount, second.id)
        users.set_disabled(session, row, disabled=True, actor=SYSTEM, now=NOW)
    with reading(dash.engine) as session:
        assert list(verify(session)) == []
        events = session.exec(select(AuditEvent.event).order_by(col(AuditEvent.id).desc()).limit(1))
        assert events.one() == "user.disabled"
    dash.engine.dispose()


def test_a_first_start_prints_one_link_and_a_second_none(tmp_path: Path) -> None:
    dash = dashboard_at(tmp_path)
    with writing(dash.engine) as session:
        link = users.first_admin_link(session, "http://x", NOW)
    assert link is not None
    with writing(dash.engine) as session:
        assert users.first_admin_link(session, "http://x", NOW) is None
    with reading(dash.engine) as session:
        admin = session.exec(select(UserAccount).where(UserAccount.role == "admin")).one()
        assert admin.password_hash == ""
    dash.engine.dispose()


# --- sessions ----------------------------------------------------------------------------------


def begin(engine: Engine, user: UserAccount, now: datetime = NOW, via: str = "password") -> str:
    with writing(engine) as session:
        row = session.get_one(UserAccount, user.id)
        return sessions.begin_for_user(session, row, sessions.Entry(via), now)


def alive(engine: Engine, cookie: str, now: datetime) -> bool:
    with reading(engine) as session:
        return sessions.find_viewer(session, cookie, now, local_day(now)) is not None


def test_a_session_expires_by_age_and_by_idleness(engine: Engine) -> None:
    cookie = begin(engine, make(engine, "leader", mark="s1"))
    assert alive(engine, cookie, NOW + timedelta(hours=3))
    assert not alive(engine, cookie, NOW + timedelta(hours=5))
    for hour in range(1, 12):
        sessions.touch(engine, sessions.key_hash(cookie), NOW + timedelta(hours=hour))
    assert alive(engine, cookie, NOW + timedelta(hours=11, minutes=59))
    assert not alive(engine, cookie, NOW + timedelta(hours=12))


def test_signing_out_everywhere_ends_all_and_new_ones_live(engine: Engine) -> None:
    user = make(engine, "leader", mark="s2")
    old = [begin(engine, user) for _ in range(3)]
    with writing(engine) as session:
        sessions.end_everywhere(session, session.get_one(UserAccount, user.id), NOW)
    assert not any(alive(engine, cookie, NOW) for cookie in old)
    assert alive(engine, begin(engine, user, NOW + timedelta(seconds=1)), NOW)


def test_a_disabled_users_sessions_end_at_once(engine: Engine) -> None:
    user = make(engine, "leader", mark="s3")
    cookie = begin(engine, user)
    with writing(engine) as session:
        row = session.get_one(UserAccount, user.id)
        users.set_disabled(session, row, disabled=True, actor=SYSTEM, now=NOW)
    assert not alive(engine, cookie, NOW)


def test_only_hashes_of_cookies_links_and_keys_are_kept(engine: Engine) -> None:
    user = make(engine, "leader", mark="s4")
    cookie = begin(engine, user)
    with writing(engine) as session:
        row = session.get_one(UserAccount, user.id)
        link = users.make_one_time_link(session, row, "http://x", NOW)
        key = tokens.make_token(session, name="k", role="leader", actor=SYSTEM, now=NOW)[1]
    with reading(engine) as session:
        kept = [
            *session.exec(select(WebSession.key_hash)),
            *session.exec(select(OneTimeLink.key_hash)),
            *session.exec(select(ApiToken.key_hash)),
        ]
    for secret in (cookie, link.rpartition("/")[2], key):
        assert secret not in kept
        assert sessions.key_hash(secret) in kept


def test_coordinators_and_administrators_owe_a_code(engine: Engine) -> None:
    for role, step in (("coordinator", "enrol"), ("admin", "enrol"), ("leader", "")):
        cookie = begin(engine, make(engine, role, mark="s5"))
        with reading(engine) as session:
            found = sessions.find_viewer(session, cookie, NOW, local_day(NOW))
        assert found is not None
        assert found[0].step == step


# --- one-time links ----------------------------------------------------------------------------


def test_a_one_time_link_works_once_within_a_day_and_the_newest_only(engine: Engine) -> None:
    user = make(engine, "leader", mark="o1")
    with writing(engine) as session:
        row = session.get_one(UserAccount, user.id)
        first = users.make_one_time_link(session, row, "http://x", NOW).rpartition("/")[2]
        second = users.make_one_time_link(session, row, "http://x", NOW).rpartition("/")[2]
    late = NOW + timedelta(hours=25)
    with writing(engine) as session:
        assert users.use_one_time_link(session, first, "", NOW) is None
        assert users.use_one_time_link(session, second, "", late) is None
        assert users.use_one_time_link(session, second, "", NOW) is not None
    with writing(engine) as session:
        assert users.use_one_time_link(session, second, "", NOW) is None


# --- personal links ----------------------------------------------------------------------------

PLAN = "04-kh-ubnd-2020"


@pytest.fixture
def linker(shared: Dash) -> Linker:
    return shared.site.linker


def token_for(linker: Linker, now: datetime, agency: str = "an-lao", contact: int = 1) -> str:
    url = linker.personal_link(PLAN, agency, contact, f"{agency}/district-report", now)
    return url.rpartition("/l/")[2]


def test_a_personal_link_opens_until_it_runs_out(
    engine: Engine, linker: Linker, shared: Dash
) -> None:
    token = token_for(linker, NOW, contact=shared.contact_of("an-lao"))
    with reading(engine) as session:
        opened = links.open_link(session, linker, token, NOW + LIFETIME - timedelta(seconds=1))
        assert opened.claim.agency == "an-lao"
        with pytest.raises(LinkError):
            links.open_link(session, linker, token, NOW + LIFETIME)


@given(st.data())
def test_an_altered_link_opens_nothing(data: st.DataObject) -> None:
    linker = Linker("http://x", "khóa")
    token = token_for(linker, NOW)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(min_codepoint=33, max_codepoint=126))
    altered = token[:at] + other + token[at + 1 :]
    if altered != token:
        with pytest.raises(LinkError):
            linker.verify(altered, NOW)


@pytest.mark.parametrize("by", ["link", "contact", "agency"])
def test_a_revoked_link_opens_nothing_and_its_session_ends(
    engine: Engine, linker: Linker, shared: Dash, by: str
) -> None:
    agency = {"link": "phu-my", "contact": "phu-cat", "agency": "tay-son"}[by]
    contact = shared.contact_of(agency)
    token = token_for(linker, NOW, agency, contact)
    with writing(engine) as session:
        opened = links.open_link(session, linker, token, NOW)
        links.record_use(session, opened, "signed-in", "Firefox", NOW)
        cookie = links.sign_in(session, opened, "Firefox", NOW)
    assert alive(engine, cookie, NOW)
    what = {
        "link": {"link_id": opened.link_id},
        "contact": {"contact_id": contact},
        "agency": {"agency": agency},
    }[by]
    with writing(engine) as session:
        at = NOW + timedelta(minutes=1)
        links.revoke(session, plan_id=PLAN, actor=SYSTEM, now=at, ended_at=at, **what)
    with reading(engine) as session:
        assert not alive(engine, cookie, NOW)
        with pytest.raises(LinkError):
            links.open_link(session, linker, token, NOW + timedelta(minutes=2))
        uses = session.exec(select(LinkUse).where(LinkUse.link_id == opened.link_id)).all()
        assert [use.what for use in uses] == ["signed-in"]
        if by != "link":
            later = token_for(linker, NOW + timedelta(days=1), agency, contact)
            assert links.open_link(session, linker, later, NOW + timedelta(days=1))


# --- limits ------------------------------------------------------------------------------------

THREE = Limit("thử", 3, timedelta(minutes=15))


def test_a_limit_counts_by_who_and_forgets_with_time(engine: Engine) -> None:
    assert [limits.take(engine, THREE, "a", NOW) for _ in range(5)] == [True] * 3 + [False] * 2
    assert limits.take(engine, THREE, "b", NOW)
    assert limits.take(engine, THREE, "a", NOW + timedelta(minutes=15))
    limits.forget(engine, THREE, "b")
    assert [limits.take(engine, THREE, "b", NOW) for _ in range(3)] == [True] * 3
    assert limits.drop_old_counters(engine, NOW + timedelta(days=2)) >= 2


# --- keys of other programs --------------------------------------------------------------------


def test_a_key_opens_until_it_expires_or_is_revoked(engine: Engine) -> None:
    with writing(engine) as session:
        row, text = tokens.make_token(
            session, name="Văn phòng điện tử", role="leader", days=30, actor=SYSTEM, now=NOW
        )
    with reading(engine) as session:
        assert tokens.find_token(session, text, NOW + timedelta(days=29)) is not None
        assert tokens.find_token(session, text, NOW + timedelta(days=30)) is None
        assert tokens.find_token(session, text + "x", NOW) is None
    with writing(engine) as session:
        kept = session.get_one(ApiToken, row.id)
        tokens.revoke_token(session, kept, actor=SYSTEM, now=NOW)
    with reading(engine) as session:
        assert tokens.find_token(session, text, NOW) is None


def test_no_key_is_made_for_an_administrator(engine: Engine) -> None:
    with pytest.raises(NotFoundError), writing(engine) as session:
        tokens.make_token(session, name="k", role="admin", actor=SYSTEM, now=NOW)
