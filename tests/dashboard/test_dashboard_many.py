"""Counts, lists and pages are made by the database: they must say what counting obligations one by one says,
of the present and of any moment past. On both kinds of database."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from dashboard.queries import counts, overview
from dashboard.queries.agencies import tallies as agency_tallies
from dashboard.queries.board import MilestoneRow
from dashboard.queries.keeper import CountKeeper, counted, counted_by_agency
from dashboard.queries.listing import PAGE, STATES, Wanted, counts_at_hand, find_all, find_page
from dashboard.queries.month import due_days
from dashboard.queries.naming import naming
from dashboard.queries.overview import Shown, matrix_views, milestones_now
from dashboard.queries.plan_view import PlanView
from intake.files.store import Store
from plan import ledger
from plan.calendar import local_day
from plan.database import reading, writing
from plan.ledger.filing import Filing
from plan.models import AuditEvent
from plan.queries.lookup import find_obligation, find_plan
from plan.queries.progress import ObligationView, summary
from plan.states import Actor, Role, sign_key
from plan.text import normalise
from tests.browser.sample import make_sample
from tests.browser.support import SAMPLE_DAY, dashboard_at
from tests.conftest import REVIEWER
from tests.conftest import new_postgres as empty_postgres
from tests.support.dashboard_walk import looked_at, rows_of, tallies, to_hand_in

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


def seen(session: Session, at: datetime, keeper: CountKeeper | None) -> PlanView:
    plan = find_plan(session)
    return PlanView(session, plan, at, naming(session, plan.id, local_day(at)), keeper)


def all_pages(plan_view: PlanView, wanted: Wanted) -> list[ObligationView]:
    found, page = find_page(plan_view, wanted, 1)
    for number in range(2, page.pages + 1):
        found += find_page(plan_view, wanted, number)[0]
    assert page.total == len(found)
    assert page.pages == max(-(-page.total // PAGE), 1)
    return found


def matching(views: Sequence[ObligationView], wanted: Wanted) -> list[int]:
    """Row ids, in the plan's order."""
    signs, words = STATES[wanted.state][1] if wanted.state else None, normalise(wanted.words)
    return [
        view.row_id
        for view in views
        if wanted.milestone in ("", view.milestone)
        and wanted.deliverable in ("", view.deliverable)
        and wanted.agency in ("", view.agency)
        and wanted.group in ("", view.group)
        and wanted.period in ("", view.period)
        and (signs is None or sign_key(view.state, view.timeliness) in signs)
        and (words in normalise(view.agency_name) or words in normalise(view.title))
    ]


def assert_lists(plan_view: PlanView, filters: Iterable[Wanted]) -> None:
    views = looked_at(plan_view)
    for wanted in filters:
        right = matching(views, wanted)
        assert [view.row_id for view in find_all(plan_view, wanted)] == right, wanted
        found = all_pages(plan_view, wanted)
        assert sorted(view.row_id for view in found) == sorted(right), wanted


def assert_counts(plan_view: PlanView) -> None:
    """Milestones, agencies, days and sums, against the same from every obligation."""
    views, names, now = looked_at(plan_view), plan_view.names, plan_view.at
    rows = milestones_now(plan_view)
    right = rows_of(names.milestones.values(), views, now, plan_view.calendar)
    assert [_plain(row) for row in rows] == [_plain(row) for row in right]
    every = tallies(views)
    assert agency_tallies(plan_view) == every
    some = list(every)[::3]
    assert agency_tallies(plan_view, some) == {code: every[code] for code in some}
    at_hand = tallies(to_hand_in(views, names.milestones.values(), now, 0))
    assert agency_tallies(plan_view, such=counts_at_hand(plan_view)) == at_hand
    buckets, soon = plan_view.buckets, plan_view.plan.soon_working_days
    assert counts.summary(buckets, now, plan_view.calendar, soon) == summary(views)
    _assert_days(plan_view, views)


