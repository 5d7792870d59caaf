"""The Zalo channels: OA messages, templates by user id or phone, the Bot. A reminder and a link, never
figures."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import ClassVar

import httpx

from notifications.channels.base import (
    REFERENCE_LIMIT,
    Channel,
    Outgoing,
    Receipt,
    SendError,
    Session,
    trial_message,
)
from notifications.channels.registry import ChannelTools
from notifications.channels.zalo.auth import ZaloAuth
from notifications.channels.zalo.client import ZaloBotClient, ZaloClient
from notifications.channels.zalo.errors import night
from notifications.channels.zalo.http import ZaloUrls, http_client
from notifications.channels.zalo_templates import Template, faults, filled
from plan.errors import SettingsError

SAMPLE_BASE = "https://dondoc.example"
"""What the links of sample messages begin with."""


class _ZaloSession(Session):
    """Connections kept for the batch."""

    def __init__(self, tools: ChannelTools, bot_token: str = "") -> None:
        self.http = zalo_http(tools, bot_token)

    def close(self) -> None:
        self.http.close()


class OaSession(_ZaloSession):
    def __init__(self, tools: ChannelTools) -> None:
        super().__init__(tools)
        self.client: ZaloClient = zalo_client(tools, self.http)

    def send(self, outgoing: Outgoing) -> Receipt:
        """`address` is the person's user_id with this OA (from a webhook or the follower list)."""
        return self.client.send_oa(outgoing.address, fit(outgoing.short_text))


class TemplateSession(_ZaloSession):
    """Messages that carry an approved template, by phone or by user id."""

    def __init__(
        self, tools: ChannelTools, templates: Mapping[str, str], *, by_phone: bool
    ) -> None:
        super().__init__(tools)
        self.client: ZaloClient = zalo_client(tools, self.http)
        self._tools = tools
        self._templates = templates
        self._by_phone = by_phone
        self._known: dict[str, Template] = {}

    def send(self, outgoing: Outgoing) -> Receipt:
        """`address` is a phone in any form, or a user id. An event without a template, and parameters
        the template does not take, go another way; templates of the day's tags wait for the day."""
        number = self._templates.get(outgoing.event)
        if number is None:
            raise _elsewhere("template", f"Chưa có mã mẫu Zalo cho «{outgoing.event}».")
        template = self._template(number)
        if template.sleeps(self._tools.now()):
            raise night(self._tools.now())
        params = filled(template, outgoing.params, self._tools.settings.base_url)
        if wrong := faults(template, params):
            raise _elsewhere("params", f"Mẫu Zalo {number}: {'; '.join(wrong)}.")
        tracking = (outgoing.reference or str(outgoing.message_id))[:REFERENCE_LIMIT]
        if self._by_phone:
            return self.client.send_zns(phone84(outgoing.address), number, params, tracking)
        return self.client.send_uid(outgoing.address, number, params, tracking)

    def _template(self, number: str) -> Template:
        """Asked for once a batch. Where Zalo will not tell, the message shows."""
        if number not in self._known:
            try:
                self._known[number] = self.client.zns_template(number)
            except SendError as error:
                if error.fate_unknown:  # a question, not a message: nothing can have arrived
                    raise _down(error) from None
                if not error.unknown:
                    raise
                self._known[number] = Template(())
        return self._known[number]


def _down(error: SendError) -> SendError:
    return SendError(error.code, error.words, permanent=False, channel_down=True)


def _elsewhere(code: str, words: str) -> SendError:
    return SendError(code, words, permanent=True, address_dead=True, for_now=True)


class BotSession(_ZaloSession):
    def __init__(self, tools: ChannelTools) -> None:
        super().__init__(tools, zalo_bot_token(tools))
        self.client: ZaloBotClient = zalo_bot_client(tools, self.http)

    def send(self, outgoing: Outgoing) -> Receipt:
        """`address` is the chat_id Zalo gave when the person wrote to the bot."""
        return self.client.send(outgoing.address, fit(outgoing.short_text))


