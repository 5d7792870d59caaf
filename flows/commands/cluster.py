"""`cluster …`: each part of an installation on several machines, as a command of its own.

The pages and the bridge are `dondoc serve` with DONDOC_PREFECT_API_URL and DONDOC_WORK_POOL set.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from flows.commands.support import told

if TYPE_CHECKING:
    from plan.settings import Settings

cluster_app = typer.Typer(
    help="Từng phần của hệ thống khi chạy trên nhiều máy (xem deploy/README.md).",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(cluster_app, name="cluster")


@cluster_app.command()
@told
def api() -> None:
    """Một máy chủ Prefect (API và trang), cổng DONDOC_PREFECT_PORT; chạy được nhiều máy chủ."""
    from flows.schedule import several

    settings = _settled()
    _become(several.api(settings))


@cluster_app.command()
@told
def services() -> None:
    """Các dịch vụ nền của Prefect: lập lịch, sự kiện, tự phục hồi; chạy được hai bản."""
    from flows.schedule import several

    settings = _settled()
    _become(several.services(settings))


@cluster_app.command()
@told
def worker(
    name: Annotated[str, typer.Option("--name", help="Tên máy, hiện trên trang Prefect.")] = "",
    health_port: Annotated[
        int, typer.Option("--health-port", help="Cổng trả lời /health; 0: không mở.")
    ] = 0,
) -> None:
    """Một máy chạy việc: nhận việc đến giờ từ nhóm DONDOC_WORK_POOL, mỗi lúc DONDOC_RUNNERS việc."""
    from flows.schedule import several

    settings = _settled()
    os.environ.setdefault("PREFECT_WORKER_QUERY_SECONDS", str(several.POLL_SECONDS))
    if health_port:
        os.environ["PREFECT_WORKER_WEBSERVER_HOST"] = "127.0.0.1"
        os.environ["PREFECT_WORKER_WEBSERVER_PORT"] = str(health_port)
    _become(several.worker(settings, name, bool(health_port)))


@cluster_app.command()
@told
def upgrade() -> None:
    """Đưa cả hai cơ sở dữ liệu (Prefect và Đôn Đốc) lên bản này; nạp kế hoạch nếu chưa có. Chạy lại được."""
    import subprocess

    from flows.anchor import service_clock
    from flows.schedule import several
    from flows.service.bootstrap import prepare

    settings = _settled()
    done = subprocess.run(several.upgrade(settings), check=False)
    if done.returncode:
        raise typer.Exit(done.returncode)
    prepared = prepare(settings, service_clock(settings)())
    typer.echo(f"Đôn Đốc: {'đã tạo bảng' if prepared.migrated else 'đã đúng bản'}; ", nl=False)
    typer.echo(f"kế hoạch {', '.join(prepared.plans)}.")


@cluster_app.command()
@told
def adopt(
    file: Annotated[
        Path,
        typer.Argument(metavar="TỆP", help="dondoc.db của một bản sao lưu, hay của máy đã dừng."),
    ],
) -> None:
    """Chép toàn bộ dữ liệu của một máy (SQLite) vào cơ sở dữ liệu còn trống của DONDOC_DATABASE_URL."""
    from plan.database import open_engine
    from plan.database_copy import copy_file
    from plan.settings import get_settings

    count = copy_file(file, open_engine(get_settings().resolved_database_url))
    typer.echo(
        f"Đã chép {count:,} dòng. Tiếp: dondoc cluster upgrade; dondoc audit verify".replace(
            ",", "."
        )
    )


@cluster_app.command("register")
@told
def register_schedules() -> None:
    """Đăng ký lịch với máy chủ Prefect rồi thoát: có gì mới thì ghi, có gì thừa thì bỏ."""
    import asyncio

    settings = _settled()  # before prefect is imported: it reads its environment then
    from flows.jobs.rounds import make_tools
    from flows.schedule.register import register as hand_over

    done = asyncio.run(hand_over(make_tools(settings)))
    typer.echo(
        f"Lịch: {len(done.ids)} việc; {len(done.changed)} mới hoặc đổi, {len(done.removed)} bỏ."
    )


def _settled() -> Settings:
    """The settings, with Prefect's environment made theirs for whatever is started from here."""
    from flows.schedule import environment
    from plan.settings import get_settings

    settings = get_settings()
    environment.settle(settings)
    environment.hand_on(settings)
    # Several servers that start at once must not all change the tables: `cluster upgrade` does it first.
    os.environ.setdefault("PREFECT_SERVER_DATABASE_MIGRATE_ON_START", "false")
    return settings


def _become(command: list[str]) -> NoReturn:
    """This process goes on as Prefect's: signals and its end are seen by whoever started it."""
    sys.stdout.flush()
    os.execv(command[0], list(command))
