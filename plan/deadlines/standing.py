"""Where an obligation stands against its deadline at an instant, and the words for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from plan.calendar import LOCAL, WorkingCalendar, local_day
from plan.text import date_words, moment_words, number_words


def deadline_words(last_day: date | None, due_at: datetime | None = None) -> str:
    """«chậm nhất 29/04/2020»: the last good moment; «không có hạn» without one.

    `due_at` (optional) tells a deadline at an hour, «trước 17:00 ngày 29/04/2020», from one at the
    day's end.
    """
    if last_day is None:
        return "không có hạn"
    if due_at is not None and due_at.astimezone(LOCAL).date() == last_day:
        return f"trước {moment_words(due_at)}"
    return f"chậm nhất {date_words(last_day)}"


def left_words(standing: Standing) -> str:
    """How it stands, in words: «còn 3 ngày làm việc», «quá hạn 2 ngày làm việc», «đúng hạn»."""
    fixed = {"undated": "không có hạn", "not_open": "chưa mở", "on_time": "đúng hạn"}
    kind = standing.timeliness.value
    if kind in fixed:
        return fixed[kind]
    if kind in ("overdue", "late"):
        verb = "quá hạn" if kind == "overdue" else "trễ"
        return _late_words(verb, standing.days_late, standing.working_days_late)
    return _open_words(standing.days_left or 0, standing.working_days_left or 0)


def _open_words(days: int, working_days: int) -> str:
    if days == 0:
        return "hôm nay là ngày cuối"
    if working_days == 0:
        return f"còn {days} ngày (0 ngày làm việc)"
    return f"còn {number_words(working_days)} ngày làm việc"


def _late_words(verb: str, days: int, working_days: int) -> str:
    if days == 0:  # a deadline at an hour, missed the same day
        return f"{verb} trong ngày"
    if working_days == 0:
        return f"{verb} {days} ngày (0 ngày làm việc)"
    return f"{verb} {number_words(working_days)} ngày làm việc"


class Timeliness(StrEnum):
    undated = "undated"
    not_open = "not_open"
    open = "open"
    due_soon = "due_soon"
    overdue = "overdue"
    on_time = "on_time"
    late = "late"


@dataclass(frozen=True, slots=True)
class Standing:
    """How an obligation stands at a moment, in calendar and in working days."""

    timeliness: Timeliness
    days_late: int = 0
    """Local days after the last good one; 0 also for a deadline at an hour missed the same day."""
    working_days_late: int = 0
    days_left: int | None = None
    """Local days after today up to the last good one; None once settled, overdue or undated."""
    working_days_left: int | None = None


def standing(
    *,
    opens_at: datetime | None,
    due_at: datetime | None,
    last_day: date | None,
    nothing_owed: bool,
    decisive_at: datetime | None,
    now: datetime,
    calendar: WorkingCalendar,
    soon_working_days: int = 3,
) -> Standing:
    """Timeliness at `now`.

    `nothing_owed`: nothing is owed any more (handed in and not returned, accepted, waived). Then
    `decisive_at`, the moment timeliness is judged by, decides between on time and late; settled
    without such a moment (waived) counts as on time. Otherwise `now` decides. Without `due_at` it is
    undated, whatever else.
    """
    if due_at is None or last_day is None:
        return Standing(Timeliness.undated)
    if nothing_owed:
        if decisive_at is None or decisive_at < due_at:
            return Standing(Timeliness.on_time)
        return _late(Timeliness.late, last_day, decisive_at, calendar)
    if now >= due_at:
        return _late(Timeliness.overdue, last_day, now, calendar)
    today = local_day(now)
    left = calendar.working_days_between(today, last_day)
    if opens_at is not None and now < opens_at:
        kind = Timeliness.not_open
    else:
        kind = Timeliness.due_soon if left <= soon_working_days else Timeliness.open
    return Standing(kind, days_left=(last_day - today).days, working_days_left=left)


def _late(
    kind: Timeliness, last_day: date, moment: datetime, calendar: WorkingCalendar
) -> Standing:
    day = local_day(moment)
    return Standing(
        kind,
        days_late=(day - last_day).days,
        working_days_late=calendar.working_days_between(last_day, day),
    )
