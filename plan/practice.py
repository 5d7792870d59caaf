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
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def practised(settings: Settings) -> Settings:
    """The settings as they are on real time; on a virtual clock, with everything that reaches people
    turned away: mail into the folder `outbox/` of the home or to the server DONDOC_CLOCK_SMTP_URL names,
    Zalo only to a stand-in on this machine, no other channel, no mailbox read."""
    clock = settings.clock or rehearsed_until(settings.home)
    if not clock:
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
