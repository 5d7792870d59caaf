"""What Zalo's channels are made of: receipts, phones, texts cut to size, the tables of meanings."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.base import SendError
from notifications.channels.zalo_errors import BOT_MEANINGS, OA_MEANINGS, ZNS_MEANINGS, fault
from notifications.channels.zalo_receipts import open_receipt, parse_receipt
from notifications.channels.zalo_text import TEXT_LIMIT, fit, phone84


@given(body=st.binary(max_size=200))
def test_any_body_is_survived(body: bytes) -> None:
    assert open_receipt("1", body, "mac=00", "s") == (False, None)
    parse_receipt(body)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@given(message=json_values, recipient=json_values)
def test_any_event_is_survived(message: object, recipient: object) -> None:
    event = {"event_name": "user_received_message", "message": message, "recipient": recipient}
    parse_receipt(json.dumps(event).encode())
    parse_receipt(json.dumps(message).encode())


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
    ],
)
def test_phones_of_any_form(phone: str) -> None:
    assert phone84(phone) == "84912345678"


def test_landlines_and_nonsense() -> None:
    assert phone84("0256 3822 888") == "842563822888"
    for bad in (
        "",
        "912345678",
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
