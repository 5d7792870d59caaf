"""What the pages show and do, done through the API by another program."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from httpx import Response
from sqlmodel import select

from dashboard.auth import limits
from dashboard.queries import messages as reads
from plan.database import reading
from plan.models import LinkRevocation
from tests.browser.support import Dash, dashboard_at
from tests.support.api import API, key

Key = dict[str, str]
BEFORE = "2020-04-22T12:00:00+07:00"


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("deeds"))
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def office(dash: Dash) -> Key:
    return key(dash, "coordinator")


def get(dash: Dash, path: str, who: Key, **query: Any) -> Response:
    return dash.browser().get(API + path, headers=who, params=query or None)


def post(dash: Dash, path: str, who: Key, **more: Any) -> Response:
    return dash.browser().post(API + path, headers=who, **more)


# --- looking -----------------------------------------------------------------------------------


def test_a_moment_past_is_shown_as_it_was(dash: Dash, office: Key) -> None:
    now = get(dash, "/obligations", office, agency="an-nhon").json()
    then = get(dash, "/obligations", office, agency="an-nhon", as_of=BEFORE).json()
    assert {row["id"] for row in now} == {row["id"] for row in then}
    states = [{row["id"]: row["state"] for row in rows} for rows in (now, then)]
    assert states[0]["an-nhon/district-report"] == "accepted"
    assert states[1]["an-nhon/district-report"] in ("owed", "submitted")
    counts = [get(dash, "/summary", office, **q).json()["counts"] for q in ({}, {"as_of": BEFORE})]
    assert counts[0]["state_accepted"] > counts[1]["state_accepted"] > 0
    late = get(dash, "/summary", office, as_of="2030-01-01T00:00:00Z").json()
    assert late == get(dash, "/summary", office).json()


def test_an_agency_sees_the_present_only(dash: Dash) -> None:
    mine = key(dash, "agency", "vpub")
    assert get(dash, "/summary", mine, as_of=BEFORE).status_code == 403


def test_every_page_of_a_list_holds_others_and_beyond_the_last_is_nothing(
    dash: Dash, office: Key
) -> None:
    pages = [get(dash, "/obligations", office, per_page=50, page=n).json() for n in range(1, 5)]
    ids = [row["id"] for page in pages for row in page]
    assert (len(ids), len(set(ids))) == (167, 167)
    beyond = get(dash, "/obligations?per_page=100&page=9", office)
    assert (beyond.json(), beyond.headers["x-total-count"]) == ([], "167")


def test_an_agency_is_told_of_its_own_alone(dash: Dash) -> None:
    mine = key(dash, "agency", "an-lao")
    listed = get(dash, "/obligations", mine, per_page=500).json()
    assert {row["agency"] for row in listed} == {"an-lao"}
    counts = get(dash, "/summary", mine).json()["counts"]
    assert counts["total"] == len(listed) > 0
    rows = get(dash, "/milestones", mine).json()
    assert sum(row["owing"] for row in rows) == sum(row["state"] != "waived" for row in listed)
    assert {code for row in rows for code in row["missing"]} <= {"an-lao"}
    due = get(dash, "/calendar?month=2020-04", mine).json()
    assert sum(day["total"] for day in due) == sum(
        (row["last_day"] or "").startswith("2020-04") for row in listed
    )


def test_alarms_days_and_policy(dash: Dash, office: Key) -> None:
    assert any("Zalo" in one["words"] for one in get(dash, "/alarms", office).json())
    days = {one["day"]: one["kind"] for one in get(dash, "/days", office).json()}
    assert days["2020-04-30"] == "off"
    assert get(dash, "/reminder-policy", office).json()["rungs"]
    due = get(dash, "/calendar", office, month="2020-04").json()
    found = next(
        one for one in due if (one["day"], one["deliverable"]) == ("2020-04-29", "district-report")
    )
    assert found["total"] > found["owed"] > 0


def test_a_messages_links_are_hidden(dash: Dash, office: Key) -> None:
    listed = get(dash, "/messages", office, state="refused", per_page=5)
    assert int(listed.headers["x-total-count"]) >= 1
    one = listed.json()[0]
    found = get(dash, f"/messages/{one['id']}", office).json()
    assert found["attempt_list"][0]["code"] == "550"
    assert found["obligations"]
    assert get(dash, "/messages/999999", office).status_code == 404
    assert isinstance(get(dash, "/messages/next", office).json(), list)
    again = post(dash, f"/messages/{one['id']}/retry", office)
    assert again.json()["state"] == "queued"
    assert post(dash, f"/messages/{one['id']}/retry", office).status_code == 409


def test_the_next_round_is_told_by_pages_and_of_very_many_by_agency(
    dash: Dash, office: Key, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = get(dash, "/messages/next", office)
    assert whole.status_code == 200, whole.text
    every = whole.json()
    assert int(whole.headers["x-total-count"]) == len(every) > 3
    second = get(dash, "/messages/next", office, per_page=2, page=2)
    assert second.json() == every[2:4]
    assert second.headers["x-total-count"] == whole.headers["x-total-count"]
    monkeypatch.setattr(reads, "MOST_WHOLE", 3)
    refused = get(dash, "/messages/next", office)
    assert refused.status_code == 409
    assert "hãy hỏi từng cơ quan" in refused.json()["detail"]
    (name, *_) = every[0]["obligations"]
    own = get(dash, "/messages/next", office, agency=name.partition("/")[0]).json()
    assert every[0] in own
    assert all(one in every for one in own)
    assert len(own) < len(every)
    assert get(dash, "/messages/next", office, agency="khong-co").status_code == 422


def test_runs_are_taken_apart(dash: Dash, office: Key) -> None:
    number = get(dash, "/runs", office, output="provincial-appendices").json()[0]["number"]
    run = f"/runs/provincial-appendices/{number}"
    assert len(get(dash, run, office).json()["inputs"]) > 3
    assert get(dash, f"{run}/differences", office).status_code == 200
    traced = get(dash, "/figures/PL2.1/2018", office).json()
    assert traced["indicator"] == "PL2.1"
    assert traced["contributions"]
    assert get(dash, f"{run}/figures/PL2.1/2018", office).status_code == 200
    assert get(dash, "/figures/PL99.1/2018", office).status_code == 404
    assert get(dash, "/figures/PL2.1/1918", office).status_code == 404


def test_the_trail_is_whole_and_can_be_asked_about_one(dash: Dash, office: Key) -> None:
    assert get(dash, "/events/check", office).json() == {"whole": True, "broken": []}
    rows = get(dash, "/events", office, subject="an-nhon/district-report").json()
    assert {row["subject"] for row in rows} == {"an-nhon/district-report"}
    history = get(dash, "/obligations/an-nhon/district-report", office).json()["history"]
    assert [one["event"] for one in history] == [row["event"] for row in reversed(rows)]


# --- doing -------------------------------------------------------------------------------------


def test_forms_are_given_tried_and_marked(dash: Dash) -> None:
    mine = key(dash, "agency", "stc")
    form = get(dash, "/agencies/stc/workbook", mine)
    assert form.headers["content-disposition"] == 'attachment; filename="bieu-so-lieu-stc.xlsx"'
    tried = post(dash, "/agencies/stc/checks", mine, files={"files": ("a.xlsx", form.content)})
    assert [(one["code"], one["sheet"]) for one in tried.json()] == [("sheet.empty", "PL6")]
    path = "/obligations/stc/appendix-6"
    assert get(dash, path, mine).json()["submissions"] == 0
    for _ in range(2):
        files = {"files": ("a.xlsx", form.content)}
        post(dash, "/agencies/stc/submissions", mine, files=files)
    numbers = [one["number"] for one in get(dash, path, mine).json()["submission_list"]]
    file = get(dash, path, mine).json()["submission_list"][-1]["files"][0]["id"]
    marked = get(dash, f"{path}/submissions/1/files/{file}/marked", mine)
    assert zipfile.ZipFile(io.BytesIO(marked.content)).testzip() is None
    assert marked.content != form.content
    assert numbers == [2, 1]
    same = get(dash, f"{path}/differences", mine, before=1, after=2)
    assert (same.status_code, same.json()) == (200, [])
    assert get(dash, f"{path}/differences", mine, before=1, after=9).status_code == 404
    outline = get(dash, "/agencies/an-lao/outlines/district-report", key(dash, "leader"))
    assert outline.content[:2] == b"PK"
    assert get(dash, "/agencies/an-lao/workbook", mine).status_code == 404


def test_a_conference_is_reported_with_its_minutes(dash: Dash) -> None:
    theirs = key(dash, "agency", "an-lao")
    path = "/obligations/an-lao/district-conference/conference"
    body = {"held_on": "2020-04-28", "place": "Hội trường", "attending": "90"}
    answer = post(dash, path, theirs, data=body, files={"minutes": ("bb.pdf", b"%PDF-1.4 x")})
    assert answer.status_code == 201, answer.text
    found = get(dash, "/obligations/an-lao/district-conference", theirs).json()
    assert found["submission_list"][0]["payload"]["place"] == "Hội trường"
    assert [one["filename"] for one in found["submission_list"][0]["files"]] == ["bb.pdf"]
    bad = post(dash, path, theirs, data=body | {"attending": "0"})
    assert (bad.status_code, bad.json()["errors"][0]["field"]) == (422, "attending")


def test_a_decision_on_what_was_not_read_is_refused(dash: Dash, office: Key) -> None:
    path = "/obligations/tay-son/district-report"
    number = get(dash, path, office).json()["submission_list"][0]["number"]
    stale = post(dash, f"{path}/accept", office, json={"submission": number + 1})
    assert stale.status_code == 409
    assert "bản mới" in stale.json()["detail"]
    good = post(dash, f"{path}/accept", office, json={"submission": number})
    assert good.json()["state"] == "accepted"


def test_the_address_book_is_changed_all_or_nothing(dash: Dash, office: Key) -> None:
    before = get(dash, "/contacts", office).json()
    bad = b"agency,name,email\nan-lao,A,a@x.vn\nkhong-co,B,b@x.vn\n"
    assert post(dash, "/contacts", office, files={"file": ("d.csv", bad)}).status_code == 409
    assert get(dash, "/contacts", office).json() == before
    one = next(row for row in before if row["agency"] == "an-lao")
    body = {name: one[name] for name in one if name not in ("id", "agency")}
    path = f"{API}/contacts/{one['id']}"
    client = dash.browser()
    wrong = client.request("PUT", path, headers=office, json=body | {"email": "không phải thư"})
    assert wrong.status_code == 409
    done = client.request("PUT", path, headers=office, json=body | {"email": "moi@x.vn"})
    assert done.json() == one | {"email": "moi@x.vn"}
    good = b"agency,name,email\nan-lao,Tran,tran@x.vn\n"
    after = post(dash, "/contacts", office, files={"file": ("d.csv", good)})
    assert [r["name"] for r in after.json() if r["agency"] == "an-lao"] == ["Tran"]


def test_links_are_revoked_and_milestones_closed(dash: Dash, office: Key) -> None:
    assert post(dash, "/link-revocations", office, json={}).status_code == 409
    both = {"agency": "an-lao", "link_id": "x"}
    assert post(dash, "/link-revocations", office, json=both).status_code == 409
    assert post(dash, "/link-revocations", office, json={"agency": "la"}).status_code == 404
    done = post(dash, "/link-revocations", office, json={"agency": "an-lao"})
    assert done.status_code == 201
    with reading(dash.engine) as session:
        assert session.exec(select(LinkRevocation.agency)).all() == ["an-lao"]
    assert post(dash, "/milestones/district-reports/close", office).status_code == 200
    rows = get(dash, "/milestones", office).json()
    assert next(row for row in rows if row["id"] == "district-reports")["closed_at"]
    assert post(dash, "/milestones/khong-co/close", office).status_code == 404


def test_sending_too_often_is_told_when_to_come_back(
    dash: Dash, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "UPLOAD", replace(limits.UPLOAD, count=2))
    mine, other = (key(dash, "agency", "skhcn") for _ in range(2))
    files = {"files": ("a.txt", b"x")}
    codes = [
        post(dash, "/agencies/skhcn/checks", who, files=files).status_code
        for who in (mine, mine, mine, other)
    ]
    assert codes == [200, 200, 429, 200]
    refused = post(dash, "/agencies/skhcn/checks", mine, files=files)
    assert refused.headers["retry-after"] == "600"


def test_how_much_stands_under_a_heading_is_chosen(dash: Dash, office: Key) -> None:
    path = "/outputs/provincial-report/headings"
    before = {one["node"]: one for one in get(dash, path, office).json()}
    assert before["p1-iii-1"]["detail"] == "brief"
    assert before["p1-iii-1"]["title"]

    def choose(node: str, detail: str, who: Key = office) -> Response:
        return post(dash, f"{path}/{node}", who, json={"detail": detail})

    assert choose("p1-iii-1", "none").json() == {**before["p1-iii-1"], "detail": "none"}
    after = {one["node"]: one["detail"] for one in get(dash, path, office).json()}
    assert [node for node, detail in after.items() if detail != "brief"] == ["p1-iii-1"]
    assert choose("p1-iii-1", "all").status_code == 422
    assert choose("p9", "none").status_code == 409
    assert choose("p1-iii-1", "full", key(dash, "leader")).status_code == 403
    assert get(dash, "/outputs/district-compilation/headings", office).status_code == 404
