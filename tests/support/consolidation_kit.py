"""A province in a database: submissions filed and accepted through the ledger, figures of one's choice."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from random import Random

from sqlmodel import Session, select

from intake.samples.figures import Figures, figures_of, invent
from intake.samples.reports import Writer, sentences
from intake.samples.world import world_of
from intake.workbook.template import template_for
from plan.definition.model import DeliverableKind, OutlineNode, PlanDefinition
from plan.definition.ownership import owners
from plan.ledger import accept, reopen, submit
from plan.ledger.filing import FiledFile, Filing, ReadSection, ReadValue
from plan.models import Finding, Submission
from plan.queries.lookup import find_obligation, find_plan
from plan.states import Actor, Role

SENDER = Actor("Nguyễn Thị Lan", Role.coordinator, origin="cli")
REVIEWER = Actor("Trần Văn Bình", Role.coordinator, origin="cli")
SEED = 7


def file(name: str, content: str) -> FiledFile:
    data = content.encode()
    return FiledFile(
        name,
        hashlib.sha256(data).hexdigest(),
        len(data),
        "workbook" if name.endswith(".xlsx") else "report",
    )


def hand_in(
    session: Session,
    name: str,
    at: datetime,
    *,
    values: Iterable[ReadValue] = (),
    sections: Iterable[ReadSection] = (),
    accepted: bool = True,
    accepted_at: datetime | None = None,
    plan: str = "",
) -> Submission:
    """File a submission for the obligation `name` (of `plan`), and accept it an hour later."""
    values, sections = tuple(values), tuple(sections)
    obligation = find_obligation(session, find_plan(session, plan).id, name)
    content = repr((name, values, sections))
    suffix = "xlsx" if values else "docx"
    filing = Filing(
        kind="files",
        received_at=at,
        files=(file(f"{name.replace('/', '-')}.{suffix}", content),),
        values=values,
        sections=sections,
    )
    assert obligation.id is not None
    submission = submit(session, obligation.id, filing, actor=SENDER, now=at)
    if accepted:
        _explain_all(session, submission, at)
        accept(session, obligation.id, actor=REVIEWER, now=accepted_at or at + timedelta(hours=1))
    return submission


def _explain_all(session: Session, submission: Submission, at: datetime) -> None:
    for finding in session.exec(select(Finding).where(Finding.submission_id == submission.id)):
        finding.explanation = finding.explanation or "Số liệu đã được rà soát."
        session.add(finding)


def take_back(session: Session, name: str, at: datetime) -> None:
    obligation = find_obligation(session, find_plan(session).id, name)
    assert obligation.id is not None
    reopen(session, obligation.id, reason="Cần bổ sung", actor=REVIEWER, now=at)


def placed(values: Mapping[tuple[str, str], ReadValue], file_name: str) -> list[ReadValue]:
    """Each value with a place of its own in a file."""
    return [
        ReadValue(
            value.indicator,
            value.period,
            number=value.number,
            text=value.text,
            not_applicable=value.not_applicable,
            file=file_name,
            sheet=value.indicator.partition(".")[0],
            cell=f"E{position + 8}",
        )
        for position, value in enumerate(values.values())
    ]


def province_values(definition: PlanDefinition, seed: int = SEED) -> dict[str, list[ReadValue]]:
    """Obligation → the figures it hands in, of a whole province that keeps every rule."""
    figures = _figures(definition, seed)
    found: dict[str, list[ReadValue]] = {}
    for part in definition.deliverables:
        if part.kind is not DeliverableKind.appendix or not part.appendix:
            continue
        for agency in owners(definition, part):
            lines = template_for(definition, agency).lines
            mine = {
                key: value
                for key, value in figures_of(definition, agency, figures).items()
                if lines[key[0]].appendix == part.appendix
            }
            if mine:
                found[f"{agency}/{part.id}"] = placed(mine, f"so-lieu-{agency}.xlsx")
    return found


def leaves(nodes: Iterable[OutlineNode]) -> list[OutlineNode]:
    found = []
    for node in nodes:
        found += leaves(node.children) if node.children else [node]
    return found


def report_sections(
    definition: PlanDefinition, roots: Iterable[str], who: str
) -> list[ReadSection]:
    """A few sentences under every leaf of these parts of the outline."""
    wanted = [node for root in roots for node in leaves([_node(definition.outline, root)])]
    return [
        ReadSection(
            node.id,
            f"{who} đã triển khai nội dung «{node.title[:40]}» theo kế hoạch hằng năm.\n"
            f"Kết quả được kiểm tra, công khai; thời gian giải quyết công việc được rút ngắn.",
            file="bao-cao.docx",
        )
        for node in wanted
    ]


def world_sections(
    definition: PlanDefinition, agency: str, roots: Iterable[str]
) -> list[ReadSection]:
    """What this agency writes there in a rehearsal."""
    name = next(one.names[0].name for one in definition.agencies if one.id == agency)
    figures = _figures(definition)
    writer, rng = Writer(name, agency, world_of(definition.id), figures), Random(agency)
    wanted = [node for root in roots for node in leaves([_node(definition.outline, root)])]
    return [
        ReadSection(
            node.id, sentences(f"{node.number} {node.title}", writer, rng), file="bao-cao.docx"
        )
        for node in wanted
    ]


_MADE: dict[tuple[str, int], Figures] = {}


def _figures(definition: PlanDefinition, seed: int = SEED) -> Figures:
    """Invented once a test run."""
    key = (definition.id, seed)
    if key not in _MADE:
        _MADE[key] = invent(definition, seed)
    return dict(_MADE[key])


def _node(nodes: Iterable[OutlineNode], wanted: str) -> OutlineNode:
    for node in nodes:
        if node.id == wanted:
            return node
        if node.children and wanted.startswith(f"{node.id}-"):
            return _node(node.children, wanted)
    raise LookupError(wanted)


def fill_province(
    session: Session, definition: PlanDefinition, at: datetime, *, leave_out: Iterable[str] = ()
) -> None:
    """Everything that the consolidated outputs are made from, handed in and accepted."""
    left_out = set(leave_out)
    for name, values in province_values(definition).items():
        if name not in left_out and not name.startswith("snv/provincial"):
            hand_in(session, name, at, values=values)
    for part in definition.deliverables:
        if part.kind not in (DeliverableKind.report, DeliverableKind.proposals):
            continue
        for agency in owners(definition, part):
            roots = part.outline_parts.get(agency) or next(
                (part.outline_parts[key] for key in part.owners if key in part.outline_parts), []
            )
            name = f"{agency}/{part.id}"
            if roots and name not in left_out:
                sections = world_sections(definition, agency, roots)
                hand_in(session, name, at, sections=sections)
