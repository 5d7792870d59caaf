"""Plans, who takes part in them, what they owe and by when."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from plan.models.columns import UtcDateTime


class Plan(SQLModel, table=True):
    id: str = Field(primary_key=True)
    number: str
    title: str
    short: str = ""
    issued_on: date
    ends_on: date | None = None
    definition: str = Field(sa_type=Text)
    """The whole `plan.definition.model.PlanDefinition` as JSON; what the columns repeat is for queries."""
    definition_hash: str
    soon_working_days: int = 3
    loaded_at: datetime = Field(sa_type=UtcDateTime)
    state: str = "draft"
    """`plan.states.PlanState`. Loading leaves a draft: nobody is reminded before somebody said so."""
    started_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it first ran; None: never."""
    reminds_from: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Rungs of before this instant, the last start, are spent; None: every rung counts."""
    backlog: str = "none"
    """What is told of deadlines missed before `reminds_from`: `once`, «đến nay còn thiếu», or `none`."""
    parent_obligation_id: int | None = Field(default=None, index=True, unique=True)
    """The duty of another plan that its agency handed down to its own units by this one; None: a plan of the
    office's own. No foreign key: the two tables would name each other."""


class Agency(SQLModel, table=True):
    """An agency's place in a plan, under the code the plan knows it by."""

    __table_args__ = (UniqueConstraint("plan_id", "code"),)

    id: int | None = Field(default=None, primary_key=True)
    plan_id: str = Field(foreign_key="plan.id")
    code: str
    group: str
    sort: int = 0
    """Order within the plan, as the plan's file lists them."""
    directory_code: str | None = Field(
        default=None, foreign_key="directory_agency.code", index=True
    )
    """Which agency of the directory it is; None: not placed yet (`plan.directory.placing`)."""


class AgencyName(SQLModel, table=True):
    """A name valid from a local date on (`date.min`: from the beginning)."""

    __tablename__ = "agency_name"

    agency_id: int = Field(foreign_key="agency.id", primary_key=True)
    valid_from: date = Field(primary_key=True)
    name: str
    short: str
    kind: str = ""


class Contact(SQLModel, table=True):
    """A person's seat: they hear for this agency in its plan. Its id stands in the links they are sent; what
    is said of them repeats the directory's."""

    __table_args__ = tuple(
        Index(f"ix_contact_{name}", name)
        for name in ("email", "phone", "zalo_user_id", "zalo_chat_id")
    )

    id: int | None = Field(default=None, primary_key=True)
    agency_id: int = Field(foreign_key="agency.id", index=True)
    directory_id: int | None = Field(default=None, foreign_key="directory_contact.id", index=True)
    """Who it is in the directory; None: not placed yet, or there only till `until`."""
    name: str
    role: str = ""
    is_head: bool = False
    email: str = ""
    phone: str = ""
    zalo_user_id: str = ""
    zalo_chat_id: str = ""
    until: date | None = None
    """The last local day of a colleague whom work was passed to (`Delegation`): hears of nothing else, and
    of nothing after. None: a contact of the agency's own."""


class BadAddress(SQLModel, table=True):
    """An address that takes nothing: for good (refused, returned), or for a while."""

    __tablename__ = "bad_address"

    channel: str = Field(primary_key=True)
    address: str = Field(primary_key=True)
    marked_at: datetime = Field(sa_type=UtcDateTime)
    until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When it is tried again (a full mailbox, nothing said to Zalo for 7 days); None: once corrected."""
    code: str = ""
    words: str = Field(default="", sa_type=Text)


class Milestone(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("plan_id", "code"),)

    id: int | None = Field(default=None, primary_key=True)
    plan_id: str = Field(foreign_key="plan.id")
    code: str
    title: str
    short: str = ""
    origin: str
    sort: int = 0
    opens_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Set when Sở Nội vụ closes it: later submissions are taken but stay out of frozen runs."""


class Deliverable(SQLModel, table=True):
    __table_args__ = (UniqueConstraint("plan_id", "code"),)

    id: int | None = Field(default=None, primary_key=True)
    plan_id: str = Field(foreign_key="plan.id")
    milestone_id: int = Field(foreign_key="milestone.id")
    code: str
    title: str
    short: str = ""
    kind: str
    sort: int = 0
    confidential: bool = False


class Obligation(SQLModel, table=True):
    """This agency owes this deliverable by then. Overdue is computed from `due_at`, never stored."""

    __table_args__ = (
        UniqueConstraint("agency_id", "deliverable_id", "period"),
        Index("ix_obligation_plan_milestone", "plan_id", "milestone_id"),
        Index("ix_obligation_plan_agency", "plan_id", "agency_id", "id"),
        Index("ix_obligation_plan_last_day", "plan_id", "last_day"),
        Index("ix_obligation_deliverable", "deliverable_id"),
        Index("ix_obligation_plan_next_check", "plan_id", "next_check_at"),
    )

    id: int | None = Field(default=None, primary_key=True)
    plan_id: str = Field(foreign_key="plan.id")
    agency_id: int = Field(foreign_key="agency.id")
    deliverable_id: int = Field(foreign_key="deliverable.id")
    milestone_id: int = Field(foreign_key="milestone.id")
    period: str = ""
    """Key of the occurrence, for recurring duties (`2020-04`)."""
    title: str
    origin: str
    state: str = "owed"
    opens_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Half-open: the first instant that is late."""
    last_day: date | None = None
    """Last good local day."""
    last_working_day: date | None = None
    deadline_version: int = 1
    decisive_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """The moment timeliness is judged by, once a submission sets it."""
    submissions: int = 0
    """How many were numbered so far."""
    mend_by: date | None = None
    """Last good local day to mend what was returned; None: none was set. The plan's own deadline stays."""
    next_check_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """When the reminder policy must look again; none: never. Every change sets it to its own
    instant; the tick moves it on. It is what makes a tick cost what is due, not what exists."""
    version: int = 1
    """Raised by each change; a writer who read an older one is refused."""


class Deadline(SQLModel, table=True):
    """A version of an obligation's deadline; the newest is projected on the obligation."""

    __table_args__ = (UniqueConstraint("obligation_id", "version"),)

    id: int | None = Field(default=None, primary_key=True)
    obligation_id: int = Field(foreign_key="obligation.id")
    version: int
    kind: str
    """plan | amendment | extension | internal | calendar | event"""
    words: str = ""
    opens_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    due_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_day: date | None = None
    last_working_day: date | None = None
    document_number: str = ""
    document_on: date | None = None
    reason: str = ""
    decided_by: str = ""
    decided_at: datetime = Field(sa_type=UtcDateTime)


class CalendarDay(SQLModel, table=True):
    """A weekday off, or a weekend day worked, of a year the plan touches."""

    __tablename__ = "calendar_day"

    plan_id: str = Field(foreign_key="plan.id", primary_key=True)
    day: date = Field(primary_key=True)
    kind: str
    """off | working"""
    why: str
