"""The real service, ill-treated: killed in mid-delivery, its server away, its database cut off, started twice
by mistake. Afterwards one counts: nothing lost, nothing recorded twice."""

from __future__ import annotations

import email
import os
import shutil
import signal
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session, col, func, select

from flows.rehearsal.standins.smtp_sink import SmtpFaults, SmtpSink
from plan.database import open_engine, reading, writing
from plan.definition.model import PlanDefinition
from plan.models import Attempt, ConsolidationRun, Message
from tests.conftest import PLAN_PATH, at
from tests.support.consolidation_kit import hand_in, report_sections
from tests.support.service_kit import Serving, free_port

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("serve"), pytest.mark.timeout(900)]

JUST_BEFORE = "2020-04-20T06:59:40+07:00"
LAST = "an-lao/district-report"
MAILS = 17
"""One a contact of each agency, on that morning."""


def serving(home: Path, sink: SmtpSink, **more: str) -> Serving:
    """Ten virtual seconds in a real one: the sweep comes every half minute."""
    settings = {"DONDOC_CLOCK": JUST_BEFORE, "DONDOC_CLOCK_SPEED": "10"}
    return Serving(home, DONDOC_CLOCK_SMTP_URL=sink.url, **settings, **more)


def data(served: Serving) -> Engine:
    return open_engine(
        served.env.get("DONDOC_DATABASE_URL") or f"sqlite:///{served.home / 'dondoc.db'}"
    )


def unsent(session: Session) -> int:
    return session.exec(select(func.count()).where(col(Message.state) != "sent")).one()


def all_sent(served: Serving) -> bool:
    engine = data(served)
    try:
        with reading(engine) as session:
            total = session.exec(select(func.count(col(Message.id)))).one()
            return total >= MAILS and unsent(session) == 0
    finally:
        engine.dispose()


def message_ids(sink: SmtpSink) -> Counter[str]:
    return Counter(str(email.message_from_bytes(kept.data)["Message-ID"]) for kept in sink.mails)


def assert_counted(served: Serving, sink: SmtpSink, doubled: int) -> None:
    """Every message of the database came, recorded as sent once; at most so many came a second time."""
    came = message_ids(sink)
    engine = data(served)
    with reading(engine) as session:
        messages = session.exec(select(Message)).all()
        accepted = session.exec(
            select(Attempt.message_id).where(Attempt.outcome == "accepted")
        ).all()
        maybe_twice = sum(one.maybe_twice for one in messages)
    engine.dispose()
    assert len(came) == len(messages) == MAILS
    assert sum(came.values()) - len(came) <= min(doubled, maybe_twice)
    assert sorted(accepted) == sorted(one.id or 0 for one in messages)


def test_killed_in_mid_delivery(tmp_path: Path) -> None:
    """The whole service with SIGKILL: it leaves nobody behind, and the next start sends the rest."""
    with SmtpSink(tmp_path / "thu", faults=SmtpFaults(slow=0.5)) as sink:
        served = serving(tmp_path / "home", sink)
        with served:
            served.wait("first mails", lambda: len(sink.mails) >= 3)
            served.kill()
            ends = time.monotonic() + 30
            while served.children() and time.monotonic() < ends:
                time.sleep(0.2)
            assert served.children() == set()
            assert len(sink.mails) < MAILS
            sink.faults.slow = 0
            served.start()
            served.wait("the rest", lambda: all_sent(served))
            assert_counted(served, sink, doubled=1)


def test_a_run_killed_in_mid_delivery(tmp_path: Path) -> None:
    """Only the flow's process: its turn and its messages are free again within two minutes."""
    sink = SmtpSink(tmp_path / "thu", faults=SmtpFaults(slow=0.5))
    with sink, serving(tmp_path / "home", sink) as served:
        served.wait("first mails", lambda: len(sink.mails) >= 3)
        running = flow_processes(served)
        assert running, "no run to kill"
        for pid in running:
            os.kill(pid, signal.SIGKILL)
        sink.faults.slow = 0
        served.wait("the rest", lambda: all_sent(served))
        assert served.runs(type=["CRASHED"])
        assert_counted(served, sink, doubled=2)


