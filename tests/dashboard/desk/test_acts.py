"""The one table of acts: what the command line does has a page and a call, and all do the same."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from datetime import date, timedelta

import pytest
from sqlmodel import Session, select

from dashboard.acts.table import ACTS, ELSEWHERE, TARGETS
from dashboard.pages import ALL_PAGES
from flows.cli import app as cli
from flows.cli import name_of
from notifications.reminders.tick import preview
from plan import ledger
from plan.calendar import local_day
from plan.database import reading, writing
from plan.errors import RefusedError
from plan.models import Agency, AuditEvent, Contact, Deadline, Obligation, Plan
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_obligation
from plan.states import Actor, Role
from tests.browser.support import Browser, Dash, dashboard_at
from tests.conftest import PLAN_ID
from tests.support.api import API, key

MACHINE = frozenset(
    """init settings status agenda scorecard template check check-format diff submissions recheck trace remind
    demo serve schedule doctor verify prefect dashboard""".split()  # noqa: SIM905 - a list of words
)
"""Commands that run the machine, or only read: nothing is decided by them."""
GROUPS_ELSEWHERE = frozenset({"audit", "cluster", "zalo", "inbox", "scans"})
"""The machine's and the trail's; the inbox and scans have pages of their own."""
READS = frozenset(
    {
        "show",
        "check",
        "list",
        "export",
        "table",
        "changes",
        "forms",
        "schema",
        "rebase",
        "fill",
        "slides",
        "pack",
        "questions",
        "versions",
    }
)
"""What commands of a group are called that decide nothing."""


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("acts"))
    yield made
    made.engine.dispose()


@pytest.fixture(scope="module")
def office(dash: Dash) -> Browser:
    return dash.client("coordinator")


def row(dash: Dash, name: str) -> Obligation:
    with reading(dash.engine) as session:
        return find_obligation(session, PLAN_ID, name)


def owed(dash: Dash, count: int = 1) -> list[str]:
    """Obligations with a deadline of the plan that nobody has handed in."""
    with reading(dash.engine) as session:
        statement = select(Obligation).where(
            Obligation.plan_id == PLAN_ID, Obligation.state == "owed", Obligation.origin == "plan"
        )
        from plan.queries.lookup import obligation_name

        rows = [one for one in session.exec(statement) if one.last_day]
        return [obligation_name(session, one) for one in rows][:count]


def commands() -> set[str]:
    found = {name_of(one) for one in cli.registered_commands}
    for group in cli.registered_groups:
        assert group.typer_instance is not None
        found |= {
            f"{group.name} {name_of(one)}" for one in group.typer_instance.registered_commands
        }
    return found


def test_every_command_that_decides_has_its_place_on_a_page() -> None:
    told = {act.command for act in ACTS if act.command} | set(ELSEWHERE)
    left = {
        name
        for name in commands() - told - MACHINE
        if name.partition(" ")[0] not in GROUPS_ELSEWHERE and name.partition(" ")[2] not in READS
    }
    assert left == set()
    assert told <= commands()


def test_what_is_elsewhere_is_a_page() -> None:
    paths = {route.path for route in ALL_PAGES}
    assert set(ELSEWHERE.values()) <= paths


def test_every_act_is_a_form_and_a_call(dash: Dash) -> None:
    posts = {route.path for route in ALL_PAGES if route.method == "POST"}
    described = dash.app.state.api.openapi()["paths"]
    for act in ACTS:
        assert f"{TARGETS[act.on].page}/{act.slug}" in posts, act.name
        call = described[f"{TARGETS[act.on].api}/{act.name}"]["post"]
        [content] = call["requestBody"]["content"].items()
        assert (content[0] == "multipart/form-data") is act.takes_files
        shape = content[1]["schema"]["$ref"]
        assert shape.endswith(act.body.__name__)


def test_more_time_unasked_is_a_new_version_told_to_the_agency(dash: Dash, office: Browser) -> None:
    first, second = owed(dash, 2)
    until = max(row(dash, first).last_day, row(dash, second).last_day) + timedelta(days=20)  # type: ignore[type-var]
    day = f"{until:%d/%m/%Y}"
    sent = dash.post(
        office, f"/nghia-vu/{first}/gia-han", ngay=day, ly__do="bão lũ", van__ban="12/SNV"
    )
    assert sent.status_code == 303
    body = {"until": until.isoformat(), "reason": "bão lũ", "document_number": "12/SNV"}
    answer = dash.browser().post(
        f"{API}/obligations/{second}/extend", json=body, headers=key(dash, "coordinator")
    )
    assert answer.json()["last_day"] == until.isoformat()
    with reading(dash.engine) as session:
        for name in (first, second):
            owing = find_obligation(session, PLAN_ID, name)
            newest = session.exec(
                select(Deadline).where(
                    Deadline.obligation_id == owing.id, Deadline.version == owing.deadline_version
                )
            ).one()
            assert (newest.kind, newest.last_day, newest.document_number) == (
                "extension",
                until,
                "12/SNV",
            )


def test_a_milestone_is_amended_on_a_page_that_says_who_is_missing(
    dash: Dash, office: Browser
) -> None:
    page = office.get("/moc/district-reports/doi-han").text
    assert "cơ quan còn thiếu" in page
    sent = dash.post(
        office,
        "/moc/district-reports/doi-han",
        ngay="30/06/2020",
        van__ban="99/KH-UBND",
        ngay__van__ban="2020-05-04",
        ly__do="dịch bệnh",
        co__quan=["van-canh"],
    )
    assert sent.headers["location"] == "/moc/district-reports"
    assert row(dash, "van-canh/district-report").last_day == date(2020, 6, 30)
    assert row(dash, "tay-son/district-report").last_day != date(2020, 6, 30)


def test_a_form_that_lacks_something_says_what_and_changes_nothing(
    dash: Dash, office: Browser
) -> None:
    [name] = owed(dash)
    before = row(dash, name)
    dash.post(office, f"/nghia-vu/{name}/gia-han", ngay="30/12/2020")
    assert "Cần điền: lý do" in office.get(f"/nghia-vu/{name}").text
    dash.post(office, f"/nghia-vu/{name}/gia-han", ngay="không phải ngày", ly__do="x")
    assert row(dash, name).version == before.version


# --- returned, to be mended by a day of its own -----------------------------------------------------


def filed(session: Session, name: str, dash: Dash) -> int:
    from plan.ledger.filing import Filing

    found = find_obligation(session, PLAN_ID, name)
    agency = name.partition("/")[0]
    clerk = Actor("Văn thư", Role.agency, frozenset({agency}), "web")
    filing = Filing(kind="nil", received_at=dash.clock.now, payload={"for": name})
    ledger.submit(session, found.id or 0, filing, actor=clerk, now=dash.clock.now)
    return found.id or 0


def test_a_return_has_a_day_of_its_own_and_is_reminded_of_by_it(
    dash: Dash, office: Browser
) -> None:
    name = owed(dash, 3)[2]
    with writing(dash.engine) as session:
        filed(session, name, dash)
    mend_by = local_day(dash.clock.now) + timedelta(days=7)
    dash.post(
        office, f"/nghia-vu/{name}/tra-lai", ly__do="thiếu chữ ký", sua__truoc=f"{mend_by:%d/%m/%Y}"
    )
    assert (row(dash, name).state, row(dash, name).mend_by) == ("returned", mend_by)
    assert f"chậm nhất {mend_by:%d/%m/%Y}" in office.get(f"/nghia-vu/{name}").text
    look, _ = preview(dash.engine, PLAN_ID, dash.clock.now + timedelta(days=8), dash.site.desk)
    rungs = [h.rung.key for d in look.digests for h in d.reminders if h.row.name == name]
    assert any(rung.endswith(f"~{mend_by}") for rung in rungs)
    assert all("~" in rung for rung in rungs)  # the plan's own ladder is not climbed again
    with writing(dash.engine) as session:
        filed(session, name, dash)
    assert row(dash, name).mend_by is None


def test_a_day_gone_by_is_no_day_to_mend_by(dash: Dash) -> None:
    name = owed(dash, 4)[3]
    with writing(dash.engine) as session:
        number = filed(session, name, dash)
    reviewer = Actor("Duyệt", Role.coordinator)
    with writing(dash.engine) as session, pytest.raises(RefusedError, match="đã qua"):
        ledger.give_back(
            session,
            number,
            reason="x",
            actor=reviewer,
            now=dash.clock.now,
            mend_by=date(2020, 1, 2),
        )


# --- people, days, the ladder -----------------------------------------------------------------------


def test_people_come_and_go_but_never_the_last(dash: Dash, office: Browser) -> None:
    page = office.get("/co-quan/van-canh/nguoi-nhan").text
    assert "Họ tên" in page
    dash.post(
        office, "/co-quan/van-canh/nguoi-nhan", name="Đinh Thị Thử", email="thu@vc.example.vn"
    )
    with reading(dash.engine) as session:
        agency = session.exec(select(Agency).where(Agency.code == "van-canh")).first()
        assert agency is not None
        people = session.exec(select(Contact).where(Contact.agency_id == agency.id)).all()
    new = next(one for one in people if one.name == "Đinh Thị Thử")
    for one in people:
        if one.id != new.id:
            dash.post(office, f"/quan-tri/danh-ba/{one.id}/bo")
    dash.post(office, f"/quan-tri/danh-ba/{new.id}/bo")
    assert "người nhận cuối cùng" in office.get("/quan-tri/danh-ba").text
    with reading(dash.engine) as session:
        left = session.exec(select(Contact.name).where(Contact.agency_id == agency.id)).all()
        told = session.exec(select(AuditEvent.event).where(AuditEvent.subject == "van-canh")).all()
    assert left == ["Đinh Thị Thử"]
    assert {"contact.added", "contact.removed"} <= set(told)
    wrong = dash.post(office, "/co-quan/van-canh/nguoi-nhan", name="Sai", email="không phải thư")
    assert wrong.status_code == 303
    assert "không hợp lệ" in office.get("/co-quan/van-canh").text


def test_a_day_off_moves_the_counting_not_the_deadline(dash: Dash, office: Browser) -> None:
    name = next(n for n in owed(dash, 40) if row(dash, n).last_working_day == row(dash, n).last_day)
    before = row(dash, name)
    day = before.last_day
    assert day is not None
    dash.post(
        office, "/quan-tri/lich-nghi/dat", ngay=f"{day:%d/%m/%Y}", loai="off", vi="lễ hội tỉnh"
    )
    after = row(dash, name)
    assert after.last_day == day
    assert after.last_working_day is not None
    assert after.last_working_day < day
    assert "lễ hội tỉnh" in office.get("/quan-tri/lich-nghi").text
    dash.post(office, "/quan-tri/lich-nghi/dat", ngay=f"{day:%d/%m/%Y}", loai="usual")
    assert row(dash, name).last_working_day == day
    dash.post(office, "/quan-tri/lich-nghi/dat", ngay="30/04/2020", loai="usual")
    assert "ngày lễ theo luật giữ nguyên" in office.get("/quan-tri/lich-nghi").text


def test_the_ladder_is_changed_on_its_page_and_looked_at_anew(dash: Dash, office: Browser) -> None:
    page = office.get("/quan-tri/chinh-sach").text
    fields = dict(re.findall(r'name="(nac-\d+-(?:ngay|lap))"[^>]*value="(\d*)"', page))
    assert fields["nac-0-ngay"]
    form = {
        "nac-0-ngay": "4", "nac-0-phia": "truoc", "nac-0-ai": ["contact"], "nac-0-giong": "plain",
        "nac-1-ngay": "2", "nac-1-phia": "qua", "nac-1-lap": "3", "nac-1-ai": ["contact", "head"],
        "nac-1-giong": "overdue",
    }  # fmt: skip
    dash.post(office, "/quan-tri/chinh-sach/dat", **form)
    with reading(dash.engine) as session:
        rungs = definition_of(session.get_one(Plan, PLAN_ID)).reminders.rungs
        waiting = session.exec(
            select(Obligation.id).where(Obligation.next_check_at == dash.clock.now)
        ).all()
    assert [(one.offset, one.every) for one in rungs] == [(-4, None), (2, 3)]
    assert waiting
    twice = form | {"nac-1-phia": "truoc", "nac-1-ngay": "4"}
    dash.post(office, "/quan-tri/chinh-sach/dat", **twice)
    assert "viết hai lần" in office.get("/quan-tri/chinh-sach").text


# --- letters, data calls, channels -----------------------------------------------------------------


def test_letters_are_seen_before_they_are_taken_one_or_many(dash: Dash, office: Browser) -> None:
    page = office.get("/cong-van").text
    codes = re.findall(r'name="co-quan" value="([^"]+)"', page)
    two = [code for code in codes if code != "snv"][:2]
    query = "&".join(f"co-quan={code}" for code in two)
    seen = office.get(f"/cong-van?{query}").text
    assert seen.count('class="letter"') == 2
    assert "Kính gửi" in seen
    many = office.get(f"/cong-van/tai?{query}")
    assert len(zipfile.ZipFile(io.BytesIO(many.content)).namelist()) == 2
    one = office.get(f"/cong-van/tai?co-quan={two[0]}")
    assert "word/document.xml" in zipfile.ZipFile(io.BytesIO(one.content)).namelist()
    by_call = dash.browser().get(
        f"{API}/letter", params={"agency": two[0]}, headers=key(dash, "coordinator")
    )
    assert by_call.content[:2] == b"PK"
    assert "không gửi công văn cho chính mình" in office.get("/cong-van?co-quan=snv").text


def test_a_data_call_is_opened_from_its_page(dash: Dash, office: Browser) -> None:
    with reading(dash.engine) as session:
        call = definition_of(session.get_one(Plan, PLAN_ID)).data_calls[0].id
    assert "chưa mở" in office.get("/so-lieu-noi-bo").text
    leader, month = key(dash, "leader"), f"{API}/calendar?month=2020-05"
    before = office.get("/lich?thang=2020-05").status_code  # names are remembered by then
    assert before == dash.browser().get(month, headers=leader).status_code == 200
    dash.post(office, f"/so-lieu-noi-bo/{call}/mo", ngay="20/05/2020")
    assert office.get("/lich?thang=2020-05").status_code == 200
    due = dash.browser().get(month, headers=leader).json()
    assert call in {one["deliverable"] for one in due}
    page = office.get(f"/so-lieu-noi-bo/{call}").text
    assert "Hỏi thêm" in page
    told = dash.browser().get(f"{API}/data-calls/{call}", headers=key(dash, "leader")).json()
    assert (told["open"], bool(told["asked"])) == (True, True)


def test_a_channel_is_tried_by_a_button(dash: Dash, office: Browser) -> None:
    assert office.get("/quan-tri/kenh").status_code == 200
    tried = dash.post(office, "/quan-tri/kenh/email/thu")
    assert tried.status_code == 200
    none = dash.post(office, "/quan-tri/kenh/khong-co/thu")
    assert none.status_code in (303, 404)
    call = dash.browser().post(
        f"{API}/channels/khong-co/test", json={}, headers=key(dash, "coordinator")
    )
    assert call.status_code == 404
