"""Trying the channels, and the administrator's consent for Zalo, for the command line and `doctor`."""

from __future__ import annotations

import secrets
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import Engine

from notifications.channels.base import Channel, SendError
from notifications.channels.mail.bounces import check_box
from notifications.channels.registry import ChannelTools, channel_names
from notifications.channels.zalo.auth import pkce_pair
from notifications.channels.zalo.channels import zalo_auth, zalo_http
from notifications.channels.zalo.tokens import DatabaseTokenStore
from notifications.messages.render import Templates
from notifications.messages.samples import sample_contexts
from notifications.plan_context import set_up
from plan.errors import DondocError, NotFoundError, RefusedError
from plan.keys.secret import secret_key
from plan.settings import Settings
from plan.text import date_words

QUIET = frozenset({"console"})
"""Nothing to try unless asked for by name."""
MAILBOX = "imap"


def try_channels(
    settings: Settings, open_channel: Callable[[str], Channel], *, only: str = "", to: str = ""
) -> dict[str, list[str]]:
    """Every fault of every channel that is set up (or of one), as sentences; empty lists: fine.

    `to` gets a trial message on the channels whose kind of address it is. The mailbox that bounces come
    back to is tried with them.
    """
    known = [*channel_names(), MAILBOX]
    if only and only not in known:
        raise NotFoundError("kênh", only, known)
    names = [only] if only else tested_channels(settings)
    return {
        name: _mailbox_faults(settings)
        if name == MAILBOX
        else _faults(open_channel, name, to, settings.templates)
        for name in names
    }


def tested_channels(settings: Settings) -> list[str]:
    """Names of the channels that are set up, and of the mailbox that bounces come back to."""
    there = set_up(settings) - QUIET
    mailbox = {MAILBOX} if settings.imap_url.get_secret_value() else set()
    return [name for name in [*channel_names(), MAILBOX] if name in there | mailbox]


def _mailbox_faults(settings: Settings) -> list[str]:
    try:
        check_box(settings.imap_url.get_secret_value(), settings.mail_timeout)
    except (DondocError, SendError) as error:
        return [str(error)]
    return []


def _faults(
    open_channel: Callable[[str], Channel], name: str, to: str, templates: Path | None
) -> list[str]:
    try:
        channel = open_channel(name)
        found = channel.test(to if to and _fits(to, channel.kind) else None)
        return found or channel.check_samples(_samples(templates))
    except DondocError as error:
        return [str(error)]
    except SendError as error:
        return [f"{error.words} (mã {error.code})"]


def _samples(templates: Path | None) -> dict[str, list[dict[str, str]]]:
    """What each event's messages fill a template with."""
    renders = Templates(templates)
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    for context in sample_contexts():
        found[context.event].append(renders.render(context).params)
    return found


def _fits(address: str, kind: str) -> bool:
    """By its look: a mail address, a phone, an id of Zalo's, an Apprise URL."""
    if "://" in address:
        return kind == "apprise_url"
    if "@" in address:
        return kind == "email"
    digits = address.lstrip("+").replace(" ", "").replace(".", "")
    phone = digits.isdigit() and 9 <= len(digits) <= 12
    return kind == "phone" if phone else kind in ("zalo_user", "zalo_chat")


class ZaloConsent:
    """One consent: `url` for the administrator's browser, then `finish` with where Zalo led them."""

    def __init__(
        self, settings: Settings, engine: Engine, now: Callable[[], datetime], redirect: str = ""
    ) -> None:
        tokens = DatabaseTokenStore(engine, secret_key(settings), now)
        self._tools = ChannelTools(settings, now, tokens)
        self._auth = zalo_auth(self._tools)
        self._verifier, challenge = pkce_pair()
        self._state = secrets.token_urlsafe(16)
        target = redirect or f"{settings.base_url.rstrip('/')}/zalo"
        self.url = self._auth.authorisation_url(target, challenge, self._state)

    def finish(self, answer: str) -> str:
        """Takes the address Zalo opened (or its code alone); keeps the tokens.

        Gives the day the consent ends. Raises `RefusedError` when it is not the answer to this
        consent, or Zalo does not take the code.
        """
        query = parse_qs(urlsplit(answer.strip()).query)
        if "error" in query or (query and "code" not in query):
            raise RefusedError(
                "Zalo chưa cho phép: người quản trị OA đã từ chối, hoặc địa chỉ dán vào không có «code=…». "
                "Hãy chạy lại và bấm đồng ý."
            )
        if query and query.get("state") != [self._state]:
            raise RefusedError(
                "Địa chỉ này thuộc lần cho phép khác. Hãy chạy lại và dán địa chỉ mới."
            )
        code = query["code"][0] if "code" in query else answer.strip()
        if not code or "/" in code:
            raise RefusedError(
                "Đây không phải địa chỉ Zalo đã mở sau khi đồng ý: phải có «?code=…&state=…». Hãy chạy lại."
            )
        try:
            with zalo_http(self._tools) as http:
                tokens = self._auth.exchange_code(http, code, self._verifier)
        except SendError as error:
            raise RefusedError(error.words) from None
        return date_words(tokens.refresh_expires_at) if tokens.refresh_expires_at else "(không rõ)"
