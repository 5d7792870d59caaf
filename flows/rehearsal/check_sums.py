"""The scenario's monthly tables held against what the communes wrote: added up here, read from the workbooks.

Nothing of the program's adding up is used: who was counted is the run's own list of inputs, what they wrote
is drawn anew (`flows.rehearsal.monthly`), the sum is Python's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from consolidation.input_spans import inputs_of_run
from flows.rehearsal.monthly import FLOWS, FORM, STOCKS, figures
from intake.files.gate import Limits
from intake.workbook.grid import Grid, read_book
from intake.workbook.template import COLUMN_MARK, ROW_MARK
from plan.database import reading
from plan.definition.model import PlanDefinition
from plan.definition.periodic import output_parts
from plan.models import ConsolidationRun, RunOutput

Counted = Mapping[str, list[str]]
"""Month → the communes whose report went in."""


def sum_faults(engine: Engine, definition: PlanDefinition, out: Path) -> Iterator[str]:
    """What a table says otherwise than the reports it was made from; one of several versions: the newest."""
    with reading(engine) as session:
        for run in _newest(session, definition.id):
            data = _workbook(session, run, out)
            counted = _counted(session, run)
            found = [*wrong(read_book(data, Limits()).grids[0], run.output, counted)]
            yield from (f"{run.output} lần {run.number}: {words}" for words in found)


def _newest(session: Session, plan_id: str) -> list[ConsolidationRun]:
    rows = session.exec(
        select(ConsolidationRun)
        .where(ConsolidationRun.plan_id == plan_id, ConsolidationRun.state == "done")
        .order_by(col(ConsolidationRun.number))
    )
    return list({run.output: run for run in rows}.values())


def _workbook(session: Session, run: ConsolidationRun, out: Path) -> bytes:
    statement = select(RunOutput.filename).where(RunOutput.run_id == run.id)
    name = next(name for name in session.exec(statement) if name.endswith(".xlsx"))
    return (out / run.output / f"{run.number:04d}" / name).read_bytes()


def _counted(session: Session, run: ConsolidationRun) -> Counted:
    found: dict[str, list[str]] = {}
    for row in inputs_of_run(session, run):
        agency, _, named = row.obligation.partition("/")
        if row.submission_id is not None:
            found.setdefault(named.partition("@")[2], []).append(agency)
    return found


def wrong(grid: Grid, output: str, counted: Counted) -> Iterator[str]:
    """The months, and of a quarter or a year their total too, in every line."""
    period = output_parts(output)[1]
    said = _figures(grid)
    for line in (*FLOWS, *STOCKS):
        if "#" not in line:
            meant = {month: _total(agencies, month, line) for month, agencies in counted.items()}
            if meant and period not in meant:
                meant[period] = meant[max(meant)] if line in STOCKS else sum(meant.values())
            for key, number in meant.items():
                if said.get((f"{FORM}.{line}", key)) != number:
                    yield f"{FORM}.{line} {key} ghi {said.get((f'{FORM}.{line}', key))}, phải là {number}"
    yield from _wrong_share(said, period, counted)


def _wrong_share(
    said: Mapping[tuple[str, str], object], period: str, counted: Counted
) -> Iterator[str]:
    above, below = (
        sum(_total(agencies, month, f"3#{part}") for month, agencies in counted.items())
        for part in "nd"
    )
    share = said.get((f"{FORM}.3", period))
    if below and not (isinstance(share, float | int) and abs(share - 100 * above / below) < 1e-9):
        yield f"{FORM}.3 {period} ghi {share}, phải là {100 * above / below}"


def _total(agencies: list[str], month: str, line: str) -> int:
    return sum(figures(agency, month)[f"{FORM}.{line}"] for agency in agencies)


def _figures(grid: Grid) -> dict[tuple[str, str], object]:
    """(line, period) → what stands there, found by the sheet's own hidden keys."""
    heads = {
        column: str(content).removeprefix(COLUMN_MARK)
        for row in grid.rows
        for column, content in enumerate(row)
        if str(content).startswith(COLUMN_MARK)
    }
    return {
        (str(row[0]).removeprefix(ROW_MARK), key): row[column] if column < len(row) else None
        for row in grid.rows
        if row and str(row[0]).startswith(ROW_MARK)
        for column, key in heads.items()
    }
