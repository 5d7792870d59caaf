"""Figures that keep every rule of plan 04, and workbooks filled in with them, for tests and benchmarks."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from pathlib import Path

import openpyxl

from intake.forms.layout import lay_out
from intake.forms.workbook import build_workbook
from intake.workbook.reader import WorkbookReading, read_workbook
from intake.workbook.template import Template, template_for
from intake.workbook.xlsx import cell_name
from plan.definition.appendices import ValueType
from plan.definition.loading import load_definition
from plan.definition.model import PlanDefinition
from plan.ledger.filing import ReadValue

PLAN = Path(__file__).parent.parent.parent / "plan" / "04-kh-ubnd-2020"
ON = date(2020, 4, 1)
Figures = dict[tuple[str, str], float | str]

TOTALS = {
    "PL1.1": ["PL1.1.1", "PL1.1.2"],
    "PL2.1": [f"PL2.1.{n}" for n in range(1, 7)],
    "PL3.1": ["PL3.1.1", "PL3.1.2", "PL3.1.3"],
    "PL6.2": [f"PL6.2.{n}" for n in range(1, 5)],
    "PL6.3": [f"PL6.3.{n}" for n in range(1, 4)],
    "PL6.4": [f"PL6.4.{n}" for n in range(1, 4)],
    "PL4.I.d": [f"PL4.III.{field}.t" for field in ("gd", "yt", "vh", "khac")],
    "PL4.II.d": [f"PL4.III.{field}.h" for field in ("gd", "yt", "vh", "khac")],
}
BASE = {
    "PL1.6.1": 5, "PL1.6.2": 1200, "PL1.6.3": 84.5, "PL2.2": 30, "PL2.3": 25, "PL2.4": 60,
    "PL2.5": 4, "PL2.6": 3, "PL3.1.1": 1500, "PL3.1.2": 300, "PL3.1.3": 200, "PL3.1.4": 4,
    "PL3.2": 12, "PL3.3": 1900, "PL3.4.1": 1400, "PL3.4.2": 280, "PL3.4.3": 180, "PL3.4.4": 40,
    "PL3.4.5": 30, "PL3.4.6": 90, "PL3.6.1": 20, "PL3.6.2": 18, "PL3.6.3": 15, "PL4.I.a": 20,
    "PL4.II.a": 11, "PL5.1.1": 2500, "PL5.1.2": 2400, "PL5.2.1": 21000, "PL5.2.2": 20500,
    "PL5.3": 40, "PL5.4": 6, "PL5.5": 25, "PL5.6": 900, "PL5.7": 4000, "PL5.8": 35, "PL7.2": 30,
    "PL7.7": 28, "PL7.8": 29, "PL7.9": 30, "PL7.10": 400, "PL7.11#d": 400, "PL7.11#n": 300,
    "PL7.14": 27, "PL7.13#n": 1000, "PL7.1": 92.0, "PL7.6": 97.5,
}  # fmt: skip


@lru_cache(maxsize=1)
def plan() -> PlanDefinition:
    return load_definition(PLAN)[0]


def figures(template: Template) -> Figures:
    """Every owed cell filled in so that no rule is broken."""
    found: Figures = {}
    for table in template.tables.values():
        for line in table.lines:
            if not line.owed or line.type is ValueType.header or line.type is ValueType.text:
                continue
            for place, period in enumerate(table.periods):
                if period.key not in line.indicator.not_applicable:
                    found[(line.name, period.key)] = _figure(line.name, line.type, place)
    for total, parts in TOTALS.items():
        for name, period in list(found):
            if name == total:
                found[(name, period)] = sum(float(found[(part, period)]) for part in parts)
    for (name, period), numerator in list(found.items()):
        if name.endswith("#n"):
            whole = name.partition("#")[0]
            found[(whole, period)] = 100 * float(numerator) / float(found[(f"{whole}#d", period)])
    return found


def _figure(name: str, kind: ValueType, place: int) -> float | str:
    if kind is ValueType.choice:
        return "Đạt"
    if kind is ValueType.flag:
        return float(place % 2)
    if name in BASE:
        return float(BASE[name])
    if name.endswith("#n"):
        return 980.0
    if name.endswith("#d"):
        return 1000.0
    return 90.0 if kind is ValueType.percent else 7.0


def read_values(found: Mapping[tuple[str, str], float | str]) -> dict[tuple[str, str], ReadValue]:
    """The same figures as a prefill."""
    return {
        key: ReadValue(*key, text=value)
        if isinstance(value, str)
        else ReadValue(*key, number=value)
        for key, value in found.items()
    }


def blank(agency: str, found: Figures | None = None) -> bytes:
    """A workbook of plan 04, blank or filled in."""
    definition = plan()
    deadlines = {one.id: "chậm nhất 29/04/2020" for one in definition.deliverables}
    prefill = read_values(found) if found is not None else None
    return build_workbook(definition, agency, on=ON, deadlines=deadlines, prefill=prefill)


@lru_cache(maxsize=16)
def full(agency: str) -> bytes:
    """A complete, faultless workbook."""
    return blank(agency, figures(template_for(plan(), agency)))


def edited(data: bytes, changes: Mapping[tuple[str, str], object]) -> bytes:
    """The workbook as openpyxl saves it with cells changed: (sheet, «E8») → content."""
    book = openpyxl.load_workbook(io.BytesIO(data))
    for (sheet, cell), content in changes.items():
        book[sheet][cell] = content
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def read(data: bytes, agency: str | None = None) -> WorkbookReading:
    return read_workbook(data, "bieu.xlsx", plan(), agency)


def at(agency: str, line: str, period: str) -> tuple[str, str]:
    """Sheet and cell of a figure in the pristine form."""
    sheet = line.partition(".")[0]
    place = lay_out(template_for(plan(), agency))[sheet].place(line, period)
    assert place is not None
    return sheet, cell_name(*place)
