"""Alarms that somebody has taken note of."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from plan.models.columns import UtcDateTime


class AlarmNote(SQLModel, table=True):
    """An alarm somebody knows of and sees to: quiet on Tổng quan through the local day `until`."""

    __tablename__ = "alarm_note"

    plan_id: str = Field(foreign_key="plan.id", primary_key=True)
    key: str = Field(primary_key=True)
    """`dashboard.queries.alarms.Alarm.key`"""
    until: date
    note: str = Field(default="", sa_type=Text)
    noted_by: str
    at: datetime = Field(sa_type=UtcDateTime)
