"""Files from outside are read in a process of their own, with a limit on time and memory.

The worker is warm: it lives on between files, so that a file costs milliseconds and not the start of an
interpreter; one that oversteps is ended and the next file gets a new one. It is started afresh, never
forked (this process may have threads), gets its work through a pipe and answers in JSON, which is data
and nothing else. Reading, it can write no file, open none but the program's own, speak to no network and
start no program (`confine`). Its time is the processor's, so that a busy machine makes no good file a bad
one; the clock, much longer, ends what only waits. Where the system knows no resource limits (Windows), the
clock alone holds it.
"""

from __future__ import annotations

import atexit
import base64
import json
import pickle
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import IO, Any, cast

from intake.files.findings import fault
from intake.files.gate import Limits, safe_filename
from intake.turns import Turns
from intake.workbook.reader import WorkbookReading
from plan.definition.model import PlanDefinition
from plan.ledger.filing import FoundFault, ReadValue

HEADER = 8
"""Bytes before each message: its length."""
READ_WORKBOOK = "intake.workbook.reader:read_as_data"
ANNOTATE = "intake.forms.annotate:annotate_as_data"
_ROOT = Path(__file__).parent.parent
_ENVIRONMENT = {"PYTHONUTF8": "1"} if sys.platform != "win32" else None
"""Nothing of this process's own: a hostile file's reader has no use for the mail server's password."""
_START_SECONDS = 30.0
"""For the interpreter and its imports, on a busy machine; no part of a file's own time."""
PATIENCE, LEAST_SECONDS = 6, 30.0
"""What is waited for work, in its seconds of the processor, and at least."""
_RECYCLE = 500
"""Files after which a worker is replaced: what a library leaks ends there."""
_SHARED = 8
"""Plans a worker keeps; it is replaced before it keeps more."""


class SandboxTimeoutError(Exception):
    """The work took longer than its limit and was ended."""


class SandboxCrashError(Exception):
    """The worker died: out of memory, most often."""


class Sandbox:
    """One warm worker. Safe to share between threads; they take turns."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = ""
        """The one place where it may write: copies it marks go through temporary files."""
        self._ready = False
        self._known: list[Any] = []
        """What was sent once and is kept there, by its place here; held, so that no identity is reused."""
        self._done = 0

    def run(self, target: str, *arguments: Any, shared: Any = None) -> Any:
        """Call `module:function` in the worker and give back its answer, which must be JSON's.

        `shared` is an argument before the others that is sent once and kept there (a plan), known by
        its identity. Raises SandboxTimeoutError, SandboxCrashError, RuntimeError for a fault of the
        function itself. What earlier files left in a worker's memory is no fault of this one: it crashes
        only where a new worker crashes too.
        """
        with self._lock:
            process, had_read = self._running(), self._done > 0
            try:
                return self._ask(process, target, arguments, shared)
            except SandboxCrashError:
                self._end()
                if not had_read:
                    raise
            except SandboxTimeoutError:
                self._end()
                raise
            try:
                return self._ask(self._running(), target, arguments, shared)
            except (SandboxTimeoutError, SandboxCrashError):
                self._end()
                raise

    def start(self) -> None:
        """Start the worker without waiting for it: its imports take as long as the caller's own."""
        with self._lock:
            self._launch()

    def close(self) -> None:
        """End the worker."""
        with self._lock:
            self._end()

    # --- the worker's life

    def _running(self) -> subprocess.Popen[bytes]:
        worn = self._done >= _RECYCLE or len(self._known) >= _SHARED
        if self._process is not None and (self._process.poll() is not None or worn):
            self._end()
        process = self._launch()
        if not self._ready:
            self._read(process, _START_SECONDS)
            self._ready = True
        return process

    def _launch(self) -> subprocess.Popen[bytes]:
        """The worker's process, which may not be ready yet."""
        if self._process is None:
            command = [sys.executable, "-m", "intake.sandbox_worker"]
            self._folder = tempfile.mkdtemp(prefix="dondoc-doc-")
            command += [str(self.limits.memory_mb), str(self.limits.seconds), self._folder]
            # stderr goes nowhere: a crash inside a library would print there, and only its end matters.
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=_ROOT,
                env=_ENVIRONMENT,
            )
            self._ready = False
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        self._known.clear()
        self._done = 0
        if process is None:
            return
        process.kill()
        process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(
                    OSError
                ):  # a pipe to a dead process may hold bytes that never got there
                    pipe.close()

    # --- one piece of work

    def _ask(
        self, process: subprocess.Popen[bytes], target: str, arguments: tuple[Any, ...], shared: Any
    ) -> Any:
        key, new = self._key_of(shared)
        message = (target, key, shared if new else None, arguments)
        self._write(process, pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL))
        answer = self._read(process, patience(self.limits.seconds))
        self._done += 1
        found = json.loads(answer)
        if "error" in found:
            raise RuntimeError(found["error"])
        return found["answer"]

    def _key_of(self, shared: Any) -> tuple[int | None, bool]:
        """The number under which the worker knows it, and whether it has yet to be sent."""
        if shared is None:
            return None, False
        for key, known in enumerate(self._known):
            if known is shared:
                return key, False
        self._known.append(shared)
        return len(self._known) - 1, True

    def _write(self, process: subprocess.Popen[bytes], message: bytes) -> None:
        pipe = cast("IO[bytes]", process.stdin)
        try:
            pipe.write(len(message).to_bytes(HEADER, "big"))
            pipe.write(message)
            pipe.flush()
        except OSError as problem:
            raise SandboxCrashError from problem

    def _read(self, process: subprocess.Popen[bytes], seconds: float) -> bytes:
        """One message, or its absence after so many seconds: the worker is ended, which ends the wait."""
        late = threading.Event()

        def end() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(seconds, end)
        timer.start()
        try:
            message = read_message(cast("IO[bytes]", process.stdout))
        finally:
            timer.cancel()
        if message is None:
            raise (
                SandboxTimeoutError
                if late.is_set() or self._used_its_time(process)
                else SandboxCrashError
            )
        return message

    def _used_its_time(self, process: subprocess.Popen[bytes]) -> bool:
        with suppress(subprocess.TimeoutExpired):
            return process.wait(timeout=2) == -_SIGXCPU
        return False


