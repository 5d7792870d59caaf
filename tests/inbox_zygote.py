"""Reads the inbox in forked children and kills them when told: `python -m tests.inbox_zygote HOME URL`.

Each line read is `SECONDS`: a child begins a round and gets SIGKILL after so long. Answers `killed`, `done`.
Imports once, so that fifty kills take seconds.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pydantic import SecretStr

from flows.jobs.inbox import read_inbox
from intake.files.store import Store
from intake.sandbox import close_sandboxes
from plan.database import open_engine
from plan.settings import Settings
from tests.conftest import at
from tests.mail_samples import AUTHSERV
from tests.support.kill_zygote import end
from tests.support.reminders import make_messaging

NOW = at("2020-04-20 09:00")


def main(home: Path, url: str) -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            once(home, url)
            os._exit(0)
        print(end(child, float(line)), flush=True)


def once(home: Path, url: str) -> None:
    """One round, from a process of its own."""
    settings = Settings(home=home, inbox_authserv_id=AUTHSERV, inbox_url=SecretStr(url))
    engine = open_engine(f"sqlite:///{home / 'dondoc.db'}")
    try:
        read_inbox(engine, settings, make_messaging(), Store(str(home / "store")), lambda: NOW)
    finally:
        close_sandboxes()
        engine.dispose()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
