"""The tables agree with each other, and refuse what they don't name."""

from itertools import product

import pytest

from plan.errors import RefusedError
from plan.states import (
    CLOSED,
    EVENT_CONSUMERS,
    RULES,
    STATE_WORDS,
    STILL_OWED,
    TRANSITIONS,
    Action,
    Role,
    State,
    next_state,
)


def test_every_state_stands_in_every_table() -> None:
    assert set(STATE_WORDS) == set(State)
    assert {state for state, _ in TRANSITIONS} == set(State)
    assert set(TRANSITIONS.values()) == set(State)
    assert {State.submitted} == set(State) - STILL_OWED - CLOSED


def test_every_action_has_a_rule_and_every_event_its_consumers() -> None:
    assert set(RULES) == set(Action)
    assert {action for _, action in TRANSITIONS} == set(Action)
    assert {rule.event for rule in RULES.values() if rule.event} <= set(EVENT_CONSUMERS)


@pytest.mark.parametrize(("state", "action"), list(product(State, Action)))
def test_what_is_not_in_the_table_is_refused_in_words(state: State, action: Action) -> None:
    role = next(iter(RULES[action].roles))
    if (state, action) in TRANSITIONS:
        assert next_state(state, action, role) is TRANSITIONS[state, action]
    else:
        with pytest.raises(RefusedError, match=STATE_WORDS[state]):
            next_state(state, action, role)


@pytest.mark.parametrize("action", list(Action))
def test_roles_without_the_right_are_refused(action: Action) -> None:
    for role in set(Role) - RULES[action].roles:
        state = next(state for state, known in TRANSITIONS if known is action)
        with pytest.raises(RefusedError, match="Vai trò"):
            next_state(state, action, role)
