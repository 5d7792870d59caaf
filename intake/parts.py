"""The parts of a package while they are being put together: one for each deliverable touched."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from intake.recognise import Content, Recognised
from intake.report.template import narratives_of
from plan.definition.model import Agency, PlanDefinition
from plan.ledger.filing import FoundFault, ReadSection, ReadValue


@dataclass(frozen=True)
class SubmissionPart:
    """What was handed in for one deliverable. `shared`: it came along in another one's file."""

    deliverable: str
    files: tuple[Recognised, ...] = ()
    values: tuple[ReadValue, ...] = ()
    notes: tuple[ReadValue, ...] = ()
    """What stands in «Ghi chú» beside a figure, by indicator."""
    sections: tuple[ReadSection, ...] = ()
    findings: tuple[FoundFault, ...] = ()
    shared: bool = False

    @property
    def complete(self) -> bool:
        return all(one.severity != "error" for one in self.findings)

    @property
    def is_blank(self) -> bool:
        """A form that nobody filled in."""
        return all(one.not_applicable for one in self.values) and any(
            one.code == "sheet.empty" for one in self.findings
        )


@dataclass
class PartDraft:
    """A part being put together. `headings`: nodes whose heading was found in its report."""

    files: list[Recognised] = field(default_factory=list)
    values: list[ReadValue] = field(default_factory=list)
    notes: list[ReadValue] = field(default_factory=list)
    sections: list[ReadSection] = field(default_factory=list)
    findings: list[FoundFault] = field(default_factory=list)
    headings: set[str] = field(default_factory=set)
    shared: bool = False


class PartBuilder:
    """Collects what each file gives to each deliverable."""

    def __init__(self, definition: PlanDefinition, agency: Agency) -> None:
        self.definition, self.agency = definition, agency
        self.drafts: dict[str, PartDraft] = {}
        self.unplaced: list[FoundFault] = []
        self.places: dict[tuple[str, str], tuple[str, str]] = {}
        """Sheet and cell of every figure asked for in the workbooks."""
        self.left_blank: dict[str, Recognised] = {}
        """Deliverables whose page a file has, with nothing on it: not handed in."""

    def draft(self, deliverable: str) -> PartDraft:
        return self.drafts.setdefault(deliverable, PartDraft())

    def add(
        self,
        deliverable: str,
        file: Recognised,
        *,
        values: Iterable[ReadValue] = (),
        notes: Iterable[ReadValue] = (),
        sections: Iterable[ReadSection] = (),
        findings: Iterable[FoundFault] = (),
    ) -> PartDraft:
        draft = self.draft(deliverable)
        if file not in draft.files:
            draft.files.append(file)
        draft.values.extend(values)
        draft.notes.extend(notes)
        draft.sections.extend(sections)
        draft.findings.extend(findings)
        return draft

    def nowhere(self, findings: Iterable[FoundFault]) -> None:
        """Findings about files that belong to no deliverable."""
        self.unplaced.extend(findings)

    def has_report(self, deliverable: str) -> bool:
        draft = self.drafts.get(deliverable)
        return draft is not None and any(one.content is Content.report for one in draft.files)

    def has_figures(self, deliverable: str) -> bool:
        """Whether a file was read for its figures: a scanned copy beside it is no blank form."""
        draft = self.drafts.get(deliverable)
        readable = (Content.workbook, Content.report)
        return draft is not None and any(one.content in readable for one in draft.files)

    def place_of(self, file: Recognised) -> str:
        """The first deliverable this file stands with; empty for none."""
        return next((name for name, draft in self.drafts.items() if file in draft.files), "")

    def first_narrative(self) -> str:
        """The first report in the package; empty for none."""
        owed = (one.id for one in narratives_of(self.definition, self.agency))
        return next((one for one in owed if self.has_report(one)), "")

    def figures(self) -> dict[tuple[str, str], float]:
        """Every number read, by indicator and period."""
        return {
            (value.indicator, value.period): value.number
            for draft in self.drafts.values()
            for value in draft.values
            if value.number is not None
        }

    def parts(self) -> Iterator[SubmissionPart]:
        """In the plan's order; data calls, which are no deliverables, last."""
        order = [one.id for one in self.definition.deliverables]
        known = [one for one in order if one in self.drafts]
        for deliverable in [*known, *(one for one in self.drafts if one not in order)]:
            draft = self.drafts[deliverable]
            yield SubmissionPart(
                deliverable,
                tuple(draft.files),
                tuple(draft.values),
                tuple(draft.notes),
                tuple(draft.sections),
                tuple(dict.fromkeys(_filed(one, draft) for one in draft.findings)),
                draft.shared,
            )


def _filed(finding: FoundFault, draft: PartDraft) -> FoundFault:
    """A finding that names no file is about the only one there is."""
    if finding.file or len(draft.files) != 1:
        return finding
    return replace(finding, file=draft.files[0].filename)
