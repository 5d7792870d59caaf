"""`remind`, `outbox`, `channels test`, `letter`: the true process against a real mail server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from flows.cli import app
from tests.conftest import PLAN_ID, forget
from tests.standins import SmtpFaults, SmtpSink
from tests.support.reminders import messages, rows

FRIDAY = "2020-04-24T08:00+07:00"


@pytest.fixture
def home(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """The packaged plan, in the database the settings name."""
    monkeypatch.setenv("DONDOC_DATABASE_URL", engine.url.render_as_string(hide_password=False))
    return engine


def dondoc(*words: str, given: str = "") -> Result:
    forget()
    return CliRunner().invoke(app, list(words), input=given)


def told(*words: str) -> Any:
    result = dondoc(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_true_process_sends_true_mail(home: Engine, tmp_path: Path) -> None:
    with SmtpSink(tmp_path / "mails") as sink:
        environment = os.environ | {"DONDOC_SMTP_URL": sink.url}
        command = [sys.executable, "-c", "from flows.cli import main; main()", "remind", "--json"]
        done = subprocess.run(
            [*command, "--as-of", FRIDAY],
            env=environment,
            capture_output=True,
            text=True,
            check=True,
            cwd=Path(__file__).parent.parent.parent,
        )
        said = json.loads(done.stdout)
        assert len(sink.mails) == len(said["delivery"]["sent"]) == 17
        mail = message_from_bytes(sink.mails[0].data)
    assert said["plan"] == PLAN_ID
    assert said["queued"] == said["delivery"]["sent"]
    assert str(mail["Date"]) == "Fri, 24 Apr 2020 08:00:00 +0700"
    assert str(mail["X-Dondoc-Clock"]) == "2020-04-24T08:00:00+07:00"
    assert "@" not in done.stdout + done.stderr


def test_a_dry_run_says_who_and_why_and_writes_nothing(home: Engine) -> None:
    said = told("remind", "--dry-run", "--as-of", FRIDAY)
    assert len(said["messages"]) == 17
    an_lao = next(m for m in said["messages"] if "An Lão" in m["recipient_name"])
    assert an_lao["event"] == "reminder"
    assert {(r["obligation"], r["rung"]) for r in an_lao["rungs"]} >= {
        ("an-lao/district-report", "-3"),
        ("an-lao/district-plan", "announce"),
    }
    assert messages(home) == []
    shown = dondoc("remind", "--dry-run", "--as-of", FRIDAY)
    assert "17 tin sẽ được gửi" in shown.output
    assert "-3 an-lao/district-report" in shown.output


def test_a_dry_run_at_night_shows_the_morning(home: Engine) -> None:
    shown = dondoc("remind", "--dry-run", "--as-of", "2020-04-25T20:00+07:00")
    assert "sẽ nhắc từ 07:00 ngày 27/04/2020" in shown.output


def test_without_a_mail_server_it_says_so_and_keeps_everything(home: Engine) -> None:
    result = dondoc("remind", "--as-of", FRIDAY)
    assert result.exit_code == 0
    assert "Kênh email tạm ngừng" in result.output
    assert "DONDOC_SMTP_URL" in result.output
    assert {m.state for m in messages(home)} == {"queued"}
    assert "Kênh email không gửi được từ 08:00 ngày 24/04/2020" in dondoc("outbox").output
    assert [channel["channel"] for channel in told("outbox")["down"]] == ["email"]


@pytest.fixture
def sent(home: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """One round, An Lão's address refused."""
    faults = SmtpFaults(recipients={"dau-moi@an-lao.binhdinh.example": "550 5.1.1 No such user"})
    with SmtpSink(faults=faults) as sink:
        monkeypatch.setenv("DONDOC_SMTP_URL", sink.url)
        assert dondoc("remind", "--as-of", FRIDAY).exit_code == 0
    return home


def test_the_outbox_lists_shows_and_retries(sent: Engine) -> None:
    listed = told("outbox")
    assert listed["counts"]["sent"] == 17
    assert listed["counts"]["refused"] == 1
    [failed] = told("outbox", "--failed")["messages"]
    assert failed["code"] == "5.1.1"
    assert "binhdinh.example" not in json.dumps(listed, ensure_ascii=False)
    plain = dondoc("outbox", "--failed")
    assert "bị từ chối" in plain.output
    whole = dondoc("outbox", "show", str(failed["id"]))
    assert "dau-moi@an-lao.binhdinh.example" in whole.output
    assert "Còn 3 ngày làm việc" in whole.output
    assert "<html" in dondoc("outbox", "show", str(failed["id"]), "--html").output
    assert told("outbox", "show", str(failed["id"]))["content"]["subject"]
    assert "1 tin sẽ được gửi lại" in dondoc("outbox", "retry", str(failed["id"])).output
    assert rows(sent, "SELECT * FROM bad_address") == []


def test_the_head_hears_in_place_of_a_dead_address(sent: Engine) -> None:
    names = {m.recipient_name for m in messages(sent) if m.state == "sent"}
    assert "Lãnh đạo An Lão" in names


def test_a_message_that_is_not_there(home: Engine) -> None:
    result = dondoc("outbox", "show", "12345")
    assert result.exit_code == 2
    assert "Không có tin «12345»" in result.output


def test_channels_are_tried_and_faults_named(home: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    result = dondoc("channels", "test")
    assert result.exit_code == 1
    assert "DONDOC_SMTP_URL" in result.output
    with SmtpSink() as sink:
        monkeypatch.setenv("DONDOC_SMTP_URL", sink.url)
        good = dondoc("channels", "test", "--to", "thu@x.example")
        assert good.exit_code == 0, good.output
        assert len(sink.mails) == 1
    unset = dondoc("channels", "test", "--channel", "apprise")
    assert unset.exit_code == 1
    assert "DONDOC_APPRISE_URLS" in unset.output
    unknown = dondoc("channels", "test", "--channel", "emial")
    assert unknown.exit_code == 2
    assert "«email»" in unknown.output


def test_a_letter_is_written(home: Engine, tmp_path: Path) -> None:
    result = dondoc("letter", "--agency", "an-lao", "--out", str(tmp_path), "--as-of", "2020-05-06")
    assert result.exit_code == 0, result.output
    [path] = tmp_path.glob("cong-van-*.docx")
    assert path.read_bytes()[:2] == b"PK"
    issuer = dondoc(
        "letter",
        "--milestone",
        "thematic-reports",
        "--issuer",
        "--out",
        str(tmp_path / "u.docx"),
        "--as-of",
        "2020-05-06",
    )
    assert issuer.exit_code == 0, issuer.output
    refused = dondoc("letter", "--agency", "snv", "--as-of", "2020-05-06")
    assert refused.exit_code == 1
    assert "chính mình" in refused.output


def test_a_broken_template_stops_before_anything_is_sent(
    home: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "reminder").mkdir()
    (tmp_path / "reminder" / "lead.txt").write_text("{{ sai }}", "utf-8")
    monkeypatch.setenv("DONDOC_TEMPLATES", str(tmp_path))
    result = dondoc("remind", "--as-of", FRIDAY)
    assert result.exit_code == 2
    assert "reminder/lead.txt" in result.output
    assert messages(home) == []


def test_zalo_login_needs_the_app(home: Engine) -> None:
    result = dondoc("zalo", "login")
    assert result.exit_code == 2
    assert "DONDOC_ZALO_APP_ID" in result.output
