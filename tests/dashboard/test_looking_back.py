"""A past day shows the reminders that were ahead of it then, whatever was told and done since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlmodel import Session, col

from dashboard.pages.time_travel import rehearsed_days
from dashboard.queries.messages import next_rounds, planned, planned_then, rounds_then
from notifications.reminders.tick import tick
from plan.database import reading, writing
from plan.ledger import accept, ask_extension, decide_extension, reopen
from plan.models import Message
from plan.queries.lookup import find_obligation, find_plan
from plan.states import Actor, Role
from tests.browser.sample import PLAN, local
from tests.browser.support import Dash, dashboard_at

DAY = local(date(2020, 4, 27), 16, 30)
OFFICE = Actor("Trần Văn Bình", Role.coordinator)


@pytest.fixture
def dash(tmp_path: Path) -> Iterator[Dash]:
    made = dashboard_at(tmp_path, DAY)
    _round(made, made.clock())
    yield made
    made.engine.dispose()


def _round(dash: Dash, at: datetime) -> None:
    """A tick, and everything it queued gone out."""
    tick(dash.engine, PLAN, at, dash.site.desk)
    with writing(dash.engine) as session:
        session.execute(update(Message).values(state="sent", sent_at=at))


def _live_on(dash: Dash) -> None:
    """A week in which people are reminded, given more time, accepted and sent back."""
    for day in range(1, 9):
        now = dash.clock() + timedelta(days=day)
        _round(dash, now)
        if day == 2:
            with writing(dash.engine) as session:
                _change(session, now)


def _change(session: Session, now: datetime) -> None:
    waiting, done, owed = (
        find_obligation(session, PLAN, name).id or 0
        for name in ("stp/appendix-2", "quy-nhon/district-report", "an-lao/district-report")
    )
    clerk = Actor("Đầu mối", Role.agency, frozenset({"an-lao"}))
    more = date(2020, 5, 20)
    accept(session, waiting, actor=OFFICE, now=now)
    reopen(session, done, reason="Thiếu số liệu.", actor=OFFICE, now=now)
    asked = ask_extension(session, owed, until=more, reason="Thiên tai.", actor=clerk, now=now)
    decide_extension(session, asked.id or 0, granted=True, actor=OFFICE, now=now)


def test_a_past_day_shows_what_was_ahead_of_it(dash: Dash) -> None:
    """To the word what the day itself showed."""
    now = dash.clock()
    with reading(dash.engine) as session:
        rounds = next_rounds(session, PLAN, now)
    then = planned(dash.engine, PLAN, rounds[0].at, dash.site.desk)
    assert then[1]
    _live_on(dash)
    with reading(dash.engine) as session:
        plan = find_plan(session, PLAN)
        assert next_rounds(session, PLAN, now) != rounds
        assert rounds_then(session, plan, now, dash.site.desk) == rounds
        assert planned_then(session, plan, now, dash.site.desk) == then


def test_the_pages_of_a_past_day_show_them_too(dash: Dash) -> None:
    client = dash.client("coordinator")
    shown = client.get("/nhac-viec/sap-gui").text
    heading = shown.partition("<h1>")[2].partition("</h1>")[0]
    assert heading == "Lượt nhắc 07:00 ngày 28/04/2020"
    _live_on(dash)
    dash.clock.forward(days=9)
    moment = "luc=2020-04-27T16:30"
    assert f"<h1>{heading}</h1>" in client.get(f"/nhac-viec/sap-gui?{moment}").text
    assert "07:00 ngày 28/04/2020" in client.get(f"/nhac-viec?{moment}").text
    assert "07:00 ngày 28/04/2020" in client.get(f"/?{moment}").text
    assert f"<h1>{heading}</h1>" not in client.get("/nhac-viec/sap-gui").text


def test_a_rehearsals_days_speak_by_the_channels_it_was_played_with(dash: Dash) -> None:
    with writing(dash.engine) as session:
        session.execute(update(Message).where(col(Message.id) == 1).values(channel="zalo_oa"))
    with reading(dash.engine) as session:
        found = rehearsed_days(session)
    assert {"email", "zalo_oa"} <= found.channels
    site = replace(dash.site, demo=found)
    assert site.desk.available >= found.channels
