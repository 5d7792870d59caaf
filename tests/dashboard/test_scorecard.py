"""Who delivers: each figure against a count by hand, the same for ever for the same moment."""

from __future__ import annotations

import io
from datetime import date, datetime

import openpyxl
import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from dashboard.scorecard_table import HEADS, workbook
from plan import ledger
from plan.database import reading, writing
from plan.ledger.filing import Filing
from plan.queries.lookup import find_obligation, find_plan
from plan.queries.scorecard import (
    DEFINITIONS,
    GROUPINGS,
    Delivery,
    Score,
    deliveries,
    ranked,
    scores,
    trend,
)
from tests.conftest import CLERK, PLAN_ID, REVIEWER, at

IN_TIME, LATE, SEEN = at("2020-04-20 09:00"), at("2020-05-05 09:00"), at("2020-05-08 08:00")


def hand_in(engine: Engine, name: str, now: datetime) -> None:
    with writing(engine) as session:
        row = find_obligation(session, PLAN_ID, name).id or 0
        filing = Filing(kind="nil", received_at=now, payload={"for": name})
        ledger.submit(session, row, filing, actor=CLERK, now=now)


def give_back(engine: Engine, name: str, now: datetime) -> None:
    with writing(engine) as session:
        row = find_obligation(session, PLAN_ID, name).id or 0
        ledger.give_back(session, row, reason="thiếu phụ lục", actor=REVIEWER, now=now)


@pytest.fixture
def delivered(loaded: Engine) -> Engine:
    """An Lão: one in time, one late, one still missing (the conference)."""
    hand_in(loaded, "an-lao/district-report", IN_TIME)
    hand_in(loaded, "an-lao/district-plan", LATE)
    return loaded


def found(session: Session, moment: datetime = SEEN, **span: date) -> list[Delivery]:
    return deliveries(session, [find_plan(session, PLAN_ID)], moment, **span)


def of(session: Session, key: str, moment: datetime = SEEN) -> Score:
    return next(s for s in scores(found(session, moment), "agency") if s.key == key)


def test_an_agency_counted_by_hand(delivered: Engine) -> None:
    with reading(delivered) as session:
        score = of(session, "an-lao")
    assert (score.expected, score.received, score.on_time) == (3, 2, 1)
    assert (score.reporting_rate, score.on_time_rate) == (2 / 3, 1 / 3)
    # 30/4 and 1/5 were holidays: the plan handed in on 5/5 is two working days after 29/4, the
    # conference, missing on 8/5, five.
    assert score.median_days_late == 3.5
    assert score.small


def test_nothing_is_expected_before_its_day(delivered: Engine) -> None:
    with reading(delivered) as session:
        assert found(session, at("2020-04-29 16:00")) == []


def test_the_same_moment_gives_the_same_figures_whatever_came_after(delivered: Engine) -> None:
    with reading(delivered) as session:
        before = of(session, "an-lao")
    give_back(delivered, "an-lao/district-report", at("2020-05-11 08:00"))
    hand_in(delivered, "an-lao/district-conference", at("2020-05-12 08:00"))
    with reading(delivered) as session:
        again, later = of(session, "an-lao"), of(session, "an-lao", at("2020-05-13 08:00"))
    assert (again.received, again.on_time, again.returned) == (before.received, before.on_time, 0)
    assert later.returned == 1
    assert later.received == 2  # the conference came, the report went back


def test_an_extension_granted_moves_the_line(delivered: Engine) -> None:
    with writing(delivered) as session:
        row = find_obligation(session, PLAN_ID, "hoai-an/district-report").id or 0
        clerk = type(CLERK)("Văn thư", CLERK.role, frozenset({"hoai-an"}), "cli")
        asked = ledger.ask_extension(
            session,
            row,
            until=date(2020, 5, 15),
            reason="thiên tai",
            actor=clerk,
            now=at("2020-04-22 08:00"),
        )
        ledger.decide_extension(
            session, asked.id or 0, granted=True, actor=REVIEWER, now=at("2020-04-23 08:00")
        )
    with reading(delivered) as session:
        assert of(session, "hoai-an").expected == 2
        assert of(session, "hoai-an", at("2020-05-18 08:00")).extensions == 1


def test_what_was_waived_is_not_expected(delivered: Engine) -> None:
    with writing(delivered) as session:
        row = find_obligation(session, PLAN_ID, "an-lao/district-conference").id or 0
        ledger.waive(session, row, reason="dịch bệnh", actor=REVIEWER, now=LATE)
    with reading(delivered) as session:
        assert of(session, "an-lao").expected == 2


def test_every_grouping_counts_every_obligation_once(delivered: Engine) -> None:
    with reading(delivered) as session:
        everything = found(session)
        for by in GROUPINGS:
            assert sum(score.expected for score in scores(everything, by)) == len(everything)
        assert [score.words for score in trend(everything)] == ["quý II/2020"]
        assert found(session, since=date(2020, 5, 1)) == []


def test_equal_figures_share_a_place_and_the_next_place_counts_them(delivered: Engine) -> None:
    with reading(delivered) as session:
        rows = ranked(scores(found(session), "agency"))
    assert rows[0].score.key == "an-lao"
    places = [row.place for row in rows]
    assert places == sorted(places)
    same = [row for row in rows if row.place == rows[1].place]
    assert len(same) > 1
    after = [row.place for row in rows if row.place > rows[1].place]
    assert not after or after[0] == rows[1].place + len(same)


def test_the_workbook_says_first_how_it_counts_and_last_what_of(delivered: Engine) -> None:
    with reading(delivered) as session:
        everything = found(session)
        rows = ranked(scores(everything, "agency"))
    book = openpyxl.load_workbook(io.BytesIO(workbook(rows, everything, "agency", SEEN)))
    first, table, detail = book.worksheets
    assert {row[0].value for row in first} >= {name for name, _ in DEFINITIONS}
    assert [cell.value for cell in table[1]][2:] == list(HEADS[2:])
    assert table.max_row == 1 + len(rows)
    assert detail.max_row == 1 + len(everything)
