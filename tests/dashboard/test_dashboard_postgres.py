"""The dashboard on a real PostgreSQL: every page and every reading call answers as it does on SQLite."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlmodel import select

from dashboard.app import create_app
from dashboard.auth import limits
from dashboard.pages import ALL_PAGES
from intake.files.store import Store
from plan.database import reading
from plan.models import Submission
from plan.settings import Settings
from plan.states import Role
from tests.browser.sample import make_sample
from tests.browser.support import BASE, SAMPLE_DAY, Dash, Hand, dashboard_at
from tests.conftest import new_postgres as empty_postgres
from tests.support.api import api_routes, key, path_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def both(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Dash, Dash]]:
    """The same sample on SQLite and on PostgreSQL."""
    one = dashboard_at(tmp_path_factory.mktemp("sqlite"))
    home: Path = tmp_path_factory.mktemp("postgres")
    engine = empty_postgres(postgres_url)
    make_sample(engine, Store(str(home / "submissions")), SAMPLE_DAY)
    clock, real = Hand(SAMPLE_DAY.astimezone(UTC)), Hand(one.real())
    settings = Settings(home=home, base_url=BASE, _env_file=None)
    app = create_app(settings, engine, clock, real_clock=real, virtual=True)
    yield one, Dash(home, engine, app, clock, real)
    one.engine.dispose()
    engine.dispose()


def test_every_page_answers_alike(both: tuple[Dash, Dash]) -> None:
    pages = [page for page in ALL_PAGES if page.method == "GET" and Role.coordinator in page.may]
    clients = [dash.client("coordinator") for dash in both]
    assert len(pages) > 25
    for page in pages:
        one, two = (client.get(path_of(page)) for client in clients)
        assert two.status_code == one.status_code, page.path
        assert _words(two.text) == _words(one.text) or page.path in _OF_THEIR_OWN, page.path


_OF_THEIR_OWN = ("/nhac-viec/sap-gui", "/quan-tri/duong-dan", "/tai-khoan", "/he-thong")
"""Pages with what was made at another moment of real time, or that tell of the database itself."""


def _words(html: str) -> list[str]:
    """What a reader sees, without tokens and hashes."""
    return re.sub(r"<[^>]*>|[0-9a-f]{12,}", " ", html).split()


def test_every_reading_call_answers_alike(both: tuple[Dash, Dash]) -> None:
    keys = [key(dash, "coordinator") for dash in both]
    for route in api_routes():
        if route.methods == {"GET"}:
            path = "/api/v1" + path_of(route)
            one, two = (
                dash.browser().get(path, headers=who) for dash, who in zip(both, keys, strict=True)
            )
            assert two.status_code == one.status_code, path


def test_remembered_pages_follow_the_data(both: tuple[Dash, Dash]) -> None:
    dash = both[1]
    office = dash.client("coordinator")
    first = office.get("/nghia-vu")
    again = office.get("/nghia-vu", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    sent = dash.post(office, "/nghia-vu/hoai-an/district-plan/mien", ly__do="Đã gộp.")
    assert sent.status_code == 303
    office.get("/tai-khoan")  # the word about it is shown once
    fresh = office.get("/nghia-vu", headers={"if-none-match": first.headers["etag"]})
    assert fresh.status_code == 200
    dash.post(office, "/dang-xuat")
    assert office.get("/nghia-vu").status_code == 303


def test_tries_at_once_are_all_counted(both: tuple[Dash, Dash]) -> None:
    engine, now = both[1].engine, both[1].real()
    with ThreadPoolExecutor(8) as pool:
        taken = list(
            pool.map(lambda _: limits.take(engine, limits.SIGN_IN_PAIR, "a", now), range(24))
        )
    assert sum(taken) == limits.SIGN_IN_PAIR.count


def test_metrics_and_readiness(both: tuple[Dash, Dash]) -> None:
    for path in ("/metrics", "/ready", "/health"):
        assert both[1].browser("127.0.0.1").get(path).status_code == 200


def test_an_answer_lost_while_committing_is_not_called_nothing(
    both: tuple[Dash, Dash], monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL committed, and the word of it never came: the page says that it does not know, and the
    same form sent again is the same submission."""
    dash = both[1]
    clerk = dash.client("agency", "vpub")
    dialect, path = dash.engine.dialect, "/don-vi/vpub/appendix-3/khong-phat-sinh"
    shown = {"lan__gui": "mot", "ly__do": "Không có việc nào."}
    commit = dialect.do_commit

    def lost(connection: Any) -> None:
        pending = connection.execute("SELECT count(*) FROM submission WHERE key IS NOT NULL")
        told = pending.fetchone()
        commit(connection)
        if told[0]:
            connection.close()
            raise psycopg.OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patched:
        patched.setattr(dialect, "do_commit", lost)
        answer = dash.post(clerk, path, **shown)
    assert answer.status_code == 500
    assert "Không rõ việc vừa làm đã được ghi nhận hay chưa" in answer.text
    assert dash.post(clerk, path, **shown).status_code == 303
    with reading(dash.engine) as session:
        assert len(session.exec(select(Submission).where(Submission.key != None)).all()) == 1  # noqa: E711
