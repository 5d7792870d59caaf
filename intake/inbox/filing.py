"""A mail that hands something in, filed just as the page files: read and checked, then one transaction.

    number = claim_mail(engine, store, raw, source="mailbox", received_at=…, now=…)
    handle(MailDesk(engine, store, now, authserv_id="mx.snv.example", answer=…), number)

Filing, the mail's new state and its answer's place in the outbox are one transaction: killed at any instant,
a mail is filed once and answered once, or still waits as a whole.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError

from intake.files.gate import safe_filename
from intake.files.store import StoreAwayError, StoreError
from intake.inbox.claims import (
    DOUBTED,
    FETCHED,
    FILED,
    IGNORED,
    MOST_ATTEMPTS,
    TO_CONFIRM,
    TO_PERSON,
    WAITING,
    begin,
    move,
    put_back,
)
from intake.inbox.lookup import MailLook, Sender, Verdict, duties_of, judge, look_at, taking_plans
from intake.inbox.outcome import filed_as_data, findings_as_data
from intake.inbox.reading import (
    Answer,
    MailDesk,
    Placed,
    marked_copies,
    place,
)
from intake.inbox.trial import opens
from intake.mail.message import Mail
from intake.mail.placing import Duty
from intake.package import read_package
from intake.submit import File, Filed, FilingTransaction, ReceiptDetails, SubmissionContext
from plan.calendar import local_day
from plan.database import reading, writing
from plan.errors import NotFoundError, RefusedError
from plan.ledger import audit
from plan.ledger.filing import Via
from plan.models import IncomingMail
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_obligation, obligation_name
from plan.states import Actor, Role

log = logging.getLogger(__name__)

# --- what is asked ---------------------------------------------------------------------------------


def handle(desk: MailDesk, number: int) -> str:
    """Deal with a claimed mail; the state it is in then. Safe in several processes at once.

    Raises what dealing with it raised; a mail that does so again and again goes to a person instead. Where
    the database or the store is away no mail is to blame, and it waits."""
    row = begin(desk.engine, number)
    if row is None:
        return ""
    try:
        return _handled(desk, row)
    except _AWAY:
        put_back(desk.engine, number)
        raise
    except Exception as error:  # a fault of ours, at which the next round would stumble as well
        if row.attempts < DOUBTED:
            raise
        log.exception("inbox: mail %d goes to a person", number)
        lost = isinstance(error, StoreError | NotFoundError)
        return _settle(desk, row, None, _LOST if lost else _BY_HAND, (FETCHED,))


_AWAY = (OSError, StoreAwayError, OperationalError)
_BY_HAND = Verdict(TO_PERSON, "Chương trình không đọc nổi thư này; xin mở và xem bằng tay.")
_LOST = Verdict(
    TO_PERSON,
    "Nơi lưu tệp không còn đúng nội dung thư này (mất hoặc hỏng); xin mở thư trong hộp thư, và báo người "
    "trực máy chủ chạy dondoc verify.",
)
_NEVER_ENDED = Verdict(
    TO_PERSON,
    f"Đã bắt đầu xử lý thư này {MOST_ATTEMPTS} lần, lần nào chương trình cũng bị dừng giữa chừng; xin mở và "
    "xem bằng tay.",
)


def _handled(desk: MailDesk, row: IncomingMail) -> str:
    if row.attempts > MOST_ATTEMPTS:
        return _settle(desk, row, None, _NEVER_ENDED, (FETCHED,))
    if _ends_its_reader(desk, row):
        return _settle(desk, row, None, _BY_HAND, (FETCHED,))
    look = _look(desk, row)
    verdict = judge(look)
    if verdict.state != FILED:
        return _settle(desk, row, look, verdict, (FETCHED,))
    return _file(desk, row, look, verdict, _actor_of(look), (FETCHED,))


def _ends_its_reader(desk: MailDesk, row: IncomingMail) -> bool:
    """Whether the mail itself is why dealing with it never came to an end. Killed from outside, the program
    says nothing of the mail it was at."""
    if row.attempts <= DOUBTED:
        return False
    return not opens(desk.store.get(row.sha256), desk.bounds, desk.limits)


def confirm(desk: MailDesk, number: int, actor: Actor) -> str:
    """Its sender's agency says that the mail is theirs: file it, as received when it came.

    Raises RefusedError when it does not wait for that, or is another agency's.
    """
    row = _waiting(desk.engine, number, (TO_CONFIRM,))
    if actor.role is Role.agency and row.agency not in actor.agencies:
        raise RefusedError("Thư này không phải của cơ quan đang đăng nhập.")
    look = _look(desk, row)
    verdict = judge(look, confirmed=True)
    if verdict.state != FILED:
        return _settle(desk, row, look, verdict, (TO_CONFIRM,))
    words = replace(verdict, why=f"{actor.name} đã xác nhận.")
    return _file(desk, row, look, words, actor, (TO_CONFIRM,))


def file_for(desk: MailDesk, number: int, plan_id: str, obligation: str, actor: Actor) -> str:
    """The coordinator files a waiting mail for an obligation (`agency/deliverable`)."""
    row = _waiting(desk.engine, number, (*WAITING, IGNORED))
    if not row.sha256:
        raise RefusedError("Thư chưa tải về vì quá lớn; hãy nộp các tệp của thư trên trang.")
    with reading(desk.engine) as session:
        owed = find_obligation(session, plan_id, obligation)
        name = obligation_name(session, owed)
        agency = name.partition("/")[0]
        duties = duties_of(session, plan_id, agency)
    chosen = tuple(duty for duty in duties if duty.name == name)
    sender = Sender(plan_id, agency, actor.name, row.contact_id)
    look = replace(_look(desk, row), senders=(sender,), about=chosen, owed=duties)
    if not look.opened.files:
        raise RefusedError("Thư không kèm tệp nào đọc được.")
    verdict = Verdict(FILED, f"{actor.name} nộp thay.", answered=not look.mail.automatic)
    state = _file(desk, row, look, verdict, actor, (*WAITING, IGNORED), only=chosen[0])
    if state != FILED:
        raise RefusedError(_waiting(desk.engine, number, (TO_PERSON,)).why)
    return state


def ignore(engine: Engine, number: int, plan_id: str, actor: Actor, now: datetime) -> None:
    """The coordinator says that a waiting mail hands nothing in. RefusedError when it does not wait."""
    with writing(engine) as session:
        row = move(session, number, WAITING, IGNORED)
        if row is None:
            raise RefusedError(_DECIDED)
        row.decided_by, row.decided_at = actor.name, now
        session.add(row)
        audit.record(
            session,
            plan_id=row.plan_id or plan_id,
            actor=actor,
            event="mail.ignored",
            subject=f"mail:{number}",
            now=now,
            after={"sha256": row.sha256},
        )


_DECIDED = "Thư này không còn chờ quyết định: đã có người xử lý."


def _waiting(engine: Engine, number: int, states: tuple[str, ...]) -> IncomingMail:
    with reading(engine) as session:
        row = session.get(IncomingMail, number)
    if row is None:
        raise NotFoundError("thư", str(number), ())
    if row.state not in states:
        raise RefusedError(_DECIDED)
    return row


def _look(desk: MailDesk, row: IncomingMail) -> MailLook:
    mail = Mail(desk.store.get(row.sha256) if row.sha256 else b"")
    look = _looked(desk, mail, row)
    if look.folder and not look.senders and (agency := _whose(desk, look)):
        return _looked(desk, mail, row, agency)
    return look


def _looked(desk: MailDesk, mail: Mail, row: IncomingMail, agency: str = "") -> MailLook:
    """Its sender counts if they were in place on the day it came."""
    with reading(desk.engine) as session:
        return look_at(
            session,
            mail,
            row.source,
            authserv_id=desk.authserv_id,
            own=desk.own,
            bounds=desk.bounds,
            agency=agency,
            on=local_day(row.received_at),
        )


def _whose(desk: MailDesk, look: MailLook) -> str:
    """The agency that a package's files name, where one plan only takes submissions; empty: none."""
    with reading(desk.engine) as session:
        plans = taking_plans(session)
        plan = definition_of(plans[0]) if len(plans) == 1 else None
    if plan is None:
        return ""
    files = look.opened.files
    return read_package(files, plan, limits=desk.limits, recogniser=desk.recogniser).agency


