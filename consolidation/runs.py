"""The life of a consolidation run: claimed once, all or nothing, the same bytes for the same inputs.

    result = consolidate(engine, store, plan_id, "provincial-appendices",
                         trigger="by-hand", started_by="Trần Văn Bình", as_of=now, now=now)

The claim is a row keyed by the inputs' hash, made while holding the output's lock: two triggers at once
make one run. Files are written in memory, read again and compared, put into the store under their
hash; then rows, state, audit event and outgoing event follow in one transaction. Killed anywhere, a run
leaves at most a row that says `running` and that nobody holds the lock of: the next one starts it clean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, delete
from sqlmodel import Session, col, select

from consolidation.claim import ClaimedRun, OutputOptions, RunRequest, claim_run
from consolidation.figures.rows import output_rows
from consolidation.input_spans import state_of
from consolidation.outputs import export
from consolidation.outputs.material import read_material
from consolidation.outputs.write import OutputFile, write_output
from consolidation.rollup import keep
from consolidation.rollup_sql import add_up
from intake.files.store import Store
from plan.database import reading, writing
from plan.errors import DondocError, RefusedError
from plan.ledger import audit
from plan.locks import exclusive
from plan.models import ConsolidationRun, RunOutput
from plan.queries.lookup import find_plan
from plan.states import Actor, Role

TRIGGERS = ("inputs-complete", "window-closed", "nightly", "by-hand")
Progress = Callable[[int, int, str], None]
"""(steps done, steps in all, what is being done)"""
STEPS = ("Xác định đầu vào", "Gộp số liệu", "Viết kết quả", "Đối chiếu kết quả", "Lưu kết quả")


@dataclass(frozen=True)
class RunResult:
    """What became of a request to consolidate."""

    run_id: int
    output: str
    number: int
    trigger: str
    created: bool
    """False: the same inputs had been consolidated before, and this is that run."""
    coverage: dict[str, Any]
    partial: bool
    findings: list[Any]
    files: tuple[RunOutput, ...]
    folder: Path | None = None
    final: bool = False
    stale_because: str = ""

    def as_json(self) -> dict[str, Any]:
        names = ("run_id", "output", "number", "trigger", "created", "partial", "coverage")
        return {name: getattr(self, name) for name in names} | {
            "findings": self.findings,
            "final": self.final,
            "stale_because": self.stale_because,
            "folder": str(self.folder) if self.folder else None,
            "files": [
                {"filename": one.filename, "sha256": one.sha256, "size": one.size}
                for one in self.files
            ],
        }


@dataclass
class _Steps:
    """Tells how far a run has come."""

    say: Progress | None
    done: int = field(default=0)

    def next(self) -> None:
        if self.say is not None:
            self.say(self.done, len(STEPS), STEPS[self.done])
        self.done += 1


def consolidate(
    engine: Engine,
    store: Store,
    plan_id: str,
    output_id: str,
    request: RunRequest,
    options: OutputOptions = OutputOptions(),
    progress: Progress | None = None,
) -> RunResult:
    """Make an output from what was accepted as of a moment, or give the run that did already.

    Raises RefusedError for an output the plan does not have, OutputMismatchError when what was written
    is not what was stored; whatever is raised, nothing of the run is left but its row, `failed`.
    """
    if request.trigger not in TRIGGERS:
        raise ValueError(f"unknown trigger {request.trigger!r}")
    steps = _Steps(progress)
    with exclusive(engine, f"{plan_id}/{output_id}"):
        steps.next()
        with writing(engine) as session:
            claimed = claim_run(session, plan_id, output_id, request, options)
        if not claimed.done:
            _carry_out(engine, store, claimed, request.now, steps)
        return _handed_over(engine, store, claimed, options.out)


def _carry_out(
    engine: Engine, store: Store, claimed: ClaimedRun, now: datetime, steps: _Steps
) -> None:
    try:
        steps.next()
        pieces, findings = _made(engine, claimed, steps)
        steps.next()
        for piece in pieces:
            piece.check(piece.data)
        steps.next()
        kept = [(piece, store.put(piece.data)) for piece in pieces]
        with writing(engine) as session:
            _finish(session, claimed, kept, findings, now)
    except Exception as error:
        with writing(engine) as session:
            _fail(session, claimed, error, now)
        raise


def _made(
    engine: Engine, claimed: ClaimedRun, steps: _Steps
) -> tuple[Sequence[OutputFile], list[dict[str, Any]]]:
    summed = claimed.summed
    with reading(engine) as session:
        if summed is None and not claimed.inputs.listed:
            plan = find_plan(session, claimed.plan_id)
            state = state_of(session, plan, claimed.output)
            book = output_rows(claimed.definition, claimed.output)
            summed = add_up(session, state, book, claimed.number)
        material = read_material(session, claimed.definition, claimed.inputs, summed=summed)
        steps.next()
        pieces = write_output(session, material, claimed.surroundings)
    if summed is not None and claimed.summed is None:
        _keep_sums(engine, claimed, summed)
    return pieces, [finding.as_json() for finding in material.findings]


def _keep_sums(engine: Engine, claimed: ClaimedRun, summed: Mapping[Any, Any]) -> None:
    """Keep sums that took long, unless the inputs moved on meanwhile."""
    with writing(engine) as session:
        plan = find_plan(session, claimed.plan_id)
        state = state_of(session, plan, claimed.output)
        if state.set_hash == claimed.inputs.set_hash:
            keep(session, state, summed)


def _finish(
    session: Session,
    claimed: ClaimedRun,
    kept: Sequence[tuple[OutputFile, str]],
    findings: list[dict[str, Any]],
    now: datetime,
) -> None:
    run = session.get_one(ConsolidationRun, claimed.run_id)
    session.execute(delete(RunOutput).where(col(RunOutput.run_id) == run.id))
    session.add_all(
        RunOutput(
            run_id=claimed.run_id, filename=piece.filename, sha256=sha256, size=len(piece.data)
        )
        for piece, sha256 in kept
    )
    run.state, run.error, run.finished_at = "done", "", now
    run.findings = list(findings)
    session.add(run)
    session.flush()
    _tell(session, run, "run.done", now, files=[piece.filename for piece, _ in kept])
    audit.announce(
        session,
        plan_id=run.plan_id,
        kind="run.done",
        subject=subject_of(run),
        now=now,
        payload=_facts(run, claimed),
    )


def _facts(run: ConsolidationRun, claimed: ClaimedRun) -> dict[str, Any]:
    return {
        "run": run.id,
        "output": run.output,
        "title": claimed.output.title,
        "number": run.number,
        "trigger": run.trigger,
        "partial": run.partial,
        "coverage": run.coverage,
        "findings": len(run.findings),
    }


def _fail(session: Session, claimed: ClaimedRun, error: Exception, now: datetime) -> None:
    run = session.get_one(ConsolidationRun, claimed.run_id)
    run.state, run.finished_at = "failed", now
    run.error = str(error) if isinstance(error, DondocError) else f"{type(error).__name__}: {error}"
    session.add(run)
    _tell(session, run, "run.failed", now, error=run.error)
    audit.announce(
        session,
        plan_id=run.plan_id,
        kind="run.failed",
        subject=subject_of(run),
        now=now,
        payload={"output": run.output, "number": run.number, "error": run.error},
    )


def _tell(session: Session, run: ConsolidationRun, event: str, now: datetime, **more: Any) -> None:
    audit.record(
        session,
        plan_id=run.plan_id,
        actor=Actor(run.started_by or "dondoc", Role.system, origin=run.trigger),
        event=event,
        subject=subject_of(run),
        now=now,
        after={"input_hash": run.input_hash, "coverage": run.coverage, **more},
    )


def subject_of(run: ConsolidationRun) -> str:
    """`provincial-appendices#3`: a run's name in the trail."""
    return f"{run.output}#{run.number}"


