"""`status` and `agenda` count what recurs a period at a time, as the pages do."""

from __future__ import annotations

import re

import pytest

from dashboard.queries.board import headline
from dashboard.queries.naming import naming
from dashboard.queries.overview import milestones_now
from dashboard.queries.plan_view import PlanView
from plan.calendar import local_day
from plan.database import migrate, open_engine, reading, writing
from plan.queries.lookup import find_plan
from plan.settings import get_settings
from tests.conftest import at, forget, load_running
from tests.support.commands import answer, dondoc
from tests.support.reminders import small_plan

MAY = "2020-05-05T09:00+07:00"


@pytest.fixture
def monthly() -> str:
    """The pages' sentence of a plan of one report each month, in May."""
    forget()
    data = small_plan(ends_on="2020-12-31").model_dump(mode="json")
    for part in data["deliverables"]:
        part["due"] = {"words": "hằng tháng trước ngày 15"}
    data["milestones"][0]["opens_on"] = None
    engine = open_engine(get_settings().resolved_database_url)
    migrate(engine)
    with writing(engine) as session:
        load_running(session, small_plan(**data), now=at("2020-03-02 08:00"))
    moment = at("2020-05-05 09:00")
    with reading(engine) as session:
        plan = find_plan(session)
        names = naming(session, plan.id, local_day(moment))
        rows = milestones_now(PlanView(session, plan, moment, names, None))
        said = headline(rows, moment, plan.soon_working_days)
    engine.dispose()
    return " ".join(f"{said.lead} {said.rest}".split())


def periods(text: str) -> set[str]:
    return set(re.findall(r"@(\d{4}-\d\d)", text))


def test_status_says_what_the_pages_say_and_shows_the_period_at_hand(monthly: str) -> None:
    shown = dondoc("status", "--as-of", MAY)
    assert shown.exit_code == 0, shown.output
    assert shown.output.splitlines()[1] == monthly
    assert periods(shown.output) == {"2020-03", "2020-04", "2020-05"}  # two past, nobody reported
    everything = answer(dondoc("status", "--as-of", MAY, "--json"))
    assert everything["headline"] == monthly
    lines = shown.output.count("@")
    left = len(everything["obligations"]) - lines
    assert f"Và {left} nghĩa vụ của các kỳ khác" in shown.output
    whole = dondoc("status", "--as-of", MAY, "--all").output
    assert whole.count("@") == lines + left
    assert "của các kỳ khác" not in whole
    of_milestone = dondoc("status", "--as-of", MAY, "--milestone", "m").output
    assert f"Và {left} nghĩa vụ của các kỳ khác" in of_milestone  # the plan's only one


def test_an_agencys_agenda_is_of_the_period_at_hand(monthly: str) -> None:
    shown = dondoc("agenda", "--agency", "a", "--as-of", MAY).output
    assert periods(shown) == {"2020-03", "2020-04", "2020-05"}
    assert "của các kỳ khác" in shown
    assert "2020-12" in periods(dondoc("agenda", "--agency", "a", "--as-of", MAY, "--all").output)
