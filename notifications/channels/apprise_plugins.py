"""`zalo://`, `zns://`, `zalobot://` for Apprise: thin wrappers over our own Zalo client.

    zalo://ACCESS_TOKEN/USER_ID/USER_ID2/?secret=APP_SECRET
    zns://ACCESS_TOKEN/PHONE/?template=123456&param=noi_dung&:ten=An
    zalobot://BOT_TOKEN/CHAT_ID/

An access token lives 25 hours. In place of one, `dondoc` as the host means the pair this program
keeps and renews; it comes with the asset (`ZaloAsset`), so that no secret stands in the URL.
Apprise 1.13 (Prefect needs apprise<2) has no Zalo plugin of its own; a native one for the Bot came
with Apprise 2.1. Apprise gives True or False for all targets together, so whoever needs to know
what became of whom calls the channels instead.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar, Self

import httpx
from apprise import AppriseAsset
from apprise.manager_plugins import NotificationManager
from apprise.plugins.base import NotifyBase
from apprise.url import PrivacyMode

from notifications.channels.base import REFERENCE_LIMIT, SendError
from notifications.channels.registry import ChannelTools
from notifications.channels.zalo.auth import ZaloAuth
from notifications.channels.zalo.channels import TEXT_LIMIT, fit, phone84, zalo_client
from notifications.channels.zalo.client import ZaloBotClient, ZaloClient
from notifications.channels.zalo.http import ZaloUrls, http_client
from notifications.channels.zalo.tokens import MemoryTokenStore, Tokens

OWN = "dondoc"
TIMEOUT_SECONDS = 15.0
_URL = re.compile(r"(\w+://|URL: (?!\w+://))\S+")


class ZaloAsset(AppriseAsset):  # type: ignore[misc]  # Apprise is untyped
    """An asset that knows our tokens, our clock and where Zalo is."""

    tools: ChannelTools | None = None

    @classmethod
    def of(cls, tools: ChannelTools) -> Self:
        asset = cls(async_mode=False)
        asset.tools = tools
        return asset

    def __deepcopy__(self, _memo: dict[int, Any]) -> Self:
        return self  # an asset is read only; a database engine cannot be copied


class ZaloPlugin(NotifyBase):  # type: ignore[misc]  # Apprise is untyped
    """What the three have in common: a token for a host, recipients for a path."""

    service_url = "https://developers.zalo.me/"
    setup_url = "https://developers.zalo.me/docs/"
    templates = ("{schema}://{token}/{targets}",)
    title_maxlen = 0
    body_maxlen = TEXT_LIMIT
    request_rate_per_sec = 0
    template_tokens: ClassVar[dict[str, Any]] = dict(
        NotifyBase.template_tokens,
        token={"name": "Access Token", "type": "string", "private": True, "required": True},
        targets={"name": "Targets", "type": "list:string", "required": True},
    )
    template_args: ClassVar[dict[str, Any]] = dict(
        NotifyBase.template_args, to={"alias_of": "targets"}
    )

    def __init__(self, token: str, targets: list[str] | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.token = (token or "").strip()
        self.targets = [target for target in targets or [] if target.strip()]
        if not self.token or not self.targets:
            raise TypeError(f"{self.service_name}: a token and at least one recipient are needed")

    @property
    def url_identifier(self) -> tuple[str, str]:
        """What tells one account from another, recipients aside."""
        return (self.secure_protocol, self.token)

    def __len__(self) -> int:
        return len(self.targets)

    def own_args(self, privacy: bool) -> dict[str, str]:  # noqa: ARG002 - none of them secret
        """The plugin's own arguments in a URL."""
        return {}

    def url(self, privacy: bool = False, *args: Any, **kwargs: Any) -> str:
        """The URL that makes this object again; with `privacy`, one to show to people: neither
        secrets nor phones, ids and chats stand in it."""
        params = self.own_args(privacy) | self.url_parameters(*args, privacy=privacy, **kwargs)
        shown = [self._secret(t, privacy) for t in self.targets]
        token = self.token if self.token == OWN else self._secret(self.token, privacy)
        return f"{self.secure_protocol}://{token}/{'/'.join(shown)}/?{self.urlencode(params)}"

    def _secret(self, value: str, hidden: bool) -> str:
        shown: str = self.pprint(value, hidden, mode=PrivacyMode.Secret, safe="")
        return shown

    @staticmethod
    def parse_url(url: str) -> dict[str, Any] | None:
        """The arguments of `__init__` in a URL; None when it is none of ours."""
        found: dict[str, Any] | None = NotifyBase.parse_url(url, verify_host=False)
        if not found:
            return None
        found["token"] = NotifyBase.unquote(found["host"])
        found["targets"] = NotifyBase.split_path(found["fullpath"])
        if found["qsd"].get("to"):
            found["targets"] += NotifyBase.parse_list(found["qsd"]["to"])
        return found

    def send(self, body: str, **_: Any) -> bool:
        """True when every recipient was accepted. Who was not is logged by code, not by name."""
        with self._http() as http:
            accepted = [self._one(http, target, body) for target in self.targets]
        return all(accepted)

    def _one(self, http: httpx.Client, target: str, body: str) -> bool:
        try:
            self._deliver(http)(target, body)
        except SendError as error:
            self.logger.warning("%s: %s", self.service_name, error)
            return False
        return True

    def _deliver(self, http: httpx.Client) -> Callable[[str, str], Any]:
        """A function (recipient, text) that sends or raises `SendError`."""
        raise NotImplementedError

    @property
    def _tools(self) -> ChannelTools | None:
        return getattr(self.asset, "tools", None)

    @property
    def _urls(self) -> ZaloUrls:
        return ZaloUrls.of(self._tools.settings) if self._tools else ZaloUrls()

    def _now(self) -> datetime:
        """Only for how long to wait, which Apprise cannot be told: any instant does."""
        return self._tools.now() if self._tools else datetime.min.replace(tzinfo=UTC)

    def _http(self) -> httpx.Client:
        proxy = self._tools.settings.zalo_proxy.get_secret_value() if self._tools else ""
        return http_client(TIMEOUT_SECONDS, proxy)

    def _client(self, http: httpx.Client, app_secret: str = "") -> ZaloClient:
        if self.token == OWN:
            if self._tools is None:
                raise SendError("asset", "Chưa có token Zalo đi kèm.", permanent=True)
            return zalo_client(self._tools, http)
        given = Tokens(self.token, "", access_expires_at=datetime.max.replace(tzinfo=UTC))
        auth = ZaloAuth(self._urls.oauth, "", app_secret, MemoryTokenStore(given), self._now)
        return ZaloClient(http, self._urls, auth, self._now)


