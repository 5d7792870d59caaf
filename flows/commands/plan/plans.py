"""`init`, `plan …`, `contacts …`, `settings`: what the plan says and how the program is set up."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.options import REVIEWER, By, JsonOption, PlanOption, plan_app
from flows.commands.support import (
    actor,
    clock_now,
    current_plan,
    print_json,
    print_table,
    reading,
    reports_errors,
    write_table,
)

if TYPE_CHECKING:
    from plan.definition.model import PlanDefinition

contacts_app = typer.Typer(help="Danh bạ người nhận.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(init)
    app.command()(settings)
    app.add_typer(plan_app, name="plan")
    app.add_typer(contacts_app, name="contacts")


@reports_errors
def init(
    path: Annotated[
        Path | None, typer.Argument(help="Thư mục kế hoạch; bỏ trống: Kế hoạch 04/KH-UBND có sẵn.")
    ] = None,
) -> None:
    """Tạo (hoặc nâng cấp) cơ sở dữ liệu và nạp kế hoạch. Chạy lại nhiều lần vẫn an toàn."""
    from plan.database import migrate, open_engine, version, writing
    from plan.home import close_to_others, require_new
    from plan.importing.plan import load_plan, start_for_practice
    from plan.ledger.core import state_of
    from plan.settings import PACKAGED, PACKAGED_PLANS, get_settings, mark_practice
    from plan.states import PlanState
    from plan.text import number_words

    definition = checked(path or PACKAGED_PLANS / PACKAGED)
    mark_practice(get_settings())
    engine = open_engine(get_settings().resolved_database_url)
    if not version(engine):
        require_new(get_settings().home)
        close_to_others(get_settings().home)
    migrate(engine)
    with writing(engine) as session:
        with loading_bar() as progress:
            done = load_plan(session, definition, now=clock_now(), progress=progress)
        if get_settings().clock:
            start_for_practice(session, definition, now=clock_now())
        draft = state_of(session, definition.id) is PlanState.draft
    typer.echo(
        f"Đã nạp {definition.number}: {number_words(done.added)} nghĩa vụ mới, "
        f"{number_words(len(done.amended))} hạn đổi."
    )
    if draft:
        typer.echo(
            "Kế hoạch còn là bản nháp, chưa nhắc ai. Xem trước rồi bắt đầu: dondoc plan start"
        )


@contextmanager
def loading_bar() -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal while a plan is loaded; nothing elsewhere, and nothing for what is quick."""
    if not sys.stderr.isatty():
        yield lambda _done, _of: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("Đang nạp kế hoạch…", total=None)

        def step(done: int, of: int) -> None:
            shown.update(task, completed=done, total=of)

        yield step


def checked(path: Path) -> PlanDefinition:
    """The definition at `path`; every fault printed and exit 1 if it has any."""
    from plan.definition.checks import load_checked
    from plan.definition.faults import PlanFaults
    from plan.text import number_words

    try:
        return load_checked(path)
    except PlanFaults as found:
        for fault in found.faults:
            typer.echo(str(fault), err=True)
        typer.echo(f"{number_words(len(found.faults))} lỗi; chưa nạp gì.", err=True)
        raise typer.Exit(1) from None


@plan_app.command()
@reports_errors
def check(
    path: Annotated[Path, typer.Argument(help="Thư mục kế hoạch hoặc tệp plan.yaml.")],
    as_json: JsonOption = False,
) -> None:
    """Kiểm tra tệp kế hoạch và liệt kê mọi lỗi (tệp, dòng, vị trí); có lỗi thì mã thoát là 1."""
    from plan.definition.checks import check_plan
    from plan.text import number_words

    faults = check_plan(path)
    if as_json:
        print_json([vars(fault) for fault in faults])
    else:
        for fault in faults:
            typer.echo(str(fault))
        typer.echo(f"{number_words(len(faults))} lỗi." if faults else "Kế hoạch hợp lệ.")
    if faults:
        raise typer.Exit(1)


@plan_app.command()
@reports_errors
def schema() -> None:
    """In JSON Schema của định dạng kế hoạch."""
    from plan.definition.export import plan_schema

    print_json(plan_schema())


@plan_app.command()
@reports_errors
def show(plan: PlanOption = "", as_json: JsonOption = False) -> None:
    """Kế hoạch gồm những mốc, sản phẩm nào, ai nợ."""
    from plan.definition.ownership import owners
    from plan.queries.definitions import definition_of

    with reading() as session:
        definition = definition_of(current_plan(session, plan))
    if as_json:
        print_json(definition.model_dump(mode="json"))
        return
    typer.echo(f"{definition.number} — {definition.title}")
    titles = {m.id: m for m in definition.milestones}
    print_table(
        ["Mốc", "Hạn (nguyên văn)", "Sản phẩm", "Số cơ quan", "Mục"],
        [
            [
                part.milestone,
                (part.due or titles[part.milestone].due).words or "không có hạn",
                f"{part.id}: {part.title}",
                str(len(owners(definition, part))),
                (part.source or titles[part.milestone].source).section,
            ]
            for part in definition.deliverables
        ],
    )


