"""Telling other programs: each event once for each webhook, signed, tried again until taken.

`queue` turns outgoing events into deliveries, `deliver` sends what is due through the `post` it is
handed (an HTTP client lives elsewhere). Claimed with a conditional update, sent with no transaction
open, recorded after: at least once, with a stable id the receiver can know a second copy by.

The signature: header `X-Dondoc-Signature: t=<unix seconds>,v1=<hex>`, hex = HMAC-SHA-256 of
`<t>.<body>` under the webhook's secret.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, Engine, false, true
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, and_, col, func, or_, select, update

from plan.backoff import Backoff
from plan.calendar import LOCAL
from plan.database import reading, writing
from plan.errors import RefusedError
from plan.keys.secret import box
from plan.ledger import audit
from plan.models import OutgoingEvent, Webhook, WebhookDelivery
from plan.states import Actor

PURPOSE = "dondoc webhook secrets"
KINDS: Mapping[str, str] = {
    "obligation.*": "mọi thay đổi của nghĩa vụ (nộp, nhận, trả lại, miễn…)",
    "deadline.*": "đổi hạn",
    "extension.*": "xin và quyết định gia hạn",
    "milestone.*": "đóng mốc",
    "run.*": "tổng hợp xong, không thành, được chốt",
}
PAUSES = Backoff(timedelta(minutes=1), timedelta(days=1), growth=3)
"""Between tries: 1, 3, 9, 27 minutes, … a day."""
MOST_TRIES = 9
"""Over not quite two days; then the delivery has failed for good."""
STUCK = timedelta(minutes=10)
"""A delivery claimed so long ago belongs to a process that died."""
BATCH = 100
"""Of one receiver in one sweep."""
DISABLED = "disabled"

Post = Callable[[str, bytes, Mapping[str, str]], int]
"""(address, body, headers) → HTTP status; raises OSError when nobody answers."""


def make_webhook(
    session: Session,
    *,
    plan_id: str,
    name: str,
    url: str,
    kinds: Sequence[str],
    key: str,
    actor: Actor,
    now: datetime,
) -> tuple[Webhook, str]:
    """A webhook for events from now on, and its secret, shown once."""
    _require_address(url)
    if not name:
        raise RefusedError("Cần ghi tên hệ thống nhận.")
    if unknown := set(kinds) - set(KINDS):
        raise RefusedError(f"Không có loại sự kiện {', '.join(sorted(unknown))}.")
    secret = secrets.token_urlsafe(32)
    row = Webhook(
        plan_id=plan_id,
        name=name,
        url=url,
        secret=box(key, PURPOSE).encrypt(secret.encode()),
        kinds=list(kinds),
        from_event=session.exec(select(func.max(OutgoingEvent.id))).one() or 0,
        made_by=actor.name,
        made_at=now,
    )
    session.add(row)
    audit.record(session, plan_id=plan_id, actor=actor, event="webhook.made", subject=name, now=now)
    session.flush()
    return row, secret


def _require_address(url: str) -> None:
    """An address that cannot be posted to is refused when it is written down, not found out later."""
    try:
        parts = urlsplit(url)
        good = (
            parts.scheme in ("http", "https")
            and bool(parts.hostname and _HOST.fullmatch(parts.hostname.encode("idna").decode()))
            and "@" not in parts.netloc
            and parts.port != 0
            and url.isascii()
            and url.isprintable()
            and " " not in url
        )
    except (ValueError, UnicodeError):  # a port that is no number, a name no name can be
        good = False
    if not good:
        raise RefusedError(
            "Địa chỉ phải có dạng https://may-chu/duong-dan, không dấu, không dấu cách, không kèm mật khẩu."
        )


_HOST = re.compile(r"[a-z0-9._-]+|[0-9a-f:.]+", re.IGNORECASE)


def disable_webhook(session: Session, row: Webhook, *, actor: Actor, now: datetime) -> None:
    if row.disabled_at is None:
        row.disabled_at = now
        session.add(row)
        audit.record(
            session,
            plan_id=row.plan_id,
            actor=actor,
            event="webhook.disabled",
            subject=row.name,
            now=now,
        )


@dataclass(frozen=True)
class WebhookLine:
    """A webhook and how its deliveries stand."""

    row: Webhook
    counts: Mapping[str, int]
    last_words: str


def list_webhooks(session: Session, plan_id: str) -> list[WebhookLine]:
    rows = session.exec(
        select(Webhook).where(Webhook.plan_id == plan_id).order_by(col(Webhook.id))
    ).all()
    return [_line(session, row) for row in rows]


def _line(session: Session, row: Webhook) -> WebhookLine:
    counts = session.exec(
        select(WebhookDelivery.state, func.count())
        .where(WebhookDelivery.webhook_id == row.id)
        .group_by(col(WebhookDelivery.state))
    ).all()
    last = session.exec(
        select(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == row.id, WebhookDelivery.code != "")
        .order_by(col(WebhookDelivery.id).desc())
    ).first()
    return WebhookLine(row, dict(counts), f"{last.code} {last.words}".strip() if last else "")


# --- queueing ----------------------------------------------------------------------------------


def queue(engine: Engine, now: datetime) -> int:
    """A delivery for each event a living webhook has none for; how many. Safe to run at once twice.

    Looks for what is missing, not past a mark: an event committed late is not skipped.
    """
    try:
        with writing(engine) as session:
            hooks = session.exec(select(Webhook).where(col(Webhook.disabled_at).is_(None))).all()
            fresh = [
                _delivery(hook, event, now)
                for hook in hooks
                for event in _missing(session, hook, now)
            ]
            session.add_all(fresh)
    except IntegrityError:  # another process queued them meanwhile
        return 0
    return len(fresh)


def _missing(session: Session, hook: Webhook, now: datetime) -> Sequence[OutgoingEvent]:
    had = select(WebhookDelivery.event_id).where(WebhookDelivery.webhook_id == hook.id)
    rows = session.exec(
        select(OutgoingEvent)
        .where(
            OutgoingEvent.plan_id == hook.plan_id,
            col(OutgoingEvent.id) > hook.from_event,
            col(OutgoingEvent.id).not_in(had),
            _wanted(hook.kinds),
            or_(col(OutgoingEvent.held_until).is_(None), col(OutgoingEvent.held_until) <= now),
        )
        .order_by(col(OutgoingEvent.id))
        .limit(BATCH * 10)
    )
    return rows.all()


def _wanted(kinds: Sequence[str]) -> ColumnElement[bool]:
    """`obligation.accepted` is among `obligation.*`; no kinds: all. Asked of the database, so that what
    nobody wants never fills the batch."""
    kind = col(OutgoingEvent.kind)
    return or_(
        true() if not kinds else false(),
        *(
            kind.startswith(one[:-1], autoescape=True) if one.endswith(".*") else kind == one
            for one in kinds
        ),
    )


def _delivery(hook: Webhook, event: OutgoingEvent, now: datetime) -> WebhookDelivery:
    assert hook.id is not None
    assert event.id is not None
    body = {
        "id": f"{hook.plan_id}-{event.id}",
        "kind": event.kind,
        "plan": event.plan_id,
        "subject": event.subject,
        "at": event.at.astimezone(LOCAL).isoformat(),
        "data": event.payload,
    }
    return WebhookDelivery(webhook_id=hook.id, event_id=event.id, body=body, next_attempt_at=now)


# --- delivering --------------------------------------------------------------------------------


def deliver(engine: Engine, post: Post, key: str, now: datetime) -> dict[str, int]:
    """Send what is due; how many were taken, must be tried again, have failed for good."""
    done = {"done": 0, "queued": 0, "failed": 0}
    for deliveries in _due(engine, now):
        for delivery_id in deliveries:
            claimed = _claim(engine, delivery_id, now)
            if claimed is None:
                continue
            row, hook = claimed
            code, words = _send(row, hook, post, key, now)
            done[_record(engine, row, code, words, now)] += 1
            if code and code != DISABLED:
                break  # its other deliveries wait for the next sweep: nobody else waits for them
    return done


def _due(engine: Engine, now: datetime) -> list[list[int]]:
    """What is due of each receiver, so that no backlog stands in another's way."""
    with reading(engine) as session:
        hooks = session.exec(select(WebhookDelivery.webhook_id).where(_ready(now)).distinct()).all()
        return [
            [
                key
                for key in session.exec(
                    select(WebhookDelivery.id)
                    .where(_ready(now), WebhookDelivery.webhook_id == hook)
                    .order_by(col(WebhookDelivery.id))
                    .limit(BATCH)
                )
                if key is not None
            ]
            for hook in hooks
        ]


