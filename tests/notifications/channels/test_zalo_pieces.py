"""What Zalo's channels are made of: receipts, phones, texts cut to size, the tables of meanings."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.base import SendError
from notifications.channels.zalo.channels import TEXT_LIMIT, fit, phone84
from notifications.channels.zalo.errors import (
    BOT_MEANINGS,
    OA_MEANINGS,
    SOURCES,
    UID_MEANINGS,
    ZNS_MEANINGS,
    Whose,
    fault,
)
from notifications.channels.zalo.receipts import (
    MOST_BYTES,
    DeliveryReceipt,
    FollowerEvent,
    open_event,
    parse_event,
    signature,
)

NOW = datetime(2020, 4, 20, 2, tzinfo=UTC)


@given(body=st.binary(max_size=200))
def test_any_body_is_survived(body: bytes) -> None:
    assert open_event("1", body, "mac=00", "s", NOW) == (False, None)
    parse_event(body, NOW)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@given(message=json_values, recipient=json_values)
def test_any_event_is_survived(message: object, recipient: object) -> None:
    event = {"event_name": "user_received_message", "message": message, "recipient": recipient}
    parse_event(json.dumps(event).encode(), NOW)
    parse_event(json.dumps(message).encode(), NOW)


# Texts, phones, tables


@pytest.mark.parametrize(
    "phone",
    [
        "0912345678",
        "+84912345678",
        "84912345678",
        "0912 345 678",
        "0912.345.678",
        "+84 (0)912-345-678",
        "0084912345678",
        "912345678",
    ],
)
def test_phones_of_any_form(phone: str) -> None:
    assert phone84(phone) == "84912345678"


def test_landlines_and_nonsense() -> None:
    assert phone84("0256 3822 888") == "842563822888"
    for bad in (
        "",
        "12345678",
        "0912",
        "091234567890",
        "+1 202 555 0101",
        "0912345678\n1",
        "०९१२३४५६७८",
    ):
        with pytest.raises(SendError) as caught:
            phone84(bad)
        assert caught.value.address_dead


@given(st.text(max_size=80), st.text("ab \n", max_size=60), st.integers(20, 60))
def test_a_text_is_cut_in_the_middle(head: str, tail: str, limit: int) -> None:
    text = f"{head}\n{tail}"
    cut = fit(text, limit)
    assert len(cut) <= limit
    last = text.strip().rpartition("\n")[2]
    if len(text.strip()) <= limit:
        assert cut == text.strip()
    elif "\n" in text.strip() and len(last) + 2 < limit:
        assert cut.endswith("…\n" + last)


def test_a_long_reminder_keeps_its_link() -> None:
    link = "https://dondoc.example/o/7?k=" + "x" * 40
    assert fit("Việc. " * 1000 + "\n" + link).endswith("\n" + link)
    assert len(fit("a" * 5000)) == TEXT_LIMIT


@pytest.mark.parametrize("table", [OA_MEANINGS, ZNS_MEANINGS, BOT_MEANINGS])
def test_every_meaning_holds_together(table: dict[int, object]) -> None:
    now = datetime(2020, 4, 20, 2, tzinfo=UTC)
    for code in table:
        error = fault(table, code, "số 84 912 345 678", now)  # type: ignore[arg-type]
        assert not (error.permanent and error.channel_down)
        assert not error.address_dead or error.permanent
        assert not error.for_now or error.address_dead
        assert error.retry_after is None or error.retry_after > timedelta(0)
        assert "912" not in error.words


# Signed before parsed


def signed(body: bytes, at: datetime = NOW) -> tuple[bytes, str]:
    stamp = str(int(at.timestamp() * 1000))
    whole = body.replace(b"STAMP", stamp.encode())
    return whole, "mac=" + signature("1", whole, stamp, "s")


RECEIPT = (
    b'{"event_name":"user_received_message","message":{"msg_id":"m1","tracking_id":"r1",'
    b'"delivery_time":"STAMP"},"app_id":"1","timestamp":"STAMP"}'
)


def test_a_signed_event_is_read() -> None:
    genuine, event = open_event("1", *signed(RECEIPT), "s", NOW)
    assert genuine
    assert event == DeliveryReceipt("m1", "r1", NOW, "1")


@pytest.mark.parametrize("days", [-400, -3, 1, 4000])
def test_times_out_of_reason_are_refused(days: int) -> None:
    assert open_event("1", *signed(RECEIPT, NOW + timedelta(days=days)), "s", NOW) == (False, None)


@pytest.mark.parametrize("at", ["1", "99999999999999999999", "null", '"x"'])
def test_a_delivery_time_out_of_reason_is_no_receipt(at: str) -> None:
    body = RECEIPT.replace(b'"delivery_time":"STAMP"', b'"delivery_time":' + at.encode())
    assert open_event("1", *signed(body), "s", NOW) == (True, None)


def test_deep_or_huge_bodies_are_not_parsed() -> None:
    deep = b'{"timestamp":"STAMP","a":' + b"[" * 30_000
    assert open_event("1", deep, "mac=00", "s", NOW) == (False, None)
    assert open_event("1", *signed(deep), "s", NOW) == (True, None)
    huge = b'{"timestamp":"STAMP","a":"' + b"x" * MOST_BYTES + b'"}'
    assert open_event("1", *signed(huge), "s", NOW) == (False, None)


@pytest.mark.parametrize(
    ("body", "kind", "phone"),
    [
        (b'{"event_name":"follow","follower":{"id":"77"},"timestamp":"STAMP"}', "follow", ""),
        (b'{"event_name":"unfollow","follower":{"id":"77"},"timestamp":"STAMP"}', "unfollow", ""),
        (b'{"event_name":"user_send_text","sender":{"id":"77"},"timestamp":"STAMP"}', "wrote", ""),
        (
            b'{"event_name":"user_submit_info","sender":{"id":"77"},'
            b'"info":{"name":"Lan","phone":84912345678},"timestamp":"STAMP"}',
            "shared",
            "84912345678",
        ),
    ],
)
def test_who_follows_writes_or_leaves(body: bytes, kind: str, phone: str) -> None:
    genuine, event = open_event("1", *signed(body), "s", NOW)
    assert genuine
    assert isinstance(event, FollowerEvent)
    assert (event.kind, event.user_id, event.phone) == (kind, "77", phone)


def test_an_id_that_is_none_is_no_event() -> None:
    body = b'{"event_name":"follow","follower":{"id":"../x"},"timestamp":"STAMP"}'
    assert open_event("1", *signed(body), "s", NOW) == (True, None)


def test_every_row_of_the_table_names_a_source() -> None:
    for table in (OA_MEANINGS, ZNS_MEANINGS, UID_MEANINGS, BOT_MEANINGS):
        assert all(row.source in SOURCES and row.words for row in table.values())


def test_a_code_nobody_knows_is_the_channels() -> None:
    error = fault(ZNS_MEANINGS, -9999, "lạ", NOW)
    assert (error.channel_down, error.unknown, error.permanent) == (True, True, False)
    assert "-9999" in error.words


@pytest.mark.parametrize(
    ("code", "whose", "final"),
    [
        *[(code, Whose.PERSON, True) for code in (-108, -110, -118, -213, -230, -139)],
        *[(code, Whose.MESSAGE, True) for code in (-1122, -1121, -1124, -109, -131)],
        *[
            (code, Whose.CHANNEL, False)
            for code in (-104, -112, -120, -124, -126, -130, -136, -144, -211, -115, -32)
        ],
    ],
)
def test_whose_fault_a_code_is(code: int, whose: Whose, final: bool) -> None:
    error = fault(ZNS_MEANINGS, code, "", NOW)
    assert ZNS_MEANINGS[code].whose is whose
    assert error.permanent is final
    assert error.channel_down is (whose is Whose.CHANNEL)