class _ZaloChannel(Channel):
    def __init__(self, tools: ChannelTools) -> None:
        self._tools = tools
        self.require()

    @abstractmethod
    def require(self) -> None:
        """Raises `SettingsError` when a setting is missing."""

    @abstractmethod
    def _try(self, address: str | None) -> list[str]:
        """Asks Zalo; faults not raised as `SendError` are returned."""

    def test(self, address: str | None) -> list[str]:
        """Asks Zalo whether it would take messages; with an address, sends a test message."""
        try:
            return self._try(address)
        except SendError as error:
            return [f"{error.words} (mã {error.code})"]

    def _trial_message(self, address: str) -> Outgoing:
        return trial_message(self.name, address, self._tools.now())


class ZaloOaChannel(_ZaloChannel):
    name: ClassVar[str] = "zalo_oa"
    kind: ClassVar[str] = "zalo_user"

    def open(self) -> OaSession:
        return OaSession(self._tools)

    def require(self) -> None:
        zalo_auth(self._tools)

    def _try(self, address: str | None) -> list[str]:
        auth = zalo_auth(self._tools)
        with self.open() as session:
            auth.access_token(session.http)
            if address is not None:
                session.send(self._trial_message(address))
        return auth.faults()


class _TemplateChannel(_ZaloChannel):
    """What the two ways of sending templates have in common."""

    setting: ClassVar[str]
    by_phone: ClassVar[bool]

    @property
    def templates(self) -> Mapping[str, str]:
        found: Mapping[str, str] = getattr(self._tools.settings, self.setting)
        return found

    def open(self) -> TemplateSession:
        return TemplateSession(self._tools, self.templates, by_phone=self.by_phone)

    def require(self) -> None:
        zalo_auth(self._tools)

    def _try(self, address: str | None) -> list[str]:
        """Looks up each template and the quota. Zalo carries only approved templates, so a test
        message needs one for the event "test"."""
        name = f"DONDOC_{self.setting.upper()}"
        wrong = [] if self.templates else [f"Chưa có mẫu Zalo nào trong {name}."]
        with self.open() as session:
            if self.by_phone:
                left, daily = session.client.zns_quota()
                wrong += [f"Hết hạn mức ZNS hôm nay ({daily} tin)."] if left <= 0 else []
            wrong += [f for t in self.templates.items() if (f := _template_fault(session, *t))]
            if address is not None:
                session.send(self._trial_message(address))
        return wrong + zalo_auth(self._tools).faults()

    def check_samples(self, _samples: Mapping[str, Sequence[Mapping[str, str]]]) -> list[str]:
        """Whether each template takes what its event is filled with: said before the first reminder."""
        wrong: list[str] = []
        with self.open() as session:
            for event, number in self.templates.items():
                try:
                    template = session.client.zns_template(number)
                except SendError:
                    continue  # said by `test`
                for params in _samples.get(event, ()):
                    given = filled(template, params, SAMPLE_BASE)
                    wrong += [f"Mẫu {number} cho «{event}»: {f}." for f in faults(template, given)]
        return list(dict.fromkeys(wrong))


class ZaloZnsChannel(_TemplateChannel):
    name: ClassVar[str] = "zalo_zns"
    kind: ClassVar[str] = "phone"
    setting: ClassVar[str] = "zalo_zns_templates"
    by_phone: ClassVar[bool] = True


class ZaloUidChannel(_TemplateChannel):
    name: ClassVar[str] = "zalo_uid"
    kind: ClassVar[str] = "zalo_user"
    setting: ClassVar[str] = "zalo_uid_templates"
    by_phone: ClassVar[bool] = False


def _template_fault(session: TemplateSession, event: str, template: str) -> str:
    try:
        session.client.zns_template(template)
    except SendError as error:
        return f"Mẫu Zalo «{template}» cho «{event}»: {error.words} (mã {error.code})"
    return ""


