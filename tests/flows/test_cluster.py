"""Several machines: PostgreSQL, Redis, two Prefect servers, two services, two workers and the pages, each a
real process; one of each is killed in mid-flow, and what was done is counted. Tests run in order."""

from __future__ import annotations

import email
import os
import shutil
import signal
import time
import urllib.error
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlmodel import select

from flows.clock import FILE as CLOCK
from flows.rehearsal.standins.smtp_sink import SmtpFaults, SmtpSink
from notifications.reminders.tick import tick
from plan.database import open_engine, reading, writing
from plan.definition.model import PlanDefinition
from plan.models import ConsolidationRun, Message, RungClaim
from plan.queries.lookup import find_plan
from plan.queries.progress import obligations
from tests.conftest import PLAN_ID, at
from tests.support.cluster_kit import Cluster, missing
from tests.support.consolidation_kit import hand_in, report_sections
from tests.support.reminders import make_messaging
from tests.support.service_kit import _home_of, _pids, ask, free_port

pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("serve"),
    pytest.mark.timeout(1500),
    pytest.mark.skipif(missing(), reason="needs Redis and PostgreSQL"),
]

JUST_BEFORE = "2020-04-20T06:59:45+07:00"
LAST = "an-lao/district-report"
OUTPUT = "district-consolidated-report"


class Province(Cluster):
    """The machines of a province: `api1`, `api2`, `services1`, `services2`, `web`, `w1`, `w2`."""

    def begin(self) -> None:
        """Everything but the workers."""
        self.urls = [self.api("api1"), self.api("api2")]
        for number, url in enumerate(self.urls, 1):
            name = f"services{number}"
            self.add(name, ["cluster", "services"], DONDOC_PREFECT_API_URL=url)
        self.web_port = free_port()
        settings = {"DONDOC_PREFECT_API_URL": self.urls[0], "DONDOC_PORT": str(self.web_port)}
        self.add("web", ["serve"], **settings)
        self.wait("pages", lambda: self.parts["web"].said("Sẵn sàng"))

    def worker(self, number: int) -> None:
        """A worker's machine is switched on; its clock agrees with the others'."""
        name = f"w{number}"
        home = self.folder / name
        home.mkdir(exist_ok=True)
        shutil.copy(self.folder / "web" / CLOCK, home)
        words = ["cluster", "worker", "--name", name]
        self.add(name, words, DONDOC_PREFECT_API_URL=self.urls[number - 1])

    def lose(self, name: str) -> None:
        """The machine's power goes: every process of it ends at once."""
        self.parts[name].kill()
        for pid in _pids():
            if _home_of(pid) == str(self.folder / name):
                os.kill(pid, signal.SIGKILL)

    def completed(self) -> int:
        """Runs that came to their end so far."""
        return int(
            self.psql("SELECT count(*) FROM flow_run WHERE state_type='COMPLETED'", "prefect")
        )

    def goes_on(self) -> None:
        """A run begun from now on comes to its end."""
        now = self.psql("SELECT clock_timestamp()").strip()
        begun_since = f"state_type='COMPLETED' AND start_time > '{now}'"
        count = f"SELECT count(*) FROM flow_run WHERE {begun_since}"
        self.wait("a run since", lambda: int(self.psql(count, "prefect")) > 0, 600)


@pytest.fixture(scope="module")
def sink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpSink]:
    with SmtpSink(tmp_path_factory.mktemp("thu"), faults=SmtpFaults(slow=0.7)) as opened:
        yield opened


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory, sink: SmtpSink) -> Iterator[Province]:
    folder = tmp_path_factory.mktemp("may-chu")
    settings = {"DONDOC_CLOCK": JUST_BEFORE, "DONDOC_CLOCK_SMTP_URL": sink.url}
    with Province(folder, **settings) as running:
        running.begin()
        yield running


def arrived(sink: SmtpSink) -> Counter[str]:
    """How often each mail came."""
    return Counter(
        str(email.message_from_bytes(one.data)["Message-ID"]) for one in list(sink.mails)
    )


def test_a_worker_lost_in_mid_delivery(province: Province, sink: SmtpSink) -> None:
    """The other one sends what is left; only the mail that was on the wire may come twice."""
    province.worker(1)
    province.wait("first mails", lambda: len(sink.mails) >= 4)
    province.lose("w1")
    before = arrived(sink)
    assert len(before) < 17, "killed too late to prove anything"
    province.worker(2)
    province.wait("every mail", lambda: len(arrived(sink)) >= 17, 600)
    twice = [name for name, times in arrived(sink).items() if times > 1]
    assert len(twice) <= 1
    province.worker(1)


