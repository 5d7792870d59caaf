"""Who delivers, over time: reporting rate and on-time rate, by agency, kind, plan, period or year.

The two rates are those of DHIS2's data set reports. *Expected*: obligations of the plan with a deadline
that has passed by the moment looked at, not waived. *Received*: of these, handed in complete and not
given back. *On time*: of these, whose deciding moment lies before the deadline that holds (an extension
granted moves it). Every figure is made of obligations that are listed beside it, and a past moment is
read from the trail as it was: the same moment gives the same figures for ever.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from statistics import median

from sqlmodel import Session, col, func, select

from plan.dates import quarter_of
from plan.models import AuditEvent, Extension, Message, MessageObligation, Obligation, Plan
from plan.queries.progress import ObligationView, obligations
from plan.queries.urgings import URGING_MESSAGES, urged_by_hand
from plan.states import State

ARRIVED = ("sent", "delivered")
SMALL = 5
"""Fewer expected than this: a rate says little, and is marked."""
RECEIVED = frozenset({State.submitted, State.accepted})

DEFINITIONS: tuple[tuple[str, str], ...] = (
    ("Phải nộp", "Nghĩa vụ của kế hoạch có hạn đã qua tại thời điểm xem, trừ nghĩa vụ được miễn."),
    ("Đã nộp", "Trong số phải nộp: đã nộp đủ và không bị trả lại tại thời điểm xem."),
    (
        "Đúng hạn",
        "Trong số đã nộp: thời điểm quyết định trước hạn đang có hiệu lực (tính cả gia hạn).",
    ),
    ("Tỷ lệ nộp", "Đã nộp / Phải nộp."),
    ("Tỷ lệ đúng hạn", "Đúng hạn / Phải nộp."),
    (
        "Trễ (trung vị)",
        "Trung vị số ngày làm việc trễ của những nghĩa vụ nộp trễ hoặc còn thiếu; còn thiếu thì tính đến "
        "thời điểm xem.",
    ),
    (
        "Lần đôn đốc",
        "Số tin nhắc, tin quá hạn đã gửi đi cho cơ quan về các nghĩa vụ phải nộp, cộng số lần Sở Nội vụ "
        "nhắc ngay: gửi tin, gọi điện, gặp.",
    ),
    ("Lần trả lại", "Số lần bị trả lại hoặc mở lại."),
    ("Gia hạn", "Số lần gia hạn được chấp thuận."),
    ("Ít số liệu", f"Phải nộp dưới {SMALL}: tỷ lệ ít ý nghĩa, không nên so sánh."),
)
"""Each column and how it is counted, for the first sheet of the table taken away."""


@dataclass(frozen=True)
class Delivery:
    """One obligation as the scorecard counts it."""

    view: ObligationView
    plan: str
    urged: int = 0
    returned: int = 0
    extensions: int = 0

    @property
    def received(self) -> bool:
        return self.view.state in RECEIVED

    @property
    def on_time(self) -> bool:
        return self.received and self.view.timeliness == "on_time"

    @property
    def days_late(self) -> int | None:
        """Working days; None: it came in time."""
        return None if self.on_time else self.view.standing.working_days_late


@dataclass(frozen=True)
class Score:
    """The figures of one agency, kind, plan, period or year."""

    key: str
    words: str
    deliveries: tuple[Delivery, ...] = field(repr=False)

    @property
    def expected(self) -> int:
        return len(self.deliveries)

    @property
    def received(self) -> int:
        return sum(one.received for one in self.deliveries)

    @property
    def on_time(self) -> int:
        return sum(one.on_time for one in self.deliveries)

    @property
    def reporting_rate(self) -> float:
        return self.received / self.expected

    @property
    def on_time_rate(self) -> float:
        return self.on_time / self.expected

    @property
    def median_days_late(self) -> float | None:
        """None: nothing was late."""
        days = [one.days_late for one in self.deliveries if one.days_late is not None]
        return median(days) if days else None

    @property
    def urged(self) -> int:
        return sum(one.urged for one in self.deliveries)

    @property
    def returned(self) -> int:
        return sum(one.returned for one in self.deliveries)

    @property
    def extensions(self) -> int:
        return sum(one.extensions for one in self.deliveries)

    @property
    def small(self) -> bool:
        return self.expected < SMALL


@dataclass(frozen=True)
class Ranked:
    """A score and its place: equal figures share a place, and the next place counts them."""

    place: int
    score: Score


def _quarter(day: date) -> str:
    return f"{day.year}-Q{quarter_of(day)}"


def _quarter_words(key: str) -> str:
    year, _, quarter = key.partition("-Q")
    return f"quý {('I', 'II', 'III', 'IV')[int(quarter) - 1]}/{year}"


def _last_day(one: Delivery) -> date:
    assert one.view.last_day is not None  # expected obligations have a deadline
    return one.view.last_day


GROUPINGS: Mapping[str, tuple[str, Callable[[Delivery], str], Callable[[Delivery], str]]] = {
    "agency": ("Cơ quan", lambda one: one.view.agency, lambda one: one.view.agency_short),
    "group": ("Khối cơ quan", lambda one: one.view.group, lambda one: one.view.group),
    "kind": ("Loại sản phẩm", lambda one: one.view.kind, lambda one: one.view.kind),
    "plan": ("Kế hoạch", lambda one: one.plan, lambda one: one.plan),
    "period": (
        "Quý",
        lambda one: _quarter(_last_day(one)),
        lambda one: _quarter_words(_quarter(_last_day(one))),
    ),
    "year": (
        "Năm",
        lambda one: str(_last_day(one).year),
        lambda one: str(_last_day(one).year),
    ),
}
"""By what → its name, the key of an obligation's group, and the group in words."""


