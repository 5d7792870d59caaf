"""The worker of `sandbox`: takes work from standard input, answers on standard output, one at a time.

Run as a module with three arguments: megabytes it may hold, seconds of processor time a piece of work may
take, the folder where it may write. Ends with its input.
"""

from __future__ import annotations

import gc
import importlib
import json
import mimetypes
import os
import pickle
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from intake.confine import confine
from intake.sandbox import HEADER, read_message
from intake.workbook import reader  # noqa: F401 - imported before the limits are set

_MEGABYTE = 1024 * 1024
_FILE_BYTES = 64 * _MEGABYTE
_WRITES = frozenset({"intake.forms.annotate:annotate_as_data"})
"""openpyxl saves through temporary files; nothing else here may write a byte."""
_ROOMS = ("intake.", "drafting.")
"""Only functions of these rooms may be called."""
_CODE = ("plan", "documents", "intake", "drafting")
"""Rooms these are made of. Their folders may be read, not what stands beside them: a home, an `.env`."""
_SYSTEM = (
    "/lib",
    "/lib64",
    "/usr/lib",
    "/usr/lib64",
    "/usr/share/zoneinfo",
    "/etc/localtime",
    "/etc/ld.so.cache",
    "/dev/null",
    "/dev/urandom",
)


def main() -> None:
    """Answer until the input ends."""
    megabytes, seconds, folder = int(sys.argv[1]), float(sys.argv[2]), sys.argv[3]
    # Whatever else prints must not stand between answers.
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    gc.collect()
    gc.freeze()  # what is loaded by now stays; collections need not walk it again
    _limit_memory(megabytes)
    tempfile.tempdir = folder
    mimetypes.init()  # openpyxl saves by it, and its files may not be read afterwards
    for room in _ROOMS:  # found while the folder they stand in may still be looked through
        importlib.import_module(room.rstrip("."))
    confine(_readable(), (folder,))
    _send(answers, {"answer": "ready"})
    shared: dict[int, Any] = {}
    while (message := read_message(sys.stdin.buffer)) is not None:
        _limit_time(seconds)
        _send(answers, _answer(message, shared))
    shutil.rmtree(folder, ignore_errors=True)  # nobody else would, if our parent was killed


def _readable() -> Iterator[str]:
    """Code: the interpreter's, the libraries', ours."""
    yield from {sys.prefix, sys.base_prefix, *sysconfig.get_paths().values()}
    yield from (str(Path(__file__).parent.parent / room) for room in _CODE)
    yield from _SYSTEM


def _answer(message: bytes, shared: dict[int, Any]) -> dict[str, Any]:
    target, key, value, arguments = pickle.loads(
        message
    )  # from our own process, through its own pipe
    if key is not None and value is not None:
        shared[key] = value
    before = (shared[key],) if key is not None else ()
    _limit_files(_FILE_BYTES if target in _WRITES else 0)
    try:
        return {"answer": _function(target)(*before, *arguments)}
    except MemoryError:
        os._exit(1)  # told as a crash: there may be no memory left to tell it in
    except Exception as problem:
        return {"error": f"{type(problem).__name__}: {problem}"}


def _function(target: str) -> Any:
    module, _, name = target.partition(":")
    if not module.startswith(_ROOMS):
        raise ValueError(f"not in these rooms: {target}")
    return getattr(importlib.import_module(module), name)


def _send(answers: IO[bytes], answer: dict[str, Any]) -> None:
    body = json.dumps(answer, ensure_ascii=False).encode()
    answers.write(len(body).to_bytes(HEADER, "big"))
    answers.write(body)
    answers.flush()


# --- limits ---------------------------------------------------------------------------------------


def _limit_memory(megabytes: int) -> None:
    """So much resident memory at most, whatever the interpreter has taken of it already.

    The system limits address space, which an interpreter with its libraries has more of than memory:
    what it holds beyond its own memory now is allowed on top.
    """
    try:
        import resource
    except ImportError:
        return
    space, resident = _sizes()
    limit = megabytes * _MEGABYTE + max(space - resident, 0)
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, _FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _sizes() -> tuple[int, int]:
    """Address space and resident memory of this process, in bytes; zeros where it can't be known."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            pages = [int(word) for word in file.read().split()[:2]]
    except OSError:
        return 0, 0
    size = os.sysconf("SC_PAGE_SIZE")
    return pages[0] * size, pages[1] * size


def _limit_files(size: int) -> None:
    """The largest file the next piece of work may write."""
    try:
        import resource
    except ImportError:
        return
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def _limit_time(seconds: float) -> None:
    """Processor time from now on; the system counts it in whole seconds over the process's life."""
    try:
        import resource
    except ImportError:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime + seconds) + 1
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))


if __name__ == "__main__":
    main()
