"""Delivers in forked children and kills them when told: `python -m tests.support.kill_zygote DATABASE SMTP`.

Each line read is `SECONDS NOW`: a child starts delivering at the virtual instant NOW and gets SIGKILL
after SECONDS. Answers `killed` or `done`. Imports once, so that a hundred kills take seconds.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import datetime
from pathlib import Path

from notifications.channels.registry import make_channel
from notifications.round import deliver
from plan.database import open_engine
from plan.settings import Settings
from tests.support.reminders import make_messaging


def main(database: str, smtp: str) -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        seconds, now = line.split()
        child = os.fork()
        if child == 0:
            work(database, smtp, datetime.fromisoformat(now))
            os._exit(0)
        print(end(child, float(seconds)), flush=True)


def work(database: str, smtp: str, now: datetime) -> None:
    settings = Settings(home=Path(database).parent, smtp_url=smtp)
    engine = open_engine(f"sqlite:///{database}")
    deliver(
        engine,
        make_messaging(),
        lambda name: make_channel(name, settings, lambda: now),
        lambda: now,
    )
    engine.dispose()


def end(child: int, seconds: float) -> str:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if os.waitpid(child, os.WNOHANG)[0]:
            return "done"
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return "killed" if os.WIFSIGNALED(status) else "done"


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
