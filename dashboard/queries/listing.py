"""Obligations as a list one can filter from the address bar: filtered, counted and cut into pages by the
database, of the present and of an earlier moment."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, false, func, literal, or_, select
from sqlmodel import col

from dashboard.queries.counts import Bucket, past_day
from dashboard.queries.plan_view import PlanView
from plan.models import Agency, Deliverable, Milestone, Plan
from plan.queries.periods import Glance, earlier_keys, keys_at_hand
from plan.queries.progress import ObligationView, obligations
from plan.states import STILL_OWED, State
from plan.text import normalise, period_words

PAGE = 100

STATES: Mapping[str, tuple[str, frozenset[str]]] = {
    "owed": (
        "Còn phải nộp",
        frozenset({"open", "due_soon", "overdue", "returned", "returned_late"}),
    ),
    "overdue": ("Quá hạn", frozenset({"overdue", "returned_late"})),
    "submitted": ("Chờ duyệt", frozenset({"submitted", "submitted_late"})),
    "returned": ("Trả lại", frozenset({"returned", "returned_late"})),
    "accepted": ("Đã nhận", frozenset({"accepted", "accepted_late"})),
    "late": ("Nộp trễ", frozenset({"accepted_late", "submitted_late"})),
    "not_open": ("Chưa mở", frozenset({"not_open"})),
    "waived": ("Được miễn", frozenset({"waived"})),
    "undated": ("Không đặt hạn", frozenset({"undated"})),
}
"""Filter → its name, and the signs it lets through."""


@dataclass(frozen=True)
class Wanted:
    """What the address bar asks for; empty: everything."""

    milestone: str = ""
    deliverable: str = ""
    agency: str = ""
    group: str = ""
    state: str = ""
    words: str = ""
    period: str = ""
    """Key of one period of what recurs."""

    @property
    def any(self) -> bool:
        return any(vars(self).values())


@dataclass(frozen=True)
class PageOf:
    """Which page of how many."""

    number: int
    pages: int
    total: int
    size: int = PAGE

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size


def page_of(total: int, number: int, size: int = PAGE) -> PageOf:
    pages = max(-(-total // size), 1)
    return PageOf(min(number, pages), pages, total, size)


def find_page(
    plan_view: PlanView, wanted: Wanted, number: int, size: int = PAGE
) -> tuple[list[ObligationView], PageOf]:
    """One page of what matches, and how many pages there are."""
    found, page = find_over([plan_view], wanted, number, size)
    return [view for _, view in found], page


def find_over(
    plan_views: Sequence[PlanView], wanted: Wanted, number: int, size: int = PAGE
) -> tuple[list[tuple[Plan, ObligationView]], PageOf]:
    """The same of several plans, one after another, each obligation with the plan it is of. Pages follow
    the plan as it was taken in, milestone by milestone; sorting by its own order would cost seven times
    as much."""
    totals = [_total(plan_view, wanted) for plan_view in plan_views]
    page = page_of(sum(totals), number, size)
    found: list[tuple[Plan, ObligationView]] = []
    before = 0
    for plan_view, total in zip(plan_views, totals, strict=True):
        first, room = max(page.offset - before, 0), size - len(found)
        if room and first < total:
            found += [(plan_view.plan, one) for one in _cut(plan_view, wanted, first, room)]
        before += total
    return found, page


def _cut(plan_view: PlanView, wanted: Wanted, offset: int, limit: int) -> list[ObligationView]:
    facts = plan_view.facts.c
    ordered = _matching(plan_view, wanted).order_by(facts.milestone_id, facts.agency_id, facts.id)
    ids = plan_view.session.execute(ordered.limit(limit).offset(offset)).scalars().all()
    if not ids:
        return []
    return obligations(plan_view.session, plan_view.plan, plan_view.at, ids=ids)


def find_all(plan_view: PlanView, wanted: Wanted) -> list[ObligationView]:
    """All that match, in the plan's order, for a file: of a million some seconds."""
    return obligations(
        plan_view.session, plan_view.plan, plan_view.at, ids=_matching(plan_view, wanted)
    )


def _total(plan_view: PlanView, wanted: Wanted) -> int:
    """How many match: from the counts by milestone and sign, where no more is asked."""
    if wanted.deliverable or wanted.agency or wanted.group or wanted.words or wanted.period:
        total = select(func.count()).select_from(_matching(plan_view, wanted).subquery())
        return int(plan_view.session.execute(total).scalar_one())
    milestone = plan_view.names.milestones.get(wanted.milestone)
    signs = STATES[wanted.state][1] if wanted.state in STATES else None
    return sum(
        count
        for key, tally in plan_view.tallies.items()
        if not wanted.milestone or (milestone is not None and key == milestone.id)
        for sign, count in tally.signs.items()
        if signs is None or sign in signs
    )


