"""Rotating tokens: kept encrypted, renewed by one process at a time, never lost on our side."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import select, update

from notifications.channels.base import SendError
from notifications.channels.registry import ChannelTools
from notifications.channels.zalo import tokens as tokens_module
from notifications.channels.zalo.auth import ZaloAuth, pkce_pair
from notifications.channels.zalo.channels import zalo_auth
from notifications.channels.zalo.http import http_client
from notifications.channels.zalo.tokens import DatabaseTokenStore, MemoryTokenStore, Tokens
from plan.database import migrate, open_engine, reading, writing
from plan.errors import SettingsError
from plan.models import ChannelToken
from plan.settings import Settings
from tests.standins import HandClock, ZaloStandin

AT = datetime(2020, 4, 20, 2, 0, tzinfo=UTC)
PAIR = Tokens("access-bimat", "refresh-bimat", AT + timedelta(hours=25), AT + timedelta(days=90))
KEY = "khóa bí mật của tỉnh"


@pytest.fixture
def clock() -> HandClock:
    return HandClock(AT)


@pytest.fixture
def zalo(clock: HandClock) -> Iterator[ZaloStandin]:
    with ZaloStandin(clock) as standin:
        yield standin


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    with http_client(5) as client:
        yield client


def auth_of(zalo: ZaloStandin, store: DatabaseTokenStore | MemoryTokenStore) -> ZaloAuth:
    world = zalo.world
    return ZaloAuth(zalo.url, world.app_id, world.app_secret, store, world.now)


def granted(zalo: ZaloStandin) -> Tokens:
    pair = zalo.world.grant()
    return Tokens(
        pair["access_token"], pair["refresh_token"], zalo.world.now() + timedelta(hours=25)
    )


def row(engine: Engine) -> ChannelToken:
    with reading(engine) as session:
        return session.exec(select(ChannelToken)).one()


def test_kept_encrypted_and_read_back(any_engine: Engine, clock: HandClock) -> None:
    store = DatabaseTokenStore(any_engine, KEY, clock)
    assert store.load() is None
    store.save(PAIR)
    store.save(PAIR)
    assert DatabaseTokenStore(any_engine, KEY, clock).load() == PAIR
    kept = row(any_engine)
    assert b"bimat" not in kept.ciphertext
    assert kept.access_expires_at == PAIR.access_expires_at
    assert "bimat" not in repr(PAIR)


def test_another_key_cannot_read_and_says_so(any_engine: Engine, clock: HandClock) -> None:
    DatabaseTokenStore(any_engine, KEY, clock).save(PAIR)
    with pytest.raises(SendError) as caught:
        DatabaseTokenStore(any_engine, "khóa khác", clock).load()
    assert caught.value.channel_down
    assert "dondoc zalo login" in caught.value.words
    turned = DatabaseTokenStore(any_engine, "khóa mới", clock, old_keys=(KEY,))
    assert turned.load() == PAIR
    with pytest.raises(SettingsError):
        DatabaseTokenStore(any_engine, "", clock)


def test_the_alarm_stands_until_a_new_pair(any_engine: Engine, clock: HandClock) -> None:
    store = DatabaseTokenStore(any_engine, KEY, clock)
    store.raise_alarm("mất rồi")
    assert (store.alarm(), store.load()) == ("mất rồi", None)
    store.save(PAIR)
    assert store.alarm() == ""


def test_two_holders_take_turns(any_engine: Engine, clock: HandClock) -> None:
    DatabaseTokenStore(any_engine, KEY, clock).save(PAIR)
    inside, most = 0, 0
    guard = threading.Lock()

    def work() -> None:
        nonlocal inside, most
        with DatabaseTokenStore(any_engine, KEY, clock).locked():
            with guard:
                inside += 1
                most = max(most, inside)
            threading.Event().wait(0.02)
            with guard:
                inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 1
    assert row(any_engine).leased_until is None


def test_a_dead_holders_lease_ends_by_the_clock(any_engine: Engine, clock: HandClock) -> None:
    store = DatabaseTokenStore(any_engine, KEY, clock)
    store.save(PAIR)
    with writing(any_engine) as session:
        session.exec(update(ChannelToken).values(leased_until=AT + timedelta(seconds=90)))
    clock.advance(seconds=91)
    with store.locked():
        assert row(any_engine).leased_until == clock() + tokens_module.LEASE


def test_a_dead_holders_lease_ends_though_the_clock_stands_still(
    migrated_engine: Engine, clock: HandClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = DatabaseTokenStore(migrated_engine, KEY, clock)
    store.save(PAIR)
    with writing(migrated_engine) as session:
        session.exec(update(ChannelToken).values(leased_until=AT + timedelta(days=1)))
    monkeypatch.setattr(tokens_module, "LEASE", timedelta(seconds=0.05))
    monkeypatch.setattr(tokens_module, "POLL_SECONDS", 0.01)
    with store.locked():
        assert row(migrated_engine).version == 2


def test_a_token_about_to_end_is_renewed_and_kept_before_use(
    any_engine: Engine, clock: HandClock, zalo: ZaloStandin, http: httpx.Client
) -> None:
    store = DatabaseTokenStore(any_engine, KEY, clock)
    first = granted(zalo)
    store.save(first)
    auth = auth_of(zalo, store)
    assert auth.access_token(http) == first.access_token
    clock.advance(hours=24, minutes=56)
    second = auth.access_token(http)
    assert second != first.access_token
    kept = store.load()
    assert kept is not None
    assert kept.access_token == second
    assert zalo.world.refreshes == 1
    assert auth.access_token(http) == second


def test_a_refused_refresh_token_raises_an_alarm_that_says_what_to_do(
    any_engine: Engine, clock: HandClock, zalo: ZaloStandin, http: httpx.Client
) -> None:
    store = DatabaseTokenStore(any_engine, KEY, clock)
    store.save(granted(zalo))
    zalo.world.revoke()
    clock.advance(hours=26)
    auth = auth_of(zalo, store)
    with pytest.raises(SendError) as caught:
        auth.access_token(http)
    assert (caught.value.code, caught.value.channel_down) == ("-14014", True)
    assert "dondoc zalo login" in store.alarm()
    assert auth.faults() == [store.alarm()]
    assert row(any_engine).leased_until is None


def test_a_lost_answer_is_no_alarm_yet_but_the_next_refusal_is(
    clock: HandClock, zalo: ZaloStandin, http: httpx.Client
) -> None:
    store = MemoryTokenStore(granted(zalo))
    clock.advance(hours=26)
    zalo.fail("oauth", drop=True)
    auth = auth_of(zalo, store)
    with pytest.raises(SendError) as caught:
        auth.access_token(http)
    assert caught.value.code == "dropped"
    assert store.alarm() == ""
    with pytest.raises(SendError):
        auth.access_token(http)
    assert store.alarm()


def test_zalo_down_is_no_alarm(clock: HandClock, zalo: ZaloStandin, http: httpx.Client) -> None:
    store = MemoryTokenStore(granted(zalo))
    clock.advance(hours=26)
    zalo.fail("oauth", status=503)
    auth = auth_of(zalo, store)
    with pytest.raises(SendError) as caught:
        auth.access_token(http)
    assert (caught.value.code, caught.value.channel_down) == ("503", True)
    assert store.alarm() == ""
    assert auth.access_token(http)


def test_an_overtaken_holder_takes_the_others_pair(
    clock: HandClock, zalo: ZaloStandin, http: httpx.Client
) -> None:
    """Its lease ran out while it hung; another renewed. Its own refusal is no alarm."""
    old = granted(zalo)

    class Overtaken(MemoryTokenStore):
        loads = 0

        def load(self) -> Tokens | None:
            self.loads += 1
            return old if self.loads == 1 else newer

    with http_client(5) as other:
        winner = MemoryTokenStore(old)
        auth_of(zalo, winner).renew(other, old.access_token)
        newer = winner.load()
    assert newer is not None
    store = Overtaken()
    assert auth_of(zalo, store).renew(http, old.access_token) == newer.access_token
    assert store.alarm() == ""


def test_login_walks_through_consent(
    any_engine: Engine, clock: HandClock, zalo: ZaloStandin, http: httpx.Client
) -> None:
    store = DatabaseTokenStore(any_engine, KEY, clock)
    settings = Settings(_env_file=None, **zalo.settings())
    auth = zalo_auth(ChannelTools(settings, clock, store))
    with pytest.raises(SendError) as caught:
        auth.access_token(http)
    assert "dondoc zalo login" in caught.value.words

    verifier, challenge = pkce_pair()
    url = auth.authorisation_url("http://127.0.0.1:8020/zalo", challenge, "tinh-123")
    answer = http.get(url)
    back = urlsplit(answer.headers["location"])
    given = {name: values[0] for name, values in parse_qs(back.query).items()}
    assert (back.netloc, given["state"]) == ("127.0.0.1:8020", "tinh-123")

    pair = auth.exchange_code(http, given["code"], verifier)
    assert store.load() == pair
    assert pair.access_expires_at == clock() + timedelta(hours=25)
    assert auth.access_token(http) == pair.access_token

    with pytest.raises(SendError) as caught:
        auth.exchange_code(http, given["code"], verifier)
    assert "dondoc zalo login" in caught.value.words
    assert store.load() == pair


def test_a_code_without_its_verifier_is_worthless(zalo: ZaloStandin, http: httpx.Client) -> None:
    store = MemoryTokenStore()
    code = zalo.world.consent(pkce_pair()[1])
    with pytest.raises(SendError):
        auth_of(zalo, store).exchange_code(http, code, "khác")
    assert store.load() is None


def test_consent_near_its_end_is_told(clock: HandClock, zalo: ZaloStandin) -> None:
    ends = clock() + timedelta(days=13)
    auth = auth_of(zalo, MemoryTokenStore(Tokens("a", "r", clock() + timedelta(hours=1), ends)))
    assert "dondoc zalo login" in auth.faults()[0]
    clock.advance(days=-2)
    assert auth.faults() == []


def _renew_in_a_process(database: str, url: str, barrier: object, results: object) -> None:
    clock = HandClock(AT + timedelta(hours=26))
    engine = open_engine(database)
    store = DatabaseTokenStore(engine, KEY, clock)
    auth = ZaloAuth(url, "4600000000000000001", "bi-mat-ung-dung", store, clock)
    with http_client(20) as http:
        barrier.wait()  # type: ignore[attr-defined]
        results.put(auth.access_token(http))  # type: ignore[attr-defined]
    engine.dispose()


def test_two_processes_at_once_renew_once(
    tmp_path: Path, clock: HandClock, zalo: ZaloStandin
) -> None:
    database = f"sqlite:///{tmp_path / 'dondoc.db'}"
    engine = open_engine(database)
    migrate(engine)
    store = DatabaseTokenStore(engine, KEY, clock)
    store.save(granted(zalo))
    clock.advance(hours=26)
    zalo.fail("oauth", times=2, slow=0.3)
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(2), context.Queue()
    workers = [
        context.Process(target=_renew_in_a_process, args=(database, zalo.url, barrier, results))
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    answers = [results.get(timeout=60) for _ in workers]
    for worker in workers:
        worker.join(timeout=60)
        worker.close()
    results.close()
    kept = store.load()
    engine.dispose()
    assert kept is not None
    assert answers == [kept.access_token] * 2
    assert zalo.world.refreshes == 1
