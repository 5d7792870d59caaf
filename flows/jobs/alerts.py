"""What Sở Nội vụ must be told of the service itself. Plain functions; the flow `watch` calls them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from flows.clock_guard import AGAIN, last_believed
from flows.jobs import inbox_watch, rounds
from flows.runtime import RoundTools
from notifications.notices.alarms import tell_of_channels, tell_of_unreachable
from notifications.notices.notices import to_coordinator
from notifications.plan_context import load_plan_context
from plan.calendar import local_day, office_spans
from plan.database import reading, writing
from plan.models import Message, Obligation, Plan
from plan.queries.definitions import definition_of
from plan.queries.lookup import load_calendar, of_the_office, running_plans
from plan.text import moment_words, number_words

STUCK_AFTER = timedelta(hours=2)
"""A message due for so long, or a reminder nobody looked at, in office hours."""


@dataclass(frozen=True)
class Trouble:
    """Something wrong that a person must mend. `key` tells one trouble from another."""

    key: str
    title: str
    what_to_do: str
    since: datetime | None = None
    waiting: int = 0


def watch(tools: RoundTools, missed: Sequence[Trouble] = ()) -> list[int]:
    """Tell the coordinators, once a day each, of whatever is wrong. Gives message ids.

    `missed`: what only Prefect knows, flows that did not run.
    """
    now = tools.clock()
    queued = tell_of_channels(tools.engine, tools.desk, now)
    with reading(tools.engine) as session:
        plans = list(session.exec(running_plans().where(of_the_office())))
    queued += tell_of_unreachable(tools.engine, "", now, tools.desk)
    doors = [*_closed_doors(tools), *_unseen(tools, now)]
    for plan_id in plans:
        with reading(tools.engine) as session:
            found = [*troubles(session, plan_id, now), *doors, *missed]
        queued += _tell(tools, plan_id, found, now)
    return queued


def tell_of_clock(tools: RoundTools, words: str) -> int:
    """Tell the coordinators that the clock is doubted, and send it, by the time that was last believed.
    Gives how many messages."""
    now = last_believed(tools)
    then = replace(tools, clock=lambda: now)
    trouble = Trouble("clock", "Đồng hồ máy chủ sai, mọi việc tự động đã dừng", f"{words} {AGAIN}")
    with reading(tools.engine) as session:
        plans = list(session.exec(select(Plan.id).where(of_the_office()).order_by(Plan.id)))
    queued = [number for plan_id in plans for number in _tell(then, plan_id, [trouble], now)]
    if queued:
        rounds.deliver(then)
    return len(queued)


def _tell(tools: RoundTools, plan_id: str, found: Sequence[Trouble], now: datetime) -> list[int]:
    if not found:
        return []
    queued: list[int] = []
    with writing(tools.engine) as session:
        book = load_plan_context(session, plan_id, now, tools.desk)
        for trouble in found:
            facts = {
                "title": trouble.title,
                "what_to_do": trouble.what_to_do,
                "since": moment_words(trouble.since) if trouble.since else "",
                "words": "",
                "code": "",
                "waiting": trouble.waiting,
            }
            key = f"watch:{trouble.key}:{local_day(now)}:{plan_id}"
            queued += to_coordinator(session, book, "alarm", facts, key, now)
    return queued


def _closed_doors(tools: RoundTools) -> Iterator[Trouble]:
    """Ways in that cannot be read: what agencies hand in there is not seen."""
    for name, faults in inbox_watch.faults(tools.settings).items():
        for words in faults:
            yield Trouble(f"door:{name}", f"{name}: không dùng được", words)


def _unseen(tools: RoundTools, now: datetime) -> Iterator[Trouble]:
    with reading(tools.engine) as session:
        for count, since in inbox_watch.waiting(session, now):
            yield Trouble(
                "unseen",
                f"{count} bài nộp qua thư chờ người xem quá một ngày",
                "Mở trang Hộp thư đến (vào từ trang Nhắc việc), hoặc «dondoc inbox list».",
                since,
                count,
            )


def _and_below(plan_id: str) -> SelectOfScalar[str]:
    """The plan and what its agencies handed down, as far as they remind."""
    duties = select(Obligation.id).where(Obligation.plan_id == plan_id)
    below = col(Plan.parent_obligation_id).in_(duties)
    return running_plans().where(or_(Plan.id == plan_id, below))


def troubles(session: Session, plan_id: str, now: datetime) -> Iterator[Trouble]:
    """What the database shows of a plan and of what its agencies handed down, whom the server is no business
    of: messages stuck, reminders nobody looked at."""
    if not _open_for_long(session, plan_id, now):
        return
    before, plans = now - STUCK_AFTER, _and_below(plan_id)
    count, since = session.exec(
        select(func.count(), func.min(Message.next_attempt_at)).where(
            col(Message.plan_id).in_(plans),
            col(Message.state).in_(("queued", "failed", "sending")),
            Message.next_attempt_at <= before,
        )
    ).one()
    if count:
        yield Trouble(
            "stuck",
            f"{number_words(count)} tin đến giờ mà chưa gửi được",
            "Chạy «dondoc doctor» để biết vì sao, «dondoc outbox --failed» để xem từng tin.",
            since,
            count,
        )
    late = session.exec(
        select(func.min(Obligation.next_check_at)).where(
            col(Obligation.plan_id).in_(plans), col(Obligation.next_check_at) <= before
        )
    ).one()
    if late is not None:
        yield Trouble(
            "tick",
            "Có nấc nhắc đã đến mà chưa được xét",
            "Việc theo dõi mốc không chạy. Chạy «dondoc doctor»; muốn nhắc ngay: «dondoc remind».",
            late,
        )


def _open_for_long(session: Session, plan_id: str, now: datetime) -> bool:
    """Whether the office has been open today for so long that what is due should be done."""
    definition = definition_of(session.get_one(Plan, plan_id))
    day = local_day(now)
    spans = office_spans(
        day, definition.reminders.office_hours, load_calendar(session, plan_id, day.year)
    )
    return bool(spans) and spans[0][0] + STUCK_AFTER <= now < spans[-1][1]


def missed_runs(names: Sequence[str]) -> list[Trouble]:
    """One trouble for all deployments that should have run and did not."""
    if not names:
        return []
    listed = ", ".join(names[:5]) + ("…" if len(names) > 5 else "")
    digest = hashlib.sha256("|".join(sorted(names)).encode()).hexdigest()[:12]
    return [
        Trouble(
            f"missed:{digest}",
            f"{number_words(len(names))} việc theo lịch đã không chạy được",
            f"Xem trang Prefect: {listed}. Việc bị lỡ sẽ được làm bù ở lần chạy tới.",
        )
    ]
