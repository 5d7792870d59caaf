"""kill -9 at random moments: no half output, no run that only seems done, and the next one starts clean."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.chaos.consolidating import play


def test_killed_a_few_times_it_leaves_nothing_half_done(tmp_path: Path) -> None:
    play(tmp_path, 3, random.Random(5))


@pytest.mark.slow
def test_killed_at_fifty_random_moments_it_leaves_nothing_half_done(tmp_path: Path) -> None:
    assert play(tmp_path, 50, random.Random()) >= 15
