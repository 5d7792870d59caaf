"""What a look asks first, against the real work: nothing due means that a proper look does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import select

from flows.jobs import rounds
from flows.rehearsal.standins.smtp_sink import SmtpFaults, SmtpSink
from flows.runtime import RoundTools
from flows.scheduled import artifacts
from plan import text
from plan.database import writing
from plan.models import Message
from plan.settings import Settings
from tests.conftest import PLAN_ID, at
from tests.standins.clock import HandClock
from tests.support.consolidation_kit import hand_in


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as opened:
        yield opened


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def tools(loaded: Engine, tmp_path: Path, sink: SmtpSink, clock: HandClock) -> RoundTools:
    """After a look at 09:00 on 20/04/2020."""
    url = loaded.url.render_as_string(hide_password=False)
    settings = Settings.model_validate(
        {"home": tmp_path, "smtp_url": sink.url, "database_url": url}
    )
    made = replace(rounds.make_tools(settings, loaded), clock=clock)
    rounds.run_round(made, PLAN_ID)
    rounds.consolidate_due(made, PLAN_ID)
    return made


def is_idle(tools: RoundTools) -> bool:
    return not rounds.anything_due(tools, PLAN_ID)


def test_after_a_look_there_is_nothing_to_do(tools: RoundTools, sink: SmtpSink) -> None:
    assert is_idle(tools)
    before = len(sink.mails)
    again = rounds.run_round(tools, PLAN_ID)
    assert (again.tick.queued, again.delivery.tried) == ([], 0)
    assert rounds.arrivals(tools.engine) == {}
    assert len(sink.mails) == before


def test_a_rung_comes(tools: RoundTools, clock: HandClock) -> None:
    """Whenever time alone gives the proper look something to do, the questions have noticed."""
    for _ in range(30):
        clock.advance(hours=9)
        quiet = is_idle(tools)
        did = rounds.run_round(tools, PLAN_ID)
        assert not (quiet and (did.tick.queued or did.delivery.tried))


def test_a_decision_is_made(tools: RoundTools) -> None:
    with writing(tools.engine) as session:
        hand_in(session, "an-lao/district-report", tools.clock(), accepted_at=tools.clock())
    assert not is_idle(tools)
    rounds.run_round(tools, PLAN_ID)
    assert not is_idle(tools)  # told, but not consolidated
    rounds.consolidate_due(tools, PLAN_ID)
    rounds.run_round(tools, PLAN_ID)
    assert is_idle(tools)


def test_a_message_waits(tools: RoundTools, sink: SmtpSink, clock: HandClock) -> None:
    sink.faults = SmtpFaults(sender="451 4.3.0 Later")
    clock.at = at("2020-04-24 07:00")
    rounds.run_round(tools, PLAN_ID)
    clock.advance(hours=1)
    assert not is_idle(tools)


def test_a_message_was_left_half_sent(tools: RoundTools) -> None:
    with writing(tools.engine) as session:
        message = session.exec(select(Message)).first()
        assert message is not None
        message.state, message.claimed_at = "sending", tools.clock() - timedelta(hours=1)
        session.add(message)
    assert not is_idle(tools)


def test_artifacts_are_made_anew_each_day() -> None:
    said = f"… Lúc {text.moment_words(at('2020-04-20 16:00'))}."
    assert artifacts.is_of_today(said, at("2020-04-20 17:30"))
    assert not artifacts.is_of_today(said, at("2020-04-21 07:00"))
