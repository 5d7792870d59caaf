"""The tray of what leaves for the document axis: filled with what became of documents that came over it, and
emptied into a folder where one is set.

    01 has arrived (a person looks)   02 is refused   03 is taken in

Written before it is remembered as taken: killed in between, the next round writes the same bytes again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import col, select

from documents.edxml import ARRIVED, REFUSED, TAKEN
from intake.files.store import Store, StoreAwayError, StoreError
from intake.inbox.claims import FILED, IGNORED, TO_PERSON
from intake.inbox.lookup import FOLDER
from intake.mail.edoc import facts_of
from intake.mail.edoc_out import package_of, take, waiting
from plan.database import insert_if_absent, reading, writing
from plan.errors import DondocError, NotFoundError
from plan.models import EdocPackage, IncomingMail
from plan.settings import Settings

_CODES = {FILED: TAKEN, TO_PERSON: ARRIVED, IGNORED: REFUSED}
_DAYS = 30
"""A document that waited longer for a person is answered by people."""
_MOST = 500
BY_FOLDER = "thư mục"


def reply(engine: Engine, settings: Settings, store: Store, now: datetime) -> int:
    """Put into the tray what has not been said yet, then the tray into the folder, if one is set; how many
    packages went there. Raises OSError where the folder cannot be written, StoreError or NotFoundError
    where a letter's file is gone: those behind it have left."""
    if not settings.edoc_organ_id:  # a package that names no sender would be another's
        return 0
    _answer(engine, now)
    folder = settings.edoc_out_dir
    if folder is None:
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    with reading(engine) as session:
        rows = waiting(session, _MOST)
    lost: DondocError | None = None
    for row in rows:
        try:
            with reading(engine) as session:
                name, data = package_of(session, store, row, settings.edoc_organ_id)
        except StoreAwayError:
            raise
        except (StoreError, NotFoundError) as error:  # of this letter alone; those behind it leave
            lost = error
            continue
        put(folder, name, data)
        with writing(engine) as session:
            take(session, row.id or 0, BY_FOLDER, now)
    if lost is not None:
        raise lost
    return len(rows)


def put(folder: Path, name: str, data: bytes) -> Path:
    """A file that is there whole or not at all."""
    half, whole = folder / f".{name}.part", folder / name
    half.write_bytes(data)
    os.replace(half, whole)
    return whole


def _answer(engine: Engine, now: datetime) -> None:
    for number, code in _unsaid(engine, now):
        with writing(engine) as session:
            values = {"mail_id": number, "code": code, "made_at": now, "taken_by": ""}
            session.connection().execute(insert_if_absent(session, EdocPackage).values(values))
            row = session.get_one(IncomingMail, number)
            row.outcome = {**row.outcome, "edoc_said": code}
            session.add(row)


def _unsaid(engine: Engine, now: datetime) -> Iterator[tuple[int, str]]:
    """The newest of the last weeks: an office has hundreds of documents a month, not a million."""
    with reading(engine) as session:
        rows = session.exec(
            select(IncomingMail)
            .where(
                IncomingMail.source == FOLDER,
                IncomingMail.recorded_at >= now - timedelta(days=_DAYS),
                col(IncomingMail.state).in_(_CODES),
            )
            .order_by(col(IncomingMail.id).desc())
            .limit(_MOST)
        ).all()
    for row in rows:
        edoc, code = facts_of(row.outcome), _CODES[row.state]
        if edoc is None or edoc.status or not edoc.organ:
            continue
        if row.outcome.get("edoc_said") != code:
            yield row.id or 0, code
