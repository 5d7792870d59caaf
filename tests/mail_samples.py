"""Mails as people send them, for tests."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from email.policy import SMTP

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
AUTHSERV = "mx.snv.example"


def mail(
    *files: tuple[str, bytes],
    sender: str = "An Lão <vanthu@anlao.example>",
    subject: str = "Nộp báo cáo",
    text: str = "Kính gửi Sở Nội vụ.",
    answers: str = "",
    message_id: str = "<m1@anlao.example>",
    results: str = f"{AUTHSERV}; dmarc=pass header.from=anlao.example",
    headers: Mapping[str, str] | None = None,
) -> bytes:
    """One mail with files, DMARC passed unless `results` says otherwise."""
    made = EmailMessage(policy=SMTP)
    if results:
        made["Authentication-Results"] = results
    made["From"], made["To"], made["Subject"] = sender, "baocao@snv.example", subject
    made["Date"] = "Mon, 20 Apr 2020 08:29:00 +0700"
    if message_id:
        made["Message-ID"] = message_id
    if answers:
        made["In-Reply-To"] = answers
    for name, value in (headers or {}).items():
        made[name] = value
    made.set_content(text)
    for name, data in files:
        made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes()


def zipped(files: Sequence[tuple[str, bytes]]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return data.getvalue()
