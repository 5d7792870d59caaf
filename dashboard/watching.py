"""For machines that watch: is it alive, is it ready, how does it stand (Prometheus' text format)."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, func, select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from dashboard.site import Site
from plan.database import migrated, reading
from plan.models import ChannelState, ConsolidationRun, Message, Obligation, WebhookDelivery
from plan.states import STILL_OWED

Check = tuple[str, bool, str]
"""(what, whether it is well, what to do)"""
Checks = Callable[[], Sequence[Check]]


async def health(request: Request) -> Response:
    """The process answers; with `checks` given to the app, whether all else is well too."""
    checks: Checks | None = request.app.state.checks
    found = await run_in_threadpool(checks) if checks is not None else []
    well = all(ok for _, ok, _ in found)
    body = {
        "status": "ok" if well else "fault",
        "checks": [{"name": name, "ok": ok, "words": words} for name, ok, words in found],
    }
    return JSONResponse(body, status_code=200 if well else 503)


async def ready(request: Request) -> Response:
    """The database answers and has the tables this version needs."""
    site: Site = request.app.state.site
    fault = await run_in_threadpool(_database_fault, site.engine)
    if fault:
        return JSONResponse({"status": "fault", "words": fault}, status_code=503)
    return JSONResponse({"status": "ready"})


def _database_fault(engine: Engine) -> str:
    try:
        if not migrated(engine):
            return "Cơ sở dữ liệu chưa được nâng cấp; hãy chạy: dondoc init"
        with engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return "Không kết nối được cơ sở dữ liệu."
    return ""


async def metrics(request: Request) -> Response:
    """Counts only, no names. To whoever has the token, without a token only to this machine."""
    site: Site = request.app.state.site
    if not _may_read(site, request):
        return PlainTextResponse("Không có quyền.", status_code=403)
    body = await run_in_threadpool(_metrics, site)
    return PlainTextResponse(body, media_type="text/plain; version=0.0.4; charset=utf-8")


def _may_read(site: Site, request: Request) -> bool:
    token = site.settings.metrics_token.get_secret_value()
    if token:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _metrics(site: Site) -> str:
    with reading(site.engine) as session:
        return "\n".join([*_lines(session, site.clock()), ""])


def _lines(session: Session, now: datetime) -> Iterator[str]:
    yield from _counts(
        "dondoc_obligations",
        "Dated obligations by plan and state.",
        session.exec(
            select(Obligation.plan_id, Obligation.state, func.count())
            .where(col(Obligation.due_at).is_not(None))
            .group_by(col(Obligation.plan_id), col(Obligation.state))
        ).all(),
        ("plan", "state"),
    )
    yield from _counts(
        "dondoc_obligations_overdue",
        "Dated obligations still owed past their deadline.",
        session.exec(
            select(Obligation.plan_id, func.count())
            .where(
                col(Obligation.due_at) <= now,
                col(Obligation.state).in_([state.value for state in STILL_OWED]),
            )
            .group_by(col(Obligation.plan_id))
        ).all(),
        ("plan",),
    )
    yield from _counts(
        "dondoc_messages",
        "Messages by plan, channel and state.",
        session.exec(
            select(Message.plan_id, Message.channel, Message.state, func.count()).group_by(
                col(Message.plan_id), col(Message.channel), col(Message.state)
            )
        ).all(),
        ("plan", "channel", "state"),
    )
    yield from _ages(session, now)
    yield from _counts(
        "dondoc_channel_down",
        "1 while a channel is held back.",
        [
            (row.channel, int(row.down_since is not None))
            for row in session.exec(select(ChannelState)).all()
        ],
        ("channel",),
    )
    yield from _counts(
        "dondoc_runs",
        "Consolidation runs by plan, output and state.",
        session.exec(
            select(
                ConsolidationRun.plan_id,
                ConsolidationRun.output,
                ConsolidationRun.state,
                func.count(),
            ).group_by(
                col(ConsolidationRun.plan_id),
                col(ConsolidationRun.output),
                col(ConsolidationRun.state),
            )
        ).all(),
        ("plan", "output", "state"),
    )
    yield from _counts(
        "dondoc_webhook_deliveries",
        "Webhook deliveries by state.",
        session.exec(
            select(WebhookDelivery.state, func.count()).group_by(col(WebhookDelivery.state))
        ).all(),
        ("state",),
    )


def _ages(session: Session, now: datetime) -> Iterator[str]:
    """How long the oldest thing that should have been done has been waiting."""
    queued = session.exec(
        select(func.min(Message.next_attempt_at)).where(
            col(Message.state).in_(("queued", "failed")), Message.next_attempt_at <= now
        )
    ).one()
    tick = session.exec(
        select(func.min(Obligation.next_check_at)).where(col(Obligation.next_check_at) <= now)
    ).one()
    for name, what, since in (
        ("dondoc_queue_age_seconds", "Age of the oldest message that is due to be sent.", queued),
        ("dondoc_tick_lag_seconds", "How long reminders have waited to be looked at.", tick),
    ):
        age = (now - since).total_seconds() if isinstance(since, datetime) else 0
        yield f"# HELP {name} {what}"
        yield f"# TYPE {name} gauge"
        yield f"{name} {max(age, 0):.0f}"


def _counts(
    name: str, what: str, rows: Sequence[Sequence[object]], labels: tuple[str, ...]
) -> Iterator[str]:
    yield f"# HELP {name} {what}"
    yield f"# TYPE {name} gauge"
    for row in rows:
        pairs = ",".join(
            f'{label}="{_escaped(value)}"' for label, value in zip(labels, row, strict=False)
        )
        yield f"{name}{{{pairs}}} {row[-1]}"


def _escaped(value: object) -> str:
    return str(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
