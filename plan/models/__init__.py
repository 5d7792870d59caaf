"""Every table. Import from here; `metadata` is what migrations and tests compare with.

Tables do not validate (SQLModel `table=True`): input passes a pydantic model first. Enumerations
are stored by value as text, instants as UTC (`UtcDateTime` refuses naive ones), local dates as dates.
"""

from __future__ import annotations

from sqlmodel import SQLModel

from plan.models.access import (
    ApiToken,
    CalendarKey,
    LinkRevocation,
    LinkUse,
    OneTimeLink,
    RecoveryCode,
    Throttle,
    UserAccount,
    Webhook,
    WebhookDelivery,
    WebSession,
)
from plan.models.alarms import AlarmNote
from plan.models.board_mailing import BoardMailing
from plan.models.core import (
    Agency,
    AgencyName,
    BadAddress,
    CalendarDay,
    Contact,
    Deadline,
    Deliverable,
    Milestone,
    Obligation,
    Plan,
)
from plan.models.delegations import Delegation
from plan.models.directory import (
    Absence,
    Apart,
    DirectoryAgency,
    DirectoryContact,
    DirectoryName,
    Successor,
)
from plan.models.drafts import PlanDraft
from plan.models.intake import Extension, Finding, Section, Submission, SubmissionFile, Value
from plan.models.letters import EdocPackage, LetterReceiver, SignedLetter
from plan.models.mail import IncomingMail, Mailbox
from plan.models.messages import (
    Attempt,
    ChannelState,
    ChannelToken,
    Message,
    MessageObligation,
    MessagePlan,
    RungClaim,
    ZaloFollower,
)
from plan.models.review_locks import ReviewLock
from plan.models.runs import (
    ConsolidationRun,
    HeadingChoice,
    OutputState,
    ReportVersion,
    RollupCell,
    RunInput,
    RunOutput,
)
from plan.models.saved_views import SavedView
from plan.models.scans import ScanPage
from plan.models.threads import Post, PostFile
from plan.models.trail import (
    AuditEvent,
    AuditHead,
    ClockMark,
    EventDelivery,
    OutgoingEvent,
    TrailName,
)
from plan.models.urging import Urging, UrgingObligation
from plan.models.versions import PlanVersion

metadata = SQLModel.metadata

__all__ = [
    "Absence",
    "Agency",
    "AgencyName",
    "AlarmNote",
    "Apart",
    "ApiToken",
    "Attempt",
    "AuditEvent",
    "AuditHead",
    "BadAddress",
    "BoardMailing",
    "CalendarDay",
    "CalendarKey",
    "ChannelState",
    "ChannelToken",
    "ClockMark",
    "ConsolidationRun",
    "Contact",
    "Deadline",
    "Delegation",
    "Deliverable",
    "DirectoryAgency",
    "DirectoryContact",
    "DirectoryName",
    "EdocPackage",
    "EventDelivery",
    "Extension",
    "Finding",
    "HeadingChoice",
    "IncomingMail",
    "LetterReceiver",
    "LinkRevocation",
    "LinkUse",
    "Mailbox",
    "Message",
    "MessageObligation",
    "MessagePlan",
    "Milestone",
    "Obligation",
    "OneTimeLink",
    "OutgoingEvent",
    "OutputState",
    "Plan",
    "PlanDraft",
    "PlanVersion",
    "Post",
    "PostFile",
    "RecoveryCode",
    "ReportVersion",
    "ReviewLock",
    "RollupCell",
    "RunInput",
    "RunOutput",
    "RungClaim",
    "SavedView",
    "ScanPage",
    "Section",
    "SignedLetter",
    "Submission",
    "SubmissionFile",
    "Successor",
    "Throttle",
    "TrailName",
    "Urging",
    "UrgingObligation",
    "UserAccount",
    "Value",
    "WebSession",
    "Webhook",
    "WebhookDelivery",
    "ZaloFollower",
    "metadata",
]
