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
    account: str = ""
    """`user:12`, `contact:5`, `token:3`; empty: the system, or somebody at the command line."""


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


class PlanState(StrEnum):
    """Where a plan stands in its life. Only a running plan reminds and consolidates by schedule."""

    draft = "draft"
    running = "running"
    paused = "paused"
    closed = "closed"


class PlanAction(StrEnum):
    start = "start"
    pause = "pause"
    resume = "resume"
    close = "close"
    delete = "delete"


PLAN_STATE_WORDS = {
    PlanState.draft: "nháp",
    PlanState.running: "đang chạy",
    PlanState.paused: "tạm dừng",
    PlanState.closed: "đã đóng",
}

TAKES_SUBMISSIONS = frozenset({PlanState.running, PlanState.paused})
FROZEN = frozenset({PlanState.closed})
"""Nothing in such a plan changes any more; reading stays."""


class Backlog(StrEnum):
    """What is told, at a start, of deadlines missed before it."""

    once = "once"
    """«đến nay còn thiếu», in one message a person; never the ladder of the days gone by."""
    none = "none"


STILL_OWED = frozenset({State.owed, State.returned})
HANDED_IN = frozenset({State.submitted, State.accepted})
CLOSED = frozenset({State.accepted, State.waived})

_SENDERS = frozenset({Role.agency, Role.coordinator})
_DECIDERS = frozenset({Role.coordinator})
_STARTERS = frozenset({Role.coordinator, Role.system})
"""The system starts a plan by itself only where no message can leave the machine: on a virtual clock."""

RULES: dict[Action, Rule] = {
    Action.submit: Rule(_SENDERS, "obligation.submitted", "obligation.submitted", "nộp"),
    Action.submit_faulty: Rule(_SENDERS, "obligation.submitted", "obligation.faulty", "nộp"),
    Action.accept: Rule(_DECIDERS, "obligation.accepted", "obligation.accepted", "nhận"),
    Action.give_back: Rule(_DECIDERS, "obligation.returned", "obligation.returned", "trả lại"),
    Action.reopen: Rule(_DECIDERS, "obligation.reopened", "obligation.returned", "mở lại"),
    Action.waive: Rule(_DECIDERS, "obligation.waived", "obligation.waived", "miễn"),
    Action.restore: Rule(_DECIDERS, "obligation.restored", "obligation.restored", "bỏ miễn"),
}

PLAN_RULES: dict[PlanAction, Rule] = {
    PlanAction.start: Rule(_STARTERS, "plan.started", None, "bắt đầu nhắc"),
    PlanAction.pause: Rule(_STARTERS, "plan.paused", None, "tạm dừng"),
    PlanAction.resume: Rule(_STARTERS, "plan.resumed", None, "chạy tiếp"),
    PlanAction.close: Rule(_STARTERS, "plan.closed", None, "đóng kế hoạch"),
    PlanAction.delete: Rule(_STARTERS, "plan.deleted", None, "xóa bản nháp"),
}

PLAN_TRANSITIONS: dict[tuple[PlanState, PlanAction], PlanState | None] = {
    (PlanState.draft, PlanAction.start): PlanState.running,
    (PlanState.running, PlanAction.pause): PlanState.paused,
    (PlanState.paused, PlanAction.resume): PlanState.running,
    (PlanState.running, PlanAction.close): PlanState.closed,
    (PlanState.paused, PlanAction.close): PlanState.closed,
    (PlanState.draft, PlanAction.delete): None,
}
"""None: the plan is gone. A plan that ran is never deleted."""

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
    "obligation.waived": ("notify", "consolidate"),
    "obligation.restored": ("notify", "consolidate"),
    "obligation.moved": ("consolidate",),
    "deadline.changed": ("notify",),
    "extension.asked": ("notify",),
    "extension.decided": ("notify",),
    "milestone.closed": ("consolidate",),
    "agency.urged": ("notify",),
    "thread.asked": ("notify",),
    "thread.answered": ("notify",),
    "delegation.made": ("notify",),
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


def next_plan_state(state: PlanState, action: PlanAction, role: Role) -> PlanState | None:
    """Where `action` leads a plan from `state` (None: it is deleted), or RefusedError saying why not."""
    rule = PLAN_RULES[action]
    if role not in rule.roles:
        raise RefusedError(f"Vai trò của bạn không được phép {rule.words}.")
    try:
        return PLAN_TRANSITIONS[state, action]
    except KeyError:
        words = f"Không thể {rule.words}: kế hoạch đang ở trạng thái «{PLAN_STATE_WORDS[state]}»."
        raise RefusedError(words) from None


LOADER = Actor(name="dondoc", role=Role.system, origin="init")


# --- The signs of state: colour, shape and word together, the same in page, mail, workbook and note.
#
# Pure. `tone` names a role (`grey blue amber late teal purple green`); each medium has its own
# colour for it. «●ₜ» is «●» with a small t, green with a vermilion edge where edges can be drawn.


@dataclass(frozen=True, slots=True)
class Sign:
    """How an obligation stands, for the eye, the ear and the printer."""

    key: str
    glyph: str
    tone: str
    words: str
    edge: bool = False
    """Drawn with an edge in the tone `late`."""


SIGNS: dict[str, Sign] = {
    sign.key: sign
    for sign in (
        Sign("not_open", "○", "grey", "chưa mở"),
        Sign("undated", "○", "grey", "chưa đặt hạn"),
        Sign("open", "◔", "blue", "đang mở"),
        Sign("due_soon", "◑", "amber", "sắp đến hạn"),
        Sign("overdue", "▲", "late", "quá hạn"),
        Sign("submitted", "◕", "teal", "đã nộp, chờ duyệt"),
        Sign("submitted_late", "◕", "teal", "đã nộp trễ, chờ duyệt", edge=True),
        Sign("returned", "↩", "purple", "trả lại, cần sửa"),
        Sign("returned_late", "↩", "purple", "trả lại, đã quá hạn", edge=True),
        Sign("accepted", "●", "green", "đã nhận, đúng hạn"),
        Sign("accepted_late", "●ₜ", "green", "đã nhận, trễ", edge=True),
        Sign("waived", "–", "grey", "được miễn"),
    )
}

_LATE_KEYS = {"late": "_late", "overdue": "_late"}


def sign_key(state: State, timeliness: str) -> str:
    """Which sign shows this state at this timeliness (`plan.deadlines.standing.Timeliness`'s value)."""
    if state is State.owed:
        return timeliness if timeliness in SIGNS else "open"
    if state is State.waived:
        return "waived"
    return state.value + _LATE_KEYS.get(timeliness, "")


def sign_of(state: State, timeliness: str) -> Sign:
    """The sign of an obligation: `sign_of(view.state, view.timeliness)`."""
    return SIGNS[sign_key(state, timeliness)]
