"""Official letters that were signed and sent, to whom by which way, and what leaves for the document axis."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from plan.models.columns import Json, UtcDateTime


class SignedLetter(SQLModel, table=True):
    """A letter as the clerk gave it a number and a day; its signed file is never rewritten."""

    __tablename__ = "signed_letter"
    __table_args__ = (UniqueConstraint("plan_id", "number", "issued_on"),)

    id: int | None = Field(default=None, primary_key=True)
    plan_id: str = Field(foreign_key="plan.id", index=True)
    number: str = Field(index=True)
    """«15/SNV-CCHC»."""
    issued_on: date
    subject: str = Field(sa_type=Text)
    due_on: date | None = None
    """By when an answer is asked for."""
    signer: str = ""
    filename: str
    sha256: str
    """Its bytes, in the store."""
    size: int
    signatures: list[dict[str, Any]] = Field(default_factory=list, sa_type=Json)
    """`intake.pdf.signatures.Signature`, each by its fields and in a sentence (`said`), as found when it was
    sent."""
    edoc_id: str = Field(default="", index=True)
    """Its id on the document axis; empty: it did not go there."""
    sent_at: datetime = Field(sa_type=UtcDateTime)
    sent_by: str


class LetterReceiver(SQLModel, table=True):
    """An agency a letter was sent to."""

    __tablename__ = "letter_receiver"

    letter_id: int = Field(foreign_key="signed_letter.id", primary_key=True)
    agency_id: int = Field(foreign_key="agency.id", primary_key=True, index=True)
    organ: str = ""
    """The code on the axis it went to; empty: not by the axis."""


class EdocPackage(SQLModel, table=True):
    """A package that waits for the software at the axis, or was taken by it: a letter of ours, or what became
    of one that came. Its bytes are written anew, the same, whenever asked for."""

    __tablename__ = "edoc_package"
    __table_args__ = (UniqueConstraint("mail_id", "code"),)

    id: int | None = Field(default=None, primary_key=True)
    letter_id: int | None = Field(default=None, foreign_key="signed_letter.id", unique=True)
    mail_id: int | None = Field(default=None, foreign_key="incoming_mail.id")
    """What came over the axis and is answered."""
    code: str = ""
    """Of an answer: `documents.edxml.STATUS_WORDS`."""
    made_at: datetime = Field(sa_type=UtcDateTime)
    taken_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    taken_by: str = ""
