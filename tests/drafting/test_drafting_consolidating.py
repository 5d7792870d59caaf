"""Who consolidates what, milestones of one's own, groups from the directory, steps taken back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from lxml.html import fromstring

from drafting import workshop
from drafting.answers import answered, by_ids_now
from drafting.consolidating import TakenIn, gathered, offered
from drafting.directory_groups import proposed
from drafting.document import UnreadableError
from drafting.edits import carried, changed_row, edited, empty_edits, ids_now, row_as_read
from drafting.first_round import clear_part
from drafting.plan_folder import definition_of
from drafting.settings import set_drafted, set_taken_in
from plan.database import reading, writing
from plan.definition.checks import faults_of
from plan.definition.model import PlanDefinition
from plan.models import Plan
from plan.queries.definitions import definition_of as plan_definition
from tests.browser.support import Dash, dashboard_at
from tests.conftest import REVIEWER, at
from tests.support.drafts import TEXT, drafted

NOW = at("2027-01-06 08:00")
ROWS = """II. TỔ CHỨC THỰC HIỆN
1. Sở Tư pháp
- Báo cáo kết quả rà soát trước ngày 15/6/2026.
2. Sở Tài chính
- Báo cáo kết quả bố trí kinh phí trước ngày 15/6/2026.
- Xây dựng kế hoạch chi tiêu trước ngày 20/6/2026.
3. Sở Nội vụ
- Báo cáo tổng hợp với Ủy ban nhân dân tỉnh trước ngày 30/6/2026.
- Theo dõi, đôn đốc việc thực hiện Kế hoạch này; tổng hợp, báo cáo Ủy ban nhân dân tỉnh trước ngày 15/12/2026.
"""


@pytest.fixture
def made() -> dict[str, Any]:
    return drafted(ROWS)


def row_of(made: dict[str, Any], words: str) -> str:
    return next(row["id"] for row in made["obligations"] if words in row["text"])


def plan_of(made: dict[str, Any], edits: dict[str, Any]) -> PlanDefinition:
    work = answered(edited(made, edits), {})
    answers: dict[str, Any] = {
        one["id"]: "Sở Nội vụ" if one["id"] == "plan-coordinator" else "UBND tỉnh Hà Sơn"
        for one in work["questions"]
        if one["id"].startswith("plan-")
    }
    answers |= {
        one["id"]: "theo dõi" for one in work["questions"] if one["id"].startswith("undated-")
    }
    found = definition_of(answered(work, answers))
    assert faults_of(found) == []
    return found


def test_reports_taken_in_by_one_agency_are_one_output_that_their_milestones_feed(
    made: dict[str, Any],
) -> None:
    first, second = row_of(made, "rà soát"), row_of(made, "bố trí kinh phí")
    by = TakenIn("Sở Tài chính", "status-note")
    edits = set_taken_in(empty_edits(), {first: by, second: by})
    plan = plan_of(made, edits)
    (output,) = plan.outputs
    assert output.kind == "status-note"
    received = {part.id: part.received_by for part in plan.deliverables}
    assert {received[name] for name in output.inputs} == {"so-tai-chinh"}
    feeding = [part for part in plan.milestones if part.feeds]
    assert [part.feeds for part in feeding] == [[output.id]]
    stands_in = {part.milestone for part in plan.deliverables if part.id in output.inputs}
    assert {part.id for part in feeding} == stands_in


def test_what_nobody_set_is_taken_in_by_the_coordinator_and_makes_nothing(
    made: dict[str, Any],
) -> None:
    plan = plan_of(made, empty_edits())
    assert plan.outputs == []
    assert {part.received_by for part in plan.deliverables} == {None}


def test_under_an_outline_a_draft_is_the_report_somebody_owes(made: dict[str, Any]) -> None:
    made["forms_owed"] = {"outline": {"followed": True}}
    made["forms"]["outline"] = [{"id": "p1", "number": "I.", "title": "Kết quả"}]
    first, own = row_of(made, "rà soát"), row_of(made, "Báo cáo tổng hợp")
    edits = set_taken_in(empty_edits(), {first: TakenIn("Sở Nội vụ", "report")})
    (one,) = gathered(edited(made, edits))
    edits = set_drafted(edits, {one.key: own})
    (output,) = plan_of(made, edits).outputs
    assert output.delivers.startswith("so-noi-vu/")
    assert output.delivers.rpartition("/")[2] not in output.inputs


def test_a_draft_is_not_made_from_itself_nor_of_what_another_owes(made: dict[str, Any]) -> None:
    """All reports at once, the coordinator's own among them; then somebody else is to write that one."""
    own = row_of(made, "Báo cáo tổng hợp")
    reports = [row["id"] for row in made["obligations"] if row["kind"] == "report"]
    edits = set_taken_in(empty_edits(), dict.fromkeys(reports, TakenIn("Sở Nội vụ", "status-note")))
    (one,) = gathered(edited(made, edits))
    assert own in one.rows
    edits = set_drafted(edits, {one.key: own})
    (output,) = plan_of(made, edits).outputs
    assert output.delivers.startswith("so-noi-vu/")
    assert output.delivers.rpartition("/")[2] not in output.inputs
    (output,) = plan_of(made, changed_row(edits, own, {"owners": "Sở Y tế"})).outputs
    assert output.delivers == ""


