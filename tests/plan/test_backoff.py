"""Pauses between tries: they grow, and stay within their bound however often it failed."""

from __future__ import annotations

from datetime import timedelta

from plan.backoff import Backoff

MINUTE = timedelta(minutes=1)


def test_pauses_grow_up_to_the_longest() -> None:
    pauses = Backoff(MINUTE, 30 * MINUTE)
    minutes = [pauses.after(count) / MINUTE for count in range(1, 8)]
    assert minutes == [1, 2, 4, 8, 16, 30, 30]


def test_growth_is_a_choice_and_no_count_is_too_many() -> None:
    pauses = Backoff(MINUTE, timedelta(days=1), growth=3)
    assert pauses.after(4) == 27 * MINUTE
    assert pauses.after(1_000_000) == timedelta(days=1)
