"""The audit trail: append-only, each row's hash covering the row before it and keyed by a key outside the
database (`trail_keys`); its end is signed. `verify` finds what was edited, removed, cut or chained anew."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import insert
from sqlmodel import Session, col, func, select

from plan.keys.trail import TrailKeys, keys_of, mac
from plan.ledger import names
from plan.models import AuditEvent, AuditHead, EventDelivery, OutgoingEvent
from plan.states import EVENT_CONSUMERS, Actor, Role
from plan.text import number_words

GENESIS = "0" * 64
SEALED = "trail.sealed"
SEALER = Actor("dondoc", Role.system, origin="flow")


@dataclass(frozen=True)
class BrokenLink:
    """A row whose hash, or whose tie to the row before, does not hold."""

    id: int
    why: str


def record(
    session: Session,
    *,
    plan_id: str,
    actor: Actor,
    event: str,
    subject: str,
    now: datetime,
    obligation_id: int | None = None,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
) -> AuditEvent:
    """Append one row in the caller's transaction. Writers of one database follow one another."""
    keys = keys_of(session)
    head = _locked_head(session, keys, now)
    row = AuditEvent(
        plan_id=plan_id,
        at=now,
        person_id=names.number_of(session, actor, keys),
        role=actor.role,
        origin=actor.origin,
        account=actor.account,
        event=event,
        subject=subject,
        obligation_id=obligation_id,
        before=before or {},
        after=after or {},
        previous_hash=head.hash,
        hash="",
    )
    _append(session, head, row, keys)
    return row


@dataclass(frozen=True)
class Entry:
    """What one audit event of many says; plan, actor, event and moment are shared by all."""

    subject: str
    obligation_id: int
    before: dict[str, Any]
    after: dict[str, Any]
    payload: dict[str, Any]
    """Of the outgoing event."""


def record_many(
    session: Session,
    entries: Sequence[Entry],
    *,
    plan_id: str,
    actor: Actor,
    event: str,
    now: datetime,
    announced: str | None = None,
) -> None:
    """Append a row for each entry, and an outgoing event of the kind `announced`, as `record` and
    `announce` do one by one; in few statements, however many."""
    if not entries:
        return
    keys = keys_of(session)
    head = _locked_head(session, keys, now)
    shared = {
        "plan_id": plan_id,
        "at": now,
        "actor": "",
        "person_id": names.number_of(session, actor, keys),
        "role": actor.role,
        "origin": actor.origin,
        "account": actor.account,
        "event": event,
        "key": keys.current,
    }
    rows = []
    for entry in entries:
        said = {name: getattr(entry, name) for name in _SAID}
        row = shared | said | {"previous_hash": head.hash}
        head.hash = keys.sign(signed_text(SimpleNamespace(**row, written_as="")))
        rows.append(row | {"hash": head.hash})
    head.rows += len(rows)
    head.key, head.mac = keys.current, keys.sign(_text_of_head(head))
    session.add(head)
    session.flush()
    connection = session.connection()
    connection.execute(insert(AuditEvent), rows)
    if announced is not None:
        _announce_many(session, entries, announced, plan_id, now)


_SAID = ("subject", "obligation_id", "before", "after")


def _announce_many(
    session: Session, entries: Sequence[Entry], kind: str, plan_id: str, now: datetime
) -> None:
    connection = session.connection()
    told = {"plan_id": plan_id, "at": now, "kind": kind}
    numbers = connection.scalars(
        insert(OutgoingEvent).returning(col(OutgoingEvent.id)),
        [
            told
            | {"subject": one.subject, "obligation_id": one.obligation_id, "payload": one.payload}
            for one in entries
        ],
    ).all()
    deliveries = [
        {"event_id": number, "consumer": name, "done_at": None, "attempts": 0}
        for number in numbers
        for name in EVENT_CONSUMERS[kind]
    ]
    if deliveries:
        connection.execute(insert(EventDelivery), deliveries)


