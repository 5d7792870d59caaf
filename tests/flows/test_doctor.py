"""`dondoc doctor`: every fault found, each with what to do, and none hides another."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine
from sqlmodel import col, select
from typer.testing import CliRunner

from flows.cli import app
from flows.clock import real_clock
from flows.jobs import rounds
from flows.rehearsal.standins.smtp_sink import SmtpSink
from flows.runtime import RoundTools
from flows.schedule import environment, state
from flows.schedule.state import Deployed
from flows.service import health
from flows.service.health import CHECKS, Check, Exam, examine
from intake import confine
from notifications.outbox import retry
from notifications.silence import silence
from notifications.starting import TESTED
from plan.database import reading, writing
from plan.ledger import audit
from plan.models import Agency, Contact
from plan.settings import Settings
from tests.conftest import PLAN_ID, STARTER, at
from tests.standins.clock import HandClock
from tests.support.consolidation_kit import hand_in
from tests.support.service_kit import free_port

REPORTS = "Mốc Báo cáo, kế hoạch cấp huyện (KH 04)"


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as opened:
        yield opened


@pytest.fixture
def settings(tmp_path: Path, sink: SmtpSink) -> Settings:
    return Settings.model_validate(
        {
            "home": tmp_path,
            "smtp_url": sink.url,
            "prefect_port": free_port(),
            "mail_from": "Sở Nội vụ <don-doc@snv.binhdinh.gov.vn>",
            "base_url": "https://don-doc.snv.binhdinh.gov.vn",
        }
    )


@pytest.fixture
def tools(settings: Settings, engine: Engine) -> RoundTools:
    """With an address book of real domains, and a mail server that was tried."""
    with writing(engine) as session:
        for contact in session.exec(select(Contact)):
            contact.email = contact.email.replace(".example", ".gov.vn")
            session.add(contact)
        audit.record(
            session,
            plan_id=PLAN_ID,
            actor=STARTER,
            event=TESTED,
            subject="email",
            now=at("2020-01-20 08:00"),
        )
    return replace(rounds.make_tools(settings, engine), clock=HandClock())


@pytest.fixture
def exam(settings: Settings, tools: RoundTools) -> Exam:
    """With a Prefect that has everything registered and ran all of it."""
    made = Exam(settings, tools)
    made.__dict__["prefect_up"] = True
    made.__dict__["deployed"] = [
        Deployed(str(number), job.full_name, "", True, at("2020-04-20 08:30"), False)
        for number, job in enumerate(made.jobs)
    ]
    return made


def look(exam: Exam) -> list[Check]:
    return [one for name, check in CHECKS for one in health.run_check(exam, name, check)]


def faults(found: list[Check]) -> dict[str, Check]:
    return {one.name: one for one in found if not one.ok}


def test_all_is_well(exam: Exam) -> None:
    found = look(exam)
    assert faults(found) == {}
    assert {name for name, _ in CHECKS} - {one.name for one in found} == {
        "Kênh gửi",
        "Cửa nhận bài",
        "Mốc",
    }


def test_nothing_runs(settings: Settings, tools: RoundTools) -> None:
    found = faults(examine(settings, tools))
    assert found["Prefect"].what_to_do == "Chạy: dondoc serve"
    assert set(found) == {"Prefect", "Lịch", "Mốc"}


def test_no_database_hides_nothing_else(settings: Settings, tmp_path: Path) -> None:
    broken = settings.model_copy(update={"database_url": "postgresql+psycopg://127.0.0.1:1/x"})
    found = faults(examine(broken, rounds.make_tools(broken)))
    assert "Không kết nối được" in found["Cơ sở dữ liệu"].words
    assert "Prefect" in found


def test_an_older_database(settings: Settings) -> None:
    found = faults(examine(settings, rounds.make_tools(settings)))
    assert "dondoc init" in found["Cơ sở dữ liệu"].what_to_do


def test_every_fault_says_what_to_do(settings: Settings, tools: RoundTools) -> None:
    assert all(one.what_to_do for one in examine(settings, tools) if not one.ok)


def test_an_agency_without_contact(exam: Exam) -> None:
    with writing(exam.tools.engine) as session:
        agency = session.exec(select(Agency).where(Agency.code == "an-lao")).one()
        for contact in session.exec(select(Contact).where(Contact.agency_id == agency.id)):
            contact.email = contact.phone = contact.zalo_user_id = contact.zalo_chat_id = ""
            session.add(contact)
    assert "An Lão" in faults(look(exam))["Danh bạ"].words


def silenced(exam: Exam, address: str, lasting: timedelta | None) -> None:
    with writing(exam.tools.engine) as session:
        silence(session, "email", address, "550", "không nhận", exam.tools.clock(), lasting)


def address_check(exam: Exam) -> Check:
    [found] = [one for one in look(exam) if one.name == "Địa chỉ nhận tin"]
    return found


def test_an_address_that_takes_nothing(exam: Exam) -> None:
    """For a while: said, and no fault. For good: a fault that names whose, until it is corrected."""
    with reading(exam.tools.engine) as session:
        contacts = select(Contact.email).join(Agency).where(col(Contact.email) != "")
        first = session.exec(contacts.where(Agency.code == "an-lao")).first()
        second = session.exec(contacts.where(Agency.code == "stc")).first()
    assert first
    assert second
    assert address_check(exam).words == "Không địa chỉ nào bị ngừng."
    silenced(exam, first, timedelta(days=1))
    assert address_check(exam).ok
    assert address_check(exam).words == "1 địa chỉ tạm ngừng, sẽ tự thử lại."
    silenced(exam, second, None)
    fault = address_check(exam)
    assert not fault.ok
    assert "1 địa chỉ bị từ chối hoặc trả lại, của: Sở Tài chính." in fault.words
    assert "1 địa chỉ tạm ngừng" in fault.words
    assert "An Lão" not in fault.words
    assert "Danh bạ" in fault.what_to_do


def test_an_address_that_nobody_has_any_more(exam: Exam) -> None:
    """Corrected in the address book: the old one is nobody's fault."""
    silenced(exam, "cu@snv.binhdinh.gov.vn", None)
    assert address_check(exam).words == "Không địa chỉ nào bị ngừng."


