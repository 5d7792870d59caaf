"""A rehearsal of the ways in: reports handed in by mail, as a signed PDF, as a scan, over the document axis.

What came of each is counted afterwards. Everything is read by the program's own jobs, and nothing leaves the
machine. What needs LibreOffice to make a PDF is left out, and said, where there is none.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from sqlmodel import Session, col, select

from documents.edxml import TAKEN, Attached, Letter, Organ, Status, read
from documents.edxml_writing import write
from flows.jobs.inbox import read_inbox
from flows.rehearsal.deeds import name_of, writer_of
from flows.rehearsal.signing import Holder, holder, signed
from flows.rehearsal.stage import Stage, contact_address, set_up
from intake.copies.pictures import pictures_of
from intake.forms.report import build_reports
from intake.inbox.claims import claim_mail
from intake.programs import tesseract
from intake.programs.office import converted
from intake.samples.reports import filled_report
from intake.scans.queue import READ, pages_of
from intake.scans.work import read_waiting
from notifications.round import run_round
from plan.calendar import local_day
from plan.database import reading
from plan.definition.model import Deliverable, DeliverableKind, PlanDefinition
from plan.models import Finding, Message, ScanPage, Submission, SubmissionFile
from plan.queries.lookup import find_obligation
from plan.text import number_words

NAME = "duong-vao"
_AUTHSERV, _OURS, _THEIRS = "mx.dien-tap.example", "H08.09", "H08.77"
_PAGES_READ = 2
_FOLDERS = ("nhan", "gui", "kho-tin-cay")


@dataclass(frozen=True)
class Way:
    """How one agency hands in. `via`, `kind` and `tells`: how it must have come, what its file must be taken
    for, and the finding that must be told of it; empty: none."""

    name: str
    words: str
    via: str
    kind: str = "report"
    tells: str = ""
    as_pdf: bool = False


_SECONDS = 60.0
WAYS = (
    Way("mail", "trả lời thư, kèm .docx", "email"),
    Way("signed", "gửi thư chỉ kèm PDF đã ký số", "email", tells="signature.facts", as_pdf=True),
    Way("scan", "gửi thư kèm bản quét", "email", kind="unread", tells="file.unread", as_pdf=True),
    Way("axis", "gửi gói edXML qua trục", "edoc"),
)


@dataclass(frozen=True)
class Sent:
    """What an agency sent by its way."""

    way: Way
    agency: str
    obligation: str
    filename: str
    data: bytes


@dataclass(frozen=True)
class Outcome:
    """A line for each way, what is not as it should be, and what could not be tried here."""

    lines: tuple[str, ...]
    faults: tuple[str, ...]
    left_out: tuple[str, ...]


def rehearse_ways(
    definition: PlanDefinition, out: Path, at: datetime, seed: int, say: Callable[[str], None]
) -> Outcome:
    """Play into `out` at an instant within the time of reports. The caller judges `faults`."""
    report, agencies = _reporting(definition)
    given = [
        one.model_copy(update={"organ_ids": [_THEIRS]}) if one.id == agencies[-1] else one
        for one in definition.agencies
    ]
    definition = definition.model_copy(update={"agencies": given})
    with set_up(out, definition, at) as stage:
        root = holder("Gốc diễn tập", "Đôn Đốc")
        stage = _with_doors(stage, root)
        sent, left_out = list[Sent](), list[str]()
        for way, agency in zip(WAYS, agencies, strict=True):
            made = _made(stage, way, agency, report, seed, root)
            if made is None:
                left_out.append(f"{way.words}: máy này không có LibreOffice để lập bản PDF")
                continue
            _send(stage, made)
            say(f"{name_of(stage, agency)}: {way.words}")
            sent.append(made)
        stage.clock.set(at + timedelta(minutes=5))
        read_inbox(stage.engine, stage.settings, stage.desk, stage.store, stage.clock)
        run_round(stage.engine, "", stage.desk, stage.open_channel, stage.clock)
        scans = [one for one in sent if one.way.name == "scan"]
        if scans and not tesseract.installed():
            left_out.append(f"đọc chữ trong bản quét: {tesseract.NOT_INSTALLED}")
        elif scans:
            _read_scans(stage)
        lines = [_line(stage, one) for one in sent]
        return Outcome(tuple(lines), tuple(_faults(stage, sent)), tuple(left_out))


def _read_scans(stage: Stage) -> None:
    """The first pages of what was scanned: the others would take minutes and show nothing new."""
    left = iter(range(_PAGES_READ))
    read_waiting(
        stage.engine,
        stage.store,
        stage.clock,
        may_go_on=lambda: next(left, None) is not None,
    )


def _reporting(definition: PlanDefinition) -> tuple[Deliverable, list[str]]:
    """The report that most agencies owe, and an agency for each way."""
    reports = [one for one in definition.deliverables if one.kind is DeliverableKind.report]
    members = {
        one.id: [a.id for a in definition.agencies if {a.id, a.group} & set(one.owners)]
        for one in reports
    }
    chosen = max(reports, key=lambda one: len(members[one.id]))
    return chosen, members[chosen.id][: len(WAYS)]


def _with_doors(stage: Stage, root: Holder) -> Stage:
    for name in _FOLDERS:
        (stage.out / name).mkdir(exist_ok=True)
    (stage.out / "kho-tin-cay" / "goc.pem").write_bytes(root.pem)
    doors = {
        "inbox_authserv_id": _AUTHSERV,
        "inbox_dir": stage.out / "nhan",
        "edoc_out_dir": stage.out / "gui",
        "edoc_organ_id": _OURS,
        "trust_store": stage.out / "kho-tin-cay",
        # What is rehearsed are the ways, not how fast this machine is.
        "intake_seconds": _SECONDS,
    }
    return replace(stage, settings=stage.settings.model_copy(update=doors))


def _made(
    stage: Stage, way: Way, agency: str, report: Deliverable, seed: int, root: Holder
) -> Sent | None:
    """The agency's report in the form that goes by this way; None where it cannot be made here."""
    now = stage.clock()
    blanks = build_reports(
        stage.definition, agency, on=local_day(now), written_at=now.astimezone(UTC)
    )
    blank = next(one for one in blanks if one.deliverable == report.id)
    writer = writer_of(stage, agency, seed)
    data: bytes | None = filled_report(blank.data, writer, seed=seed, written_at=now)
    name = blank.filename
    if way.as_pdf:
        name = f"{Path(name).stem}.pdf"
        data = converted(data or b"", "docx", "pdf")
        if data is not None:
            data = _as_sent(way, data, holder("Văn thư", writer.who, root))
    return Sent(way, agency, f"{agency}/{report.id}", name, data) if data is not None else None