def seal(session: Session) -> bool:
    """Seal what was written before rows were keyed, or under another key, as it stands: one keyed row says
    how far the chain had come. Gives whether there was anything to seal."""
    last = session.exec(select(AuditEvent.at).order_by(col(AuditEvent.id).desc()).limit(1)).first()
    if last is None:
        return False
    before = session.exec(select(AuditHead.key)).first()
    head = _locked_head(session, keys_of(session), last)
    return head.key != before


def _append(session: Session, head: AuditHead, row: AuditEvent, keys: TrailKeys) -> None:
    row.key = keys.current
    row.hash = keys.sign(signed_text(row))
    head.hash, head.rows = row.hash, head.rows + 1
    head.key, head.mac = keys.current, keys.sign(_text_of_head(head))
    session.add(row)
    session.add(head)
    session.flush()


def _locked_head(session: Session, keys: TrailKeys, now: datetime) -> AuditHead:
    """The chain's end under the current key; what another key, or none, has written is sealed first. A head
    that is gone is made anew, and the seal says so for ever."""
    head = session.exec(select(AuditHead).with_for_update()).first()
    gone = False
    if head is None:
        count = session.exec(select(func.count(col(AuditEvent.id)))).one()
        newest = select(AuditEvent.hash).order_by(col(AuditEvent.id).desc()).limit(1)
        head = AuditHead(hash=session.exec(newest).first() or GENESIS, rows=count)
        gone = bool(count)
    if head.rows and (gone or head.key != keys.current):
        row = AuditEvent(
            plan_id="",
            at=now,
            person_id=names.number_of(session, SEALER, keys),
            role=SEALER.role,
            origin=SEALER.origin,
            event=SEALED,
            subject="audit",
            before={"rows": head.rows, "hash": head.hash, "key": head.key, "gone": gone},
            after={"key": keys.current},
            previous_hash=head.hash,
            hash="",
        )
        _append(session, head, row, keys)
    return head


def signed_text(row: AuditEvent | SimpleNamespace) -> str:
    """Everything the row says and the previous row's hash, as its hash covers it."""
    body = {
        "plan": row.plan_id,
        "at": row.at.astimezone(UTC).isoformat(),
        "actor": row.written_as,
        "role": str(row.role),
        "origin": row.origin,
        "event": row.event,
        "subject": row.subject,
        "obligation": row.obligation_id,
        "before": row.before,
        "after": row.after,
        "previous": row.previous_hash,
    }
    if row.account:  # rows written before said nothing of it
        body["account"] = row.account
    if row.person_id is not None:  # theirs hold the name itself
        body["person"] = row.person_id
    return json.dumps(body, sort_keys=True, ensure_ascii=False)


def _text_of_head(head: AuditHead) -> str:
    return f"{head.rows}:{head.hash}"


def row_hash(row: AuditEvent, keys: TrailKeys) -> str | None:
    """What the row's hash must be; None: its key is not at hand."""
    if not row.key:
        return hashlib.sha256(signed_text(row).encode()).hexdigest()
    key = keys.by_id.get(row.key)
    return None if key is None else mac(key, signed_text(row))


