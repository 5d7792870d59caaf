"""What needs a hand: agencies nobody reaches, channels down, runs failed; and what waits for a decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement
from sqlalchemy.orm import aliased
from sqlmodel import Session, and_, col, func, or_, select

from dashboard.queries.naming import Naming
from dashboard.words import CHANNELS
from plan.calendar import local_day
from plan.models import (
    AlarmNote,
    ChannelState,
    ConsolidationRun,
    Extension,
    Message,
    MessageObligation,
    Obligation,
)
from plan.queries.lookup import about_plan
from plan.queries.reach import unreachable_agencies
from plan.text import join_names, moment_words, number_words


@dataclass(frozen=True)
class Alarm:
    """Something is wrong; where to go about it."""

    words: str
    href: str
    key: str
    """The same for the same trouble, whatever its words count by then."""

    @property
    def for_all(self) -> bool:
        """Whether leaders may follow the link, too."""
        return self.href.startswith("/tong-hop")


def alarms(session: Session, plan_id: str, as_of: datetime, names: Naming) -> list[Alarm]:
    """Every standing alarm of a plan."""
    return [
        *_unreachable(session, plan_id, names),
        *_channels(session, as_of),
        *_refused(session, plan_id, as_of),
        *_runs(session, plan_id, as_of, names),
    ]


def not_noted(session: Session, plan_id: str, as_of: datetime, names: Naming) -> list[Alarm]:
    """Those that nobody has said they know of."""
    known = noted(session, plan_id, local_day(as_of))
    return [one for one in alarms(session, plan_id, as_of, names) if one.key not in known]


def noted(session: Session, plan_id: str, day: date) -> dict[str, AlarmNote]:
    """The alarms somebody knows of, on this local day, by key."""
    rows = session.exec(
        select(AlarmNote).where(AlarmNote.plan_id == plan_id, col(AlarmNote.until) >= day)
    )
    return {row.key: row for row in rows}


def _unreachable(session: Session, plan_id: str, names: Naming) -> list[Alarm]:
    codes = unreachable_agencies(session, plan_id)
    if not codes:
        return []
    who = join_names([names.agency(code) for code in codes])
    return [
        Alarm(
            f"Chưa có ai để nhắc ở {who}: thiếu địa chỉ, hoặc địa chỉ hỏng.",
            "/quan-tri/danh-ba",
            "unreachable:" + ",".join(codes),
        )
    ]


def _channels(session: Session, as_of: datetime) -> list[Alarm]:
    rows = session.exec(
        select(ChannelState).where(
            col(ChannelState.down_since).is_not(None), col(ChannelState.down_since) <= as_of
        )
    )
    return [
        Alarm(
            f"Kênh {CHANNELS.get(row.channel, row.channel)} ngừng từ {moment_words(row.down_since)}: "
            f"{row.words or row.code}",
            "/nhac-viec",
            f"channel:{row.channel}",
        )
        for row in rows
        if row.down_since
    ]


def _refused(session: Session, plan_id: str, as_of: datetime) -> list[Alarm]:
    """Messages that reached nobody: neither they nor any that followed them on another channel, nor
    one to somebody else about the same."""
    count = session.exec(
        select(func.count()).select_from(Message).where(reached_nobody(plan_id, as_of))
    ).one()
    words = f"{number_words(count)} tin không đến được ai: mọi kênh của người nhận đều từ chối."
    return [Alarm(words, "/nhac-viec?trang-thai=refused", "refused")] if count else []


def reached_nobody(plan_id: str, as_of: datetime) -> ColumnElement[bool]:
    """Of a plan's messages by then (UTC): those refused that nothing followed. What they told of is
    heard by others of the agency where there are any; a copy beside a mail is no loss."""
    later = aliased(Message)
    followed = select(later.id).where(later.fallback_of == Message.id).exists()
    about, other, told = aliased(MessageObligation), aliased(MessageObligation), aliased(Message)
    heard = (
        select(told.id)
        .join(other, col(other.message_id) == col(told.id))
        .join(about, col(about.obligation_id) == col(other.obligation_id))
        .where(
            about.message_id == Message.id,
            col(told.state).in_(("sent", "delivered")),
            col(told.created_at) >= col(Message.created_at),
            told.created_at <= as_of,
        )
        .exists()
    )
    return and_(
        about_plan(plan_id),
        col(Message.state) == "refused",
        col(Message.created_at) <= as_of,
        col(Message.content)["copy"].as_boolean().is_not(True),
        ~followed,
        ~heard,
    )


def _runs(session: Session, plan_id: str, as_of: datetime, names: Naming) -> list[Alarm]:
    newest = select(func.max(ConsolidationRun.id)).where(
        ConsolidationRun.plan_id == plan_id, ConsolidationRun.started_at <= as_of
    )
    rows = session.exec(
        select(ConsolidationRun).where(
            col(ConsolidationRun.id).in_(newest.group_by(col(ConsolidationRun.output))),
            ConsolidationRun.state == "failed",
        )
    )
    return [
        Alarm(
            f"{names.obligation(f'{row.output}#{row.number}')}: không tổng hợp được. {row.error}",
            f"/tong-hop/{row.output}/{row.number}",
            f"run:{row.output}#{row.number}",
        )
        for row in rows
    ]


def extensions_waiting(session: Session, plan_id: str, as_of: datetime) -> list[Extension]:
    """Requests asked by then and not decided by then, oldest first."""
    rows = session.exec(
        select(Extension)
        .where(
            Extension.asked_at <= as_of,
            or_(col(Extension.decided_at).is_(None), col(Extension.decided_at) > as_of),
        )
        .order_by(col(Extension.asked_at))
    ).all()
    ids = [row.obligation_id for row in rows]
    of_plan = select(Obligation.id).where(
        col(Obligation.id).in_(ids), Obligation.plan_id == plan_id
    )
    mine = set(session.exec(of_plan)) if ids else set()
    return [row for row in rows if row.obligation_id in mine]
