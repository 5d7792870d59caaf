"""A milestone's bar: every obligation a mark of its own while they can be counted, in few bytes."""

from __future__ import annotations

import re

import pytest

from dashboard.pages.agencies import AGENCIES
from dashboard.queries.board import Tally
from dashboard.rendering.drawings import MOST_SQUARES, bar
from plan.states import SIGNS


def _marks(drawn: str) -> dict[str, int]:
    """Class → how many shapes are drawn in it."""
    paths = re.findall(r'<path class="([^"]+)" d="([^"]+)"/>', drawn)
    return {kind: len(re.findall("M", path)) for kind, path in paths}


@pytest.mark.parametrize("key", SIGNS)
def test_every_obligation_has_its_mark(key: str) -> None:
    assert _marks(bar(Tally({key: 7})))[f"b-{key}"] == 7


def test_what_was_late_or_returned_is_marked_besides() -> None:
    drawn = _marks(bar(Tally({"accepted": 4, "accepted_late": 3, "returned": 2})))
    assert drawn == {
        "b-accepted": 4,
        "b-accepted_late": 3,
        "b-edge": 3,
        "b-returned": 2,
        "b-cross": 2,
    }


def test_no_two_marks_stand_in_one_square() -> None:
    drawn = bar(Tally({"accepted": 5, "submitted": 5, "overdue": 5, "open": 5}))
    starts = [float(x) for x in re.findall(r"M([\d.]+) ", drawn)]
    assert len({int(x // 15) for x in starts}) == len(starts) == 20


@pytest.mark.parametrize("key", SIGNS)
def test_a_page_of_the_fullest_bars_stays_small(key: str) -> None:
    """Of the 150 KB that a page may weigh, bars may take 120."""
    assert AGENCIES * len(bar(Tally({key: MOST_SQUARES}))) < 120 * 1024
