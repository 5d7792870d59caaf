"""`dondoc serve`: Prefect's server as a child process, the runner, the pages and the bridge in this one.

The order of the start is the order of what takes longest: the server comes up while the database is made
and the pages open. It stops in the other direction. Whatever a stop or a crash leaves undone, the database
knows, and the next run makes good.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlmodel import select

from flows.clock import going_on, service_clock, start_virtual_clock, stop_virtual_clock
from flows.jobs import rounds
from flows.schedule import environment
from flows.schedule.event_relay import Bridge
from flows.service.bootstrap import Prepared, prepare
from flows.service.heartbeat import Heartbeat
from flows.service.lock import hold_home, require_free
from flows.service.prefect_server import PrefectServer, answers
from flows.service.runner import Work
from flows.service.sparing import Sparing, open_many_files
from plan.database import reading
from plan.errors import DondocError
from plan.home import make_private
from plan.models import Plan
from plan.queries.lookup import newest_moment, of_the_office
from plan.settings import STAYS_PRACTICE, Settings, has_practised
from plan.text import moment_words

if TYPE_CHECKING:
    from flows.runtime import RoundTools
    from flows.schedule.register import Registered
    from flows.service.web_server import Pages

import sys

log = logging.getLogger("dondoc.serve")

SERVER_SECONDS = 300.0
"""A first start on a slow disk takes long; beyond this something is wrong."""
LOOK_SECONDS = 0.2
ROUND_SECONDS = 2.0
"""Between looks at decisions made, at the child, at the plans."""
NEWS_SECONDS = 5.0
"""Between words that say the server is still starting."""

OpenPages = Callable[["Service"], "Pages"]


class StoppedError(Exception):
    """Told to stop while starting."""


@dataclass
class Service:
    """What runs, as far as it has come."""

    settings: Settings
    tools: RoundTools | None = None
    server: PrefectServer | None = None
    pages: Pages | None = None
    work: Work | None = None
    ready: bool = False
    plans: tuple[tuple[str, str, str], ...] = ()
    stop: asyncio.Event = field(default_factory=asyncio.Event)

    def clock(self) -> datetime:
        """Now, by the installation's clock as it is at this moment of the start (UTC)."""
        assert self.tools is not None
        return self.tools.clock()

    @property
    def api(self) -> str:
        return environment.api_url(self.settings)

    def up(self) -> bool:
        """Whether Prefect answers."""
        return answers(f"{self.api}/health")


def serve(settings: Settings, open_pages: OpenPages) -> None:
    """Run until SIGINT or SIGTERM. `open_pages` opens the dashboard once the database is there.

    Raises `RefusedError` when this home is served already or a port is taken.
    """
    make_private(settings.home.resolve())
    open_many_files()
    with hold_home(settings.home.resolve()):
        require_free(settings.host, {"DONDOC_PORT": settings.port})
        if not settings.prefect_api_url:
            require_free(settings.prefect_host, {"DONDOC_PREFECT_PORT": settings.prefect_port})
        environment.configure_prefect(settings)
        environment.export_settings(settings)
        log.info("Đôn Đốc đang khởi động; dữ liệu ở %s", settings.home.resolve())
        service = Service(settings)
        with _ahead(service):
            asyncio.run(_run(service, open_pages))


@contextmanager
def _ahead(service: Service) -> Iterator[None]:
    """What comes before this process has any thread: Prefect's server is started, and while it comes up,
    the parent that runs are forked from."""
    settings = service.settings
    if not settings.prefect_api_url:
        service.server = PrefectServer(settings)
        service.server.start()
        log.info("Prefect đang khởi động…")
    if settings.work_pool:
        yield
        return
    from flows.service.forked_runs import forked_runs

    with forked_runs(settings.warm_runs):
        yield


async def _run(service: Service, open_pages: OpenPages) -> None:
    _heed_signals(service.stop)
    try:
        await _start(service, open_pages)
        await _rounds(service)
    except StoppedError:
        pass
    finally:
        await _stop(service)


def _heed_signals(stop: asyncio.Event) -> None:
    """The first signal asks to stop, a second one insists."""
    loop = asyncio.get_running_loop()

    def heed() -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        log.info("Đang dừng… (Ctrl-C lần nữa: dừng ngay)")
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, heed)


# --- starting ------------------------------------------------------------------------------------


async def _start(service: Service, open_pages: OpenPages) -> None:
    began = time.monotonic()
    settings = service.settings
    prepared = await asyncio.to_thread(prepare, settings, service_clock(settings)())
    log.info("Cơ sở dữ liệu: %s", database_words(prepared))
    if has_practised(settings.home) and not settings.clock:
        log.warning(STAYS_PRACTICE)
    service.tools = await asyncio.to_thread(rounds.make_tools, settings, prepared.engine)
    _wind_up(service, speed=0)
    service.plans = await asyncio.to_thread(_plans, service.tools)
    service.pages = await asyncio.to_thread(open_pages, service)
    log.info("Trang tổng hợp: %s", settings.base_url)
    await _wait_for_prefect(service)
    log.info("Trang Prefect: %s", environment.pages_url(settings))
    _wind_up(service)
    registered = await _register(service)
    if not settings.work_pool:
        service.work = Work(registered.ids, settings.runners, service.up)
        await service.work.start()
        _heed_signals(service.stop)  # the runner has put its own in their place
    await _catch_up(service)
    service.ready = True
    log.info("Sẵn sàng sau %.0f giây. Ctrl-C để dừng.", time.monotonic() - began)


