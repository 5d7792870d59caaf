"""Names for what people read: an obligation's address and title from the id the trail keeps."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlmodel import Session, col, func, select

from plan.models import Agency, AgencyName, Deliverable, Milestone, Plan
from plan.text import titled


@dataclass(frozen=True)
class Naming:
    """Codes to names, of one plan on one day."""

    agencies: Mapping[str, AgencyName]
    deliverables: Mapping[str, Deliverable]
    milestones: Mapping[str, Milestone]
    agency_ids: Mapping[int, str]
    """Row id → code, in the plan's order."""
    kinds: Mapping[str, str]
    outputs: Mapping[str, str] = field(default_factory=dict)
    """What is consolidated → its title."""
    plans: Mapping[str, str] = field(default_factory=dict)
    """The plan's code → its number."""
    short: Mapping[int, tuple[str, str]] = field(default_factory=dict)
    """Agency row id → (code, short name), in the plan's order: for pages that go through all of them."""
    groups: Mapping[str, str] = field(default_factory=dict)
    """Agency → the group it is of, in the plan's order; of those that bear no name yet, too."""

    def agency(self, code: str) -> str:
        """Its short name; a code nobody bears as it is."""
        found = self.agencies.get(code)
        return found.short if found else code

    def agency_long(self, code: str) -> str:
        found = self.agencies.get(code)
        return found.name if found else code

    def deliverable(self, code: str) -> str:
        found = self.deliverables.get(code)
        return (found.short or found.title) if found else code

    def product(self, code: str, period: str = "") -> str:
        """A deliverable, with its period where it recurs: «Báo cáo tháng, tháng 3/2027»."""
        return titled(self.deliverable(code), period)

    def obligation(self, name: str) -> str:
        """«An Lão: Báo cáo tổng kết» for `an-lao/district-report`, «Tổng hợp báo cáo chuyên đề, lần 2»
        for `thematic-compilation#2`; a name of nothing known unchanged."""
        output, _, number = name.partition("#")
        if output in self.outputs:
            return f"{self.outputs[output]}, lần {number}"
        if name in self.plans:
            return self.plans[name]
        agency, slash, rest = name.partition("/")
        deliverable, _, period = rest.partition("@")
        if not slash or agency not in self.agencies:
            return name
        return f"{self.agency(agency)}: {self.product(deliverable, period)}"

    def agencies_of(self, obligations: Iterable[str]) -> list[str]:
        """Short names of the agencies that owe these, each once, in the order given."""
        codes = dict.fromkeys(name.partition("/")[0] for name in obligations)
        return [self.agency(code) for code in codes]

    def href(self, name: str) -> str:
        """The page of what an audit row is about; empty without one."""
        output, _, number = name.partition("#")
        if output in self.outputs:
            return f"/tong-hop/{output}/{number}"
        agency, slash, rest = name.partition("/")
        if slash and agency in self.agencies and rest.partition("@")[0] in self.deliverables:
            return f"/nghia-vu/{name}"
        if name in self.milestones:
            return f"/moc/{name}"
        return f"/co-quan/{name}" if name in self.agencies else ""


def naming(session: Session, plan_id: str, on: date) -> Naming:
    """Four short queries. Agencies and deliverables are let go of by the session: names are remembered
    beyond it, and a rollback would leave them empty."""
    rows = session.exec(
        select(Agency.id, Agency.code, AgencyName)
        .join(AgencyName, col(AgencyName.agency_id) == Agency.id)
        .where(Agency.plan_id == plan_id, AgencyName.valid_from <= on)
        .order_by(col(Agency.sort), col(AgencyName.valid_from))
    ).all()
    named = {code: name for _, code, name in rows}
    deliverables = session.exec(
        select(Deliverable).where(Deliverable.plan_id == plan_id).order_by(col(Deliverable.sort))
    ).all()
    for row in (*(name for _, _, name in rows), *deliverables):
        if row in session:
            session.expunge(row)
    return Naming(
        agencies=named,
        deliverables={row.code: row for row in deliverables},
        milestones=milestones(session, plan_id),
        agency_ids={key: code for key, code, _ in rows if key is not None},
        kinds={code: name.kind for code, name in named.items()},
        short={key: (code, named[code].short) for key, code, _ in rows if key is not None},
        groups=_groups(session, plan_id),
    )


def names_key(session: Session, plan: Plan, on: date) -> tuple[Hashable, ...]:
    """What `naming` follows from: the plan as it was loaded, the local day, and the data calls opened since,
    each of which is a deliverable more. One short query."""
    newest = select(func.max(col(Deliverable.id))).where(Deliverable.plan_id == plan.id)
    return plan.id, plan.definition_hash, plan.loaded_at, on, session.exec(newest).one()


def _groups(session: Session, plan_id: str) -> dict[str, str]:
    rows = session.exec(
        select(Agency.code, Agency.group)
        .where(Agency.plan_id == plan_id)
        .order_by(col(Agency.sort), col(Agency.id))
    )
    return dict(rows.all())


def milestones(session: Session, plan_id: str) -> dict[str, Milestone]:
    rows = session.exec(
        select(Milestone).where(Milestone.plan_id == plan_id).order_by(col(Milestone.sort))
    )
    return {row.code: row for row in rows}
