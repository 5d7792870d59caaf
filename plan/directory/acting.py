"""For whom a user, or another program, acts: agencies of the directory, whatever plans these take part in.

A code of a plan says which agency only in that plan: two plans may call different agencies by one code.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import or_
from sqlmodel import Session, col, func, select

from plan.errors import NotFoundError
from plan.models import Agency, ApiToken, AuditEvent, DirectoryAgency, DirectoryName, UserAccount
from plan.text import normalise


def agencies_meant(session: Session, codes: Sequence[str], plan_id: str = "") -> list[str]:
    """The codes in the directory of agencies named by their codes in this plan; without a plan, by those in
    the directory. NotFoundError for one that is not there."""
    if plan_id:
        places = select(Agency.code, Agency.directory_code).where(Agency.plan_id == plan_id)
        known = {code: there or "" for code, there in session.exec(places)}
    else:
        known = {code: code for code in session.exec(select(DirectoryAgency.code))}
    for code in codes:
        if not known.get(code):
            raise NotFoundError("cơ quan", code, known)
    return list(dict.fromkeys(known[code] for code in codes))


def codes_there(session: Session, plan_id: str, known_as: Collection[str]) -> frozenset[str]:
    """The codes by which the plan knows these agencies of the directory; of those that take part in it."""
    places = select(Agency.code).where(
        Agency.plan_id == plan_id, col(Agency.directory_code).in_(known_as)
    )
    return frozenset(session.exec(places))


def directory_names(session: Session, on: date) -> dict[str, str]:
    """What each agency of the directory is called on a local day, by its code. Costs the directory."""
    names = select(DirectoryName.code, DirectoryName.name).where(DirectoryName.valid_from <= on)
    return dict(session.exec(names.order_by(col(DirectoryName.valid_from))).all())


def agencies_offered(session: Session, on: date) -> dict[str, str]:
    """Of the agencies that stand on a local day what each is called, by its code in the directory, in the
    order of their names; with the code behind it where several bear one name. Costs the directory."""
    stands = or_(col(DirectoryAgency.valid_to).is_(None), col(DirectoryAgency.valid_to) >= on)
    codes = set(session.exec(select(DirectoryAgency.code).where(stands)))
    names = {code: name for code, name in directory_names(session, on).items() if code in codes}
    borne = Counter(names.values())
    ordered = sorted(names.items(), key=lambda pair: (normalise(pair[1]), pair[0]))
    return {code: f"{name} ({code})" if borne[name] > 1 else name for code, name in ordered}


def act_for_instead(session: Session, one: str, other: str) -> None:
    """Whoever acts for `other` acts for `one`, which it was found to be. Costs the accounts and keys."""
    for row in _acting(session):
        if other in row.agencies:
            instead = (one if code == other else code for code in row.agencies)
            row.agencies = list(dict.fromkeys(instead))
            session.add(row)


def _acting(session: Session) -> Sequence[UserAccount | ApiToken]:
    return (*session.exec(select(UserAccount)), *session.exec(select(ApiToken)))


# --- from before (migration 0030) -----------------------------------------------------------------

Places = Mapping[str, Sequence[tuple[str, datetime | None]]]
"""By a plan's code: which agency of the directory it is there, and when that plan was first loaded."""


def place_accounts(session: Session) -> None:
    """Once: the codes of accounts and keys were a plan's, and which plan's was not kept. Costs all of these,
    and the agencies; every agency has its place by now."""
    first = select(AuditEvent.plan_id, func.min(AuditEvent.at)).where(
        AuditEvent.event == "plan.loaded"
    )
    loaded = dict(session.exec(first.group_by(AuditEvent.plan_id)).all())
    places = defaultdict(list)
    for code, plan_id, there in session.exec(
        select(Agency.code, Agency.plan_id, Agency.directory_code)
    ):
        places[code].append((there or "", loaded.get(plan_id)))
    for row in _acting(session):
        made = row.created_at if isinstance(row, UserAccount) else row.made_at
        codes = [one for code in row.agencies for one in _meant(code, made, places)]
        if codes != row.agencies:
            row.agencies = codes
            session.add(row)


def _meant(code: str, made: datetime, places: Places) -> list[str]:
    """The agency that the code meant in the plans loaded before; none where it may have meant several, for
    nobody may see what a stranger owes. A code of no plan stays. Pure."""
    if code not in places:
        return [code]
    then = {there for there, since in places[code] if since is not None and since <= made}
    found = then or {there for there, _ in places[code]}
    return list(found) if len(found) == 1 else []
