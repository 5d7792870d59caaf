"""The one table of acts: every form and every call of the API that decides something is a row of it."""

from __future__ import annotations

from dashboard.acts import directory, handdown, obligations, plan, urging
from dashboard.acts.act import Act, Target

TARGETS: dict[str, Target] = {
    "obligation": obligations.OBLIGATION,
    "own": obligations.OWN,
    "handdown": handdown.HANDDOWN,
    "unit": handdown.UNIT,
    "milestone": plan.MILESTONE,
    "call": plan.CALL,
    "agency": plan.AGENCY,
    "contact": plan.CONTACT,
    "days": plan.DAYS,
    "ladder": plan.LADDER,
    "board-mail": plan.BOARD_MAIL,
    "life": plan.LIFE,
    "urging": urging.URGING,
}
ACTS: tuple[Act, ...] = (
    *obligations.ACTS,
    *plan.ACTS,
    *directory.ACTS,
    *urging.ACTS,
    *handdown.ACTS,
)
ELSEWHERE: dict[str, str] = {
    "explain": "/nghia-vu/{agency}/{deliverable}/giai-trinh",
    "review move": "/nghia-vu/{agency}/{deliverable}/chuyen",
    "review explain": "/nghia-vu/{agency}/{deliverable}/giai-trinh",
    "extension ask": "/don-vi/{agency}/{deliverable}/xin-gia-han",
    "extension decide": "/nghia-vu/{agency}/{deliverable}/gia-han/{extension}",
    "submit": "/don-vi/{agency}/{deliverable}/nop",
    "consolidate": "/tong-hop",
    "report take-in": "/tong-hop/{output}/dang-viet",
    "report detail": "/tong-hop/{output}/muc",
    "report sign": "/tong-hop/{output}/ky",
    "directory import": "/quan-tri/co-quan",
    "directory load": "/quan-tri/co-quan",
    "upgrade": "/quan-tri/co-quan",
    "plan start": "/ke-hoach/bat-dau",
    "plan delete": "/ke-hoach/xoa",
    "plan draft": "/soan",
    "plan amend": "/ke-hoach/phien-ban",
    "outbox retry": "/nhac-viec/{message}/gui-lai",
    "user add": "/quan-tri/nguoi-dung",
    "user disable": "/quan-tri/nguoi-dung/{user}",
    "user link": "/quan-tri/nguoi-dung/{user}",
    "user email": "/quan-tri/doi-dia-chi-thu",
    "person delete": "/quan-tri/du-lieu-ca-nhan",
    "letter": "/cong-van",
    "letters send": "/cong-van/gui",
    "channels test": "/quan-tri/kenh",
}
"""Acts that ask for files, show something made, or are told apart by more than a form: command → page."""


def act(on: str, name: str) -> Act:
    """The act of this name. Raises KeyError."""
    return next(one for one in ACTS if (one.on, one.name) == (on, name))


def acts_on(on: str) -> list[Act]:
    return [one for one in ACTS if one.on == on]
