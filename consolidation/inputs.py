"""Which accepted submissions an output is made from, as of an instant; what is missing; their hash.

Reading costs one query over the obligations of the output's deliverables. A moment in the past is read
from the audit trail where a decision was changed since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Row, Select, bindparam
from sqlalchemy import select as columns
from sqlmodel import Session, col

from consolidation.inputs_hash import WAIVED, set_hash
from consolidation.inputs_past import NOTHING, as_it_was
from plan.calendar import LOCAL
from plan.definition.model import Output
from plan.models import (
    Agency,
    AgencyName,
    Deliverable,
    Milestone,
    Obligation,
    Plan,
    Submission,
)
from plan.queries.known import names_day, names_of
from plan.states import State
from plan.text import join_names


@dataclass(frozen=True)
class Input:
    """An obligation of the output and, if there is one, the submission accepted for it."""

    obligation_id: int
    obligation: str
    agency: str
    agency_name: str
    agency_short: str
    group: str
    deliverable: str
    deliverable_short: str
    milestone: str
    title: str
    state: State
    due_at: datetime | None
    last_day: date | None
    decisive_at: datetime | None
    submission_id: int | None = None
    number: int = 0
    kind: str = ""
    content_hash: str = ""
    submitted_by: str = ""
    received_at: datetime | None = None
    decided_by: str = ""
    decided_at: datetime | None = None

    @property
    def accepted(self) -> bool:
        return self.submission_id is not None

    @property
    def waived(self) -> bool:
        return self.state is State.waived

    @property
    def content(self) -> str:
        """What of it goes into the hash; empty: nothing yet."""
        return WAIVED if self.waived else self.content_hash


@dataclass(frozen=True)
class Coverage:
    """How much of what is owed is there. `missing`: `agency/deliverable`; `names`: for people.

    Of very many, only the first are named; `have` and `owed` always count all.
    """

    have: int
    owed: int
    waived: int = 0
    missing: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    agencies_missing: int = 0

    @property
    def complete(self) -> bool:
        return self.have == self.owed

    def words(self) -> str:
        """«16/17, thiếu: An Lão»."""
        counted = f"{self.have}/{self.owed}"
        if self.complete:
            return counted
        shown = self.names[:NAMED]
        hidden = max(self.agencies_missing - len(shown), 0)
        named = join_names([*shown, *[""] * hidden], limit=len(shown))
        return f"{counted}, thiếu: {named}"

    def as_json(self) -> dict[str, Any]:
        """As the run keeps it."""
        return {
            "have": self.have,
            "owed": self.owed,
            "waived": self.waived,
            "missing": list(self.missing),
            "words": self.words(),
        }


NAMED = 5
"""How many missing agencies a sentence names."""


@dataclass(frozen=True)
class Inputs:
    """Everything one run is made from."""

    output: Output
    plan_id: str
    as_of: datetime
    names_on: date
    """Agencies bear the names of this local date: the last change of a name up to `as_of`."""
    written_at: datetime
    """What the files say they were written at: the newest decision, so that equal inputs give equal
    bytes; without any, the plan's own date."""
    coverage: Coverage
    set_hash: str
    items: tuple[Input, ...] = ()
    """In the plan's order: deliverable, then agency. Of very many, only the first missing ones."""
    listed: bool = True
    """Whether `items` are all there are."""

    @property
    def accepted(self) -> tuple[Input, ...]:
        return tuple(item for item in self.items if item.accepted)

    @property
    def missing(self) -> tuple[Input, ...]:
        return tuple(item for item in self.items if not item.accepted and not item.waived)


def collect(session: Session, plan: Plan, output: Output, as_of: datetime) -> Inputs:
    """The inputs of an output as of a UTC instant, each one listed."""
    names_on = names_day(plan, as_of)
    items = as_it_was(session, read_items(session, plan.id, output, names_on), as_of)
    return Inputs(
        output=output,
        plan_id=plan.id,
        as_of=as_of,
        names_on=names_on,
        written_at=written_at(plan, (item.decided_at for item in items)),
        coverage=_coverage(items),
        set_hash=set_hash((item.obligation, item.content) for item in items if item.content),
        items=tuple(items),
    )


