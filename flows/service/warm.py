"""The warm parent: a process that has imported everything a flow run needs, and forks for each run.

Importing Prefect and this program takes seconds of processor time, the work of a run tenths of one. A fork
has all of it at once and is as much a process of its own as a new one: it may crash, be killed, leak.
The parent opens nothing that must not be shared: no thread, event loop, database or socket but the pipe it
is told by. Each child makes its own.
"""

from __future__ import annotations

import asyncio
import gc
import logging
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkContext, SpawnContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Literal, NamedTuple

import prefect
import prefect.settings

from flows.schedule import environment as quiet
from flows.service.engine import ENGINE, carry_out
from notifications.messages.render import check_templates

log = logging.getLogger("dondoc.serve")

IMPORTED = (
    "flows.scheduled.track_milestone",
    "flows.scheduled.consolidate",
    "flows.scheduled.maintenance",
    "flows.jobs.rounds",
    "flows.jobs.webhook_calls",
    "flows.jobs.backup",
    "flows.jobs.alerts",
    "flows.schedule.register",
    "consolidation.triggers",
    "prefect.engine",
    "prefect.flow_engine",
    "prefect.task_engine",
    "prefect.client.orchestration",
    "prefect.events.worker",
)
ENDING = (signal.SIGINT, signal.SIGTERM)
"""The signals that ask a process to end."""

GROWN = 1.5
"""A parent that takes so many times the memory it began with is replaced."""


OURS = (
    "plan",
    "intake",
    "documents",
    "drafting",
    "notifications",
    "consolidation",
    "dashboard",
    "flows",
)
"""Packages whose change is an upgrade."""


class Order(NamedTuple):
    """One run to be carried out. In its place None: no more of them."""

    number: int
    environment: Mapping[str, str]
    folder: str | None
    module: str


class Answer(NamedTuple):
    """`code` None: the run has begun. Otherwise it has ended; negative: by that signal."""

    number: int
    pid: int
    code: int | None


@dataclass
class Run:
    """A run's process. `returncode` as subprocess says it: None while it lives."""

    pid: int = 0
    returncode: int | None = None
    began: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def answer(self, pid: int, code: int | None) -> None:
        self.pid, self.returncode = pid, code
        self.began.set()
        if code is not None:
            self.ended.set()


def available() -> bool:
    """Whether processes can be forked soundly here. Elsewhere each run is a new process."""
    return sys.platform == "linux"


def load() -> None:
    """Import what a run needs, compile what it writes with, and set both apart from the garbage collector:
    a collection that looked through them would copy every page that processes share."""
    for name in IMPORTED:
        import_module(name)
    check_templates()
    gc.collect()
    gc.freeze()


# --- the parent's own process --------------------------------------------------------------------


def fork_on_demand(orders: Connection) -> None:
    """Fork for each `Order` until the pipe is closed, then wait for the last child. Runs in the parent."""
    owner = os.getppid()
    quiet.die_with_parent(signal.SIGKILL)
    if os.getppid() != owner:
        return
    # Its owner ends it, by closing the pipe. Held back rather than ignored: what a child is sent before
    # it has a handler of its own then waits for it instead of being lost.
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    _let_go(orders)
    if gc.get_freeze_count() == 0:  # nothing is inherited: a new process
        load()
    forking = multiprocessing.get_context("fork")
    children: dict[int, tuple[int, BaseProcess]] = {}
    told = True
    while told or children:
        for ready in wait([*children, *([orders] if told else [])]):
            if isinstance(ready, Connection):
                order = _next(orders)
                if order is None:
                    told = False
                    continue
                child = forking.Process(target=_run, args=(order, orders, os.getpid()))
                child.start()
                children[child.sentinel] = (order.number, child)
                _say(orders, Answer(order.number, child.pid or 0, None))
            elif isinstance(ready, int):
                run, ended = children.pop(ready)
                ended.join()
                answer = Answer(run, ended.pid or 0, ended.exitcode or 0)
                ended.close()
                _say(orders, answer)


def _next(orders: Connection) -> Order | None:
    try:
        order: Order | None = orders.recv()
    except (EOFError, OSError):
        return None
    return order


def _say(orders: Connection, answer: Answer) -> None:
    with suppress(OSError):  # nobody is left to hear
        orders.send(answer)


def _let_go(orders: Connection) -> None:
    """Files its owner had open (the home's lock) are held by the owner alone."""
    kept = {0, 1, 2, orders.fileno()}
    nothing = os.open(os.devnull, os.O_RDWR)
    for name in os.listdir("/proc/self/fd"):
        if int(name) not in kept:
            with suppress(OSError):
                os.dup2(nothing, int(name), inheritable=False)


def _run(order: Order, orders: Connection, parent: int) -> None:
    """The child."""
    orders.close()
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)
    os.environ.clear()
    os.environ.update(order.environment)
    if order.folder:
        os.chdir(order.folder)
    quiet.die_with_parent(signal.SIGKILL)
    if os.getppid() == parent:
        carry_out(order.module)


# --- its owner -----------------------------------------------------------------------------------


