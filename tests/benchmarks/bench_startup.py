"""Whole processes: `dondoc --help` against importing typer, `dondoc status` against importing sqlmodel.

CPU seconds of the child (user and system), which a busy machine disturbs less than the clock; in turns,
so that a slow moment hits both; the median of the ratios pair by pair.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

PAIRS = 9
DONDOC = str(Path(sys.executable).with_name("dondoc"))


def run(pairs: int = PAIRS) -> dict[str, float]:
    """The two ratios; nothing is left behind."""
    with tempfile.TemporaryDirectory() as home:
        env = os.environ | {"DONDOC_HOME": home}
        subprocess.run([DONDOC, "init"], env=env, check=True, capture_output=True)
        status = [DONDOC, "status"]
        return {
            "help_to_typer": _ratio([DONDOC, "--help"], _imports("typer"), env, pairs),
            "status_to_sqlmodel": _ratio(status, _imports("sqlmodel"), env, pairs),
        }


def _imports(name: str) -> list[str]:
    return [sys.executable, "-c", f"import {name}"]


def _ratio(ours: list[str], bound: list[str], env: dict[str, str], pairs: int) -> float:
    _cpu(ours, env), _cpu(bound, env)
    return median(_cpu(ours, env) / _cpu(bound, env) for _ in range(pairs))


def _cpu(command: list[str], env: dict[str, str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, env=env, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
