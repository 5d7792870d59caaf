"""Bức tranh: every agency against every milestone, worst first, a row opened into its products in place."""

from __future__ import annotations

from starlette.responses import Response

from dashboard.auth.viewer import READERS
from dashboard.pages.common import large, names_of, note_export, taken_away
from dashboard.queries.agencies import agency_groups, group_names
from dashboard.queries.board_picture import BoardPicture, load_board
from dashboard.queries.glance.periods import named_at_hand, to_hand_in
from dashboard.queries.listing import page_of
from dashboard.queries.picture import ORDERS, PictureRow, picture
from dashboard.rendering.board_sheet import pdf, png
from dashboard.rendering.export import attachment
from dashboard.table import Table
from dashboard.web.request import Visit
from dashboard.web.routing import Pages
from plan.calendar import local_day
from plan.queries.progress import obligations

pages = Pages()
ROWS = 150
"""Agencies on one page: a province's communes and departments fit."""


@pages.get("/buc-tranh", may=READERS, remembered=True)
def show(visit: Visit) -> Response:
    """`nhom`: a group of agencies; `con-no`: only rows that need a hand; `xep`: one of `ORDERS`. A very large
    plan is ordered within each page; another is ordered whole."""
    names, groups = names_of(visit), agency_groups(visit.session, visit.plan.id)
    wanted, acting = visit.query("nhom"), bool(visit.query("con-no"))
    codes = [code for code, group in groups.items() if wanted in ("", group)]
    if large(visit) and not visit.query("dang"):
        page = page_of(len(codes), visit.page_number(), ROWS)
        codes = codes[(page.number - 1) * ROWS : page.number * ROWS]
        rows = _rows(visit, codes, acting)
    else:
        every = _rows(visit, codes, acting)
        page = page_of(len(every), visit.page_number(), ROWS)
        first = (page.number - 1) * ROWS
        rows = every if visit.query("dang") else every[first : first + ROWS]
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
        groups=group_names(names, groups),
        group=wanted,
        acting=acting,
        orders=ORDERS,
        order=visit.query("xep"),
        names=names,
        periods=named_at_hand([view for row in rows for view in row.views], visit.as_of),
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
    return load_board(visit.session, visit.plan, visit.as_of, names_of(visit))


def _rows(visit: Visit, codes: list[str], acting: bool) -> list[PictureRow]:
    if not codes:
        return []
    views = obligations(visit.session, visit.plan, visit.as_of, agencies=codes)
    dated = [view for view in to_hand_in(views, visit.as_of) if view.due_at is not None]
    rows = picture(dated, list(names_of(visit).milestones), visit.query("xep"))
    return [row for row in rows if not acting or any(cell and cell.acts for cell in row.cells)]


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