def test_read_again_what_was_set_of_a_row_goes_with_it(made: dict[str, Any]) -> None:
    first, own = row_of(made, "rà soát"), row_of(made, "Báo cáo tổng hợp")
    edits = set_taken_in(
        empty_edits(), {first: TakenIn("Sở Y tế", ""), "form-PL1": TakenIn("Sở Y tế")}
    )
    edits = set_drafted(edits, {"status-note:sở nội vụ": own})
    again = [{**row, "id": f"n{at}"} for at, row in enumerate(made["obligations"], start=11)]
    again = [row for row in again if "Báo cáo tổng hợp" not in row["text"]]
    ids = ids_now(made["obligations"], again, edits)
    moved = carried(edits, ids)["consolidation"]
    now = next(row["id"] for row in again if "rà soát" in row["text"])
    assert now != first
    assert moved == {"rows": {now: {"by": "Sở Y tế", "into": ""}, "form-PL1": {"by": "Sở Y tế", "into": ""}},
                     "drafts": {}}  # fmt: skip
    answers = {"form-PL1": f"theo việc {first}", "form-PL2": f"theo việc {own}", "form-PL3": "bỏ"}
    assert by_ids_now(answers, ids) == {"form-PL1": f"theo việc {now}", "form-PL2": None}


FORM = {"code": "PL1", "heading": "Phụ lục 1", "title": "Số liệu", "tables": []}


def test_a_form_whose_row_waits_or_goes_stops_nothing(made: dict[str, Any]) -> None:
    """«Theo việc n1», of which something is still asked, or which is then left out."""
    made["forms"]["appendices"] = [FORM]
    made["obligations"][0]["questions"] = [
        {"about": "time", "text": "«15/6»: hạn là ngày nào?", "choices": []}
    ]
    row = made["obligations"][0]["id"]
    work = answered(edited(made, empty_edits()), {"form-PL1": f"theo việc {row}"})
    (asked,) = (one for one in work["questions"] if one["about"] == "time")
    plan = definition_of(clear_part(work, date(2026, 1, 6)))
    assert plan.appendices == []
    assert all(part.appendix is None for part in plan.deliverables)
    left = answered(work, {asked["id"]: "bỏ"})
    assert "form-PL1" in {one["id"] for one in left["questions"]}


def test_only_what_can_be_made_is_offered() -> None:
    assert [one.kind for one in offered(["document"], outlined=True)] == ["status-note"]
    assert "report" not in {one.kind for one in offered(["report"], outlined=False)}
    assert [one.kind for one in offered(["appendix"], outlined=False)] == [
        "status-note",
        "appendices",
    ]
    with pytest.raises(UnreadableError, match="không phải một cơ quan"):
        set_taken_in(empty_edits(), {"n1": TakenIn("các sở, ban, ngành", "")})


