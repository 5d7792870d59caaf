"""The directory: agencies and people once an installation; plans have places and seats for them."""

from __future__ import annotations

from datetime import date, datetime

from sqlmodel import Field, SQLModel

from plan.models.columns import Json, UtcDateTime


class DirectoryAgency(SQLModel, table=True):
    """An agency, whatever plans it takes part in. Never deleted: what became of it is said."""

    __tablename__ = "directory_agency"

    code: str = Field(primary_key=True)
    organ_id: str = Field(default="", index=True)
    """Mã định danh điện tử (QĐ 20/2020/QĐ-TTg); empty: not known."""
    kind: str = ""
    """tỉnh, sở, huyện, xã, phường, đặc khu, đơn vị, …"""
    parent: str = ""
    """Code of the agency above it; empty: none."""
    aliases: list[str] = Field(default_factory=list, sa_type=Json)
    """Other spellings seen in files."""
    valid_from: date | None = None
    valid_to: date | None = None
    """Last local day it stood; None: it stands."""
    became: str = ""
    """merged | split | ended; who followed: `Successor`. Empty: it stands."""
    version: int = 1


class DirectoryName(SQLModel, table=True):
    """A name valid from a local date on (`date.min`: from the beginning)."""

    __tablename__ = "directory_name"

    code: str = Field(foreign_key="directory_agency.code", primary_key=True)
    valid_from: date = Field(primary_key=True)
    name: str
    short: str


class Successor(SQLModel, table=True):
    """Who followed an agency that was merged or split. What it owed follows only by an explicit act."""

    __tablename__ = "directory_successor"

    code: str = Field(foreign_key="directory_agency.code", primary_key=True)
    successor: str = Field(foreign_key="directory_agency.code", primary_key=True)


class DirectoryContact(SQLModel, table=True):
    """Somebody who hears for an agency, once. Which plans they look after: their seats (`Contact`), which
    repeat what is said of them here for queries."""

    __tablename__ = "directory_contact"

    id: int | None = Field(default=None, primary_key=True)
    code: str = Field(foreign_key="directory_agency.code", index=True)
    name: str
    role: str = ""
    is_head: bool = False
    email: str = ""
    phone: str = ""
    zalo_user_id: str = ""
    zalo_chat_id: str = ""
    version: int = 1
    """Raised by each change; a writer who read an older one is refused."""


class Absence(SQLModel, table=True):
    """Days on which a substitute hears in somebody's place."""

    __tablename__ = "directory_absence"

    id: int | None = Field(default=None, primary_key=True)
    contact_id: int = Field(foreign_key="directory_contact.id", index=True)
    substitute_id: int = Field(foreign_key="directory_contact.id")
    from_on: date
    to_on: date
    """Last local day away."""
    noted_by: str
    at: datetime = Field(sa_type=UtcDateTime)


class Apart(SQLModel, table=True):
    """Two agencies that look like one, and somebody said that they are two."""

    __tablename__ = "directory_apart"

    one: str = Field(foreign_key="directory_agency.code", primary_key=True)
    other: str = Field(foreign_key="directory_agency.code", primary_key=True)
    said_by: str
    at: datetime = Field(sa_type=UtcDateTime)