class Parent:
    """One parent process as its owner holds it. Used from one event loop."""

    def __init__(self, start: Literal["fork", "spawn"]) -> None:
        context = ForkContext() if start == "fork" else SpawnContext()
        self._orders, theirs = context.Pipe()
        self._process = context.Process(target=fork_on_demand, args=(theirs,), name="dondoc-warm")
        self._process.start()
        theirs.close()
        self._runs: dict[int, Run] = {}
        self._code = _stamps()
        self._memory = 0
        """Pages it had with its first run, when everything was imported; 0: none has begun."""
        self._loop: asyncio.AbstractEventLoop | None = None

    @property
    def pid(self) -> int:
        return self._process.pid or 0

    def is_worn(self) -> bool:
        """Gone, grown, or of code that has been replaced since."""
        if not self._process.is_alive() or self._orders.closed or _stamps() != self._code:
            return True
        return bool(self._memory) and resident_bytes(self.pid) > GROWN * self._memory

    def order(self, environment: Mapping[str, str], folder: str | None, module: str) -> Run:
        """Have a run begun; its `began` says when it has a process (`pid` 0: it could have none)."""
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._orders.fileno(), self._hear)
        number, run = max(self._runs, default=0) + 1, Run()
        self._runs[number] = run
        try:
            self._orders.send(Order(number, dict(environment), folder, module))
        except OSError:
            self._lost()
        return run

    def close(self) -> None:
        """No more runs. The process ends once those under way have, or with its owner."""
        with suppress(OSError):  # it may be gone already
            self._orders.send(None)
        if not self._runs:
            self._hang_up()

    def _hear(self) -> None:
        try:
            number, pid, code = self._orders.recv()
        except (EOFError, OSError):
            self._lost()
            return
        self._memory = self._memory or resident_bytes(self.pid)
        self._runs[number].answer(pid, code)
        if code is not None:
            del self._runs[number]

    def _lost(self) -> None:
        """The process is gone, and its children with it."""
        self._hang_up()
        for run in self._runs.values():
            run.answer(run.pid, -signal.SIGKILL)
        self._runs.clear()

    def _hang_up(self) -> None:
        if self._orders.closed:
            return
        if self._loop is not None:
            self._loop.remove_reader(self._orders.fileno())
        self._orders.close()


class WarmRuns:
    """Runs in forks of a warm parent, which is replaced when it is worn.

    The first parent is a fork of this process, which must have no threads yet: what both have imported
    takes memory once. A later one is a new process. Used from one event loop.
    """

    def __init__(self) -> None:
        if threading.active_count() > 1:
            raise RuntimeError(f"threads before the fork: {threading.enumerate()}")
        load()
        settings = (
            prefect.settings.get_current_settings()
        )  # in their own spelling, as runs get them
        told = settings.to_environment_variables(exclude_unset=True)
        self._environment = _apart_from_run({**os.environ, **told})
        self._parent = Parent("fork")

    def suits(self, environment: Mapping[str, str]) -> bool:
        """Whether a run with this environment may be a fork: apart from what Prefect says of the run,
        it must be the one everything was imported with."""
        return _apart_from_run(environment) == self._environment

    async def begin(
        self, environment: Mapping[str, str], folder: str | None = None, module: str = ENGINE
    ) -> Run:
        """Begin `python -m module`; comes back once it has a process. ChildProcessError when it could
        have none."""
        if self._parent.is_worn():
            log.info("Tiến trình sẵn của các việc được thay mới")
            self._parent.close()
            self._parent = Parent("spawn")
        run = self._parent.order(environment, folder, module)
        await run.began.wait()
        if not run.pid:
            raise ChildProcessError(
                "Tiến trình sẵn của các việc mất trước khi tách được lượt chạy."
            )
        return run

    def close(self) -> None:
        """No more runs; those under way end by themselves, or with this process."""
        self._parent.close()


def _apart_from_run(environment: Mapping[str, str | None]) -> dict[str, str]:
    return {
        name: text
        for name, text in environment.items()
        if text is not None and not name.startswith("PREFECT__")
    }


def _stamps() -> frozenset[tuple[int, int]]:
    """Changes when a file of the code or its templates is replaced, by an installer or by git. The folders'
    own times would not do: the first import of a new checkout writes `__pycache__` into each."""
    return frozenset(
        (status.st_ino, status.st_mtime_ns) for status in map(_status, _files()) if status
    )


def _files() -> Iterator[str]:
    yield prefect.__file__
    for root in code_roots():
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if name != "__pycache__"]
            yield from (os.path.join(folder, name) for name in names)


def _status(path: str) -> os.stat_result | None:
    with suppress(FileNotFoundError):  # replaced this very moment
        return os.stat(path)
    return None


@lru_cache(maxsize=1)
def code_roots() -> tuple[str, ...]:
    specs = filter(None, map(find_spec, OURS))
    return tuple(root for spec in specs for root in spec.submodule_search_locations or ())


def resident_bytes(pid: int) -> int:
    """Pages in memory."""
    with suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return 0
