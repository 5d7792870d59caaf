"""Views saved by name: which pages have them, what of an address is kept, who may change whose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl, urlencode

from sqlmodel import Session, col, func, select

from dashboard.auth.viewer import STAFF, Viewer
from plan.errors import NotFoundError, RefusedError
from plan.ledger import audit
from plan.models import SavedView
from plan.text import normalise

LONGEST_NAME, LONGEST_VALUE = 60, 100
MOST = 50
"""Views one owner keeps of one plan; a list of more is no help."""


@dataclass(frozen=True)
class SavedPage:
    """A page whose filters can be kept: its name, and the fields of its address that are filters."""

    name: str
    fields: tuple[str, ...]
    place: str = ""
    """Where on the page the table stands."""


PAGES: Mapping[str, SavedPage] = {
    "/buc-tranh": SavedPage("Bức tranh", ("nhom", "con-no", "xep")),
    "/": SavedPage("Cơ quan và sản phẩm (Tổng quan)", ("nhom", "moc", "con-no"), "#ma-tran"),
    "/nghia-vu": SavedPage("Nghĩa vụ", ("trang-thai", "moc", "san-pham", "co-quan", "nhom", "tim")),
    "/co-quan": SavedPage("Cơ quan", ("nhom", "tim", "pham-vi")),
}


def kept_of(page: str, query: str) -> str:
    """Of a page's query string the filters, in the page's order; page numbers and files left out."""
    given = dict(parse_qsl(query))
    fields = PAGES[page].fields
    return urlencode({name: given[name][:LONGEST_VALUE] for name in fields if given.get(name)})


def address_of(view: SavedView) -> str:
    """Where the view opens."""
    query = f"?{view.query}" if view.query else ""
    return f"{view.page}{query}{PAGES[view.page].place}"


def seen_by(session: Session, plan_id: str, account: str, page: str = "") -> list[SavedView]:
    """The office's and one's own, by name; of one page, or of all. At most twice `MOST`."""
    wanted = select(SavedView).where(
        SavedView.plan_id == plan_id, col(SavedView.owner).in_(["", account])
    )
    if page:
        wanted = wanted.where(SavedView.page == page)
    return sorted(session.exec(wanted), key=lambda view: (view.owner == "", normalise(view.name)))


def may_change(viewer: Viewer, owner: str) -> bool:
    """One's own; what is the office's, Sở Nội vụ and administrators. In a rehearsal nobody has an account."""
    if viewer.via == "demo" or not viewer.account:
        return False
    return viewer.role in STAFF if owner == "" else owner == viewer.account


def save(
    session: Session,
    plan_id: str,
    viewer: Viewer,
    *,
    name: str,
    page: str,
    query: str,
    office: bool,
    now: datetime,
) -> SavedView:
    """Keep a page's filters under a name. RefusedError: no name, one taken already, too many, or not theirs
    to keep for the office."""
    owner = "" if office else viewer.account
    _require(viewer, owner)
    if page not in PAGES:
        raise RefusedError("Trang này không có bộ lọc để lưu.")
    count = select(func.count()).where(SavedView.plan_id == plan_id, SavedView.owner == owner)
    if session.execute(count).scalar_one() >= MOST:
        raise RefusedError(f"Đã có {MOST} cách xem; hãy xóa bớt cách không còn dùng.")
    view = SavedView(
        plan_id=plan_id,
        owner=owner,
        name=_free_name(session, plan_id, owner, name),
        page=page,
        query=kept_of(page, query),
        saved_by=viewer.name,
        at=now,
    )
    session.add(view)
    _record(session, view, viewer, "view.saved", now)
    return view


def rename(session: Session, view: SavedView, viewer: Viewer, name: str, now: datetime) -> None:
    _require(viewer, view.owner)
    if name != view.name:
        view.name = _free_name(session, view.plan_id, view.owner, name)
        session.add(view)
        _record(session, view, viewer, "view.renamed", now)


def delete(session: Session, view: SavedView, viewer: Viewer, now: datetime) -> None:
    _require(viewer, view.owner)
    session.delete(view)
    _record(session, view, viewer, "view.deleted", now)


def find(session: Session, plan_id: str, viewer: Viewer, number: int) -> SavedView:
    """One that this viewer sees. NotFoundError for any other."""
    view = session.get(SavedView, number)
    if view is None or view.plan_id != plan_id or view.owner not in ("", viewer.account):
        raise NotFoundError("cách xem", str(number), [])
    return view


def _require(viewer: Viewer, owner: str) -> None:
    if may_change(viewer, owner):
        return
    if viewer.via == "demo" or not viewer.account:
        raise RefusedError("Đang ở chế độ chỉ xem; không lưu cách xem nào.")
    raise RefusedError("Cách xem chung do Sở Nội vụ đặt; anh/chị hãy lưu cho riêng mình.")


def _free_name(session: Session, plan_id: str, owner: str, name: str) -> str:
    if not name or len(name) > LONGEST_NAME:
        raise RefusedError(f"Cách xem cần một tên, dài nhất {LONGEST_NAME} ký tự.")
    taken = select(SavedView.id).where(
        SavedView.plan_id == plan_id, SavedView.owner == owner, SavedView.name == name
    )
    if session.exec(taken).first() is not None:
        raise RefusedError(
            f"Đã có cách xem tên «{name}»; hãy đặt tên khác, hoặc xóa cách cũ trước."
        )
    return name


def _record(session: Session, view: SavedView, viewer: Viewer, event: str, now: datetime) -> None:
    audit.record(
        session,
        plan_id=view.plan_id,
        actor=viewer.actor,
        event=event,
        subject=view.name,
        now=now,
        after={"page": view.page, "query": view.query, "office": view.owner == ""},
    )
