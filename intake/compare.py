"""What changed between two submissions: cell by cell, section by section, file by file."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sqlmodel import Session, col, select

from intake.report.outline import outline_of
from plan.definition.model import PlanDefinition
from plan.errors import NotFoundError
from plan.models import Section, Submission, SubmissionFile, Value
from plan.text import number_words


@dataclass(frozen=True)
class Change:
    """One difference. `name` is an indicator, an outline node, a payload field or a file's name;
    `period` a figure's; `place` says where in words or as sheet and cell. Empty texts: not there."""

    kind: Literal["cell", "section", "fact", "file"]
    name: str
    before: str
    after: str
    period: str = ""
    place: str = ""

    def lines(self) -> list[str]:
        """A section's changed lines, `- ` gone and `+ ` come."""
        diff = difflib.ndiff(self.before.split("\n"), self.after.split("\n"))
        return [line for line in diff if line[:2] in ("- ", "+ ") and line[2:]]


def find_submission(session: Session, obligation_id: int, number: int) -> Submission:
    """The submission of this number. Raises NotFoundError."""
    rows = session.exec(select(Submission).where(Submission.obligation_id == obligation_id)).all()
    for row in rows:
        if row.number == number:
            return row
    raise NotFoundError("lần nộp", str(number), (str(row.number) for row in rows))


def diff_submissions(
    session: Session, definition: PlanDefinition, before: Submission, after: Submission
) -> list[Change]:
    """Everything that differs, figures in the plan's order first; nothing for equal content."""
    return [
        *_cells(session, definition, before, after),
        *_sections(session, definition, before, after),
        *_facts(before.payload, after.payload),
        *_files(session, before, after),
    ]


def _cells(
    session: Session, definition: PlanDefinition, before: Submission, after: Submission
) -> Iterator[Change]:
    old, new = (_values(session, one) for one in (before, after))
    order = _order(definition)
    for key in sorted(old.keys() | new.keys(), key=lambda key: (order.get(key[0], 10**6), key)):
        texts = [_shown(values.get(key)) for values in (old, new)]
        if texts[0] != texts[1]:
            at = new.get(key) or old[key]
            place = " ".join(part for part in (at.sheet, at.cell) if part)
            yield Change("cell", key[0], texts[0], texts[1], period=key[1], place=place)


def _order(definition: PlanDefinition) -> dict[str, int]:
    names = [
        f"{appendix.code}.{indicator.code}{part}"
        for appendix in definition.appendices
        for table in appendix.tables
        for indicator in table.indicators
        for part in ("", "#n", "#d")
    ]
    return {name: place for place, name in enumerate(names)}


def _values(session: Session, submission: Submission) -> Mapping[tuple[str, str], Value]:
    rows = session.exec(select(Value).where(Value.submission_id == submission.id))
    return {(row.indicator, row.period): row for row in rows}


def _shown(value: Value | None) -> str:
    if value is None:
        return ""
    if value.not_applicable:
        return f"Không áp dụng: {value.text}"
    return number_words(value.number) if value.number is not None else value.text or ""


def _sections(
    session: Session, definition: PlanDefinition, before: Submission, after: Submission
) -> Iterator[Change]:
    old, new = (_texts(session, one) for one in (before, after))
    outline = outline_of(definition)
    known = outline.targets
    last = len(known)
    for node in sorted(
        old.keys() | new.keys(), key=lambda one: known[one].order if one in known else last
    ):
        if old.get(node, "") != new.get(node, ""):
            place = outline.path(node) if node in known else ""
            yield Change("section", node, old.get(node, ""), new.get(node, ""), place=place)


def _texts(session: Session, submission: Submission) -> dict[str, str]:
    rows = session.exec(select(Section).where(Section.submission_id == submission.id))
    return {row.node: row.text for row in rows}


def _facts(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[Change]:
    for name in sorted(old.keys() | new.keys()):
        before, after = (str(facts.get(name, "")) for facts in (old, new))
        if before != after:
            yield Change("fact", name, before, after)


def _files(session: Session, before: Submission, after: Submission) -> Iterator[Change]:
    old, new = (_hashes(session, one) for one in (before, after))
    for sha256 in (*old, *(one for one in new if one not in old)):
        if (sha256 in old) != (sha256 in new):
            name = old.get(sha256) or new[sha256]
            yield Change("file", name, old.get(sha256, ""), new.get(sha256, ""))


def _hashes(session: Session, submission: Submission) -> dict[str, str]:
    rows: Sequence[SubmissionFile] = session.exec(
        select(SubmissionFile)
        .where(SubmissionFile.submission_id == submission.id)
        .order_by(col(SubmissionFile.id))
    ).all()
    return {row.sha256: row.filename for row in rows}
