"""The stage of a rehearsal: a fresh database, a real SMTP server and Zalo's stand-in on loopback.

Everything is the program's own; only the clock is virtual and nothing leaves the machine.
"""

from __future__ import annotations

import csv
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session

from flows.clock import VirtualClock
from flows.rehearsal.standins.smtp_sink import SmtpSink
from flows.rehearsal.standins.zalo import ZaloStandin
from flows.service.lock import served_by
from intake.files.store import Store
from notifications.channels.base import Channel
from notifications.channels.registry import make_channel
from notifications.channels.zalo.tokens import DatabaseTokenStore, Tokens
from notifications.plan_context import Messaging, messaging_from
from plan.contacts import import_contacts, list_contacts
from plan.database import migrate, open_engine, reading, writing
from plan.definition.model import PlanDefinition
from plan.directory.people_file import FIELDS
from plan.errors import RefusedError
from plan.importing.plan import load_plan
from plan.keys.secret import secret_key
from plan.ledger import start_plan
from plan.queries.lookup import find_plan
from plan.settings import REHEARSAL_MARK, Settings
from plan.states import LOADER

MADE = ("dondoc.db", "prefect.db", "secret.key", "clock.json", "serve.lock")
MADE_FOLDERS = ("outbox", "zalo", "submissions", "output", "locks", "backups", "prefect")
WITH_ZALO = 3
"""Every third contact follows the Zalo account."""
ZALO_ALONE = 12
"""Every twelfth has nothing else; the first is the coordinator's own."""


@dataclass
class Stage:
    """What the play needs at hand."""

    out: Path
    settings: Settings
    engine: Engine
    clock: VirtualClock
    plan_id: str
    definition: PlanDefinition
    desk: Messaging
    store: Store
    sink: SmtpSink
    zalo: ZaloStandin
    tokens: DatabaseTokenStore

    def open_channel(self, name: str) -> Channel:
        return make_channel(name, self.settings, self.clock, self.tokens)


@contextmanager
def set_up(
    out: Path, definition: PlanDefinition, opens_at: datetime, *, followers: bool = True
) -> Iterator[Stage]:
    """A fresh rehearsal in `out`, its clock at `opens_at` (UTC). Servers stop when the block ends.
    `followers`: some contacts begin to follow the Zalo account.

    Refuses a folder that holds anything but an earlier rehearsal.
    """
    _clear(out)
    clock = VirtualClock(opens_at)
    with SmtpSink(out / "outbox") as sink, ZaloStandin(clock, out / "zalo") as zalo:
        settings = _settings(out, sink, zalo, opens_at)
        engine = open_engine(settings.resolved_database_url)
        try:
            migrate(engine)
            with writing(engine) as session:
                load_plan(session, definition, now=opens_at)
                start_plan(session, definition.id, actor=LOADER, now=opens_at)
                if followers:
                    _give_zalo(session, definition.id, out, opens_at)
            tokens = DatabaseTokenStore(engine, secret_key(settings), clock)
            tokens.save(_granted(zalo, opens_at))
            yield Stage(
                out=out,
                settings=settings,
                engine=engine,
                clock=clock,
                plan_id=definition.id,
                definition=definition,
                desk=messaging_from(settings),
                store=Store(settings.resolved_store_url),
                sink=sink,
                zalo=zalo,
                tokens=tokens,
            )
        finally:
            engine.dispose()


def _clear(out: Path) -> None:
    mark = out / REHEARSAL_MARK
    if served_by(out.resolve()) is not None:
        raise RefusedError(f"Dịch vụ đang chạy trên {out}; hãy dừng nó (Ctrl-C) rồi diễn tập lại.")
    if out.exists() and any(out.iterdir()) and not mark.exists():
        raise RefusedError(
            f"Thư mục {out} không trống và không phải kết quả diễn tập; hãy chọn thư mục khác."
        )
    out.mkdir(parents=True, exist_ok=True)
    mark.write_text("", encoding="ascii")
    for name in MADE:
        for path in out.glob(f"{name}*"):  # SQLite's -wal and -shm too
            path.unlink()
    for name in MADE_FOLDERS:
        shutil.rmtree(out / name, ignore_errors=True)


def _settings(out: Path, sink: SmtpSink, zalo: ZaloStandin, opens_at: datetime) -> Settings:
    """Settings of the stage alone: neither the environment nor `.env` reaches it."""
    given = {
        "home": out,
        "clock": opens_at.isoformat(),
        "count_pages": False,  # the same files on every machine, with LibreOffice or without
        "smtp_url": sink.url,
        "mail_from": "Sở Nội vụ tỉnh Bình Định <don-doc@snv.binhdinh.example>",
        **zalo.settings(),
    }
    return Settings.model_validate(Settings.model_construct().model_dump() | given)


def _granted(zalo: ZaloStandin, now: datetime) -> Tokens:
    """A token pair as if an administrator had consented."""
    pair = zalo.world.grant()
    return Tokens(
        pair["access_token"],
        pair["refresh_token"],
        access_expires_at=now + timedelta(seconds=int(pair["expires_in"])),
    )


def _give_zalo(session: Session, plan_id: str, out: Path, now: datetime) -> None:
    """Let some contacts follow the Zalo account, by the same import an office would use."""
    plan = find_plan(session, plan_id)
    path = out / "danh-ba.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, FIELDS)
        writer.writeheader()
        for number, row in enumerate(list_contacts(session, plan)):
            follows = number % WITH_ZALO == 0
            zalo = f"2512523625412515{number:03d}" if follows else ""
            alone = number > 0 and number % ZALO_ALONE == 0
            ways = {"zalo_user_id": zalo} | ({"email": ""} if alone else {})
            writer.writerow(row | {"is_head": int(row["is_head"])} | ways)
    import_contacts(session, plan, path, now=now)


def contact_address(stage: Stage, agency: str) -> str:
    """The e-mail address of an agency's own contact; its head's, where the contact has none."""
    with reading(stage.engine) as session:
        rows = list_contacts(session, find_plan(session, stage.plan_id))
    mails = [row for row in rows if row["agency"] == agency and row["email"]]
    return str(min(mails, key=lambda row: bool(row["is_head"]))["email"])
