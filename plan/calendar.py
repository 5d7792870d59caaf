"""Working days and office hours of Việt Nam.

Pure: no clock, no file, no database. Dates are local dates (Asia/Ho_Chi_Minh); instants are
zone-aware, given back in UTC; spans are half-open. `holidays` is imported only by the function that
asks it, so that reading days already projected costs nothing.

A year nobody knows is refused (`UnknownYearError`), never guessed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from plan.errors import DondocError

if TYPE_CHECKING:
    from plan.definition.model import CalendarDay, OfficeHours

LOCAL = ZoneInfo("Asia/Ho_Chi_Minh")
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)

FIRST_YEAR = 1995
"""Days in lieu of holidays at weekends exist since the labour code of 1994 (in force 01/01/1995)."""
LAST_YEAR = 2100
"""Where the kept library's lunar tables end."""

SWAPS: Mapping[date, date] = {date(2026, 1, 2): date(2026, 1, 10)}
"""Working days moved by the Government that the kept library lacks: day off → weekend day worked.
02/01/2026: notice of the Ministry of Home Affairs, 25/12/2025."""

DEFAULT_HOURS = (("07:00", "11:30"), ("13:30", "17:00"))
"""Where no season covers a day."""

_WEEKEND = {5: "Thứ Bảy", 6: "Chủ nhật"}


class UnknownYearError(DondocError):
    """The days off of a year are not known; says how to make them known."""

    def __init__(self, year: int) -> None:
        super().__init__(
            f"Chưa biết ngày nghỉ lễ của năm {year} nên không tính ngày làm việc được. "
            f"Ghi các ngày nghỉ của năm {year} vào mục `calendar` của kế hoạch, mỗi ngày một dòng "
            f"`- {{day: {year}-01-01, kind: off, why: Tết Dương lịch}}` (ngày làm bù: `kind: "
            "working`), rồi nạp lại kế hoạch."
        )
        self.year = year


# --- instants and local days -------------------------------------------------------------------


def local_day(instant: datetime) -> date:
    """The local date of an instant. Raises ValueError for an instant without a zone."""
    if instant.tzinfo is None:
        raise ValueError(f"an instant needs a time zone: {instant.isoformat()}")
    return instant.astimezone(LOCAL).date()


def local_instant(day: date, clock: time = time.min) -> datetime:
    """The UTC instant of a local clock time on a local day; by default, the day's first moment."""
    return datetime.combine(day, clock, LOCAL).astimezone(UTC)


# --- what is known -----------------------------------------------------------------------------


@dataclass(frozen=True)
class KnownYear:
    """Days off (weekends only where a holiday falls on one) and make-up days of one year."""

    off: Mapping[date, str]
    working: Mapping[date, str]
    estimated: bool
    """The law's holidays are known, that year's moved working days are not published yet."""


