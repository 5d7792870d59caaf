"""Sums kept up for very many agencies: what the database adds up is what folding each figure gives, and one
more submission moves exactly its own part."""

from __future__ import annotations

import io
import math
from datetime import timedelta
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine, event
from sqlmodel import Session, select

from consolidation.claim import RunRequest
from consolidation.events import LISTED_UP_TO, goes_by_sums
from consolidation.figures.gather import Cell, gather_figures
from consolidation.figures.merge import Totals, totals
from consolidation.figures.rows import OutputRows, handed_in_once, output_rows
from consolidation.input_spans import state_of
from consolidation.inputs import collect
from consolidation.rollup import open_sums
from consolidation.rollup_sql import add_up
from consolidation.runs import RunResult, consolidate
from consolidation.triggers import react
from intake.files.store import Store
from plan.database import writing
from plan.definition.model import PlanDefinition
from plan.ledger.filing import ReadValue
from plan.models import ConsolidationRun, OutputState, RunInput, RunOutput, Value
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_plan
from tests.support import consolidation_many as many
from tests.support.consolidation_kit import hand_in, take_back

OWED, ACCEPTED = LISTED_UP_TO + 4, LISTED_UP_TO + 2
"""This output is kept up by sums."""
LATER = many.ACCEPTED + timedelta(days=1)


@pytest.fixture
def crowd(migrated_engine: Engine) -> Engine:
    many.load_many(migrated_engine, OWED, accepted=ACCEPTED)
    return migrated_engine


@pytest.fixture
def either(any_engine: Engine) -> Engine:
    many.load_many(any_engine, OWED, accepted=ACCEPTED)
    return any_engine


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


def make(engine: Engine, store: Store, hours: int = 0) -> RunResult:
    now = LATER + timedelta(hours=hours)
    return consolidate(
        engine, store, many.PLAN_ID, many.OUTPUT, RunRequest("by-hand", "x", as_of=now, now=now)
    )


def hand_in_commune(engine: Engine, number: int, hours: int = 0, **changed: float) -> None:
    values = [
        ReadValue(name, period, number=changed.get(name, figure), file="f", sheet="PLX", cell="E8")
        for name, period, figure in many.figures_of(number)
    ]
    with writing(engine) as session:
        hand_in(session, f"xa-{number}/bieu", many.ACCEPTED + timedelta(hours=hours), values=values)


def sums(session: Session) -> tuple[dict[Cell, Totals], dict[Cell, Totals], dict[Cell, Totals]]:
    """(kept up, added up by the database, folded figure by figure), of the shared rows."""
    plan = find_plan(session)
    definition = definition_of(plan)
    (output,) = definition.outputs
    state, book = state_of(session, plan, output), output_rows(definition, output)
    return open_sums(session, state), add_up(session, state, book), _folded(session, book)


def _folded(session: Session, book: OutputRows) -> dict[Cell, Totals]:
    plan = find_plan(session)
    definition = definition_of(plan)
    inputs = collect(session, plan, definition.outputs[0], LATER + timedelta(days=9))
    figures = gather_figures(session, definition, book, inputs.items)
    return {
        cell: totals(book.rows[cell[0]].indicator, merged.contributions)
        for cell, merged in figures.cells.items()
        if merged.contributions
    }


def test_the_databases_sums_are_those_of_each_figure_folded(crowd: Engine, store: Store) -> None:
    make(crowd, store)
    with Session(crowd) as session:
        up, added, folded = sums(session)
    assert len(folded) == len(many.KINDS) * len(many.PERIODS)
    assert up == added == folded


def test_awkward_figures_are_added_exactly_too(either: Engine, store: Store) -> None:
    """Decimals, very large ones, texts, «không áp dụng», parts without their percentage."""
    with writing(either) as session:
        for number, name in enumerate(("PLX.1", "PLX.2", "PLX.42#n", "PLX.48"), start=1):
            for row in session.exec(
                select(Value).where(Value.indicator == name, Value.submission_id == number)
            ):
                row.number = {1: 0.1, 2: 2.0**60, 3: -0.000001, 4: 1e9 + 0.25}[number]
                session.add(row)
        for row in session.exec(select(Value).where(Value.submission_id == 5)):
            row.number, row.text, row.not_applicable = None, "Không có", True
            session.add(row)
        for row in session.exec(select(Value).where(Value.submission_id == 6)):
            if row.indicator in ("PLX.3", "PLX.43"):
                row.number, row.text = None, None if row.indicator == "PLX.43" else "nhiều"
                session.add(row)
    make(either, store)
    with Session(either) as session:
        up, added, folded = sums(session)
    assert up == added == folded


def test_one_more_one_taken_back_one_changed_move_only_their_part(
    either: Engine, store: Store
) -> None:
    make(either, store)
    hand_in_commune(either, 302)
    make(either, store, 1)
    with writing(either) as session:
        take_back(session, "xa-7/bieu", LATER)
    make(either, store, 2)
    hand_in_commune(either, 7, 30, **{"PLX.53": 1.0})
    run = make(either, store, 40)
    assert run.number == 4
    with Session(either) as session:
        up, added, folded = sums(session)
        assert up == added == folded
        spans = session.exec(select(RunInput)).all()
    # 302 from the beginning, one entered, one closed and opened again.
    assert len(spans) == ACCEPTED + 2


