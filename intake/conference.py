"""Checks of a conference: when it was held against its window, where, how many, with minutes. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from plan.calendar import WorkingCalendar, local_day
from plan.ledger.filing import FoundFault, Severity
from plan.text import date_words, weekday_words

TEXTS: dict[str, tuple[Severity, str]] = {
    "conference.not-yet": ("error", "Hội nghị ngày {day} chưa diễn ra. Hãy báo sau khi tổ chức."),
    "conference.no-place": ("error", "Chưa ghi địa điểm tổ chức hội nghị. Hãy ghi rõ."),
    "conference.attending": (
        "error",
        "Số người dự là {read}; phải là số lớn hơn 0. Hãy ghi lại.",
    ),
    "conference.early": (
        "warning",
        "Hội nghị tổ chức ngày {day}, sớm hơn khung thời gian (từ {bound}). Hãy giải trình.",
    ),
    "conference.late": (
        "warning",
        "Hội nghị tổ chức ngày {day}, sau khung thời gian (đến hết {bound}). Hãy giải trình.",
    ),
    "conference.day-off": (
        "warning",
        "Ngày {day} là ngày nghỉ ({read}). Nếu đúng, hãy giải trình; nếu nhầm, hãy sửa ngày.",
    ),
    "conference.no-minutes": (
        "warning",
        "Chưa kèm biên bản hoặc giấy mời. Hãy bổ sung minh chứng hoặc giải trình.",
    ),
}


def check_event(
    *,
    held_on: date,
    place: str,
    attending: int,
    has_minutes: bool,
    opens_at: datetime | None,
    due_at: datetime | None,
    calendar: WorkingCalendar,
    now: datetime,
) -> tuple[FoundFault, ...]:
    """Findings about a conference. `opens_at` and `due_at` (first late instant) bound its window."""
    first = local_day(opens_at) if opens_at else None
    last = local_day(due_at - timedelta(microseconds=1)) if due_at else None
    return tuple(_faults(held_on, place, attending, has_minutes, first, last, calendar, now))


def _faults(
    held_on: date,
    place: str,
    attending: int,
    has_minutes: bool,
    first: date | None,
    last: date | None,
    calendar: WorkingCalendar,
    now: datetime,
) -> Iterator[FoundFault]:
    day = date_words(held_on)
    if held_on > local_day(now):
        yield _told("conference.not-yet", day=day)
    if not place.strip():
        yield _told("conference.no-place")
    if attending <= 0:
        yield _told("conference.attending", read=str(attending))
    if first is not None and held_on < first:
        yield _told("conference.early", day=day, bound=date_words(first))
    if last is not None and held_on > last:
        yield _told("conference.late", day=day, bound=date_words(last))
    if not calendar.is_working(held_on):
        why = calendar.why(held_on) or weekday_words(held_on)
        yield _told("conference.day-off", day=day, read=why)
    if not has_minutes:
        yield _told("conference.no-minutes")


def _told(code: str, *, day: str = "", bound: str = "", read: str = "") -> FoundFault:
    severity, message = TEXTS[code]
    return FoundFault(
        severity, code, message.format(day=day, bound=bound, read=read), read=read or day
    )
