"""ZNS delivery receipts: the webhook's signature and content. Pure; the dashboard answers Zalo.

Second-hand (digests of Zalo's official pages, which could not be read themselves): header
`X-ZEvent-Signature: mac=<hex>`, hex = plain SHA-256(app_id + raw body + timestamp + OA secret
key), the timestamp being the one in the body. Sources disagree whether that key is the app's
secret or a separate OA key, so it is a setting (`DONDOC_ZALO_OA_SECRET`, else the app's secret).
Answer 200 within 2 s; Zalo repeats after 30 s, 5 m, 15 m, 30 m and 1 h: deduplicate on `msg_id`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

DELIVERED = "user_received_message"


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


def signature(app_id: str, body: bytes, timestamp: str, secret: str) -> str:
    """The hex that follows `mac=`."""
    return hashlib.sha256(app_id.encode() + body + timestamp.encode() + secret.encode()).hexdigest()


def verify_receipt(app_id: str, body: bytes, timestamp: str, given: str, secret: str) -> bool:
    """Whether Zalo wrote this. `given` is the header's value, with or without `mac=`."""
    if not secret:
        return False
    expected = signature(app_id, body, timestamp, secret)
    return hmac.compare_digest(expected.encode(), given.removeprefix("mac=").strip().encode())


def parse_receipt(body: bytes) -> DeliveryReceipt | None:
    """The receipt in a webhook's body; None for any other event and for what is malformed."""
    try:
        event = json.loads(body)
        if event["event_name"] != DELIVERED:
            return None
        message = event["message"]
        return DeliveryReceipt(
            message_id=str(message["msg_id"]),
            reference=str(message.get("tracking_id", "")),
            delivered_at=datetime.fromtimestamp(int(message["delivery_time"]) / 1000, UTC),
            app_id=str(event.get("app_id", "")),
            recipient=str(event.get("recipient", {}).get("id", "")),
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError):
        return None


def open_receipt(
    app_id: str, body: bytes, given: str, secret: str
) -> tuple[bool, DeliveryReceipt | None]:
    """(the signature is good, the receipt). The timestamp is taken from the body.

    (True, None): a genuine event of another kind, to be answered 200 and left alone.
    """
    genuine = verify_receipt(app_id, body, _timestamp(body), given, secret)
    return genuine, parse_receipt(body) if genuine else None


def _timestamp(body: bytes) -> str:
    try:
        event: Any = json.loads(body)
    except ValueError:
        return ""
    return str(event.get("timestamp", "")) if isinstance(event, dict) else ""
