"""Before a plan is started: what would be told, to how many, in whose name; and what to see to first.

The preview is the tick's own decision, made on the plan as it would stand right after the start, in a
transaction that is rolled back: nothing is written, and nothing is guessed a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit

from sqlalchemy import Engine, func
from sqlmodel import Session, col, select

from notifications.notices.alarms import unreachable
from notifications.obligations import due, reminder_history
from notifications.plan_context import Messaging, PlanContext, load_plan_context
from notifications.policy import passed_rungs
from notifications.reminders.digests import Digest
from notifications.reminders.look import decide
from notifications.reminders.tick import LIMIT
from plan.calendar import local_day
from plan.database import writing
from plan.ledger import Actor, audit, start_plan
from plan.models import Agency, AuditEvent, Contact, Message, Obligation, Plan
from plan.queries.delegations import own_people
from plan.settings import LOOPBACK, Settings
from plan.states import STILL_OWED, Backlog, Role
from plan.text import number_words

PLACEHOLDERS = ("example", "test", "invalid", "example.com", "example.org", "example.net")
"""Domains that no mail reaches (RFC 2606)."""
ROUNDS = 5
AHEAD = timedelta(days=14)
TESTED = "channel.tested"
"""The trail's word for a trial message that a channel took."""
FEW = 3

_TRIAL = Actor("xem trước", Role.system)


@dataclass(frozen=True)
class Point:
    """A point of the checklist. One that is not `ok` is mended, or answered with a reason."""

    key: str
    ok: bool
    words: str
    what_to_do: str = ""


@dataclass(frozen=True)
class Round:
    """What one round would say."""

    at: datetime
    """UTC, in office hours."""
    messages: int
    people: int
    obligations: int


@dataclass(frozen=True)
class Preview:
    """What starting would do."""

    rounds: tuple[Round, ...]
    sender: str
    overdue: int
    """Obligations still owed past their deadline: the starter says what is told of them."""
    unreachable: tuple[str, ...]
    points: tuple[Point, ...]

    @property
    def open_points(self) -> tuple[Point, ...]:
        return tuple(point for point in self.points if not point.ok)


def preview_start(
    engine: Engine,
    plan_id: str,
    settings: Settings,
    desk: Messaging,
    now: datetime,
    backlog: Backlog = Backlog.once,
) -> Preview:
    """What `start_plan` at `now` (UTC) would lead to. Writes nothing.

    Costs one look at every obligation of the plan, and one for each of the first rounds.
    """
    with Session(engine.execution_options(dondoc_writes=True)) as session:
        points = tuple(checklist(session, session.get_one(Plan, plan_id), settings, now))
        overdue = _overdue(session, plan_id, now)
        start_plan(session, plan_id, actor=_TRIAL, now=now, backlog=backlog)
        book = load_plan_context(session, plan_id, now, desk)
        rounds = tuple(_rounds(session, book, now))
        nobody = tuple(agency["name"] for agency in unreachable(session, book))
        session.rollback()
    return Preview(rounds, settings.mail_from, overdue, nobody, points)


def _rounds(session: Session, book: PlanContext, now: datetime) -> Iterator[Round]:
    """The first rounds with something to say, at most `ROUNDS` within `AHEAD`."""
    rows = {row.id: row for row in due(session, [book.plan_id], now, LIMIT)}
    known = reminder_history(session, list(rows.values()))
    at: datetime | None = book.office.next_opening(now)
    shown = 0
    waiting = dict.fromkeys(rows, now)
    while at is not None and at <= now + AHEAD and shown < ROUNDS:
        looked = [rows[key] for key, then in waiting.items() if then <= at]
        look = decide({book.plan_id: book}, looked, known, at)
        if look.digests:
            yield _round(look.digests, at)
            shown += 1
        for row in looked:
            fired = passed_rungs(
                book.facts(row, known[row.id].armed_at), book.ladder(row), book.office, at
            )
            known[row.id] = replace(
                known[row.id], rungs=known[row.id].rungs | {rung.key for rung in fired}
            )
            waiting.pop(row.id)
        waiting |= {m.row.id: m.next_check_at for m in look.moves if m.next_check_at is not None}
        following = min(waiting.values(), default=None)
        at = book.office.next_opening(following) if following is not None else None


