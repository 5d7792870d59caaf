"""Seats that become nobody's, and people who leave the directory with their last one."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, or_
from sqlmodel import Session, col, select

from plan.models import Absence, Contact, DirectoryContact
from plan.queries.reach import look_again


def take_seats(session: Session, seats: Collection[Contact], now: datetime) -> None:
    """These seats are nobody's any more, as `leave_seats`; who has none left, in any plan, leaves the
    directory."""
    people = {one.directory_id for one in seats if one.directory_id is not None}
    leave_seats(session, seats, now)
    left = set(
        session.exec(select(Contact.directory_id).where(col(Contact.directory_id).in_(people)))
    )
    forget(session, people - left)


def leave_seats(session: Session, seats: Collection[Contact], now: datetime) -> None:
    """These seats are nobody's any more, and the links sent to them end; who sat there stays known."""
    places = {one.agency_id for one in seats}
    for one in seats:
        session.delete(one)
    session.flush()
    look_again(session, places, now)


def forget(session: Session, person_ids: Collection[int]) -> None:
    """People leave the directory, with the absences they were part of."""
    away = or_(col(Absence.contact_id).in_(person_ids), col(Absence.substitute_id).in_(person_ids))
    run = session.connection().execute
    run(delete(Absence).where(away))
    run(delete(DirectoryContact).where(col(DirectoryContact.id).in_(person_ids)))
