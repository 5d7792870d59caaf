"""What an agency's duty is, handed down to its own units: a plan one level below, out of the plan above.

Pure. The inner plan has one milestone and one deliverable; the agency coordinates, each unit owes. Of an
appendix the units fill in the rows that the agency owes, by the same rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from plan.definition.appendices import Appendix, Indicator
from plan.definition.model import (
    Agency,
    AgencyName,
    Contact,
    Deliverable,
    Due,
    Milestone,
    Office,
    OutlineNode,
    Output,
    PlanDefinition,
    Source,
)
from plan.definition.ownership import members
from plan.rules.syntax import parse_rule

PARENT, UNIT = "parent", "unit"
"""Groups of an inner plan: the agency that asks, and those it asks."""
MERGED = "merged"
"""The output an inner plan is consolidated into."""


@dataclass(frozen=True)
class Unit:
    """A unit of the agency's own, and who hears for it."""

    name: str
    contact: str
    email: str
    phone: str = ""


@dataclass(frozen=True)
class HandedDown:
    """What is handed down: an obligation of the plan above, as people know it."""

    plan_id: str
    """Of the inner plan."""
    agency: str
    agency_name: AgencyName
    deliverable: Deliverable
    title: str
    people: tuple[Contact, ...] = ()
    """Who hears for the agency."""


def inner_definition(
    outer: PlanDefinition, what: HandedDown, units: Sequence[Unit], until: date, today: date
) -> PlanDefinition:
    """The inner plan, from `today` to the end of the local day `until`."""
    head, part = what.agency_name, what.deliverable
    codes = [f"{what.agency}-{number}" for number in range(1, len(units) + 1)]
    milestone = next(one for one in outer.milestones if one.id == part.milestone)
    source = part.sources.get(what.agency) or part.source or milestone.source
    appendices = [_appendix(one, what.agency) for one in _appendices(outer, part)]
    return outer.model_copy(
        update={
            "short": f"{outer.short or outer.number}, {head.short} giao",
            "id": what.plan_id,
            "title": f"{what.title} của các đơn vị thuộc {head.name}",
            "issued_on": today,
            "ends_on": until,
            "issuer": what.agency,
            "coordinator": what.agency,
            "offices": [_office(outer, what)],
            "agencies": [
                Agency(id=what.agency, group=PARENT, names=[head]),
                *(_unit(code, unit) for code, unit in zip(codes, units, strict=True)),
            ],
            "contacts": [
                *what.people,
                *(_contact(code, unit) for code, unit in zip(codes, units, strict=True)),
            ],
            "milestones": [_milestone(milestone, what.title, until, today, source)],
            "deliverables": [_deliverable(outer, what, source)],
            "data_calls": [],
            "reminders": outer.reminders.model_copy(update={"overrides": []}),
            "appendices": appendices,
            "outline": [_node(outer, node, what.agency) for node in outer.outline],
            "outputs": _outputs(part, what.title),
            "notes": [],
        }
    )


def with_units(inner: PlanDefinition, units: Iterable[Unit], until: date) -> PlanDefinition:
    """The inner plan with more units, its last good local day `until`."""
    first = len(inner.agencies)
    fresh = {f"{inner.coordinator}-{n}": unit for n, unit in enumerate(units, start=first)}
    milestone = inner.milestones[0].model_copy(update={"due": _due(until)})
    return inner.model_copy(
        update={
            "agencies": [*inner.agencies, *(_unit(code, unit) for code, unit in fresh.items())],
            "contacts": [*inner.contacts, *(_contact(code, unit) for code, unit in fresh.items())],
            "milestones": [milestone],
            "ends_on": until,
        }
    )


def _contact(code: str, unit: Unit) -> Contact:
    return Contact(agency=code, name=unit.contact, email=unit.email, phone=unit.phone)


def _unit(code: str, unit: Unit) -> Agency:
    return Agency(id=code, group=UNIT, names=[AgencyName(name=unit.name, short=unit.name)])


