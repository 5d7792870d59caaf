"""When outputs are made by themselves: inputs complete, window closed, at night; never twice."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import docx
import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from consolidation import due_outputs, events
from consolidation.claim import OutputOptions
from consolidation.due_outputs import awaiting
from consolidation.inputs import collect
from consolidation.outputs import write
from consolidation.runs import finalise
from consolidation.triggers import REST, Reaction, react
from intake.files.store import Store
from plan import ledger
from plan.database import writing
from plan.definition.model import AgencyName, PlanDefinition
from plan.ledger.deadlines import amend_deadline
from plan.ledger.filing import ReadSection
from plan.ledger.new_deadline import Amendment, Basis
from plan.models import AuditEvent, ConsolidationRun, Plan
from plan.queries.lookup import find_milestone, find_obligation, find_plan
from tests.conftest import PLAN_ID, REVIEWER, at, load_running
from tests.support.consolidation_kit import hand_in, take_back
from tests.support.consolidation_small import (
    COMPILED,
    DISTRICTS,
    DRAFT,
    ID,
    NOTE_,
    TABLE,
    small_plan,
    values_of,
)

HANDED = at("2020-04-20 08:00")
DAY = at("2020-04-21 08:00")
NIGHT = at("2020-04-21 22:00")
CLOSED = at("2020-04-30 00:30")
"""Half an hour after the window of the figures has closed."""


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


@pytest.fixture
def small(migrated_engine: Engine) -> Engine:
    with writing(migrated_engine) as session:
        load_running(session, small_plan(), now=at("2020-01-06 08:00"))
    return migrated_engine


@pytest.fixture
def tick(small: Engine, store: Store) -> Callable[..., Reaction]:
    return lambda now=DAY, **more: react(small, store, ID, now, **more)


def made(did: Reaction) -> dict[str, str]:
    assert did.failed == ()
    return {run.output: run.trigger for run in did.runs}


def figures(engine: Engine, *districts: str, now: datetime = HANDED, **more: Any) -> None:
    with writing(engine) as session:
        for one in districts:
            hand_in(session, f"{one}/bieu", now, values=values_of(one), **more)


def texts(engine: Engine, *districts: str) -> None:
    with writing(engine) as session:
        for one in districts:
            sections = [ReadSection("p1", f"Kết quả của {one}."), ReadSection("p2", "Chậm.")]
            hand_in(session, f"{one}/bao-cao", HANDED, sections=sections)


# --- complete --------------------------------------------------------------------------------------


def test_complete_inputs_start_what_their_milestone_feeds_once(
    small: Engine, tick: Callable[..., Reaction]
) -> None:
    figures(small, *DISTRICTS)
    assert made(tick()) == {TABLE: "inputs-complete"}
    assert made(tick()) == {}
    texts(small, *DISTRICTS)
    assert made(tick()) == {COMPILED: "inputs-complete", DRAFT: "inputs-complete"}


def test_the_packaged_plan_says_which_milestone_feeds_what(
    province: Engine, store: Store, definition: PlanDefinition
) -> None:
    """Filled in, all that reports and figures feed is made, the note of the day besides."""
    fed = {output for one in definition.milestones for output in one.feeds}
    assert fed == {one.id for one in definition.outputs}
    by_figures = next(one for one in definition.milestones if "provincial-appendices" in one.feeds)
    assert "district-compilation" not in by_figures.feeds
    found = made(react(province, store, PLAN_ID, DAY))
    assert found.keys() == fed
    assert {trigger for output, trigger in found.items() if output != "status-note"} == {
        "inputs-complete"
    }


def test_one_missing_input_starts_nothing_that_needs_it(
    small: Engine, tick: Callable[..., Reaction]
) -> None:
    figures(small, "dong", "tay")
    assert made(tick()) == {}
    figures(small, "nam", now=DAY)
    assert made(tick(at("2020-04-21 10:00"))) == {TABLE: "inputs-complete"}


def test_handed_in_but_not_accepted_is_not_there(
    small: Engine, tick: Callable[..., Reaction]
) -> None:
    figures(small, "dong", "tay")
    figures(small, "nam", accepted=False)
    assert made(tick()) == {}


def test_a_waived_input_is_not_waited_for(small: Engine, tick: Callable[..., Reaction]) -> None:
    figures(small, "dong", "tay")
    with writing(small) as session:
        row = find_obligation(session, ID, "nam/bieu")
        ledger.waive(session, row.id or 0, reason="Chuyển kỳ sau", actor=REVIEWER, now=DAY)
    did = tick()
    assert made(did) == {TABLE: "inputs-complete"}
    assert did.runs[0].coverage | {"missing": []} == {
        "have": 2,
        "owed": 2,
        "waived": 1,
        "missing": [],
        "words": "2/2",
    }


def test_an_input_accepted_anew_makes_it_again(
    small: Engine, tick: Callable[..., Reaction]
) -> None:
    figures(small, *DISTRICTS)
    first = tick().runs[0]
    with writing(small) as session:
        take_back(session, "nam/bieu", DAY)
        hand_in(session, "nam/bieu", at("2020-04-22 08:00"), values=values_of("nam")[:6])
    second = tick(at("2020-04-22 10:00")).runs[0]
    assert (first.number, second.number, second.trigger) == (1, 2, "inputs-complete")


# --- closed ------------------------------------------------------------------------------------------


def test_a_window_that_closes_with_some_missing_makes_a_partial_run(
    small: Engine, tick: Callable[..., Reaction]
) -> None:
    figures(small, "dong", "tay")
    assert made(tick()) == {}
    assert made(tick(at("2020-04-29 23:59"))) == {}
    did = tick(CLOSED)
    assert made(did) == {TABLE: "window-closed"}
    assert (did.runs[0].partial, did.runs[0].coverage["words"]) == (True, "2/3, thiếu: Nam")
    assert made(tick(CLOSED + timedelta(minutes=1))) == {}


def test_a_milestone_a_document_moved_closes_on_its_new_day(
    small: Engine, tick: Callable[..., Reaction]
) -> None:
    figures(small, "dong", "tay")
    with writing(small) as session:
        amend_deadline(
            session,
            find_plan(session, ID),
            "so-lieu",
            Amendment(date(2020, 5, 6), Basis("Giãn cách xã hội", "7/UBND", date(2020, 4, 20))),
            actor=REVIEWER,
            now=DAY,
        )
    assert made(tick(CLOSED)) == {}
    assert made(tick(CLOSED + timedelta(days=7))) == {TABLE: "window-closed"}


def test_what_comes_late_makes_it_whole(small: Engine, tick: Callable[..., Reaction]) -> None:
    figures(small, "dong", "tay")
    tick(CLOSED)
    figures(small, "nam", now=CLOSED)
    did = tick(CLOSED + timedelta(hours=2))
    assert made(did) == {TABLE: "inputs-complete"}
    assert not did.runs[0].partial


def test_ticks_missed_for_weeks_lose_nothing(small: Engine, tick: Callable[..., Reaction]) -> None:
    figures(small, "dong", "tay")
    texts(small, *DISTRICTS)
    assert made(tick(at("2020-05-29 08:00"))) == {
        TABLE: "window-closed",
        COMPILED: "inputs-complete",
        DRAFT: "inputs-complete",
    }


# --- at night ------------------------------------------------------------------------------------------


def test_at_night_a_draft_is_made_only_where_something_changed(
    small: Engine, tick: Callable[..., Reaction]
) -> None:
    figures(small, "dong")
    assert made(tick()) == {}
    tonight = {TABLE: "nightly", DRAFT: "nightly", NOTE_: "nightly"}
    assert made(tick(NIGHT, nightly=True)) == tonight
    # A note is of its day.
    assert made(tick(NIGHT + timedelta(days=1), nightly=True)) == {NOTE_: "nightly"}


# --- frozen, asked, failed -----------------------------------------------------------------------------


def test_a_frozen_output_of_closed_milestones_is_left_alone_and_told_stale(
    small: Engine, tick: Callable[..., Reaction]
) -> None:
    figures(small, *DISTRICTS)
    run = tick().runs[0]
    with writing(small) as session:
        finalise(session, run.run_id, actor=REVIEWER, now=DAY)
        closing = find_milestone(session, ID, "so-lieu")
        ledger.close_milestone(session, closing.id or 0, actor=REVIEWER, now=DAY)
        take_back(session, "nam/bieu", DAY)
    assert TABLE not in made(tick(NIGHT, nightly=True))
    with Session(small) as session:
        assert "UBND huyện Nam" in session.get_one(ConsolidationRun, run.run_id).stale_because


def test_where_the_plan_wants_a_persons_word_it_waits_for_it(
    small: Engine, tick: Callable[..., Reaction]
) -> None:
    _word_wanted(small)
    figures(small, *DISTRICTS)
    did = tick()
    assert (made(did), [one.output for one in did.awaiting]) == ({}, [TABLE])
    with Session(small) as session:
        assert [one.output for one in awaiting(session, find_plan(session), DAY)] == [TABLE]
    assert made(tick(NIGHT, confirmed=[TABLE])) == {TABLE: "inputs-complete"}


def _word_wanted(engine: Engine) -> None:
    plain = small_plan()
    asking = [one.model_copy(update={"confirm": True}) for one in plain.milestones]
    *others, last = plain.agencies
    town = AgencyName(name="UBND thị xã Nam", short="Nam", valid_from=date(2020, 4, 22))
    named = last.model_copy(update={"names": [*last.names, town]})
    careful = plain.model_copy(update={"milestones": asking, "agencies": [*others, named]})
    with writing(engine) as session:
        plan = session.get_one(Plan, ID)
        plan.definition, plan.definition_hash = careful.model_dump_json(), "careful"
        session.add(plan)


def test_with_very_many_inputs_texts_are_printed_all_the_same_and_nothing_waits_on(
    small: Engine, tick: Callable[..., Reaction], store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only a table of figures can do with sums; and once said yes to, nobody is asked again, neither for
    one that waits for review nor for an agency's new name."""
    monkeypatch.setattr(events, "LISTED_UP_TO", 2)
    figures(small, *DISTRICTS)
    texts(small, *DISTRICTS)
    _word_wanted(small)
    asked = [TABLE, COMPILED, DRAFT]
    assert [one.output for one in tick().awaiting] == asked
    did = tick(confirmed=asked)
    assert made(did).keys() == set(asked)
    (compiled,) = [run for run in did.runs if run.output == COMPILED]
    (word,) = compiled.files
    printed = [one.text for one in docx.Document(io.BytesIO(store.get(word.sha256))).paragraphs]
    assert {f"Kết quả của {one}." for one in DISTRICTS} <= set(printed)
    renamed = at("2020-04-23 08:00")
    assert tick(renamed) == Reaction()
    with Session(small) as session:
        assert awaiting(session, find_plan(session), renamed) == []


