"""The work beneath the flows: plain functions, run by Prefect's clock, by tests, or by hand.

Each reconciles with the database as of now: whatever was missed is made good, once, and running any of
them twice, or two at once, does no harm. `tools.clock` gives UTC instants.
"""

from __future__ import annotations

import ipaddress
import socket
import ssl
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import httpcore
from sqlalchemy import Engine, func
from sqlmodel import Session, col, select

from consolidation.runs import Progress
from consolidation.triggers import Reaction, react
from flows.clock import real_clock, service_clock
from flows.runtime import Tools
from intake.files.store import Store
from notifications import round as reminder_round
from notifications import webhooks
from notifications.channels.registry import make_channel
from notifications.channels.zalo.tokens import DatabaseTokenStore
from notifications.notices.alarms import tell_of_unreachable
from notifications.notices.events import tell_events
from notifications.outbox import delivery, store
from notifications.outbox.delivery import DeliveryResult
from notifications.outbox.reports import fetch_bounces
from notifications.plan_context import desk_from
from notifications.reminders.tick import TickResult, tick
from plan.database import open_engine, reading
from plan.models import (
    AuditEvent,
    EventDelivery,
    Message,
    Milestone,
    Obligation,
    OutgoingEvent,
    Plan,
)
from plan.queries.lookup import find_plan
from plan.queries.progress import ObligationView, obligations
from plan.secret import secret_key
from plan.settings import Settings, get_settings


def make_tools(settings: Settings, engine: Engine | None = None) -> Tools:
    """What the work is done with: database, clock, templates, channels, store."""
    clock = service_clock(settings)
    opened = engine or open_engine(settings.resolved_database_url)
    tokens = DatabaseTokenStore(opened, secret_key(settings), clock)
    return Tools(
        engine=opened,
        settings=settings,
        clock=clock,
        desk=desk_from(settings),
        store=Store(settings.resolved_store_url),
        open_channel=lambda name: make_channel(name, settings, clock, tokens),
    )


@lru_cache(maxsize=1)
def installed() -> Tools:
    """The tools of this process, made when first asked for."""
    return make_tools(get_settings())


def plan_ids(engine: Engine) -> list[str]:
    """Every plan of the installation."""
    with reading(engine) as session:
        return list(session.exec(select(Plan.id).order_by(Plan.id)))


# --- a milestone ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class Look:
    """A milestone as of a moment."""

    plan: str
    milestone: str
    title: str
    at: datetime
    views: tuple[ObligationView, ...]

    @property
    def owing(self) -> list[ObligationView]:
        """Not handed in, or given back."""
        return [view for view in self.views if not view.settled]

    @property
    def accepted(self) -> int:
        return sum(view.state in ("accepted", "waived") for view in self.views)

    @property
    def complete(self) -> bool:
        """Every obligation accepted or waived."""
        return bool(self.views) and self.accepted == len(self.views)


def look(tools: Tools, plan_id: str, milestone: str) -> Look:
    """Who owes what of a milestone, now. Reads only."""
    now = tools.clock()
    with reading(tools.engine) as session:
        plan = find_plan(session, plan_id)
        title = session.exec(
            select(Milestone.title).where(Milestone.plan_id == plan_id, Milestone.code == milestone)
        ).first()
        views = obligations(session, plan, now, milestone=milestone)
        return Look(plan.short or plan.id, milestone, title or milestone, now, tuple(views))


def anything_due(tools: Tools, plan_id: str) -> bool:
    """Whether a rung has come, something happened that is not told or not consolidated, or a message
    waits or was left half sent. Most looks find nothing: this spares them their tasks. Reads only."""
    now = tools.clock()
    questions = (
        select(Obligation.id).where(
            Obligation.plan_id == plan_id, col(Obligation.next_check_at) <= now
        ),
        select(EventDelivery.event_id)
        .join(OutgoingEvent, col(OutgoingEvent.id) == EventDelivery.event_id)
        .where(
            OutgoingEvent.plan_id == plan_id,
            col(EventDelivery.consumer).in_(("notify", "consolidate")),
            col(EventDelivery.done_at).is_(None),
        ),
        select(Message.id).where(
            Message.plan_id == plan_id,
            col(Message.next_attempt_at) <= now,
            col(Message.state).in_(("queued", "failed", "sending")),
        ),
    )
    with reading(tools.engine) as session:
        return any(session.exec(question.limit(1)).first() is not None for question in questions)