def _ready(now: datetime) -> ColumnElement[bool]:
    state = col(WebhookDelivery.state)
    waiting = and_(state == "queued", col(WebhookDelivery.next_attempt_at) <= now)
    stuck = and_(state == "sending", col(WebhookDelivery.claimed_at) < now - STUCK)
    return or_(waiting, stuck)


def _claim(engine: Engine, key: int, now: datetime) -> tuple[WebhookDelivery, Webhook] | None:
    with writing(engine) as session:
        won = session.exec(
            update(WebhookDelivery)
            .where(col(WebhookDelivery.id) == key, _ready(now))
            .values(state="sending", claimed_at=now)
        )
        if won.rowcount != 1:
            return None
        row = session.get_one(WebhookDelivery, key)
        return row, session.get_one(Webhook, row.webhook_id)


def _send(
    row: WebhookDelivery, hook: Webhook, post: Post, key: str, now: datetime
) -> tuple[str, str]:
    """(code, words); an empty code means taken."""
    if hook.disabled_at is not None:
        return DISABLED, "Webhook đã tắt."
    try:
        status = _post(row, hook, post, key, now)
    except OSError as error:
        return "unreachable", str(error)[:200] or type(error).__name__
    except Exception as error:  # whatever it is, it is this receiver's alone, and counted
        return "fault", type(error).__name__
    return ("", "") if 200 <= status < 300 else (str(status), "Máy chủ nhận trả lỗi.")