def _as_sent(way: Way, data: bytes, who: Holder) -> bytes | None:
    return signed(data, who) if way.name == "signed" else pictures_of(data)


# --- sent ------------------------------------------------------------------------------------------


def _send(stage: Stage, one: Sent) -> None:
    if one.way.via == "edoc":
        _leave(stage, one)
    else:
        raw, now = _mail(stage, one), stage.clock()
        claim_mail(stage.engine, stage.store, raw, source="mailbox", received_at=now, now=now)


def _leave(stage: Stage, one: Sent) -> None:
    """A package in the folder, as a connector of the axis leaves it, some minutes ago."""
    letter = Letter(
        sender=Organ(_THEIRS, name_of(stage, one.agency)),
        to=(Organ(_OURS),),
        number="12",
        notation="BC-UBND",
        promulgated_on=local_day(stage.clock()),
        subject="Báo cáo",
        attachments=(Attached(one.filename, one.data),),
    )
    path = stage.out / "nhan" / "goi.edxml"
    path.write_bytes(write(letter))
    long_ago = path.stat().st_mtime - 600
    os.utime(path, (long_ago, long_ago))


def _mail(stage: Stage, one: Sent) -> bytes:
    address = contact_address(stage, one.agency)
    made = EmailMessage(policy=SMTP)
    passed = f"{_AUTHSERV}; dmarc=pass header.from={address.partition('@')[2]}"
    made["Authentication-Results"] = passed
    made["From"], made["To"] = address, "don-doc@snv.binhdinh.example"
    made["Subject"] = next(
        part.title for part in stage.definition.deliverables if one.obligation.endswith(part.id)
    )
    made["Message-ID"] = f"<{one.way.name}@{one.agency}.example>"
    made.set_content("Kính gửi Sở Nội vụ.")
    made.add_attachment(
        one.data, maintype="application", subtype="octet-stream", filename=one.filename
    )
    return made.as_bytes()


