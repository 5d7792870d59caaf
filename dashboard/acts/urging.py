"""«Nhắc ngay»: agencies urged by hand, many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlmodel import Session

from dashboard.acts import bodies
from dashboard.acts.act import Act, Deed, Doing, Field, Target
from plan.calendar import local_day
from plan.errors import RefusedError
from plan.ledger.urging import UrgingRequest, urge
from plan.models import Plan
from plan.queries.lookup import agency_names, find_agency, find_milestone
from plan.queries.urgings import WAYS
from plan.text import number_words

NAMED = 4
"""So many refusals are told in words; the rest are counted."""


def _plan(_session: Session, plan: Plan, _params: Mapping[str, str]) -> tuple[int, str]:
    return 0, plan.id


URGING = Target("/don-doc", "/urgings", _plan)


def urge_each(
    session: Session, plan_id: str, names: Mapping[str, str], request: UrgingRequest, who: Deed
) -> tuple[int, list[str]]:
    """Each agency (its code → how it is called) is urged or refused on its own, and a refusal leaves nothing
    behind: how many were urged, and every refusal in words."""
    done, refused = 0, list[str]()
    for code, name in names.items():
        try:
            urge(session, plan_id, code, request, **who)
            done += 1
        except RefusedError as error:
            refused.append(f"{name}: {error}")
    return done, refused


def outcome(said: str, done: int, refused: Sequence[str], kind: str) -> str:
    """What was done, and who was not urged and why; RefusedError when nobody was. `kind`: «cơ quan»."""
    told = " ".join(refused[:NAMED])
    more = f" và {len(refused) - NAMED} {kind} khác." if len(refused) > NAMED else ""
    if not done:
        raise RefusedError(told + more)
    return f"{said} Chưa nhắc: {told}{more}" if refused else said


def _urge(at: Doing, body: bodies.UrgeIn) -> str:
    session, plan = at.session, at.plan
    milestone = find_milestone(session, plan.id, body.milestone).id if body.milestone else None
    names = agency_names(session, plan.id, local_day(at.who["now"]))
    rows = {code: find_agency(session, plan.id, code) for code in dict.fromkeys(body.agencies)}
    done, refused = urge_each(
        session,
        plan.id,
        {code: names[row.id or 0].short for code, row in rows.items()},
        UrgingRequest(
            body.way,
            body.words,
            body.spoke_to,
            body.answer,
            milestone_id=milestone,
            again=body.again,
        ),
        at.who,
    )
    said = f"Đã ghi «{WAYS[body.way]}» {number_words(done)} cơ quan."
    said += " Tin đi trong giờ làm việc, ở lượt gửi tới." if body.way == "message" else ""
    return outcome(said, done, refused, "cơ quan")


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