def test_one_that_fails_is_told_and_the_rest_goes_on(
    small: Engine, tick: Callable[..., Reaction], tmp_path: Path
) -> None:
    (tmp_path / "provincial-report.docx").write_bytes(b"no Word file")
    texts(small, *DISTRICTS)
    did = tick(options=OutputOptions(templates=tmp_path))
    assert [run.output for run in did.runs] == [COMPILED]
    ((output, why),) = did.failed
    assert (output, "provincial-report.docx" in why) == (DRAFT, True)


def test_a_fault_is_tried_again_after_a_rest_and_not_at_every_tick(
    small: Engine, tick: Callable[..., Reaction], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: Any) -> None:
        raise OSError("No space left on device")

    figures(small, *DISTRICTS)
    monkeypatch.setitem(write.WRITERS, "appendices", full)
    assert tick().failed == ((TABLE, "OSError: No space left on device"),)
    assert tick(DAY + timedelta(minutes=1)) == Reaction()
    with Session(small) as session:
        failed = session.exec(select(AuditEvent).where(AuditEvent.event == "run.failed")).all()
        assert len(failed) == 1
    monkeypatch.undo()
    assert made(tick(DAY + REST)) == {TABLE: "inputs-complete"}


def test_inputs_are_read_only_when_something_can_be_due(
    small: Engine, tick: Callable[..., Reaction], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A year's output has a year's inputs: as long as somebody owes and no window closed, none is read."""
    read = []

    def noted(*given: Any) -> Any:
        read.append(given)
        return collect(*given)

    monkeypatch.setattr(due_outputs, "collect", noted)
    figures(small, DISTRICTS[0])
    assert tick() == Reaction()
    assert not read
    figures(small, *DISTRICTS[1:])
    assert made(tick()) == {TABLE: "inputs-complete"}
    assert read
