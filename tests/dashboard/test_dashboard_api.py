"""The JSON API: shapes, paging, ETag, problems; every operation against its own description."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis.specs.openapi.checks import ignored_auth

from intake.forms.workbook import build_workbook
from plan.database import reading
from plan.queries import definitions
from plan.queries.lookup import find_plan
from tests.browser.support import Browser, Dash, dashboard_at
from tests.support.api import API, key


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("api"))
    yield made
    made.engine.dispose()


@pytest.fixture
def office(dash: Dash) -> dict[str, str]:
    return key(dash, "coordinator")


@pytest.fixture
def client(dash: Dash) -> Browser:
    return dash.browser()


def test_the_59_are_there_with_their_standing(client: Browser, office: dict[str, str]) -> None:
    found = client.get(f"{API}/obligations?per_page=500", headers=office)
    rows = found.json()
    assert found.headers["x-total-count"] == str(len(rows))
    dated = [row for row in rows if row["due_at"]]
    assert len(dated) == 59
    one = next(row for row in dated if row["id"] == "an-lao/district-report")
    assert one["last_day"] == "2020-04-29"
    assert one["due_at"] == "2020-04-30T00:00:00+07:00"
    assert (one["state"], one["timeliness"], one["words"]) == (
        "owed",
        "overdue",
        "quá hạn 1 ngày làm việc",
    )


def test_no_number_of_an_address_is_greater_than_a_row_can_bear(client: Browser) -> None:
    """A greater one would be the database's fault to find, and a failure of the system to the caller."""
    paths = client.get(f"{API}/openapi.json").json()["paths"]
    asked = [
        (path, one["name"], one["schema"].get("maximum"))
        for path, methods in paths.items()
        for method in methods.values()
        for one in method.get("parameters", ())
        if one["schema"].get("type") == "integer"
    ]
    assert asked
    assert [one for one in asked if one[2] is None] == []


def test_pages_hold_each_row_once(client: Browser, office: dict[str, str]) -> None:
    seen: list[str] = []
    for page in range(1, 20):
        path = f"{API}/obligations?per_page=25&page={page}"
        rows = client.get(path, headers=office).json()
        seen += [row["id"] for row in rows]
    assert len(seen) == len(set(seen)) == 167


def test_an_agency_reads_its_own_only(dash: Dash, client: Browser) -> None:
    mine = key(dash, "agency", "vpub")
    for path in ("obligations?per_page=500", "agencies", "milestones"):
        text = client.get(f"{API}/{path}", headers=mine).text
        assert "an-lao" not in text
        assert "stc" not in text
    assert client.get(f"{API}/obligations/stc/appendix-6", headers=mine).status_code == 404
    assert client.get(f"{API}/messages", headers=mine).status_code == 403


def test_an_etag_spares_the_second_answer(client: Browser, office: dict[str, str]) -> None:
    path = f"{API}/milestones"
    first = client.get(path, headers=office)
    again = client.get(path, headers=office | {"if-none-match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""
    other = client.get(path, headers=office | {"if-none-match": '"khac"'})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/khong-co", None, 404),
        ("GET", "/obligations/an-lao/khong-co", None, 404),
        ("DELETE", "/obligations", None, 405),
        ("GET", "/obligations?page=0", None, 422),
        ("GET", "/obligations?page=mot", None, 422),
        ("POST", "/obligations/an-lao/district-report/return", {}, 422),
        ("POST", "/obligations/an-lao/district-report/return", {"reason": "x", "lạ": 1}, 422),
        ("POST", "/obligations/an-lao/district-report/accept", {}, 409),
        ("POST", "/outputs/khong-co/runs", None, 404),
    ],
)
def test_problems_are_told_in_vietnamese(
    client: Browser,
    office: dict[str, str],
    method: str,
    path: str,
    body: Any,
    status: int,
) -> None:
    answer = client.request(method, API + path, json=body, headers=office)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"][0].isupper()
    if path.endswith("return") and not body:
        assert problem["errors"] == [{"field": "reason", "words": "bắt buộc phải có"}]


