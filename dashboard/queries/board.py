"""What Tổng quan and its kin show, worked out from obligations as of a moment. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from plan.calendar import WorkingCalendar, local_day
from plan.models import Milestone
from plan.queries.progress import ObligationView
from plan.states import sign_key
from plan.text import date_words, day_words, join_names, number_words

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
    missing_more: int = 0
    """How many agencies still owe beyond those named: a large plan's row names a few."""
    behind_more: int = 0

    @property
    def missing_count(self) -> int:
        return len(self.missing) + self.missing_more

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


def milestone_rows(
    milestones: Sequence[Milestone],
    views: Sequence[ObligationView],
    now: datetime,
    calendar: WorkingCalendar,
) -> list[MilestoneRow]:
    """Every milestone, in the plan's order."""
    by_code: dict[str, list[ObligationView]] = {}
    for view in views:
        by_code.setdefault(view.milestone, []).append(view)
    return [milestone_row(row, by_code.get(row.code, []), now, calendar) for row in milestones]


def milestone_row(
    row: Milestone, views: Sequence[ObligationView], now: datetime, calendar: WorkingCalendar
) -> MilestoneRow:
    owed = [view for view in views if not view.nothing_owed]
    missing = {view.agency: view.agency_short for view in owed}
    late = {view.agency: view.agency_short for view in owed if sign_of_view(view) in LATE_SIGNS}
    who = tuple(missing.items()), tuple(late.items())
    return summary_row(row, tally(views), *who, now, calendar)


