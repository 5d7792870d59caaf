"""Any history of handing in, taking back, waiving and consolidating in between ends in the same run: what is
accepted decides, not the order it came in, nor how often and when somebody looked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine
from sqlmodel import Session

from consolidation.claim import RunRequest
from consolidation.compare import figures_in
from consolidation.input_spans import inputs_of_run
from consolidation.runs import consolidate, outputs_of
from consolidation.triggers import react
from intake.files.store import Store
from plan.database import writing
from plan.models import ConsolidationRun
from tests.conftest import at, load_running
from tests.support.consolidation_kit import hand_in, take_back
from tests.support.consolidation_small import DISTRICTS, ID, TABLE, small_plan, values_of
from tests.support.databases import migrated

START = at("2020-04-01 08:00")
END = START + timedelta(days=60)

Step = tuple[str, str]
"""What is done (hand in, take back, tick, night, by hand), and by which district."""
steps = st.lists(
    st.tuples(
        st.sampled_from(["hand-in", "hand-in", "take-back", "tick", "night", "by-hand"]),
        st.sampled_from(DISTRICTS),
    ),
    max_size=9,
)


def new_database(folder: Path) -> Engine:
    engine = migrated(folder / "dondoc.db")
    with writing(engine) as session:
        load_running(session, small_plan(), now=START)
    return engine


def play(
    history: Sequence[Step], last: Sequence[str]
) -> tuple[str, dict[str, str], dict[str, str]]:
    """Play it, then let every district stand accepted in the order `last`. Gives the newest run's input
    hash, its inputs and its files by hash."""
    with TemporaryDirectory() as name:
        engine, store = new_database(Path(name)), Store(str(Path(name) / "store"))
        now, accepted = START, set[str]()
        for deed, district in history:
            now += timedelta(hours=3)
            if deed == "hand-in" and district not in accepted:
                _hand_in(engine, district, now)
                accepted.add(district)
            elif deed == "take-back" and district in accepted:
                with writing(engine) as session:
                    take_back(session, f"{district}/bieu", now)
                accepted.remove(district)
            elif deed == "by-hand":
                _by_hand(engine, store, now)
            elif deed in ("tick", "night"):
                assert react(engine, store, ID, now, nightly=deed == "night").failed == ()
        for district in last:
            now += timedelta(hours=3)
            if district not in accepted:
                _hand_in(engine, district, now)
        run_id = _by_hand(engine, store, END)
        with Session(engine) as session:
            run = session.get_one(ConsolidationRun, run_id)
            inputs = {one.obligation: one.content_hash for one in inputs_of_run(session, run)}
            found = (run.input_hash, inputs)
        files = {one: _figures(store, sha256) for one, sha256 in _files(engine, run_id).items()}
        engine.dispose()
    return (*found, files)


def _hand_in(engine: Engine, district: str, now: datetime) -> None:
    with writing(engine) as session:
        hand_in(session, f"{district}/bieu", now, values=values_of(district), accepted_at=now)


def _by_hand(engine: Engine, store: Store, now: datetime) -> int:
    return consolidate(
        engine, store, ID, TABLE, RunRequest("by-hand", "x", as_of=now, now=now)
    ).run_id


def _files(engine: Engine, run_id: int) -> dict[str, str]:
    with Session(engine) as session:
        run = session.get_one(ConsolidationRun, run_id)
        return {one.filename: one.sha256 for one in outputs_of(session, run)}


def _figures(store: Store, sha256: str) -> str:
    """The figures a workbook says; the times of handing in beside them are each history's own."""
    return repr(sorted(figures_in(store.get(sha256))))


@lru_cache(maxsize=1)
def straight() -> tuple[str, dict[str, str], dict[str, str]]:
    """The history in which everybody hands in once and nobody looks before the end."""
    return play([], DISTRICTS)


@settings(max_examples=12)
@given(steps, st.permutations(DISTRICTS))
def test_every_history_ends_in_the_same_run(history: list[Step], last: list[str]) -> None:
    assert play(history, last) == straight()