def _actor_of(look: MailLook) -> Actor:
    sender = look.sender
    assert sender is not None  # judged so
    if look.folder:
        return Actor(sender.name, Role.coordinator, origin="folder")
    account = f"contact:{sender.contact_id}"
    return Actor(sender.name, Role.agency, frozenset({sender.agency}), "email", account)


# --- written ---------------------------------------------------------------------------------------


def _file(
    desk: MailDesk,
    row: IncomingMail,
    look: MailLook,
    verdict: Verdict,
    actor: Actor,
    expected: tuple[str, ...],
    *,
    only: Duty | None = None,
) -> str:
    """Everything of the mail in one transaction; what cannot be placed goes to a person, answered."""
    placed = place(desk, look, only)
    if placed.unsure:
        unsure = replace(verdict, state=TO_PERSON, why=placed.unsure)
        return _settle(desk, row, look, unsure, expected, placed)
    marked = marked_copies(desk, placed)
    sender = look.sender
    assert sender is not None
    how = _how(look, row, desk.now)
    filing = SubmissionContext(desk.engine, desk.store, sender.plan_id, actor, desk.now, how)
    files = [one for part in placed.parts.values() for one in part.files]
    kept = filing.keep(files)
    shown = filing.keep_unread(look.opened.files) if placed.evidence else ()
    with filing.filing() as clerk:
        moved = move(clerk.session, row.id or 0, expected, FILED)
        if moved is None:
            return ""
        filed = [clerk.file_part(name, part, kept) for name, part in placed.parts.items()]
        if placed.evidence:
            payload = {"evidence": f"Thư «{row.subject}»"}
            filed.append(clerk.file(placed.evidence, "duty", files=shown, payload=payload))
        if not any(one.number for one in filed):
            moved.state = TO_PERSON
            verdict = replace(verdict, why=_not_taken(filed))
        _note(moved, look, verdict, desk.now, actor if expected != (FETCHED,) else None)
        moved.outcome |= {
            "filed": [filed_as_data(one, look.owed) for one in filed],
            "findings": findings_as_data([*look.opened.findings, *placed.findings]),
            "marked": [name for name, _ in marked],
        }
        _keep(clerk, moved, verdict, marked, desk.answer)
        return moved.state