class ZaloBotChannel(_ZaloChannel):
    name: ClassVar[str] = "zalo_bot"
    kind: ClassVar[str] = "zalo_chat"

    def open(self) -> BotSession:
        return BotSession(self._tools)

    def require(self) -> None:
        zalo_bot_token(self._tools)

    def _try(self, address: str | None) -> list[str]:
        with self.open() as session:
            session.client.check()
            if address is not None:
                session.send(self._trial_message(address))
        return []


# --- Phones and texts in the form Zalo takes them. Pure.

TEXT_LIMIT = 2000
_SEPARATORS = re.compile(r"[ \t\u00a0.\-()]+")
# After 84: nine digits of a mobile number (3, 5, 7, 8, 9), ten of a landline (2).
# Excel loses the zero in front: `912345678` is a mobile number as well.
_PHONE = re.compile(r"(?:(?:\+84|0084|84|0)0?)?([35789]\d{8}|2\d{9})", re.ASCII)


def phone84(phone: str) -> str:
    """`0912 345 678`, `+84 (0)912.345.678`, `84912345678` → `84912345678`.

    Raises `SendError(address_dead)` for what is no Vietnamese number.
    """
    found = _PHONE.fullmatch(_SEPARATORS.sub("", phone))
    if not found:
        words = "Số điện thoại không đúng dạng; sửa lại trong danh sách người nhận."
        raise SendError("phone", words, permanent=True, address_dead=True)
    return "84" + found.group(1)


def fit(text: str, limit: int = TEXT_LIMIT) -> str:
    """The text within `limit` letters: what is cut is the middle, so the last line, which holds
    the link, stays whole (unless it alone is too long)."""
    text = text.strip()
    if len(text) <= limit:
        return text
    head, _, last = text.rpartition("\n")
    room = limit - len(last) - len("…\n")
    if not head or room <= 0:
        return text[: limit - 1] + "…"
    return f"{head[:room].rstrip()}…\n{last}"


# --- Zalo's parts put together from the settings: for the channels, `dondoc zalo login`, Apprise.


def zalo_http(tools: ChannelTools, bot_token: str = "") -> httpx.Client:
    """Connections to Zalo; the caller closes them."""
    settings = tools.settings
    return http_client(settings.zalo_timeout, settings.zalo_proxy.get_secret_value(), bot_token)


def zalo_auth(tools: ChannelTools) -> ZaloAuth:
    """Raises `SettingsError` when the app is not set up."""
    settings = tools.settings
    secret = settings.zalo_app_secret.get_secret_value()
    if not settings.zalo_app_id or not secret:
        raise SettingsError(
            "Chưa đặt ứng dụng Zalo: DONDOC_ZALO_APP_ID và DONDOC_ZALO_APP_SECRET "
            "(lấy ở developers.zalo.me)."
        )
    if tools.tokens is None:
        raise SettingsError("Kênh Zalo cần nơi giữ token (cơ sở dữ liệu).")
    url = ZaloUrls.of(settings).oauth
    return ZaloAuth(url, settings.zalo_app_id, secret, tools.tokens, tools.now)


def zalo_client(tools: ChannelTools, http: httpx.Client) -> ZaloClient:
    return ZaloClient(http, ZaloUrls.of(tools.settings), zalo_auth(tools), tools.now)


def zalo_bot_token(tools: ChannelTools) -> str:
    token = tools.settings.zalo_bot_token.get_secret_value()
    if not token:
        raise SettingsError("Chưa đặt DONDOC_ZALO_BOT_TOKEN (lấy từ OA «Zalo Bot Manager»).")
    return token


def zalo_bot_client(tools: ChannelTools, http: httpx.Client) -> ZaloBotClient:
    return ZaloBotClient(http, ZaloUrls.of(tools.settings).bot, tools.now)
