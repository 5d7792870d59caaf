"""The life of a run: once for the same inputs, all or nothing, frozen for ever, stale by name."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from consolidation import runs
from consolidation.claim import OutputOptions, RunRequest
from consolidation.compare import changes_since
from consolidation.events import take_events
from consolidation.input_spans import inputs_of_run
from consolidation.outputs.write import OutputMismatchError
from consolidation.runs import Progress, RunResult, consolidate, finalise, find_run
from consolidation.trace import trace, trace_run
from consolidation.triggers import react
from intake.files.store import Store
from plan.database import writing
from plan.definition.model import PlanDefinition
from plan.errors import NotFoundError, RefusedError
from plan.ledger.filing import ReadSection
from plan.models import AuditEvent, ConsolidationRun, OutgoingEvent, RunOutput
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_plan
from plan.states import Actor, Role
from tests.conftest import CLERK, PLAN_ID, REVIEWER, at
from tests.support.consolidation_kit import hand_in, province_values, take_back, world_sections

NOW = at("2020-05-01 08:00")
NEXT = at("2020-05-02 08:00")
APPENDICES, REPORT = "provincial-appendices", "provincial-report"
COMPILATION = "district-compilation"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


def make(
    engine: Engine,
    store: Store,
    output: str = APPENDICES,
    *,
    now: datetime = NOW,
    trigger: str = "by-hand",
    as_of: datetime | None = None,
    out: Path | None = None,
    progress: Progress | None = None,
) -> RunResult:
    request = RunRequest(trigger, "Lan", as_of=as_of or now, now=now)
    return consolidate(engine, store, PLAN_ID, output, request, OutputOptions(out), progress)


def hashes(run: RunResult) -> dict[str, str]:
    return {one.filename: one.sha256 for one in run.files}


def count(engine: Engine, table: type) -> int:
    with Session(engine) as session:
        return len(session.exec(select(table)).all())


# --- once ----------------------------------------------------------------------------------------


def test_the_same_inputs_give_the_same_run(province: Engine, store: Store) -> None:
    first = make(province, store)
    again = make(province, store, now=NEXT, trigger="nightly")
    assert (first.created, again.created) == (True, False)
    assert (again.run_id, again.number, again.trigger) == (first.run_id, 1, "by-hand")
    assert count(province, ConsolidationRun) == 1


def test_the_same_inputs_give_the_same_bytes_on_another_day_in_another_place(
    province: Engine, store: Store, definition: PlanDefinition
) -> None:
    """Nothing in a file comes from a clock, a folder, or a number of a run."""
    made = {one.id: hashes(make(province, store, one.id)) for one in definition.outputs}
    with writing(province) as session:
        for table in (RunOutput, ConsolidationRun):
            for row in session.exec(select(table)):
                session.delete(row)
    later = NOW.replace(day=1, hour=23)
    for one in definition.outputs:
        assert hashes(make(province, store, one.id, now=later)) == made[one.id], one.id


def test_two_triggers_at_once_make_one_run(province: Engine, store: Store) -> None:
    results: list[RunResult] = []
    gate = threading.Barrier(4)

    def go() -> None:
        gate.wait()
        results.append(make(province, store))

    threads = [threading.Thread(target=go) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {one.run_id for one in results} == {results[0].run_id}
    assert sorted(one.created for one in results) == [False, False, False, True]
    assert count(province, ConsolidationRun) == 1
    with Session(province) as session:
        done = select(OutgoingEvent).where(OutgoingEvent.kind == "run.done")
        assert len(session.exec(done).all()) == 1


def test_a_run_keeps_what_it_was_made_of_and_by(
    province: Engine, store: Store, definition: PlanDefinition
) -> None:
    with writing(province) as session:
        take_back(session, "an-lao/district-report", at("2020-04-25 08:00"))
    run = make(province, store, COMPILATION)
    assert run.partial
    assert run.coverage["words"] == "10/11, thiếu: An Lão"
    assert run.coverage["missing"] == ["an-lao/district-report"]
    with Session(province) as session:
        row = session.get_one(ConsolidationRun, run.run_id)
        assert (row.trigger, row.started_by, row.as_of) == ("by-hand", "Lan", NOW)
        kept = inputs_of_run(session, row)
        assert len(kept) == 10
        assert all(one.content_hash and one.submission_id for one in kept)
        audited = session.exec(select(AuditEvent).where(AuditEvent.event == "run.done")).one()
        assert audited.subject == f"{COMPILATION}#1"


def test_unknown_names_are_refused(province: Engine, store: Store) -> None:
    with pytest.raises(NotFoundError, match="provincial-appendices"):
        make(province, store, "provincial-appendix")
    with pytest.raises(ValueError, match="unknown trigger"):
        make(province, store, trigger="whim")
    with Session(province) as session, pytest.raises(RefusedError, match="lần tổng hợp 7"):
        find_run(session, PLAN_ID, APPENDICES, 7)


def test_an_earlier_moment_is_consolidated_as_it_stood_then(province: Engine, store: Store) -> None:
    whole = make(province, store)
    before = make(province, store, as_of=at("2020-04-19 08:00"))
    assert (before.coverage["have"], before.partial) == (0, True)
    assert make(province, store, now=NEXT).run_id == whole.run_id


# --- all or nothing ------------------------------------------------------------------------------


def test_a_mismatch_fails_the_run_loudly_and_leaves_nothing(
    province: Engine, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from consolidation.outputs import write

    real = write.WRITERS["appendices"]

    def wrong(*given: Any) -> list[write.OutputFile]:
        (piece,) = real(*given)
        other = make_other_bytes(piece.data)
        return [write.OutputFile(piece.filename, other, piece.check)]

    monkeypatch.setitem(write.WRITERS, "appendices", wrong)
    with pytest.raises(OutputMismatchError, match="không khớp"):
        make(province, store, out=tmp_path / "out")
    assert count(province, RunOutput) == 0
    assert not (tmp_path / "out").exists()
    with Session(province) as session:
        (row,) = session.exec(select(ConsolidationRun)).all()
        assert (row.state, "không khớp" in row.error) == ("failed", True)
        failed = session.exec(select(AuditEvent).where(AuditEvent.event == "run.failed")).all()
        assert len(failed) == 1
    monkeypatch.undo()
    mended = make(province, store, out=tmp_path / "out")
    assert (mended.number, mended.created, len(mended.files)) == (1, True, 1)


def make_other_bytes(data: bytes) -> bytes:
    """The same workbook with one figure one higher."""
    import io

    import openpyxl

    book = openpyxl.load_workbook(io.BytesIO(data))
    for row in book["PL2"].iter_rows():
        for cell in row:
            if isinstance(cell.value, int | float) and cell.value > 0:
                cell.value += 1
                target = io.BytesIO()
                book.save(target)
                return target.getvalue()
    raise AssertionError("no figure")


def test_what_failed_without_warning_leaves_no_run_that_seems_done(
    province: Engine, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_given: Any) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(runs, "write_output", broken)
    with pytest.raises(MemoryError):
        make(province, store)
    with Session(province) as session:
        assert session.exec(select(ConsolidationRun)).one().state == "failed"
    monkeypatch.undo()
    assert make(province, store).created


def test_it_is_told_how_far_it_has_come(province: Engine, store: Store) -> None:
    said: list[tuple[int, int, str]] = []
    make(province, store, progress=lambda *step: said.append(step))
    assert said == [(n, 5, words) for n, words in enumerate(runs.STEPS)]


def test_files_are_exported_whole_and_the_newest_stands_on_top(
    province: Engine, store: Store, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    first = make(province, store, out=out)
    name = first.files[0].filename
    with writing(province) as session:
        take_back(session, "stp/appendix-2", NOW)
    second = make(province, store, now=NEXT, out=out)
    assert (out / APPENDICES / "0001" / name).read_bytes() == store.get(first.files[0].sha256)
    assert (out / name).read_bytes() == store.get(second.files[0].sha256)
    assert second.folder == out / APPENDICES / "0002"


def test_another_outputs_working_files_are_left_alone(
    province: Engine, store: Store, tmp_path: Path
) -> None:
    """Two processes export at once; each tidies up only after its own kind."""
    out = tmp_path / "out"
    own, others = out / APPENDICES / ".0001-12345678", out / COMPILATION / ".0001-12345678"
    left = [own, others]
    for folder in left:
        folder.mkdir(parents=True)
    (out / ".phu-luc-tong-hop.xlsx-12345678").write_bytes(b"half")
    (out / ".tong-hop-bao-cao-cap-huyen.docx-12345678").write_bytes(b"half")
    make(province, store, out=out)
    assert [folder.exists() for folder in left] == [False, True]
    assert [path.name for path in out.glob(".*")] == [".tong-hop-bao-cao-cap-huyen.docx-12345678"]


# --- frozen ------------------------------------------------------------------------------------------


@pytest.fixture
def frozen(province: Engine, store: Store) -> RunResult:
    run = make(province, store)
    with writing(province) as session:
        finalise(session, run.run_id, actor=REVIEWER, now=NOW)
    return run


def changed_appendix(province: Engine, definition: PlanDefinition) -> None:
    """Sở Tư pháp's appendix taken back, handed in again with one figure changed, and accepted."""
    with writing(province) as session:
        take_back(session, "stp/appendix-2", NOW)
        values = province_values(definition)["stp/appendix-2"]
        at_ = next(n for n, v in enumerate(values) if (v.indicator, v.period) == ("PL2.3", "2018"))
        values[at_] = values[at_]._replace(number=(values[at_].number or 0) + 1)
        hand_in(session, "stp/appendix-2", NOW + timedelta(hours=2), values=values)


