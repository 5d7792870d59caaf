"""What an office may decide about one obligation, by name: for pages, API and command line alike."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlmodel import Session, func, select

from plan.errors import RefusedError
from plan.ledger.reviews import accept, give_back, reopen, restore, waive
from plan.models import Submission
from plan.states import Actor
from plan.text import moment_words


@dataclass(frozen=True)
class Decision:
    """A way to decide. `do` is the ledger's function, `words` its field for what is said with it."""

    do: Callable[..., object]
    words: str


DECISIONS: dict[str, Decision] = {
    "accept": Decision(accept, "note"),
    "return": Decision(give_back, "reason"),
    "reopen": Decision(reopen, "reason"),
    "waive": Decision(waive, "reason"),
    "restore": Decision(restore, "reason"),
}


DECIDED = {"accepted": "nhận", "returned": "trả lại"}
"""State of a submission → what was done to it, in a sentence."""


def decide(
    session: Session,
    name: str,
    obligation_id: int,
    words: str,
    *,
    actor: Actor,
    now: datetime,
    submission: int | None = None,
    mend_by: date | None = None,
) -> None:
    """Decide by this name in `DECISIONS`, with the reason or the note in `words`. `submission`: the number
    of the one that was read; refused when a newer one came since. `mend_by`: of a return, the local day by
    which to mend it. Raises RefusedError."""
    if submission is not None:
        require_newest(session, obligation_id, submission)
    decision = DECISIONS[name]
    said = {decision.words: words} | ({"mend_by": mend_by} if mend_by else {})
    decision.do(session, obligation_id, actor=actor, now=now, **said)


def require_newest(session: Session, obligation_id: int, number: int) -> None:
    """Refuse a decision on submission `number` when somebody decided it meanwhile (told who, what and when),
    or a newer one came since: what was read is not what would be decided."""
    read = session.exec(
        select(Submission).where(
            Submission.obligation_id == obligation_id, Submission.number == number
        )
    ).first()
    if read is not None and read.state in DECIDED and read.decided_at is not None:
        raise RefusedError(
            f"{read.decided_by} đã {DECIDED[read.state]} bản nộp lần {number} lúc "
            f"{moment_words(read.decided_at)}."
        )
    newest = session.exec(
        select(func.max(Submission.number)).where(
            Submission.obligation_id == obligation_id, Submission.state == "received"
        )
    ).one()
    if newest is not None and newest != number:
        raise RefusedError(
            f"Cơ quan vừa nộp bản mới (lần {newest}); xin xem bản mới rồi mới quyết định."
        )