def test_no_key_is_told_how_to_get_one(client: Browser) -> None:
    answer = client.get(f"{API}/obligations")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert "dondoc_" in answer.json()["detail"]


def test_guessing_keys_is_stopped(dash: Dash) -> None:
    client = dash.browser("10.9.9.9")
    codes = [
        client.get(f"{API}/plans", headers={"authorization": f"Bearer dondoc_{i}"}).status_code
        for i in range(62)
    ]
    assert codes[:60] == [401] * 60
    assert codes[60:] == [429] * 2


def test_a_package_is_handed_in_returned_and_accepted_by_other_programs(dash: Dash) -> None:
    client, theirs, office = dash.browser(), key(dash, "agency", "stc"), key(dash, "coordinator")
    with reading(dash.engine) as session:
        definition = definitions.definition_of(find_plan(session))
    blank = build_workbook(definition, "stc", on=dash.clock().date(), deadlines={})
    sent = client.post(
        f"{API}/agencies/stc/submissions", headers=theirs, files={"files": ("a.xlsx", blank)}
    )
    assert sent.status_code == 201
    (filed,) = sent.json()
    assert filed["obligation"] == "stc/appendix-6"
    assert filed["number"] == 1
    assert not filed["complete"]
    assert all(finding["message"] for finding in filed["findings"])
    detail = client.get(f"{API}/obligations/stc/appendix-6", headers=theirs).json()
    assert detail["state"] == "returned"
    file = detail["submission_list"][0]["files"][0]
    path = f"{API}/obligations/stc/appendix-6/submissions/1/files/{file['id']}"
    got = client.get(path, headers=theirs)
    assert got.content == blank
    assert got.headers["content-disposition"].startswith("attachment")
    nil = client.post(
        f"{API}/obligations/stc/appendix-6/nil", headers=theirs, json={"reason": "Không có"}
    )
    assert nil.status_code == 201
    own = client.post(f"{API}/obligations/stc/appendix-6/accept", headers=theirs, json={})
    assert own.status_code == 403
    taken = client.post(f"{API}/obligations/stc/appendix-6/accept", headers=office, json={})
    assert taken.json()["state"] == "accepted"
    assert taken.json()["timeliness"] == "late"


def test_only_the_office_dates_things_back(dash: Dash) -> None:
    client = dash.browser()
    body = {"via": "paper", "reference": "12/STC", "received_at": "2020-04-28T09:00:00+07:00"}
    files = {"files": ("a.pdf", b"%PDF-1.4")}
    path = f"{API}/agencies/stc/submissions"
    answer = client.post(path, headers=key(dash, "agency", "stc"), data=body, files=files)
    assert answer.status_code == 403


def test_an_extension_is_asked_for_and_decided(dash: Dash, office: dict[str, str]) -> None:
    client, theirs = dash.browser(), key(dash, "agency", "an-lao")
    path = f"{API}/obligations/an-lao/district-conference/extensions"
    asked = client.post(path, headers=theirs, json={"until": "2020-05-20", "reason": "Dịch"})
    assert asked.status_code == 201
    decision = f"{path}/{asked.json()['id']}/decision"
    assert client.post(decision, headers=theirs, json={"granted": True}).status_code == 403
    assert (
        client.post(decision, headers=office, json={"granted": True}).json()["state"] == "granted"
    )
    again = client.post(decision, headers=office, json={"granted": True})
    assert again.status_code == 409
    detail = client.get(f"{API}/obligations/an-lao/district-conference", headers=theirs).json()
    assert detail["last_day"] == "2020-05-20"
    assert [row["kind"] for row in detail["deadlines"]] == ["plan", "extension"]