@plan_app.command()
@reports_errors
def rebase(
    start: Annotated[str, typer.Option("--start", help="Ngày bắt đầu mới (YYYY-MM-DD).")],
    out: Annotated[Path, typer.Option("--out", help="Thư mục ghi kế hoạch mới.")],
    path: Annotated[Path | None, typer.Argument(help="Kế hoạch gốc; bỏ trống: có sẵn.")] = None,
) -> None:
    """Chép kế hoạch với mọi ngày được dời, giữ số ngày làm việc, để tập dượt hoặc cho năm sau."""
    from plan.calendar import WorkingCalendar
    from plan.definition.rebase import rebase as move
    from plan.definition.rebase import write_plan
    from plan.plausible import day_from
    from plan.settings import PACKAGED, PACKAGED_PLANS

    definition = checked(path or PACKAGED_PLANS / PACKAGED)
    day = day_from(start)
    years = {definition.issued_on.year, day.year}
    calendar = WorkingCalendar.build(range(min(years) - 1, max(years) + 2), definition.calendar)
    write_plan(move(definition, day, calendar), out)
    typer.echo(f"Đã ghi kế hoạch dời ngày vào {out}")


DirectoryOption = Annotated[
    bool,
    typer.Option(
        "--directory",
        help="Người của cả danh bạ, mã cơ quan trong danh bạ; không riêng kế hoạch nào.",
    ),
]


@contacts_app.command("import")
@reports_errors
def contacts_import(
    file: Annotated[Path, typer.Argument(help="Tệp .csv (UTF-8) hoặc .xlsx.")],
    plan: PlanOption = "",
    directory: DirectoryOption = False,
    by: By = REVIEWER,
    preview: Annotated[
        bool, typer.Option("--preview", help="Chỉ cho xem ai mới, ai đổi, ai bị bỏ.")
    ] = False,
) -> None:
    """Thay danh bạ từ tệp: agency,name,role,is_head,email,phone,zalo_user_id,zalo_chat_id."""
    from flows.commands.support import writing
    from intake.tables import read_table
    from plan.contacts import import_contacts, preview_contacts, without_address
    from plan.directory.people import import_people, preview_people
    from plan.text import number_words

    if preview:
        with reading() as session:
            found = (
                preview_people(session, file, read_table)
                if directory
                else preview_contacts(session, current_plan(session, plan), file, read_table)
            )
        for one in found:
            typer.echo(one.words())
        typer.echo(f"{number_words(len(found))} thay đổi; chưa nhập gì.")
        return
    silent: list[str] = []
    with writing() as session:
        who, now = actor(by, "coordinator"), clock_now()
        if directory:
            count = import_people(session, file, actor=who, now=now, read=read_table)
        else:
            row = current_plan(session, plan)
            count = import_contacts(session, row, file, now=now, actor=who, read=read_table)
            silent = without_address(session, row)
    typer.echo(f"Đã nhập {number_words(count)} người nhận.")
    if silent:
        typer.echo(f"Không có thư, điện thoại hay Zalo, chưa gửi được gì: {'; '.join(silent)}.")


@contacts_app.command("list")
@reports_errors
def contacts_list(
    plan: PlanOption = "", directory: DirectoryOption = False, as_json: JsonOption = False
) -> None:
    """Danh bạ hiện có."""
    from plan.directory.people_file import FIELDS

    rows = _people(plan, directory=directory)
    if as_json:
        print_json(rows)
    else:
        print_table(FIELDS, [[str(row[name]) for name in FIELDS] for row in rows])


def _people(plan: str, *, directory: bool) -> list[dict[str, Any]]:
    from plan.contacts import list_contacts
    from plan.directory.people import list_people

    with reading() as session:
        if directory:
            return list_people(session)
        return list_contacts(session, current_plan(session, plan))


@contacts_app.command("export")
@reports_errors
def contacts_export(
    out: Annotated[Path, typer.Argument(help="Tệp .xlsx hoặc .csv sẽ ghi.")],
    plan: PlanOption = "",
    directory: DirectoryOption = False,
) -> None:
    """Ghi danh bạ ra tệp để sửa rồi nhập lại."""
    from dashboard.table import Table
    from plan.directory.people_file import FIELDS

    rows = _people(plan, directory=directory)
    write_table(out, Table("Danh bạ", FIELDS, [[row[name] for name in FIELDS] for row in rows]))


@reports_errors
def settings(as_json: JsonOption = False) -> None:
    """Mọi cài đặt (DONDOC_* hoặc .env) và giá trị đang dùng; bí mật được che."""
    from plan.settings import Settings, get_settings

    values = get_settings()
    rows = [
        [f"DONDOC_{name.upper()}", _shown(getattr(values, name)), field.description or ""]
        for name, field in Settings.model_fields.items()
    ]
    if as_json:
        print_json({row[0]: row[1] for row in rows})
    else:
        print_table(["Cài đặt", "Giá trị", "Ý nghĩa"], rows)


def _shown(value: object) -> str:
    """A setting as text; a secret that is set shows dots only, and so does a password in an address."""
    import re

    from pydantic import SecretStr

    if isinstance(value, list | tuple):
        return ", ".join(_shown(item) for item in value)
    if isinstance(value, SecretStr):
        return "●●●" if value.get_secret_value() else ""
    return "" if value is None else re.sub(r"(://[^:/@]*):[^@/]+@", r"\1:●●●@", str(value))