def _assert_days(plan_view: PlanView, views: Sequence[ObligationView]) -> None:
    buckets = plan_view.buckets
    codes = {row.id or 0: row.code for row in plan_view.names.milestones.values()}
    handed = counts.handed_by_day(buckets, codes)
    dated = Counter(view.milestone for view in views if view.due_at and view.decisive_at)
    assert {key: sum(one.count for one in days.values()) for key, days in handed.items()} == dated
    came = Counter(local_day(view.decisive_at) for view in views if view.decisive_at)
    assert counts.received_by_day(buckets) == came
    for month in range(1, 8):
        due = Counter(
            (view.last_day, view.deliverable, not view.nothing_owed)
            for view in views
            if view.last_day and (view.last_day.year, view.last_day.month) == (2020, month)
        )
        for day, groups in due_days(plan_view, date(2020, month, 1)).items():
            for group in groups if (day.year, day.month) == (2020, month) else ():
                of = day, group.deliverable
                owed, done = due.pop((*of, True), 0), due.pop((*of, False), 0)
                assert (group.total, group.owed) == (owed + done, owed)
        assert not due


def _plain(row: MilestoneRow) -> dict[str, object]:
    return vars(row) | {"tally": {key: count for key, count in row.tally.signs.items() if count}}


def test_the_present_is_what_counting_one_by_one_says(lived: Engine) -> None:
    keeper = CountKeeper()
    filters = [
        Wanted(**vars(part) | {"state": state}) for part, state in product(FILTERS, ["", *STATES])
    ]
    for now in LOOKED_AT:
        with reading(lived) as session:
            assert_lists(seen(session, now.astimezone(UTC), keeper), filters)
            assert_counts(seen(session, now.astimezone(UTC), keeper))


def test_any_moment_past_is_what_counting_one_by_one_says(lived: Engine) -> None:
    chance = random.Random(20)
    with reading(lived) as session:
        changed = col(AuditEvent.obligation_id).is_not(None)
        moments = sorted(set(session.exec(select(AuditEvent.at).where(changed))))
        whole = moments[-1] - moments[0]
        chosen = [moments[0] + chance.random() * whole for _ in range(6)]
        for at in [*chosen, *chance.sample(moments, 2)]:
            past = seen(session, at, None)
            assert_lists(past, [Wanted(state=state) for state in ("", *STATES)])
            assert_lists(past, [Wanted(words="an"), Wanted(group="district", state="owed")])
            assert_counts(past)
            assert_counts(past.only(agencies=["an-lao", "stc"]))


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
    with reading(engine) as session:
        kept = seen(session, now, keeper)
        assert kept.buckets == counted(session, kept.facts)
        assert kept.members == counted_by_agency(session, kept.facts)
        assert_counts(kept)


@pytest.mark.parametrize("cells", [540, 40])
def test_the_matrix_holds_every_dated_cell_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cells: int
) -> None:
    """However many agencies a page has: each cell that the filters let through stands on one page."""
    monkeypatch.setattr(overview, "CELLS", cells)
    dash = dashboard_at(tmp_path)
    with reading(dash.engine) as session:
        plan_view = seen(session, dash.clock.now, CountKeeper())
        views = [view for view in looked_at(plan_view) if view.due_at is not None]
        owing = {view.agency for view in views if not view.nothing_owed}
        for shown in (
            Shown(),
            Shown(group="district"),
            Shown(milestone="district-reports", only_owing=True),
        ):
            found, page = matrix_views(plan_view, shown, 1)
            for number in range(2, page.pages + 1):
                found += matrix_views(plan_view, shown, number)[0]
            right = [
                view.row_id
                for view in views
                if shown.group in ("", view.group)
                and shown.milestone in ("", view.milestone)
                and (not shown.only_owing or view.agency in owing)
            ]
            assert sorted(view.row_id for view in found) == sorted(right)
            assert page.pages > 1 or cells == 540 or shown.milestone, shown
    dash.engine.dispose()
