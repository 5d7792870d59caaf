"""Files out of a mail's attachments: .zip and .eml are opened within bounds, what cannot be read is named."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from intake.files.findings import fault
from intake.files.gate import FileKind, sniff
from intake.mail.message import MAIL, Attachment, Mail
from plan.ledger.filing import FoundFault

_ARCHIVES = (".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".cab")
_ENCRYPTED = frozenset(
    {"application/pkcs7-mime", "application/x-pkcs7-mime", "application/pgp-encrypted"}
)
_LITTER = re.compile(r"(^|/)(__MACOSX/|\.DS_Store$|Thumbs\.db$|desktop\.ini$|~\$|\._)")
_CLOUDS = re.compile(
    r"https?://((?:[\w-]+\.)*(?:drive\.google\.com|docs\.google\.com|1drv\.ms|onedrive\.live\.com|"
    r"sharepoint\.com|dropbox\.com|wetransfer\.com|we\.tl|mega\.nz|fshare\.vn|icloud\.com|mediafire\.com))/",
    re.IGNORECASE,
)
MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class Bounds:
    """How much a mail may hold. Bytes, counts, layers."""

    max_file: int = 50 * MEGABYTE
    max_bytes: int = 200 * MEGABYTE
    max_files: int = 50
    max_layers: int = 3


@dataclass
class Opened:
    """The files, in order, and what is to be said of those that are none."""

    files: list[tuple[str, bytes]] = field(default_factory=list)
    findings: list[FoundFault] = field(default_factory=list)


def open_mail(mail: Mail, bounds: Bounds | None = None) -> Opened:
    """What a mail hands in. A link to a cloud counts where no file came with it."""
    opening = _Opening(bounds or Bounds())
    if mail.header("Content-Type").partition(";")[0].strip().lower() == "multipart/encrypted":
        opening.say("mail.encrypted")
    if mail.nested:
        opening.say("mail.nested")
    opening.take(mail.attachments, 0)
    done = opening.done
    if not done.files:
        hosts = dict.fromkeys(found.lower() for found in _CLOUDS.findall(mail.text))
        done.findings += [fault("mail.link", read=host) for host in hosts]
    done.findings = list(dict.fromkeys(done.findings))
    return done


def open_archives(files: Iterable[tuple[str, bytes]], bounds: Bounds | None = None) -> Opened:
    """Files handed in together, the .zip ones among them opened; any other file stays as it is."""
    opening = _Opening(bounds or Bounds())
    for name, data in files:
        if sniff(data) is FileKind.archive:
            opening.unpack(name, data, 0)
        else:
            opening.done.files.append((opening.unlike(name), data))
    return opening.done


class _Opening:
    def __init__(self, bounds: Bounds) -> None:
        self.bounds, self.left, self.done = bounds, bounds.max_bytes, Opened()

    def say(self, code: str, *, file: str = "", read: str = "") -> None:
        self.done.findings.append(fault(code, file=file, read=read))

    def take(self, attachments: Iterable[Attachment], layer: int) -> None:
        for one in attachments:
            name = one.filename.lower()
            if name == "winmail.dat" or one.kind.endswith("ms-tnef"):
                self.say("mail.winmail", file=one.filename)
            elif one.kind in _ENCRYPTED or name.endswith(".p7m"):
                self.say("mail.encrypted", file=one.filename)
            else:
                self.open(one.filename, one.data, layer, is_mail=one.kind == MAIL)

    def open(self, name: str, data: bytes, layer: int, *, is_mail: bool = False) -> None:
        """A file, or what is in it."""
        lowered = name.lower()
        if not data:
            self.say("mail.empty", file=name)
        elif lowered.endswith(_ARCHIVES):
            self.say("mail.archive", file=name, read=lowered.rpartition(".")[2])
        elif is_mail or lowered.endswith(".eml"):
            if self.deeper(name, layer):
                self.take(Mail(data).attachments, layer + 1)
        elif lowered.endswith(".zip"):
            if self.deeper(name, layer):
                self.unpack(name, data, layer)
        else:
            self.keep(name, data)

    def deeper(self, name: str, layer: int) -> bool:
        if layer >= self.bounds.max_layers:
            self.say("mail.too-deep", file=name)
            return False
        return True

    def keep(self, name: str, data: bytes) -> None:
        if len(self.done.files) >= self.bounds.max_files:
            self.say("mail.too-many", read=str(self.bounds.max_files))
        elif len(data) > self.left:
            self.say("mail.too-large", file=name, read=_size(len(data)))
        else:
            self.left -= len(data)
            self.done.files.append((self.unlike(name), data))

    def unlike(self, name: str) -> str:
        """Two files of one name in different folders stay apart."""
        known = {kept.lower() for kept, _ in self.done.files}
        stem, dot, suffix = name.rpartition(".")
        number, wanted = 1, name
        while wanted.lower() in known:
            number += 1
            wanted = f"{stem}-{number}{dot}{suffix}" if dot else f"{name}-{number}"
        return wanted

    def unpack(self, name: str, data: bytes, layer: int) -> None:
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                members = [one for one in archive.infolist() if not one.is_dir()]
                members = [one for one in members if not _LITTER.search(one.filename)]
                if any(one.flag_bits & 1 for one in members):
                    self.say("mail.protected", file=name)
                    return
                if not members:
                    self.say("mail.empty", file=name)
                if len(members) > self.bounds.max_files:
                    self.say("mail.too-many", read=str(self.bounds.max_files))
                for member in members[: self.bounds.max_files]:
                    self.unpack_one(name, archive, member, layer)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            RuntimeError,
            ValueError,
            OSError,
        ):
            self.say("mail.archive", file=name, read="zip")

    def unpack_one(
        self, name: str, archive: zipfile.ZipFile, member: zipfile.ZipInfo, layer: int
    ) -> None:
        """Never more bytes than are allowed, whatever the archive says of itself."""
        most = min(self.bounds.max_file, self.left)
        with archive.open(member) as stream:
            data = stream.read(most + 1)
        inner = PurePosixPath(_member_name(member).replace("\\", "/")).name or "tep"
        if len(data) > most:
            self.say("mail.too-large", file=f"{name}/{inner}", read=_size(most))
        else:
            self.open(inner, data, layer + 1)


def _member_name(member: zipfile.ZipInfo) -> str:
    """Windows writes UTF-8 names without saying so; read as code page 437 they are mended."""
    if member.flag_bits & 0x800:
        return member.filename
    try:
        return member.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return member.filename


def _size(count: int) -> str:
    return f"trên {count // MEGABYTE} MB" if count >= MEGABYTE else f"{count} byte"
