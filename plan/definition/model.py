"""The plan format: what a plan's YAML files may say, as pydantic models.

A plan is a folder. Each top-level field of `PlanDefinition` may stand in `plan.yaml` or in a file of
its own name (`agencies.yaml`, `milestones.yaml`, ...); each appendix is one file in `appendices/`.
The models check shape only; `plan.definition.checks` checks what the parts say about each other, and
`plan.definition.loading` joins the files and remembers file and line of every value.

Dates are local dates (Asia/Ho_Chi_Minh); nothing here is an instant.
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from plan.dates import Unit
from plan.definition.appendices import Appendix
from plan.definition.base import Clock, DefinitionPart, Id, Text


class Origin(StrEnum):
    """Whether the plan's own text asks for it, or Sở Nội vụ added it (never late under the plan)."""

    plan = "plan"
    internal = "internal"


class Source(DefinitionPart):
    """Where the plan's text says so: section («II.2.a») and, where it helps, the words verbatim."""

    section: Text
    words: str = ""


# --- who ---------------------------------------------------------------------------------------


class AgencyName(DefinitionPart):
    """A name, valid from a local date on (none: from the beginning)."""

    name: Text
    short: Text
    kind: str = ""
    """huyện, thị xã, thành phố, sở, …"""
    valid_from: date | None = None


class Agency(DefinitionPart):
    id: Id
    group: Id
    """Agencies that owe alike: `district`, `thematic`, … A deliverable may name a group as owner."""
    names: Annotated[list[AgencyName], Field(min_length=1)]
    aliases: list[str] = []
    """Other spellings seen in files («Qui Nhơn»)."""
    organ_ids: list[str] = []  # its codes on the document axis (QĐ 20/2020/QĐ-TTg: «H08.12»)
    sort: int = 0
    """Order on pages, within the group."""


class Contact(DefinitionPart):
    """A person who hears for an agency. Every address is optional; without any, a visible fault."""

    agency: Id
    name: Text
    role: str = ""
    is_head: bool = False
    email: str = ""
    phone: str = ""
    zalo_user_id: str = ""
    zalo_chat_id: str = ""


# --- what and when -----------------------------------------------------------------------------


class Due(DefinitionPart):
    """A deadline in the plan's own words, read by `plan.deadlines.windows.parse_due`.

    Exactly one of `words` (verbatim, e.g. «Trước ngày 30 tháng 4 năm 2020»), `inherits` (a milestone's
    id) or neither (undated: can never be overdue).
    """

    words: str = ""
    inherits: Id | None = None
    roll_forward: bool = False
    """A last day that is a day off moves to the next working day (Bộ luật Dân sự 148.5). Off: the
    plan names dates, not spans."""


class Milestone(DefinitionPart):
    id: Id
    title: Text
    short: str = ""
    due: Due = Due()
    opens_on: date | None = None
    """First local day; none: the first day of the due window, or the day the plan was issued."""
    source: Source
    origin: Origin = Origin.plan
    feeds: list[Id] = []
    """Outputs (see `Output`) consolidated once every input of this milestone is accepted."""
    confirm: bool = False
    """Whether a person's word is asked before its consolidation starts."""


class DeliverableKind(StrEnum):
    report = "report"
    """a narrative .docx checked against the outline"""
    proposals = "proposals"
    """a narrative .docx: proposals for the next period"""
    appendix = "appendix"
    """statistics in a workbook"""
    plan = "plan"
    """a plan, programme or scheme of one's own, shown by its number or file"""
    document = "document"
    """a decision, regulation, guidance, budget: shown by its number or file"""
    conference = "conference"
    """an event: date, place, number attending, minutes"""
    duty = "duty"
    """a standing duty, done with evidence"""

    @property
    def by_evidence(self) -> bool:
        """Whether what comes is kept as it is, not read: a number, a link, a file show that it is done."""
        return self in (DeliverableKind.plan, DeliverableKind.document, DeliverableKind.duty)


class Deliverable(DefinitionPart):
    id: Id
    title: Text
    short: str = ""
    milestone: Id
    kind: DeliverableKind
    owners: Annotated[list[Id], Field(min_length=1)]
    """Agencies or groups; each one owes one."""
    titles: dict[Id, Text] = {}
    """Title by agency, where the plan words each one's differently."""
    sources: dict[Id, Source] = {}
    """Source by agency, where each has a section of its own."""
    cooperating: list[str] = []
    """Who cooperates, in the plan's words."""
    cooperating_by: dict[Id, list[str]] = {}
    """Who cooperates by agency, where the plan words each one's differently."""
    addressed_to: str = ""
    """Kính gửi, in words."""
    received_by: Id | None = None
    """The agency that takes it in; none: the plan's coordinator."""
    due: Due | None = None
    """None: the milestone's."""
    source: Source | None = None
    """None: the milestone's."""
    origin: Origin = Origin.plan
    appendix: str | None = None
    """Code of the appendix to hand in (`PL7`); who owns which row stands in the appendix."""
    outline_parts: dict[Id, list[Id]] = {}
    """For reports and proposals: outline nodes to write, by agency or group; empty: the whole outline."""
    may_share_file_with: list[Id] = []
    """Deliverables that may come in the same file (the plan for 2021–2030 as Phần thứ hai)."""
    after: list[str] = []
    """Dependencies: `deliverable` or `agency/deliverable`. Warning edges, never blocking. A bare
    deliverable owed by the very same owners means each one's own, else everybody's."""
    confidential: bool = False
    """By e-mail only, never Zalo."""
    signed: bool = False  # a digitally signed PDF is asked for; missing, it is a warning to explain
    optional: bool = False


