"""The invented province of a plan's rehearsal: sizes, magnitudes and sentences, from the plan's folder.

    plan/<plan>/rehearsal/figures.yaml     sizes of agencies; rows near given magnitudes
    plan/<plan>/rehearsal/sentences.yaml   what agencies write, by the words of a heading

A plan without such a folder is rehearsed with figures and sentences that would fit anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from random import Random
from typing import Any

from plan.definition.appendices import Period
from plan.definition.yaml_lines import read_yaml
from plan.settings import PACKAGED_PLANS

SHARE_OF_YEAR = 0.25
"""What a flow of the partial year comes to, and a step of what grows."""
UNEVEN = {True: 0.02, False: 0.004}
"""How far a year lies off the straight line, as a share: flows more than what stands."""


@dataclass(frozen=True)
class Topic:
    """Sentences for a heading whose title holds one of the words `about` (without accents)."""

    about: tuple[str, ...]
    local: tuple[str, ...]
    """What a district writes."""
    own: tuple[str, ...]
    """What a department writes; with none, the districts' sentences do."""
    points: bool = False
    """Each sentence is a proposal, on a line of its own."""


@dataclass(frozen=True)
class World:
    """What is given of an invented province."""

    sizes: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, Any] = field(default_factory=dict)
    """Row → [first, last] or one value a period; an answer; another row's name."""
    topics: tuple[Topic, ...] = ()


@lru_cache(maxsize=8)
def world_of(plan_id: str) -> World:
    """The world packaged for this plan; an empty one where there is none."""
    folder = PACKAGED_PLANS / plan_id / "rehearsal"
    if not folder.is_dir():
        return World()
    given = read_yaml(folder / "figures.yaml").value
    topics = read_yaml(folder / "sentences.yaml").value
    return World(
        sizes=given["sizes"],
        rows=given["rows"],
        topics=tuple(
            Topic(
                tuple(one["about"]),
                tuple(one["local"]),
                tuple(one.get("own", ())),
                one.get("points", False),
            )
            for one in topics
        ),
    )


def series(
    given: Any, periods: Sequence[Period], rng: Random, *, flow: bool, exact: bool = False
) -> list[float | str]:
    """One value a period of what is given. `flow`: a partial year holds its share; `exact`: to a tenth
    and never over 100, else whole numbers."""
    if isinstance(given, str):
        return [given] * len(periods)
    if len(given) == len(periods) > 2:
        return [float(value) for value in given]
    whole = [period for period in periods if not period.partial]
    first, last = given
    step = (last - first) / max(len(whole) - 1, 1)
    straight = [first + step * place for place in range(len(whole))]
    straight += [last * SHARE_OF_YEAR if flow else last + step * SHARE_OF_YEAR] * (
        len(periods) - len(whole)
    )
    if exact:
        return [min(100.0, round(value, 1)) for value in straight]
    ends = (0, len(whole) - 1)
    return [
        float(
            round(
                value if place in ends else value * (1 + rng.uniform(-UNEVEN[flow], UNEVEN[flow]))
            )
        )
        for place, value in enumerate(straight)
    ]
