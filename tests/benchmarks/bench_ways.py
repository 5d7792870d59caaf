"""Ways in: a PDF report read and matched against PDFium's bare text of the same pages, printed appendices
against pdfplumber's tables, mails filed against the same files handed in by `submit`."""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import openpyxl
import pdfplumber
import pypdfium2
from sqlalchemy import Engine

from intake.files.store import Store
from intake.inbox.claims import claim_mail
from intake.inbox.filing import handle
from intake.inbox.reading import MailDesk
from intake.report.pdf import read_pdf_report
from intake.submit import submit_files
from plan.database import writing
from plan.models import Contact
from plan.queries.lookup import find_agency
from plan.states import Actor, Role
from tests.conftest import PLAN_ID, at
from tests.mail_samples import AUTHSERV, mail
from tests.pdf_writing import report_as_pdf, sheet_as_pdf, varied
from tests.support.reminders import load
from tests.support.report_writing import fill
from tests.support.workbook_samples import full, plan, saved

ROUNDS = 20
MAILS = 100
NOW = at("2020-04-20 09:00")
ADDRESS = "vanthu@stp.example"


def run() -> dict[str, float]:
    """Ratios of time, the least disturbed of several turns; what is reckoned alone, of the processor's time
    and turn about, for neighbours on the machine put off the longer of two."""
    report = report_as_pdf(fill(plan(), "hoai-an", "district-report", varied)[0])
    appendix = sheet_as_pdf(full("snv"), "PL1")
    return {
        "report": _times(
            lambda: read_pdf_report(report, "a.pdf", plan(), "hoai-an"), lambda: _text(report)
        ),
        "tables": _times(
            lambda: read_pdf_report(appendix, "a.pdf", plan(), "snv"), lambda: _tables(appendix)
        ),
        "mails": _mails() / _submitted(),
    }


def _times(job: Callable[[], object], bare: Callable[[], object]) -> float:
    job()
    turns = [(_worked(job), _worked(bare)) for _ in range(ROUNDS)]
    return min(ours for ours, _ in turns) / min(theirs for _, theirs in turns)


def _worked(job: Callable[[], object]) -> float:
    began = time.process_time()
    job()
    return time.process_time() - began


def _seconds(job: Callable[[], object]) -> float:
    began = time.perf_counter()
    job()
    return time.perf_counter() - began


def _text(data: bytes) -> int:
    with pypdfium2.PdfDocument(data) as document:
        return sum(len(page.get_textpage().get_text_range()) for page in document)


def _tables(data: bytes) -> int:
    with pdfplumber.open(io.BytesIO(data)) as document:
        return sum(len(page.extract_tables()) for page in document.pages)


# --- mails -----------------------------------------------------------------------------------------


def _books() -> list[bytes]:
    """A hundred workbooks without a fault, none like another: marking copies is no part of filing."""
    book = openpyxl.load_workbook(io.BytesIO(full("stp")))
    made = []
    for number in range(MAILS):
        book.properties.title = f"Biểu {number}"
        made.append(saved(book))
    return made


def _database(folder: str) -> Engine:
    engine = load(Path(folder) / "bench.db", plan(), at("2020-01-20 08:00"))
    with writing(engine) as session:
        agency = find_agency(session, PLAN_ID, "stp")
        session.add(Contact(agency_id=agency.id or 0, name="Văn thư", email=ADDRESS))
    return engine


def _moment(number: int) -> datetime:
    return NOW + timedelta(seconds=number)


def _mails() -> float:
    results = f"{AUTHSERV}; dmarc=pass header.from=stp.example"
    mails = [
        mail(("bieu.xlsx", data), sender=ADDRESS, results=results, message_id=f"<{n}@stp.example>")
        for n, data in enumerate(_books())
    ]
    with tempfile.TemporaryDirectory() as folder:
        engine, store = _database(folder), Store(folder)

        def file_all() -> None:
            for number, raw in enumerate(mails):
                now = _moment(number)
                claimed = claim_mail(engine, store, raw, source="mailbox", received_at=now, now=now)
                desk = MailDesk(engine, store, now, authserv_id=AUTHSERV)
                assert handle(desk, claimed or 0) == "filed"

        taken = _seconds(file_all)
        engine.dispose()
        return taken


def _submitted() -> float:
    books = _books()
    actor = Actor("Văn thư", Role.agency, frozenset({"stp"}))
    with tempfile.TemporaryDirectory() as folder:
        engine, store = _database(folder), Store(folder)

        def file_all() -> None:
            for number, data in enumerate(books):
                (filed,) = submit_files(
                    engine,
                    store,
                    PLAN_ID,
                    "stp",
                    [("bieu.xlsx", data)],
                    actor=actor,
                    now=_moment(number),
                )
                assert filed.number

        taken = _seconds(file_all)
        engine.dispose()
        return taken
