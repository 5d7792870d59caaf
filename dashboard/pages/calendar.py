"""Lịch: a month with holidays, deadlines and what came in; feeds that calendars subscribe to."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from urllib.parse import urlencode, urlsplit

from starlette.responses import Response

from dashboard.auth import calendar_keys
from dashboard.auth.viewer import ANYONE, EVERYONE, READERS
from dashboard.pages.common import names_of, plan_views_of, taken_away
from dashboard.queries.counts import received_by_day
from dashboard.queries.month import (
    DayBox,
    DueDays,
    DueGroup,
    due_days,
    month_table,
    month_weeks,
)
from dashboard.web.request import ForbiddenError, MissingError, Visit
from dashboard.web.routing import Pages
from notifications.messages.calendar_feed import DeadlineEvent, calendar_bytes
from plan.calendar import local_day
from plan.database import writing
from plan.dates import add_months
from plan.models import Plan
from plan.queries.labels import plan_labels
from plan.queries.lookup import find_milestone, find_plan, followed_plans, load_calendar
from plan.queries.progress import ObligationView, obligations
from plan.text import titled

pages = Pages()
ALL = "tat-ca"


@pages.get("/lich", may=READERS, remembered=True)
def index(visit: Visit) -> Response:
    return _month(visit, "")


@pages.get("/don-vi/{agency}/lich", may=EVERYONE)
def mine(visit: Visit) -> Response:
    agency = visit.param("agency")
    if agency not in names_of(visit).agencies:
        raise MissingError
    return _month(visit, agency)


def _month(visit: Visit, agency: str) -> Response:
    today = local_day(visit.as_of)
    year, month = _asked(visit.query("thang"), today)
    calendar = load_calendar(visit.session, visit.plan.id)
    first = date(year, month, 1)
    due, came = _days(visit, agency, first)
    weeks = month_weeks(year, month, due, came, calendar, today)
    named = partial(_named, visit, agency)
    if (file := taken_away(visit, {"": lambda: month_table(weeks, named)})) is not None:
        return file
    return visit.render(
        "calendar.html",
        weeks=weeks,
        today=today,
        milestone_dues=partial(_by_milestone, visit),
        first=first,
        before=f"{add_months(first, -1):%Y-%m}",
        after=f"{add_months(first, 1):%Y-%m}",
        agency=agency,
        names=names_of(visit),
        feed=feed_address(visit, agency or ALL),
        every_plan="" if agency or len(visit.plans) < 2 else feed_address(visit, ALL, ALL),
        feeds=[] if agency else _feeds(visit),
        known=year in calendar.years,
    )


def _days(visit: Visit, agency: str, first: date) -> tuple[DueDays, Mapping[date, int]]:
    """What falls due and what came in, by day: of the plan looked at, or of every plan followed."""
    one = agency or visit.scope
    plan_views = plan_views_of(visit, [visit.plan] if one else followed_plans(visit.session))
    due: defaultdict[date, list[DueGroup]] = defaultdict(list)
    came: Counter[date] = Counter()
    for plan_view in plan_views:
        part = plan_view.only(agencies=[agency]) if agency else plan_view
        for day, groups in due_days(part, first).items():
            due[day] += groups
        came += received_by_day(part.buckets)
    return due, came


@dataclass(frozen=True)
class MilestoneDue:
    """What falls due of a milestone on a day: a dozen products side by side would hide the month."""

    words: str
    href: str
    total: int
    owed: int


def _by_milestone(visit: Visit, groups: Iterable[DueGroup]) -> list[MilestoneDue]:
    """The day's products, counted by the milestone they belong to."""
    found: dict[tuple[str, str, str], list[DueGroup]] = {}
    for group in groups:
        found.setdefault((group.plan, group.milestone, group.period), []).append(group)
    return [
        MilestoneDue(
            *_milestone_named(visit, plan, code, period),
            sum(one.total for one in these),
            sum(one.owed for one in these),
        )
        for (plan, code, period), these in found.items()
    ]


def _milestone_named(visit: Visit, plan_id: str, code: str, period: str) -> tuple[str, str]:
    """What it is called, and where its page is; another plan's with that plan's label."""
    if plan_id == visit.plan.id:
        return titled(names_of(visit).milestones[code].short, period), f"/moc/{code}"
    row = find_milestone(visit.session, plan_id, code)
    label = plan_labels(visit.session)[plan_id].short
    there = urlencode({"ma": plan_id, "ve": f"/moc/{code}"})
    return f"{titled(row.short or row.title, period)} ({label})", f"/ke-hoach?{there}"


def _named(visit: Visit, agency: str, box: DayBox) -> list[tuple[str, int, int]]:
    """What falls due on a day: an agency's products; of all agencies, milestones."""
    names = names_of(visit)
    if agency:
        return [
            (names.product(one.deliverable, one.period), one.total, one.owed) for one in box.due
        ]
    return [(one.words, one.total, one.owed) for one in _by_milestone(visit, box.due)]


