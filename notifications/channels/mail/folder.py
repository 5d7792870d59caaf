"""Mail kept instead of sent: each one a file `.eml` in a folder, as a mail program opens it.

For practice on a virtual clock. The same mail handed over twice is one file: its name is made of the
message's stable reference.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import ClassVar
from urllib.parse import unquote, urlsplit

from notifications.channels.base import Channel, Outgoing, Receipt, SendError, Session
from notifications.channels.mail.mime import Composer
from plan.calendar import LOCAL
from plan.errors import SettingsError

_ODD = re.compile(r"[^\w.-]+")


class MailFolder(Session):
    """Writes each mail beside, then moves it into place: nobody reads half of one."""

    def __init__(self, folder: Path, composer: Composer) -> None:
        self._folder = folder
        self._composer = composer

    def send(self, outgoing: Outgoing) -> Receipt:
        """Kept; `SendError` when the folder takes nothing."""
        mail = self._composer.compose(outgoing)
        path = self._folder / file_name(outgoing)
        draft = path.with_suffix(f".{os.getpid()}")
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            draft.write_bytes(mail)
            draft.replace(path)
        except OSError as error:
            words = f"Không ghi được thư vào {self._folder} ({error.strerror})."
            raise SendError("folder", words, permanent=False, channel_down=True) from None
        return Receipt(self._composer.message_id(outgoing), f"Giữ trong {path.name}")


class MailFolderChannel(Channel):
    """`DONDOC_SMTP_URL=file:///…`."""

    name: ClassVar[str] = "email"
    kind: ClassVar[str] = "email"

    def __init__(self, folder: Path, composer: Composer) -> None:
        self._folder = folder
        self._composer = composer

    def open(self) -> MailFolder:
        return MailFolder(self._folder, self._composer)

    def test(self, address: str | None) -> list[str]:
        """Whether the folder can be written to."""
        del address  # nobody would get the trial mail
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            return [f"Không tạo được thư mục {self._folder} ({error.strerror})."]
        return [] if os.access(self._folder, os.W_OK) else [f"Không ghi được vào {self._folder}."]


def file_name(outgoing: Outgoing) -> str:
    """`20200427-070005-m123.eml`: by the mail's own date (local), then its reference."""
    stamp = f"{outgoing.date.astimezone(LOCAL):%Y%m%d-%H%M%S}-" if outgoing.date else ""
    return f"{stamp}{_ODD.sub('-', outgoing.reference or str(outgoing.message_id))}.eml"


def folder_of(url: str) -> Path:
    """The folder a `file:` URL names. `SettingsError` when it is not a whole path on this machine."""
    parts = urlsplit(url)
    path = Path(unquote(parts.path))
    if parts.netloc or not path.is_absolute():
        raise SettingsError(f"DONDOC_SMTP_URL: {url} không phải thư mục; ghi như file:///var/thu.")
    return path
