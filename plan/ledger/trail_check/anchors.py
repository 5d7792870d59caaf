"""Lines that leave the machine and say how far the trail had come: `2026-11-30 12345 <hash>`."""

from __future__ import annotations

import re
from datetime import date

from sqlmodel import Session, select

from plan.models import AuditHead

LINE = re.compile(r"\b(\d{1,12}) ([0-9a-f]{64})\b")


def anchor(session: Session, day: date) -> str:
    """Today's line: `2026-11-30 12345 <hash>`; empty while nothing is written."""
    head = session.exec(select(AuditHead)).first()
    return f"{day.isoformat()} {head.rows} {head.hash}" if head is not None and head.rows else ""


def anchors_in(text: str) -> dict[int, str]:
    """Every anchor in a text, be it a file of lines or a pasted mail: hash by height."""
    return {int(height): digest for height, digest in LINE.findall(text)}