def _matching(plan_view: PlanView, wanted: Wanted) -> Select[Any]:
    """Row ids."""
    facts = plan_view.facts.c
    statement = select(facts.id)
    for model, key, code in (
        (Milestone, facts.milestone_id, wanted.milestone),
        (Deliverable, facts.deliverable_id, wanted.deliverable),
        (Agency, facts.agency_id, wanted.agency),
    ):
        if code:
            statement = statement.where(key.in_(_rows_of(model, plan_view, model.code == code)))
    if wanted.group:
        members = _rows_of(Agency, plan_view, Agency.group == wanted.group)
        statement = statement.where(facts.agency_id.in_(members))
    if wanted.period:
        statement = statement.where(facts.period == wanted.period)
    if wanted.words:
        sought = normalise(wanted.words)
        named = facts.agency_id.in_(_agencies_named(plan_view, sought))
        titled = facts.title.in_(_holding(plan_view, facts.title, sought, str))
        of_period = facts.period.in_(_holding(plan_view, facts.period, sought, period_words))
        statement = statement.where(named | titled | of_period)
    if wanted.state in STATES:
        statement = statement.where(sign(plan_view).in_(STATES[wanted.state][1]))
    return statement


def _rows_of(model: type[Any], plan_view: PlanView, matches: Any) -> Select[Any]:
    return select(col(model.id)).where(col(model.plan_id) == plan_view.plan.id, matches)


def _agencies_named(plan_view: PlanView, sought: str) -> Sequence[int]:
    """Agencies whose name holds these words, however they are written."""
    names = plan_view.names
    return [
        key
        for key, code in names.agency_ids.items()
        if sought in normalise(names.agency_long(code))
    ]


def _holding(
    plan_view: PlanView, column: Any, sought: str, words: Callable[[str], str]
) -> Collection[str]:
    """Those of a column's texts whose words hold these: there are as many titles as products, and some
    more."""
    texts = plan_view.session.execute(select(column).distinct())
    return [text for (text,) in texts if text and sought in normalise(words(text))]


def to_hand_in(plan_view: PlanView, before: int = 0) -> ColumnElement[bool]:
    """Of the moment's facts what is of no period, of the one at hand or of so many `before` it, and what
    is still owed of earlier ones."""
    facts, milestones = plan_view.facts.c, plan_view.names.milestones

    def of_periods(keys: Callable[[Sequence[Glance]], list[str]]) -> list[ColumnElement[bool]]:
        return [
            and_(facts.milestone_id == milestones[code].id, facts.period.in_(found))
            for code, of in plan_view.glances.items()
            if (found := keys(of))
        ]

    recurring = of_periods(lambda of: keys_at_hand(of, before))
    owed_before = [and_(_owed(plan_view), or_(false(), *of_periods(earlier_keys)))]
    return or_(facts.period == "", owed_late(plan_view), *recurring, *owed_before)


def owed_late(plan_view: PlanView) -> ColumnElement[bool]:
    """Of the moment's facts what is still owed past its day."""
    return and_(_owed(plan_view), plan_view.facts.c.due_at <= plan_view.at)


def _owed(plan_view: PlanView) -> ColumnElement[bool]:
    owed: ColumnElement[bool] = plan_view.facts.c.state.in_([state.value for state in STILL_OWED])
    return owed


def counts_at_hand(plan_view: PlanView) -> Callable[[Bucket], bool]:
    """What `to_hand_in` lets through, of what is counted."""
    milestones = plan_view.names.milestones
    keys = {milestones[code].id: {"", *keys_at_hand(of)} for code, of in plan_view.glances.items()}
    before = {milestones[code].id: {*earlier_keys(of)} for code, of in plan_view.glances.items()}

    def such(bucket: Bucket) -> bool:
        if bucket.period in keys.get(bucket.milestone, ("",)):
            return True
        earlier = bucket.period in before.get(bucket.milestone, ())
        return bucket.state in STILL_OWED and (earlier or past_day(bucket, plan_view.at))

    return such


def dated_of(
    plan_view: PlanView, agencies: Collection[str], *such: ColumnElement[bool]
) -> list[ObligationView]:
    """What these agencies (codes) are asked for by a day, of the facts that are `such`."""
    if not agencies:
        return []
    facts = plan_view.facts.c
    mine = facts.agency_id.in_(_rows_of(Agency, plan_view, col(Agency.code).in_(agencies)))
    ids = select(facts.id).where(mine, facts.due_at.is_not(None), *such)
    of = plan_view.session, plan_view.plan, plan_view.at
    return obligations(*of, agencies=agencies, ids=ids)


def sign(plan_view: PlanView) -> Any:
    """`plan.states.sign_key` of each of the moment's facts, as the database works it out."""
    facts, now = plan_view.facts.c, plan_view.at
    state, due = facts.state, facts.due_at
    owed = case(
        (due.is_(None), literal("undated")),
        (due <= now, literal("overdue")),
        (facts.opens_at > now, literal("not_open")),
        (facts.last_day <= plan_view.soon_day, literal("due_soon")),
        else_=literal("open"),
    )
    late = case((facts.decisive_at >= due, state.concat("_late")), else_=state)
    returned = case((due <= now, literal("returned_late")), else_=state)
    return case(
        (state == State.owed.value, owed),
        (state == State.returned.value, returned),
        (state == State.waived.value, literal("waived")),
        else_=late,
    )
