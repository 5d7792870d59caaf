"""«Giao xuống»: an agency asks its own units by the plan's own means; nobody else sees what they hand in
until the agency itself has handed in; no unit's day is after the agency's."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from functools import cache

import pytest
from sqlmodel import col, select

from consolidation.handed_down import merged_figures
from dashboard.auth import limits
from intake.forms.workbook import build_workbook
from intake.samples.figures import Figures, figures_of, invent
from notifications.plan_context import load_plan_context
from plan import ledger
from plan.calendar import local_day
from plan.database import reading, writing
from plan.definition.appendices import Aggregate
from plan.definition.model import PlanDefinition
from plan.errors import RefusedError
from plan.handdown.handing import check_units, units_in
from plan.ledger.deadlines import amend_deadline
from plan.ledger.new_deadline import Amendment, Basis
from plan.ledger.urging import UrgingRequest, urge
from plan.models import Message, Obligation, Plan, Urging
from plan.queries.definitions import definition_of
from plan.queries.labels import plan_labels
from plan.queries.lookup import find_obligation, find_plan, running_plans
from plan.states import Actor, Role
from plan.text import date_words
from tests.browser.handing_down import (
    DUTY,
    PAGE,
    SEEN,
    UNITS,
    day_for,
    handed_down,
    inner,
    opened,
    outer,
    remind,
    unit_client,
)
from tests.browser.support import Browser, Dash
from tests.conftest import PLAN_ID
from tests.support.api import API, key

OFFICE = Actor("Trần Văn Bình", Role.coordinator)


@pytest.fixture
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = opened(tmp_path_factory.mktemp("handdown"))
    yield made
    made.engine.dispose()


@cache
def invented(definition: str) -> Figures:
    return invent(PlanDefinition.model_validate_json(definition), 7)


def days(dash: Dash) -> dict[str, date | None]:
    """Last good day by unit's number."""
    with reading(dash.engine) as session:
        rows = session.exec(
            select(Obligation)
            .where(Obligation.plan_id == inner(dash).id)
            .order_by(col(Obligation.id))
        )
        return {str(number): row.last_day for number, row in enumerate(rows, start=1)}


@pytest.fixture
def clerk(dash: Dash) -> Browser:
    return handed_down(dash)


def file_of(dash: Dash, unit: str) -> tuple[str, bytes, str]:
    """A unit's workbook, filled in with figures that keep the rules."""
    definition = definition_of(inner(dash))
    with reading(dash.engine) as session:
        above = session.get_one(Plan, PLAN_ID).definition
    data = build_workbook(
        definition,
        unit,
        on=local_day(dash.clock.now),
        deadlines={},
        prefill=figures_of(definition, unit, invented(above)),
    )
    return ("bieu.xlsx", data, "application/octet-stream")


def test_units_are_told_in_the_agencys_name_and_see_their_own(dash: Dash, clerk: Browser) -> None:
    remind(dash)
    with reading(dash.engine) as session:
        told = session.exec(select(Message).where(Message.address == "mot@stc.example")).all()
        book = load_plan_context(session, inner(dash).id, dash.clock.now, dash.site.desk)
    assert told
    assert book.office_name == "Sở Tài chính"
    assert all("Sở Tài chính" in str(row.content) for row in told)
    unit = unit_client(dash, "mot@stc.example")
    page = unit.get("/don-vi/stc-1").text
    assert "Nộp cho Sở Tài chính" in page
    assert "Nộp cho Sở Nội vụ" not in page
    assert unit.get("/don-vi/stc-2").status_code == 404
    assert unit.get("/don-vi/stc").status_code == 404
    assert unit.get(f"/don-vi/stc-1/{DUTY.partition('/')[2]}/giao-xuong").status_code == 404


def test_handing_down_renames_no_plan_of_the_office(dash: Dash, clerk: Browser) -> None:
    until = date_words(day_for(dash))
    dash.post(clerk, "/don-vi/stc/thematic-report/giao-xuong/giao", don__vi=UNITS, ngay=until)
    with reading(dash.engine) as session:
        labels, above = plan_labels(session), session.get_one(Plan, PLAN_ID)
        number, short = above.number, above.short
    assert (labels[PLAN_ID].short, labels[PLAN_ID].number) == (short, number)
    below = [label for key_, label in labels.items() if key_ != PLAN_ID]
    assert len({label.short for label in below}) == len(below) == 2
    assert all(label.short.startswith(f"{short}, Sở Tài chính giao") for label in below)
    assert {label.number for label in below} == {number}  # of the document, on no other day


