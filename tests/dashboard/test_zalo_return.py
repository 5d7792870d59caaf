"""Zalo's consent, from the address it opens in the administrator's browser to the sentence about it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from notifications.channels.trial import ZaloConsent
from plan.errors import RefusedError
from plan.settings import Settings
from tests.browser.support import Dash, dashboard_at
from tests.standins import HandClock, ZaloStandin


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    opened = dashboard_at(tmp_path_factory.mktemp("return"))
    yield opened
    opened.engine.dispose()


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("code=abc&state=x", "sao chép toàn bộ địa chỉ"),
        ("error=access_denied&error_description=no", "đã từ chối"),
        ("error_code=-14003", "đã từ chối"),
        ("code=", "đã từ chối"),
        ("", "địa chỉ mở không đúng"),
    ],
)
def test_the_page_says_what_to_do_next(dash: Dash, query: str, words: str) -> None:
    answer = dash.browser().get(f"/zalo?{query}")
    assert answer.status_code == 200
    assert words in answer.text
    assert "abc" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


@pytest.fixture
def consent(dash: Dash, tmp_path: Path) -> Iterator[tuple[ZaloConsent, str]]:
    """A consent, and where the browser was led after «Cho phép»."""
    clock = HandClock()
    with ZaloStandin(clock, tmp_path / "zalo") as zalo:
        settings = Settings(_env_file=None, home=tmp_path, **zalo.settings())
        made = ZaloConsent(settings, dash.engine, clock)
        yield made, httpx.get(made.url).headers["location"]


def test_the_right_address_is_kept_and_says_until_when(consent: tuple[ZaloConsent, str]) -> None:
    made, location = consent
    assert location.startswith("http://127.0.0.1:8020/zalo?code=")
    assert made.finish(f"  {location}\n").endswith("/2020")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda url: url.partition("?")[0], "không phải địa chỉ Zalo đã mở"),
        (lambda url: url.replace("code=", "kode="), "đã từ chối"),
        (lambda url: f"{url.partition('?')[0]}?error=access_denied", "đã từ chối"),
        (lambda url: f"{url.partition('&')[0]}&state=khac", "lần cho phép khác"),
        (lambda url: url.partition("&")[0], "lần cho phép khác"),
        (lambda url: url.replace("code=", "code=x"), "không nhận mã cho phép"),
        (lambda url: "", "không phải địa chỉ Zalo đã mở"),
        (lambda url: "https://zalo.me/oa", "không phải địa chỉ Zalo đã mở"),
    ],
)
def test_a_denied_or_wrong_address_is_said_in_a_sentence(
    consent: tuple[ZaloConsent, str], change: object, words: str
) -> None:
    made, location = consent
    with pytest.raises(RefusedError, match=words):
        made.finish(change(location))  # type: ignore[operator]
