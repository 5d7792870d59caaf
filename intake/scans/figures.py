"""Figures offered out of scanned pages: what a person finds filled in, and has to say yes to.

Run it in the guarded process (`offered_safely`). Nothing here takes a figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from intake.files.gate import Limits
from intake.pdf.model import PdfLimits, PicturesOnlyError
from intake.pdf.places import page_in, spot_of
from intake.pdf.reader import text_of
from intake.report.pdf import grids_of, placed, report_of
from intake.sandbox import SandboxCrashError, SandboxTimeoutError, sandbox_for
from intake.scans.page import SURE, ScannedPage, as_read, page_as_data, page_from_data
from intake.workbook.reader import read_grids
from plan.definition.model import PlanDefinition
from plan.ledger.filing import ReadValue

TARGET = "intake.scans.figures:offered_as_data"
Key = tuple[str, str]
"""Indicator and period."""


@dataclass(frozen=True)
class Offered:
    """A figure as the machine read it, where, and how sure it is of the least sure word (0 to 100)."""

    indicator: str
    period: str
    number: float | None
    text: str | None
    sheet: str
    cell: str
    """Page and box, as a figure read from a PDF file names them (`intake.pdf.places`)."""
    confidence: int

    @property
    def page(self) -> int:
        """Counted from 1."""
        return page_in(self.sheet)

    @property
    def doubtful(self) -> bool:
        """Whether a person should look twice."""
        return self.confidence < SURE


def prefilled(offered: Iterable[Offered]) -> dict[Key, ReadValue]:
    """What is offered, as a blank workbook's prefill wants it."""
    return {
        (one.indicator, one.period): ReadValue(one.indicator, one.period, one.number, one.text)
        for one in offered
    }


def figures_in(
    definition: PlanDefinition, agency: str, pages: Sequence[ScannedPage]
) -> list[Offered]:
    """What the tables on these pages say of the agency's figures."""
    try:
        text = text_of(map(as_read, pages), PdfLimits())
    except PicturesOnlyError:
        return []
    report = report_of(text, "", definition, agency)
    reading = placed(read_grids(grids_of(report), "", definition, agency), report)
    by_number = {page.number: page for page in pages}
    found = []
    for value in reading.values:
        spot = spot_of(value.sheet, value.cell)
        if spot is None or value.not_applicable:
            continue
        sure = by_number[spot.page].least_sure_within(spot.box)
        what = (value.indicator, value.period, value.number, value.text)
        found.append(Offered(*what, value.sheet, value.cell, sure))
    return found


def offered_safely(
    definition: PlanDefinition,
    agency: str,
    pages: Sequence[ScannedPage],
    limits: Limits | None = None,
) -> dict[Key, Offered]:
    """`figures_in` in the worker; empty where it oversteps: a person then fills in what is asked for."""
    kept = [page_as_data(page) for page in pages]
    try:
        rows = sandbox_for(limits or Limits()).run(
            TARGET, agency, kept, shared=definition, lane=agency
        )
    except (SandboxTimeoutError, SandboxCrashError, RuntimeError):
        return {}
    made = (Offered(*row) for row in rows)
    return {(one.indicator, one.period): one for one in made}


def offered_as_data(
    definition: PlanDefinition, agency: str, pages: Sequence[dict[str, Any]]
) -> list[list[Any]]:
    """`figures_in` as plain data, for the way between processes."""
    found = figures_in(definition, agency, [page_from_data(page) for page in pages])
    return [list(vars(one).values()) for one in found]
