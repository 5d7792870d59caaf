"""Two plans call different agencies by one code: whoever acts for one sees nothing of the other's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from dashboard.auth import tokens, users
from dashboard.auth.calendar_keys import address_part, find
from dashboard.web.request import PLAN_COOKIE
from plan.database import reading, writing
from plan.directory.acting import act_for_instead, agencies_meant
from plan.errors import NotFoundError
from plan.models import UserAccount
from tests.browser.sample import PLAN
from tests.browser.support import HOST, SYSTEM, Dash, dashboard_at
from tests.conftest import load_running
from tests.support.api import API
from tests.support.reminders import small_plan

CODE = "an-lao"
THERE = "thu"
"""A second plan, in which the code is another's."""


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("one-code"))
    plan = small_plan()
    text = plan.model_dump_json().replace('"a"', f'"{CODE}"').replace("UBND huyện A", "UBND xã Lạ")
    with writing(made.engine) as session:
        load_running(session, type(plan).model_validate_json(text), now=made.clock())
    yield made
    made.engine.dispose()


def key_made_in(dash: Dash, plan_id: str) -> dict[str, str]:
    with writing(dash.engine) as session:
        _, text = tokens.make_token(
            session,
            name=f"Hệ của {plan_id}",
            role="agency",
            agencies=[CODE],
            plan_id=plan_id,
            actor=SYSTEM,
            now=dash.real(),
        )
    return {"authorization": f"Bearer {text}"}


def lines(dash: Dash, headers: dict[str, str], path: str = "/obligations") -> list[dict[str, Any]]:
    answer = dash.browser().get(f"{API}{path}", headers=headers)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


@pytest.mark.parametrize(("own", "foreign"), [(PLAN, THERE), (THERE, PLAN)])
def test_a_key_opens_what_its_agency_owes_in_whatever_plan(
    dash: Dash, own: str, foreign: str
) -> None:
    headers = key_made_in(dash, own)
    found = lines(dash, headers)
    assert {line["plan"] for line in found} == {own}
    assert found == lines(dash, headers, f"/obligations?plan={own}")
    assert lines(dash, headers, f"/obligations?plan={foreign}") == []
    assert lines(dash, headers, f"/calendar?plan={foreign}&month=2020-04") == []
    theirs = lines(dash, headers, f"/milestones?plan={foreign}")
    assert not any(line["owing"] or line["missing"] for line in theirs)
    counts = dash.browser().get(f"{API}/summary?plan={foreign}", headers=headers).json()["counts"]
    assert not any(counts.values())
    one = found[0]["deliverable"]
    answer = dash.browser().get(f"{API}/obligations/{CODE}/{one}?plan={foreign}", headers=headers)
    assert answer.status_code == 404


def test_an_account_looks_at_its_agencys_plans_alone(dash: Dash) -> None:
    """Of the directory the code is that of the plan that came first."""
    client = dash.client("agency", CODE)
    for chosen in ("", PLAN, THERE):
        if chosen:
            client.cookies.set(PLAN_COOKIE, chosen, domain=HOST)
        page = client.get(f"/don-vi/{CODE}")
        assert page.status_code == 200
        assert "xã Lạ" not in page.text


def test_a_calendar_of_a_stranger_opens_nothing(dash: Dash) -> None:
    dash.client("agency", CODE)
    with reading(dash.engine) as session:
        user = users.get_user(session, f"agency-{CODE}@example.vn")
        for plan_id, opens in ((PLAN, True), (THERE, False)):
            part = address_part("s", plan_id, CODE, f"user:{user.id}", 0)
            found = find(session, "s", plan_id, CODE, part, dash.clock())
            assert (found is not None) is opens, plan_id


def test_a_code_is_looked_up_where_it_was_said(dash: Dash) -> None:
    with reading(dash.engine) as session:
        assert agencies_meant(session, [CODE]) == agencies_meant(session, [CODE], PLAN) == [CODE]
        [other] = agencies_meant(session, [CODE], THERE)
        assert other != CODE
        assert agencies_meant(session, [other]) == [other]
        with pytest.raises(NotFoundError):
            agencies_meant(session, ["so"], PLAN)


def test_who_acts_for_an_agency_found_to_be_another_acts_for_that(dash: Dash) -> None:
    dash.client("agency", "vpub", "stc")
    with writing(dash.engine) as session:
        user = users.get_user(session, "agency-vpub-stc@example.vn")
        act_for_instead(session, "stc", "vpub")
        session.flush()
        assert session.get_one(UserAccount, user.id).agencies == ["stc"]
        session.rollback()
