"""What the sample plan needs before a picture: a drafted plan, an edited report, a filed PDF.

Each takes the dashboard, does what a person would do, and returns the path of the page to look at.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import openpyxl

from consolidation.claim import RunRequest
from consolidation.runs import consolidate
from dashboard.web.system import CheckLine, System, WorkLine
from drafting import workshop
from flows.jobs.rounds import make_tools
from flows.schedule.state import Deployed
from flows.service import health
from intake.submit import SubmissionContext, submit_files
from plan.database import reading
from plan.queries.lookup import find_obligation
from plan.states import Actor, Role
from plan.text import date_words
from tests.browser.handing_down import UNITS
from tests.browser.sample import PLAN
from tests.browser.support import Dash
from tests.support.drafts import TEXT, fields
from tests.support.office import converted
from tests.support.workbook_samples import full

PLAN_04 = Path(__file__).resolve().parents[1] / "fixtures" / "plan-04-kh-ubnd-2020.txt"
WORK = "/tong-hop/provincial-report/dang-viet"
BY_PDF = "stc/appendix-6"
"""Still owed on the day of the pictures."""
OWNERS = "Sở Nội vụ\nSở Tài chính\nSở Tư pháp"


def urged(dash: Dash) -> str:
    """Two of those who lack something were called this morning."""
    told = {"cach": "phone", "voi-ai": "Chánh Văn phòng", "tra-loi": "Hẹn nộp trong ngày 05/5"}
    dash.post(dash.client("coordinator"), "/don-doc/nhac", co__quan=["an-lao", "vpub"], **told)
    return "/don-doc"


def handed_down(dash: Dash) -> str:
    """One unit asked, one it was taken back from."""
    page, clerk = "/don-vi/snv/provincial-report/giao-xuong", dash.client("agency", "snv")
    with reading(dash.engine) as session:
        until = find_obligation(session, PLAN, "snv/provincial-report").last_day
    assert until is not None
    dash.post(clerk, f"{page}/giao", don__vi=UNITS, ngay=date_words(until))
    dash.post(clerk, f"{page}/snv-2/thu-lai", ly__do="đã có số liệu")
    assert "Giao lại" in clerk.get(page).text
    return page


def well(dash: Dash) -> str:
    """The service's own checks and jobs, with a scheduler that ran everything an hour ago."""
    settings = dash.site.settings
    settings.mail_from = "Sở Nội vụ <don-doc@snv.binhdinh.gov.vn>"
    settings.base_url, settings.clock = (
        "http://don-doc.binhdinh.gov.vn",
        f"{dash.clock():%Y-%m-%dT%H:%M+00:00}",
    )
    tools = replace(make_tools(settings, dash.engine), clock=dash.clock)
    exam = health.Exam(settings, tools)
    ran = dash.clock() - timedelta(hours=1)
    exam.__dict__["prefect_up"] = True
    exam.__dict__["deployed"] = [
        Deployed(job.full_name, job.full_name, "", True, ran, False) for job in exam.jobs
    ]
    found = [one for name, look in health.CHECKS for one in health.run_check(exam, name, look)]
    dash.app.state.system = System(
        checks=lambda: [CheckLine(**vars(one)) for one in found],
        works=lambda: [
            WorkLine(job.title or job.words, ran, job.moments[0] if job.moments else None)
            for job in exam.jobs
        ],
    )
    return "/he-thong"


def edited_report(dash: Dash) -> str:
    """Somebody writes on draft 1 in Word; a district's report is accepted meanwhile, and draft 2 made."""
    office, store, now = dash.client("coordinator"), dash.site.store, dash.clock()
    (link,) = re.findall(
        r'href="(/tong-hop/provincial-report/1/tep/du-thao[^"]+\.docx)"',
        office.get("/tong-hop/provincial-report/1").text,
    )
    first = office.get(link).content
    dash.post(office, WORK, files={"tep": ("du-thao-sua-lan-1.docx", first)})
    dash.post(office, "/nghia-vu/tay-son/district-report/nhan", lan="1")
    consolidate(
        dash.engine,
        store,
        PLAN,
        "provincial-report",
        RunRequest(
            "by-hand",
            "Trần Văn Bình",
            as_of=now + timedelta(minutes=5),
            now=now + timedelta(minutes=5),
        ),
    )
    return WORK


def printed_page(dash: Dash) -> str:
    """An appendix handed in as a PDF, its page of figures."""
    agency, deliverable = BY_PDF.split("/")
    (filed,) = submit_files(
        SubmissionContext(
            dash.engine,
            dash.site.store,
            PLAN,
            Actor("Sở Tài chính", Role.agency, frozenset({agency})),
            dash.clock(),
        ),
        agency,
        [("phu-luc-6.pdf", _printed(full(agency), "PL6"))],
        only=BY_PDF,
    )
    page = f"/nghia-vu/{agency}/{deliverable}"
    shown = dash.client("coordinator").get(f"{page}?lan={filed.number}").text
    (first,) = re.findall(rf'href="({page}/lan/\d+/tep/\d+/trang/)1"', shown)
    return f"{first}2"  # the cover is printed before it


def _printed(workbook: bytes, sheet: str) -> bytes:
    """One sheet, as an office prints it to PDF."""
    book, out = openpyxl.load_workbook(io.BytesIO(workbook)), io.BytesIO()
    book.active = book[sheet]
    for other in book:
        other.sheet_state = "visible" if other.title == sheet else "hidden"
    book.save(out)
    return converted({"printed.xlsx": out.getvalue()}, "pdf")["printed.xlsx"]


def drafted(dash: Dash) -> str:
    """Plan 04 read from its own text, its questions open."""
    answer = dash.post(dash.client("coordinator"), "/soan", van__ban=PLAN_04.read_text())
    return str(answer.headers["location"])


def amended(dash: Dash) -> str:
    """The sample plan on the desk again, one deadline moved and one duty left out, before it is confirmed."""
    office = dash.client("coordinator")
    desk = str(dash.post(office, "/ke-hoach/soan-lai").headers["location"])
    with reading(dash.engine) as session:
        made = workshop.drafts(session)[0].made
    rows = {row["key"]: row["id"] for row in made["obligations"]}
    late = {"dong": rows["provincial-report"], "due_words": "Trước ngày 30 tháng 9 năm 2020"}
    dash.post(office, f"{desk}/sua", ban="1", **late)
    gone = next(row["id"] for row in made["obligations"] if row["kind"] == "conference")
    dash.post(office, f"{desk}/bo", ban="2", dong=gone)
    return f"{desk}/sua-doi"


def plan_to_start(dash: Dash) -> str:
    """Another plan, drafted, answered and published: started it is not."""
    office = dash.client("coordinator")
    desk = dash.post(office, "/soan", van__ban=TEXT.replace("2027", "2020")).headers["location"]
    while asked := fields(page := office.get(desk).text):
        told = {f"hoi-{key}": choices[0] if choices else "" for key, choices in asked}
        told |= {f"khac-{key}": OWNERS for key, _ in asked if key.startswith(("group-", "owner-"))}
        told |= {
            f"khac-{key}": "Sở Nội vụ"
            for key, got in asked
            if not got and f"khac-{key}" not in told
        }
        dash.post(office, f"{desk}/tra-loi", ban=_version(page), **told)
    made = dash.post(office, f"{desk}/thanh-ke-hoach", ban=_version(page)).headers["location"]
    return f"{made.partition('&')[0]}&ve=/ke-hoach/bat-dau"


def _version(page: str) -> str:
    return str(re.findall(r'name="ban" value="(\d+)"', page)[0])
