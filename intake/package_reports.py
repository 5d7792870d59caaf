"""The reports of a package: placed by what they hold, and checked for what they lack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from intake.forms.report import narratives_of, report_version
from intake.other_document import is_other, title_of
from intake.parts import Draft, PartBuilder, told
from intake.recognise import Content, Recognised
from intake.report.checks import Read, check_sections
from intake.report.letterheads import title_for
from intake.report.outline import Outline, outline_of, roots_of, wanted_nodes
from intake.report.report_figures import contradictions
from intake.report_kinds import deliverables_of
from plan.definition.model import Deliverable
from plan.ledger.filing import FoundFault

Figures = Mapping[tuple[str, str], float]


def place(build: PartBuilder, reports: Sequence[Recognised], only: str) -> None:
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


def check(build: PartBuilder, figures: Figures) -> None:
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
