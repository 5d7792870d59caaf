"""Files and migrates in forked children and kills them when told.

`python -m tests.chaos.zygote DEED DATABASE`. Each line read is `SECONDS`: a child begins the deed and gets
SIGKILL after so long. Answers `killed` or `done`. Imports once, so that a hundred kills take seconds.
"""

from __future__ import annotations

import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from intake.files.store import Store
from intake.submit import ReceiptDetails, SubmissionContext, file_duty, file_nil
from plan.database import migrate, open_engine
from plan.ledger.filing import sending_key
from tests.conftest import CLERK, PLAN_ID, at
from tests.support.kill_zygote import end
from tests.support.killing import ROOT, ask

NOW = at("2020-04-20 08:00")
OWED = ("an-lao/district-report", "an-lao/publicity")
AT_A_TIME = 30


def told(database: Path) -> Path:
    """Where a child writes what it was told is filed: one number a line."""
    return database.with_name("told.txt")


def numbers(database: Path) -> list[int]:
    """What was told as filed; a last line that a kill cut short counts for nothing."""
    if not told(database).exists():
        return []
    return [int(line) for line in told(database).read_text().split("\n")[:-1]]


def key_of(number: int) -> str:
    return sending_key("chaos", str(number))


def file(database: Path) -> None:
    """Goes on from the last that was told: what was filed and not told is sent again under its key."""
    engine, store = (
        open_engine(f"sqlite:///{database}"),
        Store(str(database.parent / "submissions")),
    )
    first = max(numbers(database), default=-1) + 1
    with told(database).open("a") as said:
        for number in range(first, first + AT_A_TIME):
            how = ReceiptDetails(key=key_of(number))
            if number % 3:
                file_nil(
                    SubmissionContext(engine, None, PLAN_ID, CLERK, NOW, how),
                    OWED[0],
                    f"Lần {number}",
                )
            else:
                file_duty(
                    SubmissionContext(engine, store, PLAN_ID, CLERK, NOW, how),
                    OWED[1],
                    evidence=f"Lần {number}",
                    files=[("minh-chung.txt", f"tệp {number}".encode())],
                    done_on=date(2020, 4, 17),
                )
            said.write(f"{number}\n")
            said.flush()
    engine.dispose()


def bring_up(database: Path) -> None:
    engine = open_engine(f"sqlite:///{database}")
    migrate(engine)
    engine.dispose()


DEEDS: dict[str, Callable[[Path], None]] = {"file": file, "migrate": bring_up}


class Zygote:
    """The process, spoken to from the other side."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def killed_after(self, seconds: float) -> bool:
        """One child; whether it was still at work when it was killed."""
        answer = ask(self._process, f"{seconds:.4f}")
        assert answer in ("killed", "done"), answer
        return answer == "killed"


@contextmanager
def zygote(deed: str, database: Path) -> Iterator[Zygote]:
    command = [sys.executable, "-m", "tests.chaos.zygote", deed, str(database)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, text=True, stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Zygote(process)
        assert process.stdin is not None
        process.stdin.close()


def main(deed: str, database: Path) -> None:
    print("ready", flush=True)
    for line in sys.stdin:
        failed = database.with_name("failed.txt")
        child = os.fork()
        if child == 0:
            try:
                DEEDS[deed](database)
            except BaseException:
                failed.write_text(traceback.format_exc().replace("\n", " | "))
            os._exit(0)
        answer = end(child, float(line))
        print(failed.read_text() if failed.exists() else answer, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