def summary_row(
    row: Milestone,
    counted: Tally,
    missing: tuple[tuple[str, str], ...],
    behind: tuple[tuple[str, str], ...],
    now: datetime,
    calendar: WorkingCalendar,
    more: tuple[int, int] = (0, 0),
) -> MilestoneRow:
    """`more`: how many are missing, and behind, beyond those named."""
    last_day = last_good_day(row.due_at)
    between = calendar.working_days_between
    today = local_day(now)
    open_still = row.due_at is not None and now < row.due_at
    return MilestoneRow(
        code=row.code,
        title=row.title,
        short=row.short or row.title,
        opens_on=local_day(row.opens_at) if row.opens_at else None,
        last_day=last_day,
        opens_at=row.opens_at,
        due_at=row.due_at,
        closed_at=row.closed_at if row.closed_at and row.closed_at <= now else None,
        working_days_left=between(today, last_day) if last_day and open_still else None,
        working_days_over=between(last_day, today) if last_day and not open_still else 0,
        tally=counted,
        missing=missing,
        behind=behind,
        missing_more=more[0],
        behind_more=more[1],
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


def headline(
    rows: Sequence[MilestoneRow], now: datetime, soon: int, *, count: CountAgencies | None = None
) -> Headline:
    """How the whole plan stands, most pressing first. `count`: asked where the rows name only a few."""
    dated = [row for row in rows if row.dated]
    total = Tally(sum((Counter(row.tally.signs) for row in dated), Counter()))
    n = number_words
    counted = f"{n(total.handed_in)}/{n(total.owing)} sản phẩm đã nộp, {n(total.accepted)} đã nhận."
    coming = [row for row in dated if row.due_at and now < row.due_at and row.tally.missing]
    following = _next_words(min(coming, key=lambda row: row.due_at or now), now) if coming else ""
    if total.owing and total.all_accepted:
        return Headline(f"Đã nhận đủ {n(total.owing)}/{n(total.owing)} sản phẩm.", "green", "")
    if total.late:
        behind = _names((row.behind for row in dated), _beyond(dated, count, past=True))
        lead = f"{n(total.late)} sản phẩm quá hạn của {behind}." if behind else ""
        return Headline(
            lead or f"{n(total.late)} sản phẩm quá hạn.", "late", f"{counted} {following}"
        )
    if not coming:
        return Headline(counted, "teal", "")
    nearest = min(coming, key=lambda row: row.due_at or now)
    first = [row for row in coming if row.due_at == nearest.due_at]
    missing = _names((row.missing for row in first), _beyond(first, count, past=False))
    rest = f"{counted} Thiếu: {missing}." if missing else counted
    return Headline(_left_sentence(nearest, now), nearest.tone(now, soon), rest)


NAMED = 5
"""Agencies named in a sentence."""
CountAgencies = Callable[[Collection[str], bool], int]
"""How many agencies still owe for these milestones; of them, where True, only those past their day."""


def _beyond(rows: Sequence[MilestoneRow], count: CountAgencies | None, *, past: bool) -> int | None:
    """How many agencies there are, where the rows do not name them all; None: they do."""
    if count is None or not any(row.behind_more if past else row.missing_more for row in rows):
        return None
    return count([row.code for row in rows], past)


def _names(groups: Iterable[Iterable[tuple[str, str]]], total: int | None) -> str:
    """«An Lão, Vân Canh và 3 cơ quan khác». `total`: how many there are, if not as many as are named."""
    found = list({code: name for group in groups for code, name in group}.values())
    if total is not None:
        found += [""] * (total - len(found))
    return join_names(found, NAMED, noun="cơ quan")


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


@dataclass(frozen=True)
class Column:
    """A deliverable across the matrix."""

    code: str
    title: str
    short: str
    milestone: str


@dataclass(frozen=True)
class MatrixRow:
    agency: str
    name: str
    short: str
    cells: tuple[tuple[ObligationView, ...], ...]
    """For each column, what this agency owes of it (none: it owes none)."""

    @property
    def owed(self) -> int:
        return sum(not view.nothing_owed for cell in self.cells for view in cell)


@dataclass(frozen=True)
class Block:
    """A group of agencies that owe alike, with the columns any of them owes."""

    group: str
    label: str
    columns: tuple[Column, ...]
    rows: tuple[MatrixRow, ...]


def blocks(
    views: Sequence[ObligationView],
    columns: Sequence[Column],
    kinds: Mapping[str, str],
    *,
    dated: bool,
) -> list[Block]:
    """The matrix, cut by group. `views` in the plan's order; `kinds`: agency → «huyện», «sở»…

    `dated`: only what has a deadline, else only what has none."""
    wanted = [view for view in views if (view.due_at is not None) is dated]
    found = []
    for group in dict.fromkeys(view.group for view in wanted):
        mine = [view for view in wanted if view.group == group]
        codes = {view.deliverable for view in mine}
        across = tuple(column for column in columns if column.code in codes)
        rows = _matrix_rows(mine, across)
        found.append(Block(group, group_label(rows, kinds), across, rows))
    return found


def _matrix_rows(
    views: Sequence[ObligationView], columns: Sequence[Column]
) -> tuple[MatrixRow, ...]:
    cells: dict[tuple[str, str], list[ObligationView]] = {}
    names: dict[str, ObligationView] = {}
    for view in views:
        cells.setdefault((view.agency, view.deliverable), []).append(view)
        names.setdefault(view.agency, view)
    return tuple(
        MatrixRow(
            code,
            first.agency_name,
            first.agency_short,
            tuple(tuple(cells.get((code, column.code), ())) for column in columns),
        )
        for code, first in names.items()
    )


def group_label(rows: Sequence[MatrixRow], kinds: Mapping[str, str]) -> str:
    """«Thành phố, thị xã, huyện»: the kinds its agencies are of; a single agency's own name."""
    if len(rows) == 1:
        return rows[0].name
    named = dict.fromkeys(kinds.get(row.agency, "") for row in rows)
    words = ", ".join(kind for kind in named if kind) or "Các cơ quan"
    return words[0].upper() + words[1:]


def _due_first(view: ObligationView) -> datetime:
    assert view.due_at is not None
    return view.due_at


def still_owing(
    views: Sequence[ObligationView],
) -> list[tuple[str, str, list[ObligationView]]]:
    """(code, short name, what is owed, nearest first) of each agency with something open or late, worst
    first."""
    owed: dict[str, list[ObligationView]] = {}
    for view in views:
        if not view.nothing_owed and view.due_at is not None and view.timeliness != "not_open":
            owed.setdefault(view.agency, []).append(view)
    for rows in owed.values():
        rows.sort(key=_due_first)
    listed = [(code, rows[0].agency_short, rows) for code, rows in owed.items()]
    return sorted(listed, key=lambda item: _due_first(item[2][0]))
