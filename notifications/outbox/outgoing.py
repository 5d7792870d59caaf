"""From a row of the outbox to what a channel takes."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from notifications.channels.base import Attachment, Outgoing, SendError
from notifications.outbox.store import ClaimedMessage
from plan.calendar import LOCAL


def outgoing_of(
    message: ClaimedMessage, now: datetime, apprise_urls: Sequence[SecretStr]
) -> Outgoing:
    """The message as rendered, and dated as it was then: tried again, it is the same bytes.

    Raises `SendError` for an Apprise URL that is gone.
    """
    content = message.content
    dated_at = datetime.fromisoformat(content["dated_at"]) if "dated_at" in content else now
    return Outgoing(
        message_id=message.id,
        channel=message.channel,
        address=_address(message, apprise_urls),
        subject=content["subject"],
        text=content.get("text", ""),
        html=content.get("html", ""),
        short_text=content["short_text"],
        params=content["params"],
        event=message.event,
        reference=message.reference,
        headers=content.get("headers", {}),
        attachments=tuple(_attachment(made) for made in content.get("attachments", ())),
        date=dated_at.astimezone(LOCAL),
    )


def _attachment(made: dict[str, Any]) -> Attachment:
    return Attachment(made["filename"], made["mime"], base64.b64decode(made["data"]))


def _address(message: ClaimedMessage, apprise_urls: Sequence[SecretStr]) -> str:
    """An Apprise URL holds a token: the row has only its number in the settings."""
    if message.channel != "apprise":
        return message.address
    number = int(message.address.partition(":")[2])
    if number > len(apprise_urls):
        words = f"DONDOC_APPRISE_URLS không còn địa chỉ thứ {number}."
        raise SendError("settings", words, permanent=True, address_dead=True, for_now=True)
    return apprise_urls[number - 1].get_secret_value()
