"""Bức tranh: every agency against every milestone, worst first, a row opened into its products in place."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from dashboard.auth.viewer import READERS
from dashboard.pages.common import names_of, note_export, plan_view_of, taken_away
from dashboard.queries.agencies import group_names, tallies
from dashboard.queries.board import Tally
from dashboard.queries.board_picture import BoardPicture, load_board
from dashboard.queries.listing import counts_at_hand, dated_of, page_of, to_hand_in
from dashboard.queries.picture import ORDERS, PictureRow, acts, in_order, picture
from dashboard.queries.plan_view import PlanView
from dashboard.rendering.board_sheet import pdf, png
from dashboard.rendering.export import attachment
from dashboard.table import Table
from dashboard.web.request import Visit
from dashboard.web.routing import Pages
from plan.calendar import local_day
from plan.queries.periods import named_at_hand

pages = Pages()
PRODUCTS = 600
"""On one page, in rows that open: 150 agencies of four each fit, and stay below 150 KB."""
FEWEST = 10
"""Agencies on one page, however much each owes."""


@pages.get("/buc-tranh", may=READERS, remembered=True)
def show(visit: Visit) -> Response:
    """`nhom`: a group of agencies; `con-no`: only rows that need a hand; `xep`: one of `ORDERS`, over all
    pages: the agencies' counts give it, and only a page's own obligations are read."""
    names = names_of(visit)
    wanted, acting = visit.query("nhom"), bool(visit.query("con-no"))
    plan_view = plan_view_of(visit)
    found = tallies(plan_view, such=counts_at_hand(plan_view))
    shown = {
        code: found[code]
        for code, group in names.groups.items()
        if code in found and wanted in ("", group) and (not acting or acts(found[code]))
    }
    codes = in_order(shown, {code: names.agency(code) for code in shown}, visit.query("xep"))
    page = page_of(len(codes), visit.page_number(), _fitting(shown))
    last = page.offset + page.size
    rows = _rows(plan_view, codes if visit.query("dang") else codes[page.offset : last])
    # A milestone that nobody here has anything dated for is no column.
    places = [
        place
        for place in range(len(names.milestones))
        if any(row.cells[place] is not None for row in rows)
    ]
    milestones = list(names.milestones.values())
    if (file := taken_away(visit, {"": lambda: _table(rows, visit)})) is not None:
        return file
    return visit.render(
        "picture.html",
        rows=rows,
        columns=[milestones[place] for place in places],
        places=places,
        page=page,
        groups=group_names(names),
        group=wanted,
        acting=acting,
        orders=ORDERS,
        order=visit.query("xep"),
        names=names,
        periods=named_at_hand(plan_view.glances),
    )


@pages.get("/buc-tranh.png", may=READERS)
def as_png(visit: Visit) -> Response:
    """The board on one sheet, to be sent along."""
    return attachment(png(_board(visit)), _filename(visit, "png"), "image/png")


@pages.get("/buc-tranh.pdf", may=READERS)
def as_pdf(visit: Visit) -> Response:
    return attachment(pdf(_board(visit)), _filename(visit, "pdf"), "application/pdf")


def _filename(visit: Visit, suffix: str) -> str:
    name = f"buc-tranh-{visit.plan.id}-{local_day(visit.as_of)}.{suffix}"
    note_export(visit, name)
    return name


def _board(visit: Visit) -> BoardPicture:
    return load_board(plan_view_of(visit))


def _fitting(tallies: Mapping[str, Tally]) -> int:
    """How many agencies stand on one page, by what they owe on the average."""
    products = sum(tally.total for tally in tallies.values())
    return max(PRODUCTS * len(tallies) // max(products, 1), FEWEST)


def _rows(plan_view: PlanView, codes: list[str]) -> list[PictureRow]:
    views = dated_of(plan_view, codes, to_hand_in(plan_view))
    return picture(views, list(plan_view.names.milestones), codes)


def _table(rows: list[PictureRow], visit: Visit) -> Table:
    names = names_of(visit)
    heads = ("Cơ quan", *(one.short or one.title for one in names.milestones.values()), "Quá hạn")
    return Table(
        "Bức tranh",
        heads,
        [
            (
                row.name,
                *(f"{cell.handed_in}/{cell.total}" if cell else "" for cell in row.cells),
                row.late,
            )
            for row in rows
        ],
    )
