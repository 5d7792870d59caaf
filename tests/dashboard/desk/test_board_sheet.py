"""The board on one sheet: one page of A4, the page's own counts, nothing confidential, a font of ours."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from html import escape

import pypdfium2
import pytest
from PIL import Image, ImageFont

from dashboard.queries.board_picture import ROWS, SECRET, BoardPicture, board_picture
from dashboard.queries.naming import naming
from dashboard.queries.picture import WORST
from dashboard.rendering import board_sheet
from plan.calendar import local_day
from plan.database import reading
from plan.models import Plan
from plan.queries.lookup import load_calendar
from plan.queries.progress import ObligationView, obligations
from plan.states import SIGNS
from tests.browser.support import Dash, dashboard_at
from tests.conftest import PLAN_ID


@pytest.fixture(scope="module")
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("sheet"))
    yield made
    made.engine.dispose()


def board(
    dash: Dash, secret: frozenset[str] = frozenset(), views: Sequence[ObligationView] = ()
) -> BoardPicture:
    with reading(dash.engine) as session:
        plan, now = session.get_one(Plan, PLAN_ID), dash.clock.now
        names = naming(session, PLAN_ID, local_day(now))
        return board_picture(
            plan.title,
            list(names.milestones.values()),
            views or obligations(session, plan, now),
            secret,
            now,
            plan.soon_working_days,
            load_calendar(session, PLAN_ID, 2020, 2021),
        )


def test_one_page_of_a4_in_both_forms(dash: Dash) -> None:
    client = dash.client("leader")
    answer = client.get("/buc-tranh.pdf")
    document = pypdfium2.PdfDocument(answer.content)
    assert len(document) == 1
    width, height = document[0].get_size()
    document.close()
    assert (width, height) == pytest.approx((595.2, 841.9), abs=1)
    picture = Image.open(io.BytesIO(client.get("/buc-tranh.png").content))
    assert picture.size == (board_sheet.WIDTH, board_sheet.HEIGHT)
    assert len(picture.getcolors(1_000_000) or []) > 20
    assert dash.client("agency", "vpub").get("/buc-tranh.png").status_code == 403


def test_it_says_what_the_page_says(dash: Dash) -> None:
    drawn = board(dash)
    page = dash.client("leader").get("/buc-tranh").text
    for written, cells in drawn.rows:
        name = escape(written)
        assert f"<summary>{name}</summary>" in page
        row = page.partition(f"<summary>{name}</summary>")[2].partition("</tr>")[0]
        for cell in cells:
            assert cell is None or f">{cell.handed_in}/{cell.total}<" in row
    assert drawn.headline.rest in dash.client("leader").get("/lanh-dao").text


def test_confidential_products_are_never_on_it(dash: Dash) -> None:
    whole, without = board(dash), board(dash, frozenset({"district-report"}))
    assert (whole.note, without.note) == ("", SECRET)
    assert sum(line.tally.owing for line in without.lines) < sum(
        line.tally.owing for line in whole.lines
    )


def test_who_finds_no_room_is_counted(dash: Dash) -> None:
    with reading(dash.engine) as session:
        one = obligations(session, session.get_one(Plan, PLAN_ID), dash.clock.now, agency="an-lao")
    many = [
        replace(view, agency=f"xa-{number}", agency_short=f"Xã {number}")
        for number in range(ROWS + 7)
        for view in one
    ]
    drawn = board(dash, views=many)
    assert (len(drawn.rows), drawn.more) == (ROWS, 7)
    assert board_sheet.png(drawn)


def test_the_font_has_every_letter_and_sign() -> None:
    font = board_sheet._font(20)
    blank = font.getmask("\ufffe").getbbox(), bytes(font.getmask("\ufffe"))
    letters = "ăâđêôơưĂÂĐÊÔƠƯạảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộớờởỡợụủứừửữựỳỵỷỹ«»–…"
    for letter in letters + "".join(SIGNS[key].glyph for key in WORST):
        mask = font.getmask(letter)
        assert (mask.getbbox(), bytes(mask)) != blank, letter
    assert isinstance(font, ImageFont.FreeTypeFont)


def test_the_same_board_gives_the_same_picture(dash: Dash) -> None:
    first = board(dash)
    assert board_sheet.png(first) == board_sheet.png(first)
    assert isinstance(first.at, datetime)
