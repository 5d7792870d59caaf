"""Helpers for the tests of reminders: a desk, a channel that does as told, small plans."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from sqlalchemy import Engine, text
from sqlmodel import Session as Database

from notifications.channels.base import Channel, Outgoing, Receipt, Session
from notifications.messages.links import Linker
from notifications.messages.render import Templates
from notifications.plan_context import Messaging
from plan.database import reading, writing
from plan.definition.model import PlanDefinition
from plan.models import Contact, Message
from tests.conftest import load_running
from tests.support.databases import migrated

SECRET = "khóa thử"
TEMPLATES = Templates()


def make_messaging(**changes: Any) -> Messaging:
    fields: dict[str, Any] = {
        "linker": Linker("https://dondoc.example", SECRET),
        "templates": TEMPLATES,
        "mail_domain": "dondoc.example",
    }
    return Messaging(**(fields | changes))


Answer = Callable[[Outgoing], None]


class ToldChannel(Channel):
    """Keeps what it is given, after `answer` had a chance to raise."""

    name: ClassVar[str] = "told"
    kind: ClassVar[str] = "any"

    def __init__(self, answer: Answer | None = None) -> None:
        self.answer = answer or (lambda _outgoing: None)
        self.taken: list[Outgoing] = []
        self.tried: list[Outgoing] = []

    def open(self) -> Session:
        return _ToldSession(self)

    def test(self, address: str | None) -> list[str]:
        return []

    @property
    def references(self) -> list[str]:
        return [outgoing.reference for outgoing in self.taken]


class _ToldSession(Session):
    def __init__(self, channel: ToldChannel) -> None:
        self.channel = channel

    def send(self, outgoing: Outgoing) -> Receipt:
        self.channel.tried.append(outgoing)
        self.channel.answer(outgoing)
        self.channel.taken.append(outgoing)
        return Receipt(f"id-{outgoing.reference}")


class ToldChannels:
    """One told channel a name: what `deliver` opens."""

    def __init__(self, **answers: Answer) -> None:
        self.answers = answers
        self.channels: dict[str, ToldChannel] = {}

    def __call__(self, name: str) -> ToldChannel:
        if name not in self.channels:
            self.channels[name] = ToldChannel(self.answers.get(name))
        return self.channels[name]

    @property
    def taken(self) -> list[Outgoing]:
        return [outgoing for channel in self.channels.values() for outgoing in channel.taken]


def small_plan(**changes: Any) -> PlanDefinition:
    """Two agencies that owe a report and a workbook by 29/4/2020, and an office that asks for them."""
    data: dict[str, Any] = {
        "id": "thu",
        "number": "01/KH-UBND",
        "title": "Kế hoạch thử",
        "short": "KH 01",
        "issued_on": "2020-03-02",
        "ends_on": "2020-06-30",
        "issuer": "tinh",
        "coordinator": "so",
        "offices": [
            {
                "agency": "so",
                "parent": "UBND TỈNH X",
                "name": "SỞ NỘI VỤ",
                "place": "X",
                "symbol": "SNV-CCHC",
                "signer_title": "GIÁM ĐỐC",
                "phone": "0256 000 0001",
                "email": "so@thu.example",
                "desk": "Phòng CCHC",
            },
            {
                "agency": "tinh",
                "name": "ỦY BAN NHÂN DÂN TỈNH X",
                "place": "X",
                "symbol": "UBND-NC",
                "signer_title": "CHỦ TỊCH",
            },
        ],
        "agencies": [
            agency("tinh", "UBND tỉnh X", "province"),
            agency("so", "Sở Nội vụ", "thematic"),
            agency("a", "UBND huyện A", "district"),
            agency("b", "UBND huyện B", "district"),
        ],
        "contacts": [
            person("tinh", "Văn thư tỉnh"),
            person("so", "Đầu mối"),
            person("so", "Giám đốc", is_head=True),
            person("a", "Lan"),
            person("a", "Chủ tịch A", is_head=True),
            person("b", "Minh"),
            person("b", "Chủ tịch B", is_head=True),
        ],
        "milestones": [
            {
                "id": "m",
                "title": "Báo cáo của huyện",
                "due": {"words": "Trước ngày 30 tháng 4 năm 2020"},
                "opens_on": "2020-04-01",
                "source": {"section": "II.1"},
            }
        ],
        "deliverables": [
            deliverable("bc", "Báo cáo tổng kết", "report", ["district", "so"]),
            deliverable("bieu", "Biểu số liệu", "duty", ["district"]),
        ],
        "reminders": LADDER,
    }
    return PlanDefinition.model_validate(data | changes)


LADDER: dict[str, Any] = {
    "rungs": [
        {"offset": -3},
        {"offset": -1, "tone": "urgent"},
        {"offset": 0, "tone": "urgent"},
        {"offset": 2, "every": 2, "audience": ["contact", "head"], "tone": "overdue"},
        {"offset": 5, "audience": ["coordinator-leadership"], "tone": "escalated"},
        {"offset": 10, "audience": ["issuer"], "tone": "escalated"},
    ],
    "channels": ["email"],
    "office_hours": [{"spans": [["07:00", "11:30"], ["13:30", "17:00"]]}],
}


def agency(code: str, name: str, group: str) -> dict[str, Any]:
    short = name.removeprefix("UBND huyện ")
    return {"id": code, "group": group, "names": [{"name": name, "short": short}]}


def person(code: str, name: str, **changes: Any) -> dict[str, Any]:
    mail = f"{len(name)}{sum(map(ord, name))}@{code}.example"
    return {"agency": code, "name": name, "email": mail} | changes


def deliverable(
    code: str, title: str, kind: str, owners: Iterable[str], **changes: Any
) -> dict[str, Any]:
    fields = {"id": code, "title": title, "milestone": "m", "kind": kind, "owners": [*owners]}
    return fields | changes


def load(path: Path, definition: PlanDefinition, now: datetime) -> Engine:
    """A fresh SQLite with the plan in it."""
    engine = migrated(path)
    with writing(engine) as session:
        load_running(session, definition, now=now)
    return engine


def rows(engine: Engine, query: str, **values: Any) -> list[tuple[Any, ...]]:
    with reading(engine) as session:
        return [tuple(row) for row in session.connection().execute(text(query), values)]


def messages(engine: Engine) -> list[Message]:
    from sqlmodel import col, select

    with reading(engine) as session:
        return list(session.exec(select(Message).order_by(col(Message.id))))


def contact_of(session: Database, name: str) -> Contact:
    from sqlmodel import select

    return session.exec(select(Contact).where(Contact.name == name)).one()
