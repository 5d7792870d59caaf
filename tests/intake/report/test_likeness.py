"""Titles are looked for among those of a fitting length alone: none that is like enough is missed."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz

from intake.report.candidates import LOOSE, SURE, titles_of
from tests.support.workbook_samples import plan

TITLES = titles_of(plan())
WORDINGS = [(text, one.id) for one in TITLES.targets for text in one.wordings]


@settings(max_examples=60)
@given(
    st.sampled_from(WORDINGS),
    st.integers(0, 60),
    st.text(max_size=30),
    st.sampled_from((LOOSE, SURE)),
)
def test_every_title_that_is_like_enough_is_found(
    title: tuple[str, str], cut: int, more: str, cutoff: float
) -> None:
    said = title[0][cut:] + more
    near = [(round(score, 9), one.id) for score, one in TITLES.worded.like(said, cutoff)]
    every = [(round(fuzz.ratio(said, text), 9), owner) for text, owner in WORDINGS]
    assert sorted(near) == sorted(pair for pair in every if pair[0] >= cutoff)