class NotifyZalo(ZaloPlugin):
    """A message of an Official Account to people who spoke with it within 7 days."""

    service_name = "Zalo OA"
    secure_protocol = "zalo"
    template_args: ClassVar[dict[str, Any]] = dict(
        ZaloPlugin.template_args,
        secret={"name": "App Secret", "type": "string", "private": True, "map_to": "secret"},
    )

    def __init__(self, secret: str = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.secret = secret

    def own_args(self, privacy: bool) -> dict[str, str]:
        hidden = self.pprint(self.secret, privacy, mode=PrivacyMode.Secret, quote=False)
        return {"secret": hidden} if self.secret else {}

    @staticmethod
    def parse_url(url: str) -> dict[str, Any] | None:
        found = ZaloPlugin.parse_url(url)
        if found:
            found["secret"] = NotifyBase.unquote(found["qsd"].get("secret", ""))
        return found

    def _deliver(self, http: httpx.Client) -> Callable[[str, str], Any]:
        client = self._client(http, self.secret)
        return lambda user, text: client.send_oa(user, fit(text))


class NotifyZns(ZaloPlugin):
    """A template message by phone; the text fills the parameter named by `param`."""

    service_name = "Zalo ZNS"
    secure_protocol = "zns"
    template_args: ClassVar[dict[str, Any]] = dict(
        ZaloPlugin.template_args,
        template={"name": "Template ID", "type": "string", "required": True},
        param={"name": "Text Parameter", "type": "string", "default": "noi_dung"},
    )
    template_kwargs: ClassVar[dict[str, Any]] = {
        "fixed": {"name": "Template Parameters", "prefix": ":"}
    }

    def __init__(
        self,
        template: str = "",
        param: str = "noi_dung",
        fixed: dict[str, str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not template:
            raise TypeError("Zalo ZNS: ?template= is needed")
        self.template = template
        self.param = param
        self.fixed = dict(fixed or {})

    def own_args(self, privacy: bool) -> dict[str, str]:  # noqa: ARG002 - none of them secret
        fixed = {f":{name}": value for name, value in self.fixed.items()}
        return {"template": self.template, "param": self.param} | fixed

    @staticmethod
    def parse_url(url: str) -> dict[str, Any] | None:
        found = ZaloPlugin.parse_url(url)
        if found:
            given = found["qsd"]
            found["template"] = NotifyBase.unquote(given.get("template", ""))
            found["param"] = NotifyBase.unquote(given.get("param", "")) or "noi_dung"
            found["fixed"] = {
                NotifyBase.unquote(name): NotifyBase.unquote(value)
                for name, value in found["qsd:"].items()
            }
        return found

    def _deliver(self, http: httpx.Client) -> Callable[[str, str], Any]:
        client = self._client(http)

        def deliver(phone: str, text: str) -> None:
            data = self.fixed | {self.param: text}
            mark = hashlib.sha256(f"{phone}\0{text}".encode()).hexdigest()[:REFERENCE_LIMIT]
            client.send_zns(phone84(phone), self.template, data, mark)

        return deliver


class NotifyZaloBot(ZaloPlugin):
    """A message of a Zalo Bot to people who wrote to it first."""

    service_name = "Zalo Bot"
    secure_protocol = "zalobot"

    def _bot_token(self) -> str:
        if self.token == OWN and self._tools:
            return self._tools.settings.zalo_bot_token.get_secret_value()
        return self.token

    def _http(self) -> httpx.Client:
        proxy = self._tools.settings.zalo_proxy.get_secret_value() if self._tools else ""
        return http_client(TIMEOUT_SECONDS, proxy, self._bot_token())

    def _deliver(self, http: httpx.Client) -> Callable[[str, str], Any]:
        client = ZaloBotClient(http, self._urls.bot, self._now)
        return lambda chat, text: client.send(chat, fit(text))


PLUGINS = (NotifyZalo, NotifyZns, NotifyZaloBot)


class _HideUrls(logging.Filter):
    """Apprise logs the URLs it loads, and whole those it cannot: secrets and people's addresses."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _URL.sub(r"\1●●●", record.getMessage()), ()
        return True


def register() -> None:
    """Makes the three known to Apprise, and hides URLs in its log. May be called again."""
    log = logging.getLogger("apprise")
    if not any(isinstance(f, _HideUrls) for f in log.filters):
        log.addFilter(_HideUrls())
    manager = NotificationManager()
    for plugin in PLUGINS:
        if plugin.secure_protocol not in manager:
            manager.add(plugin)
