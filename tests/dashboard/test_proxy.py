"""The pages behind the nginx site that deploy/ gives: what only shows through a real proxy."""

from __future__ import annotations

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import httpx
import pytest

from dashboard.app import create_app
from dashboard.auth import users
from dashboard.auth.limits import SIGN_IN_PAIR
from dashboard.web.request import SESSION_COOKIE
from flows.clock import real_clock
from flows.service.web_server import Pages
from plan.database import writing
from plan.settings import Settings
from tests.browser.support import SYSTEM, Dash, dashboard_at
from tests.support.nginx_kit import NGINX, Front, in_front_of
from tests.support.service_kit import free_port

pytestmark = pytest.mark.skipif(not NGINX, reason="needs nginx")

UPLOAD = "/don-vi/vpub/nop"
BIG = 20 * 1024 * 1024


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    """Its own address is the proxy's, as a province would set it."""
    made = dashboard_at(tmp_path_factory.mktemp("pages"))
    settings = Settings(home=made.home, base_url=f"https://localhost:{free_port()}", _env_file=None)
    made.real.now = real_clock()
    made.app = create_app(settings, made.engine, made.clock, real_clock=made.real, virtual=True)
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def front(dash: Dash, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    port = free_port()
    pages = Pages(dash.app, "127.0.0.1", port)
    pages.start()
    https_port = int(dash.site.settings.base_url.rpartition(":")[2])
    with in_front_of(port, https_port, tmp_path_factory.mktemp("nginx")) as running:
        yield running
    pages.stop()


@pytest.fixture
def browser(front: Front) -> Iterator[httpx.Client]:
    with browser_at(front) as made:
        yield made


def browser_at(front: Front, address: str = "127.0.0.1") -> httpx.Client:
    """A browser on the machine with this address."""
    trusted = ssl.create_default_context(cafile=front.certificate)
    transport = httpx.HTTPTransport(verify=trusted, local_address=address)
    return httpx.Client(base_url=front.https, transport=transport, timeout=60)


def form_token(page: httpx.Response) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found
    return found[1]


def signed_in(dash: Dash, browser: httpx.Client) -> httpx.Client:
    """The coordinator; her cookie as an https site gives it."""
    inside = dash.client("coordinator")
    browser.cookies.set(f"__Host-{SESSION_COOKIE}", inside.cookies[SESSION_COOKIE])
    return browser


def try_password(browser: httpx.Client, **headers: str) -> int:
    form = {"csrf": form_token(browser.get("/dang-nhap")), "email": "ai@x.vn", "password": "sai"}
    origin = {"origin": str(browser.base_url).rstrip("/")}
    return browser.post("/dang-nhap", data=form, headers=origin | headers).status_code


def test_plain_http_is_sent_on(front: Front) -> None:
    answer = httpx.get(f"{front.plain}/moc?tu=1")
    assert answer.status_code == 301
    assert answer.headers["location"] == "https://localhost/moc?tu=1"


def test_cookies_and_headers_are_those_of_an_https_site(browser: httpx.Client) -> None:
    answer = browser.get("/dang-nhap")
    assert answer.status_code == 200
    for cookie in answer.headers.get_list("set-cookie"):
        assert cookie.startswith("__Host-")
        assert "Secure" in cookie
    assert len(answer.headers.get_list("strict-transport-security")) == 1


def test_no_answer_names_a_version(browser: httpx.Client) -> None:
    assert browser.get("/dang-nhap").headers["server"] == "nginx"


def test_what_is_for_the_operator_stays_inside(browser: httpx.Client) -> None:
    assert [browser.get(path).status_code for path in ("/health", "/ready", "/metrics")] == [
        404
    ] * 3


def test_guesses_are_counted_by_the_sender_not_by_the_proxy(front: Front) -> None:
    """And nobody passes as somebody else by saying so."""
    with browser_at(front, "127.0.0.2") as one, browser_at(front, "127.0.0.3") as other:
        codes = [try_password(one) for _ in range(SIGN_IN_PAIR.count + 1)]
        assert codes == [401] * SIGN_IN_PAIR.count + [429]
        assert try_password(one, **{"x-forwarded-for": "203.0.113.9"}) == 429
        assert try_password(other) == 401


def test_a_large_file_passes(dash: Dash, browser: httpx.Client) -> None:
    """It is read and judged by the program: nginx's own refusal would be another page."""
    signed_in(dash, browser)
    form = {"csrf": form_token(browser.get("/don-vi/vpub"))}
    files = {"tep": ("to.xlsx", b"0" * BIG)}
    answer = browser.post(UPLOAD, data=form, files=files)
    assert answer.status_code == 200
    said = " ".join(re.sub(r"<[^>]*>", " ", answer.text).split())
    assert "Không nhận ra tệp này" in said, said


def test_changes_are_told_at_once(dash: Dash, browser: httpx.Client) -> None:
    """The line's first word arrives while the line is open, and so does a change."""
    with signed_in(dash, browser).stream("GET", "/su-kien") as line:
        words = line.iter_lines()
        assert next(words) == "retry: 5000"
        with changing(dash):
            assert next(word for word in words if word.startswith("event")) == "event: change"


@contextmanager
def changing(dash: Dash) -> Iterator[None]:
    """Something changes again and again: the first time may come before the line looks."""

    done = Event()

    def change() -> None:
        number = 0
        while not done.wait(0.5):
            number += 1
            with writing(dash.engine) as session:
                users.add_user(
                    session,
                    email=f"nguoi-{number}@x.vn",
                    name="Người mới",
                    role="leader",
                    actor=SYSTEM,
                    now=dash.real(),
                )

    thread = Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
