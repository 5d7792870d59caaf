"""Programs that read what this one cannot (LibreOffice, Tesseract): each run bounded, guarded, in a folder
of its own that is gone afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

_ROOT = Path(__file__).parent.parent.parent
_ONE_AT_A_TIME = threading.Semaphore(1)
"""They take whole processors; whoever waits has waited for its turn before its own time begins."""


@dataclass(frozen=True)
class Bounds:
    """Seconds of processor time and of waiting, megabytes of address space."""

    seconds: int = 60
    megabytes: int = 4096


def found(*names: str) -> str:
    """Where the first of these programs is; empty where none is installed."""
    return next((path for name in names if (path := shutil.which(name))), "")


@contextmanager
def workshop() -> Iterator[Path]:
    """A folder for one run."""
    with TemporaryDirectory(prefix="dondoc-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def run(command: Sequence[str], folder: Path, bounds: Bounds) -> bool:
    """Whether the program ended well within its bounds. It writes into `folder` alone, says nothing, and
    whatever it started ends with it."""
    guard = [sys.executable, "-m", "intake.programs.guard", str(bounds.megabytes)]
    guard += [str(bounds.seconds), str(folder), *command]
    with _ONE_AT_A_TIME:
        process = subprocess.Popen(
            guard,
            cwd=_ROOT,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            return process.wait(bounds.seconds) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _environment(folder: Path) -> dict[str, str]:
    """Nothing of this process's own."""
    path = os.environ.get("PATH", os.defpath)
    home = str(folder)
    # One thread: several would take the processors that reminders need.
    return {"PATH": path, "HOME": home, "TMPDIR": home, "LANG": "C.UTF-8", "OMP_THREAD_LIMIT": "1"}