def queue_due(tools: Tools, plan_id: str) -> reminder_round.Round:
    """Tell what happened and queue what is due, for the whole plan: one message a person, however
    many milestones it is about. Sends nothing."""
    return reminder_round.queue(tools.engine, plan_id, tools.desk, tools.clock())


def queue_again(tools: Tools, plan_id: str) -> TickResult:
    """After someone turned out to be out of reach: others of the agency may hear in their place."""
    return tick(tools.engine, plan_id, tools.clock(), tools.desk)


def channels_due(tools: Tools, plan_id: str = "") -> list[str]:
    """Channels with messages that may be sent now; what a killed sender held among them."""
    store.replay_stuck(tools.engine, tools.clock())
    with reading(tools.engine) as session:
        return store.due_channels(session, tools.clock(), plan_id)


def deliver_channel(tools: Tools, channel: str, plan_id: str = "") -> DeliveryResult:
    """Send what is due on one channel, at its pace."""
    return delivery.deliver(
        tools.engine,
        tools.desk,
        tools.open_channel,
        tools.clock,
        plan_id=plan_id,
        channel=channel,
        pace=tools.settings.pace,
    )


@dataclass
class Tracked:
    """What one look at a milestone came to."""

    look: Look
    round: reminder_round.Round
    waiting: int = 0
    """The newest decision that consolidation has not taken in yet; 0: none."""


def track(tools: Tools, plan_id: str, milestone: str) -> Tracked:
    """What the flow `track-milestone` does, in one call: remind, deliver, say what is complete."""
    done = queue_due(tools, plan_id)
    done.delivery = deliver(tools, plan_id)
    return Tracked(look(tools, plan_id, milestone), done, arrivals(tools.engine).get(plan_id, 0))


def deliver(tools: Tools, plan_id: str = "") -> DeliveryResult:
    """Every channel's messages; then those of whoever must hear in place of the unreachable."""
    done = DeliveryResult()
    for channel in channels_due(tools, plan_id):
        done.add(deliver_channel(tools, channel, plan_id))
    if done.refused:
        for one in [plan_id] if plan_id else plan_ids(tools.engine):
            queue_again(tools, one)
        for channel in channels_due(tools, plan_id):
            done.add(deliver_channel(tools, channel, plan_id))
    return done


# --- the sweep -----------------------------------------------------------------------------------


@dataclass
class Swept:
    """What the outbox's sweep put into it."""

    told: int = 0
    queued: int = 0
    bounced: int = 0


def sweep(tools: Tools) -> Swept:
    """Before delivering: tell of events, read returned mail. For every plan."""
    now, done = tools.clock(), Swept()
    done.bounced = fetch_bounces(tools.engine, tools.settings, tools.desk, now)
    for plan_id in plan_ids(tools.engine):
        events = tell_events(tools.engine, plan_id, now, tools.desk)
        done.told += events.told
        done.queued += len(events.queued)
        done.queued += len(tell_of_unreachable(tools.engine, plan_id, now, tools.desk))
    return done


# --- inputs that arrive --------------------------------------------------------------------------


def arrivals(engine: Engine) -> dict[str, int]:
    """By plan, the newest decision that consolidation has not taken in yet (an outgoing event's id)."""
    with reading(engine) as session:
        rows = session.exec(
            select(OutgoingEvent.plan_id, func.max(OutgoingEvent.id))
            .join(EventDelivery, col(EventDelivery.event_id) == OutgoingEvent.id)
            .where(EventDelivery.consumer == "consolidate", col(EventDelivery.done_at).is_(None))
            .group_by(OutgoingEvent.plan_id)
        )
        return {plan_id: newest for plan_id, newest in rows if newest is not None}


def consolidate_due(
    tools: Tools,
    plan_id: str,
    *,
    nightly: bool = False,
    confirmed: Collection[str] = (),
    progress: Progress | None = None,
) -> Reaction:
    """Take in what was decided and make every output that has become due; the same inputs, once."""
    return react(
        tools.engine,
        tools.store,
        plan_id,
        tools.clock(),
        out=tools.settings.home.resolve() / "output",
        templates=tools.settings.templates,
        nightly=nightly,
        confirmed=confirmed,
        progress=progress,
    )