def _post(row: WebhookDelivery, hook: Webhook, post: Post, key: str, now: datetime) -> int:
    body = json.dumps(row.body, ensure_ascii=False, separators=(",", ":")).encode()
    secret = box(key, PURPOSE).decrypt(hook.secret)
    headers = {
        "content-type": "application/json; charset=utf-8",
        "x-dondoc-event": str(row.body["kind"]),
        "x-dondoc-delivery": str(row.body["id"]),
        "x-dondoc-signature": signature(secret, body, now),
    }
    return post(hook.url, body, headers)


def signature(secret: bytes, body: bytes, now: datetime) -> str:
    """The value of `X-Dondoc-Signature`."""
    stamp = str(int(now.timestamp()))
    mac = hmac.new(secret, f"{stamp}.".encode() + body, "sha256").hexdigest()
    return f"t={stamp},v1={mac}"


def _record(engine: Engine, row: WebhookDelivery, code: str, words: str, now: datetime) -> str:
    """Taken, to be tried again after a growing pause, or failed."""
    attempts = row.attempts + 1
    state = "done" if not code else "queued"
    if code == DISABLED or (code and attempts >= MOST_TRIES):
        state = "failed"
    pause = PAUSES.after(attempts)
    with writing(engine) as session:
        session.exec(
            update(WebhookDelivery)
            .where(col(WebhookDelivery.id) == row.id)
            .values(
                state=state,
                attempts=attempts,
                code=code,
                words=words,
                done_at=now if state == "done" else None,
                next_attempt_at=now + pause,
            )
        )
    return state
