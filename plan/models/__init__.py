"""Every table. Import from here; `metadata` is what migrations and tests compare with.

The plan's own tables are always there; the others are made when first asked for, because making forty takes
a command as long as its work: `dondoc status` needs a dozen.

Tables do not validate (SQLModel `table=True`): input passes a pydantic model first. Enumerations
are stored by value as text, instants as UTC (`UtcDateTime` refuses naive ones), local dates as dates.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from sqlalchemy import MetaData
from sqlmodel import SQLModel

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

if TYPE_CHECKING:
    from plan.models.access import (
        ApiToken,
        LinkRevocation,
        LinkUse,
        OneTimeLink,
        Throttle,
        UserAccount,
        Webhook,
        WebhookDelivery,
        WebSession,
    )
    from plan.models.intake import Extension, Finding, Section, Submission, SubmissionFile, Value
    from plan.models.messages import (
        Attempt,
        ChannelState,
        ChannelToken,
        Message,
        MessageObligation,
        RungClaim,
        ZaloFollower,
    )
    from plan.models.runs import ConsolidationRun, OutputState, RollupCell, RunInput, RunOutput
    from plan.models.trail import (
        AuditEvent,
        AuditHead,
        ClockMark,
        EventDelivery,
        OutgoingEvent,
    )

    metadata: MetaData

_HOME: Mapping[str, str] = {
    "ApiToken": "access",
    "LinkRevocation": "access",
    "LinkUse": "access",
    "OneTimeLink": "access",
    "Throttle": "access",
    "UserAccount": "access",
    "Webhook": "access",
    "WebhookDelivery": "access",
    "WebSession": "access",
    "Extension": "intake",
    "Finding": "intake",
    "Section": "intake",
    "Submission": "intake",
    "SubmissionFile": "intake",
    "Value": "intake",
    "Attempt": "messages",
    "ChannelState": "messages",
    "ChannelToken": "messages",
    "Message": "messages",
    "MessageObligation": "messages",
    "RungClaim": "messages",
    "ZaloFollower": "messages",
    "ConsolidationRun": "runs",
    "OutputState": "runs",
    "RollupCell": "runs",
    "RunInput": "runs",
    "RunOutput": "runs",
    "AuditEvent": "trail",
    "AuditHead": "trail",
    "ClockMark": "trail",
    "EventDelivery": "trail",
    "OutgoingEvent": "trail",
}
_REFERS_TO: Mapping[str, str] = {"access": "trail", "runs": "intake"}
"""Whose tables a module's foreign keys name, beside the plan's own."""


def __getattr__(name: str) -> Any:
    """A table's class, its module imported now; `metadata` only once every table is in it."""
    if name == "metadata":
        for home in sorted(set(_HOME.values())):
            _module(home)
        return SQLModel.metadata
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_module(_HOME[name]), name)


def _module(home: str) -> ModuleType:
    if home in _REFERS_TO:
        _module(_REFERS_TO[home])
    return import_module(f"{__name__}.{home}")


__all__ = [
    "Agency",
    "AgencyName",
    "ApiToken",
    "Attempt",
    "AuditEvent",
    "AuditHead",
    "BadAddress",
    "CalendarDay",
    "ChannelState",
    "ChannelToken",
    "ClockMark",
    "ConsolidationRun",
    "Contact",
    "Deadline",
    "Deliverable",
    "EventDelivery",
    "Extension",
    "Finding",
    "LinkRevocation",
    "LinkUse",
    "Message",
    "MessageObligation",
    "Milestone",
    "Obligation",
    "OneTimeLink",
    "OutgoingEvent",
    "OutputState",
    "Plan",
    "RollupCell",
    "RunInput",
    "RunOutput",
    "RungClaim",
    "Section",
    "Submission",
    "SubmissionFile",
    "Throttle",
    "UserAccount",
    "Value",
    "WebSession",
    "Webhook",
    "WebhookDelivery",
    "ZaloFollower",
    "metadata",
]
