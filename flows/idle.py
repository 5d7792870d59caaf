"""Whether a look would find nothing to do, asked before anything heavy is loaded.

Most looks find nothing, and each is a process of its own: loading the tables costs more than all else
such a look does. So the three questions it would ask are put in plain SQL first. Whoever is in doubt
looks properly; a test holds these questions and the real work together.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import closing
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from plan.settings import Settings

QUESTIONS: Mapping[str, str] = {
    "a rung may have come": """
        SELECT 1 FROM obligation WHERE plan_id = :plan AND next_check_at <= :now LIMIT 1""",
    "something happened that is not told or not consolidated": """
        SELECT 1 FROM event_delivery JOIN outgoing_event ON outgoing_event.id = event_delivery.event_id
        WHERE consumer IN ('notify', 'consolidate') AND done_at IS NULL AND plan_id = :plan LIMIT 1""",
    "a message waits, or was left half sent": """
        SELECT 1 FROM message WHERE plan_id = :plan AND next_attempt_at <= :now
        AND state IN ('queued', 'failed', 'sending') LIMIT 1""",
}
_NAMED = re.compile(r":(\w+)")


def idle(settings: Settings, plan_id: str, now: datetime) -> bool:
    """Whether nothing of this plan waits at `now` (UTC). False also when that cannot be found out."""
    try:
        return not _any(settings.resolved_database_url, {"plan": plan_id, "now": now})
    except Exception:  # no such driver, no database, no table: the proper look will say
        return False


def _any(url: str, given: Mapping[str, Any]) -> bool:
    if url.startswith("sqlite:///"):
        return _any_of_sqlite(url.removeprefix("sqlite:///"), given)
    return _any_of_postgresql(url, given)


def _any_of_sqlite(path: str, given: Mapping[str, Any]) -> bool:
    import sqlite3

    stamp = f"{given['now'].astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"  # as SQLAlchemy writes it
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as connection:
        return any(
            connection.execute(question, {**given, "now": stamp}).fetchone()
            for question in QUESTIONS.values()
        )


def _any_of_postgresql(url: str, given: Mapping[str, Any]) -> bool:
    import psycopg

    parts = urlsplit(url)
    if parts.scheme.partition("+")[0] != "postgresql":
        raise ValueError(parts.scheme)
    with psycopg.connect(parts._replace(scheme="postgresql").geturl(), connect_timeout=5) as asked:
        return any(
            asked.execute(_NAMED.sub(r"%(\1)s", question).encode(), given).fetchone()
            for question in QUESTIONS.values()
        )