def test_a_prefect_server_lost(province: Province) -> None:
    """The worker that speaks to the other server goes on; the first comes back by itself."""
    province.parts["api2"].kill()
    province.goes_on()
    province.parts["api2"].start()
    province.wait("api2 again", lambda: ask(f"{province.urls[1]}/health"))


def test_services_lost(province: Province) -> None:
    """One of two is enough, for ever."""
    province.lose("services1")
    province.goes_on()


def test_redis_and_postgresql_restarted(province: Province) -> None:
    """There is one of each: while it is away nothing moves, afterwards everything does."""
    for name in ("redis", "postgres"):
        province.parts[name].kill()
        time.sleep(3)
        province.parts[name].start()
    province.wait("postgresql", lambda: province.psql("SELECT 1"))
    province.goes_on()


def test_consolidated_once_though_machines_are_lost(
    province: Province, definition: PlanDefinition
) -> None:
    """The last acceptance starts it; the pages' machine and one at work on it are lost on the way."""
    accept_all(province, definition)
    shutil.copy(province.folder / "web" / CLOCK, province.folder / "console")
    province.cli("review", "accept", LAST, "--by", "Trần Văn Bình")
    province.lose("web")
    province.parts["web"].start()
    province.wait("at work on it", lambda: at_work(province), 600)
    province.lose(at_work(province))
    province.wait("consolidated", lambda: runs_done(province), 600)


def accept_all(province: Province, definition: PlanDefinition) -> None:
    """Every district's report handed in, all but the last accepted."""
    engine = open_engine(province.database_url)
    now = at("2020-04-20 07:00")
    with reading(engine) as session:
        views = obligations(session, find_plan(session), now, milestone="district-reports")
    for name in sorted(view.id for view in views if view.id.endswith("/district-report")):
        with writing(engine) as session:
            sections = report_sections(definition, ("p1",), name.partition("/")[0])
            hand_in(session, name, now, sections=sections, accepted=name != LAST)
    engine.dispose()


def at_work(province: Province) -> str:
    """The worker that began a consolidation last; empty: none has since the acceptance."""
    for name in ("w1", "w2"):
        lines = province.parts[name].text().splitlines()
        begun = sum("tổng hợp" in line and "Beginning" in line for line in lines)
        ended = sum("tổng hợp" in line and "Finished" in line for line in lines)
        if begun > ended:
            return name
    return "w2" if runs_done(province) else ""


def runs_done(province: Province) -> list[str]:
    """Outputs made of complete inputs."""
    engine = open_engine(province.database_url)
    with reading(engine) as session:
        found = session.exec(select(ConsolidationRun.output, ConsolidationRun.state)).all()
    engine.dispose()
    return [output for output, state in found if state == "done"]


def test_nothing_lost_and_nothing_doubled(
    province: Province, sink: SmtpSink, sqlite_plan_engine_url: str
) -> None:
    wanted = claims(sqlite_plan_engine_url, tick_at="2020-04-20 07:00")
    assert claims(province.database_url) == wanted
    assert len(runs_done(province)) == len(set(runs_done(province)))
    engine = open_engine(province.database_url)
    with reading(engine) as session:
        sent = session.exec(select(Message.reference).where(Message.event == "reminder")).all()
    engine.dispose()
    came = {name.strip("<>").partition("@")[0] for name in arrived(sink)}
    assert set(sent) <= came
    assert "toàn vẹn" in province.cli("audit", "verify")


def claims(url: str, tick_at: str = "") -> set[tuple[int, str, str, str]]:
    """Who was reminded of what on which rung. `tick_at`: work it out first, as of then."""
    engine = open_engine(url)
    if tick_at:
        tick(engine, PLAN_ID, at(tick_at), make_messaging())
    with reading(engine) as session:
        found = session.exec(select(RungClaim)).all()
    engine.dispose()
    assert len(found) == len({(c.obligation_id, c.rung, c.recipient, c.channel) for c in found})
    return {(c.obligation_id, c.rung, c.recipient, c.channel) for c in found}


@pytest.fixture
def sqlite_plan_engine_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The same plan in a database of its own."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'dondoc.db')}"


def test_registering_again_from_anywhere_changes_nothing(province: Province) -> None:
    shutil.copy(province.folder / "web" / CLOCK, province.folder / "console")
    said = province.cli("cluster", "register", DONDOC_PREFECT_API_URL=province.urls[1])
    assert "0 mới hoặc đổi, 0 bỏ" in said


def test_strangers_are_refused(province: Province) -> None:
    with pytest.raises(urllib.error.HTTPError) as refused:
        ask(f"{province.urls[0]}/deployments/filter", {})
    assert refused.value.code == 401