def _round(digests: Sequence[Digest], at: datetime) -> Round:
    return Round(
        at,
        len(digests),
        len({digest.person.key for digest in digests}),
        len({row.id for digest in digests for row in digest.rows}),
    )


def _overdue(session: Session, plan_id: str, now: datetime) -> int:
    statement = select(func.count()).where(
        Obligation.plan_id == plan_id,
        col(Obligation.due_at) <= now,
        col(Obligation.state).in_([state.value for state in STILL_OWED]),
    )
    return session.exec(statement).one()


# --- the checklist ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Seen:
    session: Session
    plan: Plan
    settings: Settings
    now: datetime


def checklist(session: Session, plan: Plan, settings: Settings, now: datetime) -> list[Point]:
    """Every point, in the order of `POINTS`; on a virtual clock only those about the plan itself."""
    seen = _Seen(session, plan, settings, now)
    practice = bool(settings.clock)
    return [
        Point(key, not words, words or fine, remedy if words else "")
        for key, look, fine, remedy, leaves_house in POINTS
        if not (practice and leaves_house)
        for words in [look(seen)]
    ]


def _placeholders(seen: _Seen) -> str:
    found = seen.session.exec(
        select(Contact.email)
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(Agency.plan_id == seen.plan.id, Contact.email != "", own_people())
        .order_by(col(Agency.sort), col(Contact.id))
    )
    bad = [address for address in found if is_placeholder(address)]
    return (
        f"{number_words(len(bad))} địa chỉ thư trong danh bạ là địa chỉ mẫu: {_few(bad)}."
        if bad
        else ""
    )


def is_placeholder(address: str) -> bool:
    """Whether no mail can reach it, its domain being kept for examples."""
    domain = address.rpartition("@")[2].casefold().rstrip(".")
    return any(f".{domain}".endswith(f".{name}") for name in PLACEHOLDERS)


def _sender(seen: _Seen) -> str:
    address = parseaddr(seen.settings.mail_from)[1]
    return f"Thư sẽ gửi từ địa chỉ mẫu {address}." if is_placeholder(address) else ""


def _base_url(seen: _Seen) -> str:
    host = urlsplit(seen.settings.base_url).hostname or ""
    if host in LOOPBACK:
        return f"Đường dẫn trong thư trỏ về {seen.settings.base_url}, chỉ mở được trên máy này."
    return ""


def _mail(seen: _Seen) -> str:
    if not seen.settings.smtp_url.get_secret_value():
        return "Chưa đặt máy chủ thư."
    sent = select(Message.id).where(
        Message.channel == "email", col(Message.state).in_(("sent", "delivered"))
    )
    tried = select(AuditEvent.id).where(AuditEvent.event == TESTED, AuditEvent.subject == "email")
    known = [seen.session.exec(one.limit(1)).first() for one in (sent, tried)]
    return "" if any(known) else "Máy chủ thư chưa được thử lần nào."


def _coordinator(seen: _Seen) -> str:
    from plan.queries.definitions import definition_of

    code = definition_of(seen.plan).coordinator
    found = seen.session.exec(
        select(Contact.id)
        .join(Agency, col(Agency.id) == Contact.agency_id)
        .where(
            Agency.plan_id == seen.plan.id, Agency.code == code, Contact.email != "", own_people()
        )
        .limit(1)
    ).first()
    return "" if found else "Chưa có ai ở cơ quan đầu mối nhận cảnh báo và thư trả lời."


def _past(seen: _Seen) -> str:
    count = _overdue(seen.session, seen.plan.id, seen.now)
    return f"{number_words(count)} nghĩa vụ có hạn đã qua." if count else ""


