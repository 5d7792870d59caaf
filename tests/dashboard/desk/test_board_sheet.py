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

from dashboard.queries.board_picture import MILESTONES, SECRET, BoardPicture, board_picture
from dashboard.queries.naming import naming
from dashboard.queries.picture import WORST
from dashboard.rendering import board_sheet
from plan.calendar import local_day
from plan.database import reading
from plan.models import Milestone, Plan
from plan.queries.lookup import load_calendar
from plan.queries.progress import ObligationView, obligations
from plan.states import SIGNS
from tests.browser.support import Dash, dashboard_at
from tests.conftest import PLAN_ID
from tests.support.dashboard_walk import rows_of


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
        every = views or obligations(session, plan, now)
        shown = [view for view in every if view.deliverable not in secret]
        calendar = load_calendar(session, PLAN_ID, 2020, 2021)
        rows = rows_of(names.milestones.values(), shown, now, calendar)
        soon = plan.soon_working_days
        dated = [view for view in shown if view.due_at is not None]
        return board_picture(plan.title, rows, dated, now, soon, secret=bool(secret))


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


def large(dash: Dash, milestones: int, agencies: int = 135) -> BoardPicture:
    """Every agency owes every milestone; those of the sample, again and again."""
    with reading(dash.engine) as session:
        plan, now = session.get_one(Plan, PLAN_ID), dash.clock.now
        found = [view for view in obligations(session, plan, now) if view.due_at is not None]
        known = list(naming(session, PLAN_ID, local_day(now)).milestones.values())
        calendar = load_calendar(session, PLAN_ID, 2020, 2021)
    rows = [
        Milestone(**known[place % len(known)].model_dump(exclude={"id", "code"}), code=f"m{place}")
        for place in range(milestones)
    ]
    for row in rows:
        row.due_at = row.due_at or dash.clock.now
    views = [
        replace(
            found[(agency * 7 + place) % len(found)],
            milestone=f"m{place}",
            agency=f"xa-{agency}",
            agency_short=f"UBND xã Vĩnh Thạnh {agency}",
        )
        for agency in range(agencies)
        for place in range(milestones)
    ]
    now, soon = dash.clock.now, plan.soon_working_days
    counted = rows_of(rows, views, now, calendar)
    return board_picture(plan.title, counted, views, now, soon, secret=False)


@pytest.mark.parametrize("milestones", [6, 20, 40])
def test_what_is_drawn_can_be_read_and_the_rest_is_counted(
    dash: Dash, monkeypatch: pytest.MonkeyPatch, milestones: int
) -> None:
    drawn: list[tuple[float, float, str, int]] = []
    write = board_sheet.SheetPen.text

    def kept(
        pen: board_sheet.SheetPen, x: float, words: str, size: int, *more: str, **how: int
    ) -> None:
        drawn.append((x, pen.y, words, size))
        write(pen, x, words, size, *more, **how)

    monkeypatch.setattr(board_sheet.SheetPen, "text", kept)
    board_sheet.draw(large(dash, milestones))
    assert min(size for *_, size in drawn) >= 15  # 7 points
    for x, y, words, size in drawn:
        below = [other for left, other, *_ in drawn if left == x and other > y]
        assert not below or min(below) - y >= size, words
    named = [words for *_, words, size in drawn if words.startswith("UBND xã") and size < 20]
    counted = [words for _, _, words, _ in drawn if words.startswith("và ")]
    others = [f"và {milestones - MILESTONES} mốc khác"] if milestones > MILESTONES else []
    assert counted == [*others, f"và {135 - len(named)} cơ quan khác"]
    assert len(named) > 20


def test_of_many_milestones_those_are_named_that_lack_something(dash: Dash) -> None:
    few = board(dash)
    many = large(dash, 40)
    assert (few.more, many.more) == (0, 40 - MILESTONES)
    assert len(many.lines) == MILESTONES
    assert all(line.tally.missing for line in many.lines)
    assert all(len(cells) == MILESTONES for _, cells in many.rows)


@pytest.mark.parametrize("count", [0, 1, 20, 33, 34, 135, 100_000])
def test_rows_keep_to_their_room(count: int) -> None:
    shown, height = board_sheet.fitting(count, 850)
    assert board_sheet.LOWEST <= height <= board_sheet.TALLEST
    assert shown * height + (board_sheet.MORE if shown < count else 0) <= 850
    assert shown == count or shown > 30


def test_the_font_has_every_letter_and_sign() -> None:
    font = board_sheet.sheet_font(20)
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