def test_from_the_units_to_the_agencys_own_submission(dash: Dash, clerk: Browser) -> None:
    remind(dash)
    for number, address in ((1, "mot@stc.example"), (2, "hai@stc.example")):
        unit = unit_client(dash, address)
        home = f"/don-vi/stc-{number}/appendix-6"
        sent = dash.post(unit, f"{home}/nop", files={"tep": file_of(dash, f"stc-{number}")})
        assert "Đã nộp 1 sản phẩm" in sent.text, re.sub(r"<[^>]+>", " ", sent.text)[-1500:]
    page = clerk.get(PAGE).text
    files = re.findall(rf'href="({PAGE}/stc-\d/lan/1/tep/\d+)"', page)
    assert len(files) == 2
    assert clerk.get(files[0]).content[:2] == b"PK"
    office = dash.client("coordinator")
    assert office.get(SEEN).status_code == 404
    assert office.get(files[0].replace("don-vi", "nghia-vu")).status_code == 404
    assert office.get(files[0]).status_code == 403
    assert dash.client("agency", "stp").get(PAGE).status_code == 404
    for number in (1, 2):
        dash.post(clerk, f"{PAGE}/stc-{number}/nhan", lan="1")
    assert "Đã nhận của 2/2 đơn vị" in clerk.get(PAGE).text
    with reading(dash.engine) as session:
        plan = session.get_one(Plan, inner(dash).id)
        figures, coverage = merged_figures(session, plan, dash.clock.now)
        definition, above = definition_of(plan), session.get_one(Plan, PLAN_ID).definition
    assert coverage.complete
    given = figures_of(definition, "stc-1", invented(above))
    summed = [
        (f"{part.code}.{one.code}", period.key)
        for part in definition.appendices
        for table in part.tables
        for one in table.indicators
        for period in table.periods
        if one.aggregate is Aggregate.sum
    ]
    both = {at: given[at].number for at in summed if at in given}
    assert both
    assert {at: figures[at].number for at in both} == {at: 2 * (n or 0) for at, n in both.items()}
    assert clerk.get(f"{PAGE}/bieu.xlsx").content[:2] == b"PK"
    dash.post(clerk, f"{PAGE}/nop")
    assert outer(dash).submissions == 1
    assert outer(dash).state in ("submitted", "returned")
    if outer(dash).state == "submitted":
        assert office.get(SEEN).status_code == 200
        assert office.get(files[0].replace("don-vi", "nghia-vu")).content[:2] == b"PK"


def test_one_time_of_a_product_that_recurs_is_decided_too(dash: Dash, clerk: Browser) -> None:
    remind(dash)
    unit = unit_client(dash, "mot@stc.example")
    dash.post(unit, "/don-vi/stc-1/appendix-6/nop", files={"tep": file_of(dash, "stc-1")})
    with writing(dash.engine) as session:
        row = find_obligation(session, PLAN_ID, DUTY)
        row.period = "2020-04"
        session.add(row)
    page = f"/don-vi/{DUTY}@2020-04/giao-xuong"
    [file] = re.findall(rf'href="({page}/stc-1/lan/1/tep/\d+)"', clerk.get(page).text)
    assert clerk.get(file).content[:2] == b"PK"
    dash.post(clerk, f"{page}/stc-1/nhan", lan="1")
    assert "Đã nhận của 1/2 đơn vị" in clerk.get(page).text


