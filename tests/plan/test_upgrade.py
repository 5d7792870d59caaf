"""A database of an earlier program is upgraded: nothing is lost, nobody owes otherwise, the audit chain
is whole and goes on. What each was made from stands beside it in `tests/fixtures/old/`."""

from __future__ import annotations

import json
import lzma
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, func, inspect, select, table, text
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from consolidation.input_hash import set_hash
from consolidation.input_spans import inputs_of_run
from dashboard.app import create_app
from dashboard.web.request import VISITOR_COOKIE
from dashboard.web.site import Site
from notifications.messages.links import LinkClaim, Linker
from plan.calendar import LOCAL
from plan.database import HEAD, migrate, migrated, open_engine, reading, version, writing
from plan.definition.model import PlanDefinition
from plan.importing.plan import load_plan
from plan.ledger import waive
from plan.ledger.audit import verify
from plan.ledger.trail_check import differences
from plan.models import (
    Agency,
    ApiToken,
    AuditEvent,
    ConsolidationRun,
    Contact,
    OutputState,
    Plan,
    UserAccount,
)
from plan.queries.lookup import find_obligation, find_plan
from plan.queries.progress import obligations
from plan.settings import Settings
from plan.states import State
from tests.browser.support import BASE, Browser
from tests.conftest import REVIEWER, at, new_postgres

OLD = Path(__file__).parent.parent / "fixtures" / "old"
COPY = "04-kh-ubnd-2020-from-2020-06-22"
DROPPED: frozenset[str] = frozenset({"alembic_version", "audit_event"})
"""Tables whose rows a later migration meant to change, beside the name of its own. The trail has a row
more: its seal."""


@pytest.fixture(params=["sqlite", "postgresql"])
def new_old(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[], Engine]]:
    """Two plans as `7332c83` left them: one played to its end, its copy begun. Each call gives a database
    of its own; all keep their keys in one place."""
    made: list[Engine] = []

    def make() -> Engine:
        if request.param == "sqlite":
            path = tmp_path / f"old-{len(made)}.db"
            path.write_bytes(lzma.decompress((OLD / "7332c83.sqlite.xz").read_bytes()))
            engine = open_engine(f"sqlite:///{path}")
        else:
            engine = new_postgres(request.getfixturevalue("postgres_url"))
            _restore(
                engine, lzma.decompress((OLD / "7332c83.postgresql.sql.xz").read_bytes()).decode()
            )
        made.append(engine)
        return engine

    yield make
    for engine in made:
        engine.dispose()


@pytest.fixture
def old(new_old: Callable[[], Engine]) -> Engine:
    return new_old()


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


def test_the_newest_runs_are_known_by_their_inputs(old: Engine) -> None:
    """So that nothing made already is asked for again; one with changed inputs is left to be made anew."""
    migrate(old)
    known = 0
    with reading(old) as session:
        for run in session.exec(
            select_rows(ConsolidationRun).where(ConsolidationRun.set_hash != "")
        ):
            spans = inputs_of_run(session, run)
            assert run.set_hash == set_hash((one.obligation, one.content_hash) for one in spans)
            known += 1
        outputs = session.exec(select_rows(func.count(col(OutputState.last_number)))).one()
    assert 0 < known <= outputs


# --- links in mails sent before


def test_links_of_mails_sent_before_open_the_same_agencys_page(old: Engine, tmp_path: Path) -> None:
    """Their seal is made with the installation's secret, which an upgrade leaves alone but no copy of a
    database has: the same words are sealed anew."""
    with old.connect() as connection:
        sent = connection.execute(text("SELECT content FROM message ORDER BY id")).scalars().all()
    bodies = sorted(set(re.findall(r"/l/([\w-]+)\.", " ".join(map(str, sent)))))
    migrate(old)
    settings = Settings(home=tmp_path, base_url=BASE, secret_key="bí mật cũ", _env_file=None)
    now = at("2020-05-04 08:00")
    app = create_app(settings, old, lambda: now, real_clock=lambda: now, virtual=True)
    linker: Linker = app.state.site.linker
    opened = set()
    for body in bodies:
        claim = linker.read(f"{body}.{linker._mac(body)}")
        assert claim is not None
        if claim.expires_at > now and claim.agency not in opened:
            opened.add(claim.agency)
            _opens_its_page(Browser(app, f"10.0.1.{len(opened)}"), app.state.site, claim, body)
    assert len(opened) > 10


