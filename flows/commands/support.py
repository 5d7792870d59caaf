"""What every command needs: settings, database, clock, printing. Imports nothing heavy at the top."""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from functools import lru_cache, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

import typer

if TYPE_CHECKING:
    from sqlalchemy import Engine
    from sqlmodel import Session

    from dashboard.table import Table
    from plan.models import Plan
    from plan.states import Actor

RIGHTS = "Kiểm tra DONDOC_HOME và quyền của tài khoản đang chạy lệnh."
MACHINE_FAULTS = {
    errno.EACCES: RIGHTS,
    errno.EPERM: RIGHTS,
    errno.EROFS: RIGHTS,
    errno.ENOTDIR: RIGHTS,
    errno.ENOSPC: "Đĩa đầy: dọn chỗ rồi làm lại.",
    errno.EDQUOT: "Hết hạn mức đĩa: dọn chỗ rồi làm lại.",
}
P = ParamSpec("P")
R = TypeVar("R")


def reports_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn a DondocError into one clear line on stderr and its exit code."""

    @wraps(command)
    def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
        from plan.errors import DondocError

        try:
            return command(*args, **kwargs)
        except DondocError as error:
            typer.echo(f"Không thực hiện được: {error}", err=True)
            raise typer.Exit(error.exit_code) from None
        except Exception as error:
            words = _machine_fault(error)
            if words is None:
                raise
            typer.echo(f"Không thực hiện được: {words}", err=True)
            raise typer.Exit(1) from None

    return wrapper


def _machine_fault(error: Exception) -> str | None:
    """What of the machine stands in the way, and what to do; None: the fault is the program's own."""
    if isinstance(error, OSError):
        if error.errno not in MACHINE_FAULTS:
            return None
        where = f" {error.filename}" if error.filename else ""
        return f"Không ghi được{where} ({error.strerror}). {MACHINE_FAULTS[error.errno]}"
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import DatabaseError, OperationalError

    # The plain class itself is what SQLite raises for a file that is damaged or no database.
    if not (isinstance(error, OperationalError) or type(error) is DatabaseError):
        return None
    from plan.database import why
    from plan.settings import get_settings

    return " ".join(why(error, make_url(get_settings().resolved_database_url)))


def believe_the_clock() -> None:
    """Before anything is told or made by the clock, as every flow does. `ClockError`: it is doubted."""
    from flows.clock_guard import require_steady
    from flows.jobs import rounds
    from plan.settings import get_settings

    require_steady(rounds.make_tools(get_settings(), engine()))


@lru_cache(maxsize=1)
def engine() -> Engine:
    """The engine of the settings' database, refused if it cannot be used."""
    from plan.database import open_engine, require_usable
    from plan.settings import get_settings

    made = open_engine(get_settings().resolved_database_url)
    require_usable(made)
    return made


@contextmanager
def reading() -> Iterator[Session]:
    from plan.database import reading as door

    with door(engine()) as session:
        yield session


@contextmanager
def writing() -> Iterator[Session]:
    from plan.database import writing as door

    with door(engine()) as session:
        yield session


def current_plan(session: Session, plan_id: str = "") -> Plan:
    """The plan named by `--plan`, DONDOC_PLAN, or the only one."""
    from plan.queries.lookup import find_plan
    from plan.settings import get_settings

    return find_plan(session, plan_id or get_settings().plan)


@lru_cache(maxsize=1)
def command_clock() -> Callable[[], datetime]:
    from flows.clock import going_on, real_clock, service_clock
    from plan.database import open_engine
    from plan.settings import get_settings

    settings = get_settings()
    if not settings.clock:
        return real_clock
    clock = service_clock(settings, open_engine(settings.resolved_database_url))
    if said := going_on(settings, clock()):
        typer.echo(said, err=True)
    return clock


def clock_now(as_of: str = "") -> datetime:
    """`--as-of` if given, else the clock (virtual if DONDOC_CLOCK is set). UTC."""
    from plan.plausible import instant_from

    return instant_from(as_of) if as_of else command_clock()()


def actor(name: str, role: str, *agencies: str) -> Actor:
    """Who acts on the command line."""
    from plan.states import Actor, Role

    return Actor(name=name, role=Role(role), agencies=frozenset(agencies), origin="cli")


def clerk(session: Session, plan_id: str, agency: str, by: str = "") -> Actor:
    """Who acts for an agency: `by`, or its clerk, by the name it bears now. Refuses an unknown agency."""
    from plan.calendar import local_day
    from plan.queries.lookup import agency_names, find_agency

    found = find_agency(session, plan_id, agency)
    names = agency_names(session, plan_id, local_day(clock_now()), {agency})
    return actor(by or f"Văn thư {names[found.id or 0].short}", "agency", agency)


def print_json(value: Any) -> None:
    """Indented JSON on stdout; instants in local time with their offset."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        from plan.calendar import LOCAL

        return value.astimezone(LOCAL).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


def print_table(
    headers: Sequence[str],
    rows: Iterable[Sequence[str]],
    title: str = "",
    *,
    one_line: bool = False,
) -> None:
    """A rich table on a terminal; tab-separated lines when piped.

    `one_line`: a row takes one line of the terminal; only the last column is cut to fit.
    """
    if not sys.stdout.isatty():
        typer.echo("\t".join(headers))
        for row in rows:
            typer.echo("\t".join(row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title or None, header_style="bold", title_justify="left")
    for header in headers:
        # Only a column that may wrap is made narrower, ids are not: somebody will copy them.
        table.add_column(header, no_wrap=one_line and header != headers[-1])
    for row in rows:
        *whole, last = row
        cut = Text(last, no_wrap=True, overflow="ellipsis") if one_line else last
        table.add_row(*whole, cut)
    Console().print(table)


def write_table(out: Path, table: Table) -> None:
    """The table as the file named, .xlsx or .csv by its ending, as the pages give it; says so. Raises
    UsageError for another ending."""
    from dashboard.rendering.export import FORMS, exported
    from plan.errors import UsageError

    form = out.suffix.lstrip(".").casefold()
    if form not in FORMS:
        raise UsageError(f"Tệp phải có đuôi .xlsx hoặc .csv, không phải «{out.suffix}».")
    out.write_bytes(bytes(exported(table, form).body))
    typer.echo(f"Đã ghi {out}.")


def find_row(session: Session, plan: str, target: str) -> int:
    """The obligation's row id. Raises UsageError, NotFoundError."""
    from plan.queries.lookup import find_obligation

    obligation = find_obligation(session, current_plan(session, plan).id, target)
    return int(obligation.id or 0)


def require_finding(session: Session, number: int) -> None:
    """Raises NotFoundError for a number no finding bears."""
    from plan.errors import NotFoundError
    from plan.models import Finding

    if session.get(Finding, number) is None:
        raise NotFoundError("phát hiện mang số", str(number), ())


def local_date(text: str) -> date:
    """A local day as typed. Raises UsageError."""
    from plan.plausible import day_from

    return day_from(text)
