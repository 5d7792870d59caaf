"""Số liệu nội bộ: what others may be asked for before one's own figures are due, and what came back."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from consolidation.figures.data_calls import differences, rolled_up, side_by_side
from dashboard.auth.viewer import READERS
from dashboard.pages.common import names_of, taken_away
from dashboard.table import Table
from dashboard.web.request import MissingError, Visit
from dashboard.web.routing import Pages
from intake.earlier_figures import earlier_figures
from plan.definition.model import DataCall
from plan.errors import NotFoundError
from plan.ledger.data_calls import asked, find_call, opened

pages = Pages()


@dataclass(frozen=True)
class CallLine:
    """A call with how far it has come; `coverage` is empty while nobody was asked."""

    call: DataCall
    asked: int
    coverage: str


@pages.get("/so-lieu-noi-bo", may=READERS)
def index(visit: Visit) -> Response:
    there = {call.id for call in opened(visit.session, visit.plan.id, visit.definition)}
    lines = [
        CallLine(
            call,
            len(asked(visit.definition, call)),
            rolled_up(visit.session, visit.plan, call, visit.as_of).coverage.words()
            if call.id in there
            else "",
        )
        for call in visit.definition.data_calls
    ]
    return visit.render("data_calls.html", lines=lines, names=names_of(visit))


@pages.get("/so-lieu-noi-bo/{call}", may=READERS)
def show(visit: Visit) -> Response:
    """What came back, beside what the owner of the appendix says itself."""
    try:
        call = find_call(visit.definition, visit.param("call"))
    except NotFoundError:
        raise MissingError from None
    is_open = call in opened(visit.session, visit.plan.id, visit.definition)
    answer = rolled_up(visit.session, visit.plan, call, visit.as_of)
    heads, rows = side_by_side(answer)
    table = Table(call.title, heads, [tuple(row) for row in rows])
    if (file := taken_away(visit, {"": lambda: table})) is not None:
        return file
    accepted = earlier_figures(visit.session, visit.plan, call.asked_by).accepted
    return visit.render(
        "data_call.html",
        call=call,
        is_open=is_open,
        coverage=answer.coverage,
        heads=heads,
        rows=rows,
        differing=differences(answer, accepted) if is_open else (),
        names=names_of(visit),
    )
