"""An official letter that was signed goes on record, with whom it goes to and by which way."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, select

from plan.errors import RefusedError, UsageError
from plan.ledger import audit
from plan.ledger.core import require_role, require_taking
from plan.ledger.filing import FiledFile
from plan.models import Agency, EdocPackage, LetterReceiver, SignedLetter
from plan.states import Actor, Role
from plan.text import moment_words, typed_text

_REFERENCE = re.compile(r"\d{1,6}[a-zđ]?/[\w.&/-]{1,60}")


@dataclass(frozen=True)
class LetterFacts:
    """A letter as the clerk gave it a number and a day (local)."""

    number: str
    """«15/SNV-CCHC»."""
    subject: str
    on: date
    due: date | None = None
    """By when an answer is asked for."""
    signer: str = ""

    def __post_init__(self) -> None:
        """On one line each, and only what a mail's subject and a package of the axis can hold."""
        for name in ("number", "subject", "signer"):
            object.__setattr__(self, name, " ".join(typed_text(getattr(self, name)).split()))

    def check(self) -> None:
        """UsageError for a letter that says too little, or what cannot be."""
        if not _REFERENCE.fullmatch(self.number):
            raise UsageError(f"Số và ký hiệu «{self.number}» phải như 15/SNV-CCHC.")
        if not self.subject:
            raise UsageError("Công văn phải có trích yếu.")
        if self.due is not None and self.due < self.on:
            raise UsageError("Hạn trả lời không thể trước ngày ban hành.")


@dataclass(frozen=True)
class LetterOnItsWay:
    """A letter with its file and whom it goes to, before it is on record."""

    facts: LetterFacts
    file: FiledFile
    signatures: Sequence[Mapping[str, Any]]
    receivers: Mapping[int, str]
    """An agency's row → its code on the document axis; empty: not by it."""
    edoc_id: str = ""
    """Its id on the axis; empty: it does not go there."""


def record_letter(
    session: Session, plan_id: str, sent: LetterOnItsWay, *, actor: Actor, now: datetime
) -> SignedLetter:
    """Keep the letter, whom it goes to and, where it goes over the axis, the package that leaves.
    RefusedError where the plan takes nothing, or the letter went out before."""
    facts, file = sent.facts, sent.file
    require_role(actor, Role.coordinator)
    require_taking(session, plan_id)
    if (before := _sent_before(session, plan_id, facts)) is not None:
        raise RefusedError(
            f"Công văn số {facts.number} ngày {facts.on:%d/%m/%Y} đã gửi lúc {moment_words(before.sent_at)}."
        )
    letter = SignedLetter(
        plan_id=plan_id,
        number=facts.number,
        issued_on=facts.on,
        subject=facts.subject,
        due_on=facts.due,
        signer=facts.signer,
        filename=file.filename,
        sha256=file.sha256,
        size=file.size,
        signatures=[dict(one) for one in sent.signatures],
        edoc_id=sent.edoc_id,
        sent_at=now,
        sent_by=actor.name,
    )
    session.add(letter)
    try:
        session.flush()
    except IntegrityError:  # somebody else sent it at the same moment
        raise RefusedError(f"Công văn số {facts.number} vừa được gửi.") from None
    number = letter.id or 0
    session.add_all(
        LetterReceiver(letter_id=number, agency_id=agency, organ=organ)
        for agency, organ in sent.receivers.items()
    )
    if sent.edoc_id:
        session.add(EdocPackage(letter_id=number, made_at=now))
    to = select(Agency.code).where(col(Agency.id).in_(sent.receivers)).order_by(col(Agency.id))
    codes = list(session.exec(to))
    audit.record(
        session,
        plan_id=plan_id,
        actor=actor,
        event="letter.sent",
        subject=f"letter:{facts.number}",
        now=now,
        after={"detail": {"to": codes, "file": file.sha256, "issued_on": facts.on.isoformat()}},
    )
    return letter


def _sent_before(session: Session, plan_id: str, facts: LetterFacts) -> SignedLetter | None:
    return session.exec(
        select(SignedLetter).where(
            SignedLetter.plan_id == plan_id,
            SignedLetter.number == facts.number,
            SignedLetter.issued_on == facts.on,
        )
    ).first()
