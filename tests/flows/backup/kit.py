"""Installations to be backed up and restored, and the scripts that do it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from sqlmodel import col, select

from plan.database import migrate, open_engine, reading, writing
from plan.definition.model import PlanDefinition
from plan.models import AuditEvent, Obligation
from tests.conftest import at, load_running
from tests.support.consolidation_kit import hand_in, report_sections

DEPLOY = Path(__file__).parents[3] / "deploy"
KEPT = b"mot tep da nop"


def plain_environment() -> dict[str, str]:
    """Without settings; all who read one database share the trail's key."""
    return {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("DONDOC") or key == "DONDOC_TRAIL_KEY"
    }


def script(name: str, *words: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    given = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("DONDOC") or "TRAIL" in key
    }
    command = [str(DEPLOY / name), *words]
    return subprocess.run(command, env=given | env, capture_output=True, text=True, cwd="/")


def facts(url: str) -> tuple[list[tuple[int | None, str]], int]:
    """What is owed and in which state; how many lines the audit has."""
    engine = open_engine(url)
    with reading(engine) as session:
        owed = [
            (one.id, one.state)
            for one in session.exec(select(Obligation).order_by(col(Obligation.id)))
        ]
        lines = len(session.exec(select(AuditEvent.id)).all())
    engine.dispose()
    return owed, lines


def begin(url: str, definition: PlanDefinition) -> None:
    """A plan with one accepted report."""
    engine = open_engine(url)
    migrate(engine)
    with writing(engine) as session:
        load_running(session, definition, now=at("2020-01-20 08:00"))
    work_on(engine.url.render_as_string(hide_password=False), definition, "an-lao")


def work_on(url: str, definition: PlanDefinition, agency: str) -> None:
    engine = open_engine(url)
    with writing(engine) as session:
        sections = report_sections(definition, ("p1",), agency)
        hand_in(session, f"{agency}/district-report", at("2020-04-20 08:00"), sections=sections)
    engine.dispose()


def newest(folder: Path) -> Path:
    return max(path for path in folder.iterdir() if path.name.startswith("20"))


def stored(home: Path) -> Path:
    """The one kept file."""
    [kept] = [path for path in (home / "submissions").rglob("*") if path.is_file()]
    return kept
