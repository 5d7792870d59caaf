"""The reminder policy in words: when, who hears, in which tone. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from plan.definition.model import ReminderPolicy, Rung

AUDIENCES = {
    "contact": "đầu mối",
    "head": "thủ trưởng cơ quan",
    "coordinator": "cơ quan theo dõi",
    "coordinator-leadership": "lãnh đạo cơ quan theo dõi",
    "issuer": "cơ quan ban hành",
}
TONES = {
    "plain": "bình thường",
    "urgent": "gấp",
    "overdue": "quá hạn",
    "escalated": "báo cấp trên",
}


@dataclass(frozen=True)
class RungLine:
    when: str
    who: str
    tone: str


def rung_lines(policy: ReminderPolicy) -> list[RungLine]:
    """The ladder from the first word to the last, in the policy's order."""
    opening = [RungLine("Khi mốc mở", AUDIENCES["contact"], "thông báo")] if policy.announce else []
    return opening + [_line(rung) for rung in policy.rungs]


def _line(rung: Rung) -> RungLine:
    again = f", rồi cứ {rung.every} ngày làm việc" if rung.every else ""
    who = ", ".join(AUDIENCES[one.value] for one in rung.audience)
    return RungLine(f"{_offset(rung.offset)}{again}", who, TONES[rung.tone])


def _offset(days: int) -> str:
    """«Trước hạn 3 ngày làm việc»; in working days from the last good day."""
    if days == 0:
        return "Ngày cuối"
    return f"{'Trước' if days < 0 else 'Quá'} hạn {abs(days)} ngày làm việc"