def _opens_its_page(client: Browser, site: Site, claim: LinkClaim, body: str) -> None:
    path = f"/l/{site.linker.token(claim)}"
    assert path.startswith(f"/l/{body}."), "read and written as then"
    assert client.get(path).status_code == 200
    csrf = site.csrf_token(client.cookies[VISITOR_COOKIE])
    answer = client.post(path, data={"csrf": csrf})
    assert answer.status_code == 303
    page = client.get(answer.headers["location"])
    assert page.status_code == 200
    assert f"/don-vi/{claim.agency}" in str(answer.headers["location"]) + page.text


# --- upgrades that do not come to their end

STOPS = ("CREATE TABLE directory_agency", f"='{HEAD}'", "INSERT INTO directory_contact")
"""Among the tables; at the last step of theirs; when what stands in them is worked out."""

KILLED = """
import os, signal, sys
from sqlalchemy import event
from plan.database import migrate, open_engine

def stop(_connection, _cursor, statement, *_more):
    if sys.argv[2] in " ".join(statement.split()):
        os.kill(os.getpid(), signal.SIGKILL)

engine = open_engine(sys.argv[1])
event.listen(engine, "before_cursor_execute", stop)
migrate(engine)
"""


@pytest.mark.parametrize("stop", STOPS)
def test_an_upgrade_that_failed_half_way_runs_again_as_if_it_had_not(
    new_old: Callable[[], Engine], stop: str
) -> None:
    engine, whole = new_old(), new_old()
    before = version(engine), contents(engine)

    def fail(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if stop in " ".join(statement.split()):
            raise OSError("No space left on device")

    event.listen(engine, "before_cursor_execute", fail)
    with pytest.raises(OSError, match="No space"):
        migrate(engine)
    event.remove(engine, "before_cursor_execute", fail)
    assert (version(engine), contents(engine)) == before
    _as_if_it_had_not(engine, whole)


@pytest.mark.parametrize("stop", STOPS[-1:])
def test_an_upgrade_that_was_killed_runs_again_as_if_it_had_not(
    new_old: Callable[[], Engine], stop: str
) -> None:
    engine, whole = new_old(), new_old()
    before = version(engine), contents(engine)
    engine.dispose()
    url = engine.url.render_as_string(hide_password=False)
    killed = subprocess.run([sys.executable, "-c", KILLED, url, stop], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert (version(engine), contents(engine)) == before
    _as_if_it_had_not(engine, whole)


def _as_if_it_had_not(engine: Engine, whole: Engine) -> None:
    migrate(engine)
    migrate(whole)
    assert contents(engine) == contents(whole)
    with reading(engine) as session:
        assert list(verify(session)) == []


def contents(engine: Engine) -> dict[str, list[str]]:
    """Every row of every table; a number of the trail that PostgreSQL gave out in vain is not used again."""
    with engine.connect() as connection:
        return {
            name: sorted(
                repr(tuple(row)[name == "audit_event" :])
                for row in connection.execute(text(f'SELECT * FROM "{name}"'))
            )
            for name in inspect(engine).get_table_names()
        }


def test_accounts_and_keys_act_for_agencies_of_the_directory(old: Engine) -> None:
    """A code that meant two agencies in the plans there were is nobody's any more."""
    codes = ["an-lao", "van-canh"]
    with old.begin() as connection:
        run = connection.execute
        run(
            text(
                "UPDATE agency_name SET name = 'UBND xã Khác' WHERE agency_id = "
                "(SELECT id FROM agency WHERE code = 'an-lao' AND plan_id = :copy)"
            ),
            {"copy": COPY},
        )
        run(text("UPDATE api_token SET agencies = :codes"), {"codes": json.dumps(codes)})
        run(
            text(
                "UPDATE api_token SET made_at = (SELECT min(at) FROM audit_event WHERE "
                "event = 'plan.loaded' AND plan_id != :copy)"
            ),
            {"copy": COPY},
        )
    migrate(old)
    with reading(old) as session:
        assert not any(session.exec(select_rows(UserAccount.agencies)))
        assert session.exec(select_rows(ApiToken.agencies)).all() == [codes]
