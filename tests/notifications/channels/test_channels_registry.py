"""Every channel by name; the console; what a message shows of itself."""

from __future__ import annotations

import io
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from notifications.channels.base import ADDRESS_KINDS, Channel, Outgoing, trial_message
from notifications.channels.console import ConsoleChannel
from notifications.channels.registry import FACTORIES, channel_names, make_channel
from notifications.channels.zalo.tokens import MemoryTokenStore, Tokens
from plan.errors import NotFoundError
from plan.settings import Settings
from tests.standins import HandClock

AT = datetime(2020, 4, 20, tzinfo=UTC)


def made(name: str) -> Channel:
    settings = Settings(
        _env_file=None,  # type: ignore[call-arg]
        smtp_url="smtp://127.0.0.1:1",  # type: ignore[arg-type]
        zalo_app_id="1",
        zalo_app_secret="s",  # type: ignore[arg-type]
        zalo_bot_token="t",  # type: ignore[arg-type]
    )
    store = MemoryTokenStore(Tokens("a", "r", AT + timedelta(hours=25)))
    return make_channel(name, settings, HandClock(), store)


def test_the_registry_holds_the_channels_there_are() -> None:
    assert channel_names() == (
        "email",
        "zalo_oa",
        "zalo_uid",
        "zalo_zns",
        "zalo_bot",
        "apprise",
        "console",
    )


@pytest.mark.parametrize("name", FACTORIES)
def test_each_is_made_by_its_name(name: str) -> None:
    channel = made(name)
    assert channel.name == name
    assert channel.kind in ADDRESS_KINDS
    with channel.open():
        pass  # opening connects to nothing


def test_an_unknown_name_suggests_the_nearest() -> None:
    with pytest.raises(NotFoundError, match="zalo_oa"):
        made("zalo_o")


def test_naming_channels_loads_neither_apprise_nor_httpx() -> None:
    code = (
        "import sys, notifications.channels.registry as r; r.channel_names();"
        "print([m for m in ('apprise', 'httpx', 'dkim') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_console_prints() -> None:
    out = io.StringIO()
    message = trial_message("console", "an@x.vn", AT)
    with ConsoleChannel(out).open() as session:
        receipt = session.send(message)
    assert "an@x.vn" in out.getvalue()
    assert message.text in out.getvalue()
    assert receipt.provider_id == f"console-{message.reference}"
    assert ConsoleChannel().test(None) == []


def test_a_message_shows_nothing_personal() -> None:
    secret = "0912345678"
    message = Outgoing(1, "zalo_zns", secret, secret, secret, secret, secret, {"a": secret})
    assert secret not in repr(message)
