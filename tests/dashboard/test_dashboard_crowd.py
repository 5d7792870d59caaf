"""The morning of the deadline: fifty agencies hand in at once while two hundred people look."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import col, select

from dashboard.auth import sessions, users
from dashboard.web.request import SESSION_COOKIE
from flows.clock import real_clock
from intake.files.store import Store
from intake.forms.workbook import build_workbook
from plan.database import migrate, open_engine, reading, writing
from plan.ledger.audit import verify
from plan.models import Agency, Obligation, Submission, SubmissionFile
from plan.states import Actor, Role
from tests.benchmarks.dashboard_server import serving
from tests.support.consolidation_many import definition_of, load_many

AGENCIES, READERS = 50, 200
NOW = datetime(2020, 4, 20, 2, tzinfo=UTC)
PAGES = ("/", "/nghia-vu", "/co-quan", "/moc", "/lich", "/lanh-dao")
SYSTEM = Actor("dondoc", Role.system)
Found = list[tuple[str, int]]


def _session_of(engine: Engine, role: str, *agencies: str) -> str:
    now = real_clock()
    with writing(engine) as session:
        user = users.add_user(
            session,
            email=f"{role}{'-'.join(agencies)}@example.vn",
            name=f"{role} {' '.join(agencies)}",
            role=role,
            agencies=agencies,
            actor=SYSTEM,
            now=now,
        )
        return sessions.begin_for_user(session, user, sessions.Entry("password"), now)


async def _hand_in(client: httpx.AsyncClient, agency: str, cookie: str, data: bytes) -> int:
    headers = {"cookie": f"{SESSION_COOKIE}={cookie}"}
    page = await client.get(f"/don-vi/{agency}", headers=headers)
    token = re.search(r'name="csrf" value="(\w+)"', page.text)
    assert token is not None
    answer = await client.post(
        f"/don-vi/{agency}/nop",
        headers=headers,
        data={"csrf": token[1]},
        files={"tep": (f"{agency}.xlsx", data)},
    )
    return answer.status_code


async def _look(client: httpx.AsyncClient, cookie: str, busy: asyncio.Event, seen: Found) -> None:
    """One reader, page after page, as long as anything is being handed in."""
    headers = {"cookie": f"{SESSION_COOKIE}={cookie}"}
    while busy.is_set():
        for path in PAGES:
            seen.append((path, (await client.get(path, headers=headers)).status_code))


async def _crowd(
    base: str, agencies: dict[str, str], leader: str, files: dict[str, bytes]
) -> tuple[list[int], Found]:
    # The server closes a line that was idle for five seconds: none is taken up again so late.
    limits = httpx.Limits(max_connections=AGENCIES + READERS, keepalive_expiry=2)
    busy, seen = asyncio.Event(), Found()
    busy.set()
    async with httpx.AsyncClient(
        base_url=base, limits=limits, timeout=240, trust_env=False
    ) as client:
        readers = [asyncio.create_task(_look(client, leader, busy, seen)) for _ in range(READERS)]
        codes = await asyncio.gather(
            *(_hand_in(client, code, cookie, files[code]) for code, cookie in agencies.items())
        )
        busy.clear()
        await asyncio.gather(*readers)
    return codes, seen


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_nothing_is_lost_when_all_hand_in_at_once(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'dondoc.db'}")
    migrate(engine)
    load_many(engine, AGENCIES, accepted=0)
    definition = definition_of(AGENCIES)
    codes = [f"xa-{n}" for n in range(AGENCIES)]
    cookies = {code: _session_of(engine, "agency", code) for code in codes}
    leader = _session_of(engine, "leader")
    files = {code: build_workbook(definition, code, on=NOW.date(), deadlines={}) for code in codes}
    with serving(str(tmp_path), NOW.isoformat()) as served:
        base = f"http://127.0.0.1:{served.port}"
        answers, seen = asyncio.run(_crowd(base, cookies, leader, files))
    assert Counter(answers) == {200: AGENCIES}
    assert {code for _, code in seen} == {200}
    assert len(seen) >= READERS * len(PAGES)
    _each_is_there(engine, Store(str(tmp_path / "submissions")), files)
    engine.dispose()


def _each_is_there(engine: Engine, store: Store, files: dict[str, bytes]) -> None:
    with reading(engine) as session:
        rows = session.exec(
            select(Agency.code, Submission.number, SubmissionFile.sha256)
            .join(Obligation, col(Obligation.agency_id) == Agency.id)
            .join(Submission, col(Submission.obligation_id) == Obligation.id)
            .join(SubmissionFile, col(SubmissionFile.submission_id) == Submission.id)
        ).all()
        assert list(verify(session)) == []
    assert sorted(rows) == sorted(
        (code, 1, sha256(data).hexdigest()) for code, data in files.items()
    )
    for code, _, digest in rows:
        assert store.get(digest) == files[code]
