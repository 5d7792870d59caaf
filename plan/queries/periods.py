"""What recurs, a period at a time: the one at hand, and those before it. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from plan.dates import UNITS, unit_of_key
from plan.queries.progress import ObligationView
from plan.states import STILL_OWED
from plan.text import period_words

RECENT = 6
"""Periods before the one at hand that a page names."""
BEFORE = 2
"""Periods before the one at hand in a table's cell."""
_FAR, _NEVER = datetime.max.replace(tzinfo=UTC), datetime.min.replace(tzinfo=UTC)
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
    place = ordered.index(at_hand)
    before = [one for n, one in enumerate(ordered) if n < place or _opens(one) < _opens(at_hand)]
    return Glance(at_hand, tuple(reversed(before)))


def _opens(one: Period) -> datetime:
    """More time given moves the day it is due, never the day it opens."""
    return one.span[0] or _NEVER


def _due(one: Period) -> datetime:
    return one.span[1] or _FAR


Glances = Mapping[str, Sequence[Glance]]
"""Milestone code → what is at hand of it."""


def at_hand(
    views: Iterable[ObligationView], found: Glances, before: int = 0
) -> list[ObligationView]:
    """Of each milestone those of no period, of the one at hand and of so many `before` it; in their order."""
    shown = {code: keys_at_hand(of, before) for code, of in found.items()}
    return [view for view in views if not view.period or view.period in shown[view.milestone]]


def keys_at_hand(found: Sequence[Glance], before: int = 0) -> list[str]:
    """Of one milestone the keys of the periods at hand, and of so many before each."""
    return [
        one.key for glance in found for one in (glance.at_hand, *glance.earlier[:before]) if one.key
    ]


def earlier_keys(found: Sequence[Glance]) -> list[str]:
    """Of one milestone the keys of every period before those at hand."""
    return [one.key for glance in found for one in glance.earlier]


def in_hand(views: Sequence[ObligationView], now: datetime) -> list[ObligationView]:
    """What is counted at a time: all that does not recur; of what recurs the period at hand, and what is
    still owed of earlier ones or past its day: more time given makes nobody's duty disappear. In their
    order."""
    found = _glances_of(views, now)
    shown = {milestone: {*keys_at_hand(of), ""} for milestone, of in found.items()}
    before = {milestone: {*earlier_keys(of)} for milestone, of in found.items()}
    return [
        view
        for view in views
        if view.period in shown[view.milestone]
        or (
            view.state in STILL_OWED and (view.period in before[view.milestone] or _past(view, now))
        )
    ]


def periods_at_hand(views: Iterable[ObligationView], now: datetime) -> dict[str, Collection[str]]:
    """Milestone → keys of its periods at hand, as these views have them."""
    return {milestone: keys_at_hand(of) for milestone, of in _glances_of(views, now).items()}


def _glances_of(views: Iterable[ObligationView], now: datetime) -> dict[str, list[Glance]]:
    spans: dict[str, dict[str, Counter[Span]]] = defaultdict(lambda: defaultdict(Counter))
    for view in views:
        spans[view.milestone][view.period][view.opens_at, view.due_at] += 1
    return {
        milestone: glances([Period(key, most(of), {}) for key, of in periods.items()], now)
        for milestone, periods in spans.items()
    }


def _past(view: ObligationView, now: datetime) -> bool:
    return view.due_at is not None and view.due_at <= now


def named_at_hand(found: Glances) -> dict[str, str]:
    """Milestone → its period at hand, as people call it; those where nothing recurs are left out."""
    keys = {code: of[0].at_hand.key for code, of in found.items()}
    return {code: period_words(key) for code, key in keys.items() if key}
