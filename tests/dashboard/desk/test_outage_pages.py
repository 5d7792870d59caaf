"""An outage as pages show it: which channel takes nothing since when and why, and no more once it does."""

from __future__ import annotations

import html
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from notifications.channels.base import Outgoing, SendError
from notifications.round import run_round
from plan.calendar import local_day
from plan.text import moment_words
from tests.browser.sample import PLAN
from tests.browser.support import Dash, dashboard_at
from tests.support.reminders import ToldChannels, make_messaging

AWAY = "Không nối được máy chủ thư"
MESSAGING = make_messaging(available=frozenset({"email"}))


@pytest.fixture
def dash(tmp_path: Path) -> Iterator[Dash]:
    """On the next office day's opening, when reminders leave."""
    found = dashboard_at(tmp_path, smtp_url="smtp://127.0.0.1:1", mail_from="don-doc@snv.example")
    found.clock.forward(hours=13)
    yield found
    found.engine.dispose()


def away(_outgoing: Outgoing) -> None:
    raise SendError("refused", AWAY, permanent=False, channel_down=True)


def seen(dash: Dash, path: str, role: str = "coordinator") -> str:
    dash.clock.forward(minutes=1)  # the overview stands for a minute
    return html.unescape(dash.client(role).get(path).text)


def test_a_channel_that_takes_nothing_is_on_the_overview_and_among_the_channels(dash: Dash) -> None:
    assert "Kênh Thư điện tử ngừng" not in seen(dash, "/")
    since = moment_words(dash.clock())
    run_round(dash.engine, PLAN, MESSAGING, ToldChannels(email=away), dash.clock)
    said = f"ngừng từ {since}: {AWAY}"
    for role in ("coordinator", "admin", "leader"):
        assert f"Kênh Thư điện tử {said}" in seen(dash, "/", role)
    assert said in seen(dash, "/quan-tri/kenh")
    assert "Thư điện tử;ngừng" in seen(dash, "/quan-tri/kenh?dang=csv").replace(",", ";")

    dash.clock.forward(minutes=40)
    run_round(dash.engine, PLAN, MESSAGING, ToldChannels(email=away), dash.clock)
    assert said in seen(dash, "/quan-tri/kenh"), "since the first failure, not the last"

    dash.clock.forward(minutes=40)
    run_round(dash.engine, PLAN, MESSAGING, ToldChannels(), dash.clock)
    assert "Kênh Thư điện tử ngừng" not in seen(dash, "/")
    assert "đang dùng" in seen(dash, "/quan-tri/kenh")
    assert AWAY not in seen(dash, "/quan-tri/kenh")


def test_a_past_moment_knows_no_later_outage(dash: Dash) -> None:
    run_round(dash.engine, PLAN, MESSAGING, ToldChannels(email=away), dash.clock)
    client = dash.client("coordinator")
    dash.clock.forward(minutes=1)
    assert "Kênh Thư điện tử ngừng" in client.get("/").text
    earlier = local_day(dash.clock() - timedelta(days=1)).isoformat()
    client.get(f"/luc?ngay={earlier}&ve=/")
    assert "Kênh Thư điện tử ngừng" not in client.get("/").text
