"""From due words to instants, and from instants to «còn 3 ngày», «quá hạn».

A deadline is half-open: `due_at` is the first moment that is late, in UTC; `last_day` the last good
local day. Overdue is computed at a given `now`, never stored. A last day that is a day off stays
where it is, unless a plan asks to roll it forward: plans name dates, and Bộ luật Dân sự 148.5 is about
spans of time.

Pure; no clock. Raises UnknownYearError where the calendar does not know a year.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from plan.calendar import DAY, WorkingCalendar, local_instant
from plan.dates import add_months, period_key, period_of, period_starts
from plan.deadlines.open_ended import After, Ongoing
from plan.deadlines.phrases import READABLE, DueWordsError, parse_due
from plan.deadlines.rules import DueRule, Every, Once, Recurring
from plan.errors import DondocError
from plan.text import date_words

__all__ = [
    "READABLE",
    "DeadlineError",
    "DueRule",
    "DueWordsError",
    "Every",
    "Once",
    "Recurring",
    "Window",
    "occurrences",
    "parse_due",
    "period_keys",
    "window",
]


class DeadlineError(DondocError, ValueError):
    """A deadline that contradicts itself or is asked for in the wrong way."""


@dataclass(frozen=True, slots=True)
class Window:
    """When something may be handed in."""

    opens_on: date
    opens_at: datetime
    """First good moment, UTC."""
    due_at: datetime
    """First late moment, UTC."""
    last_day: date
    last_working_day: date
    """The last working day on or before `last_day`; may lie before `opens_on`."""


def window(
    rule: DueRule | None,
    *,
    issued_on: date,
    calendar: WorkingCalendar,
    opens_on: date | None = None,
    roll_forward: bool = False,
) -> Window | None:
    """The window of a rule; None without a rule, for what is done all the time, and for what counts from an
    event that was not recorded yet (undated).

    It opens on `opens_on`, else on the first day of the period named, else on the day the plan was
    issued. `roll_forward` moves a last day off to the next working day.
    Raises DeadlineError when it would open after its end, or for a recurring rule (`occurrences`).
    """
    if rule is None or isinstance(rule, Ongoing | After):
        return None
    if isinstance(rule, Recurring):
        raise DeadlineError("Thời hạn lặp lại phải tính theo từng kỳ.")
    return _window(opens_on or rule.first_day or issued_on, rule, calendar, roll_forward)


def _window(opens_on: date, rule: Once, calendar: WorkingCalendar, roll_forward: bool) -> Window:
    last_working_day = calendar.last_working_day(rule.last_day)
    last_day = rule.last_day
    if roll_forward:
        last_day = last_working_day = calendar.next_working_day(rule.last_day)
    if opens_on > last_day:
        raise DeadlineError(
            f"Ngày bắt đầu {date_words(opens_on)} sau ngày cuối của thời hạn "
            f"{date_words(last_day)}. Sửa lại một trong hai."
        )
    ends = local_instant(last_day, rule.clock) if rule.clock else local_instant(last_day + DAY)
    return Window(
        opens_on=opens_on,
        opens_at=local_instant(opens_on),
        due_at=ends,
        last_day=last_day,
        last_working_day=last_working_day,
    )


# --- recurring ---------------------------------------------------------------------------------


def occurrences(
    rule: Recurring,
    start: date,
    end: date,
    *,
    calendar: WorkingCalendar,
    roll_forward: bool = False,
) -> list[tuple[str, Window]]:
    """Each period's key (`2020-04`, `2020-Q2`, `2020`) and window, in order.

    Those whose last good day, before any rolling forward, lies in [start, end]. A window opens with
    its period; of several days in a year each has its month's key and opens behind the one before.
    A day or a week without a working day is no period, unless the words say «kể cả ngày nghỉ».
    """
    return [
        (key, _window(opens_on, Once(last_day, clock=rule.clock), calendar, roll_forward))
        for key, opens_on, last_day in _worked(rule, start, end, calendar)
    ]


def period_keys(
    rule: Recurring, start: date, end: date, calendar: Callable[[], WorkingCalendar]
) -> list[str]:
    """The keys of `occurrences`, in order; the calendar is asked for where days off decide."""
    skips = rule.every.within_month and not rule.days_off
    found = _worked(rule, start, end, calendar()) if skips else _last_days(rule, start, end)
    return [key for key, _, _ in found]


def _worked(
    rule: Recurring, start: date, end: date, calendar: WorkingCalendar
) -> Iterator[tuple[str, date, date]]:
    skips = rule.every.within_month and not rule.days_off
    for key, opens_on, last_day in _last_days(rule, start, end):
        if (
            not skips
            or calendar.last_working_day(period_of(opens_on, rule.every.value)[1]) >= opens_on
        ):
            yield key, opens_on, last_day


def _last_days(rule: Recurring, start: date, end: date) -> Iterator[tuple[str, date, date]]:
    """Key, opening day and last good day of each period whose last good day lies in [start, end]."""
    for first in period_starts(date(max(start.year - 1, 1), 1, 1), end, rule.every.value):
        for key, opens_on, named in _named_days(rule, first):
            last_day = named - (DAY * (not rule.inclusive))
            if start <= last_day <= end:
                yield key, opens_on, last_day


def _named_days(rule: Recurring, first: date) -> Iterator[tuple[str, date, date]]:
    """Key, opening day and the day named, of each deadline of the period that begins on `first`."""
    named = _named_day(rule, first)
    if not rule.also:
        yield period_key(first, rule.every.value), first, named
        return
    days = [named, *(date(named.year, month, day) for day, month in rule.also)]
    for opens_on, day in zip([first, *(one + DAY for one in days)], days, strict=False):
        yield f"{day:%Y-%m}", opens_on, day


def _named_day(rule: Recurring, first: date) -> date:
    if rule.every.within_month:
        return first + (rule.day - 1) * DAY
    return add_months(first, rule.month - 1).replace(day=rule.day)


# --- standing ----------------------------------------------------------------------------------
