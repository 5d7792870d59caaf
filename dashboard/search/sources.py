"""Where the search index takes its entries from: a row a source, each with how far it has come.

What is only ever added (findings, texts, documents) is taken in from its last id on; what may change (a
plan's agencies and products, people) is taken anew when its mark changes. With nothing new it costs one small
query a source. A plan of 100,000 obligations is taken in once, in some seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256

from sqlalchemy import select as columns
from sqlmodel import Session, col, func, select

from dashboard.queries.naming import Naming
from dashboard.search.index import Entry, SearchIndex
from plan.models import (
    Agency,
    Contact,
    Deadline,
    Deliverable,
    Extension,
    Finding,
    Obligation,
    Plan,
    Section,
    Submission,
)
from plan.queries.delegations import own_people

Rows = Iterator[Entry]


@dataclass(frozen=True)
class Source:
    """`mark` says how far it has come; `read` gives what came after a mark, or all of it (`anew`)."""

    name: str
    mark: Callable[[Session, Plan], str]
    read: Callable[[Session, Plan, Naming, str], Rows]
    anew: bool


def catch_up(session: Session, plan: Plan, names: Naming, index: SearchIndex) -> None:
    """Take in whatever the index does not hold yet."""
    known = index.marks(plan.id)
    for source in SOURCES:
        mark, had = source.mark(session, plan), known.get(source.name, "")
        if mark != had:
            entries = source.read(session, plan, names, had)
            index.take(plan.id, source.name, entries, mark, anew=source.anew)


# --- a plan's agencies, products, who owes what ----------------------------------------------------


def _plan_mark(session: Session, plan: Plan) -> str:
    newest = session.exec(
        select(func.max(Obligation.id)).where(Obligation.plan_id == plan.id)
    ).one()
    return f"{plan.definition_hash} {newest or 0}"


def _of_plan(session: Session, plan: Plan, names: Naming, _had: str) -> Rows:
    for code, one in names.agencies.items():
        yield Entry("agency", code, one.name, one.short, f"/co-quan/{code}", code)
    for code, product in names.deliverables.items():
        href = f"/nghia-vu?san-pham={code}"
        yield Entry("product", "", product.title, product.short or "", href, code)
    rows = session.connection().execute(
        columns(
            col(Agency.code), col(Deliverable.code), col(Obligation.period), col(Obligation.title)
        )
        .join(Agency, col(Agency.id) == Obligation.agency_id)
        .join(Deliverable, col(Deliverable.id) == Obligation.deliverable_id)
        .where(col(Obligation.plan_id) == plan.id)
        .order_by(col(Agency.sort), col(Deliverable.sort), col(Obligation.period))
    )
    for agency, deliverable, period, title in rows:
        name = f"{agency}/{deliverable}" + (f"@{period}" if period else "")
        place = names.agency_long(agency)
        words = f"{names.agency(agency)} {names.product(deliverable, period)} {period}"
        yield Entry("obligation", agency, title, place, f"/nghia-vu/{name}", words)


# --- people ----------------------------------------------------------------------------------------


def _people_mark(session: Session, plan: Plan) -> str:
    """Of their names and addresses: a change of any is another mark. Thousands of rows at most."""
    rows = session.connection().execute(
        columns(
            col(Contact.id),
            col(Contact.name),
            col(Contact.role),
            col(Contact.email),
            col(Contact.phone),
        )
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(col(Agency.plan_id) == plan.id, own_people())
        .order_by(col(Contact.id))
    )
    return sha256("\n".join(str(tuple(row)) for row in rows).encode()).hexdigest()


def _people(session: Session, plan: Plan, names: Naming, _had: str) -> Rows:
    rows = session.exec(
        select(Contact, Agency.code)
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(Agency.plan_id == plan.id, own_people())
        .order_by(col(Agency.sort), col(Contact.id))
    )
    for row, code in rows:
        place = ", ".join(part for part in (row.role, names.agency(code)) if part)
        words = f"{row.email} {row.phone}"
        yield Entry("person", code, row.name, place, f"/quan-tri/danh-ba/{row.id}", words)


# --- what is only ever added -----------------------------------------------------------------------


def _newest(
    table: type[Submission | Deadline | Extension | Finding | Section], key: str = "id"
) -> Callable[[Session, Plan], str]:
    """Of all plans: the highest id is found at once, and what is read after it is this plan's alone."""

    def mark(session: Session, _plan: Plan) -> str:
        return str(session.exec(select(func.max(getattr(table, key)))).one() or 0)

    return mark


