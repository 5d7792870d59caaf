"""The real service: `dondoc serve` in a fresh home, on a virtual clock just before a rung, with a real SMTP
server. The tests only do what people do: wait, look, hand in, accept."""

from __future__ import annotations

import email
import email.policy
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.rehearsal.standins.smtp_sink import SmtpSink
from plan.database import open_engine, reading, writing
from plan.definition.model import PlanDefinition
from plan.queries.lookup import find_plan
from plan.queries.progress import obligations
from tests.conftest import PLAN_ID, at
from tests.support.consolidation_kit import hand_in, report_sections
from tests.support.service_kit import DONDOC, Serving

pytestmark = [pytest.mark.xdist_group("serve"), pytest.mark.timeout(900)]

JUST_BEFORE = "2020-04-20T06:59:45+07:00"
"""The office opens at 07:00, and the rungs of the past days are due."""
LAST = "an-lao/district-report"


@pytest.fixture(scope="module")
def sink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmtpSink]:
    with SmtpSink(tmp_path_factory.mktemp("thu")) as opened:
        yield opened


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, sink: SmtpSink) -> Iterator[Serving]:
    home = tmp_path_factory.mktemp("serve") / "home"
    real_server = {"DONDOC_CLOCK": JUST_BEFORE, "DONDOC_CLOCK_SMTP_URL": sink.url}
    with Serving(home, **real_server) as running:
        yield running


def test_the_first_start_makes_everything(served: Serving) -> None:
    assert "đã nạp kế hoạch 04/KH-UBND" in served.text()
    assert f"{served.url}/mot-lan/" in served.text()
    names = {one["name"] for one in served.prefect("deployments/filter", {})}
    assert f"district-reports.{PLAN_ID}" in names


def test_a_registered_schedule_yields_runs(served: Serving) -> None:
    """Not a matter of course: Prefect 3.8 beside SQLAlchemy 2.1 said nothing and scheduled nothing."""
    assert served.wait("scheduled runs", lambda: served.runs(type=["SCHEDULED"]))


def test_the_mail_of_a_rung_arrives(served: Serving, sink: SmtpSink) -> None:
    served.wait("mail", lambda: len(sink.mails) >= 17)
    for kept in list(sink.mails):
        mail = email.message_from_bytes(kept.data, policy=email.policy.default)
        assert mail["X-Dondoc-Clock"].startswith("2020-04-20T07:0")
        assert "20 Apr 2020" in mail["Date"]
    assert "track-milestone" in served.text()


def test_after_the_last_acceptance_the_file_is_there(
    served: Serving, definition: PlanDefinition
) -> None:
    engine = open_engine(f"sqlite:///{served.home / 'dondoc.db'}")
    now = at("2020-04-20 07:00")
    with reading(engine) as session:
        views = obligations(session, find_plan(session), now, milestone="district-reports")
    for name in sorted(view.id for view in views if view.id.endswith("/district-report")):
        with writing(engine) as session:
            sections = report_sections(definition, ("p1",), name.partition("/")[0])
            hand_in(session, name, now, sections=sections, accepted=name != LAST, accepted_at=now)
    engine.dispose()
    output = served.home / "output"
    assert not list(output.rglob("*.docx"))
    served.cli("review", "accept", LAST, "--by", "Trần Văn Bình")
    files = served.wait("consolidation", lambda: list(output.rglob("*bao-cao-cap-huyen*.docx")))
    assert files[0].stat().st_size > 10_000


def test_pages_say_that_time_is_not_real(served: Serving) -> None:
    link = next(word for word in served.text().split() if "/mot-lan/" in word)
    for url in (link, f"{served.url}/dang-nhap"):
        with urllib.request.urlopen(url, timeout=30) as page:
            assert "Đang diễn tập: 20/04/2020" in page.read().decode()


def test_doctor_and_health_agree(served: Serving) -> None:
    assert served.faults() == []
    assert "Mọi thứ đều ổn." in served.cli("doctor")


def test_a_second_service_on_the_same_home_is_refused(served: Serving) -> None:
    second = subprocess.run([DONDOC, "serve"], env=served.env, capture_output=True, text=True)
    assert second.returncode == 1
    assert "đang chạy trên" in second.stderr


def test_it_stops_cleanly_and_leaves_nobody_behind(served: Serving) -> None:
    assert served.process is not None
    assert len(served.children()) > 1
    assert served.stop() == 0
    assert served.children() == set()
    assert "Traceback" not in served.text()


def test_doctor_tells_what_to_do_when_nothing_runs(served: Serving) -> None:
    """After the service has stopped (tests of a module run in order)."""
    said = served.cli("doctor", ok=False)
    assert "▲ Prefect" in said
    assert "→ Chạy: dondoc serve" in said


def test_a_taken_port_is_told(tmp_path: Path, sink: SmtpSink) -> None:
    serving = Serving(tmp_path / "home", DONDOC_PORT=str(sink.port))
    done = subprocess.run([DONDOC, "serve"], env=serving.env, capture_output=True, text=True)
    assert done.returncode == 1
    assert "DONDOC_PORT" in done.stderr