def test_the_merged_workbook_counts_as_sent(
    dash: Dash, clerk: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner(dash)
    monkeypatch.setattr(limits, "UPLOAD", replace(limits.UPLOAD, count=1))
    dash.post(clerk, f"{PAGE}/nop")
    assert "Chưa nhận bản nào" in clerk.get(PAGE).text
    dash.post(clerk, f"{PAGE}/nop")
    assert "Đã gửi quá nhiều lần" in clerk.get(PAGE).text


def urged(dash: Dash) -> int:
    with reading(dash.engine) as session:
        return len(session.exec(select(Urging).where(Urging.plan_id == inner(dash).id)).all())


def test_one_unit_urged_today_holds_up_no_other(dash: Dash, clerk: Browser) -> None:
    with writing(dash.engine) as session:
        request = UrgingRequest("message", "sớm", again=True)
        urge(session, inner(dash).id, "stc-1", request, actor=OFFICE, now=dash.clock.now)
    dash.post(clerk, f"{PAGE}/nhac", loi="Xin nộp trước thứ Sáu")
    assert urged(dash) == 2
    said = clerk.get(PAGE).text
    assert "Đã ghi nhắc 1 đơn vị" in said
    assert "Chưa nhắc: Phòng Ngân sách: Hôm nay" in said
    dash.post(clerk, f"{PAGE}/nhac", loi="Xin nộp trước thứ Sáu")
    said = clerk.get(PAGE).text
    assert urged(dash) == 2
    assert "Phòng Ngân sách: Hôm nay" in said
    assert "Chi cục Công sản: Hôm nay" in said
    box = re.search(r'type="checkbox" name="([\w-]+)" value="(\w+)"> Vẫn nhắc', said)
    assert box is not None
    dash.post(clerk, f"{PAGE}/nhac", loi="Xin nộp ngay", **{box[1]: box[2]})
    assert urged(dash) == 4


def test_no_unit_has_a_day_after_the_agencys(dash: Dash, clerk: Browser) -> None:
    last = outer(dash).last_day
    assert last is not None
    other = dash.client("agency", "stp")
    after = date_words(last + timedelta(days=300))
    dash.post(other, "/don-vi/stp/appendix-2/giao-xuong/giao", don__vi=UNITS, ngay=after)
    assert (
        "không được sau hạn của chính cơ quan"
        in other.get("/don-vi/stp/appendix-2/giao-xuong").text
    )
    with writing(dash.engine) as session:
        rows = session.exec(select(Obligation).where(Obligation.plan_id == inner(dash).id)).all()
        asked = ledger.ask_extension(
            session, rows[0].id or 0, until=last + timedelta(days=1), reason="bận", actor=OFFICE,
            now=dash.clock.now,
        )  # fmt: skip
        with pytest.raises(RefusedError, match="không được sau hạn"):
            ledger.decide_extension(
                session, asked.id or 0, granted=True, actor=OFFICE, now=dash.clock.now
            )
    earlier = day_for(dash) - timedelta(days=1)
    milestone = next(iter(definition_of(inner(dash)).milestones)).id
    with writing(dash.engine) as session:
        amend_deadline(
            session,
            find_plan(session, PLAN_ID),
            milestone,
            Amendment(earlier, Basis("sớm hơn", "9/UBND", earlier)),
            agencies=["stc"],
            actor=OFFICE,
            now=dash.clock.now,
        )
    assert days(dash) == {"1": earlier, "2": earlier}
    dash.post(clerk, f"{PAGE}/giao", don__vi="Phòng Giá; Bùi Ba; ba@stc.example")
    assert days(dash) == {"1": earlier, "2": earlier, "3": earlier}


def test_it_reminds_as_long_as_the_agency_is_asked(dash: Dash, clerk: Browser) -> None:
    def reminding() -> set[str]:
        with reading(dash.engine) as session:
            return set(session.exec(running_plans()))

    key_ = inner(dash).id
    assert reminding() == {PLAN_ID, key_}
    with writing(dash.engine) as session:
        ledger.waive(
            session, outer(dash).id or 0, reason="giải thể", actor=OFFICE, now=dash.clock.now
        )
    assert reminding() == {PLAN_ID}
    with writing(dash.engine) as session:
        ledger.restore(
            session, outer(dash).id or 0, reason="nhầm", actor=OFFICE, now=dash.clock.now
        )
        ledger.pause_plan(session, PLAN_ID, reason="bão", actor=OFFICE, now=dash.clock.now)
    assert reminding() == set()


def test_the_inner_plan_is_nobody_elses_to_look_at(dash: Dash, clerk: Browser) -> None:
    inside = inner(dash).id
    office = dash.client("coordinator")
    assert inside not in office.get("/ke-hoach").text
    assert office.get(f"/ke-hoach?ma={inside}").status_code == 404
    office.cookies.set("dondoc-ke-hoach", inside)
    clerk.cookies.set("dondoc-ke-hoach", inside)
    assert "Phòng Ngân sách" not in office.get("/co-quan").text
    assert clerk.get("/don-vi/stc").status_code == 200
    theirs = key(dash, "coordinator")
    answer = office.get(f"{API}/obligations?plan={inside}", headers=theirs)
    assert answer.status_code == 404
    assert inside not in office.get(f"{API}/plans", headers=theirs).text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "trống"),
        ("Phòng A; Lê Một", "dòng 1: thiếu thư điện tử"),
        ("Phòng A; Lê Một; không phải thư", "dòng 1: địa chỉ thư"),
        ("Phòng A; X; a@x.vn\nphòng a; Y; b@x.vn", "ghi hai lần"),
        ("Phòng A; X; a@x.vn; 0905000111; thừa", "quá bốn phần"),
    ],
)
def test_a_list_of_units_is_taken_whole_or_refused_by_line(text: str, words: str) -> None:
    with pytest.raises(RefusedError, match=words):
        check_units(units_in(text))
