"""Cách xem đã lưu: a page's filters kept under a name, one's own or the office's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlmodel import Session
from starlette.responses import Response

from dashboard import saved_views
from dashboard.auth.viewer import READERS
from dashboard.web.request import Visit, local_path, number_in
from dashboard.web.routing import Pages
from plan.database import writing
from plan.models import SavedView

pages = Pages()
HERE = "/cach-xem"


@contextmanager
def _keeping(visit: Visit) -> Iterator[Session]:
    """A view is nothing of the plan's: leaders keep theirs, too."""
    with writing(visit.site.engine) as session:
        yield session


@pages.get(HERE, may=READERS)
def index(visit: Visit) -> Response:
    return visit.render(
        "saved_views.html",
        views=saved_views.seen_by(visit.session, visit.plan.id, visit.who.account),
        pages=saved_views.PAGES,
        address_of=saved_views.address_of,
        may_change=saved_views.may_change,
    )


@pages.post(HERE, may=READERS)
def save(visit: Visit) -> Response:
    """`trang`, `loc`: the page and its query string as the form's own page had them."""
    with _keeping(visit) as session:
        view = saved_views.save(
            session,
            visit.plan.id,
            visit.who,
            name=visit.text("ten", 200),
            page=visit.text("trang", 40),
            query=visit.text("loc", 2000),
            office=visit.text("cho", 10) == "chung",
            now=visit.now,
        )
        back, words = saved_views.address_of(view), f"Đã lưu cách xem «{view.name}»."
    return visit.redirect(local_path(back), words)


@pages.post(f"{HERE}/{{view}}", may=READERS)
def rename(visit: Visit) -> Response:
    with _keeping(visit) as session:
        view = _found(visit, session)
        saved_views.rename(session, view, visit.who, visit.text("ten", 200), visit.now)
        words = f"Tên nay là «{view.name}»."
    return visit.redirect(HERE, words)


@pages.post(f"{HERE}/{{view}}/xoa", may=READERS)
def delete(visit: Visit) -> Response:
    with _keeping(visit) as session:
        view = _found(visit, session)
        words = f"Đã xóa cách xem «{view.name}»."
        saved_views.delete(session, view, visit.who, visit.now)
    return visit.redirect(HERE, words)


def _found(visit: Visit, session: Session) -> SavedView:
    return saved_views.find(session, visit.plan.id, visit.who, number_in(visit.param("view")))
