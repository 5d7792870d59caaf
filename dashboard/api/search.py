"""Search, as the pages' headers do it."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query

from dashboard.api import office_schemas as schemas
from dashboard.api.auth import Caller, by
from dashboard.api.problems import RESPONSES
from dashboard.auth.viewer import EVERYONE
from dashboard.search.seen import address, seen_by
from dashboard.search.sources import catch_up

api = APIRouter(responses=RESPONSES)
Kind = Literal["agency", "product", "obligation", "person", "document", "finding", "report"]


@api.get("/search", summary="Tìm, không cần dấu")
def search(
    q: Annotated[str, Query(min_length=1, max_length=200)],
    kind: Kind | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    caller: Caller = by(EVERYONE),
) -> list[schemas.HitOut]:
    """Của từng loại (hoặc một loại) nhiều nhất `limit` kết quả; chỉ những gì khóa này được xem."""
    index, seen = caller.site.search, seen_by(caller.viewer, caller.plan.id)
    catch_up(caller.session, caller.plan, caller.names, index)
    return [
        schemas.HitOut(
            kind=hit.kind,
            agency=hit.agency,
            title=hit.title,
            place=hit.place,
            excerpt=hit.excerpt,
            page=address(caller.viewer, hit),
        )
        for one in ([kind] if kind else seen.kinds)
        for hit in index.find(q, seen, one, limit)
    ]
