"""Reading and checking a complete workbook, in a warm process.

Against what bounds it, python-calamine reading the same file with no checks; and against the same job with
openpyxl as the reader. Taken in turns, the least disturbed of each; a ratio is that of the worst of the
agencies' workbooks. Memory: a process of its own that reads one workbook, and one that reads a thousand.
"""

from __future__ import annotations

import io
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping

import openpyxl
import python_calamine

from intake.checks import check_values
from intake.package import read_package
from intake.recognise import recognise
from intake.workbook import by_keys
from intake.workbook.figures import SheetReader
from intake.workbook.grid import Grid
from intake.workbook.template import template_for
from plan.ledger.filing import ReadValue
from tests.support.workbook_samples import figures, full, plan

AGENCIES = ("snv", "vpub", "stc", "stp", "stttt", "skhcn", "an-lao")
ROUNDS, SLOW_EVERY = 80, 10
MANY = 1_000
ALLOWED_MB = 50


def run() -> dict[str, float]:
    """Ratios of time; the memory a thousand workbooks need beyond one's, in parts of what is allowed."""
    times = {agency: _times(agency) for agency in AGENCIES}
    few, many = _peak_mb(1), _peak_mb(MANY)
    return {
        "to_calamine": max(one["ours"] / one["calamine"] for one in times.values()),
        "openpyxl_to_ours": min(one["openpyxl"] / one["ours"] for one in times.values()),
        "thousand_to_one_mb": (many - few) / ALLOWED_MB,
    }


def _times(agency: str) -> Mapping[str, float]:
    data = full(agency)
    jobs: dict[str, Callable[[], object]] = {
        "calamine": lambda: _calamine(data),
        "ours": lambda: _ours(data, agency),
        "openpyxl": lambda: _openpyxl(data, agency),
    }
    assert jobs["ours"]() == jobs["openpyxl"]() == len(figures(template_for(plan(), agency)))
    times: dict[str, list[float]] = {name: [] for name in jobs}
    for turn in range(ROUNDS):
        for name, job in jobs.items():
            if name != "openpyxl" or turn % SLOW_EVERY == 0:
                times[name].append(_seconds(job))
    return {name: min(taken) for name, taken in times.items()}


def _seconds(job: Callable[[], object]) -> float:
    started = time.perf_counter()
    job()
    return time.perf_counter() - started


def _calamine(data: bytes) -> int:
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    return sum(len(book.get_sheet_by_name(name).to_python()) for name in book.sheet_names)


def _ours(data: bytes, agency: str) -> int:
    """The whole way a clerk's file goes, from the gate to the findings; the figures taken."""
    package = read_package([("bieu.xlsx", data)], plan(), agency, recogniser=recognise)
    assert not package.blocked
    return _taken(value for part in package.parts for value in part.values)


def _openpyxl(data: bytes, agency: str) -> int:
    """The same keys, figures and checks; cells read by openpyxl, in its quickest way."""
    template = template_for(plan(), agency)
    book = openpyxl.load_workbook(io.BytesIO(data), data_only=True, read_only=True)
    grids = [
        Grid(one.title, [list(row) for row in one.iter_rows(values_only=True)]) for one in book
    ]
    found = [located for grid in grids if (located := by_keys.locate(grid, template))]
    readers = [SheetReader(located) for located in found]
    for reader in readers:
        reader.read()
    values = [value for reader in readers for value in reader.values()]
    places = {key: place for reader in readers for key, place in reader.places.items()}
    deliverables = [located.sheet.deliverable for located in found]
    assert not check_values(plan(), values, deliverables, agency=agency, places=places)
    return _taken(values)


def _taken(values: Iterable[ReadValue]) -> int:
    return sum(not value.not_applicable for value in values)


# --- memory -----------------------------------------------------------------------------------------


def _peak_mb(count: int) -> float:
    """Megabytes a process of its own held at most, the worker's process included, reading `count` files."""
    command = [sys.executable, "-m", "tests.benchmarks.bench_intake", str(count)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


def _read(count: int) -> None:
    import resource

    from intake.sandbox import close_sandboxes

    files = {agency: full(agency) for agency in AGENCIES}
    for number in range(count):
        agency = AGENCIES[number % len(AGENCIES)]
        package = read_package([("bieu.xlsx", files[agency])], plan(), agency)
        assert package.parts
        assert not package.blocked
    close_sandboxes()
    peaks = (
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    print(sum(peaks) / 1024)


if __name__ == "__main__":
    _read(int(sys.argv[1]))
