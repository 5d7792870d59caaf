"""The same plan written in other ways is read the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.drafting.variations import VARIATIONS, agreement, owed

TEXT = (Path(__file__).parent.parent / "fixtures" / "plan-ways-of-writing.txt").read_text()


def test_the_plan_itself() -> None:
    rows = owed(TEXT)
    assert all(row["owners"] for row in rows)
    assert len(rows) == 20
    assert sum(row["due"]["type"] not in ("none", "ongoing") for row in rows) == 15


@pytest.mark.parametrize("variation", VARIATIONS)
def test_written_another_way(variation: str) -> None:
    assert VARIATIONS[variation](TEXT) != TEXT
    same, every, lost = agreement(TEXT, variation)
    assert (same, lost) == (every, [])
