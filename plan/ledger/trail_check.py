"""The trail against the tables it tells of: what stands there must be what was last told of it.

A chain that is whole says that nobody changed the trail; this says that nobody changed the tables behind
its back. Anchors (`height hash`, a line a day) leave the machine, so that a chain that is whole and yet not
the one that was there, an older database put back, is found too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlmodel import Session, col, select

from plan.ledger.core import snapshot
from plan.models import AuditEvent, AuditHead, Deadline, Obligation, Submission
from plan.queries.lookup import obligation_name

FILED, ACCEPTED, RETURNED = "obligation.submitted", "obligation.accepted", "obligation.returned"
DECIDED = {ACCEPTED: "accepted", RETURNED: "returned"}
BATCH = 500
LINE = re.compile(r"\b(\d{1,12}) ([0-9a-f]{64})\b")


@dataclass(frozen=True)
class Difference:
    """A row of a table that is not as the trail tells it."""

    table: str
    row: int
    subject: str
    words: str


def differences(session: Session) -> Iterator[Difference]:
    """Every difference, obligation by obligation. A million are walked through, some hundred held."""
    last = 0
    while True:
        owed = session.exec(
            select(Obligation)
            .where(col(Obligation.id) > last)
            .order_by(col(Obligation.id))
            .limit(BATCH)
        ).all()
        if not owed:
            return
        ids = [row.id or 0 for row in owed]
        last = ids[-1]
        told = _by_obligation(session, AuditEvent, ids)
        filed = _by_obligation(session, Submission, ids)
        dated = _by_obligation(session, Deadline, ids)
        for row in owed:
            key = row.id or 0
            yield from _of_one(
                session, row, told.get(key, []), filed.get(key, []), dated.get(key, [])
            )
        session.expunge_all()


def _by_obligation(session: Session, table: Any, ids: list[int]) -> dict[int, list[Any]]:
    rows = session.exec(
        select(table)
        .where(col(table.obligation_id).in_(ids))
        .order_by(col(table.obligation_id), col(table.id))
    ).all()
    return {key: list(part) for key, part in groupby(rows, key=lambda row: row.obligation_id)}


def _of_one(
    session: Session,
    owed: Obligation,
    told: list[AuditEvent],
    filed: list[Submission],
    dated: list[Deadline],
) -> Iterator[Difference]:
    subject = told[-1].subject if told else obligation_name(session, owed)

    def differs(table: str, row: int | None, words: str) -> Difference:
        return Difference(table, row or 0, subject, words)

    stands = snapshot(owed)
    after: Mapping[str, Any] = told[-1].after if told else {}
    for name in sorted(stands.keys() & after.keys()):
        if _instant(stands[name]) != _instant(after[name]):
            words = f"{name}: sổ ghi {after[name]}, trong bảng là {stands[name]}"
            yield differs("obligation", owed.id, words)
    newest = next((one for one in dated if one.version == owed.deadline_version), None)
    if newest is not None and (newest.due_at, newest.last_day) != (owed.due_at, owed.last_day):
        yield differs("deadline", newest.id, f"hạn {newest.due_at}, của nghĩa vụ là {owed.due_at}")
    there = {row.number: row for row in filed}
    for number, content in _told_files(told).items():
        if number not in there:
            yield differs("submission", 0, f"sổ ghi đã nộp lần {number}, trong bảng không có")
        elif content and there[number].content_hash != content:
            words = f"lần {number}: nội dung trong bảng không phải nội dung sổ ghi"
            yield differs("submission", there[number].id, words)
    untold = set(there) - set(_told_files(told)) - _moved_here(told)
    for number in sorted(untold):
        yield differs("submission", there[number].id, f"lần {number} có trong bảng, sổ không ghi")
    for number, (state, by) in _told_decisions(told).items():
        row = there.get(number)
        if row is not None and row.state != "moved" and (row.state, row.decided_by) != (state, by):
            words = f"lần {number}: sổ ghi {state} bởi {by}, trong bảng {row.state} bởi {row.decided_by}"
            yield differs("submission", row.id, words)


def _instant(value: Any) -> Any:
    """A moment as a moment: in rows from before, the trail wrote it in whatever zone it was told in."""
    if isinstance(value, str) and "T" in value:
        with suppress(ValueError):
            return datetime.fromisoformat(value)
    return value


def _details(told: list[AuditEvent]) -> Iterator[tuple[AuditEvent, Mapping[str, Any]]]:
    for event in told:
        yield event, event.after.get("detail") or {}


def _told_files(told: list[AuditEvent]) -> dict[int, str]:
    """Number of each submission → its content's hash, where the trail says it."""
    return {
        detail["number"]: detail.get("content", "")
        for event, detail in _details(told)
        if event.event == FILED and "number" in detail
    }


def _moved_here(told: list[AuditEvent]) -> set[int]:
    """Numbers of submissions that came from another obligation."""
    found = (
        re.search(r"lần (\d+)$", str(detail.get("to", "")))
        for event, detail in _details(told)
        if event.event == "submission.moved"
    )
    return {int(match[1]) for match in found if match}


def _told_decisions(told: list[AuditEvent]) -> dict[int, tuple[str, str]]:
    """Number of each submission → what was last decided of it, and by whom."""
    last: dict[int, tuple[str, str]] = {}
    for event, detail in _details(told):
        if event.event in DECIDED and "number" in detail:
            last[detail["number"]] = (DECIDED[event.event], event.actor)
        elif event.event in ("obligation.reopened", "decision.undone"):
            last.pop(detail.get("number", 0), None)
    return last


# --- anchors -------------------------------------------------------------------------------------


def anchor(session: Session, day: date) -> str:
    """Today's line: `2026-11-30 12345 <hash>`; empty while nothing is written."""
    head = session.exec(select(AuditHead)).first()
    return f"{day.isoformat()} {head.rows} {head.hash}" if head is not None and head.rows else ""


def anchors_in(text: str) -> dict[int, str]:
    """Every anchor in a text, be it a file of lines or a pasted mail: hash by height."""
    return {int(height): digest for height, digest in LINE.findall(text)}
