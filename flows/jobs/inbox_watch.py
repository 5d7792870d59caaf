"""Whether what is handed in by mail, folder and axis can be read at all, and whether somebody looks at it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlmodel import Session, col, func, select

from flows.jobs.inbox import inbox_of
from intake.inbox.claims import TO_PERSON
from intake.mail import imap
from intake.pdf.signatures import ROOT_ENDINGS, certificates_in
from plan.errors import DondocError
from plan.models import IncomingMail
from plan.settings import Settings

_NO_CODE = (
    "Chưa đặt DONDOC_EDOC_ORGAN_ID nên chưa trả lời gói nào, chưa gửi được công văn qua trục."
)
WAITS = timedelta(days=1)
"""A hand-in that a person has not looked at for so long may be late through no fault of its sender."""


def faults(settings: Settings) -> dict[str, list[str]]:
    """What is wrong with each way in that is set up, by its Vietnamese name; empty lists: fine."""
    found: dict[str, list[str]] = {}
    if settings.inbox_url.get_secret_value():
        found["Hộp thư nhận bài"] = _mailbox(settings)
    if settings.inbox_dir is not None:
        found["Thư mục nhận tệp"] = _folder(settings.inbox_dir, "DONDOC_INBOX_DIR")
    if settings.edoc_out_dir is not None:
        no_code = [] if settings.edoc_organ_id else [_NO_CODE]
        folder = _folder(settings.edoc_out_dir, "DONDOC_EDOC_OUT_DIR")
        found["Gói edXML gửi đi"] = [*folder, *no_code]
    if settings.trust_store is not None:
        found["Kho tin cậy chữ ký"] = _store(settings.trust_store)
    return found


def _mailbox(settings: Settings) -> list[str]:
    try:
        box = inbox_of(settings)
        assert box is not None  # its address is set
        with imap.opened(box, settings.mail_timeout, readonly=True) as server:
            imap.uid_validity(server)
    except DondocError as problem:
        return [str(problem)]
    return []


def _folder(path: Path, name: str) -> list[str]:
    if not path.is_dir():
        return [f"Không có thư mục {path}; hãy tạo, hoặc sửa {name}."]
    if not os.access(path, os.R_OK | os.W_OK | os.X_OK):
        return [f"Tài khoản đang chạy không đọc và ghi được {path} ({name})."]
    return []


def _store(path: Path) -> list[str]:
    if not path.is_dir():
        return [f"Không có thư mục {path}; hãy tạo, hoặc sửa DONDOC_TRUST_STORE."]
    files = sorted(one for one in path.iterdir() if one.suffix.lower() in ROOT_ENDINGS)
    bad = [one.name for one in files if not certificates_in(one.read_bytes())]
    if bad:
        return [f"Tệp không phải chứng thư: {', '.join(bad[:5])}."]
    return [] if files else [f"Thư mục {path} chưa có chứng thư nào (.pem, .crt, .cer)."]


def waiting(session: Session, now: datetime) -> Iterator[tuple[int, datetime]]:
    """How many hand-ins have waited too long for a person, and since when; nothing where none has."""
    count, since = session.exec(
        select(func.count(), func.min(IncomingMail.received_at)).where(
            IncomingMail.state == TO_PERSON, col(IncomingMail.received_at) <= now - WAITS
        )
    ).one()
    if count:
        yield count, since
