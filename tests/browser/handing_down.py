"""A duty of an agency handed down to its units, over a dashboard on the sample plan."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

from sqlmodel import select

from notifications.notices.events import tell_events
from notifications.reminders.tick import tick
from plan.database import reading
from plan.handdown.handing import inner_of
from plan.models import Message, Obligation, Plan
from plan.queries.lookup import find_obligation
from plan.text import date_words
from tests.browser.support import Browser, Dash, dashboard_at
from tests.conftest import PLAN_ID, at

DUTY = "stc/appendix-6"
PAGE, SEEN = f"/don-vi/{DUTY}/giao-xuong", f"/nghia-vu/{DUTY}/giao-xuong"
UNITS = """Phòng Ngân sách; Lê Thị Một; mot@stc.example; 0905 000 111
Chi cục Công sản\tTrần Hai\thai@stc.example"""


def opened(home: Path) -> Dash:
    """The morning after: the office is open."""
    made = dashboard_at(home, at("2020-04-13 17:00"))
    made.clock.forward(hours=16)
    return made


def outer(dash: Dash) -> Obligation:
    with reading(dash.engine) as session:
        return find_obligation(session, PLAN_ID, DUTY)


def inner(dash: Dash) -> Plan:
    with reading(dash.engine) as session:
        found = inner_of(session, find_obligation(session, PLAN_ID, DUTY).id or 0)
    assert found is not None
    return found


def day_for(dash: Dash) -> date:
    """Two days before the agency's own."""
    last = outer(dash).last_day
    assert last is not None
    return last - timedelta(days=2)


def handed_down(dash: Dash) -> Browser:
    """Somebody of the agency, which has handed the duty down."""
    client = dash.client("agency", "stc", name="Văn thư Sở Tài chính")
    answer = dash.post(client, f"{PAGE}/giao", don__vi=UNITS, ngay=date_words(day_for(dash)))
    assert answer.status_code == 303
    assert "Phòng Ngân sách" in client.get(PAGE).text
    return client


def unit_client(dash: Dash, address: str) -> Browser:
    """In by the link of the unit's mail."""
    with reading(dash.engine) as session:
        [row] = session.exec(select(Message).where(Message.address == address)).all()[:1]
    return followed(dash, row)[0]


def followed(dash: Dash, row: Message) -> tuple[Browser, str]:
    """Who comes in by the link of this message, and where it leads."""
    found = re.search(r"/l/[\w.-]+", str(row.content))
    assert found is not None
    browser = dash.browser()
    page = browser.get(found[0]).text
    token = re.search(r'name="csrf" value="([^"]+)"', page)
    assert token is not None
    answer = browser.post(
        found[0],
        data={"csrf": token[1]},
        headers={"referer": "https://testserver/", "sec-fetch-site": "same-origin"},
    )
    assert answer.status_code == 303, answer.text[:300]
    return browser, answer.headers["location"]


def remind(dash: Dash) -> None:
    tell_events(dash.engine, "", dash.clock.now, dash.site.desk)
    tick(dash.engine, "", dash.clock.now, dash.site.desk)
