"""The Zalo channels: OA messages, ZNS by phone, the Bot. A reminder and a link, never figures."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar

from notifications.channels.base import (
    REFERENCE_LIMIT,
    Channel,
    Outgoing,
    Receipt,
    SendError,
    Session,
    Tools,
    trial_message,
)
from notifications.channels.zalo_client import ZaloBotClient, ZaloClient
from notifications.channels.zalo_setup import (
    zalo_auth,
    zalo_bot_client,
    zalo_bot_token,
    zalo_client,
    zalo_http,
)
from notifications.channels.zalo_text import fit, phone84


class _ZaloSession(Session):
    """Connections kept for the batch."""

    def __init__(self, tools: Tools, bot_token: str = "") -> None:
        self.http = zalo_http(tools, bot_token)

    def close(self) -> None:
        self.http.close()


class OaSession(_ZaloSession):
    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self.client: ZaloClient = zalo_client(tools, self.http)

    def send(self, outgoing: Outgoing) -> Receipt:
        """`address` is the person's user_id with this OA (from a webhook or the follower list)."""
        return self.client.send_oa(outgoing.address, fit(outgoing.short_text))


class ZnsSession(_ZaloSession):
    def __init__(self, tools: Tools) -> None:
        super().__init__(tools)
        self.client: ZaloClient = zalo_client(tools, self.http)
        self._templates: Mapping[str, str] = tools.settings.zalo_zns_templates

    def send(self, outgoing: Outgoing) -> Receipt:
        """`address` is a phone in any form. An event without a template goes another way."""
        template = self._templates.get(outgoing.event)
        if template is None:
            raise SendError(
                "template",
                f"Chưa có mã mẫu ZNS cho «{outgoing.event}» trong DONDOC_ZALO_ZNS_TEMPLATES.",
                permanent=True,
                address_dead=True,
                for_now=True,
            )
        tracking = (outgoing.reference or str(outgoing.message_id))[:REFERENCE_LIMIT]
        return self.client.send_zns(phone84(outgoing.address), template, outgoing.params, tracking)


class BotSession(_ZaloSession):
    def __init__(self, tools: Tools) -> None:
        super().__init__(tools, zalo_bot_token(tools))
        self.client: ZaloBotClient = zalo_bot_client(tools, self.http)

    def send(self, outgoing: Outgoing) -> Receipt:
        """`address` is the chat_id Zalo gave when the person wrote to the bot."""
        return self.client.send(outgoing.address, fit(outgoing.short_text))


class _ZaloChannel(Channel):
    def __init__(self, tools: Tools) -> None:
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


class ZaloZnsChannel(_ZaloChannel):
    name: ClassVar[str] = "zalo_zns"
    kind: ClassVar[str] = "phone"

    def open(self) -> ZnsSession:
        return ZnsSession(self._tools)

    def require(self) -> None:
        zalo_auth(self._tools)

    def _try(self, address: str | None) -> list[str]:
        """Looks up each template and the quota. ZNS carries only approved templates, so a test
        message needs one for the event "test"."""
        templates = self._tools.settings.zalo_zns_templates
        faults = [] if templates else ["Chưa có mẫu ZNS nào trong DONDOC_ZALO_ZNS_TEMPLATES."]
        with self.open() as session:
            left, daily = session.client.zns_quota()
            if left <= 0:
                faults.append(f"Hết hạn mức ZNS hôm nay ({daily} tin).")
            faults += [f for t in templates.items() if (f := _template_fault(session, *t))]
            if address is not None:
                session.send(self._trial_message(address))
        return faults + zalo_auth(self._tools).faults()


def _template_fault(session: ZnsSession, event: str, template: str) -> str:
    try:
        session.client.zns_template(template)
    except SendError as error:
        return f"Mẫu ZNS «{template}» cho «{event}»: {error.words} (mã {error.code})"
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