def _asked(text: str, today: date) -> tuple[int, int]:
    year, dash, month = text.partition("-")
    good = dash and year.isascii() and year.isdigit() and month.isascii() and month.isdigit()
    if good and 1900 <= int(year) <= 2200 and 1 <= int(month) <= 12:
        return int(year), int(month)
    return today.year, today.month


# --- feeds -------------------------------------------------------------------------------------


def feed_address(visit: Visit, who: str, plan: str = "") -> str:
    """The viewer's own address of that calendar, of the plan looked at or of `plan` (`tat-ca`: of all)."""
    holder, plan_id = visit.who.account, plan or visit.plan.id
    number = calendar_keys.present(visit.session, plan_id, who, holder)
    part = calendar_keys.address_part(visit.site.secret, plan_id, who, holder, number)
    return f"{visit.site.settings.base_url.rstrip('/')}/lich/{plan_id}/{who}/{part}.ics"


@pages.post("/lich/doi-dia-chi", may=READERS)
def renew(visit: Visit) -> Response:
    """The viewer's addresses end, that of every plan too; the page shows the next ones."""
    return _renewed(visit, ALL, "/lich", *([ALL] if len(visit.plans) > 1 else []))


@pages.post("/don-vi/{agency}/lich/doi-dia-chi", may=EVERYONE)
def renew_own(visit: Visit) -> Response:
    agency = visit.param("agency")
    return _renewed(visit, agency, f"/don-vi/{agency}/lich")


def _renewed(visit: Visit, who: str, back: str, *also: str) -> Response:
    """Whoever may read a calendar may end their own address of it, leaders too."""
    holder = visit.who.account
    if visit.site.demo:
        raise ForbiddenError("Đang ở chế độ chỉ xem; không thay đổi gì.")
    with writing(visit.site.engine) as session:
        for plan_id in (visit.plan.id, *also):
            calendar_keys.revoke(
                session,
                plan_id,
                who,
                holder,
                actor=visit.who.actor,
                now=visit.now,
                name=visit.who.name,
            )
    return visit.redirect(back, "Địa chỉ lịch cũ đã hết hiệu lực; dưới đây là địa chỉ mới.")


MOST_FEEDS = 100


def _feeds(visit: Visit) -> list[tuple[str, str]]:
    """(name, address) of each agency's own feed; of very many agencies none, each page has its own."""
    agencies = names_of(visit).agencies
    if len(agencies) > MOST_FEEDS:
        return []
    return [(name.name, feed_address(visit, code)) for code, name in agencies.items()]


@pages.get("/lich/{plan}/{who}/{key}.ics", may=ANYONE)
def feed(visit: Visit) -> Response:
    """One agency's deadlines, or everyone's (`tat-ca`), of a plan or of every plan followed (`tat-ca`)."""
    plan_id, who = visit.param("plan"), visit.param("who")
    part, secret = visit.param("key"), visit.site.secret
    found = calendar_keys.find(visit.session, secret, plan_id, who, part, visit.now)
    if found is None:
        raise MissingError
    if visit.site.demo is None:
        calendar_keys.touch(visit.site.engine, plan_id, who, found, visit.now)
    session, every = visit.session, plan_id == ALL
    plans = followed_plans(session) if every else [find_plan(session, plan_id)]
    agency = "" if who == ALL else who
    labels = plan_labels(session)
    base = visit.site.settings.base_url.rstrip("/")
    events = (
        event
        for plan in plans
        for event in _events(
            plan,
            obligations(session, plan, visit.now, agency=agency),
            base,
            everyone=not agency,
            label=labels[plan.id].short if every else "",
        )
    )
    name = "Mọi kế hoạch" if every else labels[plan_id].short
    host = urlsplit(base).hostname or "dondoc.example"
    data = calendar_bytes(events, visit.now, host, name=f"{name}: hạn nộp")
    return Response(data, media_type="text/calendar; charset=utf-8")


def _events(
    plan: Plan, views: Iterable[ObligationView], base: str, *, everyone: bool, label: str
) -> Iterable[DeadlineEvent]:
    """`label`: the plan's name, told with each where several stand together."""
    beside = f" ({label})" if label else ""
    for view in views:
        if view.last_day is None:
            continue
        page = "nghia-vu" if everyone else "don-vi"
        yield DeadlineEvent(
            plan=plan.id,
            obligation=view.id,
            title=(f"{view.agency_short}: {view.title}" if everyone else view.title) + beside,
            last_day=view.last_day,
            version=view.deadline_version,
            url=f"{base}/{page}/{view.id}",
            handed_in=view.nothing_owed,
        )
