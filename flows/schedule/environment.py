"""Prefect's environment: where it keeps things, whom it talks to, and what it never tells anybody.

To be settled before prefect is first imported, and handed on to every child process.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from collections.abc import Iterator, MutableMapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from plan.errors import SettingsError
from plan.keys.secret import prefect_key
from plan.settings import Settings

ENTRYPOINT = "flows.entry.flow"
HEARTBEAT_SECONDS = 30
"""The least Prefect allows; a run not heard of for three of them is taken for dead."""
KEEP_RUNS_SECONDS = 60 * 24 * 3600
"""Prefect's own record of a run; the ledger keeps what the run did for ever."""

SILENT = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
    "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
}
"""No call leaves the machine."""

STEADY = {
    # Kept in memory, a killed run's turn would outlive the server that counts its seconds: held for ever.
    "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": (
        "prefect.server.concurrency.lease_storage.filesystem"
    ),
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "events,flow_runs",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(KEEP_RUNS_SECONDS),
    "PREFECT_LOGGING_COLORS": "false",
    **{
        f"PREFECT_LOGGING_FORMATTERS_STANDARD_{name}": f"%(asctime)s | %(levelname)-7s | {what}"
        for name, what in (
            ("FORMAT", "%(name)s: %(message)s"),
            ("FLOW_RUN_FMT", "%(flow_run_name)s: %(message)s"),
            ("TASK_RUN_FMT", "%(task_run_name)s: %(message)s"),
        )
    },
    "PREFECT_LOGGING_FORMATTERS_STANDARD_DATEFMT": "%Y-%m-%d %H:%M:%S",
    "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    "PREFECT_LOGGING_LOGGERS_PREFECT_TASK_RUNS_LEVEL": "WARNING",
    "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
}
"""What an operator may set otherwise."""


def api_url(settings: Settings) -> str:
    """Prefect's API: the shared server's, or that of the one this installation runs itself."""
    return (
        settings.prefect_api_url
        or f"http://{_reachable(settings.prefect_host)}:{settings.prefect_port}/api"
    )


def pages_url(settings: Settings) -> str:
    """Prefect's pages for operators."""
    return api_url(settings).removesuffix("/api")


def _reachable(host: str) -> str:
    """Where a server that listens on `host` is found from this machine."""
    return "127.0.0.1" if host in ("", "0.0.0.0", "::") else host


def configure_prefect(settings: Settings, environ: MutableMapping[str, str] = os.environ) -> None:
    """Set Prefect's environment for this process and its children.

    A PREFECT_API_URL or key that stands in the environment for other work is not used: schedules go
    to this installation's server only, named by DONDOC_PREFECT_API_URL. `SettingsError`: no key for it.
    """
    home = settings.home.resolve()
    (home / "prefect").mkdir(parents=True, exist_ok=True)
    environ.pop("PREFECT_API_KEY", None)
    environ.update(SILENT | closed(settings))
    environ.update({"PREFECT_HOME": str(home / "prefect"), "PREFECT_API_URL": api_url(settings)})
    own = {
        "PREFECT_SERVER_DATABASE_CONNECTION_URL": f"sqlite+aiosqlite:///{home / 'prefect.db'}",
        **prefect_backing(settings),
        "PREFECT_SERVER_API_HOST": settings.prefect_host,
        "PREFECT_SERVER_API_PORT": str(settings.prefect_port),
        **_where_pages_go(home),
    }
    for name, value in (STEADY | own).items():
        environ.setdefault(name, value)


def closed(settings: Settings) -> dict[str, str]:
    """Who may speak to Prefect: who has the key, and in a browser only Prefect's own pages. What a run
    does is chosen here, by `flows.entry`: nothing the server says of a deployment is carried out."""
    key = prefect_key(settings)
    origins = [f"{scheme}://{name}" for name in hosts(settings) for scheme in ("http", "https")]
    ported = [f"{origin}:{settings.prefect_port}" for origin in origins]
    return {
        "PREFECT_API_AUTH_STRING": key,
        "PREFECT_SERVER_API_AUTH_STRING": key,
        "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": ",".join([*origins, *ported]),
        "PREFECT__FLOW_ENTRYPOINT": ENTRYPOINT,
    }


def hosts(settings: Settings) -> list[str]:
    """The names Prefect may be asked for by: others are another site's that leads here."""
    named = [urlsplit(api_url(settings)).hostname or "", settings.prefect_host]
    every = ["127.0.0.1", "localhost", *named, *settings.prefect_hosts]
    return list(dict.fromkeys(name for name in every if name not in ("", "0.0.0.0", "::")))


def _where_pages_go(home: Path) -> dict[str, str]:
    """Prefect copies its pages beside its code when it starts. In an image, or installed by root, that
    cannot be written, and it would serve none: they go into the home."""
    prefect = find_spec("prefect")
    beside = Path(str(prefect and prefect.origin)).parent / "server"
    if os.access(beside, os.W_OK):
        return {}
    return {"PREFECT_SERVER_UI_STATIC_DIRECTORY": str(home / "prefect" / "ui")}


def export_settings(settings: Settings, environ: MutableMapping[str, str] = os.environ) -> None:
    """Name in the environment every setting that was given, so that children started elsewhere read
    the same ones: a relative home or an `.env` would not be found from their folder."""
    environ["DONDOC_HOME"] = str(settings.home.resolve())
    for name, text in _given(settings):
        environ[name] = text


def _given(settings: Settings) -> Iterator[tuple[str, str]]:
    for field in settings.model_fields_set - {"home"}:
        value = getattr(settings, field)
        yield f"DONDOC_{field.upper()}", _text(value)


def _text(value: object) -> str:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, list | tuple):
        return json.dumps([_text(one) for one in value])
    if isinstance(value, dict):
        return json.dumps(value)
    return "" if value is None else str(value)


def die_with_parent(how: signal.Signals) -> None:
    """Ask the kernel to end this process so when its parent goes, however that goes (Linux)."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, how)


def limit_name(channel: str) -> str:
    """Prefect's global concurrency limit for a channel: its pace holds for all senders together."""
    return f"dondoc-{channel}"


# --- Several machines: what Prefect's servers share, and the command line of each part.
#
# A part is a plain Prefect process with this installation's settings; all of them may run several
# times, on as many machines, and any of them may be killed: the database says what is left to do.

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
    missing = [f"DONDOC_{field.upper()}" for field in fields if not _value_of(settings, field)]
    if missing:
        raise SettingsError(f"Chạy trên nhiều máy cần đặt thêm: {_listed(missing)}.")


def _value_of(settings: Settings, field: str) -> str:
    value = getattr(settings, field)
    text: str = value if isinstance(value, str) else value.get_secret_value()
    return text


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
