"""Consolidation against what bounds it: the bare reading and writing of the same figures.

*Seventeen*: six departments and, for the internal data calls, eleven districts have each handed in their
workbook. Ours: the calls rolled up and the province's appendices made, from stored values to a file that
was read again and compared, kept, its run in the database. Bare: the seventeen files read with calamine and
every cell of the same workbook written with XlsxWriter, without checks or provenance.

*Ten thousand* agencies, one workbook of 60 indicators × 6 years each (3.6 million figures, and the parts of
the percentages). Ours: the first run, in a process of its own whose memory is taken; then runs after one
more submission, there and where a thousand have handed in. Bare: one GROUP BY and XlsxWriter writing the
same cells. pandas: a script reads the files with openpyxl, adds them up and writes a table; `SAMPLE` files
are read, and the time is scaled to ten thousand, which is its favour (its memory is never short). It reads
files where ours reads what was stored when they were handed in: that is what is promised.
"""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median

import pandas as pd  # type: ignore[import-untyped]
import xlsxwriter
from python_calamine import CalamineWorkbook
from sqlalchemy import Engine
from sqlmodel import Session, select

from consolidation.claim import RunRequest
from consolidation.figures.data_calls import rolled_up
from consolidation.runs import RunResult, consolidate
from intake.files.store import Store
from intake.forms.workbook import build_workbook
from intake.submit import SubmissionContext, submit_files
from plan import ledger
from plan.database import migrate, open_engine, reading, writing
from plan.definition.loading import load_definition
from plan.ledger.data_calls import open_call
from plan.ledger.filing import ReadValue
from plan.models import Finding, Obligation
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_plan
from plan.settings import PACKAGED_PLANS
from plan.states import Actor, Role
from tests.conftest import REVIEWER, at, load_running
from tests.support import consolidation_many as many
from tests.support.workbook_samples import full

PLAN = "04-kh-ubnd-2020"
APPENDICES = "provincial-appendices"
NOW = at("2020-04-20 08:00")
ROUNDS = 15
MANY, FEW, SAMPLE = 10_000, 1_000, 60
MEGABYTES = 1_000
Cells = Mapping[str, Sequence[Sequence[object]]]


def run() -> dict[str, float]:
    """The five ratios, and the memory in parts of a gigabyte. Some three minutes."""
    with tempfile.TemporaryDirectory() as name:
        return seventeen(Path(name) / "seventeen") | ten_thousand(Path(name) / "many")


def cells_of(data: bytes) -> Cells:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def write_bare(cells: Cells) -> bytes:
    """Every cell as it is, no formats."""
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    for name, rows in cells.items():
        sheet = book.add_worksheet(name)
        for at_row, row in enumerate(rows):
            for column, value in enumerate(row):
                if isinstance(value, int | float):
                    sheet.write_number(at_row, column, value)
                elif value != "":
                    sheet.write_string(at_row, column, str(value))
    book.close()
    return target.getvalue()


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


# --- seventeen -------------------------------------------------------------------------------------


def seventeen(folder: Path) -> dict[str, float]:
    folder.mkdir()
    engine, store = open_engine(f"sqlite:///{folder / 'dondoc.db'}"), Store(str(folder / "store"))
    files = _handed_in(engine, store)
    kept = folder / "kept.db"
    engine.dispose()  # the log goes into the file
    shutil.copy(folder / "dondoc.db", kept)
    first = _provincial(engine, store)
    cells = cells_of(store.get(first.files[0].sha256))
    ours, bare = [], []
    for _ in range(ROUNDS):
        engine.dispose()
        shutil.copy(kept, folder / "dondoc.db")
        ours.append(seconds(lambda: _provincial(engine, store)))
        bare.append(seconds(lambda: ([cells_of(data) for data in files], write_bare(cells))))
    engine.dispose()
    return {"seventeen": min(ours) / min(bare)}  # the least disturbed of each


def _provincial(engine: Engine, store: Store) -> RunResult:
    with reading(engine) as session:
        plan = find_plan(session)
        for call in definition_of(plan).data_calls:
            rolled_up(session, plan, call, NOW)
    return consolidate(
        engine, store, PLAN, APPENDICES, RunRequest("by-hand", "x", as_of=NOW, now=NOW)
    )


def _handed_in(engine: Engine, store: Store) -> list[bytes]:
    """Seventeen agencies' workbooks taken in and accepted; their bytes."""
    definition = load_definition(PACKAGED_PLANS / PLAN)[0]
    migrate(engine)
    before = NOW - timedelta(days=1)
    with writing(engine) as session:
        load_running(session, definition, now=before)
        for call in definition.data_calls:
            until = NOW.date()
            open_call(
                session, find_plan(session), definition, call.id, until, actor=REVIEWER, now=before
            )
    agencies = [one.id for one in definition.agencies if one.group in ("thematic", "district")]
    files = [full(agency) for agency in agencies]
    for agency, data in zip(agencies, files, strict=True):
        clerk = Actor(f"Văn thư {agency}", Role.agency, frozenset({agency}))
        given = [(f"{agency}.xlsx", data)]
        submit_files(SubmissionContext(engine, store, PLAN, clerk, before), agency, given)
    _accept_all(engine, before)
    return files


