"""`make chaos`: everything ill-treated at once, and counted: 500 kills, 2,000 hostile requests, 200 jumps of
the clock, PostgreSQL killed under 50 users. Prints figures, keeps them in chaos.json; exit 1 when something
was lost, doubled or untrue, or after twenty minutes. `make chaos SIZE=0.05` does a twentieth; `SEED=…`
repeats the dice of a run (not the moments at which a busy machine was met)."""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("DONDOC_TRAIL_KEY", "khoa-so-cua-moi-tien-trinh-bi-giet")
OUT = Path("chaos.json")
MOST_SECONDS = 1_200
KILLS, REQUESTS, JUMPS, USERS, POSTGRES_KILLS = 500, 2_000, 200, 50, 8


def parts(size: float, dice: random.Random) -> dict[str, Callable[[Path], dict[str, int]]]:
    """Each part by its name. Imported here: what a part needs must not keep another from running."""
    from tests.chaos import clocks, hostile, kills, postgres

    def some(whole: int) -> int:
        return max(1, round(whole * size))

    return {
        "kills": lambda folder: kills.kill_everything(folder, some(KILLS), dice),
        "hostile requests": lambda folder: hostile.be_hostile(folder, some(REQUESTS), dice),
        "clock": lambda folder: clocks.jump_about(folder, some(JUMPS), dice),
        "PostgreSQL": lambda folder: postgres.kill_postgres(
            folder, some(USERS), some(POSTGRES_KILLS), dice
        ),
    }


class OutOfTimeError(BaseException):
    """Twenty minutes are over: no part goes on, whatever it catches."""


def _out_of_time(*_: object) -> None:
    raise OutOfTimeError


def main() -> int:
    signal.signal(signal.SIGALRM, _out_of_time)
    signal.alarm(MOST_SECONDS)
    try:
        return ill_treat()
    except OutOfTimeError:
        print(f"more than {MOST_SECONDS} s: stopped")
        return 1


def ill_treat() -> int:
    size, seed = (
        float(os.environ.get("SIZE", "1")),
        int(os.environ.get("SEED", time.time_ns() % 10**6)),
    )
    only, failed = os.environ.get("ONLY", ""), 0
    found: dict[str, Any] = {"size": size, "seed": seed}
    began = time.monotonic()
    for name, work in parts(size, random.Random(seed)).items():
        if only and only not in name:
            continue
        start = time.monotonic()
        with tempfile.TemporaryDirectory(
            prefix="dondoc-chaos-", ignore_cleanup_errors=True
        ) as folder:
            try:
                figures = work(Path(folder))
            except Exception:  # the other parts are tried all the same
                traceback.print_exc()
                failed, figures = failed + 1, {}
        seconds = time.monotonic() - start
        found[name] = figures | {"seconds": round(seconds)}
        said = ", ".join(f"{key} {value}" for key, value in figures.items()) or "FAILED"
        print(f"{name:17} {seconds:5.0f} s  {said}", flush=True)
    found["failed"] = failed
    OUT.write_text(json.dumps(found, ensure_ascii=False, indent=1), "utf-8")
    verdict = "nothing lost, doubled or untrue" if not failed else f"{failed} parts FAILED"
    print(f"{time.monotonic() - began:.0f} s, seed {seed}: {verdict}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
