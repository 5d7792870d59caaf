"""Which accepted submissions an output is made from, as of an instant; what is missing; their hash.

Reading costs one query over the obligations of the output's deliverables. A moment in the past is read
from the audit trail where a decision was changed since.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Row, Select, bindparam, func
from sqlalchemy import select as columns
from sqlmodel import Session, col, select

from consolidation.coverage import Coverage
from consolidation.input_hash import WAIVED, set_hash
from plan.calendar import LOCAL
from plan.definition.model import Output
from plan.definition.periodic import periods_read
from plan.models import (
    Agency,
    AgencyName,
    AuditEvent,
    Deliverable,
    Milestone,
    Obligation,
    Plan,
    Submission,
)
from plan.queries.definitions import names_day
from plan.queries.lookup import names_of
from plan.states import CLOSED, STILL_OWED, State


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
    period: str
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
    earlier: tuple[Inputs, ...] = ()
    """What an output of one period is compared with, or added to: never owed for it, never missing."""

    @property
    def written_on(self) -> date:
        """The local day of `written_at`."""
        return self.written_at.astimezone(LOCAL).date()

    @property
    def accepted(self) -> tuple[Input, ...]:
        return tuple(item for item in self.items if item.accepted)

    @property
    def missing(self) -> tuple[Input, ...]:
        """Nothing of theirs was taken in: they owe it still, or it waits for review."""
        return tuple(item for item in self.items if not item.accepted and not item.waived)

    @property
    def owing(self) -> tuple[Input, ...]:
        """Not handed in, or given back."""
        return tuple(item for item in self.items if item.state in STILL_OWED)

    @property
    def waiting(self) -> tuple[Input, ...]:
        """Handed in, and not reviewed yet."""
        return tuple(item for item in self.items if item.state is State.submitted)


def collect(
    session: Session,
    plan: Plan,
    output: Output,
    as_of: datetime,
    *,
    periods: Collection[str] = (),
) -> Inputs:
    """The inputs of an output as of a UTC instant, each one listed. `periods`: of these, not its own."""
    names_on = names_day(plan, as_of)
    found = read_items(session, plan.id, output, names_on, periods=periods)
    items = as_it_was(session, found, as_of)
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
    periods: Collection[str] = (),
) -> list[Input]:
    """The output's inputs as they stand. `only`: just these obligations; `agencies`: just theirs;
    `missing`: just so many of those with nothing accepted; `periods`: of these, not the output's own."""
    statement = _STATEMENT
    if wanted := periods or periods_read(output):
        statement = statement.where(col(Obligation.period).in_(wanted))
    if only is not None:
        statement = statement.where(col(Obligation.id).in_(only))
    if agencies is not None:
        statement = statement.where(col(Agency.code).in_(agencies))
    if missing:
        statement = statement.where(col(Obligation.state).not_in(CLOSED)).limit(missing)
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
        period=row.period,
        state=state,
        due_at=row.due_at,
        last_day=row.last_day,
        decisive_at=row.decisive_at,
    )
    if state is not State.accepted or row.submission_id is None:
        return item
    return replace(item, **{name: getattr(row, name) for name in NOTHING})


# --- Inputs as they stood at a moment in the past: what was decided since is taken back.

NOTHING: dict[str, Any] = {
    "submission_id": None,
    "number": 0,
    "kind": "",
    "content_hash": "",
    "submitted_by": "",
    "received_at": None,
    "decided_by": "",
    "decided_at": None,
}
"""The fields of an input that a submission fills, empty."""


def as_it_was(session: Session, items: list[Input], as_of: datetime) -> list[Input]:
    """The items with every decision after `as_of` taken back, as the audit trail has them."""
    before = _states_before(session, {item.obligation_id for item in items}, as_of)
    if not before:
        return items
    return [
        _restored(session, item, before[item.obligation_id], as_of)
        if item.obligation_id in before
        else item
        for item in items
    ]


def _states_before(
    session: Session, obligation_ids: Collection[int], as_of: datetime
) -> dict[int, State]:
    """For each obligation changed after `as_of`: its state just before the first such change."""
    if not _changed_since(session, as_of):
        return {}
    first = (
        select(func.min(AuditEvent.id))
        .where(AuditEvent.at > as_of, col(AuditEvent.obligation_id).is_not(None))
        .group_by(col(AuditEvent.obligation_id))
    )
    rows = session.exec(
        select(AuditEvent.obligation_id, AuditEvent.before).where(col(AuditEvent.id).in_(first))
    )
    return {key: State(was["state"]) for key, was in rows if key and key in obligation_ids}


def _changed_since(session: Session, as_of: datetime) -> bool:
    """The trail is written in the order of time: its end tells, without a walk through it."""
    newest = session.exec(select(AuditEvent.at).order_by(col(AuditEvent.id).desc()).limit(1))
    last = newest.first()
    return last is not None and last > as_of


def _restored(session: Session, item: Input, state: State, as_of: datetime) -> Input:
    bare = replace(item, state=state, **NOTHING)
    if state is not State.accepted:
        return bare
    event = next((one for one in _acceptances(session, item) if one.at <= as_of), None)
    row = _submission(session, item, event)
    return _filled(bare, row, event) if row else bare


def as_a_run_had_it(
    session: Session, items: list[Input], had: Mapping[int, int | None]
) -> list[Input]:
    """The items with the submissions that a run was made from. `had`: obligation → submission, none where
    it was waived; an obligation not in it had nothing."""
    return [_of_run(session, item, had) for item in items]


def _of_run(session: Session, item: Input, had: Mapping[int, int | None]) -> Input:
    if item.obligation_id not in had:
        return replace(item, state=State.owed, **NOTHING)
    row = session.get(Submission, had[item.obligation_id])
    if row is None:
        return replace(item, state=State.waived, **NOTHING)
    events = (one for one in _acceptances(session, item) if _number(one) == row.number)
    return _filled(replace(item, state=State.accepted), row, next(events, None))


def _acceptances(session: Session, item: Input) -> Iterator[AuditEvent]:
    """The newest first."""
    statement = select(AuditEvent).where(
        AuditEvent.obligation_id == item.obligation_id, AuditEvent.event == "obligation.accepted"
    )
    yield from session.exec(statement.order_by(col(AuditEvent.id).desc()))


def _number(event: AuditEvent) -> int | None:
    """Which submission was accepted."""
    return (event.after.get("detail") or {}).get("number")


def _submission(session: Session, item: Input, event: AuditEvent | None) -> Submission | None:
    if event is None:
        return None
    return session.exec(
        select(Submission).where(
            Submission.obligation_id == item.obligation_id, Submission.number == _number(event)
        )
    ).first()


def _filled(item: Input, row: Submission, event: AuditEvent | None) -> Input:
    return replace(
        item,
        submission_id=row.id,
        number=row.number,
        kind=row.kind,
        content_hash=row.content_hash,
        submitted_by=row.submitted_by,
        received_at=row.received_at,
        decided_by=event.actor if event else row.decided_by,
        decided_at=event.at if event else row.decided_at,
    )
