"""Hostile files handed in: refused for what they are, and nothing already kept or filed is touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import SQLModel, select

from intake.files.store import Store
from intake.submit import SubmissionContext, submit_files
from plan.database import reading
from plan.models import Finding, Obligation, Section, Submission, SubmissionFile, Value
from plan.states import Actor, Role
from tests.conftest import PLAN_ID, at
from tests.support.hostile_documents import REFUSED as REFUSED_DOCUMENTS
from tests.support.hostile_files import REFUSED
from tests.support.workbook_samples import full

NOW = at("2020-04-20 09:00")
CLERK = Actor("Văn thư Sở Tài chính", Role.agency, frozenset({"stc"}))
KEPT_FOR_EYES = {"a .pdf", "a .doc", "a picture"}
"""Read by nobody here, but a person may want them: kept, with a warning."""
HOSTILE = {name: make for name, (make, _) in REFUSED.items() if name not in KEPT_FOR_EYES} | {
    f"document: {name}": make for name, (make, _) in REFUSED_DOCUMENTS.items()
}


def facts(engine: Engine) -> list[object]:
    """Everything filed, row by row."""
    tables: tuple[type[SQLModel], ...] = (
        Submission, SubmissionFile, Finding, Value, Section, Obligation,
    )  # fmt: skip
    with reading(engine) as session:
        return [row.model_dump() for table in tables for row in session.exec(select(table))]


def bytes_kept(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.slow
def test_hostile_files_leave_everything_as_it_was(engine: Engine, tmp_path: Path) -> None:
    store = Store(str(tmp_path / "store"))

    def hand_in(name: str, data: bytes) -> list[str]:
        filed = submit_files(
            SubmissionContext(engine, store, PLAN_ID, CLERK, NOW), "stc", [(name, data)]
        )
        assert all(not one.complete for one in filed) or name == "tot.xlsx"
        return [found.code for one in filed for found in one.findings if found.severity == "error"]

    hand_in("tot.xlsx", full("stc"))
    before = facts(engine), bytes_kept(tmp_path / "store")
    for name, make in HOSTILE.items():
        assert hand_in(f"../../{name}.xlsx", make()), name
        assert (facts(engine), bytes_kept(tmp_path / "store")) == before, name
