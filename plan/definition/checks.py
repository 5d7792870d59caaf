"""Checks on a plan's values as written: every name names something, and no name is given twice.

They need no valid plan, only its values, and so speak even where the shape has faults.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from plan.definition import check_figures as figures
from plan.definition import check_parts as parts
from plan.definition.faults import Fault, PlanFaults, near
from plan.definition.loading import ReadPlan, read_plan
from plan.definition.model import PlanDefinition
from plan.definition.yaml_lines import KeyPath

Found = tuple[KeyPath, str]

REFERENCES: tuple[tuple[str, str], ...] = (
    ("issuer", "agency"),
    ("coordinator", "agency"),
    ("offices.*.agency", "agency"),
    ("contacts.*.agency", "agency"),
    ("milestones.*.due.inherits", "milestone"),
    ("milestones.*.feeds.*", "output"),
    ("deliverables.*.milestone", "milestone"),
    ("deliverables.*.owners.*", "owner"),
    ("deliverables.*.titles.@", "agency"),
    ("deliverables.*.sources.@", "agency"),
    ("deliverables.*.cooperating_by.@", "agency"),
    ("deliverables.*.received_by", "agency"),
    ("deliverables.*.due.inherits", "milestone"),
    ("deliverables.*.appendix", "appendix"),
    ("deliverables.*.outline_parts.@", "owner"),
    ("deliverables.*.outline_parts.*.*", "node"),
    ("deliverables.*.may_share_file_with.*", "deliverable"),
    ("data_calls.*.appendix", "appendix"),
    ("data_calls.*.asked_by", "agency"),
    ("data_calls.*.asked_of.*", "owner"),
    ("reminders.overrides.*.milestones.*", "milestone"),
    ("reminders.overrides.*.agencies.*", "agency"),
    ("appendices.*.owner", "agency"),
    ("appendices.*.tables.*.indicators.*.owner", "agency"),
    ("appendices.*.tables.*.indicators.*.weight", "indicator"),
    ("appendices.*.tables.*.indicators.*.links.*", "indicator"),
    ("appendices.*.rules.*.at", "indicator"),
    ("outline.**.answered_by.*", "agency"),
    ("outline.**.figures.*", "indicator"),
    ("outline.**.may_be_nil.*", "owner"),
    ("outputs.*.inputs.*", "deliverable"),
)
"""Where a name stands → what it names. `*`: every item or value, `@`: every key, `**`: every node of
a tree of `children`."""

NOUNS: Mapping[str, str] = {
    "agency": "cơ quan",
    "group": "nhóm",
    "owner": "cơ quan hoặc nhóm",
    "milestone": "mốc",
    "deliverable": "sản phẩm",
    "output": "đầu ra",
    "appendix": "phụ lục",
    "indicator": "chỉ tiêu",
    "node": "mục đề cương",
}
NAMED: Mapping[str, tuple[str, ...]] = {
    "agency": ("agencies.*.id",),
    "group": ("agencies.*.group",),
    "owner": ("agencies.*.id", "agencies.*.group"),
    "milestone": ("milestones.*.id",),
    "deliverable": ("deliverables.*.id",),
    "output": ("outputs.*.id",),
    "appendix": ("appendices.*.code",),
    "node": ("outline.**.id",),
    "indicator": ("appendices.*.code",),
}
"""Kind of name → where it is given (an indicator's is its appendix's and its own)."""
SECTIONS: Mapping[str, set[str]] = {
    kind: {place.partition(".")[0] for place in places} for kind, places in NAMED.items()
}
UNIQUE: Mapping[str, str] = {
    "agencies.*.id": "Mã cơ quan",
    "milestones.*.id": "Mã mốc",
    "deliverables.*.id": "Mã sản phẩm",
    "data_calls.*.id": "Mã yêu cầu số liệu",
    "outputs.*.id": "Mã đầu ra",
    "outputs.*.filename": "Tên tệp",
    "appendices.*.code": "Mã phụ lục",
    "appendices.*.rules.*.id": "Mã quy tắc",
    "outline.**.id": "Mã mục đề cương",
    "calendar.*.day": "Ngày",
}
"""Where a name is given → what to call it when it is given twice."""


class Names:
    """Every name a plan's files give, by kind; indicators by their full name (`PL1.1.2`)."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.by_kind: dict[str, set[str]] = {
            kind: {v for place in places for _, v in select(data, place) if isinstance(v, str)}
            for kind, places in NAMED.items()
        }
        self.by_kind["indicator"] = {name for _, name, _ in indicators(data)}

    def __getitem__(self, kind: str) -> set[str]:
        return self.by_kind[kind]

    def unknown(self, kind: str, name: str) -> str:
        """«Không có … «x». Có phải «y» không?»"""
        return f"Không có {NOUNS[kind]} «{name}».{near(name, self[kind])}"


