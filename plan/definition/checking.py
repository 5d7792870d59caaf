"""`dondoc plan check`: every fault of a plan, with file, line, path and what to do.

First the files and the shape of their values (`plan.definition.loading`), then what the parts say about each
other: a table of small checks. A check names the fields it draws conclusions from; where one of them
could not be read whole, nothing is concluded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from plan.definition import check_figures as figures
from plan.definition import check_parts as parts
from plan.definition.checks import check_references, check_unique
from plan.definition.fault_text import Fault, PlanFaults
from plan.definition.loading import ReadPlan, read_plan
from plan.definition.model import PlanDefinition
from plan.definition.yaml_lines import KeyPath

Found = Iterable[tuple[KeyPath, str]]


@dataclass(frozen=True)
class Checked:
    """A plan and its faults; usable only when there are none."""

    definition: PlanDefinition | None
    faults: list[Fault]


# Check → the fields from whose absence it would conclude something.
CHECKS: Mapping[Callable[[PlanDefinition], Found], frozenset[str]] = {
    parts.check_due: frozenset({"issued_on"}),
    parts.check_opening: frozenset(),
    parts.check_inheritance: frozenset(),
    parts.check_span: frozenset({"issued_on"}),
    parts.check_after: frozenset({"agencies", "deliverables"}),
    parts.check_cycles: frozenset(),
    parts.check_by_agency: frozenset({"agencies", "deliverables"}),
    parts.check_outline_parts: frozenset({"agencies", "deliverables"}),
    parts.check_kind: frozenset(),
    parts.check_outputs: frozenset({"agencies", "deliverables"}),
    parts.check_feeds: frozenset({"outputs", "deliverables"}),
    parts.check_rungs: frozenset(),
    parts.check_overrides: frozenset(),
    parts.check_channels: frozenset({"reminders"}),
    parts.check_hours: frozenset({"reminders"}),
    parts.check_agency_names: frozenset({"issued_on", "agencies"}),
    figures.check_row_owners: frozenset({"agencies", "deliverables", "appendices"}),
    figures.check_appendix_owners: frozenset({"agencies", "deliverables", "appendices"}),
    figures.check_data_calls: frozenset({"appendices"}),
    figures.check_rows: frozenset({"appendices"}),
    figures.check_periods: frozenset(),
    figures.check_rules: frozenset({"appendices", "constants"}),
}


def check_plan(path: Path | str) -> list[Fault]:
    """Every fault of the plan in this folder (or beside this `plan.yaml`), by file and line."""
    return check(path).faults


def check(path: Path | str) -> Checked:
    """The plan, and every fault of it; never raises for what the files say."""
    read = read_plan(path)
    faults = {*read.faults, *_of_names(read), *_of_parts(read)}
    return Checked(read.definition, sorted(faults))


def load_checked(path: Path | str) -> PlanDefinition:
    """The plan, sound throughout. Raises `PlanFaults` with every fault otherwise."""
    checked = check(path)
    if checked.faults or checked.definition is None:
        raise PlanFaults(checked.faults)
    return checked.definition


def _of_names(read: ReadPlan) -> list[Fault]:
    found = [*check_unique(read.data), *check_references(read.data, read.unreadable)]
    return [read.positions.fault(path, message) for path, message in found]


def _of_parts(read: ReadPlan) -> list[Fault]:
    if read.definition is None:
        return []
    return [
        read.positions.fault(read.as_written(path), message)
        for run, needs in CHECKS.items()
        if not needs & read.damaged
        for path, message in run(read.definition)
    ]
