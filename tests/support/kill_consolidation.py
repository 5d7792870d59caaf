"""Consolidates in forked children and kills them when told.

`python -m tests.support.kill_consolidation DATABASE OUT`. Each line read is `SECONDS`: a child begins to
consolidate and gets SIGKILL after so long. Answers `killed` or `done`. Imports once, so that fifty kills
take seconds.
"""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from consolidation.claim import OutputOptions, RunRequest
from consolidation.runs import RunResult, consolidate
from intake.files.store import Store
from plan.database import open_engine
from tests.support.consolidation_small import ID, TABLE
from tests.support.kill_zygote import end

NOW = datetime(2020, 5, 1, tzinfo=UTC)


def once(database: Path, out: Path) -> RunResult:
    """One request, from a process of its own."""
    engine = open_engine(f"sqlite:///{database}")
    try:
        store = Store(str(database.parent / "store"))
        return consolidate(
            engine,
            store,
            ID,
            TABLE,
            RunRequest("by-hand", "x", as_of=NOW, now=NOW),
            OutputOptions(out=out),
        )
    finally:
        engine.dispose()


def main(database: Path, out: Path) -> None:
    import consolidation.outputs.workbook  # noqa: F401 - loaded by the first run; the children share it

    print("ready", flush=True)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            once(database, out)
            os._exit(0)
        print(end(child, float(line)), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