def deliveries(
    session: Session,
    plans: Iterable[Plan],
    as_of: datetime,
    *,
    since: date | None = None,
    until: date | None = None,
) -> list[Delivery]:
    """What was expected by `as_of` (UTC), with last days from `since` to `until` (local, both counted).

    Four queries a plan, whatever its size; a million obligations are read in one pass of some seconds.
    """
    found: list[Delivery] = []
    for plan in plans:
        views = [
            view
            for view in obligations(session, plan, as_of)
            if _expected(view, as_of, since, until)
        ]
        urged, returned, extended = _counts(session, plan.id, as_of)
        name = plan.short or plan.number
        found += [
            Delivery(v, name, urged[v.row_id], returned[v.row_id], extended[v.row_id])
            for v in views
        ]
    return found


def _expected(
    view: ObligationView, as_of: datetime, since: date | None, until: date | None
) -> bool:
    if view.origin != "plan" or view.state is State.waived:
        return False
    if view.due_at is None or view.last_day is None or view.due_at > as_of:
        return False
    return (since is None or view.last_day >= since) and (until is None or view.last_day <= until)


def _counts(
    session: Session, plan_id: str, as_of: datetime
) -> tuple[Counter[int], Counter[int], Counter[int]]:
    """By obligation's row id: times urged, times given back, extensions granted, all by then."""
    urged = (
        select(MessageObligation.obligation_id, func.count())
        .join(Message, col(Message.id) == MessageObligation.message_id)
        .join(Obligation, col(Obligation.id) == MessageObligation.obligation_id)
        .where(
            Obligation.plan_id == plan_id,
            col(Message.event).in_(URGING_MESSAGES),
            col(Message.state).in_(ARRIVED),
            col(Message.sent_at) <= as_of,
        )
        .group_by(col(MessageObligation.obligation_id))
    )
    by_hand = Counter(one.obligation_id for one in urged_by_hand(session, plan_id, as_of))
    returned = (
        select(AuditEvent.obligation_id, func.count())
        .where(
            AuditEvent.plan_id == plan_id,
            col(AuditEvent.event).in_(("obligation.returned", "obligation.reopened")),
            AuditEvent.at <= as_of,
        )
        .group_by(col(AuditEvent.obligation_id))
    )
    undone = (
        select(AuditEvent.obligation_id, func.count())
        .where(
            AuditEvent.plan_id == plan_id,
            AuditEvent.event == "decision.undone",
            col(AuditEvent.after)["detail"]["undone"].as_string() == "obligation.returned",
            AuditEvent.at <= as_of,
        )
        .group_by(col(AuditEvent.obligation_id))
    )
    extended = (
        select(Extension.obligation_id, func.count())
        .join(Obligation, col(Obligation.id) == Extension.obligation_id)
        .where(
            Obligation.plan_id == plan_id,
            Extension.state == "granted",
            col(Extension.decided_at) <= as_of,
        )
        .group_by(col(Extension.obligation_id))
    )
    return (
        Counter(dict(session.exec(urged).all())) + by_hand,
        Counter({key: n for key, n in session.exec(returned).all() if key is not None})
        - Counter({key: n for key, n in session.exec(undone).all() if key is not None}),
        Counter(dict(session.exec(extended).all())),
    )


def scores(found: Sequence[Delivery], by: str) -> list[Score]:
    """The figures by one of `GROUPINGS`, in the order the groups first stand in."""
    _, key_of, words_of = GROUPINGS[by]
    grouped: defaultdict[str, list[Delivery]] = defaultdict(list)
    words: dict[str, str] = {}
    for one in found:
        key = key_of(one)
        grouped[key].append(one)
        words.setdefault(key, words_of(one))
    return [Score(key, words[key], tuple(rows)) for key, rows in grouped.items()]


def ranked(found: Iterable[Score]) -> list[Ranked]:
    """Best first: by on-time rate, then reporting rate, then the median of days late. Equal ones share a
    place («1, 1, 3»); names decide only the order within it."""

    def merit(score: Score) -> tuple[float, float, float]:
        return (-score.on_time_rate, -score.reporting_rate, score.median_days_late or 0)

    ordered = sorted(found, key=lambda score: (merit(score), score.words))
    places: list[Ranked] = []
    for number, score in enumerate(ordered, 1):
        same = places and merit(places[-1].score) == merit(score)
        places.append(Ranked(places[-1].place if same else number, score))
    return places


def trend(found: Sequence[Delivery]) -> list[Score]:
    """The same by quarter, oldest first: what a line of the last quarters is drawn from."""
    return sorted(scores(found, "period"), key=lambda score: score.key)
