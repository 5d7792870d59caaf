"""An event that relative deadlines count from («10 ngày kể từ ngày nhận …») is recorded: they start."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlmodel import Session, col, select

from plan.calendar import local_day
from plan.deadlines.open_ended import After
from plan.deadlines.phrases import DueWordsError, parse_due
from plan.deadlines.rules import Once
from plan.deadlines.windows import window
from plan.errors import RefusedError
from plan.ledger.deadlines import change_deadline
from plan.ledger.new_deadline import Basis, NewDeadline
from plan.models import Deadline, Obligation, Plan
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_agency, find_milestone, load_calendar, obligation_name
from plan.states import CLOSED, Actor
from plan.text import date_words

EVENT = "event"
"""The kind of a deadline that counts from a recorded event."""
OF_WORDS = ("plan", "amendment")
"""Kinds of deadline whose words are the plan's own."""


@dataclass(frozen=True)
class Occurrence:
    """An event that happened on a local day, and what says so. `until`: the last good day, where the words of
    a deadline name no span."""

    happened_on: date
    basis: Basis
    until: date | None = None


def record_event(
    session: Session,
    plan: Plan,
    milestone: str,
    event: Occurrence,
    *,
    agencies: Sequence[str] = (),
    actor: Actor,
    now: datetime,
) -> tuple[str, ...]:
    """Start what the milestone's agencies (or `agencies`) owe relative to an event. Recorded again,
    the day is put right. Gives the obligations' names. Raises RefusedError when nothing waits for an event,
    when the event has not happened yet, or when no last day can be told; nothing is changed then."""
    happened_on = event.happened_on
    if happened_on > local_day(now):
        raise RefusedError(f"Ngày {date_words(happened_on)} chưa tới; ghi sự kiện khi đã xảy ra.")
    days: defaultdict[tuple[date, str], list[int]] = defaultdict(list)
    rows = _waiting(session, plan, milestone, agencies)
    calendar = load_calendar(session, plan.id, happened_on.year, happened_on.year + 1)
    for row, words, rule in rows:
        last = event.until or rule.last_day(happened_on, calendar)
        if last is None:
            raise RefusedError(
                f"«{words}» không nêu bao nhiêu ngày; hãy nêu ngày cuối bằng --until."
            )
        days[last, words].append(row.id or 0)
    for (last, words), ids in days.items():
        change_deadline(
            session,
            ids,
            NewDeadline(
                window(Once(last), issued_on=happened_on, opens_on=happened_on, calendar=calendar),
                EVENT,
                words,
                replace(
                    event.basis,
                    reason=event.basis.reason or f"Tính từ ngày {date_words(happened_on)}: {words}",
                ),
            ),
            actor=actor,
            now=now,
        )
    return tuple(obligation_name(session, row) for row, _, _ in rows)


def _waiting(
    session: Session, plan: Plan, milestone: str, agencies: Sequence[str]
) -> list[tuple[Obligation, str, After]]:
    """What counts from an event and is still owed, with the plan's words and their rule."""
    row = find_milestone(session, plan.id, milestone)
    wanted = {find_agency(session, plan.id, code).id for code in agencies}
    owed = session.exec(
        select(Obligation)
        .where(Obligation.milestone_id == row.id, col(Obligation.state).not_in(CLOSED))
        .order_by(col(Obligation.id))
    ).all()
    inclusive = definition_of(plan).before_is_inclusive
    said = _words(session, [one.id or 0 for one in owed])
    found = [
        (one, said[one.id or 0], rule)
        for one in owed
        if not wanted or one.agency_id in wanted
        if isinstance(rule := _rule(said.get(one.id or 0, ""), inclusive), After)
    ]
    if not found:
        raise RefusedError("Mốc này không có nghĩa vụ còn nợ nào tính hạn từ một sự kiện.")
    return found


def _words(session: Session, ids: Sequence[int]) -> dict[int, str]:
    """By obligation the plan's newest words."""
    rows = session.exec(
        select(Deadline.obligation_id, Deadline.words)
        .where(col(Deadline.obligation_id).in_(ids), col(Deadline.kind).in_(OF_WORDS))
        .order_by(col(Deadline.version))
    )
    return dict(rows.all())


def _rule(words: str, inclusive: bool) -> object:
    try:
        return parse_due(words, inclusive_before=inclusive) if words else None
    except DueWordsError:
        return None