def flow_processes(served: Serving) -> list[int]:
    """The runs under way: forked from the warm parent, which bears the service's own words or, when it was
    made anew, those of a spawned process."""
    assert served.process is not None
    service = served.process.pid
    words = {pid: _command(pid) for pid in served.children()}
    parents = {
        pid
        for pid, said in words.items()
        if _parent(pid) == service and (said == words[service] or b"multiprocessing" in said)
    }
    return [pid for pid in words if _parent(pid) in parents]


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0


def server_process(served: Serving) -> int:
    for pid in served.children():
        if b"flows.service.prefect_server" in Path(f"/proc/{pid}/cmdline").read_bytes():
            return pid
    raise AssertionError("no server")


def hand_in_all(served: Serving, definition: PlanDefinition, *, accept_last: bool) -> None:
    """Every district's report, all accepted but perhaps the last."""
    engine, now = data(served), at("2020-04-20 06:59")
    districts = [agency.id for agency in definition.agencies if agency.group == "district"]
    for agency in sorted(districts):
        name = f"{agency}/district-report"
        with writing(engine) as session:
            sections = report_sections(definition, ("p1",), agency)
            accepted = accept_last or name != LAST
            hand_in(session, name, now, sections=sections, accepted=accepted, accepted_at=now)
    engine.dispose()


def runs_of(served: Serving, output: str) -> list[ConsolidationRun]:
    engine = data(served)
    with reading(engine) as session:
        found = session.exec(select(ConsolidationRun).where(ConsolidationRun.output == output))
        rows = list(found)
    engine.dispose()
    return rows


def test_prefect_away_when_the_last_input_is_accepted(
    tmp_path: Path, definition: PlanDefinition
) -> None:
    """The server frozen, then killed: the decision is not lost, and consolidated once."""
    with SmtpSink(tmp_path / "thu") as sink, serving(tmp_path / "home", sink) as served:
        hand_in_all(served, definition, accept_last=False)
        pid = server_process(served)
        os.kill(pid, signal.SIGSTOP)
        served.cli("review", "accept", LAST, "--by", "Trần Văn Bình")
        time.sleep(20)
        assert not runs_of(served, "district-compilation")
        os.kill(pid, signal.SIGKILL)
        complete = served.wait("consolidation", lambda: runs_of(served, "district-compilation"))
        time.sleep(20)
        again = runs_of(served, "district-compilation")
        assert [run.trigger for run in again] == [run.trigger for run in complete]
        assert [run.trigger for run in again] == ["inputs-complete"]


def test_the_database_connection_cut(tmp_path: Path, postgres_url: str) -> None:
    """PostgreSQL drops every connection, again and again, while mail is being delivered."""
    name = f"cut{free_port()}"
    admin = open_engine(postgres_url).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    url = admin.url.set(database=name).render_as_string(hide_password=False)
    sink = SmtpSink(tmp_path / "thu", faults=SmtpFaults(slow=0.3))
    with sink, serving(tmp_path / "home", sink, DONDOC_DATABASE_URL=url) as served:
        served.wait("first mails", lambda: len(sink.mails) >= 2)
        for _ in range(5):
            cut(admin, name)
            time.sleep(1)
        sink.faults.slow = 0
        served.wait("the rest", lambda: all_sent(served))
        assert_counted(served, sink, doubled=6)
    admin.dispose()


def cut(admin: Engine, name: str) -> None:
    with admin.connect() as connection:
        ends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
        connection.execute(text(ends), {"name": name})


