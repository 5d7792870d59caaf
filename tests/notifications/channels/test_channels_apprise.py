"""Our Apprise plugins, tested the way Apprise tests its own, and any Apprise URL as a channel."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta

import pytest
from apprise import Apprise, AppriseAsset, NotifyFormat
from apprise.manager_plugins import NotificationManager
from hypothesis import given
from hypothesis import strategies as st

from notifications.channels.apprise import AppriseChannel
from notifications.channels.apprise_plugins import (
    PLUGINS,
    NotifyZalo,
    NotifyZaloBot,
    NotifyZns,
    ZaloAsset,
    ZaloPlugin,
    register,
)
from notifications.channels.base import Outgoing, SendError
from notifications.channels.registry import ChannelTools
from notifications.channels.zalo.tokens import MemoryTokenStore, Tokens
from plan.settings import Settings
from tests.standins import HandClock, SmtpSink, ZaloStandin

register()

# URL, its class (None: refused), how many recipients, what privacy must hide
URLS = [
    ("zalo://", None, 0, []),
    ("zalo://access-token", None, 0, []),
    ("zalo://access-token/", None, 0, []),
    ("zalo:///100200", None, 0, []),
    ("zalo://access-token/100200", NotifyZalo, 1, ["access-token"]),
    ("zalo://Access_Token-9/100200/300400/", NotifyZalo, 2, ["Access_Token-9"]),
    ("zalo://access-token/?to=100200,300400", NotifyZalo, 2, ["access-token"]),
    (
        "zalo://access-token/100200?secret=bi-mat%26x&retry=2&wait=1.5&optional=yes",
        NotifyZalo,
        3,  # Apprise counts the calls it would make, retries included
        ["access-token", "bi-mat"],
    ),
    ("zalo://a%2Fb%3Ac%40d%20e/100200?overflow=split", NotifyZalo, 1, ["b:c@d", "a%2Fb"]),
    ("zalo://dondoc/100200", NotifyZalo, 1, []),
    ("zns://access-token/0912345678", None, 0, []),
    (
        "zns://access-token/0912345678/+84987654321?template=301",
        NotifyZns,
        2,
        ["access-token", "0912345678", "987654321"],
    ),
    (
        "zns://access-token/0912345678?template=301&param=tin&:ho_ten=Nguy%E1%BB%85n%20An&:a%26b=1%3D2",
        NotifyZns,
        1,
        ["access-token", "0912345678"],
    ),
    ("zalobot://", None, 0, []),
    ("zalobot://123:abc", None, 0, []),
    ("zalobot://123:abc/chat-1/chat-2", NotifyZaloBot, 2, ["123:abc", "123%3Aabc"]),
    ("zalobot://123%3Aabc/chat-1", NotifyZaloBot, 1, ["123:abc", "123%3Aabc"]),
]


@pytest.mark.parametrize(("url", "kind", "targets", "secrets"), URLS)
def test_urls(url: str, kind: type[ZaloPlugin] | None, targets: int, secrets: list[str]) -> None:
    first = Apprise.instantiate(url)
    if kind is None:
        assert first is None
        return
    assert isinstance(first, kind)
    assert len(first) == targets
    again = Apprise.instantiate(first.url())
    assert isinstance(again, kind)
    assert again.url() == first.url()
    assert (len(again), again.url_id()) == (len(first), first.url_id())
    assert vars_of(again) == vars_of(first)
    shown = first.url(privacy=True)
    assert isinstance(Apprise.instantiate(shown), kind)
    for secret in secrets:
        assert secret in f"{first.url()} {url}" or secret in str(vars_of(first))
        assert secret not in shown


def vars_of(plugin: ZaloPlugin) -> dict[str, object]:
    names = (
        "token",
        "targets",
        "secret",
        "template",
        "param",
        "fixed",
        "retry",
        "wait",
        "optional",
    )
    return {name: getattr(plugin, name) for name in names if hasattr(plugin, name)}


words = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc", "Cs", "Zs", "Zl", "Zp"]),
    min_size=1,
    max_size=20,
)


@given(token=words, user=st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True), secret=words)
def test_any_token_survives_the_round(token: str, user: str, secret: str) -> None:
    made = NotifyZalo(token=token, targets=[user], secret=secret)
    again = Apprise.instantiate(made.url())
    assert isinstance(again, NotifyZalo)
    assert (again.token, again.secret, again.targets) == (token, secret, [user])


def test_known_to_apprise_once_and_described() -> None:
    register()
    manager = NotificationManager()
    assert all(plugin.secure_protocol in manager for plugin in PLUGINS)
    described = {s["service_name"]: s for s in Apprise().details()["schemas"]}
    for plugin in PLUGINS:
        details = described[plugin.service_name]["details"]
        assert details["tokens"]["token"]["private"]
    assert all(plugin.request_rate_per_sec == 0 for plugin in PLUGINS)


@pytest.fixture
def zalo() -> Iterator[ZaloStandin]:
    with ZaloStandin(HandClock()) as standin:
        yield standin


@pytest.fixture
def tools(zalo: ZaloStandin) -> ChannelTools:
    pair, now = zalo.world.grant(), zalo.world.now
    store = MemoryTokenStore(
        Tokens(pair["access_token"], pair["refresh_token"], now() + timedelta(hours=25))
    )
    return ChannelTools(Settings(_env_file=None, **zalo.settings()), now, store)


def notify(tools: ChannelTools, *urls: str) -> bool:
    apprise = Apprise(asset=ZaloAsset.of(tools))
    for url in urls:
        assert apprise.add(url)
    return bool(apprise.notify(body="Còn 3 ngày", title="Nhắc việc"))


def test_the_three_send(zalo: ZaloStandin, tools: ChannelTools) -> None:
    token, bot = zalo.world.grant()["access_token"], zalo.world.bot_token
    assert notify(
        tools,
        f"zalo://{token}/100200/300400?secret={zalo.world.app_secret}",
        f"zns://{token}/0912345678?template=301&param=tin&:ten=An",
        f"zalobot://{bot}/chat-1",
    )
    oa, oa2, zns, chat = zalo.world.accepted
    assert (oa.kind, oa.to, oa2.to) == ("oa", "100200", "300400")
    assert oa.text.split() == ["Nhắc", "việc", "Còn", "3", "ngày"]
    assert zns.body["phone"] == "84912345678"
    assert zns.body["template_data"]["ten"] == "An"
    assert "Còn 3 ngày" in zns.body["template_data"]["tin"]
    assert len(zns.body["tracking_id"]) <= 48
    assert (chat.kind, chat.to) == ("bot", "chat-1")


def test_our_own_tokens_are_renewed_for_apprise_too(zalo: ZaloStandin, tools: ChannelTools) -> None:
    zalo.fail("oa", code=-216)
    assert notify(tools, "zalo://dondoc/100200", "zalobot://dondoc/chat-1")
    assert (zalo.world.refreshes, len(zalo.world.accepted)) == (1, 2)
    bare = Apprise.instantiate("zalo://dondoc/100200", asset=AppriseAsset())
    assert bare is not None
    assert not bare.notify(body="x")


def test_a_refusal_is_false_and_names_nobody(
    zalo: ZaloStandin, tools: ChannelTools, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    zalo.world.strangers.add("100200")
    token = zalo.world.grant()["access_token"]
    assert notify(tools, f"zalo://{token}/100200/300400") is False
    assert [a.to for a in zalo.world.accepted] == ["300400"]
    assert "-213" in caplog.text
    assert "100200" not in caplog.text
    assert token not in caplog.text
    zalo.world.revoke()
    assert notify(tools, f"zalo://{token}/300400") is False
    assert token not in caplog.text


# The channel


def outgoing(url: str, **given: object) -> Outgoing:
    fields: dict[str, object] = {
        "message_id": 7,
        "channel": "apprise",
        "address": url,
        "subject": "Nhắc việc",
        "text": "SỐ LIỆU",
        "short_text": "Còn 3 ngày",
        "reference": "r7",
    }
    return Outgoing(**(fields | given))  # type: ignore[arg-type]


def test_any_apprise_url_is_a_channel(zalo: ZaloStandin, tools: ChannelTools) -> None:
    with SmtpSink() as sink, AppriseChannel(tools).open() as session:
        mail = f"mailto://127.0.0.1:{sink.port}/?from=a@x.vn&to=b@x.vn&mode=insecure"
        assert session.send(outgoing(mail)).provider_id == "apprise-r7"
        assert session.send(outgoing("zalo://dondoc/100200"))
        assert sink.mails[0].recipients == ("b@x.vn",)
        assert "SỐ LIỆU".encode() not in sink.mails[0].data
        sink.faults.recipients["b@x.vn"] = "550 5.1.1 no"
        with pytest.raises(SendError) as caught:
            session.send(outgoing(mail + "&retry=3"))
        assert (caught.value.code, caught.value.permanent) == ("apprise", False)
        assert sink.connections == 2
    assert len(zalo.world.accepted) == 1


def test_a_url_of_nothing_is_dead(tools: ChannelTools, caplog: pytest.LogCaptureFixture) -> None:
    for bad in (
        "",
        "khong-co://x/y",
        "zalo://",
        "nhan@x.vn/bimat",
        "khong-co://bimat@x",
        "zns://bimat/bimat",
    ):
        with AppriseChannel(tools).open() as session, pytest.raises(SendError) as caught:
            session.send(outgoing(bad))
        assert (caught.value.code, caught.value.address_dead) == ("url", True)
        assert "bimat" not in str(caught.value) + caplog.text


def test_the_test_reads_settings_and_sends(zalo: ZaloStandin, tools: ChannelTools) -> None:
    urls = ["zalo://dondoc/1", "khong-co://bimat"]
    settings = Settings(_env_file=None, apprise_urls=urls, **zalo.settings())
    channel = AppriseChannel(ChannelTools(settings, tools.now, tools.tokens))
    (fault,) = channel.test(None)
    assert "thứ 2" in fault
    assert "bimat" not in fault
    assert len(channel.test("zalo://dondoc/100200")) == 1
    assert len(zalo.world.accepted) == 1


def test_text_goes_as_text() -> None:
    assert all(plugin.notify_format == NotifyFormat.TEXT for plugin in PLUGINS)
