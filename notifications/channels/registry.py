"""The channels by name. A new channel is one class and one line here.

Named by module and imported when asked for: Apprise and httpx take half a second to load, which
neither `dondoc --help` nor an office with e-mail alone should wait for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import cast

from notifications.channels.base import Channel, Now
from notifications.channels.zalo.tokens import TokenStore
from plan.errors import NotFoundError
from plan.settings import Settings

FACTORIES: dict[str, str] = {
    "email": "mail.channel:email_channel",
    "zalo_oa": "zalo.channels:ZaloOaChannel",
    "zalo_uid": "zalo.channels:ZaloUidChannel",
    "zalo_zns": "zalo.channels:ZaloZnsChannel",
    "zalo_bot": "zalo.channels:ZaloBotChannel",
    "apprise": "apprise:apprise_channel",
    "console": "console:console_channel",
}


def channel_names() -> tuple[str, ...]:
    """Every name, in the order people are shown them."""
    return tuple(FACTORIES)


def make_channel(
    name: str, settings: Settings, now: Now, tokens: TokenStore | None = None
) -> Channel:
    """The channel of that name, connected to nothing yet.

    Raises `NotFoundError` for an unknown name and `SettingsError` when a setting is missing.
    `tokens` is needed by the OA and ZNS (and by `zalo://dondoc/…` in an Apprise URL).
    """
    where = FACTORIES.get(name)
    if where is None:
        raise NotFoundError("kênh", name, FACTORIES)
    module, _, attribute = where.partition(":")
    found = getattr(import_module(f"notifications.channels.{module}"), attribute)
    factory = cast(Callable[[ChannelTools], Channel], found)
    return factory(ChannelTools(settings, now, tokens))


@dataclass(frozen=True)
class ChannelTools:
    """What a channel's factory may use: the settings, a clock, and where tokens are kept."""

    settings: Settings
    now: Now
    tokens: TokenStore | None = None
