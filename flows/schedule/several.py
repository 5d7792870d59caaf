"""Several machines: what Prefect's servers share, and the command line of each part.

A part is a plain Prefect process with this installation's settings; all of them may run several times,
on as many machines, and any of them may be killed: the database says what is left to do.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from urllib.parse import urlsplit, urlunsplit

from plan.errors import SettingsError
from plan.settings import Settings

MESSAGES, TIMERS = 0, 1
"""Redis databases: events between Prefect's servers; what its services have to do and when."""
POLL_SECONDS = 3
"""Between a worker's looks for due runs. Each costs the server some milliseconds, whatever the number of
deployments."""


def prefect_backing(settings: Settings) -> dict[str, str]:
    """Prefect's database and messaging as its own environment names them; empty: neither is given."""
    found = {}
    if database := settings.prefect_database_url.get_secret_value():
        found["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = database
    if redis := settings.redis_url.get_secret_value():
        found |= {
            "PREFECT_SERVER_EVENTS_MESSAGING_BROKER": "prefect_redis.messaging",
            "PREFECT_SERVER_EVENTS_MESSAGING_CACHE": "prefect_redis.messaging",
            "PREFECT_SERVER_EVENTS_CAUSAL_ORDERING": "prefect_redis.ordering",
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect_redis.lease_storage",
            "PREFECT_REDIS_MESSAGING_URL": _numbered(redis, MESSAGES),
            "PREFECT_SERVER_DOCKET_URL": _numbered(redis, TIMERS),
        }
    return found


def _numbered(url: str, number: int) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{number}"))


# --- the parts -----------------------------------------------------------------------------------


def api(settings: Settings) -> list[str]:
    """One of Prefect's API servers, with its pages, without the services that must not stand twice in
    each. `SettingsError` when it would share nothing with the others, or has no key."""
    _require(settings, "prefect_database_url", "redis_url", "prefect_key")
    return [sys.executable, "-m", "flows.service.prefect_server", "api"]


def services(settings: Settings) -> list[str]:
    """Prefect's background services: scheduler, late runs, events, automations."""
    _require(settings, "prefect_database_url", "redis_url", "prefect_key")
    return prefect("server", "services", "start")


def upgrade(settings: Settings) -> list[str]:
    """Prefect's tables brought to its version."""
    _require(settings, "prefect_database_url")
    return prefect("server", "database", "upgrade", "-y")


def worker(settings: Settings, name: str = "", health_check: bool = False) -> list[str]:
    """A worker: takes due runs from the pool, `runners` of them at a time."""
    _require(settings, "prefect_api_url", "work_pool", "prefect_key")
    named = ["--name", name] if name else []
    asked = ["--with-healthcheck"] if health_check else []
    pool = ["--pool", settings.work_pool, "--limit", str(settings.runners)]
    return [sys.executable, "-m", "flows.worker", *pool, *named, *asked]


def prefect(*words: str) -> list[str]:
    """Prefect's own command line."""
    return [sys.executable, "-m", "prefect", "--no-prompt", *words]


def _require(settings: Settings, *fields: str) -> None:
    """`SettingsError` naming every setting that is missing."""
    missing = [f"DONDOC_{field.upper()}" for field in fields if not _given(settings, field)]
    if missing:
        raise SettingsError(f"Chạy trên nhiều máy cần đặt thêm: {_listed(missing)}.")


def _given(settings: Settings, field: str) -> str:
    value = getattr(settings, field)
    text: str = value if isinstance(value, str) else value.get_secret_value()
    return text


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
