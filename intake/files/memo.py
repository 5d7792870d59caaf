"""What is worked out of a plan once and asked for with every file: kept by the plan's identity.

Hashing a whole plan, or comparing two, would cost more than reading a workbook.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import wraps
from threading import Lock
from typing import Concatenate, ParamSpec, TypeVar

from plan.definition.model import PlanDefinition

P = ParamSpec("P")
T = TypeVar("T")
Function = Callable[Concatenate[PlanDefinition, P], T]


def cached_by_plan(size: int) -> Callable[[Function[P, T]], Function[P, T]]:
    """Keep a function's newest `size` answers, by the plan's identity and the other (positional) arguments.

    An answer is kept together with its plan, so that an identity is never given to another one. Safe
    among threads; two may work out the same answer, one of them is kept.
    """

    def keeping(make: Function[P, T]) -> Function[P, T]:
        answers: OrderedDict[tuple[Hashable, ...], tuple[PlanDefinition, T]] = OrderedDict()
        lock = Lock()

        @wraps(make)
        def answer(definition: PlanDefinition, /, *rest: P.args, **named: P.kwargs) -> T:
            place = (id(definition), *rest)
            with lock:
                if place in answers:
                    answers.move_to_end(place)
                    return answers[place][1]
            made = make(definition, *rest, **named)
            with lock:
                answers[place] = (definition, made)
                while len(answers) > size:
                    answers.popitem(last=False)
            return made

        return answer

    return keeping
