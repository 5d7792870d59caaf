"""Deadlines as iCalendar (RFC 5545): the file attached to a reminder, and the dashboard's feeds.

METHOD:PUBLISH; an event keeps its UID for the life of the obligation and its SEQUENCE is the
deadline's version, so that an extension moves the entry in the reader's calendar (RFC 5546 §3.2.1).
Written here because `icalendar` takes about 1 ms an event and ten thousand digests carry one each.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

_LINE = 75  # octets
_CONTROLS = dict.fromkeys((*range(32), 127))
_ESCAPES = _CONTROLS | str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"})
_UNSAFE = re.compile(r"[^A-Za-z0-9./@-]")


@dataclass(frozen=True)
class DeadlineEvent:
    """A deadline for a calendar. `last_day` is the last good local day."""

    plan: str
    obligation: str
    """`agency/deliverable`"""
    title: str
    last_day: date
    version: int
    url: str = ""
    note: str = ""
    settled: bool = False


def calendar_bytes(
    events: Iterable[DeadlineEvent], now: datetime, domain: str, *, name: str = ""
) -> bytes:
    """A whole calendar, UTF-8, CRLF. `now` stamps it: the same input gives the same bytes."""
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Don Doc//dondoc//VI",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
    ]
    lines += [f"X-WR-CALNAME:{_text(name)}"] if name else []
    for event in events:
        lines += _event(event, stamp, domain)
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def event_uid(plan: str, obligation: str, domain: str) -> str:
    """The same for as long as the obligation lives."""
    return f"{_UNSAFE.sub('-', obligation)}.{_UNSAFE.sub('-', plan)}@{domain}"


def _event(event: DeadlineEvent, stamp: str, domain: str) -> list[str]:
    lines = [
        "BEGIN:VEVENT",
        f"UID:{event_uid(event.plan, event.obligation, domain)}",
        f"DTSTAMP:{stamp}",
        f"SEQUENCE:{event.version - 1}",
        f"DTSTART;VALUE=DATE:{event.last_day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{event.last_day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_text(('Đã nộp: ' if event.settled else 'Hạn nộp: ') + event.title)}",
        "CATEGORIES:Hạn báo cáo",
        "STATUS:CONFIRMED",
        "TRANSP:TRANSPARENT",
    ]
    lines += [f"DESCRIPTION:{_text(event.note)}"] if event.note else []
    lines += [f"URL:{event.url}"] if event.url else []
    if not event.settled:
        lines += _alarm(event.title)
    return [*lines, "END:VEVENT"]


def _alarm(title: str) -> list[str]:
    """At 08:00 of the day before (the entry begins at midnight)."""
    return [
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_text('Hạn nộp ngày mai: ' + title)}",
        "TRIGGER:-PT16H",
        "END:VALARM",
    ]


def _text(value: str) -> str:
    return value.translate(_ESCAPES)


def _folded(line: str) -> bytes:
    """Cut into lines of at most 75 octets, between characters."""
    data = line.encode()
    if len(data) <= _LINE:
        return data + b"\r\n"
    pieces, start, room = [], 0, _LINE
    while start < len(data):
        end = min(start + room, len(data))
        while end < len(data) and data[end] & 0xC0 == 0x80:
            end -= 1
        pieces.append(data[start:end])
        start, room = end, _LINE - 1
    return b"\r\n ".join(pieces) + b"\r\n"
