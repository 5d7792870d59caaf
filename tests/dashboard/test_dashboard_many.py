"""Plans with very many obligations are counted and cut by the database: it must say what the pages of a
small plan work out one by one. On both kinds of database."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from dashboard.queries import counts, overview
from dashboard.queries.agencies import tallies
from dashboard.queries.board import milestone_rows
from dashboard.queries.counts import CountKeeper
from dashboard.queries.finding_many import find_page, tallies_of
from dashboard.queries.handed import handed_by_day
from dashboard.queries.listing import PAGE, STATES, Wanted, listed
from dashboard.queries.month import due_days, due_days_counted
from dashboard.queries.naming import naming
from dashboard.queries.overview import milestones_now
from intake.files.store import Store
from plan import ledger
from plan.calendar import local_day
from plan.database import reading, writing
from plan.ledger.filing import Filing
from plan.models import Plan
from plan.queries.lookup import find_obligation, find_plan, load_calendar
from plan.queries.progress import ObligationView, obligations
from plan.states import Actor, Role
from tests.browser.sample import make_sample
from tests.browser.support import SAMPLE_DAY, dashboard_at
from tests.conftest import REVIEWER
from tests.conftest import new_postgres as empty_postgres

OTHER = Actor("Lê Thị Hoa", Role.coordinator, origin="cli")
LOOKED_AT = [SAMPLE_DAY, SAMPLE_DAY + timedelta(days=60), SAMPLE_DAY + timedelta(minutes=31)]
"""Now; when much more is overdue; shortly after."""
FILTERS = [
    Wanted(),
    Wanted(milestone="district-reports"),
    Wanted(milestone="khong-co"),
    Wanted(deliverable="district-report"),
    Wanted(agency="an-lao"),
    Wanted(group="district"),
    Wanted(words="so tai"),
    Wanted(period="2020-03"),
]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def lived(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """The sample plan on 04/05/2020, once on each kind of database."""
    if request.param == "sqlite":
        engine = dashboard_at(tmp_path).engine
    else:
        engine = empty_postgres(request.getfixturevalue("postgres_url"))
        make_sample(engine, Store(str(tmp_path)), SAMPLE_DAY)
    yield engine
    engine.dispose()


def all_pages(
    session: Session, plan: Plan, wanted: Wanted, now: datetime, keeper: CountKeeper | None
) -> list[ObligationView]:
    names = naming(session, plan.id, local_day(now))
    found, page = find_page(session, plan, wanted, names, now, 1, keeper)
    for number in range(2, page.pages + 1):
        found += find_page(session, plan, wanted, names, now, number, keeper)[0]
    assert page.total == len(found)
    assert page.pages == max(-(-page.total // PAGE), 1)
    return found


def test_lists_tallies_and_days_are_the_same_both_ways(lived: Engine) -> None:
    keeper = CountKeeper()
    for now in LOOKED_AT:
        now = now.astimezone(UTC)
        with reading(lived) as session:
            plan = find_plan(session)
            views = obligations(session, plan, now)
            for part, state in product(FILTERS, ["", *STATES]):
                wanted = Wanted(**vars(part) | {"state": state})
                right = [view.id for view in listed(views, wanted)]
                for kept in (keeper, None):
                    found = all_pages(session, plan, wanted, now, kept)
                    assert sorted(view.id for view in found) == sorted(right), wanted
            codes = list(naming(session, plan.id, local_day(now)).agencies)
            assert tallies_of(session, plan, codes, now) == tallies(views)
            for month in range(1, 8):
                first = date(2020, month, 1)
                counted = due_days_counted(session, plan.id, first)
                for day, groups in due_days(views).items():
                    if (day.year, day.month) == (2020, month):
                        assert set(counted[day]) == set(groups)


def test_counts_kept_up_are_the_counts_made_anew(lived: Engine) -> None:
    keeper, now = CountKeeper(), SAMPLE_DAY.astimezone(UTC)
    _compare(lived, keeper, now)
    for number, name in enumerate(("an-lao/district-report", "stc/appendix-6")):
        with writing(lived) as session:
            key = find_obligation(session, "04-kh-ubnd-2020", name).id
            assert key is not None
            filing = Filing(kind="nil", received_at=now, payload={"reason": f"{number}"})
            ledger.submit(session, key, filing, actor=OTHER, now=now)
            if number:
                ledger.accept(session, key, actor=REVIEWER, now=now)
        _compare(lived, keeper, now)
    with writing(lived) as session:
        key = find_obligation(session, "04-kh-ubnd-2020", "an-lao/district-plan").id
        assert key is not None
        ledger.waive(session, key, reason="Đã có.", actor=REVIEWER, now=now)
    _compare(lived, keeper, now)


def _compare(engine: Engine, keeper: CountKeeper, now: datetime) -> None:
    """What the kept counts give a page, against the same from every obligation."""
    with reading(engine) as session:
        plan = find_plan(session)
        names = naming(session, plan.id, local_day(now))
        views = obligations(session, plan, now)
        calendar = load_calendar(session, plan.id, now.year, now.year + 1)
        buckets = keeper.of(session, plan)
        right = milestone_rows(list(names.milestones.values()), views, now, calendar)
        kept = counts.tallies(buckets, now, calendar, plan.soon_working_days)
        ids = {row.code: row.id for row in names.milestones.values()}
        for row in right:
            found = kept.get(ids[row.code] or 0)
            assert (dict(found.signs) if found else {}) == dict(row.tally.signs), row.code
        codes = {row.id or 0: row.code for row in names.milestones.values()}
        assert counts.handed_by_day(buckets, codes) == handed_by_day(views)
        small = milestones_now(session, plan, now, names)
        assert [row.tally.signs for row in small] == [row.tally.signs for row in right]


def test_a_plan_of_very_many_counts_whom_it_does_not_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence of the plan counts as many agencies, whether the rows name them all or a few."""
    dash = dashboard_at(tmp_path)
    client = dash.client("leader")

    def counted(path: str) -> int:
        text = client.get(path).text
        heading = re.sub("<[^>]+>", "", text[text.index("<h1") : text.index("</h1>")])
        said = re.search(r"của (.+) và (\d+) cơ quan khác", heading)
        assert said is not None, heading
        return len(said[1].split(", ")) + int(said[2])

    small = {path: counted(path) for path in ("/", "/lanh-dao")}
    monkeypatch.setattr(overview, "LARGE", 10)
    dash.clock.forward(minutes=2)  # past what is remembered
    assert {path: counted(path) for path in small} == small
    dash.engine.dispose()
