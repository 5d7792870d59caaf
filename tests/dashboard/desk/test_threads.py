"""A thread per obligation: asked, answered, told to the right person; notes the agency never sees."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from sqlmodel import select

from notifications.notices.events import tell_events
from plan.database import reading
from plan.models import Message, PostFile
from tests.browser.support import Dash, dashboard_at
from tests.conftest import PLAN_ID
from tests.support.api import API, key

PAGE, OFFICE = "/don-vi/vpub/appendix-3", "/nghia-vu/vpub/appendix-3"
ASKED = "Số liệu lấy đến ngày nào?"


@pytest.fixture
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("threads"))
    made.clock.forward(hours=16)  # the morning after: the office is open
    tell_events(made.engine, PLAN_ID, made.clock.now, made.site.desk)
    yield made
    made.engine.dispose()


def told(dash: Dash, event: str) -> list[Message]:
    tell_events(dash.engine, PLAN_ID, dash.clock.now, dash.site.desk)
    with reading(dash.engine) as session:
        return list(session.exec(select(Message).where(Message.event == event)))


def test_a_question_waits_in_the_queue_until_it_is_answered(dash: Dash) -> None:
    clerk, office = dash.client("agency", "vpub"), dash.client("coordinator")
    dash.post(clerk, f"{PAGE}/hoi", noi__dung=ASKED)
    assert ASKED in clerk.get(PAGE).text
    assert ASKED in office.get("/ban-lam-viec").text
    [question] = {row.recipient_name for row in told(dash, "question")}
    dash.post(office, f"{OFFICE}/tra-loi", noi__dung="Đến hết 31/12.")
    assert "Đến hết 31/12." in clerk.get(PAGE).text
    assert ASKED not in office.get("/ban-lam-viec").text
    answers = told(dash, "answer")
    assert answers
    assert question not in {row.recipient_name for row in answers}
    assert all("Đến hết 31/12." in str(row.content) for row in answers if "text" in row.content)


def test_another_agency_neither_asks_nor_reads(dash: Dash) -> None:
    clerk = dash.client("agency", "stc")
    assert dash.post(clerk, f"{PAGE}/hoi", noi__dung=ASKED).status_code == 404
    assert clerk.get(PAGE).status_code == 404
    empty = dash.client("agency", "vpub")
    dash.post(empty, f"{PAGE}/hoi", noi__dung="   ")
    assert "Cần điền: câu hỏi" in empty.get(PAGE).text


def test_a_note_is_for_the_office_alone(dash: Dash) -> None:
    office, clerk = dash.client("coordinator"), dash.client("agency", "vpub")
    dash.post(office, "/co-quan/vpub/ghi-chu", noi__dung="Hay nộp thiếu chữ ký.")
    assert "Hay nộp thiếu chữ ký." in office.get("/co-quan/vpub").text
    for path in ("/don-vi/vpub", PAGE):
        assert "Hay nộp thiếu" not in clerk.get(path).text
    assert clerk.get("/co-quan/vpub").status_code == 403


def test_the_same_through_the_api(dash: Dash) -> None:
    """A question with a file, an answer with one; the same gate, the same two sides."""
    browser, path = dash.browser(), f"{API}/obligations/vpub/appendix-3"
    clerk, office, other = (
        key(dash, "agency", "vpub"),
        key(dash, "coordinator"),
        key(dash, "agency", "stc"),
    )
    files = {"files": ("../hỏi.pdf", b"%PDF-1.4 hoi")}
    done = browser.post(f"{path}/ask", data={"words": ASKED}, files=files, headers=clerk)
    assert done.status_code == 200, done.text
    files = {"files": ("mau.pdf", b"%PDF-1.4 mau")}
    done = browser.post(
        f"{path}/answer", data={"words": "Gửi bản ký số."}, files=files, headers=office
    )
    assert done.status_code == 200, done.text
    posts = browser.get(f"{path}/thread", headers=clerk).json()
    assert [(post["role"], post["words"]) for post in posts] == [
        ("agency", ASKED),
        ("coordinator", "Gửi bản ký số."),
    ]
    links = [f"{path}/thread/files/{file['id']}" for post in posts for file in post["files"]]
    assert [browser.get(link, headers=office).content for link in links] == [
        b"%PDF-1.4 hoi",
        b"%PDF-1.4 mau",
    ]
    assert {browser.get(link, headers=other).status_code for link in links} == {404}
    assert browser.get(f"{path}/thread", headers=other).status_code == 404
    refused = browser.post(
        f"{path}/answer",
        data={"words": "Kèm."},
        files={"files": ("la.exe", b"MZ\x90")},
        headers=office,
    )
    assert refused.status_code == 409
    assert "«la.exe»" in refused.json()["detail"]
    assert len(browser.get(f"{path}/thread", headers=clerk).json()) == 2
    assert "Gửi bản ký số." in dash.client("agency", "vpub").get(PAGE).text


def sent_links(page: str) -> list[str]:
    return re.findall(r'href="([^"]+/hoi-dap/\d+)"', page)


def test_files_go_along_both_ways_and_to_nobody_else(dash: Dash) -> None:
    """Told by name in the mail and the trail; given back byte for byte at each side's own door."""
    clerk, office = dash.client("agency", "vpub"), dash.client("coordinator")
    asked, answered = b"%PDF-1.4 hoi", b"%PDF-1.4 tra loi"
    dash.post(clerk, f"{PAGE}/hoi", noi__dung=ASKED, files={"tep": ("../hỏi.pdf", asked)})
    [link] = sent_links(office.get(OFFICE).text)
    assert office.get(link).content == asked
    assert "attachment" in office.get(link).headers["content-disposition"]
    dash.post(office, f"{OFFICE}/tra-loi", noi__dung="Đây.", files={"tep": ("mau.pdf", answered)})
    links = sent_links(clerk.get(PAGE).text)
    assert [clerk.get(one).content for one in links] == [asked, answered]
    other = dash.client("agency", "stc")
    assert {other.get(one).status_code for one in [*links, link]} <= {403, 404}
    elsewhere = [one.replace("appendix-3", "appendix-4") for one in [link, *links]]
    assert {office.get(one).status_code for one in elsewhere if "nghia-vu" in one} == {404}
    assert "kèm hỏi.pdf" in office.get(OFFICE).text
    assert any("mau.pdf" in str(row.content) for row in told(dash, "answer"))
    with reading(dash.engine) as session:
        kept = session.exec(select(PostFile)).all()
    assert [one.size for one in kept] == [len(asked), len(answered)]


@pytest.mark.parametrize("data", [b"", b"MZ\x90", b"PK\x05\x06" + bytes(18)])
def test_the_gate_stands_before_a_thread_too(dash: Dash, data: bytes) -> None:
    """What may not be handed in is not sent along either: nothing is said then, and nothing kept."""
    clerk = dash.client("agency", "vpub")
    sent = [("tep", ("tot.pdf", b"%PDF-1.4 x")), ("tep", ("la.exe", data))]
    dash.post(clerk, f"{PAGE}/hoi", noi__dung=ASKED, files=sent)
    page = clerk.get(PAGE).text
    assert "«la.exe»" in page
    assert "tot.pdf" not in page
    assert f'class="said">{ASKED}' not in page