# --- the past ------------------------------------------------------------------------------------


def newest_moment(session: Session) -> datetime | None:
    """The last moment at which something happened to an obligation or a message left (UTC); a virtual
    clock never starts before it."""
    moments = (
        session.exec(
            select(func.max(AuditEvent.at)).where(col(AuditEvent.obligation_id).is_not(None))
        ).one(),
        session.exec(select(func.max(Message.sent_at))).one(),
    )
    return max((one for one in moments if one is not None), default=None)


# --- Telling other programs through webhooks: the dashboard's queue, and the HTTP client it is handed.
#
# Whoever may add a webhook names an address that this machine then speaks to. So the name is
# resolved here, what it resolves to is looked at, and exactly that is connected to: a name that
# leads elsewhere the second time leads nowhere. Addresses inside (private, loopback, link-local)
# only where a setting names their network.

SECONDS = 15.0
"""For all of it: resolving apart, from connecting to the last byte of the answer's head."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class NotAllowedError(OSError):
    """The address lies inside, where no setting lets a webhook go."""


def tell_other_systems(tools: Tools) -> int:
    """Queue and send what is due; gives how many were taken. Nothing leaves on a virtual clock.

    In real time: a receiver judges a signature's age by its own clock.
    """
    if tools.settings.clock:
        return 0
    now = real_clock()
    webhooks.queue(tools.engine, now)
    post = poster([ipaddress.ip_network(one) for one in tools.settings.webhook_networks])
    done = webhooks.deliver(tools.engine, post, secret_key(tools.settings), now)
    return done["done"]


def poster(inside: Sequence[Network] = (), seconds: float = SECONDS) -> webhooks.Post:
    """A POST that gives the status: follows no redirect, reads no body, ends within `seconds`. `inside`:
    networks that may be spoken to though they are not public. OSError when nobody answers in time."""

    def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        ends = time.monotonic() + seconds
        backend = _Backend(inside, ends)
        with httpcore.ConnectionPool(
            ssl_context=ssl.create_default_context(), network_backend=backend
        ) as pool:
            try:
                with pool.stream(
                    "POST", url, headers=[(k, v) for k, v in headers.items()], content=body
                ) as answer:
                    return answer.status
            except (httpcore.TimeoutException, httpcore.NetworkError) as error:
                raise OSError(str(error) or type(error).__name__) from error
            except (httpcore.ProtocolError, httpcore.UnsupportedProtocol) as error:
                raise OSError(f"trả lời không phải HTTP ({type(error).__name__})") from error

    return post


def allowed(address: str, inside: Iterable[Network]) -> bool:
    """Whether a webhook may speak to this IP address."""
    ip = ipaddress.ip_address(address)
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    public = ip.is_global and not ip.is_multicast
    return public or any(ip.version == net.version and ip in net for net in inside)


class _Backend(httpcore.SyncBackend):
    """Connects only to what it has looked at, and until the deadline only."""

    def __init__(self, inside: Sequence[Network], ends: float) -> None:
        self._inside, self._ends = inside, ends

    def connect_tcp(self, host: str, port: int, *_: Any, **__: Any) -> httpcore.NetworkStream:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise httpcore.ConnectError(f"không tìm thấy máy {host}") from error
        addresses = list(dict.fromkeys(str(one[4][0]) for one in found))
        if not all(allowed(one, self._inside) for one in addresses):
            raise NotAllowedError(
                f"{host} là địa chỉ nội bộ ({', '.join(addresses)}); cần DONDOC_WEBHOOK_NETWORKS"
            )
        opened = super().connect_tcp(addresses[0], port, timeout=_left(self._ends))
        return _Bounded(opened, self._ends)


class _Bounded(httpcore.NetworkStream):
    """A stream whose every step counts against one deadline: a drip of bytes does not renew it."""

    def __init__(self, stream: httpcore.NetworkStream, ends: float) -> None:
        self._stream, self._ends = stream, ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._ends, timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._ends, timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        left = _left(self._ends, timeout)
        secure = self._stream.start_tls(ssl_context, server_hostname, left)
        return _Bounded(secure, self._ends)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(ends: float, timeout: float | None = None) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("quá lâu không trả lời xong")
    return left if timeout is None else min(left, timeout)
