"""The figures a run worked out, drawn as the plan prints them, each cell leading to where it is from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from consolidation.figures.gather import Figures
from consolidation.figures.merge import Merged
from consolidation.trace import figures_of_run
from dashboard.rendering.sheet import Content, DrawnSheet, Key, Written, drawn_rows, drawn_sheets
from plan.definition.model import OutlineNode, PlanDefinition
from plan.models import ConsolidationRun
from plan.text import number_words


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
    written = _written(figures, lambda name: name.startswith(f"{code}."))
    shown = figures.book.plan_as_shown(definition)
    sheets = drawn_sheets(shown, [code], None, Content(written, {}, href=href))
    named = tuple((one.code, one.heading.capitalize()) for one in figures.book.appendices)
    return FigureSheets(named, sheets[0], len(written))


def _written(figures: Figures, wanted: Callable[[str], bool]) -> dict[Key, Written]:
    return {
        key: Written(words, value=merged.value)
        for key, merged in figures.cells.items()
        if wanted(key[0]) and (words := merged_words(merged))
    }


@dataclass(frozen=True)
class ReportFigures:
    """The figures a report tells, by its headings: one chapter of them at a time."""

    chapters: tuple[Chapter, ...]
    shown: Chapter
    sheets: tuple[DrawnSheet, ...]
    """One for each heading of the chapter that tells figures."""
    filled: int


@dataclass(frozen=True)
class Chapter:
    """A heading of the outline («II.1») with those under it that tell figures."""

    id: str
    number: str
    title: str
    nodes: tuple[OutlineNode, ...]

    @property
    def names(self) -> set[str]:
        """The indicators it tells."""
        return {name for node in self.nodes for name in node.figures}


def report_figures(
    session: Session,
    definition: PlanDefinition,
    run: ConsolidationRun,
    wanted: str,
    href: Callable[[Key], str],
) -> ReportFigures | None:
    """`wanted`: the outline's id of a chapter, else the first. None where no heading tells figures, or
    there is none of this id."""
    chapters = tuple(chapters_of(definition.outline))
    shown = next((one for one in chapters if wanted in ("", one.id)), None)
    if shown is None:
        return None
    names = shown.names
    written = _written(figures_of_run(session, run), names.__contains__)
    has = Content(written, {}, href=href)
    sheets = tuple(
        DrawnSheet(
            node.id, _number(node), node.title, tuple(drawn_rows(definition, node.figures, has))
        )
        for node in shown.nodes
    )
    return ReportFigures(chapters, shown, sheets, len(written))


def _number(node: OutlineNode) -> str:
    """«a)»; a dash numbers nothing."""
    return node.number if any(c.isalnum() for c in node.number) else ""


CHAPTER_DEPTH = 3
"""Part, chapter, section: what stands deeper belongs to its section's page."""


def chapters_of(outline: Sequence[OutlineNode]) -> Iterator[Chapter]:
    """The outline's sections that tell figures, in its order."""
    by_section: dict[str, list[OutlineNode]] = {}
    paths: dict[str, tuple[OutlineNode, ...]] = {}
    for path in _paths(outline, ()):
        if path[-1].figures:
            section = path[:CHAPTER_DEPTH]
            paths[section[-1].id] = section
            by_section.setdefault(section[-1].id, []).append(path[-1])
    for name, nodes in by_section.items():
        path = paths[name]
        number = ".".join(node.number.rstrip(".") for node in path[1:] or path)
        yield Chapter(name, number, path[-1].title, tuple(nodes))


def _paths(
    nodes: Sequence[OutlineNode], above: tuple[OutlineNode, ...]
) -> Iterator[tuple[OutlineNode, ...]]:
    """Every node with those above it."""
    for node in nodes:
        yield (*above, node)
        yield from _paths(node.children, (*above, node))


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