def test_a_channel_that_does_not_answer(exam: Exam, sink: SmtpSink) -> None:
    sink.faults.greeting = "554 5.3.0 No"
    fault = faults(look(exam))["Kênh email"]
    assert "dondoc channels test --channel email" in fault.what_to_do


def test_a_channel_held_back(exam: Exam) -> None:
    with writing(exam.tools.engine) as session:
        retry.hold(session, "email", at("2020-04-20 08:00"), "421", "Bận")
    assert "tạm ngừng từ 08:00" in faults(look(exam))["Kênh email"].words


def test_schedules_missing_or_switched_off(exam: Exam) -> None:
    kept = exam.deployed
    exam.__dict__["deployed"] = kept[1:]
    assert kept[0].name in faults(look(exam))["Lịch"].words
    exam.__dict__["deployed"] = [replace(kept[0], scheduled=False), *kept[1:]]
    assert "đang tắt" in faults(look(exam))["Lịch"].words
    exam.__dict__["deployed"] = [replace(kept[0], scheduled=False), *kept[2:]]
    both = [one.words for one in look(exam) if one.name == "Lịch"]
    assert kept[1].name in both[0]
    assert kept[0].name in both[1]


def test_a_milestone_that_did_not_run(exam: Exam) -> None:
    exam.__dict__["deployed"] = [
        replace(one, overdue="district-reports" in one.name) for one in exam.deployed
    ]
    assert set(faults(look(exam))) == {REPORTS}


def test_a_milestone_whose_run_nobody_takes_up(exam: Exam) -> None:
    """Also when it ran this morning: the next day would be late to say so."""
    since = at("2020-04-20 09:00")
    exam.__dict__["deployed"] = [
        replace(one, waiting_since=since) if "district-reports" in one.name else one
        for one in exam.deployed
    ]
    assert "từ 09:00" in faults(look(exam))[REPORTS].words


def test_what_the_server_says_of_runs() -> None:
    """A run still waiting long after its moment; one that waits its turn for a while is none."""
    from prefect.client.schemas.objects import FlowRun, State, StateType

    def state_of(*runs: tuple[StateType, int]) -> Deployed:
        made = [
            FlowRun(
                flow_id=uuid4(),
                state=State(type=kind),
                state_type=kind,
                expected_start_time=real_clock() - timedelta(minutes=ago),
            )
            for kind, ago in runs
        ]
        return state.deployment_state("1", "a/b", "", True, made)

    ran, waits, crashed = StateType.COMPLETED, StateType.SCHEDULED, StateType.CRASHED
    assert state_of((waits, 20), (ran, 60)).waiting_since is None
    assert state_of((waits, 40), (ran, 60)).waiting_since is not None
    assert not state_of((waits, 40), (ran, 60)).overdue
    assert state_of((crashed, 20)).overdue
    assert not state_of((crashed, 20), (ran, 60)).overdue


def test_a_store_on_another_disk_is_looked_at_too(exam: Exam) -> None:
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == exam.settings.home.stat().st_dev:
        pytest.skip("needs a second file system")
    exam.settings = exam.settings.model_copy(update={"store_url": str(other)})
    places = [one.words for one in look(exam) if one.name == "Đĩa"]
    assert len(places) == 2
    assert any(str(other) in words for words in places)


def test_a_clock_that_went_back(exam: Exam) -> None:
    with writing(exam.tools.engine) as session:
        hand_in(session, "an-lao/district-report", exam.tools.clock() + timedelta(days=2))
    assert "Chỉnh giờ máy" in faults(look(exam))["Đồng hồ"].what_to_do


def test_a_full_disk(exam: Exam, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = type(shutil.disk_usage("/"))(100, 99, 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    assert "sao lưu" in faults(look(exam))["Đĩa"].what_to_do


def test_a_check_that_fails_is_a_fault(exam: Exam, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(health, "unreachable_agencies", broken)
    assert set(faults(look(exam))) == {"Danh bạ"}


def test_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONDOC_PREFECT_PORT", str(free_port()))
    monkeypatch.setattr(
        environment, "configure_prefect", lambda _: None
    )  # it would change this process's environment
    done = CliRunner().invoke(app, ["doctor", "--json"])
    assert done.exit_code == 1
    found = json.loads(done.output)
    assert {"name", "ok", "words", "what_to_do"} == set(found[0])


@pytest.mark.parametrize("machine", ["linux", "win32"])
def test_what_a_machine_cannot_hold_readers_to_is_said(
    exam: Exam, monkeypatch: pytest.MonkeyPatch, machine: str
) -> None:
    """A kernel without Landlock, and a machine that has none of it: said, and no alarm."""
    monkeypatch.setattr(sys, "platform", machine)
    monkeypatch.setattr(confine, "landlock_version", lambda: 0)
    [found] = health.reader(exam)
    assert found.ok
    assert "không đọc tệp khác" in found.words
    assert ("(Landlock)" in found.words) == (machine == "linux")
