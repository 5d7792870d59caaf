"""The only writer of facts about obligations.

Each function takes a session from `plan.database.writing`, does one thing or raises RefusedError with
nothing changed, and leaves three facts in the caller's transaction: the new state, an audit event,
an outgoing event. `now` is a UTC instant.
"""

from plan.ledger.deadlines import ask_extension, change_deadline, close_milestone, decide_extension
from plan.ledger.life import close_plan, delete_draft, pause_plan, start_plan
from plan.ledger.reassign import move
from plan.ledger.reviews import accept, explain, give_back, reopen, restore, waive
from plan.ledger.submissions import submit
from plan.states import Actor, Role

__all__ = [
    "Actor",
    "Role",
    "accept",
    "ask_extension",
    "change_deadline",
    "close_milestone",
    "close_plan",
    "decide_extension",
    "delete_draft",
    "explain",
    "give_back",
    "move",
    "pause_plan",
    "reopen",
    "restore",
    "start_plan",
    "submit",
    "waive",
]
