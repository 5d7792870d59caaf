"""What recurs is shown and counted a period at a time, whichever way a plan's size has it counted."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.queries import overview
from dashboard.queries.agency.mine import todo
from dashboard.queries.counts import CountKeeper
from dashboard.queries.glance.periods import Period, glances
from dashboard.queries.naming import naming
from dashboard.queries.overview import milestones_now
from plan import ledger
from plan.calendar import local_day
from plan.database import reading, writing
from plan.ledger.filing import Filing
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_obligation, find_plan
from plan.queries.progress import obligations
from tests.browser.support import Dash, dashboard_at
from tests.conftest import REVIEWER, at, load_running
from tests.support.reminders import small_plan

MAY = at("2020-05-05 09:00")
WORDS = ("hằng tháng trước ngày 15", "hằng quý chậm nhất ngày 10 tháng đầu quý sau")


@pytest.fixture
def dash(tmp_path: Path) -> Iterator[Dash]:
    """Beside Plan 04 one of a monthly and a quarterly report; nobody reported for March and April."""
    found = dashboard_at(tmp_path)
    data = small_plan(ends_on="2020-12-31").model_dump(mode="json")
    for part, words in zip(data["deliverables"], WORDS, strict=True):
        part["due"] = {"words": words}
    data["milestones"][0]["opens_on"] = None
    with writing(found.engine) as session:
        load_running(session, small_plan(**data), now=at("2020-03-02 08:00"))
        for name in ("a/bc@2020-05", "a/bieu@2020-Q1"):
            key = find_obligation(session, "thu", name).id
            assert key is not None
            filing = Filing(kind="nil", received_at=MAY, payload={"reason": "Không phát sinh."})
            ledger.submit(session, key, filing, actor=REVIEWER, now=MAY)
    found.clock.forward(days=(MAY - found.clock()).days + 1)
    yield found
    found.engine.dispose()


def test_a_milestone_tells_of_the_period_at_hand_and_of_those_before(
    dash: Dash, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeper, now = CountKeeper(), (MAY + timedelta(hours=1)).astimezone(UTC)
    with reading(dash.engine) as session:
        plan = find_plan(session, "thu")
        names = naming(session, plan.id, local_day(now))
        small = milestones_now(session, plan, now, names)
        monkeypatch.setattr(overview, "LARGE", 1)
        large = milestones_now(session, plan, now, names, keeper)
    found = [(row.short, row.tally.handed_in, row.tally.owing, row.late_before) for row in small]
    assert found == [
        ("Báo cáo của huyện, tháng 5/2020", 1, 3, 6),
        ("Báo cáo của huyện, quý II/2020", 0, 2, 1),
    ]
    assert [key for key, _ in small[0].earlier] == ["2020-04", "2020-03"]
    assert {name for name, _ in small[0].missing} == {"b", "so"}
    assert {name for name, _ in small[0].behind} == {"a", "b", "so"}
    for one, other in zip(small, large, strict=True):
        assert vars(one) | {"missing": (), "behind": ()} == vars(other) | {
            "missing": (),
            "behind": (),
        }
        assert set(one.missing) == set(other.missing)
        assert set(one.behind) == set(other.behind)


def read(dash: Dash, path: str) -> str:
    client = dash.client("coordinator")
    client.get("/ke-hoach?ma=thu&ve=/")
    page = client.get(path)
    assert page.status_code == 200, path
    return re.sub(r"\s+", " ", re.sub("<[^>]+>", " ", html.unescape(page.text)))


def test_the_pages_name_the_period_their_figures_are_of(dash: Dash) -> None:
    board = read(dash, "/")
    assert "Kỳ đang làm: 1/5 sản phẩm đã nộp" in board
    assert "7 sản phẩm quá hạn" in board
    assert "Kỳ trước: tháng 4/2020 0/3, tháng 3/2020 0/3" in board
    assert "Báo cáo của huyện, tháng 5/2020" in read(dash, "/moc")
    assert "Báo cáo của huyện, tháng 5/2020" in read(dash, "/buc-tranh")


def test_a_list_is_of_one_period_where_asked(dash: Dash) -> None:
    april = read(dash, "/nghia-vu?moc=m&ky=2020-04")
    assert "3 nghĩa vụ" in april
    assert "tháng 4/2020" in april
    assert "tháng 5/2020" not in april
    assert "tháng 3/2020" in read(dash, "/moc/m?ky=moi-ky")


DAY = timedelta(days=1)
START = datetime(2027, 1, 4, tzinfo=UTC)


def daily(count: int) -> list[Period]:
    """Each open from midnight, due at 15 giờ."""
    return [
        Period(f"2027-01-{n + 1:02d}", (START + n * DAY, START + n * DAY + timedelta(hours=15)), {})
        for n in range(count)
    ]


@given(st.integers(1, 20), st.integers(-48, 24 * 25))
def test_the_period_at_hand_is_open_unless_none_has_opened_yet(count: int, hours: int) -> None:
    """Past its hour today's report stays the one at hand till the next day's opens."""
    now = START + timedelta(hours=hours)
    [found] = glances(daily(count), now)
    place = min(max(hours // 24, 0), count - 1)
    assert found.at_hand.key == f"2027-01-{place + 1:02d}"
    assert len(found.earlier) == place
    assert [one.key for one in found.earlier] == sorted((p.key for p in daily(place)), reverse=True)


def test_last_months_report_due_this_month_is_at_hand_until_its_day() -> None:
    """«Chậm nhất ngày 05 tháng sau»: April's has opened, March's is what presses."""
    march = Period("2027-03", (at("2027-03-01 00:00"), at("2027-04-06 00:00")), {})
    april = Period("2027-04", (at("2027-04-01 00:00"), at("2027-05-06 00:00")), {})
    [before] = glances([march, april], at("2027-04-02 08:00"))
    [after] = glances([march, april], at("2027-04-06 08:00"))
    assert (before.at_hand.key, after.at_hand.key) == ("2027-03", "2027-04")


def test_an_agencys_page_names_the_next_period_of_each_product_alone(dash: Dash) -> None:
    now = MAY.astimezone(UTC)
    with reading(dash.engine) as session:
        plan = find_plan(session, "thu")
        views = obligations(session, plan, now, agency="a")
        found = todo(session, definition_of(plan), "a", views, now)
    assert [(one.deliverable, one.period) for one in found.coming] == [
        ("bc", "2020-06"),
        ("bieu", "2020-Q3"),
    ]
    assert len(found.later) > len(found.coming)
    assert found.lately == found.done
