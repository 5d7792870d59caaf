"""Ways in: a PDF report read and matched against PDFium's bare text of the same pages, printed appendices
against pdfplumber's tables, mails filed against the same files handed in by `submit`."""

from __future__ import annotations

import io
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import count
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
from intake.submit import SubmissionContext, submit_files
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
        "mails": _mails_to_submitted(),
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


def _mails_to_submitted() -> float:
    """Time of all the mails to that of all that was submitted, one of each after the other: a machine that is
    busy for a while is so for both."""
    books = _books()
    with tempfile.TemporaryDirectory() as by_mail, tempfile.TemporaryDirectory() as by_hand:
        mailed, filed = _mailing(by_mail, books), _submitting(by_hand, books)
        taken = [(_seconds(mailed), _seconds(filed)) for _ in books]
    return sum(mail for mail, _ in taken) / sum(hand for _, hand in taken)


def _mailing(folder: str, books: Sequence[bytes]) -> Callable[[], None]:
    """Files the next mail at each call."""
    engine, store, numbers = _database(folder), Store(folder), count()
    results = f"{AUTHSERV}; dmarc=pass header.from=stp.example"
    mails = [
        mail(("bieu.xlsx", data), sender=ADDRESS, results=results, message_id=f"<{n}@stp.example>")
        for n, data in enumerate(books)
    ]

    def file_next() -> None:
        number = next(numbers)
        now = _moment(number)
        claimed = claim_mail(
            engine, store, mails[number], source="mailbox", received_at=now, now=now
        )
        desk = MailDesk(engine, store, now, authserv_id=AUTHSERV)
        assert handle(desk, claimed or 0) == "filed"

    return file_next


def _submitting(folder: str, books: Sequence[bytes]) -> Callable[[], None]:
    """Submits the next workbook at each call."""
    engine, store, numbers = _database(folder), Store(folder), count()
    actor = Actor("Văn thư", Role.agency, frozenset({"stp"}))

    def submit_next() -> None:
        number = next(numbers)
        (filed,) = submit_files(
            SubmissionContext(engine, store, PLAN_ID, actor, _moment(number)),
            "stp",
            [("bieu.xlsx", books[number])],
        )
        assert filed.number

    return submit_next
