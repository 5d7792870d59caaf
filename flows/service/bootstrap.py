"""What has to be there before anything runs: the database, migrated, with a plan in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine
from sqlmodel import select

from plan.database import HEAD, migrate, open_engine, reading, version, writing
from plan.definition.checks import load_checked
from plan.errors import RefusedError
from plan.home import require_new
from plan.importing.plan import load_plan, start_for_practice
from plan.models import AuditEvent, Plan
from plan.settings import (
    PACKAGED,
    PACKAGED_PLANS,
    Settings,
    is_rehearsal,
    mark_practice,
    rehearsed_until,
)


@dataclass(frozen=True)
class Prepared:
    """The installation's database, and what had to be done for it."""

    engine: Engine
    plans: tuple[str, ...]
    """Number of each plan, in the words of its document; none where the only draft was deleted."""
    migrated: bool = False
    loaded: int | None = None
    """Obligations made from the packaged plan; None: there is a plan, or was one."""


_DELETED = select(AuditEvent.id).where(AuditEvent.event == "plan.deleted").limit(1)


def prepare(settings: Settings, now: datetime) -> Prepared:
    """Make or upgrade the database; load the packaged plan into a new one: where somebody deleted the only
    draft, it stays deleted. `now`: UTC.

    `RefusedError` for a rehearsal that did not come to its end, or an empty database where data has been;
    `SettingsError` for one that cannot be read.
    """
    if is_rehearsal(settings.home) and not rehearsed_until(settings.home):
        raise RefusedError(
            f"Buổi diễn tập trong {settings.home} chưa chạy xong. Hãy chạy lại: dondoc demo --out "
            f"{settings.home}"
        )
    mark_practice(settings)
    engine = open_engine(settings.resolved_database_url)
    stands = version(engine)
    fresh = stands != HEAD
    if not stands:
        require_new(settings.home)
    if fresh:
        migrate(engine)
    with reading(engine) as session:
        plans = tuple(session.exec(select(Plan.number)))
        deleted = session.exec(_DELETED).first() is not None
    if plans or deleted:
        return Prepared(engine, plans, fresh)
    definition = load_checked(PACKAGED_PLANS / PACKAGED)
    with writing(engine) as session:
        loaded = load_plan(session, definition, now=now).added
        if settings.clock:
            start_for_practice(session, definition, now=now)
    return Prepared(engine, (definition.number,), fresh, loaded)
