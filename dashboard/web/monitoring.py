"""For machines that watch: is it alive, is it ready, how does it stand (Prometheus' text format)."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, func, select
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from dashboard.web.site import Site
from plan.database import migrated, reading
from plan.models import ChannelState, ConsolidationRun, Message, Obligation, WebhookDelivery
from plan.states import STILL_OWED

Check = tuple[str, bool, str]
"""(what, whether it is well, what to do)"""
Checks = Callable[[], Sequence[Check]]
KIND = "text/plain; version=0.0.4; charset=utf-8"


async def health(request: Request) -> Response:
    """The process answers; with `checks` given to the app, whether all else is well too. What exactly is
    wrong is told to whoever may read the metrics, not to the world."""
    found = await run_in_threadpool(_checks, request)
    well = all(ok for _, ok, _ in found)
    body: dict[str, object] = {"status": "ok" if well else "fault"}
    if _may_read(request.app.state.site, request):
        body["checks"] = [{"name": name, "ok": ok, "words": words} for name, ok, words in found]
    return JSONResponse(body, status_code=200 if well else 503)


def _checks(request: Request) -> Sequence[Check]:
    checks: Checks | None = request.app.state.checks
    return checks() if checks is not None else ()


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
    body = await run_in_threadpool(_metrics, site, request)
    return Response(body, media_type=KIND)


def _may_read(site: Site, request: Request) -> bool:
    token = site.settings.metrics_token.get_secret_value()
    if token:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), token.encode())
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _metrics(site: Site, request: Request) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Counted(site, _checks(request)))
    return generate_latest(registry)


class _Counted(Collector):
    """Counts everything when asked; nothing is kept between."""

    def __init__(self, site: Site, checks: Sequence[Check]) -> None:
        self._site, self._checks = site, checks

    def describe(self) -> Sequence[GaugeMetricFamily]:
        """Nothing beforehand: registering would count everything once more."""
        return ()

    def collect(self) -> Iterator[GaugeMetricFamily]:
        with reading(self._site.engine) as session:
            yield from _stock(session, self._site.clock())
        yield _gauge(
            "dondoc_check_ok",
            "1 while a check of `dondoc doctor` is well; the last look of each schedule is one.",
            [(name, int(ok)) for name, ok, _ in self._checks],
            "check",
        )


def _gauge(
    name: str, what: str, rows: Sequence[Sequence[object]], *labels: str
) -> GaugeMetricFamily:
    """A gauge; each row is its labels' values, then the figure."""
    found = GaugeMetricFamily(name, what, labels=labels)
    for *values, figure in rows:
        found.add_metric([str(value) for value in values], float(str(figure)))
    return found


def _stock(session: Session, now: datetime) -> Iterator[GaugeMetricFamily]:
    yield _gauge(
        "dondoc_obligations",
        "Dated obligations by plan and state.",
        session.exec(
            select(Obligation.plan_id, Obligation.state, func.count())
            .where(col(Obligation.due_at).is_not(None))
            .group_by(col(Obligation.plan_id), col(Obligation.state))
        ).all(),
        "plan",
        "state",
    )
    yield _gauge(
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
        "plan",
    )
    kinds = (col(Message.plan_id), col(Message.channel), col(Message.state))
    yield _gauge(
        "dondoc_messages",
        "Messages by plan, channel and state.",
        session.exec(select(*kinds, func.count()).group_by(*kinds)).all(),
        "plan",
        "channel",
        "state",
    )
    yield from _ages(session, now)
    yield _gauge(
        "dondoc_channel_down",
        "1 while a channel is held back.",
        [
            (row.channel, int(row.down_since is not None))
            for row in session.exec(select(ChannelState))
        ],
        "channel",
    )
    outputs = (
        col(ConsolidationRun.plan_id),
        col(ConsolidationRun.output),
        col(ConsolidationRun.state),
    )
    yield _gauge(
        "dondoc_runs",
        "Consolidation runs by plan, output and state.",
        session.exec(select(*outputs, func.count()).group_by(*outputs)).all(),
        "plan",
        "output",
        "state",
    )
    yield _gauge(
        "dondoc_webhook_deliveries",
        "Webhook deliveries by state.",
        session.exec(
            select(WebhookDelivery.state, func.count()).group_by(col(WebhookDelivery.state))
        ).all(),
        "state",
    )


def _ages(session: Session, now: datetime) -> Iterator[GaugeMetricFamily]:
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
        ("dondoc_tick_lag_seconds", "How long reminders have waited for a tick.", tick),
    ):
        age = (now - since).total_seconds() if isinstance(since, datetime) else 0.0
        yield _gauge(name, what, [(max(age, 0.0),)])
