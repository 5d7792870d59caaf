"""What Tổng quan and its kin show, worked out from what is owed as of a moment. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from plan.calendar import WorkingCalendar, local_day
from plan.models import Milestone
from plan.queries.periods import RECENT, Glance, Period, glances
from plan.queries.progress import ObligationView
from plan.states import sign_key
from plan.text import capital, date_words, day_words, join_names, number_words, period_words, titled

LATE_SIGNS = frozenset({"overdue", "returned_late"})
DONE_SIGNS = frozenset({"accepted", "accepted_late"})
WAITING_SIGNS = frozenset({"submitted", "submitted_late"})
SIGN_ORDER = (
    "accepted",
    "accepted_late",
    "submitted",
    "submitted_late",
    "returned",
    "returned_late",
    "overdue",
    "due_soon",
    "open",
    "not_open",
    "undated",
    "waived",
)
"""From done to owed: the order of squares in a bar."""


@dataclass(frozen=True)
class Tally:
    """How many obligations bear each sign."""

    signs: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.signs.values())

    @property
    def owing(self) -> int:
        """All but the waived: what the plan still counts on."""
        return self.total - self.signs.get("waived", 0)

    @property
    def accepted(self) -> int:
        return sum(self.signs.get(key, 0) for key in DONE_SIGNS)

    @property
    def waiting(self) -> int:
        return sum(self.signs.get(key, 0) for key in WAITING_SIGNS)

    @property
    def handed_in(self) -> int:
        return self.accepted + self.waiting

    @property
    def late(self) -> int:
        """Owed past its day, now."""
        return sum(self.signs.get(key, 0) for key in LATE_SIGNS)

    @property
    def returned(self) -> int:
        return self.signs.get("returned", 0) + self.signs.get("returned_late", 0)

    @property
    def missing(self) -> int:
        return self.owing - self.handed_in

    @property
    def all_accepted(self) -> bool:
        return self.accepted == self.owing

    def in_order(self) -> list[tuple[str, int]]:
        return [(key, self.signs[key]) for key in SIGN_ORDER if self.signs.get(key)]


def sign_of_view(view: ObligationView) -> str:
    return sign_key(view.state, view.timeliness)


def tally(views: Iterable[ObligationView]) -> Tally:
    return Tally(Counter(sign_of_view(view) for view in views))


@dataclass(frozen=True)
class MilestoneRow:
    """One milestone at a glance."""

    code: str
    title: str
    short: str
    opens_on: date | None
    last_day: date | None
    opens_at: datetime | None
    due_at: datetime | None
    closed_at: datetime | None
    working_days_left: int | None
    """To its last good day; None when undated or past."""
    working_days_over: int
    tally: Tally
    missing: tuple[tuple[str, str], ...]
    """(code, short name) of agencies that still owe, in the plan's order."""
    behind: tuple[tuple[str, str], ...]
    """Those of them that are past their own day: an extension moves it."""
    period: str = ""
    """Of what recurs the period it tells of; `tally` is that period's alone."""
    earlier: tuple[tuple[str, Tally], ...] = ()
    """The newest periods before it, by key, the newest first."""
    late_before: int = 0
    """How many are owed of all periods before it, past their day."""

    @property
    def late(self) -> int:
        return self.tally.late + self.late_before

    @property
    def dated(self) -> bool:
        return self.due_at is not None

    def left_words(self, now: datetime) -> str:
        """«còn 6 ngày làm việc», «quá hạn 3 ngày làm việc», «chưa mở», «đã nhận đủ»."""
        if self.tally.all_accepted and self.tally.owing:
            return "đã nhận đủ"
        if self.due_at is None or self.last_day is None:
            return "không đặt hạn"
        if now >= self.due_at:
            if not self.tally.late:
                return f"đã hết hạn {day_words(self.last_day)}"
            if self.last_day == local_day(now):
                return "đã quá giờ của hạn hôm nay"
            if not self.working_days_over:
                return f"quá hạn {(local_day(now) - self.last_day).days} ngày (0 ngày làm việc)"
            return f"quá hạn {self.working_days_over} ngày làm việc"
        if self.last_day == local_day(now):
            return "hôm nay là ngày cuối"
        if self.opens_at is not None and now < self.opens_at and self.opens_on is not None:
            return f"mở từ {day_words(self.opens_on)}"
        if not self.working_days_left:
            return f"còn {(self.last_day - local_day(now)).days} ngày (0 ngày làm việc)"
        return f"còn {self.working_days_left} ngày làm việc"

    def tone(self, now: datetime, soon: int) -> str:
        """The tone of its words."""
        if self.tally.all_accepted and self.tally.owing:
            return "green"
        if self.due_at is None or (self.opens_at is not None and now < self.opens_at):
            return "grey"
        if now >= self.due_at:
            return "late" if self.tally.late else "teal"
        return "amber" if (self.working_days_left or 0) <= soon else "blue"