# --- counted ---------------------------------------------------------------------------------------


def _submission(session: Session, stage: Stage, one: Sent) -> Submission | None:
    row = find_obligation(session, stage.plan_id, one.obligation)
    return session.exec(select(Submission).where(Submission.obligation_id == row.id)).first()


def _line(stage: Stage, one: Sent) -> str:
    with reading(stage.engine) as session:
        row = _submission(session, stage, one)
        read = [page for page in _pages(session, row) if page.state == READ]
    said = f"lần {row.number}" if row is not None else "chưa ghi được"
    if read:
        sure = min(page.confidence or 0 for page in read)
        said += f", máy đã đọc {number_words(len(read))} trang, độ chắc từ {sure}%"
    return f"{one.obligation}: {one.way.words}: {said}"


def _pages(session: Session, row: Submission | None) -> list[ScanPage]:
    """Scanned pages of the submission's files."""
    if row is None:
        return []
    files = session.exec(select(SubmissionFile).where(SubmissionFile.submission_id == row.id))
    return [page for file in files for page in pages_of(session, file.sha256)]


def _faults(stage: Stage, sent: Sequence[Sent]) -> Iterator[str]:
    with reading(stage.engine) as session:
        for one in sent:
            yield from _faults_of(session, stage, one)
        answers = len(
            session.exec(select(Message).where(col(Message.event) == "mail-receipt")).all()
        )
    mails = sum(1 for one in sent if one.way.via == "email")
    if answers != mails:
        yield f"{mails} thư nộp bài, {answers} thư trả lời"
    taken = [read(path.read_bytes()) for path in sorted((stage.out / "gui").glob("*.edxml"))]
    if [one.code for one in taken if isinstance(one, Status)] != [TAKEN]:
        yield "trục không được trả lời «đã tiếp nhận»"


def _faults_of(session: Session, stage: Stage, one: Sent) -> Iterator[str]:
    row = _submission(session, stage, one)
    if row is None:
        yield f"{one.obligation}: {one.way.words} mà không có lần nộp nào"
        return
    if row.via != one.way.via:
        yield f"{one.obligation}: ghi là «{row.via}», phải là «{one.way.via}»"
    files = session.exec(select(SubmissionFile).where(SubmissionFile.submission_id == row.id)).all()
    if [file.kind for file in files] != [one.way.kind]:
        yield f"{one.obligation}: tệp không được nhận là «{one.way.kind}»"
    if any(stage.store.get(file.sha256) != one.data for file in files):
        yield f"{one.obligation}: tệp giữ lại không đúng từng byte"
    codes = session.exec(select(Finding.code).where(Finding.submission_id == row.id)).all()
    pages = _pages(session, row)
    if bool(pages) != (one.way.kind == "unread"):
        yield f"{one.obligation}: {len(pages)} trang quét được xếp hàng"
    if tesseract.installed() and pages:
        first = pages[:_PAGES_READ]
        if any(page.state != READ or not page.confidence for page in first):
            yield f"{one.obligation}: máy không đọc được chữ trong bản quét"
    if one.way.tells and one.way.tells not in codes:
        yield f"{one.obligation}: thiếu phát hiện «{one.way.tells}»"
