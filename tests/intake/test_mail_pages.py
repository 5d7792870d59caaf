"""Hộp thư đến on the dashboard and the command line: seen, filed, passed over; confirmed by its sender."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from dashboard.mail_desk import mail_desk
from intake.inbox.claims import claim_mail
from intake.inbox.filing import handle
from plan.database import reading
from plan.models import Contact, IncomingMail, Message, Submission
from tests.browser.support import BASE, SAMPLE_DAY, Dash, dashboard_at
from tests.mail_samples import mail
from tests.support.workbook_samples import full


@pytest.fixture
def dash(tmp_path: Path) -> Iterator[Dash]:
    made = dashboard_at(tmp_path)
    yield made
    made.engine.dispose()


def come(dash: Dash, raw: bytes) -> int:
    site = dash.site
    number = claim_mail(
        dash.engine, site.store, raw, source="mailbox", received_at=SAMPLE_DAY, now=SAMPLE_DAY
    )
    assert number
    handle(mail_desk(dash.engine, site.settings, site.desk, site.store, SAMPLE_DAY), number)
    return number


def clerk_of(dash: Dash, agency: str) -> Contact:
    from plan.models import Agency

    with reading(dash.engine) as session:
        return session.exec(
            select(Contact).join(Agency).where(Agency.code == agency, Contact.email != "")
        ).first() or pytest.fail("no contact")


def state(dash: Dash, number: int) -> str:
    with reading(dash.engine) as session:
        return session.get_one(IncomingMail, number).state


def test_a_strangers_mail_is_seen_opened_filed_and_another_passed_over(dash: Dash) -> None:
    files = [("ky.pdf", b"%PDF-1.7 x")]
    first = come(dash, mail(*files, sender="la@gmail.example", subject="<b>Gửi</b> báo cáo"))
    second = come(dash, mail(*files, sender="qc@gmail.example", message_id="<2@x>"))
    client = dash.client("coordinator")
    listed = client.get("/hop-thu-den").text
    assert "2 thư chờ quyết định" in listed
    assert "&lt;b&gt;Gửi&lt;/b&gt; báo cáo" in listed
    assert client.get(f"/hop-thu-den/{first}/thu").content.startswith(b"Authentication-Results")
    shown = client.get(f"/hop-thu-den/{first}?co-quan=vinh-thanh").text
    assert "ky.pdf" in shown
    assert 'value="vinh-thanh/district-report"' in shown
    answer = dash.post(
        client, f"/hop-thu-den/{first}/nop", **{"nghia-vu": "vinh-thanh/district-report"}
    )
    assert answer.status_code == 303
    assert state(dash, first) == "filed"
    assert dash.post(client, f"/hop-thu-den/{second}/bo-qua").status_code == 303
    assert state(dash, second) == "ignored"
    assert "Không có thư nào chờ quyết định" in client.get("/hop-thu-den").text
    assert "2 thư đến" in client.get("/hop-thu-den?trang-thai=tat-ca").text


def test_its_sender_confirms_by_the_link_in_the_receipt(dash: Dash) -> None:
    clerk = clerk_of(dash, "vpub")
    number = come(dash, mail(("b.xlsx", full("vpub")), sender=clerk.email))
    assert state(dash, number) == "to_confirm"
    with reading(dash.engine) as session:
        receipt = session.exec(select(Message).where(Message.event == "mail-receipt")).one()
        before = len(session.exec(select(Submission)).all())
    link = next(word for word in receipt.content["text"].split() if f"/thu-{number}" in word)
    path = "/l/" + link.partition("/l/")[2]
    client = dash.browser()
    door = client.get(path).text
    assert "xác nhận thư đã gửi" in door
    fields = dict(re.findall(r'name="(csrf|tai)" value="([^"]*)"', door))
    entered = client.post(path.rpartition("/")[0], data=fields, headers={"referer": BASE + "/"})
    assert entered.headers["location"] == f"/don-vi/vpub/thu/{number}"
    page = client.get(f"/don-vi/vpub/thu/{number}").text
    assert "b.xlsx" in page
    assert state(dash, number) == "to_confirm"
    assert dash.post(client, f"/don-vi/vpub/thu/{number}").status_code == 303
    assert state(dash, number) == "filed"
    with reading(dash.engine) as session:
        assert len(session.exec(select(Submission)).all()) > before
    assert "đã được xử lý" in client.get(f"/don-vi/vpub/thu/{number}").text


def test_another_agency_neither_sees_nor_confirms_it(dash: Dash) -> None:
    number = come(dash, mail(("b.xlsx", full("vpub")), sender=clerk_of(dash, "vpub").email))
    client = dash.client("agency", "vinh-thanh")
    assert client.get(f"/don-vi/vinh-thanh/thu/{number}").status_code == 404
    assert dash.post(client, f"/don-vi/vinh-thanh/thu/{number}").status_code == 404
    assert client.get(f"/don-vi/vpub/thu/{number}").status_code == 404
    assert state(dash, number) == "to_confirm"
