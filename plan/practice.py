"""Practice: on a virtual clock nothing leaves for real people, whatever the settings of real use say.

`get_settings()` passes every process's settings through here: the service, its flows, the command line.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import SecretStr

if TYPE_CHECKING:
    from plan.settings import Settings

REHEARSAL_MARK = ".dondoc-demo"
"""Stands in the folder of a rehearsal; holds the instant it ended at once it has."""
PRACTICE_MARK = ".dondoc-practice"
"""Stands in a home that has ever run on a virtual clock: what it holds is no real work, ever after."""
STAYS_PRACTICE = (
    "Thư mục dữ liệu này từng chạy đồng hồ ảo để tập dượt, nên không tin nào tới người thật, kể cả khi chạy "
    "giờ thật. Việc thật: dùng một DONDOC_HOME mới."
)
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def practised(settings: Settings) -> Settings:
    """The settings as they are on real time; on a virtual clock, or in a home that ever ran on one, with
    everything that reaches people turned away: mail into the folder `outbox/` of the home or to the
    server DONDOC_CLOCK_SMTP_URL names, Zalo only to a stand-in on this machine, no other channel, no
    mailbox read."""
    clock = settings.clock or rehearsed_until(settings.home)
    if not clock and not has_practised(settings.home):
        return settings
    changes: dict[str, Any] = {
        "clock": clock,
        "smtp_url": SecretStr(_mail_goes_to(settings)),
        "imap_url": SecretStr(""),
        "apprise_urls": [],
    }
    if not _on_this_machine(settings.zalo_oauth_url, settings.zalo_oa_url, settings.zalo_zns_url):
        changes |= {"zalo_app_id": "", "zalo_app_secret": SecretStr("")}
    if not _on_this_machine(settings.zalo_bot_url):
        changes["zalo_bot_token"] = SecretStr("")
    return settings.model_copy(update=changes)


def has_practised(home: Path) -> bool:
    """Whether this home has ever run on a virtual clock."""
    return (home / PRACTICE_MARK).is_file()


def mark_practice(settings: Settings) -> None:
    """Remember that this home practises, if it runs on a virtual clock now."""
    if settings.clock and not is_rehearsal(settings.home):
        settings.home.mkdir(parents=True, exist_ok=True)
        (settings.home / PRACTICE_MARK).touch()


def rehearsed_until(home: Path) -> str:
    """When the rehearsal kept in this home ended (ISO 8601); empty: none, or none that came to its end."""
    mark = home / REHEARSAL_MARK
    return mark.read_text(encoding="ascii").strip() if mark.is_file() else ""


def is_rehearsal(home: Path) -> bool:
    """Whether this home holds a rehearsal, ended or not."""
    return (home / REHEARSAL_MARK).is_file()


def _mail_goes_to(settings: Settings) -> str:
    named = settings.clock_smtp_url.get_secret_value()
    return named or (settings.home.resolve() / "outbox").as_uri()


def _on_this_machine(*urls: str) -> bool:
    return all(urlsplit(url).hostname in LOOPBACK for url in urls)