# --- handing over ------------------------------------------------------------------------------


def _handed_over(engine: Engine, store: Store, claimed: ClaimedRun, out: Path | None) -> RunResult:
    with reading(engine) as session:
        run = session.get_one(ConsolidationRun, claimed.run_id)
        files = outputs_of(session, run)
        newest = newest_run(session, run.plan_id, run.output)
    folder = None
    if out is not None:
        data = {one.filename: store.get(one.sha256) for one in files}
        export.remove_leftovers(out, run.output, data)
        folder = export.export(
            out, run.output, run.number, data, newest=newest is not None and newest.id == run.id
        )
    return RunResult(
        run_id=claimed.run_id,
        output=run.output,
        number=run.number,
        trigger=run.trigger,
        created=not claimed.done,
        coverage=run.coverage,
        partial=run.partial,
        findings=run.findings,
        files=tuple(files),
        folder=folder,
        final=run.final,
        stale_because=run.stale_because,
    )


def outputs_of(session: Session, run: ConsolidationRun) -> list[RunOutput]:
    """A run's files, by name."""
    return list(
        session.exec(
            select(RunOutput).where(RunOutput.run_id == run.id).order_by(col(RunOutput.filename))
        )
    )


def newest_run(session: Session, plan_id: str, output: str) -> ConsolidationRun | None:
    """The newest finished run of an output."""
    return session.exec(
        select(ConsolidationRun)
        .where(
            ConsolidationRun.plan_id == plan_id,
            ConsolidationRun.output == output,
            ConsolidationRun.state == "done",
        )
        .order_by(col(ConsolidationRun.number).desc())
        .limit(1)
    ).first()


def find_run(session: Session, plan_id: str, output: str, number: int) -> ConsolidationRun:
    """A finished run by its number; RefusedError without one."""
    run = session.exec(
        select(ConsolidationRun).where(
            ConsolidationRun.plan_id == plan_id,
            ConsolidationRun.output == output,
            ConsolidationRun.number == number,
            ConsolidationRun.state == "done",
        )
    ).first()
    if run is None:
        raise RefusedError(f"Không có lần tổng hợp {number} đã hoàn thành của «{output}».")
    return run


def finalise(session: Session, run_id: int, *, actor: Actor, now: datetime) -> ConsolidationRun:
    """Freeze a finished run: its files are what they are for ever. A later submission marks it
    stale and never changes it."""
    if actor.role not in (Role.coordinator, Role.admin):
        raise RefusedError("Vai trò của bạn không được phép chốt kết quả tổng hợp.")
    run = session.get_one(ConsolidationRun, run_id)
    if run.state != "done":
        raise RefusedError("Chỉ chốt được lần tổng hợp đã hoàn thành.")
    if run.final:
        return run
    run.final, run.finalised_by, run.finalised_at = True, actor.name, now
    session.add(run)
    audit.record(
        session,
        plan_id=run.plan_id,
        actor=actor,
        event="run.finalised",
        subject=subject_of(run),
        now=now,
        after={"files": {one.filename: one.sha256 for one in outputs_of(session, run)}},
    )
    audit.announce(
        session,
        plan_id=run.plan_id,
        kind="run.finalised",
        subject=subject_of(run),
        now=now,
        payload={"output": run.output, "number": run.number, "by": actor.name},
    )
    return run
