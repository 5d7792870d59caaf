"""Any Apprise URL as a channel: Teams, Telegram, SMS gateways, and our own Zalo plugins.

Apprise tells whether a call went well, never why or for whom: so one recipient a call, and a
failure is a temporary one. Its own pause between calls (5.5 s for most services,
whatever the attribute's name says) is set to 0: the outbox keeps the pace. A URL with `retry=`
would send again to those already served; it is taken out.
"""

from __future__ import annotations

from typing import ClassVar

from apprise import Apprise, NotifyFormat
from apprise.plugins.base import NotifyBase

from notifications.channels.apprise_plugins import ZaloAsset, register
from notifications.channels.base import (
    Channel,
    Outgoing,
    Receipt,
    SendError,
    Session,
    trial_message,
)
from notifications.channels.registry import ChannelTools


class AppriseSession(Session):
    def __init__(self, asset: ZaloAsset) -> None:
        self._asset = asset

    def send(self, outgoing: Outgoing) -> Receipt:
        """`address` is an Apprise URL; what goes out is the short text, the subject its title."""
        service = self._service(outgoing.address)
        apprise = Apprise(asset=self._asset)
        apprise.add(service)
        accepted = apprise.notify(
            body=outgoing.short_text, title=outgoing.subject, body_format=NotifyFormat.TEXT
        )
        if not accepted:
            words = f"Apprise ({service.service_name}) báo không gửi được."
            raise SendError("apprise", words, permanent=False)
        return Receipt(f"apprise-{outgoing.reference or outgoing.message_id}")

    def _service(self, url: str) -> NotifyBase:
        service = Apprise.instantiate(url, asset=self._asset)
        if service is None:
            words = "Địa chỉ Apprise không đúng; sửa lại trong danh sách người nhận."
            raise SendError("url", words, permanent=True, address_dead=True)
        service.request_rate_per_sec = 0
        service.retry = 0
        return service


class AppriseChannel(Channel):
    name: ClassVar[str] = "apprise"
    kind: ClassVar[str] = "apprise_url"

    def __init__(self, tools: ChannelTools) -> None:
        register()
        self._tools = tools
        self._asset = ZaloAsset.of(tools)

    def open(self) -> AppriseSession:
        return AppriseSession(self._asset)

    def test(self, address: str | None) -> list[str]:
        """Reads each of `DONDOC_APPRISE_URLS` without sending; with an address (a URL), sends."""
        urls = self._tools.settings.apprise_urls
        if not urls and address is None:
            return ["Chưa đặt DONDOC_APPRISE_URLS, cũng không nêu địa chỉ để gửi thử."]
        faults = [
            f"DONDOC_APPRISE_URLS: địa chỉ thứ {number} không đúng."
            for number, url in enumerate(urls, start=1)
            if Apprise.instantiate(url.get_secret_value(), asset=self._asset) is None
        ]
        if address is not None:
            try:
                self.open().send(trial_message(self.name, address, self._tools.now()))
            except SendError as error:
                faults.append(f"{error.words} (mã {error.code})")
        return faults


def apprise_channel(tools: ChannelTools) -> AppriseChannel:
    """Needs no setting: the URL is the recipient's address."""
    return AppriseChannel(tools)
