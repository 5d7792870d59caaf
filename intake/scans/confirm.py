"""Figures out of a scan that a person has looked at and says yes to: handed in as the workbook they make.

    typed = {("PL2.1", "2015"): "42", …}
    filed = confirm_figures(SubmissionContext(…), definition, "stp/appendix-2", scan, typed)

They are judged as any workbook is, and the scan is kept with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from sqlmodel import Session, col, select

from intake.files.gate import Limits
from intake.forms.typed import typed_workbook
from intake.scans.figures import Key
from intake.submit import File, Filed, SubmissionContext, submit_files
from intake.workbook.template import template_for
from plan.calendar import local_day
from plan.database import reading
from plan.definition.model import PlanDefinition
from plan.errors import RefusedError
from plan.models import Agency, Deliverable, Obligation
from plan.states import STILL_OWED, State

BOOK = "so-lieu-da-xac-nhan.xlsx"


def confirm_figures(
    context: SubmissionContext,
    definition: PlanDefinition,
    obligation: str,
    scan: File,
    typed: Mapping[Key, str],
    limits: Limits | None = None,
) -> list[Filed]:
    """Hand in what stands in the form's boxes: with the scan where the obligation (`agency/deliverable`) is
    an appendix, else for each appendix of which a figure stands there, and no other. Raises RefusedError
    where all boxes are empty."""
    agency, _, product = obligation.partition("/")
    product, _, period = product.partition("@")
    figures = _by_product(definition, agency, typed)
    own = product in template_for(definition, agency).deliverables
    if own:
        wanted = {obligation: figures.get(product, {})}
    else:
        with reading(context.engine) as session:
            wanted = {
                _duty(session, context.plan_id, agency, one, period): found
                for one, found in figures.items()
            }
    if not any(wanted.values()):
        raise RefusedError("Chưa có số liệu nào được điền; hãy điền rồi xác nhận.")
    note = f"Số liệu đọc từ bản quét «{scan[0]}», {context.actor.name} đã xem và xác nhận."
    context = replace(context, how=replace(context.how, note=note))
    filed = []
    for name, found in wanted.items():
        book = typed_workbook(definition, agency, found, on=local_day(context.now), deadlines={})
        files = [(BOOK, book), *([scan] if own else [])]
        filed += submit_files(context, agency, files, only=name, limits=limits)
    return filed


def _by_product(
    definition: PlanDefinition, agency: str, typed: Mapping[Key, str]
) -> dict[str, dict[Key, str]]:
    """By deliverable what was typed into boxes that are this agency's to fill in."""
    template = template_for(definition, agency)
    found: defaultdict[str, dict[Key, str]] = defaultdict(dict)
    for key, text in typed.items():
        line = template.lines.get(key[0])
        product = template.sheet_of[line.appendix].deliverable if line is not None else ""
        if text.strip() and line is not None and line.fills and product:
            found[product][key] = text
    return dict(found)


def _duty(session: Session, plan_id: str, agency: str, deliverable: str, period: str) -> str:
    """The obligation that figures of a report of `period` belong to: of the same period, else the first
    still owed, else the last. Without any, the name that will not be found."""
    rows = session.exec(
        select(Obligation)
        .join(Agency, col(Agency.id) == Obligation.agency_id)
        .join(Deliverable, col(Deliverable.id) == Obligation.deliverable_id)
        .where(
            Obligation.plan_id == plan_id, Agency.code == agency, Deliverable.code == deliverable
        )
        .order_by(col(Obligation.due_at), col(Obligation.id))
    ).all()
    owed = [row for row in rows if State(row.state) in STILL_OWED]
    fitting = [row for row in rows if row.period == period] or owed[:1] or rows[-1:]
    found = fitting[0].period if fitting else period
    return f"{agency}/{deliverable}{f'@{found}' if found else ''}"
