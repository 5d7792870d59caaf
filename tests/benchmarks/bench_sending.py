"""Sending end to end: 3,000 agencies with one mail each, from «due» to «taken by the server and recorded»,
against smtplib alone: the same words made into mails by the standard library's writer and sent over one
connection, nothing looked up, worded, claimed or recorded.

By the clock, since disk and network are part of it. The sink is a lean process of its own.
"""

from __future__ import annotations

import smtplib
import tempfile
import time
from email.message import EmailMessage
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import col, select

from notifications.channels.base import Outgoing
from notifications.channels.registry import make_channel
from notifications.outbox.outgoing import outgoing_of
from notifications.outbox.store import ClaimedMessage
from notifications.round import run_round
from plan.database import reading
from plan.definition.model import PlanDefinition
from plan.models import Message
from plan.settings import Settings
from tests.benchmarks.lean_sink import running
from tests.conftest import at
from tests.support.reminders import agency, load, make_messaging, person, small_plan

AGENCIES = 3_000
NOW = at("2020-04-24 08:00")
ISSUED = at("2020-03-02 08:00")


def run(agencies: int = AGENCIES) -> dict[str, float]:
    """The ratio, and messages a second."""
    with tempfile.TemporaryDirectory() as name, running() as port:
        engine = load(Path(name) / "thu.db", _plan(agencies), ISSUED)
        settings = Settings.model_validate(
            {"home": name, "smtp_url": f"smtp://127.0.0.1:{port}", "_env_file": None}
        )
        began = time.perf_counter()
        done = run_round(
            engine,
            "thu",
            make_messaging(),
            lambda channel: make_channel(channel, settings, lambda: NOW),
            lambda: NOW,
        )
        ours = time.perf_counter() - began
        sent = len(done.delivery.sent)
        assert sent >= agencies, done.delivery
        mails = _sent(engine)
        began = time.perf_counter()
        with smtplib.SMTP("127.0.0.1", port, "dondoc.example") as smtp:
            for mail in mails:
                smtp.send_message(_message(mail, settings.mail_from))
        bare = time.perf_counter() - began
        engine.dispose()
    return {"due_to_recorded": ours / bare, "a_second": sent / ours}


def _plan(agencies: int) -> PlanDefinition:
    bare = small_plan().model_dump()
    more = [f"xa-{number}" for number in range(agencies)]
    bare["agencies"] += [agency(code, f"UBND xã {code}", "district") for code in more]
    bare["contacts"] += [person(code, "Văn thư") for code in more]
    return PlanDefinition.model_validate(bare)


def _sent(engine: Engine) -> list[Outgoing]:
    with reading(engine) as session:
        rows = session.exec(select(Message).order_by(col(Message.id))).all()
        return [
            outgoing_of(
                ClaimedMessage(*(getattr(row, name) for name in ClaimedMessage.__annotations__)),
                NOW,
                (),
            )
            for row in rows
        ]


def _message(mail: Outgoing, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = sender, mail.address, mail.subject
    message["Message-ID"] = f"<{mail.message_id}@dondoc.example>"
    message.set_content(mail.text)
    message.add_alternative(mail.html, subtype="html")
    for part in mail.attachments:
        kind, _, subtype = part.mime.partition(";")[0].partition("/")
        message.add_attachment(part.data, maintype=kind, subtype=subtype, filename=part.filename)
    return message
