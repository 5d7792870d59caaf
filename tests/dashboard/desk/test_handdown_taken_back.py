"""What an agency gave its units it takes back: nobody owes it any more and everybody is told, what came
stays; by page, API and command alike. The API does what the page does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import col, select

from plan.database import reading
from plan.models import AuditEvent, Message, Obligation
from plan.queries.progress import obligations
from tests.browser.handing_down import (
    DUTY,
    PAGE,
    day_for,
    handed_down,
    inner,
    opened,
    remind,
    unit_client,
)
from tests.browser.support import Dash
from tests.support.api import API, key
from tests.support.commands import dondoc

PATH = f"{API}/obligations/{DUTY}/hand-down"
UNITS = [
    {"name": "Phòng Ngân sách", "contact": "Lê Thị Một", "email": "mot@stc.example"},
    {"name": "Chi cục Công sản", "email": "hai@stc.example"},
]


@pytest.fixture
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = opened(tmp_path_factory.mktemp("taken-back"))
    yield made
    made.engine.dispose()


def states(dash: Dash) -> dict[str, str]:
    with reading(dash.engine) as session:
        return {one.agency: one.state for one in obligations(session, inner(dash), dash.clock.now)}


def told(dash: Dash, address: str) -> list[str]:
    """What was written there."""
    dash.clock.forward(minutes=2)  # what may be undone is told after a minute
    remind(dash)
    with reading(dash.engine) as session:
        rows = session.exec(
            select(Message).where(Message.address == address).order_by(col(Message.id))
        )
        return [str(row.content) for row in rows]


def test_taken_back_from_all_and_given_again_to_one(dash: Dash) -> None:
    clerk = handed_down(dash)
    told(dash, "mot@stc.example")
    dash.post(clerk, f"{PAGE}/thu-lai", ly__do="Đã có số liệu từ kho bạc")
    assert set(states(dash).values()) == {"waived"}
    page = clerk.get(PAGE).text
    assert "Đã thu lại của mọi đơn vị" in page
    newest = told(dash, "mot@stc.example")[-1]
    assert "Không còn phải nộp" in newest
    assert "thông báo của Sở Tài chính" in newest
    assert "Đã có số liệu từ kho bạc" in newest
    dash.post(clerk, f"{PAGE}/stc-1/giao-lai", ly__do="Kho bạc thiếu một mục")
    assert states(dash) == {"stc-1": "owed", "stc-2": "waived"}
    assert "Lại phải nộp" in told(dash, "mot@stc.example")[-1]
    assert "Lại phải nộp" not in told(dash, "hai@stc.example")[-1]
    with reading(dash.engine) as session:
        events = session.exec(select(AuditEvent.event).where(AuditEvent.subject == DUTY)).all()
    assert {"duty.handed-down", "duty.taken-back"} <= set(events)


def test_what_was_accepted_stays_and_without_a_reason_nothing_happens(dash: Dash) -> None:
    clerk = handed_down(dash)
    told(dash, "mot@stc.example")
    unit = unit_client(dash, "mot@stc.example")
    dash.post(unit, "/don-vi/stc-1/appendix-6/khong-phat-sinh", ly__do="không phát sinh")
    dash.post(clerk, f"{PAGE}/stc-1/nhan", lan="1")
    dash.post(clerk, f"{PAGE}/thu-lai")
    assert "Cần điền: lý do" in clerk.get(PAGE).text
    assert states(dash) == {"stc-1": "accepted", "stc-2": "owed"}
    dash.post(clerk, f"{PAGE}/thu-lai", ly__do="đủ rồi")
    assert states(dash) == {"stc-1": "accepted", "stc-2": "waived"}
    assert "Đã nhận của 1/1 đơn vị" in clerk.get(PAGE).text
    dash.post(clerk, f"{PAGE}/thu-lai", ly__do="lần nữa")
    assert "không có gì để thu lại" in clerk.get(PAGE).text


def test_handed_down_urged_decided_and_taken_back_by_calls(dash: Dash) -> None:
    browser, clerk, office = dash.browser(), key(dash, "agency", "stc"), key(dash, "coordinator")
    other = key(dash, "agency", "stp")
    body = {"units": UNITS, "until": day_for(dash).isoformat()}
    assert browser.get(PATH, headers=clerk).status_code == 404
    assert browser.post(f"{PATH}/units", json=body, headers=office).status_code == 403
    assert browser.post(f"{PATH}/units", json=body, headers=other).status_code == 404
    done = browser.post(f"{PATH}/units", json=body, headers=clerk)
    assert done.status_code == 200, done.text
    assert "Đã giao 2 đơn vị" in done.json()["said"]
    faulty = browser.post(
        f"{PATH}/units", json={"units": [{"name": "Phòng X", "email": "không"}]}, headers=clerk
    )
    assert faulty.status_code == 409
    assert "dòng 1: địa chỉ thư" in faulty.text
    another = {"name": "Phòng Giá", "email": "ba@stc.example"}
    later = day_for(dash).replace(day=day_for(dash).day + 1).isoformat()
    added = browser.post(f"{PATH}/units", json={"units": [another], "until": later}, headers=clerk)
    assert added.status_code == 409
    assert "cùng hạn" in added.text
    assert set(states(dash)) == {"stc-1", "stc-2"}
    urged = browser.post(f"{PATH}/urge", json={"words": "Xin nộp sớm"}, headers=clerk)
    assert "2 đơn vị" in urged.json()["said"]
    told(dash, "mot@stc.example")
    unit = unit_client(dash, "mot@stc.example")
    dash.post(unit, "/don-vi/stc-1/appendix-6/hoi", noi__dung="Lấy số đến ngày nào?")
    dash.post(unit, "/don-vi/stc-1/appendix-6/khong-phat-sinh", ly__do="không phát sinh")
    first, second = browser.get(PATH, headers=clerk).json()
    assert (first["agency"], first["state"]) == ("stc-1", "submitted")
    assert first["submission"]["number"] == 1
    assert [post["words"] for post in first["thread"]] == ["Lấy số đến ngày nào?"]
    assert second["submission"] is None
    assert browser.get(PATH, headers=office).status_code == 404
    assert browser.get(PATH, headers=other).status_code == 404
    said = browser.post(
        f"{PATH}/units/stc-1/answer",
        data={"words": "Đến hết 2019."},
        files={"files": ("mau.pdf", b"%PDF-1.4 mau")},
        headers=clerk,
    )
    assert said.status_code == 200, said.text
    assert "Đến hết 2019." in unit.get("/don-vi/stc-1/appendix-6").text
    [_, answer] = browser.get(PATH, headers=clerk).json()[0]["thread"]
    file = f"{PATH}/units/stc-1/thread/files/{answer['files'][0]['id']}"
    assert browser.get(file, headers=clerk).content == b"%PDF-1.4 mau"
    accepted = browser.post(f"{PATH}/units/stc-1/accept", json={"submission": 1}, headers=clerk)
    assert accepted.status_code == 200
    refused = browser.post(f"{PATH}/units/stc-2/take-back", json={"reason": "nhầm"}, headers=other)
    assert refused.status_code == 404
    back = browser.post(f"{PATH}/units/stc-2/take-back", json={"reason": "nhầm"}, headers=clerk)
    assert back.status_code == 200, back.text
    assert states(dash) == {"stc-1": "accepted", "stc-2": "waived"}
    again = browser.post(f"{PATH}/units/stc-2/ask-again", json={"reason": "cần"}, headers=clerk)
    assert again.status_code == 200
    assert states(dash)["stc-2"] == "owed"
    assert browser.get(f"{PATH}/workbook", headers=clerk).content[:2] == b"PK"


def test_a_units_wish_for_time_is_answered_by_a_call(dash: Dash) -> None:
    handed_down(dash)
    told(dash, "mot@stc.example")
    browser, clerk = dash.browser(), key(dash, "agency", "stc")
    unit = unit_client(dash, "mot@stc.example")
    until = day_for(dash).replace(day=day_for(dash).day + 1)
    dash.post(
        unit,
        "/don-vi/stc-1/appendix-6/xin-gia-han",
        den=f"{until:%d/%m/%Y}",
        ly__do="bận",
    )
    wish = browser.get(PATH, headers=clerk).json()[0]["extension"]["id"]
    decision = {"granted": True, "note": "được"}
    wrong = f"{PATH}/units/stc-2/extensions/{wish}/decision"
    assert browser.post(wrong, json=decision, headers=clerk).status_code == 404
    answer = browser.post(
        f"{PATH}/units/stc-1/extensions/{wish}/decision", json=decision, headers=clerk
    )
    assert answer.json()["state"] == "granted"
    with reading(dash.engine) as session:
        days = session.exec(
            select(Obligation.last_day).where(Obligation.plan_id == inner(dash).id)
        ).all()
    assert until in days


def test_the_command_line_does_it_for_an_agency(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def done(*words: str, code: int = 0) -> str:
        result = dondoc("handdown", *words)
        assert result.exit_code == code, result.output
        return result.output

    def listed() -> dict[str, str]:
        rows = json.loads(done("list", DUTY, "--json"))
        return {row["unit"]: row["state"] for row in rows}

    monkeypatch.setenv("DONDOC_CLOCK", "2020-04-14T09:00+07:00")
    assert dondoc("init").exit_code == 0
    file = tmp_path / "don-vi.txt"
    file.write_text("Phòng A; Lê Một; mot@x.example\nPhòng B; Trần Hai; hai@x.example\n", "utf-8")
    assert "chưa giao xuống" in done("take-back", DUTY, "--reason", "x", code=1)
    assert "--until" in done("ask", DUTY, str(file), code=2)
    assert "2 đơn vị" in done("ask", DUTY, str(file), "--until", "2020-04-20")
    assert listed() == {"stc-1": "owed", "stc-2": "owed"}
    again = done("ask", DUTY, str(file), "--until", "2020-04-21", code=2)
    assert "bỏ --until" in " ".join(again.split())
    assert "2 đơn vị đã có trong danh sách" in " ".join(done("ask", DUTY, str(file)).split())
    assert "1 đơn vị" in done("take-back", DUTY, "--unit", "stc-2", "--reason", "nhầm")
    assert listed() == {"stc-1": "owed", "stc-2": "waived"}
    assert "1 đơn vị" in done("take-back", DUTY, "--reason", "thôi")
    assert set(listed().values()) == {"waived"}
