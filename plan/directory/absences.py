"""Who is away, and who hears meanwhile: the substitute, in the seats of whoever is away, by their own
addresses; what is kept of each message says for whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from sqlalchemy import ColumnElement, or_
from sqlmodel import Session, col, select

from plan.calendar import local_day
from plan.directory.placing import ADDRESSES
from plan.directory.seats import person_of
from plan.errors import RefusedError
from plan.ledger import audit
from plan.ledger.core import require_role
from plan.models import Absence, Contact, DirectoryContact
from plan.queries.reach import look_again
from plan.states import Actor, Role
from plan.text import date_words


def note_absence(
    session: Session,
    away: Contact,
    substitute: Contact,
    from_on: date,
    to_on: date,
    *,
    plan_id: str,
    actor: Actor,
    now: datetime,
) -> Absence:
    """From `from_on` to `to_on` (local days, both included) the substitute hears in every plan in the place
    of whoever is away. Both are seats, in whatever plan. RefusedError: days the wrong way round or gone by,
    days of another absence of either, a substitute of another agency."""
    require_role(actor, Role.coordinator, Role.admin, Role.agency)
    person, other = person_of(session, away), person_of(session, substitute)
    _check_days(from_on, to_on, local_day(now))
    if person.id == other.id or person.code != other.code:
        raise RefusedError(
            f"Người thay phải là người khác, cùng cơ quan với {person.name}; hãy thêm vào danh bạ trước."
        )
    away_or_standing_in = or_(
        col(Absence.contact_id) == person.id, col(Absence.substitute_id) == person.id
    )
    for one, of_theirs in (
        (person, away_or_standing_in),
        (other, col(Absence.contact_id) == other.id),
    ):
        if clash := _overlapping(session, of_theirs, from_on, to_on):
            raise RefusedError(
                f"{one.name} đã ghi vắng hoặc nhận thay từ {date_words(clash.from_on)} đến "
                f"{date_words(clash.to_on)}; hãy chọn ngày khác hoặc người khác."
            )
    made = Absence(
        contact_id=person.id or 0,
        substitute_id=other.id or 0,
        from_on=from_on,
        to_on=to_on,
        noted_by=actor.name,
        at=now,
    )
    session.add(made)
    audit.record(
        session,
        plan_id=plan_id,
        actor=actor,
        event="contact.away",
        subject=person.code,
        now=now,
        after={"from": from_on.isoformat(), "to": to_on.isoformat()},
    )
    seats = session.exec(select(Contact.agency_id).where(Contact.directory_id == person.id))
    look_again(session, seats.all(), now)
    return made


def _check_days(from_on: date, to_on: date, today: date) -> None:
    if to_on < from_on:
        raise RefusedError("Ngày về trước ngày đi; hãy sửa một trong hai ngày.")
    if to_on < today:
        raise RefusedError(f"Ngày {date_words(to_on)} đã qua; hãy chọn từ hôm nay trở đi.")


def _overlapping(
    session: Session, which: ColumnElement[bool], from_on: date, to_on: date
) -> Absence | None:
    days = (col(Absence.from_on) <= to_on, col(Absence.to_on) >= from_on)
    return session.exec(select(Absence).where(which, *days)).first()


def substitutes(session: Session, on: date) -> dict[int, DirectoryContact]:
    """Who is away on the local day (by id in the directory) → who hears for them. Costs the absences."""
    rows = session.exec(
        select(Absence.contact_id, DirectoryContact)
        .join(DirectoryContact, col(DirectoryContact.id) == Absence.substitute_id)
        .where(col(Absence.from_on) <= on, col(Absence.to_on) >= on)
    )
    return dict(rows.all())


def substituted(contacts: Iterable[Contact], away: Mapping[int, DirectoryContact]) -> list[Contact]:
    """The seats as they are heard in: that of somebody away by the substitute. Pure; the seats stay as they
    are."""
    return [
        _in_place(one, other) if (other := away.get(one.directory_id or 0)) else one
        for one in contacts
    ]


def _in_place(seat: Contact, substitute: DirectoryContact) -> Contact:
    said = {name: getattr(substitute, name) for name in ADDRESSES}
    return Contact(
        id=seat.id,
        agency_id=seat.agency_id,
        directory_id=substitute.id,
        name=f"{substitute.name} (thay {seat.name})",
        role=substitute.role,
        is_head=seat.is_head,
        until=seat.until,
        **said,
    )