def read_items(
    session: Session,
    plan_id: str,
    output: Output,
    names_on: date,
    *,
    only: Collection[int] | None = None,
    agencies: Collection[str] | None = None,
    missing: int = 0,
) -> list[Input]:
    """The output's inputs as they stand. `only`: just these obligations; `agencies`: just theirs;
    `missing`: just so many of those with nothing accepted."""
    statement = _STATEMENT
    if only is not None:
        statement = statement.where(col(Obligation.id).in_(only))
    if agencies is not None:
        statement = statement.where(col(Agency.code).in_(agencies))
    if missing:
        settled = (State.accepted.value, State.waived.value)
        statement = statement.where(col(Obligation.state).not_in(settled)).limit(missing)
    rows = session.execute(statement, {"plan": plan_id, "inputs": output.inputs}).all()
    names = names_of(session, plan_id, names_on, {row.agency_id for row in rows})
    return [_input(row, names[row.agency_id]) for row in rows]


def _coverage(items: Sequence[Input]) -> Coverage:
    missing = [item for item in items if not item.accepted and not item.waived]
    waived = sum(item.waived for item in items)
    names = tuple(dict.fromkeys(item.agency_short for item in missing))
    return Coverage(
        have=len(items) - waived - len(missing),
        owed=len(items) - waived,
        waived=waived,
        missing=tuple(item.obligation for item in missing),
        names=names,
        agencies_missing=len(names),
    )


def written_at(plan: Plan, decided: Iterable[datetime | None]) -> datetime:
    """The newest of these instants, or the start of the plan's own day."""
    issued = datetime.combine(plan.issued_on, time(), LOCAL).astimezone(UTC)
    return max((instant for instant in decided if instant is not None), default=issued)


# --- reading -----------------------------------------------------------------------------------


_STATEMENT: Select[*tuple[Any, ...]] = (
    columns(
        col(Obligation.id).label("obligation_id"),
        col(Obligation.agency_id),
        col(Obligation.period),
        col(Obligation.title),
        col(Obligation.state),
        col(Obligation.due_at),
        col(Obligation.last_day),
        col(Obligation.decisive_at),
        col(Agency.code).label("agency"),
        col(Agency.group).label("agency_group"),
        col(Deliverable.code).label("deliverable"),
        col(Deliverable.short).label("deliverable_short"),
        col(Deliverable.title).label("deliverable_title"),
        col(Milestone.code).label("milestone"),
        col(Submission.id).label("submission_id"),
        col(Submission.number),
        col(Submission.kind),
        col(Submission.content_hash),
        col(Submission.submitted_by),
        col(Submission.received_at),
        col(Submission.decided_by),
        col(Submission.decided_at),
    )
    .join(Agency, col(Agency.id) == Obligation.agency_id)
    .join(Deliverable, col(Deliverable.id) == Obligation.deliverable_id)
    .join(Milestone, col(Milestone.id) == Obligation.milestone_id)
    .outerjoin(
        Submission,
        (col(Submission.obligation_id) == Obligation.id) & (col(Submission.state) == "accepted"),
    )
    .where(
        col(Obligation.plan_id) == bindparam("plan"),
        col(Deliverable.code).in_(bindparam("inputs", expanding=True)),
    )
    .order_by(col(Deliverable.sort), col(Agency.sort), col(Obligation.period))
)
"""Built once: building it costs more than running it."""


def _input(row: Row[Any], name: AgencyName) -> Input:
    period = f"@{row.period}" if row.period else ""
    state = State(row.state)
    item = Input(
        obligation_id=row.obligation_id,
        obligation=f"{row.agency}/{row.deliverable}{period}",
        agency=row.agency,
        agency_name=name.name,
        agency_short=name.short,
        group=row.agency_group,
        deliverable=row.deliverable,
        deliverable_short=row.deliverable_short or row.deliverable_title,
        milestone=row.milestone,
        title=row.title,
        state=state,
        due_at=row.due_at,
        last_day=row.last_day,
        decisive_at=row.decisive_at,
    )
    if state is not State.accepted or row.submission_id is None:
        return item
    return replace(item, **{name: getattr(row, name) for name in NOTHING})
