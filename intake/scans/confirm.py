"""Figures out of a scan that a person has looked at and says yes to: handed in as the workbook they make.

    figures = typed_figures(definition, "stp", {("PL2.1", "2015"): "42", …})
    filed = confirm_figures(engine, store, plan_id, "stp/appendix-2", ("quet.pdf", data), figures, …)

They pass every check that any workbook passes, and the scan is kept with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine

from intake.files.gate import Limits
from intake.files.store import Store
from intake.forms.workbook import build_workbook
from intake.scans.figures import Key
from intake.submit import File, Filed, submit_files
from intake.workbook.numbers import Exact, read_number
from intake.workbook.template import Line, template_for
from plan.calendar import local_day
from plan.definition.appendices import ValueType
from plan.definition.model import PlanDefinition
from plan.errors import RefusedError
from plan.ledger.filing import ReadValue, Via
from plan.states import Actor

BOOK = "so-lieu-da-xac-nhan.xlsx"
_NUMBERS = (ValueType.count, ValueType.percent)


def typed_figures(
    definition: PlanDefinition, agency: str, typed: Mapping[Key, str]
) -> dict[Key, ReadValue]:
    """What stands in the form's boxes as figures; an empty box is none. Raises RefusedError naming what is
    no number, or nothing this agency is asked for."""
    lines = template_for(definition, agency).lines
    made = {}
    for key, text in typed.items():
        line = lines.get(key[0])
        if text.strip() and line is not None and line.fills:
            made[key] = _typed(line, key, text.strip())
    if not made:
        raise RefusedError("Chưa có số liệu nào được điền; hãy điền rồi xác nhận.")
    return made


def _typed(line: Line, key: Key, text: str) -> ReadValue:
    if line.type not in _NUMBERS:
        return ReadValue(*key, text=text)
    number = read_number(text)
    if not isinstance(number, Exact):
        raise RefusedError(
            f"«{text}» ở «{line.label}», kỳ {key[1]}, không phải một con số; hãy sửa."
        )
    return ReadValue(*key, number=number.value)


def confirm_figures(
    engine: Engine,
    store: Store,
    plan_id: str,
    definition: PlanDefinition,
    obligation: str,
    scan: File,
    figures: Mapping[Key, ReadValue],
    *,
    actor: Actor,
    now: datetime,
    via: Via = "web",
    key: str = "",
    limits: Limits | None = None,
) -> list[Filed]:
    """Hand in the figures, as of `now` (UTC): with the scan where the obligation (`agency/deliverable`) is
    an appendix, else alone, for the appendices they belong to."""
    agency, _, product = obligation.partition("/")
    asked = template_for(definition, agency).deliverables
    own = product.partition("@")[0] in asked
    book = build_workbook(
        definition, agency, on=local_day(now), deadlines={}, prefill=dict(figures)
    )
    return submit_files(
        engine,
        store,
        plan_id,
        agency,
        [(BOOK, book), *([scan] if own else [])],
        actor=actor,
        now=now,
        via=via,
        note=f"Số liệu đọc từ bản quét «{scan[0]}», {actor.name} đã xem và xác nhận.",
        key=key,
        only=obligation if own else "",
        limits=limits,
    )
