"""The table of schedules: one job a milestone, from the plan's data, and what `dondoc schedule` prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from typer.testing import CliRunner

from flows.cli import app
from flows.schedule.deployments import AHEAD, LEAST, LOOKS, TABLE, Job, jobs
from plan.calendar import WorkingCalendar
from plan.database import reading, writing
from plan.definition.model import PlanDefinition
from plan.definition.rebase import rebase
from plan.models import Obligation
from tests.conftest import PLAN_ID, at, forget, load_running

NOW = at("2020-04-20 08:00")


def table(engine: Engine) -> dict[str, Job]:
    with reading(engine) as session:
        found = jobs(session, NOW)
    assert len({job.full_name for job in found}) == len(found)
    return {job.full_name: job for job in found}


def test_one_job_a_milestone_from_the_plans_data(
    engine: Engine, definition: PlanDefinition
) -> None:
    found = table(engine)
    tracked = [job for job in found.values() if job.flow == "track-milestone"]
    assert [job.parameters["milestone"] for job in tracked] == [
        part.id for part in definition.milestones
    ]
    assert {job.parameters["plan_id"] for job in tracked} == {PLAN_ID}
    assert {job.entrypoint for job in tracked} == {
        "flows.scheduled.track_milestone.track_milestone"
    }
    assert {row.flow for row in TABLE} - {job.flow for job in found.values()} == {
        "consolidate-on-word"  # no milestone of this plan asks for it
    }


def test_moments_lie_ahead_and_are_not_too_many(engine: Engine) -> None:
    for job in table(engine).values():
        assert list(job.moments) == sorted(set(job.moments))
        assert len(job.moments) <= LOOKS
        assert all(moment >= NOW for moment in job.moments)
        assert len([m for m in job.moments if m > NOW + AHEAD]) <= LEAST


def test_consolidation_runs_as_each_window_closes(engine: Engine) -> None:
    moments = table(engine)[f"consolidate/{PLAN_ID}"].moments
    assert [f"{moment:%d/%m %H:%M}" for moment in moments][:1] == ["29/04 17:05"]  # UTC


def test_a_settled_milestone_has_no_more_looks(engine: Engine) -> None:
    with writing(engine) as session:
        for row in session.exec(select(Obligation)):
            row.state = "accepted"
            session.add(row)
    found = table(engine)
    assert found[f"track-milestone/district-reports.{PLAN_ID}"].moments == ()
    assert found[f"consolidate/nightly.{PLAN_ID}"].moments == ()
    assert found["deliver/all"].moments


def test_a_milestone_that_asks_for_a_word_has_a_job_for_it(
    engine: Engine, definition: PlanDefinition
) -> None:
    asking = definition.milestones[0].model_copy(update={"confirm": True})
    changed = definition.model_copy(update={"milestones": [asking, *definition.milestones[1:]]})
    with writing(engine) as session:
        load_running(session, changed, now=NOW)
    job = table(engine)[f"consolidate-on-word/{PLAN_ID}"]
    assert job.moments == ()


def test_two_plans_each_have_their_jobs(engine: Engine, definition: PlanDefinition) -> None:
    calendar = WorkingCalendar.build(range(2019, 2023), definition.calendar)
    moved = rebase(definition, at("2021-01-18 08:00").date(), calendar)
    other = moved.model_copy(update={"id": "next-year"})
    with writing(engine) as session:
        load_running(session, other, now=NOW)
    found = table(engine)
    assert f"track-milestone/district-reports.{PLAN_ID}" in found
    later = found["track-milestone/district-reports.next-year"]
    assert later.moments[0].year == 2021
    assert len([job for job in found.values() if job.flow == "deliver"]) == 1


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
    monkeypatch.setenv("DONDOC_CLOCK", "2020-04-20T08:00+07:00")
    forget()
    runner = CliRunner()
    assert runner.invoke(app, ["init"]).exit_code == 0
    return runner


def test_schedule_prints_the_table(home: CliRunner) -> None:
    said = home.invoke(app, ["schedule"])
    assert said.exit_code == 0
    assert "track-milestone/district-reports.04-kh-ubnd-2020\t10:00 ngày 20/04/2020" in said.output


def test_schedule_as_json(home: CliRunner) -> None:
    found = json.loads(home.invoke(app, ["schedule", "--json"]).output)
    deliver = next(one for one in found if one["flow"] == "deliver")
    assert deliver["next"][0].startswith("2020-04-20T08:0")
    assert {one["on_new_decisions"] for one in found} == {True, False}