def stale(engine: Engine, run: RunResult) -> list[str]:
    with writing(engine) as session:
        plan = find_plan(session)
        take_events(session, plan, definition_of(plan), NEXT)
    with Session(engine) as session:
        row = session.get_one(ConsolidationRun, run.run_id)
        assert row.final
        return row.stale_because.split("\n") if row.stale_because else []


def test_a_later_submission_marks_the_frozen_run_stale_by_name_and_changes_no_byte(
    province: Engine, store: Store, frozen: RunResult, definition: PlanDefinition
) -> None:
    before = {name: store.get(sha256) for name, sha256 in hashes(frozen).items()}
    assert stale(province, frozen) == []
    changed_appendix(province, definition)
    (why,) = [line for line in stale(province, frozen) if "lần nộp 2" in line]
    assert why.startswith("Sở Tư pháp: Phụ lục 2 – lần nộp 2, nhận ")
    new = make(province, store, now=NEXT)
    assert (new.number, new.final) == (2, False)
    with Session(province) as session:
        kept = find_run(session, PLAN_ID, APPENDICES, 1)
        files = session.exec(select(RunOutput).where(RunOutput.run_id == kept.id)).all()
        assert {one.filename: store.get(one.sha256) for one in files} == before


def test_the_new_run_says_cell_by_cell_what_changed(
    province: Engine, store: Store, frozen: RunResult, definition: PlanDefinition
) -> None:
    changed_appendix(province, definition)
    new = make(province, store, now=NEXT)
    with Session(province) as session:
        (change,) = changes_since(session, store, new.run_id)
        was = trace_run(session, find_run(session, PLAN_ID, APPENDICES, 1), "PL2.3", "2018")
        now = trace(session, find_plan(session), "PL2.3", "2018", NEXT)
    assert change["where"].startswith("PL2.3 (2018), ô PL2!")
    assert (float(change["before"]) + 1, change["output"]) == (
        float(change["after"]),
        f"{APPENDICES} lần 2 so với lần 1",
    )
    assert (was.value, now.value) == (float(change["before"]), float(change["after"]))
    assert [(one["number"], one["value"], one["state"]) for one in now.earlier] == [
        (1, was.value, "returned")
    ]


