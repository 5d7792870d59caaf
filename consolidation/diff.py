"""What a run says otherwise than the one it is compared with: cell by cell, section by section.

Compared are the inputs each was made from, not the files: bytes tell that something changed, inputs
tell what.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlmodel import Session, col, select

from consolidation.members import inputs_of_run
from plan.models import ConsolidationRun, Section, Value

Where = tuple[str, str, str]
"""(obligation, indicator or outline node, period)"""


def reference_run(session: Session, run: ConsolidationRun) -> ConsolidationRun | None:
    """What a run is compared with: the newest frozen one before it, else the one just before."""
    earlier = session.exec(
        select(ConsolidationRun)
        .where(
            ConsolidationRun.plan_id == run.plan_id,
            ConsolidationRun.output == run.output,
            ConsolidationRun.number < run.number,
            ConsolidationRun.state == "done",
        )
        .order_by(col(ConsolidationRun.final).desc(), col(ConsolidationRun.number).desc())
    )
    return earlier.first()


def changes_since(session: Session, run_id: int) -> list[dict[str, str]]:
    """Each change as {output, where, before, after}; empty when there is nothing to compare with."""
    run = session.get_one(ConsolidationRun, run_id)
    other = reference_run(session, run)
    if other is None:
        return []
    before, after = _content(session, other), _content(session, run)
    return [
        {
            "output": f"{run.output} lần {run.number} so với lần {other.number}",
            "where": " ".join(part for part in where if part),
            "before": before.get(where, ""),
            "after": after.get(where, ""),
        }
        for where in sorted(before.keys() | after.keys())
        if before.get(where, "") != after.get(where, "")
    ]


def _content(session: Session, run: ConsolidationRun) -> Mapping[Where, str]:
    """Everything the run's inputs say, by place."""
    ids = {
        one.submission_id: one.obligation
        for one in inputs_of_run(session, run)
        if one.submission_id is not None
    }
    return dict([*_figures(session, ids), *_sections(session, ids)])


def _figures(session: Session, ids: Mapping[int, str]) -> Iterator[tuple[Where, str]]:
    for row in session.exec(select(Value).where(col(Value.submission_id).in_(ids))):
        shown = row.text or "" if row.number is None else f"{row.number:g}"
        yield (ids[row.submission_id], row.indicator, row.period), shown


def _sections(session: Session, ids: Mapping[int, str]) -> Iterator[tuple[Where, str]]:
    for row in session.exec(select(Section).where(col(Section.submission_id).in_(ids))):
        yield (ids[row.submission_id], row.node, ""), row.text
