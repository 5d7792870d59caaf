"""Ways in that cannot be read are told: by the doctor, by `channels test`, and to the coordinators."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine

from flows.jobs import inbox_watch
from plan.database import reading, writing
from plan.models import IncomingMail
from plan.settings import Settings
from tests.conftest import at
from tests.standins.imap import FakeImap
from tests.standins.signing import holder

NOW = at("2020-04-20 09:00")


def test_nothing_is_said_of_what_is_not_set_up(tmp_path: Path) -> None:
    assert inbox_watch.faults(Settings(home=tmp_path)) == {}


def test_folders_and_the_trust_store(tmp_path: Path) -> None:
    given = Settings(
        home=tmp_path,
        inbox_dir=tmp_path / "nhan",
        edoc_organ_id="H08.09",
        edoc_out_dir=tmp_path / "gui",
        trust_store=tmp_path / "goc",
    )
    told = inbox_watch.faults(given)
    assert {name for name, found in told.items() if "Không có thư mục" in found[0]} == set(told)
    for name in ("nhan", "gui", "goc"):
        (tmp_path / name).mkdir()
    told = inbox_watch.faults(given)
    assert [name for name, found in told.items() if found] == ["Kho tin cậy chữ ký"]
    (tmp_path / "goc" / "hong.crt").write_bytes(b"x")
    assert "hong.crt" in inbox_watch.faults(given)["Kho tin cậy chữ ký"][0]
    (tmp_path / "goc" / "hong.crt").write_bytes(holder("Gốc", "Ban Cơ yếu").pem)
    assert not any(inbox_watch.faults(given).values())


def test_a_mailbox_that_answers_and_one_that_does_not(tmp_path: Path) -> None:
    with FakeImap({}) as server:
        given = Settings(home=tmp_path, inbox_url=SecretStr(server.url))
        assert inbox_watch.faults(given) == {"Hộp thư nhận bài": []}
    (fault,) = inbox_watch.faults(given)["Hộp thư nhận bài"]
    assert "Không đọc được hộp thư" in fault


@pytest.mark.parametrize(("hours", "told"), [(2, 0), (30, 1)])
def test_a_hand_in_that_nobody_looks_at(engine: Engine, hours: int, told: int) -> None:
    since = NOW - timedelta(hours=hours)
    with writing(engine) as session:
        session.add(
            IncomingMail(
                fingerprint="x",
                source="mailbox",
                received_at=since,
                recorded_at=since,
                state="to_person",
            )
        )
    with reading(engine) as session:
        assert list(inbox_watch.waiting(session, NOW)) == [(1, since)] * told