def _how(look: MailLook, row: IncomingMail, now: datetime) -> ReceiptDetails:
    """By which way it came; of a package of the axis also its number and the day it was issued."""
    received_at = min(row.received_at, now)
    if look.edoc is not None:
        issued_at = look.edoc.issued_at
        if issued_at is not None and issued_at > received_at:
            issued_at = None  # a clock is wrong; the findings of the ledger would refuse the whole
        return ReceiptDetails("edoc", look.edoc.words, "", received_at, None, issued_at)
    via: Via = "folder" if look.folder else "email"
    return ReceiptDetails(via, note=f"Thư «{row.subject}»"[:300], received_at=received_at)


def _not_taken(filed: Sequence[Filed]) -> str:
    refused = [one.findings[-1].message for one in filed if one.findings]
    return refused[0] if refused else "Sổ không nhận bài nộp nào của thư này."


def _keep(
    clerk: FilingTransaction,
    row: IncomingMail,
    verdict: Verdict,
    marked: Sequence[File],
    answer: Answer,
) -> None:
    clerk.session.add(row)
    clerk.session.flush()
    if verdict.answered:
        answer(clerk.session, row, marked)


def _settle(
    desk: MailDesk,
    row: IncomingMail,
    look: MailLook | None,
    verdict: Verdict,
    expected: tuple[str, ...],
    placed: Placed | None = None,
) -> str:
    """The mail into a state in which nothing is filed."""
    with writing(desk.engine) as session:
        moved = move(session, row.id or 0, expected, verdict.state)
        if moved is None:
            return ""
        if look is None:
            moved.why = verdict.why
        else:
            _note(moved, look, verdict, desk.now, None)
            findings = [*look.opened.findings, *(placed.findings if placed else ())]
            moved.outcome |= {"findings": findings_as_data(findings)}
        session.add(moved)
        session.flush()
        if verdict.answered:
            desk.answer(session, moved, ())
        return moved.state


def _note(
    row: IncomingMail, look: MailLook, verdict: Verdict, now: datetime, decided: Actor | None
) -> None:
    """What was seen and guessed, beside the state."""
    row.why, row.trusted = verdict.why, look.trust.ok
    sender = look.sender
    if sender is not None:
        row.plan_id, row.agency, row.contact_id = sender.plan_id, sender.agency, sender.contact_id
    if look.letter is not None:
        row.letter_id, row.plan_id = look.letter.id, row.plan_id or look.letter.plan_id
    if decided is not None:
        row.decided_by, row.decided_at = decided.name, now
    row.outcome = {
        "files": [
            {"name": safe_filename(name), "size": len(data)} for name, data in look.opened.files
        ],
        "guess": [{"name": duty.name, "title": duty.title} for duty in look.about],
        "findings": findings_as_data(look.opened.findings),
        **({"edoc": asdict(look.edoc)} if look.edoc is not None else {}),
    }
