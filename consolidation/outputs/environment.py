"""What a run's bytes depend on besides its inputs: the province's template, the day of a status note."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from sqlmodel import Session, col, select

from intake.programs import office
from plan.calendar import LOCAL
from plan.definition.model import Output
from plan.models import HeadingChoice, Plan
from plan.queries.progress import ObligationView, obligations

USUAL = "brief"
WITH_CONTENTS = ("compilation", "report")
"""Kinds of outputs that begin with a table of contents."""


@dataclass(frozen=True)
class RunEnvironment:
    """Everything besides the material that a writer uses."""

    as_of: datetime
    hashed: tuple[str, ...] = ()
    """Goes into the run's hash."""
    template: bytes = b""
    """The report's .docx template."""
    details: Mapping[str, str] = field(default_factory=dict)
    """Outline node → how much of what others report stands there (brief, full, none)."""
    standing: tuple[ObligationView, ...] = ()
    """Every obligation of the output's deliverables as of that moment."""
    count_pages: bool = False
    """The contents are given their page numbers here."""

    @property
    def day(self) -> date:
        return self.as_of.astimezone(LOCAL).date()


def environment_of(
    session: Session,
    plan: Plan,
    output: Output,
    as_of: datetime,
    templates: Path | None,
    *,
    count_pages: bool = False,
) -> RunEnvironment:
    """Read what this kind of output needs; most need nothing. `count_pages`: where this machine can."""
    made = _KINDS.get(output.kind, _nothing)(session, plan, output, as_of, templates)
    if count_pages and pages_counted(output):
        return replace(made, count_pages=True, hashed=(*made.hashed, "pages"))
    return made


def pages_counted(output: Output) -> bool:
    """Whether this machine can give the output's contents their page numbers."""
    return output.kind in WITH_CONTENTS and office.installed()


def _nothing(
    _session: Session, _plan: Plan, _output: Output, as_of: datetime, _templates: Path | None
) -> RunEnvironment:
    return RunEnvironment(as_of)


def _template(
    session: Session, plan: Plan, output: Output, as_of: datetime, templates: Path | None
) -> RunEnvironment:
    from consolidation.outputs.report.template import template_bytes

    data = template_bytes(templates)
    details = details_of(session, plan.id, output.id)
    hashed = (hashlib.sha256(data).hexdigest(), *(f"{node}={how}" for node, how in details.items()))
    return RunEnvironment(as_of, hashed, template=data, details=details)


def details_of(session: Session, plan_id: str, output: str) -> dict[str, str]:
    """Outline node → how much of what others report stands there, where somebody chose otherwise."""
    rows = session.exec(
        select(HeadingChoice)
        .where(HeadingChoice.plan_id == plan_id, HeadingChoice.output == output)
        .order_by(col(HeadingChoice.node))
    )
    return {row.node: row.detail for row in rows if row.detail != USUAL}


def _standing(
    session: Session, plan: Plan, output: Output, as_of: datetime, _templates: Path | None
) -> RunEnvironment:
    """A status note is of its day: the same standing tomorrow is another note."""
    wanted = set(output.inputs)
    views = tuple(view for view in obligations(session, plan, as_of) if view.deliverable in wanted)
    digest = hashlib.sha256()
    for view in views:
        facts = (view.id, view.state.value, view.timeliness, view.due_at, view.decisive_at)
        digest.update(repr(facts).encode())
    made = RunEnvironment(as_of, standing=views)
    return RunEnvironment(as_of, (made.day.isoformat(), digest.hexdigest()), standing=views)


_Reader = Callable[[Session, Plan, Output, datetime, "Path | None"], RunEnvironment]
_KINDS: Mapping[str, _Reader] = {"report": _template, "status-note": _standing}
