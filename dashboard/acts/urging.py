"""«Nhắc ngay»: agencies urged by hand, many at once."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import Session

from dashboard.acts import bodies
from dashboard.acts.act import Act, Doing, Field, Target
from plan.calendar import local_day
from plan.errors import RefusedError
from plan.ledger.urging import urge
from plan.models import Plan
from plan.queries.lookup import agency_names, find_agency, find_milestone
from plan.queries.urgings import WAYS
from plan.text import number_words

NAMED = 4
"""So many refusals are told in words; the rest are counted."""


def _plan(_session: Session, plan: Plan, _params: Mapping[str, str]) -> tuple[int, str]:
    return 0, plan.id


URGING = Target("/don-doc", "/urgings", _plan)


def _urge(at: Doing, body: bodies.UrgeIn) -> str:
    """Each agency is urged or refused on its own; refused altogether when none could be."""
    session, plan = at.session, at.plan
    milestone = find_milestone(session, plan.id, body.milestone).id if body.milestone else None
    names = agency_names(session, plan.id, local_day(at.who["now"]))
    done, refused = 0, list[str]()
    for code in dict.fromkeys(body.agencies):
        row = find_agency(session, plan.id, code)
        try:
            urge(
                session,
                plan.id,
                code,
                way=body.way,
                words=body.words,
                spoke_to=body.spoke_to,
                answer=body.answer,
                milestone_id=milestone,
                again=body.again,
                **at.who,
            )
            done += 1
        except RefusedError as error:
            refused.append(f"{names[row.id or 0].short}: {error}")
    told = " ".join(refused[:NAMED])
    more = f" và {len(refused) - NAMED} cơ quan khác." if len(refused) > NAMED else ""
    if not done:
        raise RefusedError(told + more)
    said = f"Đã ghi «{WAYS[body.way]}» {number_words(done)} cơ quan."
    said += " Tin đi trong giờ làm việc, ở lượt gửi tới." if body.way == "message" else ""
    return f"{said} Chưa nhắc: {told}{more}" if refused else said


ACTS = (
    Act(
        "urging",
        "send",
        "nhac",
        "Nhắc ngay",
        "Nhắc các cơ quan đã chọn",
        bodies.UrgeIn,
        _urge,
        (
            Field("co-quan", "agencies", "Cơ quan", "agencies", required=True),
            Field("moc", "milestone", "Về mốc", "line"),
            Field("cach", "way", "Cách nhắc", "choice", required=True, choices=tuple(WAYS.items())),
            Field("loi", "words", "Lời nhắc"),
            Field("voi-ai", "spoke_to", "Đã nói với ai", "line"),
            Field("tra-loi", "answer", "Được trả lời"),
            Field("van-nhac", "again", "Vẫn nhắc", "check"),
        ),
        follows="Mỗi lần nhắc được ghi ngày, đếm cùng tin tự động trong công văn và bảng điểm.",
    ),
)
