"""Submissions handed in through the intake service."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from sqlmodel import select

from intake.files.gate import Limits
from intake.files.store import Store
from intake.recognise import recognise
from intake.submit import Filed, ReceiptDetails, SubmissionContext, submit_files
from plan.database import reading
from plan.definition.model import PlanDefinition
from plan.models import Obligation
from plan.queries.lookup import find_obligation
from plan.states import Actor, Role
from tests.conftest import CLERK, PLAN_ID, at
from tests.support.report_writing import enough, fill

NOW = at("2020-04-20 09:00")

CLERKS = {
    agency: Actor(f"Văn thư {agency}", Role.agency, frozenset({agency}))
    for agency in ("stp", "vpub", "snv", "skhcn")
} | {"an-lao": CLERK}

DESK = Actor("Văn thư Sở Nội vụ", Role.coordinator)


def hand_in(
    engine: Engine,
    store: Store,
    agency: str,
    *files: tuple[str, bytes],
    only: str = "",
    now: datetime = NOW,
    actor: Actor | None = None,
    limits: Limits | None = None,
    **how: Any,
) -> list[Filed]:
    return submit_files(
        SubmissionContext(
            engine, store, PLAN_ID, actor or CLERKS[agency], now, ReceiptDetails(**how)
        ),
        agency,
        files,
        only=only,
        limits=limits,
        recogniser=recognise,
    )


def obligation(engine: Engine, name: str) -> Obligation:
    with reading(engine) as session:
        return find_obligation(session, PLAN_ID, name)


def rows(engine: Engine, table: type) -> list:  # type: ignore[type-arg]
    with reading(engine) as session:
        return list(session.exec(select(table)).all())


def report(definition: PlanDefinition, node: str = "", text: str = "") -> tuple[str, bytes]:
    """An Lão's report, one section replaced."""
    made = fill(definition, "an-lao", "district-report", lambda n: text if n == node else enough(n))
    return "bao-cao.docx", made[0]
