"""Before a plan is amended: what becomes of it, and who will be told what.

As with a start, the amendment is made in a transaction that is rolled back: nothing is written, and nothing
is guessed a second time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, func
from sqlmodel import Session, col, select

from notifications.obligations import DueObligation, owed_by_id
from notifications.plan_context import Messaging, PlanContext, load_plan_context
from plan.amending.amend import Amended, amend_plan
from plan.definition.model import Audience, PlanDefinition
from plan.importing.obligations import AmendedBy
from plan.models import Obligation
from plan.text import date_words

ADDED, MOVED, DROPPED, AGAIN = "Phải nộp thêm", "Hạn mới", "Không còn phải nộp", "Lại phải nộp"


@dataclass(frozen=True)
class AgencyNews:
    """An agency that is told: the people who hear, and what, line by line."""

    agency: str
    people: tuple[str, ...]
    """Empty: nobody is within reach."""
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Preview:
    """What amending would do."""

    done: Amended
    told: tuple[AgencyNews, ...]


def preview_amendment(
    engine: Engine,
    plan_id: str,
    after: PlanDefinition,
    *,
    seen: str,
    amended_by: AmendedBy,
    desk: Messaging,
    now: datetime,
) -> Preview:
    """What `amend_plan` at `now` (UTC) would lead to. Writes nothing; raises as it does.

    Costs what the amendment costs.
    """
    with Session(engine.execution_options(dondoc_writes=True)) as session:
        last = session.exec(select(func.max(Obligation.id))).one() or 0
        done = amend_plan(session, plan_id, after, seen=seen, amended_by=amended_by, now=now)
        added = session.exec(
            select(Obligation.id).where(Obligation.plan_id == plan_id, col(Obligation.id) > last)
        ).all()
        book = load_plan_context(session, plan_id, now, desk)
        told = tuple(_told(session, book, done, [key for key in added if key]))
        session.rollback()
    return Preview(done, told)


def _told(
    session: Session, book: PlanContext, done: Amended, added: list[int]
) -> Iterable[AgencyNews]:
    """By agency, in the plan's order."""
    words = {
        **dict.fromkeys(added, ADDED),
        **dict.fromkeys(done.moved, MOVED),
        **dict.fromkeys(done.dropped, DROPPED),
        **dict.fromkeys(done.restored, AGAIN),
    }
    rows: defaultdict[int, list[DueObligation]] = defaultdict(list)
    found = owed_by_id(session, words)
    for row in sorted(found.values(), key=lambda one: (one.agency_sort, one.deliverable_sort)):
        rows[row.agency_id].append(row)
    for agency_id, theirs in rows.items():
        people = {
            person.seats[0].name: None
            for row in theirs
            for person, _ in book.directory.recipients_of(
                row.agency_id,
                Audience.contact,
                book.ladder(row),
                deliverable=row.deliverable,
                confidential=row.confidential,
            )
        }
        lines = tuple(_line(words[row.id], row) for row in theirs)
        yield AgencyNews(book.names[agency_id].name, tuple(people), lines)


def _line(words: str, row: DueObligation) -> str:
    day = f", chậm nhất {date_words(row.last_day)}" if row.last_day and words != DROPPED else ""
    return f"{words}: {row.title}{day}"