def _days_off(seen: _Seen) -> str:
    """Make-up days and moved days off are decided year by year; no library knows those to come."""
    from plan.queries.definitions import definition_of

    last = max(seen.plan.ends_on or seen.plan.issued_on, seen.plan.issued_on).year
    this = local_day(seen.now).year
    given = {part.day.year for part in definition_of(seen.plan).calendar}
    lacking = [str(year) for year in range(max(this, seen.plan.issued_on.year), last + 1)]
    lacking = [year for year in lacking if int(year) not in given]
    return f"Chưa khai ngày nghỉ bù, làm bù của năm {', '.join(lacking)}." if lacking else ""


def _few(names: Sequence[str]) -> str:
    more = len(names) - FEW
    return ", ".join(names[:FEW]) + (f" và {more} địa chỉ khác" if more > 0 else "")


_Look = Callable[[_Seen], str]
POINTS: tuple[tuple[str, _Look, str, str, bool], ...] = (
    (
        "placeholder-addresses",
        _placeholders,
        "Danh bạ không còn địa chỉ mẫu.",
        "Nhập danh bạ thật: dondoc contacts import TỆP.csv, hoặc sửa trên trang Danh bạ.",
        True,
    ),
    (
        "sender",
        _sender,
        "Địa chỉ gửi là của đơn vị.",
        "Đặt DONDOC_MAIL_FROM, ví dụ: Sở Nội vụ <don-doc@…gov.vn>.",
        True,
    ),
    (
        "base-url",
        _base_url,
        "Đường dẫn trong thư mở được từ máy khác.",
        "Đặt DONDOC_BASE_URL là địa chỉ mà các cơ quan mở được.",
        True,
    ),
    (
        "mail",
        _mail,
        "Máy chủ thư đã gửi được.",
        "Đặt DONDOC_SMTP_URL rồi gửi thử: dondoc channels test --channel email --to ĐỊA-CHỈ-CỦA-BẠN",
        True,
    ),
    (
        "coordinator",
        _coordinator,
        "Cơ quan đầu mối có người nhận cảnh báo.",
        "Thêm người của cơ quan đầu mối vào danh bạ, có địa chỉ thư.",
        False,
    ),
    (
        "past-deadlines",
        _past,
        "Không có hạn nào đã qua.",
        "Chọn báo một lần «đến nay còn thiếu» hoặc không báo; bậc nhắc của những ngày đã qua không bao giờ "
        "được gửi.",
        False,
    ),
    (
        "days-off",
        _days_off,
        "Ngày nghỉ bù, làm bù đã khai.",
        "Khai trong tệp kế hoạch (mục calendar) rồi nạp lại; chưa có thông báo của Chính phủ thì nêu lý do.",
        False,
    ),
)
"""Key, what is wrong in words (empty: nothing), the good word, the remedy, whether it is about messages
that leave the house."""


def try_mail(
    engine: Engine,
    settings: Settings,
    clock: Callable[[], datetime],
    to: str,
    plan_id: str,
    actor: Actor,
    now: datetime,
) -> list[str]:
    """Send a trial mail to `to`; its faults as sentences."""
    return try_channel(engine, settings, clock, "email", to, plan_id, actor, now)


def try_channel(
    engine: Engine,
    settings: Settings,
    clock: Callable[[], datetime],
    channel: str,
    to: str,
    plan_id: str,
    actor: Actor,
    now: datetime,
) -> list[str]:
    """Try a channel, with a message to `to` if that is given: its faults as sentences, none when all is
    well, which the trail then keeps (the address is not kept). Raises NotFoundError for no such channel."""
    from notifications.channels.registry import make_channel
    from notifications.channels.trial import try_channels
    from notifications.channels.zalo.tokens import DatabaseTokenStore
    from plan.keys.secret import secret_key

    tokens = DatabaseTokenStore(engine, secret_key(settings), clock)
    found = try_channels(
        settings, lambda name: make_channel(name, settings, clock, tokens), only=channel, to=to
    )
    faults = [words for several in found.values() for words in several]
    if not faults:
        with writing(engine) as session:
            audit.record(
                session, plan_id=plan_id, actor=actor, event=TESTED, subject=channel, now=now
            )
    return faults


__all__ = [
    "TESTED",
    "Point",
    "Preview",
    "Round",
    "checklist",
    "is_placeholder",
    "preview_start",
    "try_channel",
    "try_mail",
]
