"""What a machine read from a page: words in lines, which way they run, and the figures in its tables."""

from __future__ import annotations

from dataclasses import replace

import pytest

from intake.pdf.model import Box
from intake.pdf.places import spot_of
from intake.recognise import recognise
from intake.scans.figures import Offered, figures_in, offered_safely
from intake.scans.page import (
    ScannedPage,
    Word,
    page_as_data,
    page_from_data,
    turn_of,
    words_of,
)
from tests.pdf_writing import sheet_as_pdf
from tests.scanning import HEAD, scanned, tsv
from tests.support.workbook_samples import full, plan


def offered(pages: list[ScannedPage]) -> dict[tuple[str, str], Offered]:
    return {(one.indicator, one.period): one for one in figures_in(plan(), "stp", pages)}


def within(page: ScannedPage, figure: Offered) -> list[Word]:
    """The words at a figure's place."""
    spot = spot_of(figure.sheet, figure.cell)
    assert spot is not None
    return [word for word in page.words if spot.box.holds(word.box.x0 + 1, word.box.middle)]


@pytest.fixture(scope="module")
def page() -> ScannedPage:
    return scanned(sheet_as_pdf(full("stp"), "PL2"))[0]


def test_words_of_tesseracts_table() -> None:
    said = [
        HEAD,
        "2\t1\t1\t0\t0\t0\t30\t40\t200\t20\t-1\t",
        "5\t1\t1\t1\t1\t1\t30\t40\t60\t20\t91.948967\tSố",
        "5\t1\t1\t1\t1\t2\t100\t42\t40\t18\t17.5\t12",
        "5\t1\t1\t1\t2\t1\t30\t80\t60\t20\t95.0\t ",
        "5\t1\t2\t1\t1\t1\t30\t120\t60\t20\t-1\thai",
        "half a row\t1",
    ]
    assert list(words_of("\n".join(said), 2.0)) == [
        Word("Số", Box(15, 20, 45, 30), 0, 92),
        Word("12", Box(50, 21, 70, 30), 0, 18),
        Word("hai", Box(15, 60, 45, 70), 1, 0),
    ]


@pytest.mark.parametrize(
    ("step", "turn"), [((40, 0), 0), ((0, -40), 90), ((-40, 0), 180), ((0, 40), 270)]
)
def test_which_way_the_lines_run(step: tuple[float, float], turn: int) -> None:
    places = [(300 + step[0] * n, 400 + step[1] * n) for n in range(5)]
    words = [Word("chữ", Box(x, y, x + 10, y + 10), 0, 90) for x, y in places]
    assert turn_of(words) == turn


def test_a_page_without_words_stands_as_it_is() -> None:
    assert turn_of([]) == 0
    assert ScannedPage(1, 595, 842, ()).confidence is None
    assert figures_in(plan(), "stp", [ScannedPage(1, 595, 842, ())]) == []


def test_a_page_is_kept_and_found_again(page: ScannedPage) -> None:
    kept = page_from_data(page_as_data(replace(page, turn=90)))
    assert (kept.turn, kept.text, kept.confidence) == (90, page.text, 96)
    assert kept.words[7].box.x0 == pytest.approx(page.words[7].box.x0, abs=0.06)


def test_every_figure_of_a_printed_appendix_is_offered_with_its_place(page: ScannedPage) -> None:
    data = full("stp")
    workbook = recognise(data, "a.xlsx", plan(), "stp").workbook
    assert workbook is not None
    found = offered([page])
    assert {key: one.number for key, one in found.items()} == {
        (value.indicator, value.period): value.number for value in workbook.values
    }
    one = found["PL2.1", "2015"]
    assert (one.number, one.page, one.confidence) == (42, 1, 96)
    assert [word.text for word in within(page, one)] == ["42"]


def test_a_figure_is_as_sure_as_its_least_sure_word(page: ScannedPage) -> None:
    (doubtful,) = within(page, offered([page])["PL2.1", "2015"])
    words = tuple(replace(word, confidence=31) if word == doubtful else word for word in page.words)
    found = offered([replace(page, words=words)])
    assert {key for key, one in found.items() if one.confidence == 31} == {("PL2.1", "2015")}


def test_the_guarded_process_offers_the_same(page: ScannedPage) -> None:
    kept = page_from_data(page_as_data(page))
    assert offered_safely(plan(), "stp", [kept]) == offered([kept])


def test_words_told_by_the_program_are_the_words(page: ScannedPage) -> None:
    words = list(words_of(tsv(page, scale=4), 4))
    assert [word.text for word in words] == [word.text for word in page.words]
    assert offered([replace(page, words=tuple(words))]).keys() == offered([page]).keys()
