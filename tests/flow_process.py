"""What a run's process may come to, run as a module: as WARM_TEST names it."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from pathlib import Path


def main(what: str) -> None:
    if what == "report":
        files = [
            os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if _open(fd)
        ]
        words = [str(os.getppid()), os.getcwd(), str(threading.active_count()), *files]
        Path(os.environ["WARM_OUT"]).write_text("\n".join(words), "utf-8")
    elif what == "sleep":
        time.sleep(60)
    elif what == "crash":
        ctypes.string_at(0)
    elif what == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(60)
    elif what == "exit":
        sys.exit(7)
    elif what == "raise":
        raise ValueError("hỏng")


def _open(fd: str) -> bool:
    return os.path.lexists(f"/proc/self/fd/{fd}")


if __name__ == "__main__":
    main(os.environ["WARM_TEST"])
