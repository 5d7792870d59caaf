"""Every kind of page within a viewer's reach, found by following links."""

from __future__ import annotations

import html
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from urllib.parse import urljoin

from dashboard.queries.board import (
    LATE_SIGNS,
    MilestoneRow,
    Tally,
    glances_of,
    milestone_row,
    sign_of_view,
)
from dashboard.queries.plan_view import PlanView
from plan.calendar import WorkingCalendar
from plan.models import Milestone
from plan.queries.periods import Glance, Period, Span, most
from plan.queries.progress import ObligationView, obligations
from tests.browser.support import BASE, Browser

OF_A_SHAPE = 2
"""Pages of one kind that a walk opens: an obligation's page is like another's."""
NOT_WALKED = ("/dang-xuat", "/luc", "/xem-nhu", "/su-kien")
STARTS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("admin", (), "/quan-tri"),
    ("coordinator", (), "/"),
    ("leader", (), "/lanh-dao"),
    ("agency", ("vpub",), "/don-vi/vpub"),
)
"""Who walks, whose, from where."""


def links(page: str, path: str) -> Iterator[str]:
    """Our own addresses a page leads to."""
    for found in re.findall(r'(?:href|src)="([^"#][^"]*)"', page):
        target = urljoin(BASE + path, html.unescape(found)).partition("#")[0]
        local = target.removeprefix(BASE)
        if target.startswith(BASE) and not local.startswith(NOT_WALKED):
            yield local


def shape(path: str) -> str:
    """What pages of one kind have in common."""
    kind = re.sub(r"/(co-quan|nghia-vu|don-vi|nhac-viec|moc|tong-hop)/[^?]*", r"/\1/…", path)
    return re.sub(r"=[^&]*", "=…", re.sub(r"\d+", "0", kind))


def walk(client: Browser, start: str) -> Iterator[tuple[str, str, int, str]]:
    """(path, from, status, page) of every kind of page within reach."""
    seen: set[str] = set()
    kinds: Counter[str] = Counter()
    waiting = [(start, "")]
    while waiting:
        path, source = waiting.pop(0)
        if path in seen or kinds[shape(path)] >= OF_A_SHAPE:
            continue
        seen.add(path)
        kinds[shape(path)] += 1
        answer = client.get(path)
        told = answer.headers.get("content-type", "").startswith("text/html")
        page = (
            answer.text
            if told and "sandbox" not in answer.headers.get("content-security-policy", "")
            else ""
        )
        yield path, source, answer.status_code, page
        waiting += [(target, path) for target in links(page, path)]


# --- Obligations counted one by one: what the database's counts are held against


def tally(views: Iterable[ObligationView]) -> Tally:
    return Tally(Counter(sign_of_view(view) for view in views))


def rows_of(
    milestones: Iterable[Milestone],
    views: Sequence[ObligationView],
    now: datetime,
    calendar: WorkingCalendar,
) -> list[MilestoneRow]:
    """Every milestone's row; of what recurs the period at hand."""
    found = []
    for row in milestones:
        here = [view for view in views if view.milestone == row.code]
        for glance in glances_of(row, periods_of(here), now):
            who = missing_of(here, glance), behind_of(here, glance)
            found.append(milestone_row(row, glance, *who, now, calendar))
    return found


def periods_of(views: Iterable[ObligationView]) -> list[Period]:
    """A milestone's obligations by period; those of none under an empty key."""
    spans: dict[str, Counter[Span]] = defaultdict(Counter)
    signs: dict[str, Counter[str]] = defaultdict(Counter)
    for view in views:
        spans[view.period][view.opens_at, view.due_at] += 1
        signs[view.period][sign_of_view(view)] += 1
    return [Period(key, most(spans[key]), signs[key]) for key in signs]


Named = list[tuple[str, str]]


def missing_of(views: Sequence[ObligationView], glance: Glance) -> Named:
    """Who still owes of the period at hand."""
    owed = [v for v in views if not v.nothing_owed and v.period == glance.at_hand.key]
    return list({view.agency: view.agency_short for view in owed}.items())


def behind_of(views: Sequence[ObligationView], glance: Glance) -> Named:
    """Who is past its day, of that period or of one before."""
    keys = {glance.at_hand.key, *(one.key for one in glance.earlier)}
    late = [v for v in views if v.period in keys and sign_of_view(v) in LATE_SIGNS]
    return list({view.agency: view.agency_short for view in late}.items())


def to_hand_in(
    views: Sequence[ObligationView], milestones: Iterable[Milestone], now: datetime, before: int
) -> list[ObligationView]:
    """Those at hand, so many periods before, and what is still owed of earlier ones."""
    shown, earlier = {(row.code, "") for row in milestones}, set[tuple[str, str]]()
    for row in milestones:
        here = [view for view in views if view.milestone == row.code]
        for glance in glances_of(row, periods_of(here), now):
            shown |= {(row.code, one.key) for one in (glance.at_hand, *glance.earlier[:before])}
            earlier |= {(row.code, one.key) for one in glance.earlier}
    return [
        view
        for view in views
        if (place := (view.milestone, view.period)) in shown
        or (place in earlier and not view.nothing_owed)
        or sign_of_view(view) in LATE_SIGNS
    ]


def tallies(views: Sequence[ObligationView]) -> dict[str, Tally]:
    """Agency → what its dated obligations add up to."""
    dated = [view for view in views if view.due_at is not None]
    codes = {view.agency for view in dated}
    return {code: tally(view for view in dated if view.agency == code) for code in codes}


def looked_at(plan_view: PlanView) -> list[ObligationView]:
    """The obligations of what is looked at, read one by one."""
    codes = plan_view.agencies or ()
    return obligations(plan_view.session, plan_view.plan, plan_view.at, agencies=codes)
