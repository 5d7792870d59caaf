"""Whether this machine's clock may be believed, before anything is done by it.

A look with the clock ten years ahead would tell everybody that everything is overdue, and then nobody
anything again. So each machine writes down, at each look, what its clock said and how long it has been up
(`clock_mark`). Within one boot the two must go together; after a restart the clock must not have gone
back, nor further ahead than a machine is ever off. A clock that is doubted stops the work and is told of;
when it agrees with the marks again, or an operator says it is right, everything is worked out anew.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from plan.database import reading, writing
from plan.errors import ClockError
from plan.models import ClockMark
from plan.queries.lookup import plan_ids
from plan.settings import Settings
from plan.text import moment_words

if TYPE_CHECKING:
    from flows.runtime import RoundTools

TOLERANCE = timedelta(minutes=5)
"""A clock that is kept right by the network is never so far off; one that creeps is followed."""
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
AGAIN = (
    "Chỉnh giờ máy (timedatectl); nếu giờ đang hiện là đúng: dondoc doctor --repair. Trong lúc chờ không "
    "nhắc, không gửi, không tổng hợp gì."
)


@dataclass(frozen=True)
class Machine:
    """What tells the time here: which boot this is, and how long it has lasted (suspended or not)."""

    boot: str
    up: Callable[[], float]
    """Seconds."""


def this_machine(settings: Settings) -> Machine:
    """The boot all processes of this machine have in common.

    Linux names its boots; where a service may not read that name, its unit passes it (`boot_id`), in
    another spelling. With neither, the machine's own name stands for every boot of this machine.
    """
    named = BOOT_ID.read_text("ascii") if BOOT_ID.exists() else settings.boot_id
    return Machine(named.strip().replace("-", "") or platform.node(), _up)


def _up() -> float:
    """Seconds since boot, suspended or not; the same for all processes."""
    if hasattr(time, "clock_gettime"):
        return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
    return time.monotonic()


def doubt(
    own: ClockMark | None, newest: datetime | None, now: datetime, up: float, most_off: timedelta
) -> str:
    """Why the clock's `now` (UTC) is not believed, in words; empty: it is.

    `own`: this boot's mark; `newest`: the last instant any machine was believed at; `up`: seconds since
    boot; `most_off`: the longest a machine is off without being asked about.
    """
    if own is not None:
        expected = _by_uptime(own, up)
        if abs(now - expected) <= TOLERANCE:
            return ""
        way = "tới" if now > expected else "lùi"
        return (
            f"Đồng hồ máy nhảy {way}: đang chỉ {moment_words(now)}, lẽ ra {moment_words(expected)}."
        )
    if newest is None:
        return ""
    if now < newest - TOLERANCE:
        return (
            f"Đồng hồ máy chỉ {moment_words(now)}, trước lần xem gần nhất {moment_words(newest)}."
        )
    if now > newest + most_off:
        return (
            f"Đồng hồ máy chỉ {moment_words(now)}, lần xem gần nhất {moment_words(newest)}: cách hơn "
            f"{most_off.days} ngày."
        )
    return ""


def _own_mark(session: Session, machine: Machine) -> ClockMark | None:
    """This boot's mark. Within one boot the uptime never goes back: a mark further on is of a boot before."""
    own = session.get(ClockMark, machine.boot)
    return own if own and own.up <= machine.up() else None


def _by_uptime(own: ClockMark, up: float) -> datetime:
    return own.at + timedelta(seconds=up - own.up)


def last_believed(tools: RoundTools, machine: Machine | None = None) -> datetime:
    """What time it is without the clock (UTC): counted from this boot's mark; after a restart, the last
    instant that was believed."""
    machine = machine or this_machine(tools.settings)
    with reading(tools.engine) as session:
        if own := _own_mark(session, machine):
            return _by_uptime(own, machine.up())
        newest = session.exec(select(ClockMark.at).order_by(col(ClockMark.at).desc())).first()
    return newest or tools.clock()


def doubted(tools: RoundTools, machine: Machine | None = None) -> str:
    """Why the clock is not believed now; empty: it is, or it is a virtual one. Writes nothing."""
    if tools.settings.clock:
        return ""
    machine = machine or this_machine(tools.settings)
    with reading(tools.engine) as session:
        return _doubt(session, tools, machine, tools.clock())


def _doubt(session: Session, tools: RoundTools, machine: Machine, now: datetime) -> str:
    own = _own_mark(session, machine)
    newest = session.exec(select(ClockMark.at).order_by(col(ClockMark.at).desc())).first()
    most_off = timedelta(days=tools.settings.clock_gap_days)
    return doubt(own, newest, now, machine.up(), most_off)


def require_steady(tools: RoundTools, machine: Machine | None = None) -> None:
    """To be called before each look. `ClockError` when the clock is doubted: nothing may be done by it.

    The first look that is believed after one that was not works everything out anew.
    """
    if tools.settings.clock:
        return
    machine, now = machine or this_machine(tools.settings), tools.clock()
    with writing(tools.engine) as session:
        words = _doubt(session, tools, machine, now)
        anew = _mark(session, machine, now, words)
    if words:
        raise ClockError(f"{words} {AGAIN}")
    if anew:
        work_out_anew(tools, now)


def _mark(session: Session, machine: Machine, now: datetime, words: str) -> bool:
    """Write the look down; gives whether the ones before it were doubted."""
    marks = session.exec(select(ClockMark)).all()
    if words:
        for mark in marks:
            mark.doubted = words
            session.add(mark)
        return False
    own = next((mark for mark in marks if mark.boot == machine.boot), None)
    own = own or ClockMark(boot=machine.boot, at=now, up=0)
    own.at, own.up = now, machine.up()
    session.add(own)
    anew = any(mark.doubted for mark in marks)
    for mark in marks:
        mark.doubted = ""
        if mark is not own and mark.at < now - KEEP:
            session.delete(mark)
    return anew


KEEP = timedelta(days=60)
"""Marks of boots long over; the newest is always kept."""


def believe(engine: Engine, now: datetime, machine: Machine) -> None:
    """The operator says that the clock is right: the marks begin anew at `now` (UTC)."""
    with writing(engine) as session:
        for mark in session.exec(select(ClockMark)):
            session.delete(mark)
        session.flush()
        session.add(ClockMark(boot=machine.boot, at=now, up=machine.up()))


def work_out_anew(tools: RoundTools, now: datetime) -> int:
    """Everything the clock decides, as of `now` (UTC); gives how much stood wrong."""
    from notifications.proving import prove

    with reading(tools.engine) as session:
        plans = plan_ids(session)
    return sum(prove(tools.engine, plan_id, now, tools.desk).wrong for plan_id in plans)