def check_references(
    data: Mapping[str, Any], unreadable: frozenset[str] = frozenset()
) -> Iterator[Found]:
    """Every name that names nothing; not those whose meaning stands in a file that is `unreadable`."""
    names = Names(data)
    for place, kind in REFERENCES:
        if unreadable & SECTIONS[kind]:
            continue
        for path, name in select(data, place):
            if isinstance(name, str) and name and name not in names[kind]:
                yield path, names.unknown(kind, name)


def check_unique(data: Mapping[str, Any]) -> Iterator[Found]:
    """Every name given a second time."""
    for place, noun in UNIQUE.items():
        seen: set[str] = set()
        for path, name in select(data, place):
            # Rules are numbered within their appendix.
            key = f"{path[:2]}{name}" if "rules" in path else str(name)
            if key in seen:
                yield path, f"{noun} «{name}» đã dùng ở trên; mỗi mã chỉ dùng một lần."
            seen.add(key)
    yield from _agencies_and_groups(data)
    yield from _indicators(data)


def _agencies_and_groups(data: Mapping[str, Any]) -> Iterator[Found]:
    groups = {str(name) for _, name in select(data, "agencies.*.group")}
    for path, name in select(data, "agencies.*.id"):
        if str(name) in groups:
            yield path, f"«{name}» vừa là cơ quan vừa là nhóm; hãy đổi một tên."


def _indicators(data: Mapping[str, Any]) -> Iterator[Found]:
    """An indicator written twice is owned by two when the rows name different owners."""
    owners: dict[str, list[str]] = defaultdict(list)
    for path, name, row in indicators(data):
        owners[name].append(str(row.get("owner", "")))
        if len(owners[name]) > 1:
            named = sorted({owner for owner in owners[name] if owner})
            who = f", do hai cơ quan điền ({', '.join(named)})" if len(named) > 1 else ""
            yield (*path, "code"), f"Chỉ tiêu «{name}» viết hai lần{who}; chỉ để một dòng."


def indicators(data: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str, dict[str, Any]]]:
    """(path, full name, values) of every row of every appendix."""
    for path, row in select(data, "appendices.*.tables.*.indicators.*"):
        appendix = data["appendices"][path[1]]
        if isinstance(row, dict) and "code" in row:
            yield path, f"{appendix.get('code')}.{row['code']}", row


def select(value: Any, place: str) -> Iterator[tuple[KeyPath, Any]]:
    """Every (path, value) at a place such as `deliverables.*.owners.*`; what is not there is skipped."""
    yield from _select(value, place.split("."), ())


def _select(value: Any, steps: list[str], path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    if not steps:
        if value is not None:
            yield path, value
        return
    first, rest = steps[0], steps[1:]
    if first == "@":
        yield from (((*path, key), key) for key in _keys(value) if isinstance(key, str))
    elif first == "**":
        for key, child in _children(value):
            yield from _select(child, rest, (*path, key))
            if isinstance(child, dict):
                yield from _select(child.get("children"), steps, (*path, key, "children"))
    elif first == "*":
        for key, child in _children(value):
            yield from _select(child, rest, (*path, key))
    elif isinstance(value, dict) and first in value:
        yield from _select(value[first], rest, (*path, first))


def _keys(value: Any) -> list[Any]:
    return list(value) if isinstance(value, dict) else []


def _children(value: Any) -> Iterator[tuple[str | int, Any]]:
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


# --- `dondoc plan check`: every fault of a plan, with file, line, path and what to do.
#
# First the files and the shape of their values (`plan.definition.loading`), then what the parts say
# about each other: a table of small checks. A check names the fields it draws conclusions from;
# where one of them could not be read whole, nothing is concluded.

Findings = Iterable[tuple[KeyPath, str]]


@dataclass(frozen=True)
class Checked:
    """A plan and its faults; usable only when there are none."""

    definition: PlanDefinition | None
    faults: list[Fault]


# Check → the fields from whose absence it would conclude something.
CHECKS: Mapping[Callable[[PlanDefinition], Findings], frozenset[str]] = {
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
    parts.check_every: frozenset({"outputs", "deliverables", "milestones", "appendices"}),
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


def faults_of(definition: PlanDefinition) -> list[str]:
    """What is wrong with a definition that stands in no file: sentences without file and line."""
    data = definition.model_dump(mode="json", exclude_defaults=True)
    found = [*check_unique(data), *check_references(data)]
    found += [one for run in CHECKS for one in run(definition)] if not found else []
    return list(dict.fromkeys(message for _, message in found))


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
