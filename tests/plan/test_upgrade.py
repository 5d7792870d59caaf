"""A database of an earlier program is upgraded: nothing is lost, nobody owes otherwise, the audit chain
is whole and goes on. What each was made from stands beside it in `tests/fixtures/old/`."""

from __future__ import annotations

import lzma
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, inspect, select, table, text
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from plan.calendar import LOCAL
from plan.database import migrate, migrated, open_engine, reading, writing
from plan.definition.model import PlanDefinition
from plan.importing.plan import load_plan
from plan.ledger import waive
from plan.ledger.audit import verify
from plan.ledger.trail_check import differences
from plan.models import Agency, AuditEvent, Contact, Plan
from plan.queries.lookup import find_obligation, find_plan
from plan.queries.progress import obligations
from plan.states import State
from tests.conftest import REVIEWER, at, new_postgres

OLD = Path(__file__).parent.parent / "fixtures" / "old"
COPY = "04-kh-ubnd-2020-from-2020-06-22"
DROPPED: frozenset[str] = frozenset({"alembic_version", "audit_event"})
"""Tables whose rows a later migration meant to change, beside the name of its own. The trail has a row
more: its seal."""


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Two plans as `7332c83` left them: one played to its end, its copy begun."""
    if request.param == "sqlite":
        path = tmp_path / "old.db"
        path.write_bytes(lzma.decompress((OLD / "7332c83.sqlite.xz").read_bytes()))
        engine = open_engine(f"sqlite:///{path}")
    else:
        engine = new_postgres(request.getfixturevalue("postgres_url"))
        _restore(engine, lzma.decompress((OLD / "7332c83.postgresql.sql.xz").read_bytes()).decode())
    yield engine
    engine.dispose()


def _restore(engine: Engine, dump: str) -> None:
    """Run pg_dump's script, but for its lines to psql."""
    script = "\n".join(line for line in dump.split("\n") if not line.startswith("\\"))
    connection = engine.raw_connection()
    connection.cursor().execute(script)
    connection.commit()
    connection.detach()
    connection.close()  # the script left it without a search path


def counts(engine: Engine) -> dict[str, int]:
    with engine.connect() as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(table(name))) or 0
            for name in inspect(engine).get_table_names()
        }


def owed(session: Session, plan_id: str, now: datetime) -> Iterator[str]:
    """Who owes what, in the words of the kept list."""
    views = obligations(session, find_plan(session, plan_id), now)
    for view in sorted(views, key=lambda view: view.id):
        if view.due_at is None and view.state is not State.waived:
            continue  # the list of then left out what has no date
        due = view.due_at.astimezone(LOCAL).isoformat() if view.due_at else "-"
        late = view.standing.working_days_late
        yield f"{view.id} {due} {view.state.value} {view.timeliness} {late}"


def test_every_table_of_then_has_a_row(old: Engine) -> None:
    """An upgrade of an empty table proves nothing."""
    assert [name for name, count in counts(old).items() if not count] == []


def test_an_upgrade_keeps_every_row(old: Engine) -> None:
    before = counts(old)
    migrate(old)
    assert migrated(old)
    after = counts(old)
    lost = {
        name: (count, after.get(name)) for name, count in before.items() if after.get(name) != count
    }
    assert lost.keys() <= DROPPED


def test_nobody_owes_otherwise(old: Engine) -> None:
    migrate(old)
    lines: list[str] = []
    with reading(old) as session:
        for plan_id in sorted(session.exec(select_rows(Plan.id))):
            lines += [f"# {plan_id}", *owed(session, plan_id, at("2020-06-23 00:00"))]
    assert lines == (OLD / "7332c83.owed.txt").read_text("utf-8").splitlines()


def test_the_audit_chain_is_whole_and_goes_on(old: Engine, definition: PlanDefinition) -> None:
    migrate(old)
    with reading(old) as session:
        assert list(verify(session)) == []
        assert list(differences(session)) == []
        written = session.exec(select_rows(func.count(col(AuditEvent.id)))).one()
    with writing(old) as session:
        load_plan(session, definition, now=at("2020-06-23 09:00"))
        owed_still = find_obligation(session, COPY, "phu-cat/district-report")
        waive(
            session,
            owed_still.id,
            reason="Sau nâng cấp",
            actor=REVIEWER,
            now=at("2020-06-23 09:00"),
        )
    with reading(old) as session:
        assert list(verify(session)) == []
        assert session.exec(select_rows(func.count(col(AuditEvent.id)))).one() > written


def test_agencies_and_people_of_both_plans_are_one_directory(old: Engine) -> None:
    """Every seat keeps its row, which the links in sent mails name, and says what it said."""

    def said() -> list[tuple[object, ...]]:
        with old.connect() as connection:
            rows = connection.execute(
                text(
                    "SELECT id, agency_id, name, role, is_head, email, phone FROM contact ORDER BY id"
                )
            )
            return [tuple(row) for row in rows]

    before = said()
    migrate(old)
    assert said() == before
    with reading(old) as session:
        places = session.exec(select_rows(Agency.directory_code)).all()
        assert None not in places
        assert len(set(places)) == len(places) / 2
        seats = session.exec(select_rows(Contact.directory_id)).all()
        assert None not in seats
        assert len(set(seats)) < len(seats)