@lru_cache(maxsize=256)
def known_year(year: int) -> KnownYear:
    """What the kept library and `SWAPS` know of a year (1995–2100), with Vietnamese names.

    A year after the last one with published swaps is `estimated`: Tết and the other holidays follow
    from the labour code and the lunar tables, but the Government may still move days.
    Raises UnknownYearError outside the range.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise UnknownYearError(year)
    from holidays import country_holidays

    # A make-up day may belong to a day off of the year before or after (05/01/2019 for 31/12/2018).
    around = (year - 1, year, year + 1)
    library = country_holidays("VN", years=around, expand=False, language="vi")
    off = {day: name for day, name in sorted(library.items()) if day.year == year}
    working = {
        day: f"Làm bù cho ngày nghỉ {_day_off_for(day, library):%d/%m/%Y}"
        for day in library.weekend_workdays
        if day.year == year
    }
    for free, worked in SWAPS.items():
        if free.year == year:
            off.setdefault(free, f"Ngày nghỉ (thay cho ngày {worked:%d/%m/%Y})")
        if worked.year == year:
            working.setdefault(worked, f"Làm bù cho ngày nghỉ {free:%d/%m/%Y}")
    published = max([*library.special_public_holidays, *(day.year for day in SWAPS)])
    return KnownYear(off=off, working=working, estimated=year > published)


def _day_off_for(worked: date, library: Mapping[date, str]) -> date:
    """The library names the day worked in the name of the day off it pays for."""
    return next(day for day, name in library.items() if f"{worked:%d/%m/%Y}" in name)


# --- working days ------------------------------------------------------------------------------


@dataclass(frozen=True)
class WorkingCalendar:
    """Which days are worked, in the years it knows; other years raise UnknownYearError.

    `off` and `working` (make-up days at weekends) carry the reason. Counting costs a binary search
    in a year's working days, listed once when first asked.
    """

    off: Mapping[date, str]
    working: Mapping[date, str]
    years: frozenset[int]
    estimated: frozenset[int] = frozenset()
    """Years whose moved working days are not published yet."""
    _listed: dict[int, list[date]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        if both := self.off.keys() & self.working.keys():
            raise ValueError(f"both off and worked: {sorted(both)}")

    @classmethod
    def build(cls, years: Iterable[int], extra: Iterable[CalendarDay] = ()) -> WorkingCalendar:
        """The known holidays of `years`, with a plan's own days laid over them (the later wins).

        A year outside the library's range is known if `extra` names a day off in it: then the
        plan's list is the whole list. Otherwise UnknownYearError.
        """
        wanted = frozenset(years)
        own = [day for day in extra if day.day.year in wanted]
        listed_by_plan = {day.day.year for day in own if day.kind == "off"}
        off: dict[date, str] = {}
        working: dict[date, str] = {}
        estimated = set()
        for year in sorted(wanted):
            if not FIRST_YEAR <= year <= LAST_YEAR and year in listed_by_plan:
                continue
            known = known_year(year)
            off |= known.off
            working |= known.working
            estimated |= {year} if known.estimated else set()
        for day in own:
            kept, dropped = (off, working) if day.kind == "off" else (working, off)
            kept[day.day] = day.why
            dropped.pop(day.day, None)
        return cls(off, working, wanted, frozenset(estimated))

    def is_working(self, day: date) -> bool:
        self._require(day.year)
        return day in self.working or (day.weekday() not in _WEEKEND and day not in self.off)

    def why(self, day: date) -> str | None:
        """Why a day is off, or worked though a weekend; None for an ordinary working day."""
        self._require(day.year)
        return self.working.get(day) or self.off.get(day) or _WEEKEND.get(day.weekday())

    def add_working_days(self, day: date, n: int) -> date:
        """The `n`-th working day after `day` (before, when negative).

        Counting starts from the last working day on or before `day`, which is what `n = 0` gives:
        from Sunday 31/5/2020, 0 is Friday 29/5, -1 is 28/5 and 1 is 01/6. So
        `working_days_between(day, add_working_days(day, n)) == n` for every `day` and `n`.
        """
        year = day.year
        index = bisect_right(self._days(year), day) - 1 + n
        while index < 0:
            year -= 1
            index += len(self._days(year))
        while index >= len(self._days(year)):
            index -= len(self._days(year))
            year += 1
        return self._days(year)[index]

    def working_days_between(self, a: date, b: date) -> int:
        """Number of working days in (a, b]; negative, over (b, a], when b comes first."""
        if b < a:
            return -self.working_days_between(b, a)
        whole_years = sum(len(self._days(year)) for year in range(a.year, b.year))
        return whole_years + self._through(b) - self._through(a)

    def last_working_day(self, on_or_before: date) -> date:
        return self.add_working_days(on_or_before, 0)

    def next_working_day(self, on_or_after: date) -> date:
        if self.is_working(on_or_after):
            return on_or_after
        return self.add_working_days(on_or_after, 1)

    def _through(self, day: date) -> int:
        """Working days of its year up to and with `day`."""
        return bisect_right(self._days(day.year), day)

    def _days(self, year: int) -> list[date]:
        if year not in self._listed:
            self._require(year)
            first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
            every = (date.fromordinal(n) for n in range(first, last + 1))
            self._listed[year] = [day for day in every if self.is_working(day)]
        return self._listed[year]

    def _require(self, year: int) -> None:
        if year not in self.years:
            raise UnknownYearError(year)


# --- office hours ------------------------------------------------------------------------------

Span = tuple[datetime, datetime]


def office_spans(
    day: date, seasons: Sequence[OfficeHours], calendar: WorkingCalendar
) -> list[Span]:
    """Office hours of a local day, in order, half-open, UTC; none on a day off.

    The first season that covers the day counts; a season may run over New Year (16/10–15/4).
    """
    if not calendar.is_working(day):
        return []
    spans = next((list(s.spans) for s in seasons if _covers(s, day)), list(DEFAULT_HOURS))
    return sorted(
        (
            local_instant(day, time.fromisoformat(opens)),
            local_instant(day, time.fromisoformat(closes)),
        )
        for opens, closes in spans
    )


def _covers(season: OfficeHours, day: date) -> bool:
    first, last = season.from_day or "01-01", season.to_day or "12-31"
    today = f"{day:%m-%d}"
    return first <= today <= last if first <= last else today >= first or today <= last


def in_office_hours(
    instant: datetime, seasons: Sequence[OfficeHours], calendar: WorkingCalendar
) -> bool:
    spans = office_spans(local_day(instant), seasons, calendar)
    return any(opens <= instant < closes for opens, closes in spans)


def next_office_instant(
    instant: datetime, seasons: Sequence[OfficeHours], calendar: WorkingCalendar
) -> datetime:
    """The instant itself inside office hours, else the next opening (UTC)."""
    day = local_day(instant)
    while True:
        for opens, closes in office_spans(day, seasons, calendar):
            if instant < closes:
                return max(instant.astimezone(UTC), opens)
        day = calendar.next_working_day(day + DAY)


def last_office_hour_before(
    instant: datetime, seasons: Sequence[OfficeHours], calendar: WorkingCalendar
) -> Span:
    """The last full office hour that has ended by `instant` (UTC): on a Sunday, Friday 16:00–17:00.

    A span shorter than an hour counts whole.
    """
    day = local_day(instant)
    while True:
        for opens, closes in reversed(office_spans(day, seasons, calendar)):
            length = min(HOUR, closes - opens)
            end = min(closes, instant.astimezone(UTC))
            if end - opens >= length:
                return end - length, end
        day = calendar.last_working_day(day - DAY)


def sending_window(
    rung_day: date, seasons: Sequence[OfficeHours], calendar: WorkingCalendar
) -> Span:
    """When a rung that falls on a local day is to be sent (UTC).

    A working day: from its opening to its closing. A day off: the last office hour before it.
    """
    if spans := office_spans(rung_day, seasons, calendar):
        return spans[0][0], spans[-1][1]
    return last_office_hour_before(local_instant(rung_day), seasons, calendar)
