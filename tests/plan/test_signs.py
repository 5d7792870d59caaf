"""Every state at every timeliness has a sign; no two that mean different things look alike."""

from __future__ import annotations

from itertools import product

import pytest

from plan.deadlines.standing import Timeliness
from plan.states import SIGNS, State, sign_of


@pytest.mark.parametrize(("state", "timeliness"), list(product(State, Timeliness)))
def test_every_state_at_every_timeliness_has_a_sign(state: State, timeliness: Timeliness) -> None:
    sign = sign_of(state, timeliness.value)
    assert sign.glyph
    assert sign.words


@pytest.mark.parametrize(
    ("state", "timeliness", "glyph"),
    [
        ("owed", "not_open", "○"),
        ("owed", "open", "◔"),
        ("owed", "due_soon", "◑"),
        ("owed", "overdue", "▲"),
        ("submitted", "on_time", "◕"),
        ("returned", "open", "↩"),
        ("returned", "overdue", "↩"),
        ("accepted", "on_time", "●"),
        ("accepted", "late", "●ₜ"),
        ("waived", "undated", "–"),
    ],
)
def test_the_table_of_signs(state: str, timeliness: str, glyph: str) -> None:
    assert sign_of(State(state), timeliness).glyph == glyph


def test_lateness_shows_where_it_counts() -> None:
    assert sign_of(State.submitted, "late").edge
    assert sign_of(State.returned, "overdue").edge
    assert not sign_of(State.accepted, "on_time").edge


def test_words_are_told_apart() -> None:
    words = [sign.words for sign in SIGNS.values()]
    assert len(set(words)) == len(words)
