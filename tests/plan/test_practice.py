"""On a virtual clock nothing leaves for real people, whatever the settings of real use say."""

from __future__ import annotations

import email
import email.policy
from pathlib import Path

import pytest

from notifications.channels.base import Outgoing, SendError
from notifications.channels.mail.folder import folder_of
from notifications.channels.registry import make_channel
from plan.errors import SettingsError
from plan.settings import REHEARSAL_MARK, Settings, get_settings, practised
from tests.conftest import at
from tests.standins.clock import HandClock

REAL = {
    "smtp_url": "smtps://user:secret@mail.example",
    "imap_url": "imaps://user:secret@mail.example",
    "apprise_urls": ["json://hook.example"],
    "zalo_app_id": "1",
    "zalo_app_secret": "x",
    "zalo_bot_token": "y",
}


def given(home: Path, **more: object) -> Settings:
    return Settings.model_validate({"home": home, **REAL, **more})


def test_in_real_time_settings_stay_as_they_are(tmp_path: Path) -> None:
    settings = given(tmp_path)
    assert practised(settings) is settings


def test_on_a_virtual_clock_nobody_is_reached(tmp_path: Path) -> None:
    settings = practised(given(tmp_path, clock="2020-04-20"))
    assert settings.smtp_url.get_secret_value() == (tmp_path / "outbox").as_uri()
    assert settings.imap_url.get_secret_value() == ""
    assert settings.apprise_urls == []
    assert settings.zalo_app_id == ""
    assert settings.zalo_app_secret.get_secret_value() == ""
    assert settings.zalo_bot_token.get_secret_value() == ""


def test_unless_a_server_is_named(tmp_path: Path) -> None:
    named = "smtp://127.0.0.1:2525"
    settings = practised(given(tmp_path, clock="2020-04-20", clock_smtp_url=named))
    assert settings.smtp_url.get_secret_value() == named


def test_a_stand_in_on_this_machine_may_be_spoken_to(tmp_path: Path) -> None:
    here = dict.fromkeys(("zalo_oauth_url", "zalo_oa_url", "zalo_zns_url"), "http://127.0.0.1:8099")
    assert practised(given(tmp_path, clock="2020-04-20", **here)).zalo_app_id == "1"
    one_outside = here | {"zalo_zns_url": "https://127.0.0.1.example"}
    assert practised(given(tmp_path, clock="2020-04-20", **one_outside)).zalo_app_id == ""


def test_a_rehearsals_home_lives_on_from_its_end(tmp_path: Path) -> None:
    (tmp_path / REHEARSAL_MARK).write_text("2020-06-20T17:00:00+07:00\n")
    settings = practised(given(tmp_path))
    assert settings.clock == "2020-06-20T17:00:00+07:00"
    assert settings.smtp_url.get_secret_value().startswith("file:")


def test_every_process_gets_its_settings_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DONDOC_CLOCK", "2020-04-20")
    monkeypatch.setenv("DONDOC_SMTP_URL", "smtp://mail.example")
    get_settings.cache_clear()
    assert get_settings().smtp_url.get_secret_value().startswith("file:")


# --- mail kept in a folder ----------------------------------------------------------------------


def mail(reference: str = "dd-1") -> Outgoing:
    return Outgoing(
        message_id=1,
        channel="email",
        address="vanthu@anlao.example",
        subject="Còn 3 ngày làm việc",
        text="Kính gửi",
        reference=reference,
        date=at("2020-04-24 07:00"),
    )


def test_mail_is_kept_as_a_file(tmp_path: Path) -> None:
    channel = make_channel("email", practised(given(tmp_path, clock="2020-04-20")), HandClock())
    assert channel.test(None) == []
    with channel.open() as line:
        receipt = line.send(mail())
        line.send(mail())  # again: the same mail, the same file
    [path] = (tmp_path / "outbox").iterdir()
    assert path.name == "20200424-070000-dd-1.eml"
    kept = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
    assert kept["Subject"] == "Còn 3 ngày làm việc"
    assert kept["Message-ID"] == receipt.provider_id


def test_an_odd_reference_stays_in_the_folder(tmp_path: Path) -> None:
    channel = make_channel("email", given(tmp_path, smtp_url=tmp_path.as_uri()), HandClock())
    with channel.open() as line:
        line.send(mail("../../etc/passwd"))
    [path] = tmp_path.iterdir()
    assert "/" not in path.name


def test_a_folder_that_takes_nothing_holds_the_channel(tmp_path: Path) -> None:
    (tmp_path / "outbox").write_text("a file stands where the folder should")
    channel = make_channel(
        "email", given(tmp_path, smtp_url=f"{tmp_path.as_uri()}/outbox"), HandClock()
    )
    assert channel.test(None) != []
    with channel.open() as line, pytest.raises(SendError) as caught:
        line.send(mail())
    assert caught.value.channel_down


@pytest.mark.parametrize("url", ["file://elsewhere/thu", "file:thu"])
def test_a_folder_must_be_a_whole_path_here(url: str) -> None:
    with pytest.raises(SettingsError):
        folder_of(url)


def test_links_lead_to_where_the_pages_are(tmp_path: Path) -> None:
    assert Settings(home=tmp_path, port=9000).base_url == "http://127.0.0.1:9000"
    assert Settings(home=tmp_path, host="0.0.0.0").base_url == "http://127.0.0.1:8020"
    named = Settings(home=tmp_path, port=9000, base_url="https://dondoc.example")
    assert named.base_url == "https://dondoc.example"
