"""A plan that stands, on the desk: amended, what was not touched to the letter, or made the next year's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

import plan
from drafting import workshop
from drafting.document import UnreadableError
from drafting.edits import added_row, changed_row, dropped_row, empty_edits
from drafting.questions import KEEP
from drafting.revision.definition import revised
from drafting.revision.rows import amendment_of, next_year_of
from plan.amending.differences import differences
from plan.calendar import WorkingCalendar
from plan.database import reading
from plan.definition.loading import load_definition
from plan.definition.model import PlanDefinition
from plan.models import Obligation, Plan, PlanDraft, PlanVersion
from plan.states import PlanState
from tests.browser.support import Dash, dashboard_at
from tests.support.drafts import fields

KH04 = load_definition(Path(plan.__file__).parent / "04-kh-ubnd-2020")[0]
MADE = amendment_of(KH04, "x")
START = date(2021, 1, 11)


def work(made: dict[str, Any], edits: dict[str, Any], **answers: Any) -> dict[str, Any]:
    return workshop.as_it_stands(PlanDraft(made=made, edits=edits, answers=answers))


def said(edits: dict[str, Any]) -> list[tuple[str, str, str]]:
    after = revised(MADE, work(MADE, edits))
    return [(one.kind, one.deliverable, one.after) for one in differences(KH04, after)]


def row_of(key: str) -> dict[str, Any]:
    return next(row for row in MADE["obligations"] if row["key"] == key)


def of_milestone(name: str) -> list[str]:
    return [one.id for one in KH04.deliverables if one.milestone == name and one.due is None]


SHARED = next(one.id for one in KH04.milestones if len(of_milestone(one.id)) > 1 and one.due.words)


def test_nothing_touched_is_the_plan_to_the_letter() -> None:
    assert MADE["questions"] == []
    assert revised(MADE, work(MADE, empty_edits())) == KH04


def test_every_deliverable_stands_on_the_desk_with_all_who_owe_it() -> None:
    assert [row["key"] for row in MADE["obligations"]] == [one.id for one in KH04.deliverables]
    assert all(row["owners"] for row in MADE["obligations"])


def test_one_of_a_milestone_moved_has_a_day_of_its_own() -> None:
    key = of_milestone(SHARED)[0]
    row = row_of(key)
    edits = changed_row(empty_edits(), row["id"], {"due_words": "trước ngày 30/6/2020"})
    assert said(edits) == [("moved", key, "trước ngày 30/6/2020")]


def test_all_of_a_milestone_moved_alike_is_the_milestone_moved() -> None:
    edits = empty_edits()
    for key in of_milestone(SHARED):
        edits = changed_row(edits, row_of(key)["id"], {"due_words": "trước ngày 30/6/2020"})
    after = revised(MADE, work(MADE, edits))
    [moved] = [one for one in after.milestones if one.id == SHARED]
    before = next(one for one in KH04.milestones if one.id == SHARED)
    assert moved == before.model_copy(
        update={
            "due": before.due.model_copy(update={"words": "trước ngày 30/6/2020"}),
            "opens_on": None,
        }
    )
    assert after.deliverables == KH04.deliverables


def named(after: PlanDefinition) -> set[str]:
    """The deliverables that something names."""
    found = {one.rpartition("/")[2] for part in after.deliverables for one in part.after}
    found |= {one for part in after.deliverables for one in part.may_share_file_with}
    return found | {one for output in after.outputs for one in output.inputs}


@pytest.mark.parametrize("key", [one.id for one in KH04.deliverables if one.kind == "duty"])
def test_a_deliverable_dropped_is_named_nowhere_any_more(key: str) -> None:
    edits = dropped_row(empty_edits(), row_of(key)["id"], dropped=True)
    after = revised(MADE, work(MADE, edits))
    assert key not in {one.id for one in after.deliverables}
    assert key not in named(after)
    used = {one.milestone for one in after.deliverables}
    assert {one.id for one in after.milestones} - used <= {
        one.id for one in KH04.milestones if one.id not in {d.milestone for d in KH04.deliverables}
    }


def test_what_others_cannot_do_without_is_refused_in_words() -> None:
    for part in KH04.deliverables:
        edits = dropped_row(empty_edits(), row_of(part.id)["id"], dropped=True)
        try:
            after = revised(MADE, work(MADE, edits))
        except UnreadableError as refused:
            words = str(refused)
            break
        assert part.id not in named(after)
    else:
        pytest.fail("every deliverable could be dropped")
    assert "«" in words


def test_an_agency_more_and_one_that_the_plan_did_not_know() -> None:
    row = next(row for row in MADE["obligations"] if row["kind"] == "duty")
    edits = changed_row(
        empty_edits(), row["id"], {"owners": "\n".join([*row["owners"], "Trường Chính trị tỉnh"])}
    )
    after = revised(MADE, work(MADE, edits))
    assert after.agencies[-1].names[0].name == "Trường Chính trị tỉnh"
    [gained] = [one for one in differences(KH04, after) if one.kind == "gained"]
    assert (gained.deliverable, gained.agencies) == (row["key"], ("truong-chinh-tri-tinh",))


def test_a_row_more_is_a_deliverable_more() -> None:
    edits = added_row(empty_edits(), MADE, "", "Báo cáo chuyên đề")
    edits = changed_row(
        edits, "t1", {"owners": "Sở Nội vụ", "due_words": "trước ngày 01/9/2020", "kind": "report"}
    )
    found = said(edits)
    assert ("added", "bao-cao-chuyen-de", "trước ngày 01/9/2020") in found


def test_without_anybody_who_owes_it_there_is_no_plan() -> None:
    edits = changed_row(empty_edits(), MADE["obligations"][0]["id"], {"owners": ""})
    with pytest.raises(UnreadableError):
        revised(MADE, work(MADE, edits))


# --- the next year's -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def following() -> dict[str, Any]:
    return next_year_of(KH04, START, WorkingCalendar.build(range(2019, 2023)))


def test_each_line_of_the_next_years_plan_is_asked_about(following: dict[str, Any]) -> None:
    asked = {row for one in following["questions"] for row in one["rows"]}
    assert asked == {row["id"] for row in following["obligations"]}
    assert {"plan-number", "plan-title"} <= {one["id"] for one in following["questions"]}
    with pytest.raises(UnreadableError, match="câu hỏi"):
        revised(following, work(following, empty_edits()))


def test_a_day_that_falls_on_a_day_off_is_said(following: dict[str, Any]) -> None:
    moved = [one["text"] for one in following["questions"] if "dời thành" in one["text"]]
    assert moved
    for text in moved:
        if "Thứ Bảy" in text or "Chủ nhật" in text:
            assert "ngày làm việc cuối là" in text


def answered(made: dict[str, Any], **more: str) -> dict[str, Any]:
    answers: dict[str, Any] = {one["id"]: KEEP for one in made["questions"] if one["rows"]}
    answers |= {"plan-number": "03/KH-UBND", "plan-title": "Kế hoạch năm 2021"} | more
    return work(made, empty_edits(), **answers)


def test_kept_it_is_the_plan_moved_by_working_days(following: dict[str, Any]) -> None:
    after = revised(following, answered(following))
    assert (after.id, after.number, after.issued_on) == ("03-kh-ubnd", "03/KH-UBND", START)
    assert [one.id for one in after.deliverables] == [one.id for one in KH04.deliverables]
    assert after.outline == KH04.outline
    assert PlanDefinition.model_validate_json(after.model_dump_json()) == after


def test_another_day_may_be_said_for_a_milestone(following: dict[str, Any]) -> None:
    question = next(one for one in following["questions"] if "dời thành" in one["text"])
    after = revised(following, answered(following, **{question["id"]: "trước ngày 20/5/2021"}))
    keys = {row["key"] for row in following["obligations"] if row["id"] in question["rows"]}
    moved = {one.milestone for one in after.deliverables if one.id in keys}
    words = {one.due.words for one in after.milestones if one.id in moved}
    words |= {one.due.words for one in after.deliverables if one.id in keys and one.due}
    assert "trước ngày 20/5/2021" in words


# --- on the pages --------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    opened = dashboard_at(tmp_path_factory.mktemp("revision"))
    yield opened
    opened.engine.dispose()


def version(page: str) -> str:
    found = re.search(r'name="ban" value="(\d+)"', page)
    assert found is not None
    return found[1]


def test_a_running_plan_is_amended_on_the_pages(dash: Dash) -> None:
    client = dash.client("coordinator")
    desk = dash.post(client, "/ke-hoach/soan-lai").headers["location"]
    page = client.get(desk).text
    assert "Chưa có gì khác" in client.get(f"{desk}/sua-doi").text
    key = of_milestone(SHARED)[0]
    changed = {
        "ban": version(page),
        "dong": row_of(key)["id"],
        "due_words": "trước ngày 30/12/2020",
    }
    assert dash.post(client, f"{desk}/sua", **changed).status_code == 303
    with reading(dash.engine) as session:
        before = session.exec(select(Obligation.last_day).order_by(col(Obligation.id))).all()
    preview = client.get(f"{desk}/sua-doi").text
    assert "trước ngày 30/12/2020" in preview
    assert "Hạn mới" in preview
    with reading(dash.engine) as session:  # looking changes nothing
        assert (
            session.exec(select(Obligation.last_day).order_by(col(Obligation.id))).all() == before
        )
    lacking = dash.post(
        client, f"{desk}/sua-doi", ban=version(preview), so="", ngay="", ly__do="Vì"
    )
    assert lacking.status_code == 422
    assert "Cần số, ngày" in lacking.text
    done = dash.post(
        client,
        f"{desk}/sua-doi",
        ban=version(preview),
        so="99/QĐ-UBND",
        ngay="2020-05-04",
        ly__do="Điều chỉnh thời hạn",
    )
    assert done.headers["location"].startswith("/ke-hoach/phien-ban")
    listed = client.get("/ke-hoach/phien-ban").text
    assert "99/QĐ-UBND" in listed
    assert "trước ngày 30/12/2020" in listed
    with reading(dash.engine) as session:
        numbers = session.exec(select(PlanVersion.number).order_by(col(PlanVersion.number))).all()
        assert numbers == [1, 2]
    dash.post(
        client, f"{desk}/sua-doi", ban=version(preview), so="1", ngay="2020-05-04", ly__do="x"
    )
    with reading(dash.engine) as session:
        assert len(session.exec(select(PlanVersion.number)).all()) == len(numbers)


def test_next_years_plan_from_this_one_on_the_pages(dash: Dash) -> None:
    client = dash.client("coordinator")
    dash.post(client, "/ke-hoach/soan-lai", cho="nam-sau", ngay="")
    assert "ngày ban hành" in client.get("/ke-hoach/phien-ban").text
    made = dash.post(client, "/ke-hoach/soan-lai", cho="nam-sau", ngay="2021-01-11")
    desk = made.headers["location"]
    page = client.get(desk).text
    data = {"ban": version(page)}
    for key, choices in fields(page):
        data[f"hoi-{key}"] = choices[0] if choices else ""
        if key == "plan-number":
            data[f"khac-{key}"] = "03/KH-UBND"
    assert dash.post(client, f"{desk}/tra-loi", **data).status_code == 303
    page = client.get(desk).text
    assert fields(page) == []
    made = dash.post(client, f"{desk}/thanh-ke-hoach", ban=version(page))
    assert "03-kh-ubnd" in made.headers["location"]
    with reading(dash.engine) as session:
        assert session.get_one(Plan, "03-kh-ubnd").state == PlanState.draft
