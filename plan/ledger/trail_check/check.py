"""Every obligation's rows against what the trail tells of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any

from sqlmodel import Session, col, select

from plan.ledger.core import SNAPSHOT, plain
from plan.ledger.trail_check.content import Content, content_of
from plan.ledger.trail_check.difference import Difference, differing, other_name
from plan.ledger.trail_check.plans import Loads, loads, of_plans
from plan.ledger.trail_check.told import Filed, TrailHistory, replay
from plan.models import AuditEvent, Deadline, Extension, Obligation, Submission
from plan.queries.lookup import obligation_name

BATCH = 500
UNTOUCHED = {
    name: Obligation.model_fields[name].default
    for name in ("state", "deadline_version", "decisive_at", "submissions", "mend_by")
}
"""As loading leaves an obligation; nothing else happens to one without a word in the trail."""
_DECISION = ("decided_by", "decided_at", "decision_note")


def differences(session: Session) -> Iterator[Difference]:
    """Every difference, obligation by obligation. A million are walked through, some hundred held."""
    known = loads(session)
    yield from of_plans(session, known)
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
        events, filed, dated, asked = (
            _by_obligation(session, table, ids)
            for table in (AuditEvent, Submission, Deadline, Extension)
        )
        content = content_of(session, [row.id for rows in filed.values() for row in rows])
        for row in owed:
            key = row.id or 0
            told = events.get(key, [])
            subject = told[-1].subject if told else obligation_name(session, row)
            one = _One(subject, replay(told), told)
            yield from one.of_obligation(row, known)
            yield from one.of_deadlines(row, dated.get(key, []), known)
            yield from one.of_submissions(session, filed.get(key, []), content)
            yield from one.of_extensions(asked.get(key, []))
        session.expunge_all()


def _by_obligation(session: Session, table: Any, ids: list[int]) -> dict[int, list[Any]]:
    rows = session.exec(
        select(table)
        .where(col(table.obligation_id).in_(ids))
        .order_by(col(table.obligation_id), col(table.id))
    ).all()
    return {key: list(part) for key, part in groupby(rows, key=lambda row: row.obligation_id)}


class _One:
    """One obligation: what the trail tells of it."""

    def __init__(self, subject: str, told: TrailHistory, events: list[AuditEvent]) -> None:
        self.subject, self.told, self.events = subject, told, events

    def _differs(self, row: Any, words: str) -> Difference:
        return Difference(row.__tablename__, row.id or 0, self.subject, words)

    def _gone(self, table: str, words: str) -> Difference:
        return Difference(table, 0, self.subject, words)

    def of_obligation(self, owed: Obligation, known: Loads) -> Iterator[Difference]:
        said = {name: self.told.last[name] for name in SNAPSHOT if name in self.told.last}
        if owed.last_working_day == known.working_day(owed.plan_id, owed.last_day):
            said.pop("last_working_day", None)  # a day off set since moved it
        for words in differing(owed, said or UNTOUCHED):
            yield self._differs(owed, words)

    def of_deadlines(
        self, owed: Obligation, dated: list[Deadline], known: Loads
    ) -> Iterator[Difference]:
        there = {row.version: row for row in dated}
        for version in range(1, owed.deadline_version + 1):
            if version not in there:
                yield self._gone("deadline", f"hạn lần {version} đã mất")
        for version, row in there.items():
            if version > owed.deadline_version:
                yield self._differs(row, f"hạn lần {version} có trong bảng, sổ không ghi")
            for words in differing(row, self.told.deadlines.get(version, {})):
                yield self._differs(row, words)
            decider = self.told.deciders.get(version)
            if decider and (wrong := other_name(row.decided_by, decider)):
                yield self._differs(row, wrong)
            if row.version == 1 and decider is None and (wrong := known.first(owed, row)):
                yield self._differs(row, wrong)
        newest = there.get(owed.deadline_version)
        if newest is not None and (newest.due_at, newest.last_day) != (owed.due_at, owed.last_day):
            yield self._differs(newest, f"hạn {newest.due_at}, của nghĩa vụ là {owed.due_at}")

    def of_submissions(
        self, session: Session, filed: list[Submission], content: Mapping[int, Content]
    ) -> Iterator[Difference]:
        there = {row.number: row for row in filed}
        told = self.told.submissions
        for number in sorted(told.keys() - there.keys()):
            yield self._gone("submission", f"sổ ghi đã nộp lần {number}, trong bảng không có")
        for number, row in there.items():
            if number not in told:
                yield self._differs(row, f"lần {number} có trong bảng, sổ không ghi")
                continue
            for words in _of_submission(session, row, told[number]):
                yield self._differs(row, f"lần {number}: {words}")
            for table, key, words in content[row.id or 0].differing(row, told[number].content):
                yield Difference(table, key, self.subject, f"lần {number}: {words}")
            if told[number].event is not None:
                yield from self._of_findings(content[row.id or 0])

    def _of_findings(self, content: Content) -> Iterator[Difference]:
        for row in content.explained:
            if (row.explained_at, row.explanation) not in self.told.explained:
                yield self._differs(row, "giải trình trong bảng, sổ không ghi")

    def of_extensions(self, asked: list[Extension]) -> Iterator[Difference]:
        there = {row.id or 0: row for row in asked}
        for key in sorted(self.told.asked.keys() - there.keys()):
            yield self._gone("extension", f"sổ ghi đề nghị gia hạn số {key}, trong bảng không có")
        for key, row in there.items():
            event = self.told.asked.get(key)
            if event is None:
                yield self._differs(row, "đề nghị gia hạn có trong bảng, sổ không ghi")
                continue
            for words in self._of_extension(row, event):
                yield self._differs(row, words)

    def _of_extension(self, row: Extension, event: AuditEvent) -> Iterator[str]:
        detail = event.after["detail"]
        said = {"until": detail["until"], "reason": detail["reason"], "asked_at": plain(event.at)}
        yield from differing(row, said)
        if wrong := other_name(row.asked_by, event):
            yield wrong
        decision = self.told.decided.get(row.id or 0)
        if decision is not None:
            answer = decision.after["detail"]
            state = "granted" if answer["granted"] else "refused"
            yield from _of_decision(row, state, decision, answer["note"])
        elif row.state == "closed":
            if row.decided_at not in {one.at for one in self.events}:
                yield f"đã khép lúc {row.decided_at}, sổ không ghi việc gì lúc ấy"
        else:
            yield from differing(row, {"state": "asked"} | _UNDECIDED)


_UNDECIDED = {"decided_by": "", "decided_at": None, "decision_note": ""}


def _of_decision(
    row: Submission | Extension, state: str, event: AuditEvent, note: str
) -> Iterator[str]:
    told = {"state": state, "decided_at": plain(event.at), "decision_note": note}
    yield from differing(row, told)
    if wrong := other_name(row.decided_by, event):
        yield wrong


def _of_submission(session: Session, row: Submission, told: Filed) -> Iterator[str]:
    yield from differing(row, told.facts)
    if told.event is not None and (wrong := other_name(row.submitted_by, told.event)):
        yield wrong
    if told.moved_from is not None:
        source = session.get(Submission, told.moved_from)
        if source is None or source.submitted_by != row.submitted_by:
            yield "người nộp khác với bản được chuyển đến"
    if told.state is None:
        return
    if told.decision is None:
        yield from differing(row, {"state": told.state} | _UNDECIDED)
    else:
        yield from _of_decision(row, told.state, told.decision, told.note)