_OWED = (col(Agency.code), col(Deliverable.code), col(Obligation.period))


def _documents(
    table: type[Submission | Deadline | Extension], number: str
) -> Callable[[Session, Plan, Naming, str], Rows]:
    def read(session: Session, plan: Plan, names: Naming, had: str) -> Rows:
        column = col(getattr(table, number))
        rows = session.connection().execute(
            columns(column, *_OWED)
            .select_from(table)
            .join(Obligation, col(Obligation.id) == table.obligation_id)
            .join(Agency, col(Agency.id) == Obligation.agency_id)
            .join(Deliverable, col(Deliverable.id) == Obligation.deliverable_id)
            .where(col(Obligation.plan_id) == plan.id, col(table.id) > int(had or 0), column != "")
            .order_by(col(table.id))
        )
        for said, *owed in rows:
            name, place = _named(names, *owed)
            yield Entry("document", owed[0], f"Văn bản số {said}", place, f"/nghia-vu/{name}", said)

    return read


def _named(names: Naming, agency: str, deliverable: str, period: str) -> tuple[str, str]:
    name = f"{agency}/{deliverable}" + (f"@{period}" if period else "")
    return name, names.obligation(name)


def _findings(session: Session, plan: Plan, names: Naming, had: str) -> Rows:
    rows = session.connection().execute(
        columns(col(Finding.id), col(Finding.message), col(Submission.number), *_OWED)
        .join(Submission, col(Submission.id) == Finding.submission_id)
        .join(Obligation, col(Obligation.id) == Submission.obligation_id)
        .join(Agency, col(Agency.id) == Obligation.agency_id)
        .join(Deliverable, col(Deliverable.id) == Obligation.deliverable_id)
        .where(col(Obligation.plan_id) == plan.id, col(Finding.id) > int(had or 0))
        .order_by(col(Finding.id))
    )
    for key, message, number, *owed in rows:
        name, place = _named(names, *owed)
        href = f"/nghia-vu/{name}?lan={number}#f-{key}"
        yield Entry("finding", owed[0], f"{place}, lần {number}", "", href, message)


def _reports(session: Session, plan: Plan, names: Naming, had: str) -> Rows:
    rows = session.connection().execute(
        columns(col(Section.text), col(Submission.number), *_OWED)
        .join(Submission, col(Submission.id) == Section.submission_id)
        .join(Obligation, col(Obligation.id) == Submission.obligation_id)
        .join(Agency, col(Agency.id) == Obligation.agency_id)
        .join(Deliverable, col(Deliverable.id) == Obligation.deliverable_id)
        .where(col(Obligation.plan_id) == plan.id, col(Section.submission_id) > int(had or 0))
        .order_by(col(Section.submission_id), col(Section.node))
    )
    for text, number, *owed in rows:
        name, place = _named(names, *owed)
        yield Entry(
            "report", owed[0], f"{place}, lần {number}", "", f"/nghia-vu/{name}?lan={number}", text
        )


SOURCES: tuple[Source, ...] = (
    Source("plan", _plan_mark, _of_plan, anew=True),
    Source("people", _people_mark, _people, anew=True),
    Source("submissions", _newest(Submission), _documents(Submission, "reference"), anew=False),
    Source("deadlines", _newest(Deadline), _documents(Deadline, "document_number"), anew=False),
    Source("extensions", _newest(Extension), _documents(Extension, "document_number"), anew=False),
    Source("findings", _newest(Finding), _findings, anew=False),
    Source("reports", _newest(Section, "submission_id"), _reports, anew=False),
)
