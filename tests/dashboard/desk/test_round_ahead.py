"""A coming round seen agency by agency says to each person what the whole round would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlmodel import col, select

from dashboard.queries import messages as reads
from notifications.reminders.digests import Digest
from notifications.reminders.tick import preview
from plan.database import reading
from plan.models import Agency
from tests.browser.support import SAMPLE_DAY, Dash, dashboard_at
from tests.conftest import PLAN_ID
from tests.support.delivering import DESK

LATER = SAMPLE_DAY + timedelta(days=9)


@pytest.fixture
def dash(tmp_path: Path) -> Dash:
    return dashboard_at(tmp_path)


def _agencies(dash: Dash) -> Sequence[tuple[int | None, str]]:
    with reading(dash.engine) as session:
        return session.exec(
            select(Agency.id, Agency.code)
            .where(Agency.plan_id == PLAN_ID)
            .order_by(col(Agency.sort), col(Agency.id))
        ).all()


def _told(digests: Sequence[Digest]) -> list[Digest]:
    """With what the record says of their own obligations: a look keeps it for all digests together."""
    return [
        replace(
            one, record={row.id: one.record[row.id] for row in one.rows if row.id in one.record}
        )
        for one in digests
    ]


@pytest.mark.parametrize("at", [SAMPLE_DAY, LATER, LATER + timedelta(days=30)])
def test_each_agency_is_told_what_the_whole_round_tells_it(dash: Dash, at: datetime) -> None:
    """To the word of every digest, and of all of them; the coordinator's people too."""
    whole, opens = preview(dash.engine, PLAN_ID, at, DESK)
    assert whole.digests
    told = []
    for key, code in _agencies(dash):
        part, at_office = preview(dash.engine, PLAN_ID, at, DESK, key)
        assert at_office == opens
        theirs = [d for d in whole.digests if key in {seat.agency_id for seat in d.person.seats}]
        assert _told(part.digests) == _told(theirs), code
        told += part.digests
    assert {(d.person.key, d.channel) for d in told} == {
        (d.person.key, d.channel) for d in whole.digests
    }


def test_a_look_at_one_agency_reads_what_its_people_hear_of(dash: Dash) -> None:
    whole, _ = preview(dash.engine, PLAN_ID, LATER, DESK)
    owing = {move.row.agency_id for move in whole.moves}
    key = next(key for key, code in _agencies(dash) if code == "an-lao")
    part, _ = preview(dash.engine, PLAN_ID, LATER, DESK, key)
    assert {move.row.agency_id for move in part.moves} == {key} < owing


def test_agencies_are_counted_by_the_round_they_are_looked_at_in(dash: Dash) -> None:
    whole, _ = preview(dash.engine, PLAN_ID, LATER, DESK)
    with reading(dash.engine) as session:
        found = reads.agencies_ahead(session, PLAN_ID, LATER, 0, None)
        assert [one.code for one in found] == [code for _, code in _agencies(dash)]
        assert found[2:5] == reads.agencies_ahead(session, PLAN_ID, LATER, 2, 3)
    counted: dict[str, int] = {}
    for move in whole.moves:
        counted[move.row.agency] = counted.get(move.row.agency, 0) + 1
    assert {one.code: one.count for one in found if one.count} == counted


def _heading(page: str) -> str:
    return page.partition("<h1>")[2].partition("</h1>")[0]


def test_a_wide_round_is_shown_agency_by_agency(
    dash: Dash, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = dash.client("coordinator")
    at_once = client.get("/nhac-viec/sap-gui").text
    monkeypatch.setattr(reads, "MOST_WHOLE", 1)
    listed = client.get("/nhac-viec/sap-gui").text
    assert "Nghĩa vụ được xem lại" in listed
    assert _heading(listed) == _heading(at_once)
    code = "an-lao"
    assert f'<th scope="row"><a href="/nhac-viec/sap-gui?co-quan={code}">' in listed
    theirs = client.get(f"/nhac-viec/sap-gui?co-quan={code}").text
    assert f'href="/nhac-viec/sap-gui/1?co-quan={code}"' in theirs
    one = client.get(f"/nhac-viec/sap-gui/1?co-quan={code}").text
    assert "chưa gửi, xem trước" in one
    assert client.get(f"/nhac-viec/sap-gui/1/thu?co-quan={code}").status_code == 200
    table = client.get("/nhac-viec/sap-gui?dang=csv").content.decode()
    assert "Nghĩa vụ được xem lại" in table
    assert "Vì sao gửi" in client.get("/nhac-viec/sap-gui?xem=tin").text
    assert client.get("/nhac-viec/sap-gui?co-quan=khong-co").status_code == 404


def test_a_narrow_round_is_shown_whole(dash: Dash) -> None:
    _, said = reads.planned(dash.engine, PLAN_ID, SAMPLE_DAY, DESK)
    with reading(dash.engine) as session:
        assert not reads.is_wide(session, PLAN_ID, SAMPLE_DAY)
    assert "Vì sao gửi" in dash.client("coordinator").get("/nhac-viec/sap-gui").text
    assert said
