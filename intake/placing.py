"""The workbooks of a package, and the appendix tables inside its Word reports: placed and checked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from intake.checks import Others, check_values
from intake.copies import pairs
from intake.copies.pairs import is_pdf
from intake.files.findings import fault
from intake.parts import PartBuilder, PartDraft
from intake.recognise import Content, Recognised
from intake.report.belonging import deliverables_of
from intake.report.checks import Read, check_sections, contradictions
from intake.report.letterheads import title_for
from intake.report.other_document import is_other, title_of
from intake.report.outline import Outline, outline_of, roots_of, wanted_nodes
from intake.report.pdf import grids_of, placed
from intake.report.template import narratives_of, report_version
from intake.workbook.reader import WorkbookReading, read_grids
from intake.workbook.template import template_for
from plan.definition.model import Deliverable, DeliverableKind, PlanDefinition
from plan.ledger.filing import FoundFault, ReadValue
from plan.text import number_words

Figures = Mapping[tuple[str, str], float]
_MOST_NAMED = 5


def place(build: PartBuilder, workbooks: Sequence[Recognised], only: str) -> None:
    """Give each appendix read to its deliverable. `only`: take no other."""

    def nothing_in(one: Recognised) -> bool:
        return not (one.workbook and _filled_in(build, one.workbook, one.findings))

    # What is filled in goes first: beside it a blank page is not handed in.
    for one in sorted(workbooks, key=nothing_in):
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
        grids = grids_of(one.report)
        read = read_grids(grids, one.filename, build.definition, build.agency.id)
        reading = placed(read, one.report)
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
        taken = _place_reading(build, one, reading, only, but=frozenset((*beside, *before)))
        if is_pdf(one):
            pairs.ask_to_look(build, one, taken)
            pairs.stand_beside(build, one, [part for part in beside if not only or part == only])


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
        more = (
            f"; và {number_words(len(differing) - _MOST_NAMED)} ô khác"
            if len(differing) > _MOST_NAMED
            else ""
        )
        words = f"{which} ({'; '.join(differing[:_MOST_NAMED])}{more})"
        finding = fault("report.table-differs", file=one.filename, what=words)
        place = build.place_of(one)
        build.draft(place).findings.append(finding) if place else build.nowhere([finding])


def _place_reading(
    build: PartBuilder,
    one: Recognised,
    reading: WorkbookReading,
    only: str,
    but: frozenset[str] = frozenset(),
) -> list[str]:
    """The deliverables (of those asked for) that its appendices belong to. `but`: not to these."""
    appendix_of = _deliverables_by_appendix(build)
    wanted = [
        part for part in reading.deliverables if part not in but and (not only or part == only)
    ]
    told_of = one.findings if reading is one.workbook else reading.findings
    filled = _filled_in(build, reading, told_of)
    if only:
        filled &= {only}
    # A form in which nothing stands anywhere is handed in, and faulty.
    is_blank = not (filled or any(draft.values for draft in build.drafts.values()))
    taken = wanted if is_blank else [part for part in wanted if part in filled]
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
            draft.findings.append(fault("package.twice", read=names, what=deliverable))
    if taken:
        build.places.update(reading.places)
    build.left_blank = {part: one for part in wanted if part not in taken} | build.left_blank
    return taken


def _filled_in(
    build: PartBuilder, reading: WorkbookReading, findings: Iterable[FoundFault]
) -> set[str]:
    """The deliverables on whose pages somebody wrote something, be it unreadable."""
    wrong = {one.indicator for one in findings if one.severity == "error"}
    written = {_appendix(name) for name in (*wrong, *(note.indicator for note in reading.notes))}
    figures = {(value.indicator, value.period) for value in reading.values}
    return {
        sheet.deliverable
        for sheet in template_for(build.definition, build.agency.id).sheets
        if sheet.name in written or not figures.isdisjoint(sheet.asked)
    }


def tell_blank(build: PartBuilder) -> None:
    """Of pages left blank beside others, unless another file has them filled in."""
    for part, one in build.left_blank.items():
        if part in build.drafts:
            continue
        finding = fault("sheet.left-blank", file=one.filename, appendix=_heading(build, part))
        place = build.place_of(one)
        build.draft(place).findings.append(finding) if place else build.nowhere([finding])


def _heading(build: PartBuilder, deliverable: str) -> str:
    sheets = template_for(build.definition, build.agency.id).sheets
    return ", ".join(one.appendix.heading for one in sheets if one.deliverable == deliverable)


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
        draft = mine.get(appendix_of.get(_appendix(one.indicator) or one.sheet, ""))
        for target in [draft] if draft else list(mine.values())[:1]:
            target.findings.append(_with_file(one, target))


def asks_figures(definition: PlanDefinition, deliverable: str) -> bool:
    """Whether it is an appendix, or an internal data call."""
    kinds = {one.id: one.kind for one in definition.deliverables}
    return kinds.get(deliverable, DeliverableKind.appendix) is DeliverableKind.appendix


def _with_file(finding: FoundFault, draft: PartDraft) -> FoundFault:
    return (
        finding
        if finding.file or not draft.files
        else replace(finding, file=draft.files[0].filename)
    )


# --- The reports of a package: placed by what they hold, and checked for what they lack.


def place_reports(build: PartBuilder, reports: Sequence[Recognised], only: str) -> None:
    """Give each report to its deliverable, and its shared parts to theirs."""
    outline = outline_of(build.definition)
    # A PDF beside its source is the signed copy of it: the source is placed first.
    ordered = sorted(reports, key=is_pdf)
    found = [(one, _deliverables(build, outline, one, only)) for one in ordered]
    mains = {parts[0] for _, parts in found if parts}
    for one, parts in found:
        if is_pdf(one) and (beside := _beside(build, one, parts)):
            build.add(beside, one, findings=pairs.compared(outline, build.drafts[beside], one))
            continue
        if not parts:
            continue  # its tables may have a place
        if other := _other_document(build, outline, one, parts[0]):
            build.add(only, one, findings=[other]) if only else build.nowhere([other])
            continue
        # A plan of its own beside the report: the report's Phần thứ hai is only a copy.
        parts = [parts[0], *(part for part in parts[1:] if part not in mains)]
        for position, deliverable in enumerate(parts):
            _place_one(build, outline, one, deliverable, shared=position > 0)


def _beside(build: PartBuilder, one: Recognised, parts: Sequence[str]) -> str:
    """The product whose source came along with this PDF; empty where none did. One that is no report at all
    (a decision, an annex) is kept with the report it came with."""
    if parts:
        return parts[0] if build.has_report(parts[0]) else ""
    return "" if one.report and one.report.tables else build.first_narrative()


def leave_nowhere(build: PartBuilder, reports: Sequence[Recognised]) -> None:
    """Tell of reports that neither their text nor their tables gave a place."""
    told_of = {finding.file for finding in build.unplaced if finding.severity == "error"}
    for one in reports:
        if not build.place_of(one) and one.filename not in told_of:
            known = [f for f in one.findings if not f.code.startswith("report.left-out")]
            build.nowhere([*known, fault("report.no-place", file=one.filename)])


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
        draft.findings.append(fault("package.twice", read=names, what=deliverable))
        return
    draft.shared = shared
    draft.headings |= report.found
    sections = [section for section in report.sections if section.node in wanted]
    findings: list[FoundFault] = list(one.findings) if not shared else []
    if shared and part is not None:
        what = ", ".join(dict.fromkeys(outline.path(section.node) for section in sections[:1]))
        findings.append(fault("report.shared", read=title_for(part, build.agency), what=what))
    newest = report_version(build.definition)
    if report.version and report.version != newest and not shared:
        findings.append(fault("report.older-version", read=report.version, what=newest))
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
    share = f"{number_words(len(wanted & report.found))}/{number_words(len(wanted))}"
    has = f"«{title_for(part, build.agency)}» (có {share} đề mục)"
    return fault("report.other-document", file=one.filename, read=title, what=has)


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


def _only_workbooks(draft: PartDraft | None) -> None:
    """A workbook that was named as a report is kept, but no report."""
    files = draft.files if draft is not None else []
    if draft is not None and files and all(one.content is Content.workbook for one in files):
        names = ", ".join(one.filename for one in files)
        draft.findings.append(fault("report.only-workbook", file=files[0].filename, read=names))
