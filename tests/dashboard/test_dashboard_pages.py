"""What pages show: no dead link, no word of the machine's, every table as a file, every figure traced."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlmodel import col, func, select

from notifications.reminders.tick import tick
from plan.database import writing
from plan.ledger import submit
from plan.ledger.filing import Filing
from plan.models import Obligation
from plan.queries.lookup import find_obligation
from plan.states import Actor, Role, State
from plan.text import number_words
from tests.browser.sample import PLAN, make_filing
from tests.browser.support import BASE, Dash, dashboard_at
from tests.support.dashboard_walk import STARTS, walk

BIGGEST = 100_000
MACHINE_WORDS = re.compile(
    r"\b(?:owed|submitted|accepted|returned|waived|overdue|queued|refused|None|True|False|nightly"
    r"|window-closed|inputs-complete|by-hand|[a-z]+-[a-z-]+/[a-z][a-z-]+|[a-z]+-[a-z]+#\d+)\b"
)
SHORT_DATE = re.compile(r"(?<![\d/.])(?:\d/\d{1,2}|\d{1,2}/\d)/20\d\d")


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    found = dashboard_at(tmp_path_factory.mktemp("pages"))
    yield found
    found.engine.dispose()


def shown(page: str) -> str:
    """The words a reader sees; not addresses, file names and letters' own words."""
    page = re.sub(r"<(script|style|code|pre|svg)\b.*?</\1>", " ", page, flags=re.S)
    text = html.unescape(re.sub(r"<[^>]+>", " ", page))
    return re.sub(r"\S+@\S+|\S+\.(?:xlsx|docx|pdf|csv|html|txt|yaml)\b", " ", text)


@pytest.mark.parametrize(("role", "agencies", "start"), STARTS)
def test_every_link_leads_somewhere_and_speaks_vietnamese(
    dash: Dash, role: str, agencies: tuple[str, ...], start: str
) -> None:
    wrong = []
    count = 0
    for path, source, status, page in walk(dash.client(role, *agencies), start):
        count += 1
        if status >= 400:
            wrong.append(f"{status} {path} from {source}")
        if len(page.encode()) > BIGGEST:
            wrong.append(f"{path}: {len(page.encode())} bytes")
        text = shown(page)
        wrong += [f"{path}: «{word}»" for word in {*MACHINE_WORDS.findall(text)}]
        wrong += [f"{path}: date {date}" for date in {*SHORT_DATE.findall(text)}]
    assert wrong == []
    assert count > 7


def test_the_matrix_follows_the_address_bar(dash: Dash) -> None:
    client = dash.client("coordinator")
    everything, some = client.get("/").text, client.get("/?con-no=1&moc=district-reports").text
    assert 'href="/co-quan/quy-nhon">Quy Nhơn' in everything
    assert 'class="corner">Sở, văn phòng' in everything
    assert 'class="corner">Sở, văn phòng' not in some
    owing = some[some.index('id="ma-tran"') :]
    assert "Vĩnh Thạnh</a></th>" in owing
    assert "Quy Nhơn</a></th>" not in owing
    headline = re.compile(r"<h1>.*?</h1>", re.S)
    assert headline.findall(everything) == headline.findall(some)


def test_the_headline_names_who_is_late_not_who_has_more_time(tmp_path: Path) -> None:
    """Vân Canh's reports were extended to 08/05; its conference alone is late."""
    dash = dashboard_at(tmp_path)
    page = dash.client("coordinator").get("/moc/district-reports?dang=csv").content.decode()
    lines = [line for line in page.splitlines() if "Vân Canh" in line]
    assert lines
    assert all("quá hạn" not in line for line in lines)
    leader = shown(dash.client("leader").get("/lanh-dao").text)
    assert re.search(r"Vân Canh\s*: Hội nghị tổng kết", " ".join(leader.split()))
    dash.engine.dispose()


def test_what_waits_for_a_decision_is_one_number_on_every_page(tmp_path: Path) -> None:
    """A duty without a day counts too: as many as the list has that the number leads to."""
    dash = dashboard_at(tmp_path)
    submitted = col(Obligation.state) == State.submitted
    undated = select(Obligation.id).where(col(Obligation.due_at).is_(None)).limit(1)
    filing = Filing(kind="nil", received_at=dash.clock(), payload={"reason": "Không phát sinh."})
    with writing(dash.engine) as session:
        office = Actor("Sở Nội vụ", Role.coordinator, origin="api")
        submit(session, session.exec(undated).one() or 0, filing, actor=office, now=dash.clock())
        number = session.exec(select(func.count()).select_from(Obligation).where(submitted)).one()
    client = dash.client("leader")
    said = [
        re.findall(r'href="/nghia-vu\?trang-thai=submitted">.*?(\d+) bản', client.get(page).text)
        for page in ("/lanh-dao", "/")
    ]
    assert said == [[f"{number}"]] * 2
    dash.engine.dispose()


def test_a_figure_leads_to_the_cell_it_was_read_from(dash: Dash) -> None:
    """Consolidated sheet → figure → submission, at the very cell."""
    client = dash.client("leader")
    base = "/tong-hop/provincial-appendices/1/so-lieu"
    sheet = client.get(f"{base}?phu-luc=PL2").text
    found = re.search(rf'href="({base}/PL2\.1\?ky=2018)">([\d.]+)<', sheet)
    assert found is not None
    figure = client.get(html.unescape(found[1])).text
    assert f'class="figure">{found[2]}<' in figure
    cell = re.search(r'href="(/nghia-vu/stp/appendix-2)\?lan=1#(o-PL2\.1-2018)">', figure)
    assert cell is not None
    source = client.get(f"{cell[1]}?lan=1").text
    value = re.search(rf'id="{cell[2]}"[^>]*>([^<]+)<', source)
    assert value is not None
    assert value[1].strip() == found[2]


