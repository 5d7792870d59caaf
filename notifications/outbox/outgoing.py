"""From a row of the outbox to what a channel takes."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from pydantic import SecretStr

from intake.files.store import StoreError
from notifications.channels.base import Attachment, Outgoing, SendError
from notifications.outbox.store import ClaimedMessage
from plan.calendar import LOCAL
from plan.errors import NotFoundError


def outgoing_of(
    message: ClaimedMessage,
    now: datetime,
    apprise_urls: Sequence[SecretStr],
    kept: Callable[[str], bytes] | None = None,
) -> Outgoing:
    """The message as rendered, and dated as it was then: tried again, it is the same bytes.

    `kept` gives a file of the store by its hash. Raises `SendError` for an Apprise URL that is gone, and for
    a file that cannot be fetched.
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
        attachments=tuple(_attachment(made, kept) for made in content.get("attachments", ())),
        date=dated_at.astimezone(LOCAL),
    )


def _attachment(made: dict[str, Any], kept: Callable[[str], bytes] | None) -> Attachment:
    if kept is None or "sha256" not in made:
        return Attachment(made["filename"], made["mime"], base64.b64decode(made["data"]))
    try:
        return Attachment(made["filename"], made["mime"], kept(made["sha256"]))
    except (StoreError, NotFoundError, OSError) as error:
        raise SendError("store", str(error), permanent=False) from error


def _address(message: ClaimedMessage, apprise_urls: Sequence[SecretStr]) -> str:
    """An Apprise URL holds a token: the row has only its number in the settings."""
    if message.channel != "apprise":
        return message.address
    number = int(message.address.partition(":")[2])
    if number > len(apprise_urls):
        words = f"DONDOC_APPRISE_URLS không còn địa chỉ thứ {number}."
        raise SendError("settings", words, permanent=True, address_dead=True, for_now=True)
    return apprise_urls[number - 1].get_secret_value()
