"""The figures a run worked out, drawn as the plan prints them, each cell leading to where it is from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlmodel import Session

from consolidation.gather import Figures
from consolidation.merge import Merged
from consolidation.provenance import figures_of_run
from dashboard.views.sheet import Content, DrawnSheet, Key, Written, drawn_sheets
from plan.definition import PlanDefinition
from plan.models import ConsolidationRun
from plan.wording import number_words


@dataclass(frozen=True)
class FigureSheets:
    """The appendices of a run, the one that is shown, and how many of its cells hold a figure."""

    codes: tuple[tuple[str, str], ...]
    """(code, «Phụ lục 3») of each that can be shown."""
    sheet: DrawnSheet
    filled: int


def figure_sheets(
    session: Session,
    definition: PlanDefinition,
    run: ConsolidationRun,
    wanted: str,
    href: Callable[[Key], str],
) -> FigureSheets | None:
    """One appendix at a time: all of them would make a page of several hundred kilobytes.

    `wanted`: its code, else the first. None where the output has no appendices, or none of this code.
    """
    figures = figures_of_run(session, run)
    codes = [appendix.code for appendix in figures.book.appendices]
    code = wanted or next(iter(codes), "")
    if code not in codes:
        return None
    written = _written(figures, code)
    sheets = drawn_sheets(definition, [code], None, Content(written, {}, href=href))
    named = tuple((one.code, one.heading.capitalize()) for one in figures.book.appendices)
    return FigureSheets(named, sheets[0], len(written))


def _written(figures: Figures, code: str) -> dict[Key, Written]:
    return {
        key: Written(words, value=merged.value)
        for key, merged in figures.cells.items()
        if key[0].startswith(f"{code}.") and (words := merged_words(merged))
    }


def merged_words(merged: Merged) -> str:
    """«1.850»; why there is no figure, in two words; empty where nothing was handed in."""
    if merged.value is None:
        if merged.not_applicable:
            return "Không áp dụng"
        return "không gộp" if merged.why_not else ""
    return figure_words(merged.value)


def figure_words(value: float | str | None) -> str:
    """«98,52»: as many decimals as a printed table bears, at most two."""
    if not isinstance(value, int | float):
        return value or "trống"
    return number_words(value) if float(value).is_integer() else number_words(round(value, 2))
