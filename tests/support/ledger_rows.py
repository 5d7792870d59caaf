"""Rows of the ledger: a filing, its faults, the obligation it is for."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Engine
from sqlmodel import Session, select

from plan import ledger
from plan.database import writing
from plan.ledger import audit
from plan.ledger.filing import FiledFile, Filing, FoundFault, ReadSection, ReadValue
from plan.models import Finding, Obligation, Submission
from plan.queries.lookup import find_obligation
from plan.states import Actor, Role
from tests.conftest import CLERK, PLAN_ID, REVIEWER, at

REPORT = "an-lao/district-report"

ASKED = at("2020-04-10 09:00")
SYSTEM = Actor("dondoc", Role.system)
BEHIND_STATE = "UPDATE obligation SET state='waived' WHERE id=:owed"
"""A table changed behind the trail's back."""

NOW = at("2020-04-20 09:00")


def filing(
    content: str = "a", when: str = "2020-04-20 09:00", *faults: FoundFault, **more: object
) -> Filing:
    return Filing(
        kind="files",
        received_at=at(when),
        files=(FiledFile("bao-cao.docx", content * 64, 10, "report"),),
        findings=faults,
        **more,  # type: ignore[arg-type]
    )


ERROR = FoundFault("error", "missing-section", "Thiếu mục II.1.2", cell="C5")

WARNING = FoundFault("warning", "jump", "Tăng gấp ba", sheet="PL1", cell="D7")


def row_id(session: Session, name: str = REPORT) -> int:
    return find_obligation(session, PLAN_ID, name).id or 0


def get(session: Session, name: str = REPORT) -> Obligation:
    return find_obligation(session, PLAN_ID, name)


def submit(engine: Engine, one: Filing, name: str = REPORT, actor: Actor = CLERK) -> Submission:
    with writing(engine) as session:
        return ledger.submit(session, row_id(session, name), one, actor=actor, now=one.received_at)


def play_for_trail(engine: Engine, letters: str = "ab") -> None:
    """More time asked for and given; handed in, given back, handed in again, accepted; a line of no
    obligation."""
    with writing(engine) as session:
        owed = find_obligation(session, PLAN_ID, REPORT)
        assert owed.id is not None
        asked = ledger.ask_extension(
            session, owed.id, until=date(2020, 6, 30), reason="Bão", actor=CLERK, now=ASKED
        )
        ledger.decide_extension(session, asked.id or 0, granted=True, actor=REVIEWER, now=ASKED)
        for number, letter in enumerate(letters):
            now = at(f"2020-04-2{number} 09:00")
            filing = Filing(
                kind="files",
                received_at=now,
                files=(FiledFile("bao-cao.docx", letter * 64, 10, "report"),),
                findings=(FoundFault("warning", "leap", "Tăng nhiều."),),
                values=(ReadValue("PL2.1.1", "2020", 12), ReadValue("PL2.1.2", "2020", text="Có")),
                sections=(ReadSection("I", "Đã làm."),),
                note="Bản ký số",
            )
            row = ledger.submit(session, owed.id, filing, actor=CLERK, now=now)
            [finding] = session.exec(select(Finding).where(Finding.submission_id == row.id))
            ledger.explain(session, finding.id or 0, explanation="Đúng", actor=CLERK, now=now)
            if number < len(letters) - 1:
                ledger.give_back(session, owed.id, reason="Thiếu biểu", actor=REVIEWER, now=now)
        ledger.accept(session, owed.id, actor=REVIEWER, now=at("2020-04-28 09:00"))
        audit.record(
            session, plan_id="", actor=SYSTEM, event="test", subject="x", now=at("2020-04-28 10:00")
        )