def patience(seconds: float, counts_processor: bool = sys.platform != "win32") -> float:
    """How long to wait for work that may take so many seconds of the processor. On a busy machine a file
    gets a fraction of it, which is no fault of the file: the processor's own limit ends what does not end.
    Where the system counts no processor time, the clock alone does. Pure."""
    return max(seconds * PATIENCE, LEAST_SECONDS) if counts_processor else seconds + 0.5


_SIGXCPU = 24
"""Linux' signal for a process that used up its processor time."""


def read_message(pipe: IO[bytes]) -> bytes | None:
    """The next message of a pipe; None at its end."""
    header = pipe.read(HEADER)
    if len(header) < HEADER:
        return None
    size = int.from_bytes(header, "big")
    body = pipe.read(size)
    return body if len(body) == size else None


# --- reading workbooks ----------------------------------------------------------------------------


class Pool:
    """`limits.workers` workers, taken in turn by agency. One starts at once, the others when needed."""

    def __init__(self, limits: Limits) -> None:
        self._workers = [Sandbox(limits) for _ in range(limits.workers)]
        self._turns = Turns(self._workers)

    def run(self, target: str, *arguments: Any, shared: Any = None, lane: str = "") -> Any:
        """`Sandbox.run` in the next free worker; `lane`: the agency whose file it is."""
        with self._turns.one(lane) as worker:
            return worker.run(target, *arguments, shared=shared)

    def start(self) -> None:
        """Start a worker without waiting for it."""
        self._workers[-1].start()

    def close(self) -> None:
        """End every worker."""
        for worker in self._workers:
            worker.close()


_sandboxes: dict[Limits, Pool] = {}
_sandboxes_lock = threading.Lock()


def sandbox_for(limits: Limits) -> Pool:
    """This process's workers for these limits."""
    with _sandboxes_lock:
        if limits not in _sandboxes:
            _sandboxes[limits] = Pool(limits)
        return _sandboxes[limits]


def close_sandboxes() -> None:
    """End every worker of this process."""
    with _sandboxes_lock:
        for sandbox in _sandboxes.values():
            sandbox.close()
        _sandboxes.clear()


atexit.register(close_sandboxes)


def read_safely(
    data: bytes,
    filename: str,
    definition: PlanDefinition,
    agency: str | None = None,
    limits: Limits | None = None,
) -> WorkbookReading:
    """`read_workbook` in the worker: whatever the file is, an answer in bounded time and memory.

    Never raises for what the file holds; a file that oversteps is refused with a finding, and nothing
    already stored is touched.
    """
    bounds = limits or Limits()
    name = safe_filename(filename)
    if len(data) > bounds.max_bytes:  # before it is copied through a pipe
        finding = fault("file.too_large", file=name, limit=bounds.max_bytes // (1024 * 1024))
        return WorkbookReading(kind="refused", findings=(finding,))
    sandbox = sandbox_for(bounds)
    try:
        found = sandbox.run(
            READ_WORKBOOK, data, name, agency, bounds, shared=definition, lane=agency or ""
        )
    except SandboxTimeoutError:
        return _refused("file.too_slow", name, seconds=f"{bounds.seconds:g}")
    except SandboxCrashError:
        return _refused("file.too_heavy", name)
    return reading_from_data(found)


def _refused(code: str, name: str, **words: object) -> WorkbookReading:
    said = fault(code, **words)  # type: ignore[arg-type]  # words for the text, never a place
    return WorkbookReading(kind="refused", findings=(replace(said, file=name),))


def reading_from_data(found: dict[str, Any]) -> WorkbookReading:
    """The reading out of what `workbook_reader.read_as_data` said."""
    places = {(one[0], one[1]): (one[2], one[3]) for one in found.pop("places")}
    return WorkbookReading(
        values=tuple(ReadValue(*one) for one in found.pop("values")),
        notes=tuple(ReadValue(*one) for one in found.pop("notes")),
        findings=tuple(FoundFault(*one) for one in found.pop("findings")),
        deliverables=tuple(found.pop("deliverables")),
        places=places,
        **found,
    )


def annotate_safely(
    data: bytes, findings: Sequence[FoundFault], limits: Limits | None = None
) -> bytes | None:
    """`annotate` in the worker; None when the file oversteps or can't be marked (the list then has to do)."""
    bounds = limits or Limits()
    plain = [list(vars(one).values()) for one in findings]
    try:
        made = sandbox_for(bounds).run(ANNOTATE, data, plain, bounds)
    except (SandboxTimeoutError, SandboxCrashError, RuntimeError):
        return None
    return base64.b64decode(made)
