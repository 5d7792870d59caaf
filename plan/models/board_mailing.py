"""When the board picture of a plan goes out by e-mail, and to whom."""

from __future__ import annotations

from datetime import datetime, time

from sqlmodel import Field, SQLModel

from plan.models.columns import Json, UtcDateTime


class BoardMailing(SQLModel, table=True):
    """A plan's schedule; one without days or recipients sends nothing."""

    __tablename__ = "board_mailing"

    plan_id: str = Field(foreign_key="plan.id", primary_key=True)
    weekdays: list[int] = Field(sa_type=Json)
    """0: Monday; days off are passed over."""
    send_at: time
    """Local."""
    recipients: list[int] = Field(sa_type=Json)
    """Accounts of the office's people (`user_account.id`)."""
    set_by: str
    at: datetime = Field(sa_type=UtcDateTime)
    """When it was set: what was due before is not sent."""