def test_rows_put_into_a_milestone_keep_their_own_days(made: dict[str, Any]) -> None:
    first, later = row_of(made, "rà soát"), row_of(made, "chi tiêu")
    edits = changed_row(empty_edits(), first, {"milestone": "Báo cáo giữa năm"})
    edits = changed_row(edits, later, {"milestone": "Báo cáo giữa năm"})
    plan = plan_of(made, edits)
    milestone = next(part for part in plan.milestones if part.title == "Báo cáo giữa năm")
    inside = [part for part in plan.deliverables if part.milestone == milestone.id]
    assert milestone.due.words == "trước ngày 15/6/2026"
    assert [part.due.words if part.due else "" for part in inside] == ["", "trước ngày 20/6/2026"]
    assert row_as_read(edits, first)["rows"].keys() == {later}


def test_who_a_group_may_be_is_found_by_kind() -> None:
    known = [("sở", "Sở A"), ("tỉnh", "UBND tỉnh"), ("xã", "UBND xã B"), ("phường", "UBND phường C"),
             ("văn phòng", "Văn phòng D"), ("đặc khu", "UBND đặc khu E"),
             ("", "Sở F"), ("", "Hội G"), ("thị trấn", "UBND thị trấn H")]  # fmt: skip
    groups = (
        "các sở, ban, ngành",
        "Ủy ban nhân dân các xã, phường",
        "UBND cấp xã",
        "các huyện",
        "các hội",
        "UBND các huyện, thị xã, thành phố",
        "UBND các xã, phường, thị trấn",
        "Công an các xã, phường",
    )
    named = {words: one.names if (one := proposed(words, known)) else () for words in groups}
    assert named["các sở, ban, ngành"] == ("Sở A", "Văn phòng D", "Sở F")
    assert named["Ủy ban nhân dân các xã, phường"] == ("UBND xã B", "UBND phường C")
    assert named["UBND cấp xã"] == (
        "UBND xã B", "UBND phường C", "UBND đặc khu E", "UBND thị trấn H"
    )  # fmt: skip
    assert named["các huyện"] == named["các hội"] == ()
    assert named["UBND các huyện, thị xã, thành phố"] == ()
    assert named["UBND các xã, phường, thị trấn"] == (
        "UBND xã B",
        "UBND phường C",
        "UBND thị trấn H",
    )
    assert named["Công an các xã, phường"] == ()


# --- on the pages ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    found = dashboard_at(tmp_path_factory.mktemp("consolidating"))
    yield found
    found.engine.dispose()


def begun(dash: Dash) -> tuple[Any, str]:
    client = dash.client("coordinator")
    return client, dash.post(client, "/soan", van__ban=TEXT).headers["location"]


def version(page: str) -> str:
    found = re.search(r'name="ban" value="(\d+)"', page)
    assert found is not None
    return found[1]


def sent(page: str, action: str) -> dict[str, Any]:
    """The form of that address as a browser would send it back."""
    form = next(one for one in fromstring(page).forms if (one.get("action") or "").endswith(action))
    return {name: value for name, value in form.form_values() if name != "csrf"}


