"""What recurs, a period at a time: the one at hand, and those before it. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from plan.dates import UNITS, unit_of_key
from plan.queries.progress import ObligationView
from plan.states import sign_key
from plan.text import period_words

RECENT = 6
"""Periods before the one at hand that a page names."""
BEFORE = 2
"""Periods before the one at hand in a table's cell."""
_FAR = datetime.max.replace(tzinfo=UTC)
Span = tuple[datetime | None, datetime | None]
"""When it opens and is due (UTC), as most of its obligations have it: an extension moves one of many."""


@dataclass(frozen=True)
class Period:
    """One period of a milestone. `signs`: how many obligations bear each."""

    key: str
    span: Span
    signs: Mapping[str, int]


@dataclass(frozen=True)
class Glance:
    """A milestone's periods of one length. `earlier`: the newest first."""

    at_hand: Period
    earlier: tuple[Period, ...] = ()


def periods_of_views(views: Iterable[ObligationView]) -> list[Period]:
    """A milestone's obligations by period; those of none under an empty key."""
    spans: dict[str, Counter[Span]] = defaultdict(Counter)
    signs: dict[str, Counter[str]] = defaultdict(Counter)
    for view in views:
        spans[view.period][view.opens_at, view.due_at] += 1
        signs[view.period][sign_key(view.state, view.timeliness)] += 1
    return [Period(key, most(spans[key]), signs[key]) for key in signs]


def most(spans: Counter[Span]) -> Span:
    return spans.most_common(1)[0][0]


def glances(periods: Sequence[Period], now: datetime) -> list[Glance]:
    """One for what does not recur, then one for each length of period, the shortest first."""
    found: dict[str, list[Period]] = defaultdict(list)
    for one in periods:
        found[unit_of_key(one.key)].append(one)
    return [_glance(sorted(found[unit], key=_due), now) for unit in ("", *UNITS) if unit in found]


def _glance(ordered: Sequence[Period], now: datetime) -> Glance:
    """At hand is the first that is open and not due yet; else the last that has opened, until the next
    does; else the first to come."""
    opened = [one for one in ordered if one.span[0] is None or one.span[0] <= now]
    ahead = [one for one in opened if _due(one) > now]
    at_hand = (ahead or opened[-1:] or ordered)[0]
    before = ordered[: ordered.index(at_hand)]
    return Glance(at_hand, tuple(reversed(before)))


def _due(one: Period) -> datetime:
    return one.span[1] or _FAR


def at_hand(
    views: Sequence[ObligationView], now: datetime, before: int = 0
) -> list[ObligationView]:
    """Those of no period, of the one at hand, and of so many `before` it, of each milestone; in their order.

    Costs the views; of a year of daily reports it leaves those of a day."""
    shown = {
        (code, one.key)
        for code, found in _by_milestone(views, now).items()
        for glance in found
        for one in (glance.at_hand, *glance.earlier[:before])
    }
    return [view for view in views if (view.milestone, view.period) in shown]


def to_hand_in(views: Sequence[ObligationView], now: datetime) -> list[ObligationView]:
    """Those at hand, and what is still owed of earlier periods."""
    mine = {view.row_id for view in at_hand(views, now)}
    return [
        view
        for view in views
        if view.row_id in mine
        or (view.period and not view.nothing_owed and view.due_at and view.due_at <= now)
    ]


def named_at_hand(views: Sequence[ObligationView], now: datetime) -> dict[str, str]:
    """Milestone → its period at hand, as people call it; those where nothing recurs are left out."""
    found = {code: of[0].at_hand.key for code, of in _by_milestone(views, now).items()}
    return {code: period_words(key) for code, key in found.items() if key}


def _by_milestone(views: Sequence[ObligationView], now: datetime) -> dict[str, list[Glance]]:
    mine: dict[str, list[ObligationView]] = defaultdict(list)
    for view in views:
        mine[view.milestone].append(view)
    return {code: glances(periods_of_views(found), now) for code, found in mine.items()}
