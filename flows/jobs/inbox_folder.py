"""The watched folder: what scanners, SFTP and other systems leave there is a hand-in, as a mail is.

    <DONDOC_INBOX_DIR>/an-lao/bao-cao.docx      one file
    <DONDOC_INBOX_DIR>/an-lao/quy-2/…           a folder: one package

A package is taken once nothing in it has changed for a while, kept as a mail that carries its files, and then
moved to `da-nhan/`; nothing is removed.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from sqlalchemy import Engine

from intake.files.gate import Limits
from intake.files.store import Store
from intake.inbox.claims import claim_mail
from intake.inbox.lookup import AGENCY_HEADER, FOLDER
from intake.mail.edoc import is_package, mail_of
from plan.settings import Settings

TAKEN = "da-nhan"
QUIET_SECONDS = 60.0
"""An upload over SFTP or a share may still be under way while its file has changed within this time."""
MOST_PACKAGES = 100
MOST_FILES = 200
_PARTIAL = (".part", ".tmp", ".filepart", ".crdownload", ".partial")


@dataclass(frozen=True)
class Package:
    path: Path
    agency: str
    """The folder it lies in; empty: the watched folder itself."""
    files: tuple[Path, ...]

    @property
    def size(self) -> int:
        return sum(file.stat().st_size for file in self.files)


def take_packages(
    engine: Engine, settings: Settings, store: Store, now: datetime, *, quiet: float = QUIET_SECONDS
) -> int:
    """Claim every package that lies ready; how many were new. Raises OSError where the folder cannot be
    read or written."""
    root = settings.inbox_dir
    if root is None:
        return 0
    claimed = 0
    for number, package in enumerate(_packages(root, quiet)):
        if number >= MOST_PACKAGES:
            break
        large = package.size > settings.inbox_max_mb * 1024 * 1024
        changed = datetime.fromtimestamp(_changed(package.files), UTC)
        claimed += (
            claim_mail(
                engine,
                store,
                _mail_of(package, root, settings, large=large),
                source=FOLDER,
                received_at=now if settings.clock else changed,
                now=now,
                size=package.size if large else 0,
            )
            is not None
        )
        _put_away(package, root, now)
    return claimed


def _packages(root: Path, quiet: float) -> Iterator[Package]:
    """What lies at the top, and in the folders named for agencies; a folder within those is one package."""
    for entry in _entries(root):
        if entry.is_dir():
            for inner in _entries(entry):
                yield from _ready(inner, entry.name, quiet)
        else:
            yield from _ready(entry, "", quiet)


def _entries(folder: Path) -> list[Path]:
    """Neither hidden, nor half sent, nor a way out of the folder."""
    return sorted(
        path
        for path in folder.iterdir()
        if not path.name.startswith((".", "~$"))
        and path.name != TAKEN
        and not path.name.lower().endswith(_PARTIAL)
        and not path.is_symlink()
    )


def _ready(path: Path, agency: str, quiet: float) -> Iterator[Package]:
    files = [path] if path.is_file() else [one for one in sorted(path.rglob("*")) if _plain(one)]
    if not files or len(files) > MOST_FILES:
        return
    partial = any(one.name.lower().endswith(_PARTIAL) for one in files)
    still = time.time() - _changed(files)  # noqa: TID251 - the file system's own clock
    if not partial and still >= quiet:
        yield Package(path, agency, tuple(files))


def _plain(path: Path) -> bool:
    return path.is_file() and not path.is_symlink() and not path.name.startswith((".", "~$"))


def _changed(files: list[Path] | tuple[Path, ...]) -> float:
    return max(file.stat().st_mtime for file in files)


def _mail_of(package: Package, root: Path, settings: Settings, *, large: bool) -> bytes:
    if not large and len(package.files) == 1:
        data = package.files[0].read_bytes()
        if is_package(data):
            return mail_of(data, package.agency, Limits.from_settings(settings))
    return _as_mail(package, root, with_files=not large)


def _as_mail(package: Package, root: Path, *, with_files: bool) -> bytes:
    """The same bytes for the same package, so that it is one hand-in however often it is left there."""
    made = EmailMessage(policy=SMTP)
    made["Subject"] = _clean(str(package.path.relative_to(root)))
    made[AGENCY_HEADER] = _clean(package.agency)
    made.set_content("")
    if with_files:
        for file in package.files:
            made.add_attachment(
                file.read_bytes(),
                maintype="application",
                subtype="octet-stream",
                filename=_clean(file.name),
            )
        made.set_boundary("=_dondoc_package")
    return made.as_bytes()


def _clean(name: str) -> str:
    """A name a mail can carry: bytes that are no text, and line breaks, are replaced."""
    return " ".join(name.encode("utf-8", "replace").decode().split())


def _put_away(package: Package, root: Path, now: datetime) -> None:
    """Beside its like in `da-nhan/`, under a name nobody has."""
    folder = root / TAKEN / package.agency
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{now:%Y%m%dT%H%M%S}-{package.path.name}"
    number = 1
    while target.exists():
        number += 1
        target = folder / f"{now:%Y%m%dT%H%M%S}-{number}-{package.path.name}"
    shutil.move(package.path, target)
