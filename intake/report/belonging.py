"""Which deliverables a report's text answers. Pure.

The file's own word counts first, then what it holds: the deliverable whose sections it covers best. A report
may bring another one along where the plan says they may share a file (the plan for 2021–2030 as Phần thứ hai
of a district's report).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from intake.report.outline import Outline, roots_of, wanted_nodes, words
from intake.report.reader import ReportReading
from intake.report.template import narratives_of
from plan.definition.model import Agency, Deliverable, PlanDefinition

CLOSE = 0.05
_TYPE_WORDS = ("ke hoach", "bao cao", "de xuat")


def deliverables_of(
    definition: PlanDefinition,
    outline: Outline,
    agency: Agency,
    reading: ReportReading,
    only: str = "",
) -> list[str]:
    """The deliverable this report is, then those that share its file; empty where it cannot be told.

    `only`: the one it was handed in for.
    """
    if only:
        return [only]
    owed = narratives_of(definition, agency)
    written = {one.node for one in reading.sections}
    main = _stated(owed, reading) or _best(definition, outline, agency, owed, reading, written)
    if main is None:
        return []
    asked = {one.id: wanted_nodes(outline, roots_of(definition, one, agency)) for one in owed}
    shared = [
        one.id
        for one in owed
        if one.id in main.may_share_file_with
        and _brought_along(asked[one.id], asked[main.id], written)
    ]
    return [main.id, *shared]


def _brought_along(asked: set[str], own: set[str], written: set[str]) -> bool:
    """Whether something of the other one is there that is not the main one's own: the province's report
    holds its proposals, but its proposals are not yet its report."""
    return bool(written & asked) if asked <= own else bool(written & (asked - own))


def _stated(owed: Sequence[Deliverable], reading: ReportReading) -> Deliverable | None:
    return next((one for one in owed if one.id == reading.deliverable), None)


def _best(
    definition: PlanDefinition,
    outline: Outline,
    agency: Agency,
    owed: Sequence[Deliverable],
    reading: ReportReading,
    written: Collection[str],
) -> Deliverable | None:
    scored = sorted(
        ((coverage(outline, roots_of(definition, one, agency), written), one) for one in owed),
        key=lambda pair: -pair[0],
    )
    likely = [one for score, one in scored if score > 0 and score >= scored[0][0] - CLOSE]
    if len(likely) > 1:
        likely = [one for one in likely if _same_type(one, agency, reading.head)]
    return likely[0] if len(likely) == 1 else None


def coverage(outline: Outline, roots: Sequence[str], written: Collection[str]) -> float:
    """How well the written sections are those asked for: the harmonic mean of how many of the written
    are asked for, and how many of the required ones are written."""
    wanted = wanted_nodes(outline, roots)
    asked = [node for node in wanted if node in roots or outline.node(node).required]
    hits = [node for node in written if node in wanted]
    answered = [node for node in asked if any(one in hits for one in outline.under(node))]
    if not hits or not answered:
        return 0.0
    precision, recall = len(hits) / len(written), len(answered) / len(asked)
    return 2 * precision * recall / (precision + recall)


def _same_type(deliverable: Deliverable, agency: Agency, head: str) -> bool:
    title = words(deliverable.titles.get(agency.id, deliverable.title))
    kind = next((word for word in _TYPE_WORDS if title.startswith(word)), "")
    return bool(kind) and any(words(line).startswith(kind) for line in head.split("\n"))
