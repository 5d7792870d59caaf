"""What was filed under an older reader is found again, and nothing is changed by looking."""

from __future__ import annotations

import json
from pathlib import Path

from sqlmodel import Session, create_engine, select

from plan.definition.model import PlanDefinition
from plan.models import AuditEvent, Finding, Section, Value
from tests.support.commands import dondoc, put  # fixtures
from tests.support.report_writing import enough, fill
from tests.support.workbook_samples import full


def _database(home: Path) -> Session:
    return Session(create_engine(f"sqlite:///{home / 'home' / 'dondoc.db'}"))


def _hand_in(home: Path, definition: PlanDefinition) -> None:
    report, _ = fill(definition, "an-lao", "district-report", enough)
    assert "an-lao" in dondoc("submit", "an-lao", put(home, "bc.docx", report)).output
    assert "stp" in dondoc("submit", "stp", put(home, "bieu.xlsx", full("stp"))).output


def test_what_reads_alike_is_said_to(home: Path, definition: PlanDefinition) -> None:
    _hand_in(home, definition)
    result = dondoc("recheck")
    assert result.exit_code == 0, result.output
    assert "được đọc lại như cũ" in result.output


def test_what_an_older_reader_took_otherwise_is_listed(
    home: Path,
    definition: PlanDefinition,
) -> None:
    _hand_in(home, definition)
    with _database(home) as session:
        value = session.exec(select(Value).where(Value.indicator == "PL2.7")).first()
        section = session.exec(select(Section).where(Section.node == "p1-i-2-1")).one()
        assert value is not None
        was, value.number = value.number, 31.0
        section.text = "chữ khác"
        session.add_all([value, section, Finding(submission_id=value.submission_id, severity="error",
                                                 code="old.one", message="x")])  # fmt: skip
        period, events = value.period, len(session.exec(select(AuditEvent)).all())
        session.commit()
    found = json.loads(dondoc("recheck", "--json").stdout)
    by_obligation = {one["obligation"]: one["differences"] for one in found}
    assert {"what": "value", "name": f"PL2.7 kỳ {period}", "before": "31", "now": f"{was:g}"} in (
        by_obligation["stp/appendix-2"]
    )
    assert {"what": "finding", "name": "old.one", "before": "error", "now": "(không có)"} in (
        by_obligation["stp/appendix-2"]
    )
    assert [one["name"] for one in by_obligation["an-lao/district-report"]] == ["p1-i-2-1"]
    assert "an-lao/district-report" not in dondoc("recheck", "--agency", "stp").output
    with _database(home) as session:
        assert len(session.exec(select(AuditEvent)).all()) == events


def test_a_kept_file_that_is_gone_is_named(home: Path, definition: PlanDefinition) -> None:
    _hand_in(home, definition)
    kept = [one for one in (home / "home").rglob("*") if one.is_file() and len(one.name) == 64]
    assert kept
    for one in kept:
        one.unlink()
    found = json.loads(dondoc("recheck", "--json").stdout)
    assert {each["what"] for one in found for each in one["differences"]} == {"file"}