def test_set_on_the_page_it_goes_into_the_plan(dash: Dash) -> None:
    client, desk = begun(dash)
    page = client.get(f"{desk}/tong-hop").text
    by_kind = sent(page, "theo-loai") | {
        "loai": "report", "nhan-loai": "Sở Tài chính", "vao-loai": "status-note"
    }  # fmt: skip
    assert dash.post(client, f"{desk}/tong-hop/theo-loai", **by_kind).status_code == 303
    page = client.get(f"{desk}/tong-hop").text
    assert "Báo cáo tình hình thực hiện" in page
    rows = sent(page, "tong-hop")
    taken = [name for name, value in rows.items() if value == "Sở Tài chính"]
    assert len(taken) == 2
    assert dash.post(client, f"{desk}/tong-hop", **(rows | {taken[0]: ""})).status_code == 303
    again = sent(client.get(f"{desk}/tong-hop").text, "tong-hop")
    assert [name for name, value in again.items() if value == "Sở Tài chính"] == taken[1:]

    with reading(dash.engine) as session:
        known = workshop.known_agencies(session)
    # who a group is: from the directory, as the page proposes it
    for _ in range(5):
        page = client.get(desk).text
        if "tra-loi" not in page:
            break
        data = sent(page, "tra-loi")
        for one in fromstring(page).xpath("//fieldset[.//input[@type='radio']]"):
            choices = one.xpath(".//input[@type='radio']/@value")
            data[one.xpath(".//input[@type='radio']/@name")[0]] = choices[0]
        assert dash.post(client, f"{desk}/tra-loi", **data).status_code == 303
    page = client.get(desk).text
    assert dash.post(client, f"{desk}/thanh-ke-hoach", ban=version(page)).status_code == 303
    with reading(dash.engine) as session:
        draft = workshop.find_draft(session, int(desk.rsplit("/", 1)[1]))
        plan = plan_definition(session.get_one(Plan, draft.plan_id))
    assert [one.kind for one in plan.outputs] == ["status-note", "status-note"]
    of_all = next(part for part in plan.deliverables if len(part.owners) > 2)
    names = {one.id: one.names[-1].name for one in plan.agencies}
    meant = proposed("các sở, ban, ngành", known)
    assert meant is not None
    assert {names[one] for one in of_all.owners} == set(meant.names)


def test_steps_are_taken_back_one_by_one(dash: Dash) -> None:
    client, desk = begun(dash)
    page = client.get(desk).text
    assert "Hoàn tác" not in page
    dash.post(client, f"{desk}/bo", ban=version(page), dong="n1")
    dash.post(
        client, f"{desk}/sua", ban=version(client.get(desk).text), dong="n2", deliverable="Khác"
    )
    page = client.get(desk).text
    assert "Đã sửa n2." in page
    assert "Khác</strong>" in page
    dash.post(client, f"{desk}/hoan-tac", ban=version(page))
    page = client.get(desk).text
    assert "Khác</strong>" not in page
    assert 'id="r-n1"' not in page
    dash.post(client, f"{desk}/hoan-tac", ban=version(page))
    page = client.get(desk).text
    assert 'id="r-n1"' in page
    dash.post(client, f"{desk}/hoan-tac", ban=version(page))
    assert "Không còn việc nào để hoàn tác" in client.get(desk).text


def test_a_long_plan_is_shown_a_page_at_a_time(dash: Dash) -> None:
    lines = "\n".join(
        f"{agency}. Sở Số {agency}\n"
        + "\n".join(
            f"- Báo cáo việc {agency}.{number} hằng năm, theo đợt {agency}.{number}."
            for number in range(1, 31)
        )
        for agency in range(1, 21)
    )
    made = drafted(f"II. TỔ CHỨC THỰC HIỆN\n{lines}")
    with writing(dash.engine) as session:
        draft = workshop.take_in(
            session, made, filename="dai.txt", sha256="0" * 64, actor=REVIEWER, now=NOW
        )
    client = dash.client("coordinator")
    first = client.get(f"/soan/{draft.id}").text
    page = fromstring(first)
    fields = {field.get("name") for field in page.xpath("//form[@data-answers]//*[@name]")}
    assert len(fields) < 250
    second = fromstring(client.get(f"/soan/{draft.id}?trang=2").text)
    rows = [
        {row.get("id") for row in one.xpath("//ol[contains(@class, 'owed')]/li")}
        for one in (page, second)
    ]
    assert rows[0]
    assert rows[1]
    assert not rows[0] & rows[1]
    assert page.xpath("//a[@rel='next']/@href")[0].endswith("?trang=2#ban-soan")
    # a row of one's own stands on the last page, and one is led there
    answer = dash.post(client, f"/soan/{draft.id}/them", ban=version(first), tu="", viec="Việc mới")
    shown = client.get(answer.headers["location"].partition("#")[0]).text
    assert "Việc mới</strong>" in shown
    assert 'name="due_words"' in shown
    into = next(iter(rows[1])).removeprefix("r-")
    answer = dash.post(client, f"/soan/{draft.id}/gop", ban=version(shown), dong="n1", vao=into)
    assert f'id="r-{into}"' in client.get(answer.headers["location"].partition("#")[0]).text
