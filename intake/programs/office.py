"""Old and other word processors' files (.doc, .rtf, .odt) as .docx, by LibreOffice where it is installed."""

from __future__ import annotations

import io
import zipfile

from intake.files.gate import DAMAGE, FileKind, sniff
from intake.pdf.model import UnreadablePdfError
from intake.pdf.outline import Bookmark, bookmarks
from intake.programs import running as programs

_PROGRAMS = ("soffice", "libreoffice")
BOUNDS = programs.Bounds(seconds=60, megabytes=6144)
COUNTING = programs.Bounds(seconds=40, megabytes=6144)
"""For counting pages: whoever waits for the document gets it without numbers after that."""
_TEXT = b"application/vnd.oasis.opendocument.text"
_SAFE = (
    ("Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Writer/Content/Update", "Link", "0"),
)
"""No macro is run, and nothing that a document points to is fetched."""


def _settings() -> str:
    """A profile's settings in the form LibreOffice keeps them (registrymodifications.xcu)."""
    items = "".join(
        f'<item oor:path="/org.openoffice.Office.{path}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>"
        for path, name, value in _SAFE
    )
    return f'<oor:items xmlns:oor="http://openoffice.org/2001/registry">{items}</oor:items>'


def foreign_kind(data: bytes) -> str:
    """`doc`, `rtf`, `odt`, by the bytes; empty for anything else."""
    if data.startswith(b"{\\rtf"):
        return "rtf"
    kind = sniff(data)
    if kind is FileKind.doc:
        return "doc"
    return "odt" if kind is FileKind.other and _is_odt(data) else ""


def _is_odt(data: bytes) -> bool:
    if not data.startswith(b"PK"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, archive.open("mimetype") as file:
            return file.read(len(_TEXT) + 1).strip() == _TEXT
    except (*DAMAGE, KeyError):
        return False


def installed() -> bool:
    """Whether this machine has LibreOffice."""
    return bool(programs.found(*_PROGRAMS))


def to_docx(data: bytes, kind: str) -> bytes | None:
    """The same document as .docx; None where LibreOffice is not installed, or did not manage in time."""
    return converted(data, kind, "docx")


def converted(data: bytes, kind: str, to: str, bounds: programs.Bounds = BOUNDS) -> bytes | None:
    """A document of `kind` as LibreOffice saves it in another (endings without a dot); None as above."""
    program = programs.found(*_PROGRAMS)
    if not program:
        return None
    with programs.workshop() as folder:
        profile = folder / "profile" / "user"
        profile.mkdir(parents=True)
        (profile / "registrymodifications.xcu").write_text(_settings(), encoding="utf-8")
        source = folder / f"tep.{kind}"
        source.write_bytes(data)
        command = [program, f"-env:UserInstallation=file://{profile.parent}", "--headless"]
        command += ["--norestore", "--convert-to", to, "--outdir", str(folder), str(source)]
        made = folder / f"tep.{to}"
        if not programs.run(command, folder, bounds) or not made.is_file():
            return None
        return made.read_bytes()


def heading_pages(docx: bytes) -> list[Bookmark] | None:
    """A .docx file's headings in order, each with the page it stands on when printed; None as above."""
    printed = converted(docx, "docx", "pdf", COUNTING)
    try:
        return None if printed is None else bookmarks(printed)
    except UnreadablePdfError:
        return None