class DataCall(DefinitionPart):
    """Internal figures an owner may ask of others before the real deadline (never late under the plan)."""

    id: Id
    title: Text
    appendix: str
    asked_by: Id
    asked_of: list[Id]
    rows: list[str]
    """Indicator codes within the appendix that those asked can fill in."""
    partial_rows: list[str] = []
    """Of `rows`, those where those asked hold only a part of the owner's figure (a department's own
    comes on top): their sum is told beside the owner's cell, never written into it."""


# --- reminders ---------------------------------------------------------------------------------


class Audience(StrEnum):
    contact = "contact"
    head = "head"
    coordinator = "coordinator"
    coordinator_leadership = "coordinator-leadership"
    issuer = "issuer"


class Rung(DefinitionPart):
    """One step of the ladder: `offset` working days from the last good day (before: negative)."""

    offset: int
    every: int | None = None
    """After this rung, again every so many working days."""
    audience: Annotated[list[Audience], Field(min_length=1)] = [Audience.contact]
    tone: Literal["plain", "urgent", "overdue", "escalated"] = "plain"


class OfficeHours(DefinitionPart):
    """Working hours of a season; `from_day`/`to_day` are MM-DD, both included; none: the whole year."""

    from_day: str | None = None
    to_day: str | None = None
    spans: Annotated[list[tuple[Clock, Clock]], Field(min_length=1)]


class LadderOverride(DefinitionPart):
    milestones: list[Id] = []
    agencies: list[Id] = []
    rungs: list[Rung] | None = None
    channels: list[str] | None = None


class ReminderPolicy(DefinitionPart):
    rungs: list[Rung]
    channels: list[str] = ["email"]
    """In order: the first that can reach the person carries the message."""
    also: list[str] = []
    """Channels that carry a short copy besides (a Zalo reminder beside the e-mail)."""
    announce: bool = True
    office_hours: list[OfficeHours]
    overrides: list[LadderOverride] = []


class OutlineNode(DefinitionPart):
    id: Id
    """Stable: `p1-ii-3-1-a` for Phần thứ nhất, II.3.1.a."""
    number: str = ""
    """As printed before the title: `II.`, `3.1.`, `a)`, `-`; empty for a bare heading."""
    title: Text
    guidance: list[str] = []
    answered_by: list[Id] = []
    """Agencies that answer it in the provincial report; empty: as its parent."""
    figures: list[str] = []
    """Indicators whose figures belong here (`PL4.I.a`)."""
    required: bool = True
    may_be_nil: list[Id] = []
    """Groups or agencies that may say «không phát sinh / không thuộc thẩm quyền» here."""
    scope: Literal["all", "province"] = "all"
    children: list[OutlineNode] = []


# --- outputs -----------------------------------------------------------------------------------


class Output(DefinitionPart):
    """Something consolidation writes."""

    id: Id
    title: Text
    kind: Literal["appendices", "compilation", "report", "status-note"]
    filename: Text
    inputs: list[Id] = []
    """Deliverables it is made from."""
    delivers: str = ""
    """The obligation it drafts (`snv/provincial-report`)."""
    every: Unit | None = None
    """Made anew for each of them, from what is handed in for that time; none: once, from all."""
    sentences: Annotated[int, Field(ge=1, le=20)] = 2
    """Of a report: at most so many sentences of others under a heading, one more under a section's."""


class TimelinessRule(DefinitionPart):
    moment: Literal["signed", "issued", "received"] = "received"
    submission: Literal["first_complete", "accepted"] = "first_complete"


class CalendarDay(DefinitionPart):
    """A day the kept holiday library cannot know: a provincial day off, a compensation or make-up day."""

    day: date
    kind: Literal["off", "working"]
    why: Text


class Office(DefinitionPart):
    """How the coordinating office signs, and whom to call."""

    agency: Id
    parent: str = ""
    """Cơ quan chủ quản, on letters."""
    name: str = ""
    place: str = ""
    symbol: str = ""
    """Ký hiệu of an official letter: `SNV-CCHC`."""
    signer_title: str = ""
    signer_name: str = ""
    phone: str = ""
    email: str = ""
    desk: str = ""
    """The unit that answers questions."""
    archive: str = "VT"


class Note(DefinitionPart):
    """A sentence of the plan that is no obligation of its own (it repeats a dated one), or is unclear."""

    section: Text
    words: str = ""
    note: Text


class PlanDefinition(DefinitionPart):
    """A whole plan."""

    format: Literal[1] = 1
    id: Id
    number: Text
    title: Text
    short: str = ""
    issued_on: date
    ends_on: date | None = None
    issuer: Id
    coordinator: Id
    province: str = ""
    before_is_inclusive: bool = False
    soon_working_days: int = 3
    timeliness: TimelinessRule = TimelinessRule()
    offices: list[Office] = []
    agencies: list[Agency]
    contacts: list[Contact] = []
    milestones: list[Milestone]
    deliverables: list[Deliverable]
    data_calls: list[DataCall] = []
    reminders: ReminderPolicy
    appendices: list[Appendix] = []
    outline: list[OutlineNode] = []
    outputs: list[Output] = []
    calendar: list[CalendarDay] = []
    follows: Id | None = None
    """The plan of the year before: figures of a period are compared with the same period's there."""
    notes: list[Note] = []
    constants: dict[str, float] = {}
    """Named figures rules may use: `{districts}`."""
