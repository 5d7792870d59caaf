"""Hệ thống: is everything well, what ran and will run, are there copies, which alarms stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from starlette.responses import Response

from dashboard.auth.viewer import STAFF
from dashboard.pages.common import names_of, taken_away
from dashboard.queries.alarms import Alarm, alarms, noted
from dashboard.table import Table
from dashboard.web.request import Visit
from dashboard.web.routing import Pages
from dashboard.web.system import CheckLine, System, WorkLine
from notifications.starting import Point, checklist
from plan.calendar import local_day
from plan.ledger.alarm_notes import take_note
from plan.models import AlarmNote

pages = Pages()
STALE = timedelta(days=2)
"""A copy older than this is a fault: one is made every night."""


@dataclass(frozen=True)
class Backups:
    """The nightly copies in the installation's home; none where the database is a server's."""

    count: int
    newest_at: datetime | None
    kept_here: bool

    def stale(self, now: datetime) -> bool:
        return self.kept_here and (self.newest_at is None or now - self.newest_at > STALE)


def backups(visit: Visit) -> Backups:
    """What lies in `backups/` now. Reads names and times only."""
    if visit.site.engine.dialect.name != "sqlite":
        return Backups(0, None, kept_here=False)
    folder = Path(visit.site.settings.home) / "backups"
    times = [path.stat().st_mtime for path in folder.glob("dondoc-*.db")]
    newest = datetime.fromtimestamp(max(times), visit.real_now.tzinfo) if times else None
    return Backups(len(times), newest, kept_here=True)


@pages.get("/he-thong", may=STAFF)
def index(visit: Visit) -> Response:
    system: System | None = visit.request.app.state.system
    visit.let_go()  # the checks open connections of their own
    checks = list(system.checks()) if system else []
    works = list(system.works()) if system else []
    standing, points = _of_plan(visit) if visit.plans else ([], [])
    tables = {
        "": lambda: _check_table(checks),
        "viec": lambda: _work_table(works),
    }
    if (file := taken_away(visit, tables)) is not None:
        return file
    return visit.render(
        "system.html",
        system=system,
        checks=sorted(checks, key=lambda one: one.ok),
        works=works,
        points=points,
        alarms=standing,
        backups=backups(visit),
        version=version("dondoc"),
        tomorrow=local_day(visit.now) + timedelta(days=7),
    )


def _of_plan(visit: Visit) -> tuple[list[tuple[Alarm, AlarmNote | None]], list[Point]]:
    """What the plan looked at is in alarm about, with who knows of it, and what it still lacks to run."""
    plan, now = visit.plan, visit.now
    known = noted(visit.session, plan.id, local_day(now))
    standing = alarms(visit.session, plan.id, now, names_of(visit))
    points = checklist(visit.session, plan, visit.site.settings, now)
    return [(one, known.get(one.key)) for one in standing], points


def _check_table(checks: list[CheckLine]) -> Table:
    rows = [(one.name, "tốt" if one.ok else "lỗi", one.words, one.what_to_do) for one in checks]
    return Table("Kiểm tra hệ thống", ("Việc", "Kết quả", "Chi tiết", "Cần làm"), rows)


def _work_table(works: list[WorkLine]) -> Table:
    rows = [(one.words, one.last_at, one.next_at, one.fault) for one in works]
    return Table("Việc chạy theo lịch", ("Việc", "Lần cuối", "Lần tới", "Lỗi"), rows)


@pages.post("/he-thong/canh-bao", may=STAFF)
def note_alarm(visit: Visit) -> Response:
    """Somebody knows of it, and until when it need not be shown again on Tổng quan."""
    until: date = visit.day("den")
    with visit.writing() as session:
        take_note(
            session,
            visit.plan.id,
            visit.text("canh-bao", 200),
            until=until,
            note=visit.text("ghi-chu", 500),
            actor=visit.who.actor,
            now=visit.now,
        )
    return visit.redirect("/he-thong", "Đã ghi nhận cảnh báo.")
