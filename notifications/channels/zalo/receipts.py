"""What Zalo posts to our webhook: receipts of ZNS, people who follow, write or leave. Pure.

Second-hand (digests of Zalo's official pages, which could not be read themselves): header
`X-ZEvent-Signature: mac=<hex>`, hex = plain SHA-256(app_id + raw body + timestamp + OA secret
key), the timestamp being the one in the body. Sources disagree whether that key is the app's
secret or a separate OA key, so it is a setting (`DONDOC_ZALO_OA_SECRET`, else the app's secret).
Answer 200 within 2 s; Zalo repeats after 30 s, 5 m, 15 m, 30 m and 1 h: deduplicate on `msg_id`.

Whatever a stranger sends is measured and its signature checked before any of it is parsed.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

DELIVERED = "user_received_message"
FOLLOWED = "follow"
UNFOLLOWED = "unfollow"
SHARED = "user_submit_info"
"""The person shared name and phone with the account."""
WROTE = frozenset(
    {"user_send_text", "user_send_image", "user_send_file", "user_send_sticker", "user_send_audio"}
)
MOST_BYTES = 64 * 1024
"""Of a body; Zalo's have a few hundred."""
MOST_TIMESTAMPS = 4
_TIMESTAMP = re.compile(rb'"timestamp"\s*:\s*"?(\d{10,16})\b')
OLDEST = timedelta(days=2)
"""Zalo repeats for an hour; a clock may be a little off. What is older was recorded by a stranger."""
AHEAD = timedelta(minutes=5)


@dataclass(frozen=True)
class DeliveryReceipt:
    """A ZNS message reached its phone."""

    message_id: str
    """Zalo's `msg_id`: our `Receipt.provider_id`. The same receipt may come several times."""
    reference: str
    """Our tracking id."""
    delivered_at: datetime
    """UTC."""
    app_id: str
    recipient: str = field(repr=False, default="")


@dataclass(frozen=True)
class FollowerEvent:
    """Somebody followed the account, left it, wrote to it, or shared name and phone with it."""

    kind: str
    """follow | unfollow | wrote | shared"""
    user_id: str = field(repr=False)
    at: datetime
    """UTC."""
    name: str = field(repr=False, default="")
    phone: str = field(repr=False, default="")


ZaloEvent = DeliveryReceipt | FollowerEvent


def signature(app_id: str, body: bytes, timestamp: str, secret: str) -> str:
    """The hex that follows `mac=`."""
    return hashlib.sha256(app_id.encode() + body + timestamp.encode() + secret.encode()).hexdigest()


def verify_receipt(app_id: str, body: bytes, timestamp: str, given: str, secret: str) -> bool:
    """Whether Zalo wrote this. `given` is the header's value, with or without `mac=`."""
    if not secret:
        return False
    expected = signature(app_id, body, timestamp, secret)
    return hmac.compare_digest(expected.encode(), given.removeprefix("mac=").strip().encode())


def open_event(
    app_id: str, body: bytes, given: str, secret: str, now: datetime
) -> tuple[bool, ZaloEvent | None]:
    """(the signature is good and the time within reason, the event).

    (True, None): a genuine event of another kind, to be answered 200 and left alone.
    """
    if len(body) > MOST_BYTES:
        return False, None
    signed = next(
        (said for said in _timestamps(body) if verify_receipt(app_id, body, said, given, secret)),
        "",
    )
    if not signed or not _reasonable(_instant(signed), now):
        return False, None
    return True, parse_event(body, now)


def _timestamps(body: bytes) -> list[str]:
    """What may be the body's own timestamp, found without parsing the body."""
    found = dict.fromkeys(match[1].decode() for match in _TIMESTAMP.finditer(body))
    return [*found][:MOST_TIMESTAMPS] + [*found][-MOST_TIMESTAMPS:]


def _reasonable(at: datetime | None, now: datetime) -> bool:
    return at is not None and now - OLDEST <= at <= now + AHEAD


def _instant(millis: Any) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(millis) / 1000, UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        return None


def parse_event(body: bytes, now: datetime) -> ZaloEvent | None:
    """The event in a webhook's body; None for any other, for what is malformed, and for times out of
    reason (UTC)."""
    try:
        event = json.loads(body)
        name = event["event_name"]
        return _receipt(event, now) if name == DELIVERED else _follower(event, name, now)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _receipt(event: Any, now: datetime) -> DeliveryReceipt | None:
    message = event["message"]
    delivered_at = _instant(message["delivery_time"])
    if delivered_at is None or not _reasonable(delivered_at, now):
        return None
    return DeliveryReceipt(
        message_id=str(message["msg_id"]),
        reference=str(message.get("tracking_id", "")),
        delivered_at=delivered_at,
        app_id=str(event.get("app_id", "")),
        recipient=str(event.get("recipient", {}).get("id", "")),
    )


def _follower(event: Any, name: str, now: datetime) -> FollowerEvent | None:
    if name in (FOLLOWED, UNFOLLOWED):
        return FollowerEvent(name, _user_id(event["follower"]), now)
    if name == SHARED:
        info = event.get("info", {})
        phone, given = str(info.get("phone", "")), str(info.get("name", ""))
        return FollowerEvent("shared", _user_id(event["sender"]), now, given[:200], phone[:32])
    return FollowerEvent("wrote", _user_id(event["sender"]), now) if name in WROTE else None


def _user_id(person: Any) -> str:
    found = str(person["id"])
    if not (found.isascii() and found.isdigit() and len(found) <= 32):
        raise ValueError("no user id")
    return found
