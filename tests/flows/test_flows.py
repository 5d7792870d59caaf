"""The flows themselves, carried out against a real Prefect server; what they do is tested beneath them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from prefect.client.orchestration import get_client
from sqlalchemy import Engine
from sqlmodel import select

from flows.jobs import rounds
from flows.rehearsal.standins.smtp_sink import SmtpSink
from flows.runtime import RoundTools
from flows.schedule.state import deployed
from flows.scheduled import scans as scheduled_scans
from flows.scheduled.consolidate import consolidate
from flows.scheduled.maintenance import deliver, housekeeping, read_bounces, watch
from flows.scheduled.track_milestone import track_milestone
from intake.programs import tesseract
from intake.scans.queue import enqueue
from notifications.round import queue
from plan.database import writing
from plan.definition.model import PlanDefinition
from plan.models import Agency, AuditEvent, Contact
from plan.settings import Settings
from tests.conftest import PLAN_ID, at
from tests.standins.clock import HandClock
from tests.support.consolidation_kit import hand_in, report_sections

pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.usefixtures("prefect")]


@pytest.fixture
def sink() -> Iterator[SmtpSink]:
    with SmtpSink() as opened:
        yield opened


@pytest.fixture
def tools(
    engine: Engine, tmp_path: Path, sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> RoundTools:
    """Monday 20/04/2020, 09:00; the flows find them where they look for the installation's."""
    settings = Settings.model_validate({"home": tmp_path, "smtp_url": sink.url})
    made = replace(rounds.make_tools(settings, engine), clock=HandClock())
    monkeypatch.setattr(rounds, "installed", lambda: made)
    return made


def artifact(key: str) -> Any:
    async def ask() -> Any:
        from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey

        async with get_client() as client:
            wanted = ArtifactFilter(key=ArtifactFilterKey(any_=[key]))
            found = await client.read_artifacts(artifact_filter=wanted)
            return found[0].data

    return asyncio.run(ask())


def test_a_look_reminds_once_and_leaves_its_artifacts(tools: RoundTools, sink: SmtpSink) -> None:
    said = asyncio.run(track_milestone(PLAN_ID, "district-reports"))
    assert "0/22 đã nhận, 22 còn nợ." in said
    assert len(sink.mails) == 17
    asyncio.run(track_milestone(PLAN_ID, "district-reports"))
    assert len(sink.mails) == 17
    key = f"{PLAN_ID}-district-reports"
    owing = {row["Cơ quan"] for row in json.loads(artifact(f"{key}-no"))}
    assert "UBND huyện An Lão" in owing
    assert len(owing) == 11
    assert float(artifact(f"{key}-tien-do")) == 0
    assert tools.settings.base_url in artifact(f"{key}-trang")


def test_inputs_complete_are_consolidated_once(
    tools: RoundTools, definition: PlanDefinition
) -> None:
    now = tools.clock()
    for agency in (one.id for one in definition.agencies if one.group == "district"):
        with writing(tools.engine) as session:
            sections = report_sections(definition, ("p1",), agency)
            hand_in(session, f"{agency}/district-report", now, sections=sections, accepted_at=now)
    assert "district-compilation lần 1" in asyncio.run(consolidate(PLAN_ID))
    assert list((tools.settings.home / "output").rglob("*bao-cao-cap-huyen*.docx"))
    assert "11/11" in artifact(f"{PLAN_ID}-district-compilation-dau-vao")
    assert asyncio.run(consolidate(PLAN_ID)) == "không có gì phải tổng hợp"
    assert asyncio.run(consolidate(PLAN_ID, nightly=True)) != ""


def test_the_sweep_delivers(tools: RoundTools, sink: SmtpSink) -> None:
    queue(tools.engine, PLAN_ID, tools.desk, tools.clock())
    assert asyncio.run(deliver()) == "gửi 17, sẽ gửi lại 0"
    assert len(sink.mails) == 17


def test_what_waits_leaves_though_what_arrives_cannot_be_read(
    tools: RoundTools, sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stumbles(_tools: RoundTools) -> int:
        raise KeyError("…")

    monkeypatch.setattr(rounds, "read_bounces", stumbles)
    monkeypatch.setattr(read_bounces, "retries", 0)
    queue(tools.engine, PLAN_ID, tools.desk, tools.clock())
    with pytest.raises(KeyError):
        asyncio.run(deliver())
    assert len(sink.mails) == 17


def test_the_watch_tells_the_coordinator(tools: RoundTools, sink: SmtpSink) -> None:
    with writing(tools.engine) as session:
        agency = session.exec(select(Agency).where(Agency.code == "an-lao")).one()
        for contact in session.exec(select(Contact).where(Contact.agency_id == agency.id)):
            contact.email = contact.phone = contact.zalo_user_id = contact.zalo_chat_id = ""
            session.add(contact)
    assert asyncio.run(watch()) != "0 tin báo"
    assert sink.mails
    assert asyncio.run(watch()) == "0 tin báo"


def test_the_night_backs_up_and_lays_out_schedules(tools: RoundTools) -> None:
    said = asyncio.run(housekeeping())
    assert (tools.settings.home / "backups" / "dondoc-2020-04-20.db").is_file()
    assert f"track-milestone/district-reports.{PLAN_ID}" in {
        one.name for one in asyncio.run(deployed())
    }
    assert "Sổ nhật ký nguyên vẹn" in said
    assert "dondoc-2020-04-20.db" in artifact("viec-dem")


def test_a_broken_audit_chain_is_cried_out(tools: RoundTools) -> None:
    with writing(tools.engine) as session:
        event = session.exec(select(AuditEvent)).first()
        assert event is not None
        event.written_as = "somebody else"
        session.add(event)
    with pytest.raises(RuntimeError, match="sổ nhật ký hỏng"):
        asyncio.run(housekeeping())


def test_what_failed_is_said(tools: RoundTools, monkeypatch: pytest.MonkeyPatch) -> None:
    from consolidation.triggers import Reaction

    failed = Reaction(failed=(("district-compilation", "đĩa đầy"),))
    monkeypatch.setattr(rounds, "consolidate_due", lambda *_, **__: failed)
    with pytest.raises(RuntimeError, match="district-compilation: đĩa đầy"):
        asyncio.run(consolidate(PLAN_ID))
    assert at("2020-04-20 09:00") == tools.clock()


def test_the_sweep_starts_the_reading_of_scans_only_where_some_wait(
    tools: RoundTools, sink: SmtpSink, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []

    async def start(name: str, **_: object) -> None:
        started.append(name)

    monkeypatch.setattr(scheduled_scans, "arun_deployment", start)
    monkeypatch.setattr(tesseract, "installed", lambda: True)
    asyncio.run(deliver())
    assert started == []
    tools.store.put(b"another file: a store that holds nothing is taken for one that is away")
    with writing(tools.engine) as session:
        enqueue(session, "ab" * 32, (1, 2), tools.clock())
    asyncio.run(deliver())
    assert started == ["read-scans/all"]
    assert asyncio.run(scheduled_scans.read_scans()) == "đọc 0 trang"  # the store has no such file
    asyncio.run(deliver())
    assert started == ["read-scans/all"]
