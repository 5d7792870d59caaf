"""What the API gives. Instants have an offset, days are local dates."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainSerializer

from plan.calendar import LOCAL

Instant = Annotated[
    datetime, PlainSerializer(lambda value: value.astimezone(LOCAL).isoformat(), return_type=str)
]


class Out(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class PlanOut(Out):
    id: str
    number: str
    title: str
    issued_on: date
    ends_on: date | None


class SaidOut(Out):
    said: str
    """What was done, in words."""


class SummaryOut(Out):
    """How many obligations there are, by timeliness and state, as `dondoc status` counts them."""

    plan: str
    """Empty: of several, `counts` are theirs together."""
    as_of: Instant
    counts: dict[str, int]
    plans: dict[str, dict[str, int]]
    """Each plan's own."""


class MilestoneOut(Out):
    plan: str
    id: str
    title: str
    short: str
    period: str
    """Of what recurs the key of the period at hand, which the figures are of: `2027-03`; else empty."""
    opens_at: Instant | None
    due_at: Instant | None
    last_day: date | None
    closed_at: Instant | None
    owing: int
    handed_in: int
    accepted: int
    late: int
    late_before: int
    """Overdue of earlier periods."""
    missing: list[str]
    """Codes of agencies that still owe; of a plan of very many, the first few."""
    missing_count: int
    """How many owe, also those not named."""


class AgencyOut(Out):
    id: str
    name: str
    short: str
    group: str


class ObligationOut(Out):
    plan: str
    period: str
    """Key of the period it is owed for (`2027-03`); empty: owed once."""
    id: str
    """`agency/deliverable`"""
    agency: str
    agency_name: str
    milestone: str
    deliverable: str
    kind: str
    title: str
    origin: str
    opens_at: Instant | None
    due_at: Instant | None
    last_day: date | None
    last_working_day: date | None
    state: str
    timeliness: str
    days_late: int
    working_days_late: int
    decisive_at: Instant | None
    submissions: int
    words: str
    """How it stands, in words."""


class FindingOut(Out):
    id: int
    severity: str
    code: str
    file: str
    sheet: str
    cell: str
    indicator: str
    period: str
    read: str
    message: str
    explanation: str


class FileOut(Out):
    id: int
    filename: str
    sha256: str
    size: int
    kind: str


class SubmissionOut(Out):
    number: int
    kind: str
    state: str
    complete: bool
    received_at: Instant
    recorded_at: Instant
    submitted_by: str
    via: str
    reference: str
    payload: dict[str, Any]
    decided_by: str
    decided_at: Instant | None
    decision_note: str
    files: list[FileOut]
    findings: list[FindingOut]


class DeadlineOut(Out):
    version: int
    kind: str
    words: str
    last_day: date | None
    due_at: Instant | None
    document_number: str
    reason: str
    decided_by: str
    decided_at: Instant


class ExtensionOut(Out):
    id: int
    until: date
    reason: str
    document_number: str
    state: str
    asked_by: str
    asked_at: Instant
    decided_by: str
    decided_at: Instant | None
    decision_note: str


class HistoryOut(Out):
    """A line of the trail about one obligation."""

    at: Instant
    actor: str
    event: str
    words: str
    detail: str


class ObligationDetail(ObligationOut):
    deadlines: list[DeadlineOut]
    extensions: list[ExtensionOut]
    submission_list: list[SubmissionOut]
    history: list[HistoryOut]
    """Newest first."""


class ChangeOut(Out):
    """One difference between two submissions. Empty texts: not there."""

    kind: str
    name: str
    period: str
    place: str
    before: str
    after: str


class FaultOut(Out):
    """A finding just made. Not kept yet where nothing was filed."""

    severity: str
    code: str
    message: str
    file: str
    sheet: str
    cell: str
    indicator: str
    period: str
    read: str


class FiledOut(Out):
    """What became of one part of what was handed in; `number` 0: nothing was filed."""

    obligation: str
    number: int
    repeated: bool
    complete: bool
    findings: list[FaultOut]


class AttemptOut(Out):
    at: Instant
    outcome: str
    code: str
    words: str


class MessageOut(Out):
    id: int
    plan_id: str
    event: str
    recipient_name: str
    channel: str
    state: str
    code: str
    words: str
    created_at: Instant
    sent_at: Instant | None
    delivered_at: Instant | None
    attempts: int


class MessageDetail(MessageOut):
    subject: str
    text: str
    attempt_list: list[AttemptOut]
    obligations: list[str]


class PlannedOut(Out):
    """A message the next round would queue."""

    at: Instant
    recipient_name: str
    channel: str
    why: str
    obligations: list[str]
    plans: list[str]
    """Whose they are."""


class LinkUseOut(Out):
    link_id: str
    agency: str
    contact_id: int | None
    at: Instant
    what: str
    device: str


class RunFileOut(Out):
    filename: str
    sha256: str
    size: int


class RunOut(Out):
    output: str
    number: int
    state: str
    trigger: str
    started_by: str
    as_of: Instant
    started_at: Instant
    finished_at: Instant | None
    partial: bool
    coverage: dict[str, Any]
    findings: list[Any]
    final: bool
    stale_because: str
    files: list[RunFileOut]


class RunInputOut(Out):
    """A submission that went in; `number` 0: the obligation was waived."""

    obligation: str
    number: int
    received_at: Instant | None
    decided_by: str


class RunDetail(RunOut):
    inputs: list[RunInputOut]


class RunChangeOut(Out):
    """One thing a run says otherwise than the one it is compared with."""

    output: str
    where: str
    before: str
    after: str


class TraceOut(Out):
    """A consolidated cell, taken apart: what `dondoc trace --json` prints."""

    model_config = ConfigDict(extra="allow")

    indicator: str
    period: str
    label: str
    value: float | str | None
    rule: str


class AlarmOut(Out):
    plan: str
    words: str
    page: str
    """Where on the dashboard to go about it."""


class DueOut(Out):
    """What falls due on a day of one deliverable: of how many agencies, how many still owe."""

    plan: str
    day: date
    deliverable: str
    period: str
    """Key of the period; empty: owed once."""
    total: int
    owed: int


class DayOut(Out):
    day: date
    kind: str
    """off | working"""
    why: str


class ContactOut(Out):
    id: int
    agency: str
    name: str
    role: str
    is_head: bool
    email: str
    phone: str
    zalo_user_id: str
    zalo_chat_id: str


class RevokedOut(Out):
    link_id: str
    agency: str
    at: Instant
    revoked_by: str


class BrokenOut(Out):
    id: int
    why: str


class CheckOut(Out):
    whole: bool
    broken: list[BrokenOut]


class EventOut(Out):
    id: int
    plan_id: str
    at: Instant
    actor: str
    role: str
    origin: str
    event: str
    subject: str
    before: dict[str, Any]
    after: dict[str, Any]
    hash: str
