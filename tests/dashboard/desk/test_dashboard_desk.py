"""The coordinator's queue: everything that waits, decided in place, many at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlmodel import select

from dashboard.queries.desk import KINDS, Item, queue
from dashboard.queries.naming import naming
from plan import ledger
from plan.calendar import local_day
from plan.database import reading, writing
from plan.ledger.filing import Filing, FoundFault
from plan.models import Obligation, Plan
from plan.queries.lookup import find_obligation
from tests.browser.support import Browser, Dash, dashboard_at
from tests.conftest import CLERK, PLAN_ID


@pytest.fixture
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    opened = dashboard_at(tmp_path_factory.mktemp("queue"))
    yield opened
    opened.engine.dispose()


def waiting(dash: Dash) -> list[Item]:
    now = dash.clock.now
    with reading(dash.engine) as session:
        names = naming(session, PLAN_ID, local_day(now))
        return queue(session, PLAN_ID, "snv", now, names)


def hand_in(dash: Dash, name: str, warnings: int = 0) -> None:
    agency = name.partition("/")[0]
    clerk = type(CLERK)("Văn thư", CLERK.role, frozenset({agency}), "web")
    found = tuple(
        FoundFault("warning", "x", f"Đề nghị giải trình {number}.") for number in range(warnings)
    )
    filing = Filing(kind="nil", received_at=dash.clock.now, payload={"for": name}, findings=found)
    with writing(dash.engine) as session:
        row = find_obligation(session, PLAN_ID, name)
        ledger.submit(session, row.id or 0, filing, actor=clerk, now=dash.clock.now)


def states(dash: Dash, *names: str) -> list[str]:
    with reading(dash.engine) as session:
        return [find_obligation(session, PLAN_ID, name).state for name in names]


def ticks(page: str) -> list[str]:
    return re.findall(r'name="chon" value="([^"]+)"', page)


def owed_now(dash: Dash, count: int) -> list[str]:
    with reading(dash.engine) as session:
        from plan.queries.progress import obligations

        views = obligations(session, session.get_one(Plan, PLAN_ID), dash.clock.now)
        return [v.id for v in views if v.state in ("owed", "returned") and v.agency != "snv"][
            :count
        ]


def test_the_queue_names_every_kind_in_words(dash: Dash) -> None:
    items = waiting(dash)
    assert {item.kind for item in items} <= set(KINDS)
    assert [i.since for i in items if i.since] == sorted(i.since for i in items if i.since)
    assert all(item.who and item.what and item.href.startswith("/") for item in items)


def test_all_that_have_no_fault_are_accepted_with_one_press(dash: Dash) -> None:
    good, doubtful = owed_now(dash, 6)[:5], owed_now(dash, 6)[5]
    for name in good:
        hand_in(dash, name)
    hand_in(dash, doubtful, warnings=1)
    client = dash.client("coordinator")
    page = client.get("/ban-lam-viec").text
    assert {f"{name}#" in " ".join(ticks(page)) for name in (*good, doubtful)} == {True}
    answer = dash.post(client, "/ban-lam-viec/nhan", het="1")
    assert answer.status_code == 303
    assert set(states(dash, *good)) == {"accepted"}
    assert states(dash, doubtful) == ["submitted"]


def test_what_was_ticked_is_returned_with_one_reason(dash: Dash) -> None:
    names = owed_now(dash, 2)
    for name in names:
        hand_in(dash, name)
    client: Browser = dash.client("coordinator")
    chosen = [one for one in ticks(client.get("/ban-lam-viec").text) if one.split("#")[0] in names]
    assert len(chosen) == 2
    nothing = dash.post(client, "/ban-lam-viec/tra-lai", chon=chosen)
    assert nothing.status_code in (303, 409, 422)
    assert set(states(dash, *names)) == {"submitted"}  # without a reason nothing is returned
    dash.post(client, "/ban-lam-viec/tra-lai", chon=chosen, ly__do="thiếu chữ ký")
    assert set(states(dash, *names)) == {"returned"}


def test_one_that_may_not_be_accepted_holds_up_no_other_and_is_named(dash: Dash) -> None:
    first, second = owed_now(dash, 2)
    hand_in(dash, first)
    hand_in(dash, second)
    client = dash.client("coordinator")
    chosen = [
        one
        for one in ticks(client.get("/ban-lam-viec").text)
        if one.split("#")[0] in (first, second)
    ]
    with writing(dash.engine) as session:  # somebody else decides the first meanwhile
        row = find_obligation(session, PLAN_ID, first)
        other = type(CLERK)("Người khác", type(CLERK.role)("coordinator"), frozenset(), "web")
        ledger.give_back(session, row.id or 0, reason="lỗi", actor=other, now=dash.clock.now)
    dash.post(client, "/ban-lam-viec/nhan", chon=chosen)
    assert states(dash, first, second) == ["returned", "accepted"]
    assert first in client.get("/ban-lam-viec").text


def test_only_the_coordinator_has_a_desk(dash: Dash) -> None:
    for role in ("leader", "admin"):
        assert dash.client(role).get("/ban-lam-viec").status_code == 403
    with reading(dash.engine) as session:
        assert session.exec(select(Obligation.id).limit(1)).first() is not None
