"""The Zalo channels against the stand-in, with its switches; and the tables behind them."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from notifications.channels.base import Channel, Outgoing, SendError
from notifications.channels.registry import ChannelTools, make_channel
from notifications.channels.trial import try_channels
from notifications.channels.zalo.channels import zalo_client
from notifications.channels.zalo.http import http_client
from notifications.channels.zalo.receipts import open_event, verify_receipt
from notifications.channels.zalo.tokens import MemoryTokenStore, Tokens
from plan.calendar import LOCAL
from plan.errors import SettingsError
from plan.settings import Settings
from tests.standins import HandClock, ZaloStandin

ADDRESS = {"zalo_oa": "100200300400", "zalo_zns": "0912 345 678", "zalo_bot": "chat-1"}
WHERE = {"zalo_oa": "oa", "zalo_zns": "zns", "zalo_bot": "bot"}


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def zalo(clock: HandClock, tmp_path: Path) -> Iterator[ZaloStandin]:
    with ZaloStandin(clock, tmp_path / "zalo") as standin:
        yield standin


@pytest.fixture
def store(zalo: ZaloStandin) -> MemoryTokenStore:
    pair = zalo.world.grant()
    ends = zalo.world.now() + timedelta(hours=25)
    return MemoryTokenStore(Tokens(pair["access_token"], pair["refresh_token"], ends))


def settings(zalo: ZaloStandin, **more: object) -> Settings:
    given = {"zalo_zns_templates": {"reminder": "301"}, "zalo_timeout": 5.0} | zalo.settings()
    return Settings(_env_file=None, **(given | more))


def channel(name: str, zalo: ZaloStandin, store: MemoryTokenStore, **more: object) -> Channel:
    return make_channel(name, settings(zalo, **more), zalo.world.now, store)


def message(name: str, **given: object) -> Outgoing:
    fields: dict[str, object] = {
        "message_id": 7,
        "channel": name,
        "address": ADDRESS[name],
        "subject": "Nhắc việc",
        "text": "SỐ LIỆU MẬT",
        "short_text": "Còn 3 ngày làm việc để nộp báo cáo.\nhttps://dondoc.example/o/7",
        "params": {"don_vi": "UBND huyện An Lão", "han": "29/4/2020"},
        "event": "reminder",
        "reference": "r7-nhac",
    }
    return Outgoing(**(fields | given))  # type: ignore[arg-type]


def refused(chan: Channel, outgoing: Outgoing) -> SendError:
    with chan.open() as session, pytest.raises(SendError) as caught:
        session.send(outgoing)
    return caught.value


@pytest.mark.parametrize("name", ADDRESS)
def test_accepted_with_zalos_id_and_without_figures(
    name: str, zalo: ZaloStandin, store: MemoryTokenStore, tmp_path: Path
) -> None:
    with channel(name, zalo, store).open() as session:
        receipts = [session.send(message(name)), session.send(message(name))]
    taken = zalo.world.accepted
    assert [r.provider_id for r in receipts] == [a.message_id for a in taken]
    assert "MẬT" not in json.dumps([a.body for a in taken], ensure_ascii=False)
    written = json.loads((tmp_path / "zalo" / "0001.json").read_text(encoding="utf-8"))
    assert written["body"] == taken[0].body
    assert written["kind"] == WHERE[name]


def test_zns_carries_phone_template_params_and_tracking_id(
    zalo: ZaloStandin, store: MemoryTokenStore
) -> None:
    with channel("zalo_zns", zalo, store).open() as session:
        receipt = session.send(message("zalo_zns"))
    assert zalo.world.accepted[0].body == {
        "phone": "84912345678",
        "template_id": "301",
        "template_data": {"don_vi": "UBND huyện An Lão", "han": "29/4/2020"},
        "tracking_id": "r7-nhac",
    }
    assert receipt.words == "còn 499/500 tin hôm nay"


# code, channel: permanent, channel_down, address_dead, for_now, pause from 09:00
SWITCHES = [
    ("zalo_oa", -32, (False, True, False, False, timedelta(minutes=1))),
    ("zalo_oa", -213, (True, False, True, False, None)),
    ("zalo_oa", -230, (True, False, True, True, None)),
    ("zalo_oa", -211, (False, True, False, False, timedelta(hours=15))),
    ("zalo_oa", -321, (False, True, False, False, None)),
    ("zalo_oa", -99999, (False, True, False, False, None)),
    ("zalo_zns", -118, (True, False, True, False, None)),
    ("zalo_zns", -133, (False, False, False, False, timedelta(hours=22))),
    ("zalo_zns", -144, (False, True, False, False, timedelta(hours=15))),
    ("zalo_zns", -131, (True, False, True, True, None)),
    ("zalo_zns", -115, (False, True, False, False, None)),
    ("zalo_bot", 401, (False, True, False, False, None)),
    ("zalo_bot", 429, (False, True, False, False, timedelta(minutes=1))),
]


@pytest.mark.parametrize(("name", "code", "expected"), SWITCHES)
def test_a_refusal_says_what_to_do(
    name: str, code: int, expected: tuple[object, ...], zalo: ZaloStandin, store: MemoryTokenStore
) -> None:
    zalo.fail(WHERE[name], code=code)
    chan = channel(name, zalo, store)
    e = refused(chan, message(name))
    assert e.code == str(code)
    assert (e.permanent, e.channel_down, e.address_dead, e.for_now, e.retry_after) == expected
    assert not e.fate_unknown
    assert zalo.world.accepted == []
    with chan.open() as session:
        session.send(message(name))


@pytest.mark.parametrize(
    ("name", "code"), [("zalo_oa", -216), ("zalo_oa", -220), ("zalo_zns", -124)]
)
def test_a_refused_token_is_renewed_once_and_the_message_sent(
    name: str, code: int, zalo: ZaloStandin, store: MemoryTokenStore
) -> None:
    zalo.fail(WHERE[name], code=code)
    with channel(name, zalo, store).open() as session:
        session.send(message(name))
    assert (zalo.world.refreshes, len(zalo.world.accepted)) == (1, 1)

    zalo.fail(WHERE[name], times=2, code=code)
    error = refused(channel(name, zalo, store), message(name))
    assert error.channel_down
    assert "dondoc zalo login" in error.words
    assert (zalo.world.refreshes, len(zalo.world.accepted)) == (2, 1)


def test_a_token_that_ends_in_mid_batch(
    zalo: ZaloStandin, store: MemoryTokenStore, clock: HandClock
) -> None:
    with channel("zalo_oa", zalo, store).open() as session:
        for _ in range(5):
            session.send(message("zalo_oa"))
            clock.advance(hours=25, minutes=1)
            while clock.at.astimezone(LOCAL).hour not in range(6, 22):
                clock.advance(hours=1)
    assert len(zalo.world.accepted) == 5
    assert zalo.world.refreshes == 4


def test_seven_days_of_silence(
    zalo: ZaloStandin, store: MemoryTokenStore, clock: HandClock
) -> None:
    zalo.world.talked[ADDRESS["zalo_oa"]] = clock()
    clock.advance(days=7)
    with channel("zalo_oa", zalo, store).open() as session:
        session.send(message("zalo_oa"))
    clock.advance(minutes=1)
    assert refused(channel("zalo_oa", zalo, store), message("zalo_oa")).code == "-230"


@pytest.mark.parametrize(
    ("hour", "pause"), [(22, 9.0), (2, 5.0), (5.5, 1.5), (6, None), (21.5, None)]
)
def test_night(
    hour: float, pause: float | None, zalo: ZaloStandin, store: MemoryTokenStore, clock: HandClock
) -> None:
    midnight = datetime(2020, 4, 21, tzinfo=LOCAL)
    clock.at = (midnight + timedelta(hours=hour)).astimezone(UTC)
    chan = channel("zalo_zns", zalo, store)
    if pause is None:
        with chan.open() as session:
            session.send(message("zalo_zns"))
        return
    assert refused(chan, message("zalo_zns")).retry_after == timedelta(hours=pause)


@pytest.mark.parametrize("name", ADDRESS)
def test_a_line_cut_after_acceptance_is_doubt(
    name: str, zalo: ZaloStandin, store: MemoryTokenStore
) -> None:
    zalo.fail(WHERE[name], drop=True)
    error = refused(channel(name, zalo, store), message(name))
    assert (error.code, error.permanent, error.fate_unknown) == ("dropped", False, True)
    assert len(zalo.world.accepted) == 1


@pytest.mark.parametrize(("status", "doubt"), [(500, True), (502, True), (503, False)])
def test_5xx_is_the_channels_fault(
    status: int, doubt: bool, zalo: ZaloStandin, store: MemoryTokenStore
) -> None:
    zalo.fail("oa", status=status)
    error = refused(channel("zalo_oa", zalo, store), message("zalo_oa"))
    assert (error.code, error.channel_down, error.fate_unknown) == (str(status), True, doubt)


def test_an_answer_that_is_not_zalos(zalo: ZaloStandin, store: MemoryTokenStore) -> None:
    zalo.fail("oa", status=404)
    assert refused(channel("zalo_oa", zalo, store), message("zalo_oa")).channel_down


def test_a_slow_answer_is_doubt(zalo: ZaloStandin, store: MemoryTokenStore) -> None:
    zalo.fail("oa", slow=0.6)
    chan = channel("zalo_oa", zalo, store, zalo_timeout=0.2)
    assert refused(chan, message("zalo_oa")).fate_unknown


def test_no_zalo_at_all_is_the_channels_fault(clock: HandClock) -> None:
    with ZaloStandin(clock) as gone:
        given = settings(gone)
        pair = gone.world.grant()
    tokens = Tokens(pair["access_token"], "", clock() + timedelta(hours=25))
    chan = make_channel("zalo_oa", given, clock, MemoryTokenStore(tokens))
    error = refused(chan, message("zalo_oa"))
    assert (error.code, error.channel_down, error.fate_unknown) == ("refused", True, False)


def test_what_cannot_go_is_not_asked(zalo: ZaloStandin, store: MemoryTokenStore) -> None:
    error = refused(channel("zalo_zns", zalo, store), message("zalo_zns", address="12"))
    assert (error.code, error.address_dead, error.for_now) == ("phone", True, False)
    error = refused(channel("zalo_zns", zalo, store), message("zalo_zns", event="thanks"))
    assert (error.code, error.address_dead, error.for_now) == ("template", True, True)


def test_the_bots_token_stands_nowhere(
    zalo: ZaloStandin, store: MemoryTokenStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = zalo.world.bot_token
    chan = channel("zalo_bot", zalo, store)
    with chan.open() as session:
        session.send(message("zalo_bot"))
    zalo.fail("bot", drop=True)
    errors = [refused(chan, message("zalo_bot"))]
    with http_client(0.2, bot_token=secret) as http:
        answer = http.post(f"{zalo.url}/BOT/getMe", json={})
        assert answer.json()["ok"]
        assert secret not in str(answer.request.url)
    assert "bot" in caplog.text.lower()
    assert secret not in caplog.text
    assert not any(secret in repr(e.__dict__) or e.__cause__ for e in errors)


def test_access_tokens_stand_in_no_log(
    zalo: ZaloStandin, store: MemoryTokenStore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with channel("zalo_oa", zalo, store).open() as session:
        session.send(message("zalo_oa"))
    zalo.fail("oa", code=-230)
    error = refused(channel("zalo_oa", zalo, store), message("zalo_oa"))
    kept = store.load()
    assert kept is not None
    for secret in (kept.access_token, zalo.world.app_secret, ADDRESS["zalo_oa"]):
        assert secret not in caplog.text + str(error)


def test_the_proof_is_checked(zalo: ZaloStandin, store: MemoryTokenStore) -> None:
    wrong = channel("zalo_oa", zalo, store, zalo_app_secret="khac")
    assert refused(wrong, message("zalo_oa")).channel_down
    assert zalo.world.accepted == []


def test_quota_and_templates(zalo: ZaloStandin, store: MemoryTokenStore) -> None:
    param = {"name": "don_vi", "require": True, "type": "STRING", "maxLength": 30, "minLength": 0}
    zalo.world.templates = {"301": [param]}
    tools = ChannelTools(settings(zalo), zalo.world.now, store)
    with http_client(5) as http:
        client = zalo_client(tools, http)
        client.send_zns("84912345678", "301", {"don_vi": "An Lão"}, "t1")
        assert client.zns_quota() == (499, 500)
        (listed,) = client.zns_template("301").params
        assert (listed.name, listed.required, listed.max_length) == ("don_vi", True, 30)
        with pytest.raises(SendError) as caught:
            client.send_zns("84912345678", "301", {}, "t2")
        assert caught.value.code == "-1122"


def test_channels_test(zalo: ZaloStandin, store: MemoryTokenStore) -> None:
    for name, address in ADDRESS.items():
        more = {"zalo_zns_templates": {"reminder": "301", "test": "302"}}
        assert channel(name, zalo, store, **more).test(None) == []
        assert channel(name, zalo, store, **more).test(address) == []
    assert len(zalo.world.accepted) == 3
    zalo.world.templates = {"302": []}
    zalo.world.daily_quota = 1
    first, second = channel("zalo_zns", zalo, store).test(None)
    assert "hạn mức" in first
    assert "301" in second
    zalo.fail("bot", code=401)
    assert "DONDOC_ZALO_BOT_TOKEN" in channel("zalo_bot", zalo, store).test(None)[0]
    zalo.world.revoke()
    for name in ("zalo_oa", "zalo_zns"):
        faults = channel(name, zalo, store).test(ADDRESS[name])
        assert any("dondoc zalo login" in fault for fault in faults)


@pytest.mark.parametrize("name", ADDRESS)
def test_missing_settings_say_which(name: str, store: MemoryTokenStore, clock: HandClock) -> None:
    with pytest.raises(SettingsError, match="DONDOC_ZALO"):
        make_channel(name, Settings(_env_file=None), clock, store)  # type: ignore[call-arg]


# Receipts


def test_receipts_are_checked_and_read(zalo: ZaloStandin, store: MemoryTokenStore) -> None:
    world = zalo.world
    with channel("zalo_zns", zalo, store).open() as session:
        sent = session.send(message("zalo_zns"))
    first, again = zalo.receipts(copies=2)
    assert first == again
    mac = first.headers["X-ZEvent-Signature"]
    genuine, receipt = open_event(world.app_id, first.body, mac, world.oa_secret, world.now())
    assert genuine
    assert receipt is not None
    assert (receipt.message_id, receipt.reference) == (sent.provider_id, "r7-nhac")
    assert receipt.delivered_at == world.now()
    assert "8491" not in repr(receipt)
    for body, header, secret in [
        (first.body + b" ", mac, world.oa_secret),
        (first.body, mac[:-1], world.oa_secret),
        (first.body, "", world.oa_secret),
        (first.body, mac, "khac"),
        (first.body, mac, ""),
    ]:
        assert open_event(world.app_id, body, header, secret, world.now()) == (False, None)
    stamp = json.loads(first.body)["timestamp"]
    assert verify_receipt(world.app_id, first.body, stamp, mac, world.oa_secret)
    assert not verify_receipt(world.app_id, first.body, stamp + "0", mac, world.oa_secret)


# Templates


BASE = "https://dondoc.tinh.example"
REQUIRED = {"require": True, "minLength": 1}
TEMPLATE: list[dict[str, object]] = [
    {"name": "title", "maxLength": 30, **REQUIRED},
    {"name": "link", "maxLength": 200, **REQUIRED},
]
FULL = {"title": "Báo cáo tổng kết\nChương trình cải cách hành chính", "link": f"{BASE}/l/a.b"}


def filling(params: dict[str, str]) -> Outgoing:
    return replace(message("zalo_zns"), params=params)


def test_a_template_is_filled_in_one_line_with_a_path(
    zalo: ZaloStandin, store: MemoryTokenStore
) -> None:
    zalo.world.templates = {"301": TEMPLATE}
    with channel("zalo_zns", zalo, store, base_url=BASE).open() as session:
        session.send(filling(FULL))
    assert zalo.world.accepted[0].body["template_data"] == {
        "title": "Báo cáo tổng kết Chương trình…",
        "link": "l/a.b",
    }


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"title": ""}, "thiếu tham số «title»"),
        ({"link": "https://khac.example/a"}, "liên kết ngoài"),
        ({"link": f"{BASE}/{'x' * 300}"}, "chỉ nhận 200"),
    ],
)
def test_what_the_template_would_refuse_goes_another_way_unasked(
    change: dict[str, str], why: str, zalo: ZaloStandin, store: MemoryTokenStore
) -> None:
    zalo.world.templates = {"301": TEMPLATE}
    error = refused(channel("zalo_zns", zalo, store, base_url=BASE), filling(FULL | change))
    assert (error.permanent, error.for_now) == (True, True)
    assert why in error.words
    assert zalo.world.accepted == []


def test_templates_of_the_days_tags_wait_for_the_day(
    zalo: ZaloStandin, store: MemoryTokenStore, clock: HandClock
) -> None:
    zalo.world.tag = "CUSTOMER_CARE"
    clock.at = datetime(2020, 4, 21, 6, 30, tzinfo=LOCAL).astimezone(UTC)
    error = refused(channel("zalo_zns", zalo, store), message("zalo_zns"))
    assert (error.code, error.retry_after) == ("-133", timedelta(minutes=30))
    clock.advance(minutes=30)
    with channel("zalo_zns", zalo, store).open() as session:
        session.send(message("zalo_zns"))


def test_a_template_that_cannot_be_asked_for_leaves_no_doubt(
    zalo: ZaloStandin, store: MemoryTokenStore
) -> None:
    zalo.fail("zns-info", drop=True)
    error = refused(channel("zalo_zns", zalo, store), message("zalo_zns"))
    assert (error.channel_down, error.fate_unknown) == (True, False)


def test_by_user_id_without_the_seven_days(
    zalo: ZaloStandin, store: MemoryTokenStore, clock: HandClock
) -> None:
    user = ADDRESS["zalo_oa"]
    zalo.world.talked[user] = clock() - timedelta(days=30)
    more = {"zalo_uid_templates": {"reminder": "401"}}
    outgoing = replace(message("zalo_oa"), channel="zalo_uid", params={"title": "x"})
    with channel("zalo_uid", zalo, store, **more).open() as session:
        assert session.send(outgoing).provider_id
    assert [(a.kind, a.to) for a in zalo.world.accepted] == [("uid", user)]
    zalo.world.strangers = {user}
    assert refused(channel("zalo_uid", zalo, store, **more), outgoing).address_dead


def test_channels_test_fills_each_template_with_samples(
    zalo: ZaloStandin, store: MemoryTokenStore
) -> None:
    """«Tốt» only of a template that would take the messages."""
    found = settings(zalo).model_copy(update={"zalo_zns_templates": {"reminder": "301"}})

    def make(name: str) -> Channel:
        return make_channel(name, found, zalo.world.now, store)

    zalo.world.templates = {"301": TEMPLATE}
    assert try_channels(found, make, only="zalo_zns") == {"zalo_zns": []}
    zalo.world.templates = {"301": [*TEMPLATE, {"name": "so_don", **REQUIRED}]}
    [fault] = try_channels(found, make, only="zalo_zns")["zalo_zns"]
    assert "thiếu tham số «so_don»" in fault


# OAuth's shapes


@pytest.mark.parametrize(
    "answer",
    [
        {"error_name": "Invalid refresh token."},
        {"error": -14014, "error_name": "Invalid refresh token.", "error_reason": ""},
        {"access_token": None, "refresh_token": None, "expires_in": "90000"},
        {"access_token": "a", "refresh_token": None},
        {"access_token": "", "refresh_token": "r"},
        {"access_token": {"a": 1}, "refresh_token": "r"},
        {},
    ],
)
def test_no_answer_without_both_tokens_replaces_a_good_pair(
    answer: dict[str, object],
    zalo: ZaloStandin,
    store: MemoryTokenStore,
    clock: HandClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kept = store.load()
    monkeypatch.setattr(zalo.world, "token", lambda _form, _secret: dict(answer))
    clock.advance(days=2)
    error = refused(channel("zalo_oa", zalo, store), message("zalo_oa"))
    assert (error.channel_down, error.fate_unknown, error.needs_person) == (True, False, True)
    assert store.load() == kept
    assert "dondoc zalo login" in store.alarm()


def test_the_token_requests_failures_are_not_the_messages(
    zalo: ZaloStandin, store: MemoryTokenStore, clock: HandClock
) -> None:
    clock.advance(days=2)
    zalo.fail("oauth", drop=True)
    error = refused(channel("zalo_oa", zalo, store), message("zalo_oa"))
    assert (error.channel_down, error.fate_unknown) == (True, False)
    assert store.alarm() == ""