def test_two_services_on_one_database_by_mistake(
    tmp_path: Path, definition: PlanDefinition
) -> None:
    """Two homes, two Prefects, two runners, one database: everything is done once."""
    url = f"sqlite:///{tmp_path / 'shared.db'}"
    more = {"DONDOC_DATABASE_URL": url, "DONDOC_STORE_URL": str(tmp_path / "store")}
    with SmtpSink(tmp_path / "thu") as sink:
        first = serving(tmp_path / "one", sink, **more)
        second = serving(tmp_path / "two", sink, **more)
        with first, second:
            second.wait("mail", lambda: all_sent(second))
            time.sleep(15)
            assert_counted(first, sink, doubled=0)
            hand_in_all(first, definition, accept_last=True)
            first.wait("consolidation", lambda: runs_of(first, "district-compilation"))
            time.sleep(20)
            assert len(runs_of(second, "district-compilation")) == 1


def test_late_runs_collapse(tmp_path: Path) -> None:
    """The runner stands still while looks come due; of those, one is carried out and the rest dropped."""
    with SmtpSink(tmp_path / "thu") as sink:
        served = Serving(
            tmp_path / "home",
            DONDOC_CLOCK="2020-04-29T07:20:00+07:00",
            DONDOC_CLOCK_SPEED="60",
            DONDOC_CLOCK_SMTP_URL=sink.url,
        )
        with served:
            assert served.process is not None
            os.kill(served.process.pid, signal.SIGSTOP)
            served.wait("late runs", lambda: len(late(served)) >= 3)
            waiting = {run["id"] for run in late(served)}
            os.kill(served.process.pid, signal.SIGCONT)
            ended = served.wait("their end", lambda: ends_of(served, waiting))
            assert ended["COMPLETED"] <= 1
            assert ended["COMPLETED"] + ended["CANCELLED"] == len(waiting)
            served.wait("a look after all", lambda: looked(served))


def looked(served: Serving) -> bool:
    return any("district-reports" in str(run) for run in served.runs(type=["COMPLETED"]))


def late(served: Serving) -> list[dict[str, Any]]:
    """Looks at one milestone that should have begun."""
    runs = served.runs(type=["SCHEDULED"])
    return [r for r in runs if r["state_name"] == "Late" and "district-reports" in str(r)]


def ends_of(served: Serving, wanted: set[str]) -> Counter[str]:
    """How they ended; empty while one has not."""
    found = Counter(run["state_type"] for run in served.runs() if run["id"] in wanted)
    over = found["COMPLETED"] + found["CANCELLED"] + found["FAILED"] + found["CRASHED"]
    return found if over == len(wanted) else Counter()


def test_a_persons_word_is_asked_first(tmp_path: Path, definition: PlanDefinition) -> None:
    """A milestone's `confirm`: the run is suspended until somebody says yes on Prefect's pages."""
    plan = tmp_path / "plan"
    shutil.copytree(PLAN_PATH, plan)
    milestones = plan / "milestones.yaml"
    asks = milestones.read_text("utf-8").replace(
        "  short: Báo cáo, kế hoạch cấp huyện\n",
        "  short: Báo cáo, kế hoạch cấp huyện\n  confirm: true\n",
    )
    milestones.write_text(asks, "utf-8")
    with SmtpSink(tmp_path / "thu") as sink:
        served = serving(tmp_path / "home", sink)
        served.cli("init", str(plan))
        with served:
            hand_in_all(served, definition, accept_last=True)
            served.wait("suspended", lambda: "district-compilation" in asked(served))
            time.sleep(30)
            assert set(asked(served).values()) == {1}  # each output once
            assert not runs_of(served, "district-compilation")
            waiting = served.runs(type=["PAUSED"])
            wanted = next(
                run for run in waiting if run["parameters"]["output"] == "district-compilation"
            )
            answer = {"tong_hop": True, "nguoi_xac_nhan": "Trần Văn Bình"}
            served.prefect(f"flow_runs/{wanted['id']}/resume", {"run_input": answer})
            made = served.wait("consolidation", lambda: runs_of(served, "district-compilation"))
            assert [run.trigger for run in made] == ["inputs-complete"]


def asked(served: Serving) -> Counter[str]:
    """By output, how many suspended runs wait for a word."""
    return Counter(run["parameters"]["output"] for run in served.runs(type=["PAUSED"]))
