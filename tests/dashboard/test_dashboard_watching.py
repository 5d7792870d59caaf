"""What machines that watch are told: health, readiness, figures in Prometheus' format."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families as families
from sqlmodel import col, select, update

from dashboard.web import live
from dashboard.web.monitoring import Check
from plan.database import open_engine, reading, writing
from plan.models import Message, Obligation
from plan.queries.lookup import find_plan
from plan.queries.progress import obligations
from plan.states import STILL_OWED
from tests.browser.support import Browser, Dash, dashboard_at

HERE, ABROAD = "127.0.0.1", "203.0.113.9"
PLAN = "04-kh-ubnd-2020"


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("watching"))
    yield made
    made.engine.dispose()


def figures(client: Browser, **headers: str) -> dict[tuple[str, ...], float]:
    """(name, its labels' values in the order of their names…) → figure."""
    text = client.get("/metrics", headers=headers).text
    return {
        (one.name, *one.labels.values()): one.value for f in families(text) for one in f.samples
    }


def test_the_figures_are_those_of_the_plan(dash: Dash) -> None:
    found = figures(dash.browser(HERE))
    with reading(dash.engine) as session:
        views = [v for v in obligations(session, find_plan(session), dash.clock()) if v.due_at]
    for state in {view.state for view in views}:
        count = sum(view.state == state for view in views)
        assert found["dondoc_obligations", PLAN, str(state.value)] == count
    overdue = [v for v in views if v.state in STILL_OWED and v.due_at and v.due_at <= dash.clock()]
    assert found["dondoc_obligations_overdue", PLAN] == len(overdue) > 0
    assert found["dondoc_channel_down", "zalo_oa"] == 1
    assert found["dondoc_runs", "provincial-appendices", PLAN, "done"] == 1
    assert found["dondoc_messages", "email", PLAN, "refused"] > 0


def test_what_waits_grows_old(dash: Dash) -> None:
    now = dash.clock()
    with writing(dash.engine) as session:
        key = session.exec(select(Message.id).limit(1)).one()
        session.exec(
            update(Message)
            .where(col(Message.id) == key)
            .values(state="queued", next_attempt_at=now - timedelta(minutes=10))
        )
        session.exec(update(Obligation).values(next_check_at=None))
    assert figures(dash.browser(HERE))["dondoc_queue_age_seconds",] == 600
    assert figures(dash.browser(HERE))["dondoc_tick_lag_seconds",] == 0
    with writing(dash.engine) as session:
        due = now - timedelta(hours=2)
        owed = select(Obligation.id).where(Obligation.state == "owed").limit(1).scalar_subquery()
        session.exec(update(Obligation).where(col(Obligation.id) == owed).values(next_check_at=due))
    assert figures(dash.browser(HERE))["dondoc_tick_lag_seconds",] == 7200


def test_the_world_learns_no_figures(dash: Dash) -> None:
    assert dash.browser(ABROAD).get("/metrics").status_code == 403
    assert dash.browser(HERE).get("/metrics").status_code == 200


def test_with_a_token_only_who_has_it(tmp_path: Path) -> None:
    dash = dashboard_at(tmp_path, metrics_token="bí mật".encode().hex())
    key = f"Bearer {'bí mật'.encode().hex()}"
    assert dash.browser(HERE).get("/metrics").status_code == 403
    for given in ("", "Bearer", b"Bearer khong-phai".decode("ascii"), key + "0"):
        client = dash.browser(HERE)
        assert client.get("/metrics", headers={"authorization": given}).status_code == 403
    assert figures(dash.browser(ABROAD), authorization=key)
    dash.engine.dispose()


def test_health_tells_the_world_whether_and_this_machine_what(dash: Dash) -> None:
    found: list[Check] = [("Cơ sở dữ liệu", True, "/srv/bi-mat/dondoc.db")]
    dash.app.state.checks = lambda: found
    answer = dash.browser(ABROAD).get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert "bi-mat" in dash.browser(HERE).get("/health").text
    found.append(("Lần xem gần nhất", False, "Chưa chạy từ hôm qua."))
    answer = dash.browser(ABROAD).get("/health")
    assert (answer.status_code, answer.json()) == (503, {"status": "fault"})
    told = dash.browser(HERE).get("/health").json()["checks"]
    assert told[1] == {"name": "Lần xem gần nhất", "ok": False, "words": "Chưa chạy từ hôm qua."}
    metrics = figures(dash.browser(HERE))
    assert metrics["dondoc_check_ok", "Cơ sở dữ liệu"] == 1
    assert metrics["dondoc_check_ok", "Lần xem gần nhất"] == 0
    dash.app.state.checks = None


def test_ready_says_what_the_database_lacks(dash: Dash, tmp_path: Path) -> None:
    assert dash.browser(ABROAD).get("/ready").status_code == 200
    empty = dashboard_at(tmp_path)
    empty.site.engine = open_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    answer = empty.browser().get("/ready")
    assert answer.status_code == 503
    assert "dondoc init" in answer.json()["words"]
    empty.site.engine = open_engine("postgresql+psycopg://x:y@127.0.0.1:9/none")
    answer = empty.browser().get("/ready")
    assert answer.status_code == 503
    assert "127.0.0.1" not in answer.text
    empty.engine.dispose()


def test_a_person_with_too_many_lines_is_told_so(
    dash: Dash, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "MOST_OF_ONE", 0)
    assert dash.client("agency", "an-lao").get("/su-kien").status_code == 429
    assert dash.browser().get("/su-kien").status_code == 403