def test_the_largest_is_found_again_when_its_holder_leaves(crowd: Engine, store: Store) -> None:
    make(crowd, store)
    with Session(crowd) as session:
        top = open_sums(session, _state(session))["PLX.50", "2018"].top
        holders = session.exec(
            select(Value.submission_id).where(
                Value.indicator == "PLX.50", Value.period == "2018", Value.number == top
            )
        ).all()
    with writing(crowd) as session:
        for key in holders:
            take_back(session, f"xa-{key - 1}/bieu", LATER)
    make(crowd, store, 2)
    with Session(crowd) as session:
        up, _, folded = sums(session)
    assert up["PLX.50", "2018"] == folded["PLX.50", "2018"]
    assert up["PLX.50", "2018"].top < top
    assert not math.isnan(up["PLX.50", "2018"].top)


def _state(session: Session):  # type: ignore[no-untyped-def]
    plan = find_plan(session)
    return state_of(session, plan, definition_of(plan).outputs[0])


def test_incrementally_or_from_nothing_the_bytes_are_the_same(crowd: Engine, store: Store) -> None:
    make(crowd, store)
    hand_in_commune(crowd, 302)
    step_by_step = make(crowd, store, 1)
    with writing(crowd) as session:
        state = _state(session)
        state.rolled_up = False
        session.add(state)
        for table in (RunOutput, ConsolidationRun):
            for row in session.exec(select(table)):
                session.delete(row)
    anew = make(crowd, store, 5)
    assert anew.created
    assert [one.sha256 for one in anew.files] == [one.sha256 for one in step_by_step.files]


def test_the_workbook_says_the_sums_and_how_many_they_are_of(crowd: Engine, store: Store) -> None:
    run = make(crowd, store)
    assert (run.partial, run.coverage["have"], run.coverage["owed"]) == (True, ACCEPTED, OWED)
    assert run.coverage["words"] == f"{ACCEPTED}/{OWED}, thiếu: Xã 302 và Xã 303"
    book = openpyxl.load_workbook(io.BytesIO(store.get(run.files[0].sha256)))
    lines = {line[0]: line for line in book["PLX"].iter_rows(values_only=True) if line[0]}
    expected = sum(
        figure
        for number in range(ACCEPTED)
        for name, period, figure in many.figures_of(number)
        if (name, period) == ("PLX.1", "2015")
    )
    assert expected in lines[next(key for key in lines if str(key).endswith("PLX.1"))]
    sources = list(book["Nguồn số liệu"].iter_rows(values_only=True))
    assert any(line[0] == "PLX.1" and line[6] == f"{ACCEPTED} cơ quan" for line in sources)


def test_one_more_reads_only_its_own_figures(crowd: Engine, store: Store) -> None:
    """The cost of a run after one more is the one's: no statement reads the others' values."""
    make(crowd, store)
    hand_in_commune(crowd, 302)
    read: list[str] = []

    def see(_c, _cursor, statement, parameters, _context, _many) -> None:  # type: ignore[no-untyped-def]
        if "FROM value" in statement:
            read.append(statement)
            assert "run_input" not in statement
            assert len(parameters) < 10, "many submissions are named"

    event.listen(crowd, "before_cursor_execute", see)
    assert make(crowd, store, 1).created
    event.remove(crowd, "before_cursor_execute", see)
    assert read


def test_the_trigger_of_very_many_goes_by_counts(crowd: Engine, store: Store) -> None:
    assert react(crowd, store, many.PLAN_ID, LATER).runs == ()
    make(crowd, store)
    for number in (302, 303):
        hand_in_commune(crowd, number)
    did = react(crowd, store, many.PLAN_ID, LATER + timedelta(hours=3))
    assert [(run.output, run.trigger, run.partial) for run in did.runs] == [
        (many.OUTPUT, "inputs-complete", False)
    ]
    assert react(crowd, store, many.PLAN_ID, LATER + timedelta(hours=4)).runs == ()


def _handed_in_again(how: str) -> PlanDefinition:
    """The plan of three communes, whose appendix comes more than once from each."""
    whole = many.definition_of(3).model_dump(mode="json")
    (part,) = whole["deliverables"]
    if how == "recurs":
        part["due"] = {"words": "Hằng quý, trước ngày 20 của tháng cuối quý"}
    else:
        whole["deliverables"].append({**part, "id": "bieu-2"})
        whole["outputs"][0]["inputs"].append("bieu-2")
    return PlanDefinition.model_validate(whole)


@pytest.mark.parametrize("how", ["recurs", "two deliverables"])
def test_what_is_handed_in_again_is_never_added_up(how: str) -> None:
    """Of a recurring duty the latest stands; sums of every occurrence would count an agency twice."""
    once, again = many.definition_of(3), _handed_in_again(how)
    state = OutputState(plan_id=many.PLAN_ID, output=many.OUTPUT, owed=LISTED_UP_TO + 1)
    assert handed_in_once(once, once.outputs[0])
    assert goes_by_sums(state, once, once.outputs[0])
    assert not handed_in_once(again, again.outputs[0])
    assert not goes_by_sums(state, again, again.outputs[0])


def test_an_appendix_beside_another_is_still_added_up() -> None:
    whole = many.definition_of(3).model_dump(mode="json")
    other = {**whole["deliverables"][0], "id": "bieu-2", "owners": ["tinh"]}
    whole["deliverables"].append(other)
    whole["outputs"][0]["inputs"].append("bieu-2")
    definition = PlanDefinition.model_validate(whole)
    assert handed_in_once(definition, definition.outputs[0])