def test_a_document_is_compared_section_by_section(
    province: Engine, store: Store, definition: PlanDefinition
) -> None:
    first = make(province, store, COMPILATION)
    with writing(province) as session:
        finalise(session, first.run_id, actor=REVIEWER, now=NOW)
        take_back(session, "an-lao/district-report", NOW)
        roots = next(
            part.outline_parts["district"]
            for part in definition.deliverables
            if part.id == "district-report"
        )
        sections = world_sections(definition, "an-lao", roots)
        sections[0] = ReadSection(sections[0].node, "Đã viết lại mục này.")
        hand_in(session, "an-lao/district-report", NOW + timedelta(hours=2), sections=sections)
    second = make(province, store, COMPILATION, now=NEXT)
    with Session(province) as session:
        changes = changes_since(session, store, second.run_id)
    told = [one for one in changes if one["after"] == "Đã viết lại mục này."]
    assert len(told) == 1
    assert told[0]["where"].startswith("Phần thứ nhất")
    # Besides it only the moment the draft was made from is another.
    assert {one["where"] for one in changes} <= {told[0]["where"], "(mở đầu)"}


@pytest.mark.parametrize("role", [Role.agency, Role.system])
def test_only_the_office_freezes(province: Engine, store: Store, role: Role) -> None:
    run = make(province, store)
    with writing(province) as session, pytest.raises(RefusedError):
        finalise(session, run.run_id, actor=Actor("X", role, CLERK.agencies), now=NOW)


def test_frozen_twice_is_frozen_once(province: Engine, store: Store, frozen: RunResult) -> None:
    with writing(province) as session:
        row = finalise(session, frozen.run_id, actor=REVIEWER, now=NEXT)
        assert row.finalised_at == NOW
    with Session(province) as session:
        done = session.exec(select(AuditEvent).where(AuditEvent.event == "run.finalised")).all()
    assert len(done) == 1


def test_a_reopened_input_is_told_too(province: Engine, store: Store, frozen: RunResult) -> None:
    with writing(province) as session:
        take_back(session, "stp/appendix-2", NOW)
    assert stale(province, frozen) == [
        "Sở Tư pháp: Phụ lục 2 – bản đã tổng hợp được mở lại để bổ sung"
    ]
    assert react(province, store, PLAN_ID, NEXT).runs