def _wind_up(service: Service, speed: float | None = None) -> None:
    """Put a virtual clock where it begins. It stands (`speed` 0) until everything else is there."""
    assert service.tools is not None
    with reading(service.tools.engine) as session:
        anchor = start_virtual_clock(service.settings, newest_moment(session), speed)
    if anchor is None:
        return
    service.tools = replace(service.tools, clock=anchor)
    if anchor.speed:
        named = service.settings.clock_smtp_url.get_secret_value()
        mail = "thư đi qua DONDOC_CLOCK_SMTP_URL" if named else "thư được giữ lại thành tệp"
        log.info("Đồng hồ ảo: %s; %s.", moment_words(anchor.start), mail)
        if said := going_on(service.settings, anchor.start):
            log.warning(said)


def database_words(prepared: Prepared) -> str:
    """What had to be done for the database, for who watches the start."""
    done = "đã tạo hoặc nâng cấp bảng" if prepared.migrated else "đã có"
    plans = ", ".join(prepared.plans)
    if not plans:
        return f"{done}; chưa có kế hoạch nào, nạp ở trang Lần đầu"
    if prepared.loaded is None:
        return f"{done}; kế hoạch {plans}"
    return f"{done}; đã nạp kế hoạch {plans}, {prepared.loaded} nghĩa vụ"


async def _wait_for_prefect(service: Service) -> None:
    began = told = time.monotonic()
    while not await asyncio.to_thread(service.up):
        _go_on(service)
        now = time.monotonic()
        if now - began > SERVER_SECONDS:
            raise DondocError(
                f"Prefect không trả lời ở {service.api} sau {SERVER_SECONDS:.0f} giây."
            )
        if now - told > NEWS_SECONDS:
            told = now
            log.info("Prefect đang khởi động… (%.0f giây)", now - began)
        if service.server is not None:
            service.server.keep_up()
        await asyncio.sleep(LOOK_SECONDS)
    _go_on(service)


def _go_on(service: Service) -> None:
    if service.stop.is_set():
        raise StoppedError


async def _register(service: Service) -> Registered:
    from flows.schedule.register import register

    assert service.tools is not None
    done = await register(service.tools)
    log.info(
        "Lịch: %d việc; %d mới hoặc đổi, %d bỏ. Xem: dondoc schedule",
        len(done.ids),
        len(done.changed),
        len(done.removed),
    )
    return done


async def _catch_up(service: Service) -> None:
    """What fell due while nothing ran is not left waiting for the next scheduled look: one run of a
    milestone of each plan, which reminds for the whole plan, and one of each plan's consolidation."""
    from prefect.deployments import arun_deployment

    from flows.schedule.register import planned

    assert service.tools is not None
    first: dict[tuple[str, str], str] = {}
    for job in await asyncio.to_thread(planned, service.tools):
        if job.flow in ("track-milestone", "consolidate") and not job.parameters.get("nightly"):
            first.setdefault((job.flow, job.parameters["plan_id"]), job.full_name)
    for name in first.values():
        with suppress(Exception):  # the schedule comes round anyway
            await arun_deployment(name, timeout=0, as_subflow=False)


# --- running -------------------------------------------------------------------------------------


async def _rounds(service: Service) -> None:
    assert service.tools is not None
    engine = service.tools.engine
    bridge = Bridge(find=lambda: rounds.arrivals(engine))
    heartbeat = Heartbeat(service.settings, service.tools)
    while not service.stop.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(service.stop.wait(), ROUND_SECONDS)
            return
        try:
            if service.server is not None:
                service.server.keep_up()
            for plan_id in await asyncio.to_thread(bridge.turn):
                log.info("%s: có quyết định mới, báo để tổng hợp", plan_id)
            await _follow_plans(service)
            await asyncio.to_thread(heartbeat.beat)
        except Exception as error:  # the database or Prefect is away: the next round looks again
            log.warning("Chưa xem được việc mới (%s); sẽ thử lại.", type(error).__name__)


async def _follow_plans(service: Service) -> None:
    """A plan loaded or changed while the service runs gets its schedules at once."""
    assert service.tools is not None
    plans = await asyncio.to_thread(_plans, service.tools)
    if plans == service.plans:
        return
    registered = await _register(service)
    if service.work is not None:
        await service.work.add(registered.ids)
    service.plans = plans


def _plans(tools: RoundTools) -> tuple[tuple[str, str, str], ...]:
    """Each plan, where it stands in its life, and what it says, as a digest."""
    with reading(tools.engine) as session:
        wanted = select(Plan.id, Plan.state, Plan.definition_hash).where(of_the_office())
        rows = session.exec(wanted.order_by(Plan.id))
        return tuple((plan_id, state, digest) for plan_id, state, digest in rows)


# --- stopping ------------------------------------------------------------------------------------


async def _stop(service: Service) -> None:
    service.ready = False
    if service.pages is not None:
        await asyncio.to_thread(service.pages.stop)
    if service.work is not None:
        await service.work.stop()
    if service.server is not None:
        await asyncio.to_thread(service.server.stop)
    if service.tools is not None:
        stop_virtual_clock(service.settings)
        service.tools.engine.dispose()
    log.info("Đã dừng.")


# --- One log for everything the service does: a line a thing, with its moment, on standard output.
#
# Times are the machine's own, also on a virtual clock. Child processes write into the same stream.

FORMAT = "%(asctime)s | %(levelname)-7s | %(message)s"
DATE = "%Y-%m-%d %H:%M:%S"


def one_log(level: int = logging.INFO) -> None:
    """Set up this process's log. Prefect's own lines have the same shape (`quiet.STEADY`)."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(logging.Formatter(FORMAT, DATE))
    handler.addFilter(Sparing())
    logging.getLogger("uvicorn.error").addFilter(Sparing())
    logger = logging.getLogger("dondoc")
    logger.handlers[:] = [handler]
    logger.setLevel(level)
    logger.propagate = False