def _accept_all(engine: Engine, now: datetime) -> None:
    with writing(engine) as session:
        for finding in session.exec(select(Finding).where(Finding.severity == "warning")):
            ledger.explain(
                session, finding.id or 0, explanation="Đã rà soát", actor=REVIEWER, now=now
            )
        for row in session.exec(select(Obligation).where(Obligation.state == "submitted")).all():
            ledger.accept(session, row.id or 0, actor=REVIEWER, now=now)


# --- ten thousand --------------------------------------------------------------------------------------


def ten_thousand(folder: Path) -> dict[str, float]:
    folder.mkdir()
    for count in (MANY, FEW):
        _lay(folder / f"{count}.db", count)
    bare_rows = partial(_grouped, folder / f"{MANY}.db")
    bare_rows()  # the file is in the page cache from here on, for both
    ours = {count: _in_a_process(folder / f"{count}.db") for count in (FEW, MANY)}
    cells = cells_of(Path(ours[MANY]["file"]).read_bytes())
    bare = min(seconds(lambda: (bare_rows(), write_bare(cells))) for _ in range(3))
    by_pandas = _pandas(folder) * MANY / SAMPLE
    first = float(ours[MANY]["first"])
    return {
        "many": first / bare,
        "gigabyte": float(ours[MANY]["megabytes"]) / MEGABYTES,
        "one_more": float(ours[MANY]["more"]) / float(ours[FEW]["more"]),
        "pandas": by_pandas / first,
    }


def _lay(path: Path, count: int) -> None:
    """`count` communes have handed in; a few more owe it still."""
    engine = open_engine(f"sqlite:///{path}")
    migrate(engine)
    many.load_many(engine, count + ROUNDS, accepted=count)
    with engine.connect() as connection:
        connection.exec_driver_sql("ANALYZE")
    engine.dispose()


def _grouped(path: Path) -> object:
    with sqlite3.connect(path) as raw:
        found = raw.execute(
            "SELECT indicator, period, count(number), sum(number), max(number) FROM value "
            "GROUP BY indicator, period"
        ).fetchall()
    raw.close()
    return found


def _in_a_process(path: Path) -> dict[str, str]:
    command = [sys.executable, "-m", __name__, str(path)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, str] = json.loads(said)
    return found


def measure(path: Path) -> dict[str, object]:
    """The first run, memory at its end, and a run after each of some more submissions."""
    import resource

    engine, store = open_engine(f"sqlite:///{path}"), Store(str(path.with_suffix("")))
    made: list[RunResult] = []
    first = seconds(lambda: made.append(_one_run(engine, store, 0)))
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    more = []
    with Session(engine) as session:
        owed = many.obligation_ids(session)
    for number in sorted(owed)[-ROUNDS:]:
        _one_more(engine, number)
        more.append(seconds(lambda: made.append(_one_run(engine, store, len(made)))))
    assert all(run.created for run in made)
    file = path.with_suffix(".xlsx")
    file.write_bytes(store.get(made[0].files[0].sha256))
    return {"first": first, "megabytes": megabytes, "more": median(more[1:]), "file": str(file)}


def _one_run(engine: Engine, store: Store, days: int) -> RunResult:
    now = many.ACCEPTED + timedelta(days=1 + days)
    return consolidate(
        engine, store, many.PLAN_ID, many.OUTPUT, RunRequest("by-hand", "x", as_of=now, now=now)
    )


def _one_more(engine: Engine, number: int) -> None:
    from tests.support.consolidation_kit import hand_in

    values = [
        ReadValue(name, period, number=figure, file=f"xa-{number}.xlsx", sheet="PLX", cell="E8")
        for name, period, figure in many.figures_of(number)
    ]
    with writing(engine) as session:
        hand_in(session, f"xa-{number}/bieu", many.ACCEPTED, values=values)


def _pandas(folder: Path) -> float:
    """Seconds for `SAMPLE` files: read with openpyxl, added up, written."""
    definition = many.definition_of(SAMPLE)
    paths = []
    for number in range(SAMPLE):
        known = {
            (name, period): ReadValue(name, period, number=figure)
            for name, period, figure in many.figures_of(number)
        }
        agency = f"xa-{number}"
        path = folder / f"{agency}.xlsx"
        path.write_bytes(
            build_workbook(definition, agency, on=NOW.date(), deadlines={}, prefill=known)
        )
        paths.append(path)
    return seconds(lambda: _script(paths, folder / "pandas.xlsx"))


def _script(paths: list[Path], target: Path) -> None:
    frames = [pd.read_excel(path, sheet_name=many.APPENDIX, engine="openpyxl") for path in paths]
    whole = pd.concat(frames)
    label, *rest = whole.columns
    figures = whole[rest].apply(pd.to_numeric, errors="coerce")
    figures.groupby(whole[label]).sum().to_excel(target)


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