def _office(outer: PlanDefinition, what: HandedDown) -> Office:
    """How the agency signs, if the plan says so; whom to call: who hears for it."""
    known = next((one for one in outer.offices if one.agency == what.agency), None)
    if known is not None:
        return known
    person = next((one for one in what.people if not one.is_head), None)
    return Office(
        agency=what.agency,
        name=what.agency_name.name,
        phone=person.phone if person else "",
        email=person.email if person else "",
        desk=person.name if person else "",
    )


def _due(until: date) -> Due:
    return Due(words=f"đến hết ngày {until:%d/%m/%Y}")


def _milestone(known: Milestone, title: str, until: date, today: date, source: Source) -> Milestone:
    return Milestone(
        id=known.id,
        title=title,
        short=known.short,
        due=_due(until),
        opens_on=today,
        source=source,
        origin=known.origin,
    )


def _deliverable(outer: PlanDefinition, what: HandedDown, source: Source) -> Deliverable:
    part = what.deliverable
    parts = next(
        (ids for owner, ids in part.outline_parts.items() if what.agency in members(outer, owner)),
        None,
    )
    return Deliverable(
        id=part.id,
        title=what.title,
        short=part.short,
        milestone=part.milestone,
        kind=part.kind,
        owners=[UNIT],
        source=source,
        origin=part.origin,
        appendix=part.appendix,
        outline_parts={UNIT: parts} if parts else {},
        confidential=part.confidential,
    )


def _outputs(part: Deliverable, title: str) -> list[Output]:
    """What the units' figures, or their texts, are put together into; other kinds are kept as they come."""
    kind = {"appendix": "appendices", "report": "compilation", "proposals": "compilation"}
    if part.kind.value not in kind:
        return []
    suffix = ".xlsx" if part.kind.value == "appendix" else ".docx"
    return [
        Output.model_validate(
            {
                "id": MERGED,
                "title": f"Tổng hợp của các đơn vị: {title}",
                "kind": kind[part.kind.value],
                "filename": f"tong-hop-{part.id}{suffix}",
                "inputs": [part.id],
            }
        )
    ]


# --- figures and texts: the same forms, of them what the agency owes ------------------------------


def _appendices(outer: PlanDefinition, part: Deliverable) -> list[Appendix]:
    return [one for one in outer.appendices if one.code == part.appendix]


def _appendix(appendix: Appendix, agency: str) -> Appendix:
    """Rows that are not the agency's stay, as the agency's own: no unit fills them in. Rules that look
    beyond the appendix, or count what the province has, say nothing about a unit."""
    tables = [
        table.model_copy(
            update={
                "indicators": [_indicator(appendix, one, agency) for one in table.indicators],
            }
        )
        for table in appendix.tables
    ]
    known = {f"{appendix.code}.{one.code}" for table in tables for one in table.indicators}
    rules = [rule for rule in appendix.rules if _within(rule.expr, known)]
    return appendix.model_copy(update={"owner": None, "tables": tables, "rules": rules})


def _indicator(appendix: Appendix, one: Indicator, agency: str) -> Indicator:
    owner = one.owner or appendix.owner
    theirs = owner in (None, agency)
    weight = one.weight if one.weight.startswith(f"{appendix.code}.") else ""
    return one.model_copy(
        update={"owner": None if theirs else agency, "links": [], "weight": weight}
    )


def _within(expr: str, known: Iterable[str]) -> bool:
    rule = parse_rule(expr)
    return not rule.constants() and rule.names() <= set(known)


def _node(outer: PlanDefinition, node: OutlineNode, agency: str) -> OutlineNode:
    nil = any(agency in members(outer, name) for name in node.may_be_nil)
    return node.model_copy(
        update={
            "answered_by": [],
            "figures": [],
            "may_be_nil": [UNIT] if nil else [],
            "children": [_node(outer, child, agency) for child in node.children],
        }
    )