def test_a_reports_figure_leads_to_the_cell_it_was_read_from(dash: Dash) -> None:
    """From the run, by the report's own headings, to the figure, to the cell; and back again."""
    client, run = dash.client("coordinator"), "/tong-hop/provincial-report/1"
    assert f'href="{run}/so-lieu"' in client.get(run).text
    page = client.get(f"{run}/so-lieu?muc=p1-ii-1").text
    assert "<h2>II.1. " in page
    told = re.search(rf'id="(o-PL2.1-2018)"[^>]*><a href="({run}/so-lieu/[^"]+)">([^<]+)<', page)
    assert told is not None
    trace = client.get(html.unescape(told[2])).text
    assert f'class="figure">{told[3]}<' in trace
    assert f'href="{run}/so-lieu?muc=p1-ii-1#{told[1]}">Mục II.1<' in trace
    cell = re.search(rf'href="(/nghia-vu/[^"]+)#{told[1]}"', trace)
    assert cell is not None
    assert f'id="{told[1]}"' in client.get(cell[1]).text
    anchors = re.findall(r'<td id="(o-[^"]+)"', page)
    assert len(anchors) == len({*anchors})


@pytest.mark.parametrize("path", ["so-lieu?phu-luc=PL99", "so-lieu/PL2.1?ky=1900", "khac?voi=9"])
def test_what_a_run_does_not_hold_is_not_found(dash: Dash, path: str) -> None:
    answer = dash.client("coordinator").get(f"/tong-hop/provincial-appendices/1/{path}")
    assert answer.status_code == 404


def test_a_report_has_no_other_headings(dash: Dash) -> None:
    answer = dash.client("leader").get("/tong-hop/provincial-report/1/so-lieu?muc=khac")
    assert answer.status_code == 404


def test_an_output_without_appendices_has_no_figures(dash: Dash) -> None:
    answer = dash.client("coordinator").get("/tong-hop/district-compilation/1/so-lieu")
    assert answer.status_code == 404


def test_findings_alike_are_told_once_with_every_cell(dash: Dash) -> None:
    page = dash.client("agency", "vpub").get("/don-vi/vpub/appendix-3").text
    anchors = re.findall(r'id="f-(\d+)"', page)
    assert anchors
    assert len(anchors) == len({*anchors})
    targets = set(re.findall(r'<a href="#f-(\d+)"', page))
    assert targets <= set(anchors)


def test_each_agency_has_a_calendar_of_its_own(dash: Dash) -> None:
    page = dash.client("coordinator").get("/lich").text
    feeds = re.findall(rf"{BASE}(/lich/[^<\"]+\.ics)", page)
    assert 'href="webcal://' in page
    agency = next(feed for feed in feeds if "/vinh-thanh/" in feed)
    assert "BEGIN:VCALENDAR" in dash.browser().get(agency).text


def test_two_submissions_are_compared_on_the_sheet(tmp_path: Path) -> None:
    """A figure changed, one came, and the file is another."""
    dash = dashboard_at(tmp_path)
    clerk = Actor("Nguyễn Thị Hoa", Role.agency, frozenset({"stttt"}), "link")
    filing = make_filing("stttt", "appendix-7", "values", dash.clock())
    first, *others = filing.values
    changed = first._replace(number=(first.number or 0) + 5)
    dash.clock.forward(minutes=5)
    with writing(dash.engine) as session:
        row = find_obligation(session, PLAN, "stttt/appendix-7")
        assert row.id is not None
        again = replace(filing, values=(changed, *others[1:]), received_at=dash.clock())
        submit(session, row.id, again, actor=clerk, now=dash.clock())
    client = dash.client("coordinator")
    page = client.get("/nghia-vu/stttt/appendix-7/so-sanh?cu=1&moi=2").text
    assert f"trước: {number_words(first.number or 0)}<" in page
    assert page.count("trước: ") == 2
    assert "2 ô số liệu" in page
    table = client.get("/nghia-vu/stttt/appendix-7/so-sanh?cu=1&moi=2&dang=csv").content.decode()
    assert "Phụ lục" not in table.splitlines()[0]
    assert "PHỤ LỤC 7: " in table
    dash.engine.dispose()


def test_the_next_reminders_are_seen_before_they_are_sent(tmp_path: Path) -> None:
    """Who, why, and the very words; personal links taken out."""
    dash = dashboard_at(tmp_path)
    tick(dash.engine, PLAN, dash.clock(), dash.site.desk)
    office = dash.client("coordinator")
    listed = office.get("/nhac-viec/sap-gui").text
    assert "quá hạn 2 ngày làm việc" in listed
    shown_one = office.get("/nhac-viec/sap-gui/1").text
    assert "chưa gửi, xem trước" in shown_one
    mail = office.get("/nhac-viec/sap-gui/1/thu")
    assert "sandbox" in mail.headers["content-security-policy"]
    assert "Kế hoạch" in mail.text
    assert not re.search(r"/l/[A-Za-z0-9_-]{8,}\.", mail.text)
    assert office.get("/nhac-viec/sap-gui/999").status_code == 404
    dash.engine.dispose()
