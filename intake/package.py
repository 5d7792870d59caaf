"""A package of files handed in together: what each is, and which deliverable each part belongs to.

    package = read_package([("bieu.xlsx", data), ("bao-cao.docx", data)], definition, "stp")

Reads and checks; writes nothing. Every fault is never only the first. What belongs to no
deliverable stands in `package.findings`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from intake import placing
from intake.copies import facts
from intake.earlier_figures import EarlierFigures
from intake.files.findings import fault
from intake.files.gate import Limits
from intake.mail.opening import open_archives
from intake.parts import PartBuilder, SubmissionPart
from intake.recognise import Content, Recognised, recognise_safely
from intake.report.letterheads import agency_of
from plan.definition.model import Agency, PlanDefinition
from plan.ledger.filing import FoundFault

Figures = Mapping[tuple[str, str], float]
Recogniser = Callable[[bytes, str, PlanDefinition, str, Limits | None], Recognised]


@dataclass(frozen=True)
class Package:
    """What was handed in, read and checked.

    `parts` in the plan's order, one for each deliverable touched; `findings` are about files that
    belong to none. `agency` is empty where no file says whose it is and nobody was named.
    """

    agency: str
    files: tuple[Recognised, ...]
    parts: tuple[SubmissionPart, ...] = ()
    findings: tuple[FoundFault, ...] = ()

    @property
    def deliverables(self) -> tuple[str, ...]:
        return tuple(part.deliverable for part in self.parts)

    def all_findings(self) -> list[FoundFault]:
        """Every finding once, the unplaced ones first."""
        found = [*self.findings, *(one for part in self.parts for one in part.findings)]
        return list(dict.fromkeys(found))

    @property
    def blocked(self) -> bool:
        """Whether anything must be mended before it is complete."""
        return any(one.severity == "error" for one in self.all_findings())


def read_package(
    files: Sequence[tuple[str, bytes]],
    definition: PlanDefinition,
    agency: str = "",
    *,
    only: str = "",
    known: EarlierFigures | None = None,
    limits: Limits | None = None,
    recogniser: Recogniser = recognise_safely,
) -> Package:
    """Read and check files handed in together.

    `agency`: who hands them in; empty: whoever the files say. `only`: the deliverable they are for,
    where it was named. `known`: figures filed before (accepted ones of other agencies for rules across
    agencies, the agency's own, which a report's text must not contradict, and those of workbooks, which no
    table in a report replaces). `recogniser` reads each file in a process of its own; `recognise` reads
    it here.
    """
    opened = open_archives(files)
    files, left_out = _once_each(opened.files)
    found = [recogniser(data, name, definition, agency, limits) for name, data in files]
    who = agency or _whose(found)
    if not who:
        return _of_nobody(found, opened.findings)
    if not agency:
        # Read again for whom it turned out to be: what is expected depends on who writes.
        found = [recogniser(one.data, one.filename, definition, who, limits) for one in found]
    reader = _Reader(definition, agency_of(definition, who), found, only, known)
    reader.build.nowhere((*opened.findings, *left_out))
    return reader.read(Path(limits.trust_store).name if limits else "")


def _once_each(
    files: Sequence[tuple[str, bytes]],
) -> tuple[list[tuple[str, bytes]], list[FoundFault]]:
    """Files of the same bytes once, by the first name; the copies left out are named."""
    first: dict[bytes, str] = {}
    copies = []
    for name, data in files:
        if data in first:
            copies.append(fault("package.copy", file=name, read=name, what=first[data]))
        else:
            first[data] = name
    return [(name, data) for data, name in first.items()], copies


def _whose(found: Sequence[Recognised]) -> str:
    said = {one.agency for one in found if one.agency}
    return said.pop() if len(said) == 1 else ""


def _of_nobody(found: Sequence[Recognised], before: Sequence[FoundFault]) -> Package:
    findings = [*before, *(finding for one in found for finding in one.findings)]
    if not any(one.code == "book.agency_unknown" for one in findings):
        findings += [
            fault("file.agency-unknown", file=one.filename)
            for one in found
            if one.content is Content.report
        ]
    return Package("", tuple(found), findings=tuple(findings))


class _Reader:
    def __init__(
        self,
        definition: PlanDefinition,
        agency: Agency,
        found: Sequence[Recognised],
        only: str,
        known: EarlierFigures | None,
    ) -> None:
        self.definition, self.agency, self.only = definition, agency, only
        self.found, self.earlier = found, known or EarlierFigures()
        self.others = known.others if known else None
        self.build = PartBuilder(definition, agency)

    def read(self, trust_store: str) -> Package:
        for one in self.found:
            if one.content is Content.refused:
                self.build.nowhere(one.findings)
        placing.place(self.build, self._of(Content.workbook), self.only)
        placing.place_reports(self.build, self._of(Content.report), self.only)
        placing.place_tables(self.build, self._of(Content.report), self.only, self.earlier.filed)
        placing.tell_blank(self.build)
        placing.leave_nowhere(self.build, self._of(Content.report))
        self._kept()
        placing.check(self.build, self.others)
        placing.check_reports(self.build, self._known_figures())
        facts.tell(self.build, trust_store)
        return Package(
            self.agency.id, tuple(self.found), tuple(self.build.parts()), tuple(self.build.unplaced)
        )

    def _of(self, content: Content) -> list[Recognised]:
        return [one for one in self.found if one.content is content]

    def _kept(self) -> None:
        """Files nobody reads stand with the report they came with, or where they were handed in for."""
        for one in [*self._of(Content.unread), *self._of(Content.minutes)]:
            place = self.only or self.build.first_narrative()
            if not place:
                code = "file.minutes" if one.content is Content.minutes else "file.no-place"
                self.build.nowhere([fault(code, file=one.filename)])
                continue
            # A scanned copy beside the .docx needs no word.
            findings = () if self.build.has_report(place) else self._words(one, place)
            self.build.add(place, one, findings=findings)

    def _words(self, one: Recognised, place: str) -> tuple[FoundFault, ...]:
        """What is asked for instead is the format that the product wants."""
        if not placing.asks_figures(self.definition, place):
            return one.findings
        if self.build.has_figures(place):
            return ()
        return tuple(
            fault("file.unread-figures", file=one.filename, read=each.read)
            if each.code == "file.unread"
            else each
            for each in one.findings
        )

    def _known_figures(self) -> Figures:
        return {**self.earlier.own, **self.build.figures()}