def verify(session: Session, anchors: Mapping[int, str] | None = None) -> Iterator[BrokenLink]:
    """Every broken link, oldest first. Streams: a million rows cost a million hashes, no memory.

    `anchors`: hash by height, as they left this machine earlier.
    """
    keys = keys_of(session)
    previous, count, sealed = GENESIS, 0, False
    unknown: Counter[str] = Counter()
    erased: set[int] = set()
    wanted = dict(anchors or {})
    rows = session.exec(
        select(AuditEvent).order_by(col(AuditEvent.id)).execution_options(yield_per=1000)
    )
    for row in rows:
        number, wants = row.id or 0, row_hash(row, keys)
        if row.previous_hash != previous:
            yield BrokenLink(number, "một dòng ngay trước đã bị xóa, chèn hoặc sửa")
        elif wants is None:
            unknown[row.key] += 1
        elif not hmac.compare_digest(row.hash, wants):
            yield BrokenLink(number, "nội dung đã bị sửa")
        elif sealed and not row.key:
            yield BrokenLink(number, "dòng không ký, thêm vào sau khi sổ đã được ký")
        elif row.event == SEALED and row.key and row.before.get("gone"):
            yield BrokenLink(
                number, "dòng cuối sổ đã bị xóa trước dòng này: đuôi sổ có thể đã bị cắt"
            )
        elif row.event == SEALED and row.key and row.before.get("rows") != count:
            yield BrokenLink(
                number,
                f"lúc ký sổ có {number_words(row.before.get('rows') or 0)} dòng, "
                f"nay chỉ còn {number_words(count)} dòng trước đó",
            )
        if row.event == names.ERASED:
            erased.update(row.after.get("names", ()))
        sealed = sealed or bool(row.key)
        previous, count = row.hash, count + 1
        if wanted.pop(count, row.hash) != row.hash:
            yield BrokenLink(
                number, f"khác với mốc đã gửi ra ngoài ở dòng thứ {number_words(count)}"
            )
        session.expunge(row)
    yield from _faults_of_end(session, keys, count, previous, sealed)
    for number, why in names.faults(session, keys, erased, unknown):
        yield BrokenLink(0, f"tên số {number} {why}")
    for key, number in unknown.items():
        yield BrokenLink(
            0, f"{number} dòng ký bằng khóa {key}, không có ở đây: chưa kiểm được nội dung"
        )
    for height in sorted(wanted):
        yield BrokenLink(
            0,
            f"mốc đã gửi ra ngoài có {number_words(height)} dòng, sổ chỉ còn {number_words(count)} dòng",
        )


def _faults_of_end(
    session: Session, keys: TrailKeys, count: int, previous: str, sealed: bool
) -> Iterator[BrokenLink]:
    head = session.exec(select(AuditHead)).first()
    if count and head is None:
        yield BrokenLink(0, "dòng ghi độ dài sổ đã bị xóa: đuôi sổ có thể đã bị cắt")
    elif head is not None and (head.rows, head.hash) != (count, previous):
        yield BrokenLink(
            0,
            f"chuỗi phải có {number_words(head.rows)} dòng nhưng chỉ còn khớp {number_words(count)} dòng",
        )
    elif count and not sealed:
        yield BrokenLink(0, "cả sổ không có dòng nào được ký")
    elif head is not None and count:
        key = keys.by_id.get(head.key)
        if key is not None and not hmac.compare_digest(head.mac, mac(key, _text_of_head(head))):
            yield BrokenLink(0, "chữ ký của dòng ghi độ dài sổ không đúng")


def recent(session: Session, *, subject: str = "", limit: int = 50) -> list[dict[str, Any]]:
    """The newest events first, all or of one subject."""
    statement = select(AuditEvent).order_by(col(AuditEvent.id).desc()).limit(limit)
    if subject:
        statement = statement.where(AuditEvent.subject == subject)
    fields = ("id", "at", "actor", "role", "origin", "event", "subject", "before", "after")
    return [{name: getattr(row, name) for name in fields} for row in session.exec(statement)]


def announce(
    session: Session,
    *,
    plan_id: str,
    kind: str,
    subject: str,
    now: datetime,
    obligation_id: int | None = None,
    payload: dict[str, Any] | None = None,
    held_until: datetime | None = None,
) -> OutgoingEvent:
    """Write an outgoing event and a delivery row for each of its consumers, who leave it alone until
    `held_until` (UTC)."""
    event = OutgoingEvent(
        plan_id=plan_id,
        at=now,
        kind=kind,
        subject=subject,
        obligation_id=obligation_id,
        payload=payload or {},
        held_until=held_until,
    )
    session.add(event)
    session.flush()
    assert event.id is not None
    session.add_all(
        EventDelivery(event_id=event.id, consumer=name) for name in EVENT_CONSUMERS[kind]
    )
    return event
