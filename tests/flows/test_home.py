"""The home is its owner's alone, an empty database is not taken for a first start where data has been, and
silence is noticed outside."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError
from sqlmodel import select

from flows.jobs import rounds
from flows.service.bootstrap import prepare
from flows.service.health import Check
from flows.service.heartbeat import Heartbeat
from flows.service.serve import database_words
from plan.database import reading, writing
from plan.errors import RefusedError
from plan.home import make_private
from plan.ledger.life import delete_draft
from plan.models import Plan
from plan.settings import Settings
from tests.conftest import REVIEWER, at
from tests.standins.clock import HandClock
from tests.support.commands import dondoc

NOW = at("2026-11-30 08:00")


@pytest.fixture
def usual_umask() -> Iterator[None]:
    kept = os.umask(0o022)
    yield
    os.umask(kept)


@pytest.mark.usefixtures("usual_umask")
@pytest.mark.parametrize("mode", [None, 0o755, 0o750, 0o777])
def test_the_home_is_its_owners_alone_and_so_is_what_comes_into_it(
    tmp_path: Path, mode: int | None
) -> None:
    home = tmp_path / "home"
    if mode is not None:
        home.mkdir()
        home.chmod(mode)
    make_private(home)
    assert home.stat().st_mode & 0o777 == 0o700
    prepare(Settings(home=home), NOW).engine.dispose()
    files = [path for path in home.rglob("*") if path.is_file()]
    assert files
    assert {path.stat().st_mode & 0o077 for path in files} == {0}


@pytest.mark.usefixtures("usual_umask")
def test_a_home_made_by_a_command_is_its_owners_alone_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DONDOC_HOME", str(tmp_path / "nha"))
    assert dondoc("init").exit_code == 0
    assert (tmp_path / "nha").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    "sign",
    ["submissions/ab/abcd", "backups/dondoc-2026-11-29.db", "anchors.txt", "dondoc.db.truoc-1"],
)
@pytest.mark.parametrize("left", ["none", "empty"])
def test_an_empty_database_where_data_has_been_is_not_begun_anew(
    tmp_path: Path, sign: str, left: str
) -> None:
    home = tmp_path / "home"
    (home / sign).parent.mkdir(parents=True)
    (home / sign).write_text("x")
    if left == "empty":
        (home / "dondoc.db").touch()
    with pytest.raises(RefusedError, match=r"restore\.sh"):
        prepare(Settings(home=home), NOW)


def test_a_draft_deleted_on_purpose_stays_deleted(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    first = prepare(settings, NOW)
    assert first.loaded
    with writing(first.engine) as session:
        (plan,) = session.exec(select(Plan.id)).all()
        delete_draft(session, plan, actor=REVIEWER, now=NOW)
    first.engine.dispose()
    again = prepare(settings, NOW)
    assert (again.plans, again.loaded) == ((), None)
    assert "chưa có kế hoạch nào" in database_words(again)
    with reading(again.engine) as session:
        assert not session.exec(select(Plan.id)).all()
    again.engine.dispose()


def test_a_corrupt_database_is_said_in_a_sentence(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "dondoc.db").write_bytes(b"not a database at all" * 1000)
    said = dondoc("init")
    assert said.exit_code == 1
    assert "hỏng" in said.output
    assert "Traceback" not in said.output
    with pytest.raises(DatabaseError):  # the service's own words for it are those of every command
        prepare(Settings(home=home), NOW)
    assert (home / "dondoc.db").read_bytes().startswith(b"not a database")


class Outside(HTTPServer):
    """Who notices: keeps the calls."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/ping/0000"


class _Handler(BaseHTTPRequestHandler):
    server: Outside

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        self.server.calls.append((self.path, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def outside() -> Iterator[Outside]:
    with Outside() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_somebody_outside_is_called_while_all_is_well_and_told_when_not(
    engine: Engine, outside: Outside, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, heartbeat_url=outside.url)
    tools = replace(rounds.make_tools(settings, engine), clock=HandClock())
    good, bad = Check("Đĩa", True, "Còn chỗ."), Check("Lịch", False, "3 việc chưa đăng ký.")
    well = Heartbeat(settings, tools, lambda *_: [good])
    assert (well.beat(), well.beat()) == (True, None), "not more often than every five minutes"
    assert Heartbeat(settings, tools, lambda *_: [good, bad]).beat() is False
    (ok_path, ok_body), (fail_path, fail_body) = outside.calls
    assert (ok_path, fail_path) == ("/ping/0000", "/ping/0000/fail")
    assert len(ok_body.split()[2]) == 64, "the trail's anchor leaves the machine"
    assert "Lịch: 3 việc chưa đăng ký." in fail_body


def test_on_a_virtual_clock_nobody_is_called(
    engine: Engine, outside: Outside, tmp_path: Path
) -> None:
    settings = Settings(home=tmp_path, heartbeat_url=outside.url, clock="2020-04-20")
    assert Heartbeat(settings, rounds.make_tools(settings, engine), lambda *_: []).beat() is None
    assert outside.calls == []


def test_an_outside_that_does_not_answer_stops_nothing(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Settings(home=tmp_path, heartbeat_url="http://127.0.0.1:1/ping/bi-mat")
    assert Heartbeat(settings, rounds.make_tools(settings, engine), lambda *_: []).beat() is True
    assert "DONDOC_HEARTBEAT_URL" in caplog.text
    assert "bi-mat" not in "".join(
        one.getMessage() for one in caplog.records if "dondoc" in one.name
    )