def glances_of(row: Milestone, periods: Sequence[Period], now: datetime) -> list[Glance]:
    """What does not recur is due when the milestone is; one that nobody owes for is shown too."""
    own = (row.opens_at, row.due_at)
    known = [one if one.key else replace(one, span=own) for one in periods]
    return glances(known or [Period("", own, {})], now)


def milestone_row(
    row: Milestone,
    glance: Glance,
    missing: Sequence[tuple[str, str]],
    behind: Sequence[tuple[str, str]],
    now: datetime,
    calendar: WorkingCalendar,
) -> MilestoneRow:
    """Of one length of period. `missing`, `behind`: as the row keeps them."""
    period, (opens_at, due_at) = glance.at_hand.key, glance.at_hand.span
    last_day = last_good_day(due_at)
    between = calendar.working_days_between
    today = local_day(now)
    open_still = due_at is not None and now < due_at
    return MilestoneRow(
        code=row.code,
        title=titled(row.title, period),
        short=titled(row.short or row.title, period),
        opens_on=local_day(opens_at) if opens_at else None,
        last_day=last_day,
        opens_at=opens_at,
        due_at=due_at,
        closed_at=row.closed_at if row.closed_at and row.closed_at <= now else None,
        working_days_left=between(today, last_day) if last_day and open_still else None,
        working_days_over=between(last_day, today) if last_day and not open_still else 0,
        tally=Tally(glance.at_hand.signs),
        missing=tuple(missing),
        behind=tuple(behind),
        period=period,
        earlier=tuple((one.key, Tally(one.signs)) for one in glance.earlier[:RECENT]),
        late_before=sum(Tally(one.signs).late for one in glance.earlier),
    )


def last_good_day(due_at: datetime | None) -> date | None:
    """The local day just before a half-open end."""
    return local_day(due_at - timedelta(microseconds=1)) if due_at else None


@dataclass(frozen=True)
class Headline:
    """The page's one sentence, in parts that can be told apart."""

    lead: str
    tone: str
    rest: str


def headline(rows: Sequence[MilestoneRow], now: datetime, soon: int) -> Headline:
    """How the whole plan stands, most pressing first."""
    dated = [row for row in rows if row.dated]
    total = Tally(sum((Counter(row.tally.signs) for row in dated), Counter()))
    n = number_words
    late = sum(row.late for row in dated)
    counted = f"{n(total.handed_in)}/{n(total.owing)} sản phẩm đã nộp, {n(total.accepted)} đã nhận."
    counted = f"{_of_period(dated)}{counted}"
    coming = [row for row in dated if row.due_at and now < row.due_at and row.tally.missing]
    following = _next_words(min(coming, key=lambda row: row.due_at or now), now) if coming else ""
    if total.owing and total.all_accepted and not late:
        lead = f"{_of_period(dated)}đã nhận đủ {n(total.owing)}/{n(total.owing)} sản phẩm."
        return Headline(capital(lead), "green", "")
    if late:
        behind = _names(row.behind for row in dated)
        lead = f"{n(late)} sản phẩm quá hạn của {behind}." if behind else ""
        return Headline(lead or f"{n(late)} sản phẩm quá hạn.", "late", f"{counted} {following}")
    if not coming:
        return Headline(counted, "teal", "")
    nearest = min(coming, key=lambda row: row.due_at or now)
    first = [row for row in coming if row.due_at == nearest.due_at]
    missing = _names(row.missing for row in first)
    rest = f"{counted} Thiếu: {missing}." if missing else counted
    return Headline(_left_sentence(nearest, now), nearest.tone(now, soon), rest)


def _of_period(rows: Sequence[MilestoneRow]) -> str:
    """«Tháng 3/2027: »: which period the figures are of; nothing where nothing recurs."""
    named = {row.period for row in rows if row.tally.owing}
    if not any(named):
        return ""
    return f"{capital(period_words(named.pop()))}: " if len(named) == 1 else "Kỳ đang làm: "


NAMED = 5
"""Agencies named in a sentence."""


def _names(groups: Iterable[Iterable[tuple[str, str]]]) -> str:
    """«An Lão, Vân Canh và 3 cơ quan khác»."""
    found = {code: name for group in groups for code, name in group}
    return join_names(list(found.values()), NAMED, noun="cơ quan")


def _left_sentence(row: MilestoneRow, now: datetime) -> str:
    assert row.last_day is not None
    day = date_words(row.last_day)
    if row.last_day == local_day(now):
        return f"Hôm nay ({day}) là ngày cuối."
    left = row.left_words(now)
    if left.startswith("còn"):
        return f"{left[0].upper()}{left[1:]} đến hạn {day}."
    return f"Hạn kế tiếp {day}."


def _next_words(row: MilestoneRow, now: datetime) -> str:
    assert row.last_day is not None
    day = day_words(row.last_day)
    return f"Hạn kế tiếp {day} ({row.short}), {row.left_words(now)}."
