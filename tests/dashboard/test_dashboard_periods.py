"""What recurs is shown and counted a period at a time."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import Session

from dashboard.queries.agencies import tallies
from dashboard.queries.agency.mine import todo
from dashboard.queries.keeper import CountKeeper, counted
from dashboard.queries.listing import Wanted, counts_at_hand, dated_of, find_page, to_hand_in
from dashboard.queries.naming import naming
from dashboard.queries.overview import milestones_now
from dashboard.queries.plan_view import PlanView
from notifications.letters import letter_of
from plan import ledger
from plan.calendar import local_day
from plan.database import reading, writing
from plan.ledger.deadlines import change_deadline, until_window
from plan.ledger.filing import Filing
from plan.ledger.new_deadline import Basis, NewDeadline
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_obligation, find_plan, load_calendar
from plan.queries.periods import Period, glances, in_hand
from plan.queries.progress import obligations
from tests.browser.support import Dash, dashboard_at
from tests.conftest import REVIEWER, at, load_running
from tests.support.dashboard_walk import rows_of, tally
from tests.support.dashboard_walk import to_hand_in as to_hand_in_of
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


def looked_at(session: Session, now: datetime, keeper: CountKeeper | None) -> PlanView:
    plan = find_plan(session, "thu")
    return PlanView(session, plan, now, naming(session, plan.id, local_day(now)), keeper)


def test_a_milestone_tells_of_the_period_at_hand_and_of_those_before(dash: Dash) -> None:
    with reading(dash.engine) as session:
        now = (MAY + timedelta(hours=1)).astimezone(UTC)
        found = milestones_now(looked_at(session, now, CountKeeper()))
    assert [
        (row.short, row.tally.handed_in, row.tally.owing, row.late_before) for row in found
    ] == [
        ("Báo cáo của huyện, tháng 5/2020", 1, 3, 6),
        ("Báo cáo của huyện, quý II/2020", 0, 2, 1),
    ]
    assert [key for key, _ in found[0].earlier] == ["2020-04", "2020-03"]
    assert {name for name, _ in found[0].missing} == {"b", "so"}
    assert {name for name, _ in found[0].behind} == {"a", "b", "so"}


@pytest.mark.parametrize(
    "day", ["2020-03-02", "2020-04-20", "2020-05-06", "2020-12-01", "2021-03-01"]
)
def test_periods_are_what_counting_one_by_one_says(dash: Dash, day: str) -> None:
    """Kept counts, and a moment past: milestones, what is to be handed in, a list of one period, of words."""
    now = at(f"{day} 10:00").astimezone(UTC)
    with reading(dash.engine) as session:
        for keeper in (CountKeeper(), None):
            plan_view = looked_at(session, now, keeper)
            views = obligations(session, plan_view.plan, now)
            if keeper and now < MAY:  # what was handed in later stands in the present's rows
                continue
            milestones = plan_view.names.milestones.values()
            right = rows_of(milestones, views, now, plan_view.calendar)
            assert milestones_now(plan_view) == right
            dated = [view for view in views if view.due_at]
            whole = dated_of(plan_view, ["a", "b", "so"], to_hand_in(plan_view))
            assert in_hand(dated, now) == whole
            for before in (0, 2):
                mine = dated_of(plan_view, ["a", "b", "so"], to_hand_in(plan_view, before))
                assert mine == to_hand_in_of(views, milestones, now, before)
            for wanted in (Wanted(period="2020-04"), Wanted(words="tháng 4/2020")):
                assert find_page(plan_view, wanted, 1)[0] == [
                    view for view in views if view.period == "2020-04"
                ]


def test_more_time_given_makes_no_duty_disappear(dash: Dash) -> None:
    """March's report, to be handed in by June, is neither past its day nor of the month at hand."""
    now = MAY.astimezone(UTC)
    with writing(dash.engine) as session:
        row = find_obligation(session, "thu", "b/bc@2020-03")
        later = until_window(row, date(2020, 6, 10), load_calendar(session, "thu", 2020), now)
        decided = NewDeadline(later, "extension", "Gia hạn", Basis("dịch bệnh"))
        change_deadline(session, [row.id or 0], decided, actor=REVIEWER, now=now)
    with reading(dash.engine) as session:
        plan_view = looked_at(session, now, CountKeeper())
        views = obligations(session, plan_view.plan, now, agency="b")
        mine = in_hand([view for view in views if view.due_at], now)
        assert "b/bc@2020-03" in {view.id for view in mine}
        assert dated_of(plan_view, ["b"], to_hand_in(plan_view)) == mine
        assert tallies(plan_view, such=counts_at_hand(plan_view))["b"] == tally(mine)
        letter = letter_of(session, plan_view.plan, now, agency="b")
    assert letter.total - letter.handed_in == len(letter.rows)


def test_counts_kept_up_are_those_of_each_period(dash: Dash) -> None:
    keeper, now = CountKeeper(), MAY.astimezone(UTC)
    with reading(dash.engine) as session:
        before = looked_at(session, now, keeper).buckets
    with writing(dash.engine) as session:
        key = find_obligation(session, "thu", "b/bc@2020-05").id
        assert key is not None
        filing = Filing(kind="nil", received_at=now, payload={"reason": "Không phát sinh."})
        ledger.submit(session, key, filing, actor=REVIEWER, now=now)
    with reading(dash.engine) as session:
        after = looked_at(session, now, keeper)
        assert after.buckets != before
        assert after.buckets == counted(session, after.facts)


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


def test_an_agency_is_counted_by_the_period_at_hand_and_what_it_still_owes(dash: Dash) -> None:
    """«a» reported for May: of all its months and quarters it owes two months past and this quarter's."""
    page = read(dash, "/co-quan/a")
    assert re.search(r"\d trong \d sản phẩm còn phải nộp", page)
    assert "Đếm kỳ đang làm và kỳ trước còn nợ" in page
    assert "việc của các kỳ khác" in page
    client = dash.client("coordinator")
    client.get("/ke-hoach?ma=thu&ve=/")
    table = client.get("/co-quan?dang=csv").content.decode("utf-8-sig")
    [line] = [one for one in table.splitlines() if "huyện A" in one]
    owing, accepted, waiting, missing, late = map(int, re.split("[;,]", line)[1:6])
    with reading(dash.engine) as session:
        views = obligations(session, find_plan(session, "thu"), dash.clock(), agency="a")
    mine = in_hand([view for view in views if view.due_at], dash.clock())
    assert owing == len(mine) < len(views)
    assert missing == sum(not view.nothing_owed for view in mine)
    assert (accepted, waiting) == (0, owing - missing)
    assert late == sum(view.timeliness == "overdue" for view in mine)


def test_an_agencys_calendar_names_the_period_and_leads_to_it(dash: Dash) -> None:
    client = dash.client("agency", "a")
    client.get("/ke-hoach?ma=thu&ve=/")
    page = html.unescape(client.get("/don-vi/a/lich?thang=2020-05").text)
    [there] = re.findall(r'href="(/don-vi/a/bc[^"]*)">Hạn [^<]*, tháng 5/2020', page)
    assert client.get(there).status_code == 200
    mine = html.unescape(client.get("/don-vi/a").text)
    lead = re.sub(r"<[^>]+>", "", mine.split("<h1>")[1].split("</h1>")[0])
    assert re.search(r"tháng \d/2020|quý [IV]+/2020", lead)
    [calendar] = set(re.findall(r'href="([^"]*)">xem ở Lịch', mine))
    assert client.get(calendar).status_code == 200
    assert "tháng 5/2020" in read(dash, "/lich?thang=2020-05")


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