def test_runs_and_the_trail_can_be_followed(client: Browser, office: dict[str, str]) -> None:
    runs = client.get(f"{API}/runs?output=provincial-appendices", headers=office).json()
    assert runs[0]["final"]
    file = runs[0]["files"][0]["filename"]
    path = f"{API}/runs/provincial-appendices/{runs[0]['number']}/files/{file}"
    assert client.get(path, headers=office).content[:2] == b"PK"
    first = client.get(f"{API}/events?per_page=10", headers=office).json()
    then = client.get(f"{API}/events?per_page=10&after={first[-1]['id']}", headers=office).json()
    assert [row["id"] for row in first + then] == sorted({row["id"] for row in first + then})


# --- against its own description ---------------------------------------------------------------


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("fuzz"))
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def fuzz_key(fuzzed: Dash) -> dict[str, str]:
    return key(fuzzed, "coordinator")


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_operation_keeps_to_its_description(fuzzed: Dash, fuzz_key: dict[str, str]) -> None:
    """Schemathesis against the OpenAPI: no 500, no status or shape that is not described."""
    schema = schemathesis.openapi.from_asgi(f"{API}/openapi.json", fuzzed.app)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 40
    for operation in operations:

        @settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy())
        def holds(case: schemathesis.Case) -> None:
            # `ignored_auth` takes the key out behind our back; test_dashboard_routes tries that.
            case.call_and_validate(headers=fuzz_key, excluded_checks=[ignored_auth])

        holds()


@pytest.mark.parametrize("state", ["xyz", "ACCEPTED", "owed,late"])
def test_an_unknown_state_is_refused_naming_the_known(
    client: Browser, office: dict[str, str], state: str
) -> None:
    answer = client.get(f"{API}/obligations?state={state}", headers=office)
    assert answer.status_code == 422
    assert "owed, overdue, submitted" in answer.text


@pytest.mark.parametrize(
    "as_of", ["2020-04-22T12:00:00+07:00", "2020-04-22T12:00:00%2B07:00", "2020-04-22T05:00:00Z"]
)
def test_a_moment_is_read_as_the_guide_writes_it(
    client: Browser, office: dict[str, str], as_of: str
) -> None:
    assert client.get(f"{API}/obligations?as_of={as_of}", headers=office).status_code == 200


@pytest.mark.parametrize("as_of", ["0001-01-01T00:00:00%2B07:00", "9999-12-31T23:59:59-12:00"])
def test_a_moment_beyond_reason_is_refused(
    client: Browser, office: dict[str, str], as_of: str
) -> None:
    answer = client.get(f"{API}/obligations?as_of={as_of}", headers=office)
    assert answer.status_code == 422
    assert "năm 1900" in answer.text


@pytest.mark.parametrize(
    ("query", "known"),
    [
        ("obligations?agency=an-loa", "an-lao"),
        ("obligations?milestone=xyz&deliverable=abc", "district-report"),
        ("messages?state=xyz", "queued, sending, sent"),
        ("messages?channel=fax", "email, zalo_oa"),
        ("messages?event=xyz", "announcement"),
        ("messages?agency=khong-co", "an-lao"),
        ("runs?output=xyz", "provincial"),
    ],
)
def test_an_unknown_filter_value_is_refused_naming_the_known(
    client: Browser, office: dict[str, str], query: str, known: str
) -> None:
    answer = client.get(f"{API}/{query}", headers=office)
    assert answer.status_code == 422
    assert known in answer.text
    assert len(answer.json()["errors"]) == query.count("=")


def test_more_files_than_a_form_takes_are_refused_in_words(
    client: Browser, office: dict[str, str]
) -> None:
    files = [("files", (f"{number}.txt", b"x")) for number in range(1001)]
    answer = client.post(f"{API}/agencies/an-lao/checks", headers=office, files=files)
    assert answer.status_code == 400
    assert "quá nhiều tệp" in answer.json()["detail"]
