"""What an act is told, by a form or by another program: read here, once, whoever sends it.

Days are local dates; an unknown field is a fault, not a shrug.
"""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Literal, TypeVar

from fastapi import UploadFile
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from plan.definition.model import Rung
from plan.plausible import year_fault
from plan.text import typed_text

RowId = Annotated[int, Field(ge=1, le=2**31 - 1)]


Words = Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(typed_text)]
Note = Annotated[str, Field(max_length=4000), AfterValidator(typed_text)]
Short = Annotated[str, Field(max_length=200), AfterValidator(typed_text)]


_Dated = TypeVar("_Dated", bound=date)


def _within_reason(moment: _Dated) -> _Dated:
    if fault := year_fault(moment):
        raise PydanticCustomError("out_of_reason", "{words}", {"words": fault})
    return moment


Day = Annotated[date, AfterValidator(_within_reason)]
"""A local day that can be meant."""
Moment = Annotated[AwareDatetime, AfterValidator(_within_reason)]
"""The same of an instant: the first day of the calendar has none before it in UTC."""


class In(BaseModel):
    """An unknown field is a fault, not a shrug."""

    model_config = ConfigDict(extra="forbid")


class NoteIn(In):
    note: Note = ""
    submission: RowId | None = None
    """The submission that was read; refused when a newer one came since."""


class NothingIn(In):
    """The act says it all."""


class ReasonIn(In):
    reason: Words


class ReturnIn(ReasonIn):
    submission: RowId | None = None
    """The submission that was read; refused when a newer one came since."""
    mend_by: Day | None = None
    """Last good local day to mend it, of which the agency is reminded; none: the plan's deadline."""


class ExtendIn(ReasonIn):
    """More time that the agency did not ask for."""

    until: Day
    document_number: Short = ""


class AmendIn(ReasonIn):
    """A deadline changed by a later official document."""

    until: Day
    document_number: Annotated[str, Field(min_length=1, max_length=100), AfterValidator(typed_text)]
    document_on: Day
    agencies: list[Short] = []
    """Codes; empty: everybody the milestone is for."""


class EventIn(In):
    """What relative deadlines count from has happened."""

    happened_on: Day
    until: Day | None = None
    document_number: Short = ""
    reason: Note = ""
    agencies: list[Short] = []
    """Codes; empty: everybody the milestone is for."""


class CallIn(In):
    until: Day
    reason: Note = ""


class WordsIn(In):
    words: Words


class PostIn(WordsIn):
    """What is said in a thread, with the files sent along: of a call a form, as files are sent."""

    files: list[UploadFile] = []


class UnitIn(In):
    """A unit of the agency's own, and who hears for it."""

    name: Short
    contact: Short = ""
    """Empty: the unit's own name."""
    email: Short
    phone: Short = ""


class UnitsIn(In):
    units: list[UnitIn]
    until: Day | None = None
    """Last good local day for them; asked of the first ones, those added have the same and no other."""


class UnitsUrgeIn(WordsIn):
    """Every unit that still owes, in the agency's own words."""

    again: bool = False
    """Also who was urged today already."""


class UrgeIn(In):
    """Agencies urged by hand about what they owe."""

    agencies: Annotated[list[Short], Field(min_length=1, max_length=500)]
    milestone: Short = ""
    """Only what is owed for it; empty: everything."""
    way: Literal["message", "phone", "visit"]
    words: Note = ""
    """Of a message: what the agency reads."""
    spoke_to: Short = ""
    answer: Note = ""
    """Of a call or a visit: with whom, and what was answered."""
    again: bool = False
    """Also who was urged today already."""


class TrialIn(In):
    to: Short = ""
    """Where a trial message goes; empty: nothing is sent."""


class DayIn(In):
    day: Day
    kind: Literal["off", "working", "usual"]
    why: Note = ""


class LadderIn(In):
    rungs: list[Rung]


class BoardMailIn(In):
    """When the board picture goes out, and to whom; no day and nobody: never."""

    weekdays: Annotated[list[Annotated[int, Field(ge=0, le=4)]], Field(max_length=5)] = []
    """0: Monday."""
    send_at: time
    """Local, `07:30`."""
    recipients: Annotated[list[RowId], Field(max_length=100)] = []
    """Accounts of the office's people."""


class MoveIn(ReasonIn):
    to: Short
    """The right obligation: `agency/deliverable`."""


class InternalDateIn(ReasonIn):
    until: Day


class RevokeIn(In):
    """One link by its id, or every link sent so far to an agency."""

    link_id: Short = ""
    agency: Short = ""


class ContactIn(In):
    name: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(typed_text)]
    role: Short = ""
    is_head: bool = False
    email: Short = ""
    phone: Short = ""
    zalo_user_id: Short = ""
    zalo_chat_id: Short = ""


class SeatsIn(In):
    """Who of the agency looks after the plan."""

    people: Annotated[list[Short], Field(max_length=200)]
    """Each by name, address of mail or number in the directory."""


class AwayIn(In):
    substitute: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(typed_text)]
    from_on: Day
    to_on: Day


class EndIn(In):
    on: Day
    successors: Short = ""
    """Codes in the directory, with «;» between them."""


class SuccessorIn(In):
    successor: Annotated[str, Field(min_length=1, max_length=200), AfterValidator(typed_text)]


class ExtensionIn(In):
    until: Day
    reason: Words
    document_number: Short = ""


class ExtensionDecisionIn(In):
    granted: bool
    note: Note = ""
    document_number: Short = ""


class DetailIn(In):
    detail: Literal["brief", "full", "none"]


class ExplanationIn(In):
    finding: RowId
    explanation: Words


Via = Literal["api", "paper", "other-system"]
