"""The coordinator's queue: everything that waits for Sở Nội vụ, in one list, the longest waiting first.

A kind is a row in `KINDS` and one function that reads what waits of that kind. Each costs one or two indexed
queries, whatever the plan's size; the list is as long as what waits.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session, col, func, select

from dashboard.queries.alarms import extensions_waiting, reached_nobody
from dashboard.queries.naming import Naming
from plan.calendar import local_day
from plan.models import (
    Agency,
    ConsolidationRun,
    Deliverable,
    Extension,
    Finding,
    Message,
    Obligation,
    Submission,
)
from plan.queries.reach import unreachable_agencies
from plan.queries.threads import open_questions
from plan.states import STILL_OWED
from plan.text import number_words

SOON = timedelta(days=7)
"""Internal work whose day comes within so long stands in the queue."""
MOST_REFUSED = 50


@dataclass(frozen=True)
class Item:
    """One thing that waits. `since`: UTC, from when."""

    kind: str
    since: datetime | None
    who: str
    what: str
    href: str
    key: str = ""
    """`agency/deliverable`, of what can be decided in place."""
    number: int = 0
    """The submission looked at: a newer one is another decision."""
    clean: bool = False
    """Whether it can be accepted as it is: no warning without an explanation."""
    detail: str = ""
    extension: int = 0
    row_id: int = 0
    """Of the obligation, where it is about one."""


@dataclass(frozen=True)
class Kind:
    """A kind of thing that waits: its word and its sign."""

    words: str
    tone: str
    glyph: str


KINDS = {
    "submission": Kind("chờ duyệt", "teal", "◕"),
    "question": Kind("cơ quan hỏi", "amber", "?"),
    "extension": Kind("xin gia hạn", "amber", "◑"),
    "unreachable": Kind("không liên hệ được", "late", "✕"),
    "refused": Kind("tin không tới", "late", "✕"),
    "run": Kind("lần chạy lỗi", "late", "▲"),
    "internal": Kind("việc nội bộ đến hạn", "blue", "◔"),
}


def queue(
    session: Session, plan_id: str, coordinator: str, now: datetime, names: Naming
) -> list[Item]:
    """Everything that waits at `now` (UTC), the longest waiting first."""
    found = [item for read in _READERS for item in read(session, plan_id, coordinator, now, names)]
    return sorted(found, key=lambda item: (item.since is None, item.since or now, item.who))


def _submissions(
    session: Session, plan_id: str, _coordinator: str, now: datetime, names: Naming
) -> list[Item]:
    rows = session.exec(
        select(Submission, Agency.code, Deliverable.code, Obligation.period)
        .join(Obligation, col(Obligation.id) == Submission.obligation_id)
        .join(Agency, col(Agency.id) == Obligation.agency_id)
        .join(Deliverable, col(Deliverable.id) == Obligation.deliverable_id)
        .where(
            Obligation.plan_id == plan_id,
            Obligation.state == "submitted",
            Submission.state == "received",
            Submission.recorded_at <= now,
        )
    ).all()
    warnings = _unexplained(session, [row.id or 0 for row, *_ in rows])
    return [
        _submission(row, agency, deliverable, period, warnings.get(row.id or 0, 0), names)
        for row, agency, deliverable, period in rows
    ]


def beside(
    session: Session, plan_id: str, now: datetime, names: Naming, key: str
) -> tuple[Item | None, Item | None]:
    """The submissions that wait for review before and after the one of obligation `key`; of one that waits
    no more, the longest waiting comes after."""
    rows = _submissions(session, plan_id, "", now, names)
    rows.sort(key=lambda item: (item.since or now, item.who))
    place = next((number for number, item in enumerate(rows) if item.key == key), -1)
    before = rows[place - 1] if place > 0 else None
    return before, rows[place + 1] if place + 1 < len(rows) else None


def _submission(
    row: Submission, agency: str, deliverable: str, period: str, warnings: int, names: Naming
) -> Item:
    key = f"{agency}/{deliverable}" + (f"@{period}" if period else "")
    product = names.product(deliverable, period)
    return Item(
        row_id=row.obligation_id,
        kind="submission",
        since=row.recorded_at,
        who=names.agency(agency),
        what=product,
        href=f"/nghia-vu/{key}",
        key=key,
        number=row.number,
        clean=not warnings,
        detail=f"lần {row.number}"
        + (f", {warnings} cảnh báo chưa giải trình" if warnings else ", không còn lỗi"),
    )


def _unexplained(session: Session, submissions: Sequence[int]) -> dict[int, int]:
    if not submissions:
        return {}
    statement = (
        select(Finding.submission_id, func.count())
        .where(
            col(Finding.submission_id).in_(submissions),
            Finding.severity == "warning",
            Finding.explanation == "",
        )
        .group_by(col(Finding.submission_id))
    )
    return dict(session.exec(statement).all())


def _extensions(
    session: Session, plan_id: str, _coordinator: str, now: datetime, names: Naming
) -> list[Item]:
    rows = extensions_waiting(session, plan_id, now)
    places = _places(session, [row.obligation_id for row in rows])
    return [_extension(row, *places[row.obligation_id], names) for row in rows]


def _questions(
    session: Session, plan_id: str, _coordinator: str, now: datetime, names: Naming
) -> list[Item]:
    """Threads where the agency spoke last."""
    rows = open_questions(session, plan_id, now)
    places = _places(session, [row.obligation_id or 0 for row in rows])
    found = []
    for row in rows:
        agency, deliverable = places[row.obligation_id or 0]
        found.append(
            Item(
                row_id=row.obligation_id or 0,
                kind="question",
                since=row.at,
                who=names.agency(agency),
                what=names.obligation(f"{agency}/{deliverable}").partition(": ")[2],
                href=f"/nghia-vu/{agency}/{deliverable}#hoi-dap",
                detail=f"«{row.words}»",
            )
        )
    return found


def _extension(row: Extension, agency: str, deliverable: str, names: Naming) -> Item:
    key = f"{agency}/{deliverable}"
    return Item(
        row_id=row.obligation_id,
        kind="extension",
        since=row.asked_at,
        who=names.agency(agency),
        what=names.obligation(key).partition(": ")[2],
        href=f"/nghia-vu/{key}",
        key=key,
        extension=row.id or 0,
        detail=f"xin đến hết {row.until:%d/%m/%Y}: {row.reason}",
    )


def _places(session: Session, ids: Sequence[int]) -> dict[int, tuple[str, str]]:
    """By row id: the agency's code, and the deliverable's with `@period` if it recurs."""
    if not ids:
        return {}
    rows = session.exec(
        select(Obligation.id, Agency.code, Deliverable.code, Obligation.period)
        .join(Agency, col(Agency.id) == Obligation.agency_id)
        .join(Deliverable, col(Deliverable.id) == Obligation.deliverable_id)
        .where(col(Obligation.id).in_(ids))
    ).all()
    return {
        key: (agency, deliverable + (f"@{period}" if period else ""))
        for key, agency, deliverable, period in rows
        if key is not None
    }


def _unreachable(
    session: Session, plan_id: str, _coordinator: str, _now: datetime, names: Naming
) -> list[Item]:
    return [
        Item(
            kind="unreachable",
            since=None,
            who=names.agency(code),
            what="chưa có ai để nhắc: thiếu địa chỉ, hoặc địa chỉ hỏng",
            href="/quan-tri/danh-ba",
        )
        for code in unreachable_agencies(session, plan_id)
    ]


def _refused(
    session: Session, plan_id: str, _coordinator: str, now: datetime, _names: Naming
) -> list[Item]:
    """Messages that reached nobody; what somebody heard by another way is no trouble."""
    rows = session.exec(
        select(Message)
        .where(reached_nobody(plan_id, now))
        .order_by(col(Message.id).desc())
        .limit(MOST_REFUSED)
    ).all()
    newest: dict[tuple[str, str], Message] = {}
    for row in rows:
        newest.setdefault((row.recipient, row.channel), row)
    count = Counter((row.recipient, row.channel) for row in rows)
    return [_unheard(row, count[key]) for key, row in newest.items()]


def _unheard(row: Message, count: int) -> Item:
    """One line a person and channel, however many messages: the cause is one."""
    subject = str(row.content.get("subject", ""))
    return Item(
        kind="refused",
        since=row.created_at,
        who=row.recipient_name or row.recipient,
        what=subject if count == 1 else f"{number_words(count)} tin, mới nhất: {subject}",
        href=f"/nhac-viec/{row.id}",
        detail=row.words,
    )


def _runs(
    session: Session, plan_id: str, _coordinator: str, now: datetime, names: Naming
) -> list[Item]:
    newest = (
        select(func.max(ConsolidationRun.id))
        .where(ConsolidationRun.plan_id == plan_id, ConsolidationRun.started_at <= now)
        .group_by(col(ConsolidationRun.output))
    )
    rows = session.exec(
        select(ConsolidationRun).where(
            col(ConsolidationRun.id).in_(newest), ConsolidationRun.state == "failed"
        )
    ).all()
    return [
        Item(
            kind="run",
            since=row.started_at,
            who=names.outputs.get(row.output, row.output),
            what=row.error or "không tổng hợp được",
            href=f"/tong-hop/{row.output}/{row.number}",
        )
        for row in rows
    ]


def _internal(
    session: Session, plan_id: str, coordinator: str, now: datetime, names: Naming
) -> list[Item]:
    """The office's own work that is due within the week, or overdue."""
    rows = session.exec(
        select(Obligation, Deliverable.code)
        .join(Agency, col(Agency.id) == Obligation.agency_id)
        .join(Deliverable, col(Deliverable.id) == Obligation.deliverable_id)
        .where(
            Obligation.plan_id == plan_id,
            Agency.code == coordinator,
            col(Obligation.state).in_([state.value for state in STILL_OWED]),
            col(Obligation.last_day) <= local_day(now + SOON),
        )
    ).all()
    return [
        Item(
            kind="internal",
            since=row.due_at,
            who=names.agency(coordinator),
            what=names.deliverable(code),
            href=f"/nghia-vu/{coordinator}/{code}",
            detail=f"chậm nhất {row.last_day:%d/%m/%Y}" if row.last_day else "",
        )
        for row, code in rows
    ]


Reader = Callable[[Session, str, str, datetime, Naming], list[Item]]
_READERS: tuple[Reader, ...] = (
    _submissions,
    _extensions,
    _questions,
    _unreachable,
    _refused,
    _runs,
    _internal,
)
