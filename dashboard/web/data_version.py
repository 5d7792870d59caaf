"""A short text that changes whenever something shown may have changed."""

from __future__ import annotations

from sqlalchemy import text
from sqlmodel import Session

STAMP = (
    # Who came in or took a table away changes nothing that is shown: found from the newest backwards.
    "(SELECT max(id) FROM audit_event WHERE event NOT LIKE 'session.%' AND event <> 'table.exported'),"
    " (SELECT max(id) FROM message),"
    " (SELECT max(id) FROM consolidation_run), (SELECT max(finished_at) FROM consolidation_run),"
    " (SELECT max(finalised_at) FROM consolidation_run),"
    " (SELECT max(stale_since) FROM consolidation_run),"
    " (SELECT max(failures) FROM channel_state), (SELECT count(*) FROM bad_address)"
)
"""Columns of a SELECT."""
_STATEMENT = text(f"SELECT {STAMP}")


def stamp(session: Session) -> str:
    """One round trip over short, indexed or small reads."""
    return "|".join(str(value) for value in session.execute(_STATEMENT).one())
