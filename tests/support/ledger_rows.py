"""Rows of the ledger: a filing, its faults, the obligation it is for."""

from __future__ import annotations

from sqlalchemy import Engine
from sqlmodel import Session

from plan import ledger
from plan.database import writing
from plan.ledger.filing import FiledFile, Filing, FoundFault
from plan.models import Obligation, Submission
from plan.queries.lookup import find_obligation
from plan.states import Actor
from tests.conftest import CLERK, PLAN_ID, at

REPORT = "an-lao/district-report"

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
