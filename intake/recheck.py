"""What was filed, read once more: the kept bytes through today's reader, and what it reads otherwise.

A reader that learns to see a fault has not seen it in what was filed before. Nothing is changed here: who
wants a difference mended gives the submission back, or hands the same file in again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from intake.earlier_figures import earlier_figures
from intake.files.gate import Limits
from intake.files.store import Store, StoreError
from intake.package import Package, Recogniser, read_package
from intake.parts import SubmissionPart
from intake.recognise import recognise_safely
from plan.database import reading
from plan.errors import NotFoundError
from plan.models import Finding, Obligation, Section, Submission, SubmissionFile, Value
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_plan, obligation_name
from plan.text import number_words

STANDING = ("received", "returned", "accepted")
"""States of a submission that something may still be done about."""
NOTHING = "(không có)"


@dataclass(frozen=True)
class Difference:
    """One thing read otherwise. `what`: `value`, `section`, `finding`, `file`; `name`: indicator and period,
    outline node, or where a finding points; `before` and `now` in words."""

    what: str
    name: str
    before: str
    now: str


@dataclass(frozen=True)
class Rechecked:
    """A submission whose files say something else today."""

    obligation: str
    number: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True)
class _Kept:
    """A submission as the database has it."""

    obligation: str
    number: int
    files: tuple[tuple[str, str], ...]
    values: Mapping[str, str]
    sections: Mapping[str, str]
    findings: Mapping[str, str]


def recheck(
    engine: Engine,
    store: Store,
    plan_id: str,
    *,
    agency: str = "",
    limits: Limits | None = None,
    recogniser: Recogniser = recognise_safely,
) -> Iterator[Rechecked]:
    """The newest standing submission of each obligation whose files read otherwise, one at a time: a thousand
    submissions cost a thousand readings and the memory of one. `agency`: only this one's. Writes nothing."""
    with reading(engine) as session:
        plan = find_plan(session, plan_id)
        newest = _newest(session, plan.id)
    for submission_id in newest:
        with reading(engine) as session:
            kept = _kept(session, submission_id)
            owner = kept.obligation.partition("/")[0]
            if agency and owner != agency:
                continue
            known = replace(earlier_figures(session, plan, owner), filed={})
            again = partial(
                read_package,
                definition=definition_of(plan),
                agency=owner,
                known=known,
                limits=limits,
                recogniser=recogniser,
            )
        differences = tuple(_differences(kept, store, again))
        if differences:
            yield Rechecked(kept.obligation, kept.number, differences)


def _newest(session: Session, plan_id: str) -> list[int]:
    rows = session.exec(
        select(Submission.id, Submission.obligation_id)
        .join(Obligation, col(Obligation.id) == Submission.obligation_id)
        .where(
            Obligation.plan_id == plan_id,
            Submission.kind == "files",
            col(Submission.state).in_(STANDING),
        )
        .order_by(col(Submission.id))
    )
    return sorted({obligation: int(number or 0) for number, obligation in rows}.values())


def _kept(session: Session, submission_id: int) -> _Kept:
    submission = session.get_one(Submission, submission_id)
    name = obligation_name(session, session.get_one(Obligation, submission.obligation_id))
    files = session.exec(
        select(SubmissionFile).where(SubmissionFile.submission_id == submission_id)
    ).all()
    values = session.exec(select(Value).where(Value.submission_id == submission_id)).all()
    sections = session.exec(select(Section).where(Section.submission_id == submission_id)).all()
    findings = session.exec(select(Finding).where(Finding.submission_id == submission_id)).all()
    return _Kept(
        name,
        submission.number,
        tuple((one.filename, one.sha256) for one in files),
        {_key(one.indicator, one.period): _figure(one) for one in values},
        {one.node: one.text for one in sections},
        _told(findings),
    )


def _differences(
    kept: _Kept,
    store: Store,
    read_again: Callable[..., Package],
) -> Iterator[Difference]:
    try:
        files = [(name, store.get(sha256)) for name, sha256 in kept.files]
    except (NotFoundError, StoreError, OSError) as problem:
        yield Difference("file", ", ".join(name for name, _ in kept.files), "", str(problem))
        return
    deliverable = kept.obligation.partition("/")[2].partition("@")[0]
    package = read_again(files, only=deliverable)
    part = next(
        (one for one in package.parts if one.deliverable == deliverable),
        SubmissionPart(deliverable),
    )
    values = {_key(one.indicator, one.period): _figure(one) for one in part.values}
    yield from _compared("value", kept.values, values)
    yield from _compared("section", kept.sections, {one.node: one.text for one in part.sections})
    yield from _compared("finding", kept.findings, _told((*part.findings, *package.findings)))


def _compared(what: str, before: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Difference]:
    for name in dict.fromkeys((*before, *now)):
        old, new = before.get(name, NOTHING), now.get(name, NOTHING)
        if old != new:
            yield Difference(what, name, old, new)


def _key(indicator: str, period: str) -> str:
    return f"{indicator} kỳ {period}"


def _figure(value: object) -> str:
    if getattr(value, "not_applicable", False):
        return "không áp dụng"
    number = getattr(value, "number", None)
    return str(getattr(value, "text", "")) if number is None else number_words(number)


def _told(findings: object) -> dict[str, str]:
    """Errors and warnings by what they are and where: their words may have been bettered since."""
    found: dict[str, str] = {}
    for one in findings:  # type: ignore[attr-defined]  # rows or findings, alike in these fields
        if one.severity != "note":
            place = " ".join(part for part in (one.sheet, one.cell) if part)
            found[f"{one.code} {place}".strip()] = f"{one.severity}"
    return found
