"""What is worked out of a plan once and asked for with every file: kept by the plan's identity.

Hashing a whole plan, or comparing two, would cost more than reading a workbook.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar

from plan.definition.model import PlanDefinition
from plan.queries.cache import Cache

P = ParamSpec("P")
T = TypeVar("T")
Function = Callable[Concatenate[PlanDefinition, P], T]


def cached_by_plan(size: int) -> Callable[[Function[P, T]], Function[P, T]]:
    """Keep a function's newest `size` answers, by the plan's identity and the other (positional) arguments.

    An answer is kept together with its plan, so that an identity is never given to another one. Safe
    among threads; two may work out the same answer, one of them is kept.
    """

    def keeping(make: Function[P, T]) -> Function[P, T]:
        answers = Cache(size)

        @wraps(make)
        def answer(definition: PlanDefinition, /, *rest: P.args, **named: P.kwargs) -> T:
            key = (id(definition), *rest)
            return answers.get(key, lambda: (definition, make(definition, *rest, **named)))[1]

        return answer

    return keeping
