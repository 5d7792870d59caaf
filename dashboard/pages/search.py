"""Tìm: from every header, over everything the viewer may see; accents may be left out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from starlette.responses import Response

from dashboard.auth.viewer import EVERYONE
from dashboard.pages.common import names_of
from dashboard.search.index import MOST_COUNTED, Hit
from dashboard.search.seen import KINDS, address, seen_by
from dashboard.search.sources import catch_up
from dashboard.web.request import MissingError, Visit
from dashboard.web.routing import Pages

pages = Pages()
SHOWN, PAGE = 6, 50
"""Of a kind beside others, and on a page of its own."""


@dataclass(frozen=True)
class Found:
    """What was found of one kind; `count` is cut at «hơn N»."""

    kind: str
    words: str
    hits: list[Hit]
    count: int

    @property
    def more(self) -> int:
        return self.count - len(self.hits)


@pages.get("/tim", may=EVERYONE)
def search(visit: Visit) -> Response:
    """Grouped by kind; one kind alone with more of it (`loai`, `trang`)."""
    typed, only = visit.query("tu")[:200], visit.query("loai")
    if only and only not in KINDS:
        raise MissingError
    index, seen = visit.site.search, seen_by(visit.who, visit.plan.id)
    found: list[Found] = []
    page = visit.page_number() if only else 1
    if typed:
        catch_up(visit.session, visit.plan, names_of(visit), index)
        size = PAGE if only else SHOWN
        for kind in [only] if only else seen.kinds:
            hits = [
                replace(hit, href=address(visit.who, hit))
                for hit in index.find(typed, seen, kind, size, (page - 1) * size)
            ]
            if hits:
                found.append(Found(kind, KINDS[kind], hits, index.count(typed, seen, kind)))
    return visit.render(
        "search.html", typed=typed, only=only, found=found, page=page, size=PAGE, most=MOST_COUNTED
    )
