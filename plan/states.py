"""The state machine of an obligation, as tables: no I/O.

A new state or action is new rows here: the test walks every table, `make diagrams` draws the
README's diagram from `TRANSITIONS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from plan.errors import RefusedError


class State(StrEnum):
    owed = "owed"
    submitted = "submitted"
    returned = "returned"
    accepted = "accepted"
    waived = "waived"


class Role(StrEnum):
    admin = "admin"
    coordinator = "coordinator"
    agency = "agency"
    leader = "leader"
    system = "system"


class Action(StrEnum):
    submit = "submit"
    submit_faulty = "submit_faulty"
    accept = "accept"
    give_back = "give_back"
    reopen = "reopen"
    waive = "waive"
    restore = "restore"


@dataclass(frozen=True)
class Actor:
    """Who does it: a person's name, the role acted in, for an agency the codes, and from where."""

    name: str
    role: Role
    agencies: frozenset[str] = frozenset()
    origin: str = "cli"


@dataclass(frozen=True)
class Rule:
    """What an action needs and leaves behind."""

    roles: frozenset[Role]
    audit: str
    event: str | None
    words: str
    """The action, for an error's sentence."""


STATE_WORDS = {
    State.owed: "chưa nộp",
    State.submitted: "đã nộp, chờ duyệt",
    State.returned: "trả lại, cần sửa",
    State.accepted: "đã nhận",
    State.waived: "được miễn",
}

STILL_OWED = frozenset({State.owed, State.returned})
SETTLED = frozenset({State.accepted, State.waived})

_SENDERS = frozenset({Role.agency, Role.coordinator})
_DECIDERS = frozenset({Role.coordinator})

RULES: dict[Action, Rule] = {
    Action.submit: Rule(_SENDERS, "obligation.submitted", "obligation.submitted", "nộp"),
    Action.submit_faulty: Rule(_SENDERS, "obligation.submitted", "obligation.faulty", "nộp"),
    Action.accept: Rule(_DECIDERS, "obligation.accepted", "obligation.accepted", "nhận"),
    Action.give_back: Rule(_DECIDERS, "obligation.returned", "obligation.returned", "trả lại"),
    Action.reopen: Rule(_DECIDERS, "obligation.reopened", "obligation.returned", "mở lại"),
    Action.waive: Rule(_DECIDERS, "obligation.waived", "obligation.waived", "miễn"),
    Action.restore: Rule(_DECIDERS, "obligation.restored", "obligation.restored", "bỏ miễn"),
}

TRANSITIONS: dict[tuple[State, Action], State] = {
    (State.owed, Action.submit): State.submitted,
    (State.returned, Action.submit): State.submitted,
    (State.submitted, Action.submit): State.submitted,
    # A faulty filing is kept and numbered but must be mended; it never displaces a good one.
    (State.owed, Action.submit_faulty): State.returned,
    (State.returned, Action.submit_faulty): State.returned,
    (State.submitted, Action.submit_faulty): State.submitted,
    (State.submitted, Action.accept): State.accepted,
    (State.submitted, Action.give_back): State.returned,
    (State.accepted, Action.reopen): State.returned,
    (State.owed, Action.waive): State.waived,
    (State.returned, Action.waive): State.waived,
    (State.submitted, Action.waive): State.waived,
    (State.waived, Action.restore): State.owed,
}

EVENT_CONSUMERS: dict[str, tuple[str, ...]] = {
    "obligation.submitted": (),
    "obligation.faulty": (),
    "obligation.accepted": ("notify", "consolidate"),
    "obligation.returned": ("notify", "consolidate"),
    "obligation.waived": ("consolidate",),
    "obligation.restored": ("consolidate",),
    "obligation.moved": ("consolidate",),
    "deadline.changed": ("notify",),
    "extension.asked": ("notify",),
    "extension.decided": ("notify",),
    "milestone.closed": ("consolidate",),
    "run.done": ("notify",),
    "run.failed": (),
    "run.finalised": (),
}
"""Who acts on which event; one delivery row each, in the transaction of the change."""


def next_state(state: State, action: Action, role: Role) -> State:
    """Where `action` leads from `state`, or RefusedError saying why not. Changes nothing."""
    rule = RULES[action]
    if role not in rule.roles:
        raise RefusedError(f"Vai trò của bạn không được phép {rule.words}.")
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise RefusedError(_refusal(state, action)) from None


def _refusal(state: State, action: Action) -> str:
    words = f"Không thể {RULES[action].words}: nghĩa vụ đang ở trạng thái «{STATE_WORDS[state]}»."
    advice = {
        State.accepted: " Muốn thay bản đã nhận, đề nghị Sở Nội vụ mở lại (dondoc review reopen).",
        State.waived: " Muốn thực hiện lại, đề nghị Sở Nội vụ bỏ miễn (dondoc waive --restore).",
    }
    return words + advice.get(state, "")
