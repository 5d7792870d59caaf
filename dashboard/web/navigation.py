"""Where a page stands: the menu, the search, the slider of time, the roles of a rehearsal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from dashboard import saved_views
from dashboard.auth.viewer import STAFF, Viewer
from dashboard.queries.agency.plans_asking import PlanAsking, plans_asking
from dashboard.queries.naming import naming
from dashboard.web.request import Visit
from plan.calendar import local_day
from plan.states import Role

NAVIGATION: tuple[tuple[str, str, frozenset[Role]], ...] = (
    ("/", "Tổng quan", STAFF | {Role.leader}),
    ("/ke-hoach", "Kế hoạch", STAFF | {Role.leader}),
    ("/moc", "Mốc", STAFF),
    ("/co-quan", "Cơ quan", STAFF | {Role.leader}),
    ("/nhac-viec", "Nhắc việc", STAFF),
    ("/tong-hop", "Tổng hợp", STAFF | {Role.leader}),
    ("/bang-diem", "Bảng điểm", frozenset({Role.leader})),
    ("/lich", "Lịch", STAFF | {Role.leader}),
    ("/nhat-ky", "Nhật ký", STAFF),
    ("/quan-tri", "Quản trị", STAFF),
)


def navigation(viewer: Viewer) -> list[tuple[str, str]]:
    """(address, name) of the entries this viewer sees."""
    entries = [(href, name) for href, name, roles in NAVIGATION if viewer.role in roles]
    if viewer.role is Role.coordinator:
        entries.insert(0, ("/ban-lam-viec", "Bàn làm việc"))
    if viewer.role is Role.leader:
        entries.insert(0, ("/lanh-dao", "Lãnh đạo"))
    if viewer.role is Role.agency:
        for code in sorted(viewer.agencies):
            entries.append((f"/don-vi/{code}", "Việc phải nộp"))
            entries.append((f"/don-vi/{code}/lich", "Lịch"))
            break
    return entries


def asking(visit: Visit) -> list[PlanAsking]:
    """The plans between which an agency's user can choose."""
    return plans_asking(visit.session, visit.who, local_day(visit.as_of))


def entry_of(visit: Visit) -> str:
    """The entry whose pages one is among: the longest address that leads here; empty for none."""
    viewer, path = visit.viewer, visit.request.url.path
    hrefs = [href for href, _ in navigation(viewer)] if viewer else []
    return max(
        (href for href in hrefs if path == href or (href != "/" and path.startswith(f"{href}/"))),
        key=len,
        default="",
    )


def search(visit: Visit, **changes: object) -> str:
    """The address bar's filters with some changed; empty ones left out."""
    merged = {**visit.request.query_params, **{key: str(value) for key, value in changes.items()}}
    kept = {key: value for key, value in merged.items() if value}
    return f"?{urlencode(kept)}" if kept else "?"


def subscribe(address: str) -> str:
    """The same address, for a calendar program to open."""
    return f"webcal://{address.partition('://')[2]}"


@dataclass(frozen=True)
class Slider:
    """The days that can be looked back at, and where one stands among them."""

    first: date
    count: int
    position: int
    previous: date
    next: date


def slider(visit: Visit) -> Slider:
    demo = visit.site.demo
    last = local_day(demo.last) if demo else local_day(visit.now)
    begun = visit.plan.issued_on if visit.plans else last
    first = local_day(demo.first) if demo else begun
    today = min(max(local_day(visit.as_of), first), last)
    one = timedelta(days=1)
    return Slider(
        first=first,
        count=(last - first).days,
        position=(today - first).days,
        previous=max(today - one, first),
        next=min(today + one, last),
    )


def demo_roles(visit: Visit) -> list[tuple[str, str]]:
    """Whom one may look as in a rehearsal."""
    names = naming(visit.session, visit.plan.id, local_day(visit.as_of))
    agencies = [(code, name.name) for code, name in names.agencies.items()]
    return [("coordinator", "Sở Nội vụ (đầu mối)"), ("leader", "Lãnh đạo"), *agencies]


def demo_role(visit: Visit) -> str:
    viewer = visit.viewer
    assert viewer is not None
    return next(iter(viewer.agencies), "") or viewer.role.value


@dataclass(frozen=True)
class SavedHere:
    """The saved views of the page looked at: (address, name) of each, and what this viewer may keep."""

    page: str
    query: str
    entries: list[tuple[str, str]]
    own: bool
    office: bool


def saved_here(visit: Visit) -> SavedHere:
    viewer, url = visit.who, visit.request.url
    views = saved_views.seen_by(visit.session, visit.plan.id, viewer.account, url.path)
    return SavedHere(
        url.path,
        saved_views.kept_of(url.path, url.query),
        [(saved_views.address_of(view), view.name) for view in views],
        saved_views.may_change(viewer, viewer.account),
        saved_views.may_change(viewer, ""),
    )
