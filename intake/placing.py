"""The workbooks of a package, and the appendix tables inside its Word reports: placed and checked."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from intake.checks import Others, check_values
from intake.other_document import is_other, title_of
from intake.parts import Draft, PartBuilder, told
from intake.recognise import Content, Recognised
from intake.report.checks import Read, check_sections, contradictions
from intake.report.letterheads import title_for
from intake.report.outline import Outline, outline_of, roots_of, wanted_nodes, words
from intake.report.reader import ReportReading
from intake.report.template import narratives_of, report_version
from intake.workbook.grid import Grid
from intake.workbook.reader import WorkbookReading, read_grids
from intake.workbook.template import template_for
from plan.definition.model import Agency, Deliverable, DeliverableKind, PlanDefinition
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


# --- The reports of a package: placed by what they hold, and checked for what they lack.


def place_reports(build: PartBuilder, reports: Sequence[Recognised], only: str) -> None:
    """Give each report to its deliverable, and its shared parts to theirs."""
    outline = outline_of(build.definition)
    found = [(one, _deliverables(build, outline, one, only)) for one in reports]
    mains = {parts[0] for _, parts in found if parts}
    for one, parts in found:
        if not parts:
            build.nowhere([*one.findings, told("report.no-place", file=one.filename)])
            continue
        if other := _other_document(build, outline, one, parts[0]):
            build.add(only, one, findings=[other]) if only else build.nowhere([other])
            continue
        # A plan of its own beside the report: the report's Phần thứ hai is only a copy.
        parts = [parts[0], *(part for part in parts[1:] if part not in mains)]
        for position, deliverable in enumerate(parts):
            _place_one(build, outline, one, deliverable, shared=position > 0)


def _deliverables(build: PartBuilder, outline: Outline, one: Recognised, only: str) -> list[str]:
    if one.report is None:
        return []
    return deliverables_of(build.definition, outline, build.agency, one.report, only)


def _place_one(
    build: PartBuilder, outline: Outline, one: Recognised, deliverable: str, *, shared: bool
) -> None:
    report = one.report
    assert report is not None  # placed only where a report was read
    part = _narrative(build, deliverable)
    wanted = (
        wanted_nodes(outline, roots_of(build.definition, part, build.agency)) if part else set()
    )
    draft = build.draft(deliverable)
    if build.has_report(deliverable):
        names = ", ".join([*(file.filename for file in draft.files), one.filename])
        draft.findings.append(told("package.twice", read=names, what=deliverable))
        return
    draft.shared = shared
    draft.headings |= report.found
    sections = [section for section in report.sections if section.node in wanted]
    findings: list[FoundFault] = list(one.findings) if not shared else []
    if shared and part is not None:
        what = ", ".join(dict.fromkeys(outline.path(section.node) for section in sections[:1]))
        findings.append(told("report.shared", read=title_for(part, build.agency), what=what))
    newest = report_version(build.definition)
    if report.version and report.version != newest and not shared:
        findings.append(told("report.older-version", read=report.version, what=newest))
    build.add(deliverable, one, sections=sections, findings=findings)


def _other_document(
    build: PartBuilder, outline: Outline, one: Recognised, deliverable: str
) -> FoundFault | None:
    """What the file seems to be, where it is not the product; a file made from our form is."""
    report, part = one.report, _narrative(build, deliverable)
    if report is None or part is None or report.deliverable:
        return None
    wanted = wanted_nodes(outline, roots_of(build.definition, part, build.agency))
    title = title_of(report.head)
    if not is_other(title, part, build.agency, report.found, wanted):
        return None
    has = (
        f"«{title_for(part, build.agency)}» (có {len(wanted & report.found)}/{len(wanted)} đề mục)"
    )
    return told("report.other-document", file=one.filename, read=title, what=has)


def _narrative(build: PartBuilder, deliverable: str) -> Deliverable | None:
    owed = narratives_of(build.definition, build.agency)
    return next((one for one in owed if one.id == deliverable), None)


def check_reports(build: PartBuilder, figures: Figures) -> None:
    """What each report lacks, and where its text contradicts the agency's own figures."""
    outline = outline_of(build.definition)
    for part in narratives_of(build.definition, build.agency):
        draft = build.drafts.get(part.id)
        if draft is None or not build.has_report(part.id):
            _only_workbooks(draft)
            continue
        if any(one.code == "report.other-document" for one in draft.findings):
            continue
        file = draft.files[0].filename
        read = Read.of(draft.sections, frozenset(draft.headings), file)
        roots = roots_of(build.definition, part, build.agency)
        draft.findings.extend(check_sections(outline, roots, build.agency, read))
        draft.findings.extend(contradictions(build.definition, outline, draft.sections, figures))


def _only_workbooks(draft: Draft | None) -> None:
    """A workbook that was named as a report is kept, but no report."""
    files = draft.files if draft is not None else []
    if draft is not None and files and all(one.content is Content.workbook for one in files):
        names = ", ".join(one.filename for one in files)
        draft.findings.append(told("report.only-workbook", file=files[0].filename, read=names))


# --- Which deliverables a report's text answers. Pure.
#
# The file's own word counts first, then what it holds: the deliverable whose sections it covers
# best. A report may bring another one along where the plan says they may share a file (the plan for
# 2021–2030 as Phần thứ hai of a district's report).

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
