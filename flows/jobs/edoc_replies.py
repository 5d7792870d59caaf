"""What became of documents that came over the document axis, said back: a status message each, in a folder.

    01 has arrived (a person looks)   02 is refused   03 is taken in

Written before it is remembered as written: killed in between, the next round writes the same bytes again.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import col, select

from documents.edxml import ARRIVED, REFUSED, TAKEN, Organ, Reference, Status
from documents.edxml_writing import write
from intake.inbox.claims import FILED, IGNORED, TO_PERSON
from intake.inbox.lookup import FOLDER
from intake.mail.edoc import Edoc, facts_of
from plan.database import reading, writing
from plan.models import IncomingMail
from plan.settings import Settings

_CODES = {FILED: TAKEN, TO_PERSON: ARRIVED, IGNORED: REFUSED}
_DAYS = 30
"""A document that waited longer for a person is answered by people."""
_MOST = 500


def reply(engine: Engine, settings: Settings, now: datetime) -> int:
    """Write what has not been said yet; how many. Raises OSError where the folder cannot be written."""
    folder = settings.edoc_out_dir
    if folder is None:
        return 0
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    for number, edoc, code in _unsaid(engine, now):
        about = Reference(organ=edoc.organ, document_id=edoc.document)
        status = Status(Organ(settings.edoc_organ_id), about, code, at=now)
        put(folder, f"trang-thai-{number}-{code}.edxml", write(status))
        _remember(engine, number, code)
        written += 1
    return written


def put(folder: Path, name: str, data: bytes) -> Path:
    """A file that is there whole or not at all."""
    half, whole = folder / f".{name}.part", folder / name
    half.write_bytes(data)
    os.replace(half, whole)
    return whole


def _unsaid(engine: Engine, now: datetime) -> Iterator[tuple[int, Edoc, str]]:
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
            yield row.id or 0, edoc, code


def _remember(engine: Engine, number: int, code: str) -> None:
    with writing(engine) as session:
        row = session.get_one(IncomingMail, number)
        row.outcome = {**row.outcome, "edoc_said": code}
        session.add(row)
