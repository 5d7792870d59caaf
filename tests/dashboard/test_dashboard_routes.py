"""Every route × every role × a foreign agency's objects: who gets in, and who does not."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from fastapi.routing import APIRoute

from dashboard.api.auth import May
from dashboard.auth.tokens import make_token
from dashboard.pages import ALL_PAGES
from dashboard.web.routing import PageRoute
from plan.database import writing
from plan.states import Role
from tests.browser.paths import DISTRICT, ELSEWHERE, WALKS
from tests.browser.support import SYSTEM, Browser, Dash, dashboard_at
from tests.support.api import FOREIGN, OWN, api_routes, path_of

ROLES = ("admin", "coordinator", "leader", "agency")


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("routes"))
    yield made
    made.engine.dispose()


@pytest.fixture
def browsers(dash: Dash) -> dict[str, Browser]:
    return {
        "admin": dash.client("admin"),
        "coordinator": dash.client("coordinator"),
        "leader": dash.client("leader"),
        "agency": dash.client("agency", OWN),
    }


def ask(dash: Dash, client: Browser, route: PageRoute, **changes: str) -> int:
    path = path_of(route, **changes)
    if route.method == "GET":
        return client.get(path).status_code
    return dash.post(client, path).status_code


def named(route: PageRoute) -> str:
    return f"{route.method} {route.path}"


GUARDED = [route for route in ALL_PAGES if route.may and route.path != "/dang-xuat"]


def test_no_two_routes_share_a_name_and_method() -> None:
    names = [(route.method, route.path) for route in ALL_PAGES]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("route", [r for r in ALL_PAGES if r.method == "GET"], ids=named)
def test_every_page_is_looked_at(route: PageRoute) -> None:
    """In a real browser, in every look; or somebody said where else."""
    walked = [path.partition("?")[0] for _, paths in WALKS.values() for path in paths]
    kind = re.compile(re.sub(r"\{\w+\}", "[^/]+", route.path))
    seen = any(kind.fullmatch(path) for path in (*walked, *DISTRICT))
    assert seen != (route.name in ELSEWHERE)


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_nobody_gets_in_without_signing_in(dash: Dash, route: PageRoute) -> None:
    client = dash.browser()
    path = path_of(route)
    answer = client.get(path) if route.method == "GET" else client.post(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/dang-nhap")


@pytest.mark.parametrize("route", GUARDED, ids=named)
def test_each_role_gets_where_the_table_lets_it(
    dash: Dash, browsers: dict[str, Browser], route: PageRoute
) -> None:
    for role in ROLES:
        status = ask(dash, browsers[role], route)
        if Role(role) in route.may:
            assert status != 403, role
            assert status < 500, role
        else:
            assert status == 403, role


@pytest.mark.parametrize(
    "route", [r for r in GUARDED if "{agency}" in r.path and Role.agency in r.may], ids=named
)
def test_an_agency_never_reaches_anothers_objects(
    dash: Dash, browsers: dict[str, Browser], route: PageRoute
) -> None:
    assert ask(dash, browsers["agency"], route, agency=FOREIGN) == 404


@pytest.mark.parametrize(
    "route", [r for r in GUARDED if Role.agency in r.may and "{agency}" not in r.path], ids=named
)
def test_what_an_agency_sees_elsewhere_names_no_other_agency(
    dash: Dash, browsers: dict[str, Browser], route: PageRoute
) -> None:
    if route.method == "GET":
        assert "Sở Tài chính" not in browsers["agency"].get(path_of(route)).text


@pytest.mark.parametrize("route", [r for r in ALL_PAGES if not r.may], ids=named)
def test_open_routes_show_nothing_of_the_plan(dash: Dash, route: PageRoute) -> None:
    client = dash.browser()
    path = path_of(route)
    text = (client.get(path) if route.method == "GET" else client.post(path)).text
    assert "An Lão" not in text
    assert "binhdinh.example" not in text


MACHINES = {
    "/static/{name}": "files without a secret, the same for all",
    "/health": "whether, not what; test_dashboard_watching",
    "/ready": "whether; test_dashboard_watching",
    "/metrics": "by token or from this machine; test_dashboard_watching",
    "/zalo/webhook": "by Zalo's signature",
    "/zalo": "says in a sentence what to do with the address Zalo opened; keeps nothing",
    "/su-kien": "that something changed, never what; to whoever is signed in",
    "/api/v1": "by key; below",
}
"""What is no page, and how it is guarded."""


def test_nothing_is_served_but_what_stands_in_a_table(dash: Dash) -> None:
    served = {getattr(route, "path", "") for route in dash.app.routes}
    assert served == set(MACHINES) | {route.path for route in ALL_PAGES}


def test_live_changes_are_told_only_to_whoever_is_signed_in(dash: Dash) -> None:
    assert dash.browser().get("/su-kien").status_code == 403


def test_zalos_reports_need_its_signature(dash: Dash) -> None:
    answer = dash.browser().post("/zalo/webhook", json={"event_name": "user_received_message"})
    assert answer.status_code == 403


def test_the_apis_description_names_no_data(dash: Dash) -> None:
    described = dash.browser().get("/api/v1/openapi.json")
    assert described.status_code == 200
    assert "binhdinh" not in described.text


# --- the API -----------------------------------------------------------------------------------


def roles_of(route: APIRoute) -> frozenset[Role]:
    """The roles its dependency names; a route without one fails here."""
    found = [d.call for d in route.dependant.dependencies if isinstance(d.call, May)]
    assert len(found) == 1, f"{route.path} names no roles"
    return found[0].roles


@pytest.fixture(scope="module")
def keys(dash: Dash) -> dict[str, str]:
    made = {}
    with writing(dash.engine) as session:
        for role in ("coordinator", "leader", "agency"):
            agencies = [OWN] if role == "agency" else []
            made[role] = make_token(
                session, name=role, role=role, agencies=agencies, actor=SYSTEM, now=dash.real()
            )[1]
    return made


def call(dash: Dash, route: APIRoute, key: str, **changes: str) -> int:
    (method,) = route.methods
    headers = {"authorization": f"Bearer {key}"} if key else {}
    path = "/api/v1" + path_of(route, **changes)
    return dash.browser().request(method, path, headers=headers).status_code


@pytest.mark.parametrize("route", api_routes(), ids=lambda r: f"{r.methods} {r.path}")
def test_each_key_calls_what_its_role_may(
    dash: Dash, keys: dict[str, str], route: APIRoute
) -> None:
    roles = roles_of(route)
    assert call(dash, route, "") == 401
    for role, key in keys.items():
        status = call(dash, route, key)
        assert status < 500
        assert (status == 403) is (Role(role) not in roles), role
    if "{agency}" in route.path:
        assert call(dash, route, keys["agency"], agency=FOREIGN) in (403, 404)
