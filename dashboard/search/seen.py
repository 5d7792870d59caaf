"""What each viewer may find, and where what is found stands for them."""

from __future__ import annotations

from dashboard.auth.viewer import Viewer
from dashboard.search.index import Hit, Seen
from plan.states import Role

KINDS = {
    "agency": "Cơ quan",
    "product": "Sản phẩm",
    "obligation": "Việc phải nộp",
    "person": "Người nhận",
    "document": "Văn bản",
    "finding": "Chỗ phải sửa, cảnh báo",
    "report": "Trong báo cáo đã nộp",
}
"""Kinds of what is found, in the order they are shown, with their word."""
_ALL = tuple(KINDS)
_LEADER = tuple(kind for kind in KINDS if kind != "person")
_AGENCY = ("obligation", "document", "finding", "report")


def seen_by(viewer: Viewer, plan_id: str) -> Seen:
    """Staff find everything, leaders no people, an agency its own."""
    kinds = {Role.agency: _AGENCY, Role.leader: _LEADER}.get(viewer.role, _ALL)
    return Seen(plan_id, kinds, viewer.agencies if viewer.role is Role.agency else None)


def address(viewer: Viewer, hit: Hit) -> str:
    """The page of what was found; an agency's own pages lie elsewhere."""
    if viewer.role is not Role.agency:
        return hit.href
    return f"/don-vi/{hit.href.removeprefix('/nghia-vu/').partition('?')[0]}"
