"""A rehearsal as text, kept in one file: every mail, Zalo message and output, the row counts, the story.

Two plays of one seed are alike to the byte but for what a secret or a random id goes into, and only that
is left out here:
- the signature at the end of a personal link (each rehearsal has its own secret key), and what it signs is
  written in clear instead;
- the Message-ID (random, so that a copy can be known);
- base64 and the members' dates around a text: mails and Office files are unpacked.

A mail or message stands under its moment and recipient, not its number: one more shifts no other.
"""

from __future__ import annotations

import base64
import binascii
import difflib
import email
import email.policy
import hashlib
import json
import lzma
import re
import zipfile
from collections.abc import Iterator, Mapping
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy import func, inspect, select, table
from sqlmodel import col

from plan.database import open_engine, reading
from plan.models import AuditEvent

KEPT = Path(__file__).with_name("rehearsal.txt.xz")
Sections = dict[str, list[str]]
"""A name («mail 2020-01-20T07:00:00+07:00 dau-moi@…») and its lines."""

HEAD = "=== "
SIGNED_LINK = re.compile(r"/l/([\w-]+)\.[\w-]{24}")
TAG = re.compile(r"<[^>]+>")
MOST_SECTIONS, MOST_LINES = 12, 30
"""How much of a difference is printed; the rest is counted."""


def collect(out: Path) -> Sections:
    """What the rehearsal in `out` left, as comparable text."""
    sections: Sections = {}
    for name, lines in _parts(out):
        number = 2
        unique = name
        while unique in sections:
            unique, number = f"{name} #{number}", number + 1
        sections[unique] = [without_secrets(line) for line in lines]
    return sections


def _parts(out: Path) -> Iterator[tuple[str, list[str]]]:
    for path in sorted((out / "outbox").glob("*.eml")):
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        yield f"mail {mail['X-Dondoc-Clock']} {mail['To']}", _mail_lines(mail)
    for path in sorted((out / "zalo").glob("*.json")):
        sent = json.loads(path.read_text("utf-8"))
        lines = json.dumps(sent, ensure_ascii=False, indent=1).replace(r"\n", "\n").splitlines()
        yield f"zalo {sent['at']} {sent['to']}", lines
    for path in sorted(path for path in (out / "output").rglob("*") if path.is_file()):
        yield f"output {path.relative_to(out / 'output').as_posix()}", _file_lines(path)
    yield from _database_parts(out / "dondoc.db")


def _mail_lines(mail: EmailMessage) -> list[str]:
    lines = [f"{name}: {value}" for name, value in mail.items() if name != "Message-ID"]
    for part in mail.walk():
        if not part.is_multipart():
            lines.append(f"--- {part.get_content_type()} {part.get_filename() or ''}".rstrip())
            content = part.get_content()
            text = content.decode("utf-8") if isinstance(content, bytes) else content
            lines += text.replace("\r\n ", "").splitlines()  # a calendar's folded lines in one
    return lines


def _file_lines(path: Path) -> list[str]:
    if not zipfile.is_zipfile(path):
        return path.read_text("utf-8").splitlines()
    lines = []
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            content = archive.read(name)
            lines.append(f"--- {name} {hashlib.sha256(content).hexdigest()[:16]}")
            if name.endswith((".xml", ".rels")):
                words = (line.strip() for line in TAG.sub("\n", content.decode()).splitlines())
                lines += [line for line in words if line]
    return lines


def _database_parts(path: Path) -> Iterator[tuple[str, list[str]]]:
    engine = open_engine(f"sqlite:///{path}")
    with reading(engine) as session:
        tables = [table(name) for name in inspect(engine).get_table_names()]
        counts = {
            counted.name: session.scalar(select(func.count()).select_from(counted))
            for counted in tables
        }
        story = session.scalars(select(AuditEvent).order_by(col(AuditEvent.id)))
        events = [f"{row.at.isoformat()} {row.actor} {row.event} {row.subject}" for row in story]
    engine.dispose()
    yield "rows", [f"{name} {count}" for name, count in sorted(counts.items()) if count]
    yield "story", events


def without_secrets(line: str) -> str:
    """The line with each personal link's content in clear and without its signature."""
    return SIGNED_LINK.sub(_link_in_clear, line)


def _link_in_clear(link: re.Match[str]) -> str:
    packed = link[1]
    try:
        content = base64.urlsafe_b64decode(packed + "=" * (-len(packed) % 4)).decode()
    except (binascii.Error, UnicodeDecodeError):
        content = packed
    return f"/l/«{content}»"


def keep(sections: Sections, path: Path = KEPT) -> None:
    """Write the archive anew."""
    text = "".join(
        f"{HEAD}{name}\n" + "".join(f"{x}\n" for x in lines) for name, lines in sections.items()
    )
    path.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


def kept(path: Path = KEPT) -> Sections:
    """The archive as it was last kept."""
    sections: Sections = {}
    for line in lzma.decompress(path.read_bytes()).decode().split("\n")[:-1]:
        if line.startswith(HEAD):
            lines = sections.setdefault(line.removeprefix(HEAD), [])
        else:
            lines.append(line)
    return sections


def differences(before: Mapping[str, list[str]], after: Mapping[str, list[str]]) -> str:
    """In words which mail, message or output differs, and in which lines; empty when all is alike."""
    changed = [name for name in before if name in after and before[name] != after[name]]
    said = [_names("Gone", [name for name in before if name not in after])]
    said.append(_names("New", [name for name in after if name not in before]))
    said += [_lines(name, before[name], after[name]) for name in changed[:MOST_SECTIONS]]
    said.append(_names("Changed too", changed[MOST_SECTIONS:]))
    return "\n".join(words for words in said if words)


def _names(what: str, names: list[str]) -> str:
    shown = "".join(f"\n  {name}" for name in names[:MOST_LINES])
    more = f"\n  … {len(names) - MOST_LINES} more" if len(names) > MOST_LINES else ""
    return f"{what} ({len(names)}):{shown}{more}" if names else ""


def _lines(name: str, before: list[str], after: list[str]) -> str:
    diff = list(difflib.unified_diff(before, after, "kept", "now", n=1, lineterm=""))[2:]
    more = [f"… {len(diff) - MOST_LINES} more lines"] if len(diff) > MOST_LINES else []
    return "\n".join([f"Changed: {name}", *(f"  {line}" for line in [*diff[:MOST_LINES], *more])])
