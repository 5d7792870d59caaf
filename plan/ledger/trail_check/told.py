"""What the trail tells of one obligation, played again in its order. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from plan.ledger.core import plain
from plan.models import AuditEvent

RECEIVED, ACCEPTED, RETURNED, SUPERSEDED, MOVED = (
    "received", "accepted", "returned", "superseded", "moved",
)  # fmt: skip
DEADLINE = ("opens_at", "due_at", "last_day")
"""What a version of a deadline never changes; its last working day follows the calendar."""


@dataclass
class Filed:
    """A submission, as the trail tells it."""

    facts: dict[str, Any]
    """By column; what rows of the trail from before did not say is not there."""
    content: dict[str, Any]
    """What belongs to it: `files` as rows, the rest as digests."""
    event: AuditEvent | None
    """The one that filed it; None: it was moved here."""
    state: str | None
    """None: rows from before do not say."""
    decision: AuditEvent | None = None
    note: str = ""
    moved_from: int | None = None
    """The row it was moved from."""


@dataclass
class TrailHistory:
    """Everything told of one obligation."""

    submissions: dict[int, Filed] = field(default_factory=dict)
    deadlines: dict[int, dict[str, Any]] = field(default_factory=dict)
    """What each version says, by column."""
    deciders: dict[int, AuditEvent] = field(default_factory=dict)
    """Who gave each version."""
    asked: dict[int, AuditEvent] = field(default_factory=dict)
    decided: dict[int, AuditEvent] = field(default_factory=dict)
    """Requests for more time, by row."""
    explained: set[tuple[Any, str]] = field(default_factory=set)
    """(moment, words) of each explanation of a finding."""
    last: Mapping[str, Any] = field(default_factory=dict)
    """The obligation's facts after the last event that says them."""


def replay(events: Iterable[AuditEvent]) -> TrailHistory:
    """Oldest first."""
    told = TrailHistory()
    for event in events:
        for facts in (event.before, event.after):
            if "deadline_version" in facts:
                said = {name: facts[name] for name in DEADLINE if name in facts}
                told.deadlines.setdefault(facts["deadline_version"], {}).update(said)
        if "deadline_version" in event.after:
            told.last = event.after
        act = _ACTS.get(event.event)
        if act is not None:
            act(told, event, event.after.get("detail") or {})
    return told


def _submitted(told: TrailHistory, event: AuditEvent, detail: Mapping[str, Any]) -> None:
    if "number" not in detail:
        return
    facts, content, _ = _parts(event)
    said = {"content_hash": detail.get("content"), "complete": detail.get("complete")}
    facts |= {name: value for name, value in said.items() if value not in (None, "")}
    facts["recorded_at"] = plain(event.at)
    _file(told, detail["number"], Filed(facts, content, event, None))


def _parts(event: AuditEvent) -> tuple[dict[str, Any], dict[str, Any], int | None]:
    """What the trail says of a submission: its columns, what belongs to it, the row it came from."""
    said = dict(event.after.get("filed") or {})
    said.pop("number", None)
    return said, said.pop("content", {}), said.pop("moved_from", None)


def _file(told: TrailHistory, number: int, filed: Filed) -> None:
    complete = filed.facts.get("complete")
    filed.state = {True: RECEIVED, False: RETURNED, None: None}[complete]
    for other in told.submissions.values() if complete is not False else ():
        if other.state == RECEIVED:
            other.state = SUPERSEDED if complete else None
    told.submissions[number] = filed


def _decided(state: str) -> Callable[[TrailHistory, AuditEvent, Mapping[str, Any]], None]:
    def decide(told: TrailHistory, event: AuditEvent, detail: Mapping[str, Any]) -> None:
        filed = told.submissions.get(detail.get("number", 0))
        if filed is not None:
            note = detail.get("reason", detail.get("note", ""))
            filed.state, filed.decision, filed.note = state, event, note

    return decide


def _reopened(told: TrailHistory, event: AuditEvent, detail: Mapping[str, Any]) -> None:
    for filed in told.submissions.values():
        if filed.state == ACCEPTED:
            filed.state, filed.decision, filed.note = RETURNED, event, detail.get("reason", "")


def _undone(told: TrailHistory, _: AuditEvent, detail: Mapping[str, Any]) -> None:
    filed = told.submissions.get(detail.get("number", 0))
    if filed is not None:
        filed.state, filed.decision, filed.note = RECEIVED, None, ""


def _moved(told: TrailHistory, event: AuditEvent, detail: Mapping[str, Any]) -> None:
    for end, act in (("from", _moved_away), ("to", _moved_here)):
        name, _, number = str(detail.get(end, "")).rpartition(" lần ")
        if name == event.subject and number.isdecimal():
            act(told, int(number), event, detail)


def _moved_away(
    told: TrailHistory, number: int, event: AuditEvent, detail: Mapping[str, Any]
) -> None:
    filed = told.submissions.get(number)
    if filed is None:
        return
    filed.state, filed.decision = MOVED, event
    filed.note = f"Chuyển sang {detail['to']}: {detail['reason']}"
    left = [
        (number, one)
        for number, one in told.submissions.items()
        if one.state != MOVED and one.facts.get("complete")
    ]
    newest = max(left, key=lambda pair: pair[0], default=(0, None))[1]
    if newest is not None and newest.state == SUPERSEDED:
        newest.state = RECEIVED


def _moved_here(told: TrailHistory, number: int, event: AuditEvent, _: Mapping[str, Any]) -> None:
    if number not in told.submissions:  # else it holds the same as one that was there
        facts, content, source = _parts(event)
        _file(told, number, Filed(facts, content, None, None, moved_from=source))


def _deadline_changed(told: TrailHistory, event: AuditEvent, detail: Mapping[str, Any]) -> None:
    version = event.after.get("deadline_version")
    if version is None:
        return
    columns = (("kind", "kind"), ("words", "words"), ("reason", "reason"))
    said = {column: detail[name] for column, name in columns if name in detail}
    if "document" in detail:
        said["document_number"] = detail["document"]
    told.deadlines.setdefault(version, {}).update(said | {"decided_at": plain(event.at)})
    told.deciders[version] = event


def _asked(told: TrailHistory, event: AuditEvent, detail: Mapping[str, Any]) -> None:
    told.asked[detail["extension"]] = event


def _answered(told: TrailHistory, event: AuditEvent, detail: Mapping[str, Any]) -> None:
    told.decided[detail["extension"]] = event


def _explained(told: TrailHistory, event: AuditEvent, detail: Mapping[str, Any]) -> None:
    told.explained.add((event.at, detail.get("reason", "")))


_ACTS: dict[str, Callable[[TrailHistory, AuditEvent, Mapping[str, Any]], None]] = {
    "obligation.submitted": _submitted,
    "obligation.accepted": _decided(ACCEPTED),
    "obligation.returned": _decided(RETURNED),
    "obligation.reopened": _reopened,
    "decision.undone": _undone,
    "submission.moved": _moved,
    "deadline.changed": _deadline_changed,
    "call.opened": _deadline_changed,
    "extension.asked": _asked,
    "extension.decided": _answered,
    "finding.explained": _explained,
}
