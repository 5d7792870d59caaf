"""The workbooks of a package, and the appendix tables inside its Word reports: placed and checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from intake.checks import Others, check_values
from intake.parts import Draft, PartBuilder, told
from intake.recognise import Recognised
from intake.workbook.grid import Grid
from intake.workbook.reader import WorkbookReading, read_grids
from intake.workbook.template import template_for
from plan.definition.model import DeliverableKind, PlanDefinition
from plan.ledger.filing import FoundFault, ReadValue
from plan.text import number_words

Figures = Mapping[tuple[str, str], float]
_MOST_NAMED = 5


def place(build: PartBuilder, workbooks: Sequence[Recognised], only: str) -> None:
    """Give each appendix read to its deliverable. `only`: take no other."""
    for one in workbooks:
        if one.workbook is None:
            continue
        if only and _takes_any_workbook(build, only):
            dangers = [found for found in one.findings if found.code.startswith("file.")]
            build.add(only, one, findings=dangers)
        elif not _place_reading(build, one, one.workbook, only):
            build.nowhere(one.findings)


def _takes_any_workbook(build: PartBuilder, deliverable: str) -> bool:
    """The province's own set of appendices, conferences and duties: kept, not read against a sheet."""
    for one in build.definition.deliverables:
        if one.id == deliverable:
            return not one.appendix
    return False


def place_tables(
    build: PartBuilder, reports: Sequence[Recognised], only: str, filed: Figures
) -> None:
    """Appendix tables typed into a report. Where the workbook came too, or was filed before (`filed`: its
    figures), the workbook counts."""
    for one in reports:
        if one.report is None or not one.report.tables:
            continue
        grids = [
            Grid(f"Bảng {n}", [list(row) for row in rows])
            for n, rows in enumerate(one.report.tables, 1)
        ]
        reading = read_grids(grids, one.filename, build.definition, build.agency.id)
        owed = {part.id for part in build.definition.deliverables}
        if not reading.values or not owed & set(reading.deliverables):
            continue
        beside = [
            part
            for part in reading.deliverables
            if part in build.drafts and build.drafts[part].files != [one]
        ]
        before = [
            part
            for part in reading.deliverables
            if part not in beside and part != only and _has_figures(build, part, filed)
        ]
        _compare(build, one, reading, build.figures(), "nộp kèm")
        if before:
            _compare(build, one, reading, filed, "đã nộp")
        _place_reading(build, one, reading, only, but=frozenset((*beside, *before)))


def _has_figures(build: PartBuilder, deliverable: str, filed: Figures) -> bool:
    """Whether a workbook for this appendix was filed before."""
    of = _deliverables_by_appendix(build)
    return any(of.get(_appendix(indicator)) == deliverable for indicator, _ in filed)


def _compare(
    build: PartBuilder, one: Recognised, reading: WorkbookReading, known: Figures, which: str
) -> None:
    """The workbook's figures count; where the table says otherwise, both are named."""
    differing = [
        f"{value.indicator} kỳ {value.period}: bảng ghi {number_words(value.number)}, "
        f"biểu ghi {number_words(known[value.indicator, value.period])}"
        for value in reading.values
        if value.number is not None
        and known.get((value.indicator, value.period), value.number) != value.number
    ]
    if differing:
        more = f"; và {len(differing) - _MOST_NAMED} ô khác" if len(differing) > _MOST_NAMED else ""
        words = f"{which} ({'; '.join(differing[:_MOST_NAMED])}{more})"
        finding = told("report.table-differs", file=one.filename, what=words)
        place = build.place_of(one)
        build.draft(place).findings.append(finding) if place else build.nowhere([finding])


def _place_reading(
    build: PartBuilder,
    one: Recognised,
    reading: WorkbookReading,
    only: str,
    but: frozenset[str] = frozenset(),
) -> bool:
    """Whether any appendix of it belongs to a deliverable (of those asked for). `but`: not to these."""
    appendix_of = _deliverables_by_appendix(build)
    taken = [
        part for part in reading.deliverables if part not in but and (not only or part == only)
    ]
    told_of = one.findings if reading is one.workbook else reading.findings
    for deliverable in taken:
        values = [
            v for v in reading.values if appendix_of.get(_appendix(v.indicator)) == deliverable
        ]
        notes = [v for v in reading.notes if appendix_of.get(_appendix(v.indicator)) == deliverable]
        draft = build.draft(deliverable)
        findings = list(_findings_for(appendix_of, told_of, reading, deliverable))
        if draft.files in ([], [one]):
            build.add(deliverable, one, values=values, notes=notes, findings=findings)
        elif not _same(draft.values, values):
            names = ", ".join([*(file.filename for file in draft.files), one.filename])
            draft.findings.append(told("package.twice", read=names, what=deliverable))
    if taken:
        build.places.update(reading.places)
    return bool(taken)


def _same(first: Iterable[ReadValue], second: Iterable[ReadValue]) -> bool:
    def content(values: Iterable[ReadValue]) -> set[tuple[object, ...]]:
        return {(v.indicator, v.period, v.number, v.text, v.not_applicable) for v in values}

    return content(second) <= content(first)


def _deliverables_by_appendix(build: PartBuilder) -> dict[str, str]:
    sheets = template_for(build.definition, build.agency.id).sheets
    return {sheet.name: sheet.deliverable for sheet in sheets if sheet.deliverable}


def _appendix(indicator: str) -> str:
    return indicator.partition(".")[0]


def _findings_for(
    appendix_of: dict[str, str],
    findings: Iterable[FoundFault],
    reading: WorkbookReading,
    deliverable: str,
) -> Iterator[FoundFault]:
    """Those about its own sheets and figures, and those about the file as a whole."""
    by_sheet = {sheet: appendix for appendix, sheet in reading.sheets.items()}
    for one in findings:
        appendix = _appendix(one.indicator) if one.indicator else by_sheet.get(one.sheet, "")
        if appendix_of.get(appendix, deliverable) == deliverable:
            yield one


def check(build: PartBuilder, others: Others | None) -> None:
    """The plan's rules over all figures together; each finding goes where its figure is."""
    appendix_of = _deliverables_by_appendix(build)
    mine = {
        part: draft
        for part, draft in build.drafts.items()
        if asks_figures(build.definition, part) and build.has_figures(part)
    }
    if not mine:
        return
    values = [value for draft in mine.values() for value in draft.values]
    already = [one for draft in mine.values() for one in draft.findings]
    found = check_values(
        build.definition,
        values,
        list(mine),
        agency=build.agency.id,
        others=others,
        places=build.places,
        already=already,
    )
    for one in found:
        draft = mine.get(appendix_of.get(_appendix(one.indicator), ""))
        for target in [draft] if draft else list(mine.values())[:1]:
            target.findings.append(_with_file(one, target))


def asks_figures(definition: PlanDefinition, deliverable: str) -> bool:
    """Whether it is an appendix, or an internal data call."""
    kinds = {one.id: one.kind for one in definition.deliverables}
    return kinds.get(deliverable, DeliverableKind.appendix) is DeliverableKind.appendix


def _with_file(finding: FoundFault, draft: Draft) -> FoundFault:
    return (
        finding
        if finding.file or not draft.files
        else replace(finding, file=draft.files[0].filename)
    )
