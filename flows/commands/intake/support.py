"""What the commands of intake share: the plan in use, files read within limits, findings told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flows.commands.support import current_plan, print_table, reading

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date
    from pathlib import Path

    from intake.earlier_figures import EarlierFigures
    from intake.files.gate import Limits
    from intake.files.store import Store
    from plan.definition.model import PlanDefinition
    from plan.ledger.filing import FoundFault
    from plan.models import Finding

SIGNS = {"error": "▲ lỗi", "warning": "◑ cảnh báo", "note": "○ ghi chú"}
FINDING = ("severity", "code", "sheet", "cell", "indicator", "period", "read", "message")


def store() -> Store:
    """Where handed-in files are kept."""
    from intake.files.store import Store
    from plan.settings import get_settings

    return Store(get_settings().resolved_store_url)


def start_reading() -> None:
    """Let the process that reads files start now: it will be ready when the plan has been loaded."""
    from intake.sandbox import sandbox_for

    sandbox_for(limits()).start()


def limits() -> Limits:
    """How much a file may cost in this installation."""
    from intake.files.gate import Limits
    from plan.settings import get_settings

    return Limits.from_settings(get_settings())


def read_files(files: Sequence[Path]) -> list[tuple[str, bytes]]:
    """Names and bytes; of a file over the limit only so much that intake sees it is."""
    from plan.errors import UsageError

    read = []
    for path in files:
        if not path.is_file():
            raise UsageError(f"Không tìm thấy tệp {path}.")
        with path.open("rb") as stream:
            read.append((path.name, stream.read(limits().max_bytes + 1)))
    return read


# --- the plan in use --------------------------------------------------------------------------------


def has_plan() -> bool:
    """Whether there is a database with a plan in it. Makes none."""
    from plan.settings import get_settings

    if not _may_exist(get_settings().resolved_database_url):
        return False
    from sqlmodel import select

    from plan.errors import SettingsError
    from plan.models import Plan

    try:
        with reading() as session:
            return session.exec(select(Plan.id).limit(1)).first() is not None
    except SettingsError:
        return False


def _may_exist(url: str) -> bool:
    """False for an SQLite database whose file is not there. Asked before anything heavy is imported: a clerk
    who tries a form at her own desk has no database."""
    from pathlib import Path

    path = url.removeprefix("sqlite:///").partition("?")[0]
    return path == url or Path(path).is_file()


def definition_in_use(plan: str) -> PlanDefinition:
    """The database's plan, without the data calls nobody opened; with no database, the packaged plan, so
    that a clerk can try at her own desk."""
    from plan.definition.loading import load_definition
    from plan.errors import NotFoundError
    from plan.settings import PACKAGED, PACKAGED_PLANS

    if has_plan():
        from plan.ledger.data_calls import in_use
        from plan.queries.definitions import definition_of

        with reading() as session:
            row = current_plan(session, plan)
            return in_use(session, row.id, definition_of(row))
    if plan and plan != PACKAGED:
        raise NotFoundError("kế hoạch", plan, [PACKAGED])
    return load_definition(PACKAGED_PLANS / PACKAGED)[0]


def definition_owed(plan: str) -> PlanDefinition:
    """What is asked of agencies now. With no database nobody has opened a data call, so that none of
    its rows is in a blank workbook; one that was opened elsewhere can still be tried with `check`."""
    definition = definition_in_use(plan)
    return definition if has_plan() else definition.model_copy(update={"data_calls": []})


def known_figures(plan: str, agency: str) -> EarlierFigures | None:
    """Figures filed before, for rules across agencies; None without a database."""
    if not has_plan():
        return None
    from intake.earlier_figures import earlier_figures

    with reading() as session:
        return earlier_figures(session, current_plan(session, plan), agency)


def last_days(plan: str, agency: str, now: Any) -> dict[str, date]:
    """Deliverable → last good day of this agency's obligations; empty without a database."""
    if not has_plan():
        return {}
    from plan.queries.progress import obligations

    with reading() as session:
        views = obligations(session, current_plan(session, plan), now, agency=agency)
    return {view.deliverable: view.last_day for view in views if view.last_day}


def require_agency(definition: PlanDefinition, agency: str) -> None:
    """Refuse a name that no agency bears, with the nearest one."""
    from plan.errors import NotFoundError

    names = [one.id for one in definition.agencies]
    if agency not in names:
        raise NotFoundError("cơ quan", agency, names)


# --- findings ---------------------------------------------------------------------------------------


def finding_json(one: FoundFault | Finding) -> dict[str, str]:
    return {name: getattr(one, name) for name in FINDING}


def print_findings(findings: Iterable[FoundFault]) -> None:
    """The gravest first; one line says so where there are none."""
    import typer

    rows = [
        [SIGNS[one.severity], place_words(one), one.read, one.message]
        for one in sorted(findings, key=lambda one: list(SIGNS).index(one.severity))
    ]
    if rows:
        print_table(["Mức", "Ở đâu", "Đọc được", "Cần làm gì"], rows)
    else:
        typer.echo("● Không có gì phải sửa.")


def place_words(one: FoundFault | Finding) -> str:
    """«bieu.xlsx PL2!E8 PL2.1 (2015)»."""
    spot = f"{one.sheet}!{one.cell}" if one.cell else one.sheet
    named = f"{one.indicator} ({one.period})" if one.period else one.indicator
    return " ".join(part for part in (one.file, spot, named) if part)
