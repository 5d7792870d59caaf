"""`serve`, `schedule`, `doctor`: the service itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.options import JsonOption
from flows.commands.support import clock_now, print_json, print_table, reading, reports_errors

if TYPE_CHECKING:
    from flows.runtime import RoundTools
    from flows.schedule.deployments import Job
    from flows.service.serve import Service
    from flows.service.web_server import Pages

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from plan.settings import Settings


_AS_TYPED = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(serve)
    app.command()(schedule)
    app.command()(doctor)
    app.command()(verify)
    app.command(context_settings=_AS_TYPED)(prefect)
    register_cluster(app)


@reports_errors
def serve() -> None:
    """Chạy cả hệ thống: trang tổng hợp, Prefect, các việc theo lịch. Ctrl-C để dừng."""
    from flows.service import serve as service
    from flows.service.serve import one_log
    from plan.settings import get_settings

    one_log()
    service.serve(get_settings(), _open_pages)


def _open_pages(service: Service) -> Pages:
    from flows.commands.service.users import live_app
    from flows.service.health_page import Health
    from flows.service.web_server import Pages

    assert service.tools is not None
    health = Health(service)
    app = live_app(service.tools.engine, service.clock, health.checks, health.system())
    pages = Pages(app, service.settings.host, service.settings.port)
    pages.start()
    return pages


@reports_errors
def prefect(words: typer.Context) -> None:
    """Dòng lệnh của Prefect, có sẵn địa chỉ và khóa: dondoc prefect deployment ls."""
    import os
    import sys

    from flows.schedule import environment
    from plan.settings import get_settings

    environment.configure_prefect(get_settings())
    sys.stdout.flush()
    command = environment.prefect(*words.args)
    os.execv(command[0], command)


@reports_errors
def schedule(as_json: JsonOption = False) -> None:
    """Việc nào chạy theo lịch, để làm gì, lần chạy tới lúc nào. Không cần dịch vụ đang chạy."""
    from flows.schedule.deployments import jobs
    from plan.text import moment_words

    now = clock_now()
    with reading() as session:
        found = jobs(session, now)
    if as_json:
        print_json(
            [
                {
                    "flow": job.flow,
                    "name": job.name,
                    "words": job.words,
                    "parameters": dict(job.parameters),
                    "on_new_decisions": bool(job.starts_on),
                    "next": list(job.moments),
                }
                for job in found
            ]
        )
        return
    print_table(
        ["Việc", "Lần chạy tới", "Sau đó", "Để làm gì"],
        [
            [
                job.full_name,
                moment_words(job.moments[0]) if job.moments else _unscheduled(job),
                moment_words(job.moments[1]) if len(job.moments) > 1 else "",
                job.words,
            ]
            for job in found
        ],
        title=f"Lịch chạy, tính từ {moment_words(now)}",
    )


def _unscheduled(job: Job) -> str:
    return "khi có quyết định mới" if job.starts_on else "không theo giờ"


@reports_errors
def doctor(
    as_json: JsonOption = False,
    repair: Annotated[
        bool,
        typer.Option(
            "--repair", help="Giờ máy đang đúng: tin giờ này và tính lại mọi lần xem tới."
        ),
    ] = False,
) -> None:
    """Kiểm tra cả hệ thống; mỗi lỗi kèm việc cần làm. Có lỗi thì mã thoát là 1."""
    from flows.jobs.rounds import make_tools
    from flows.schedule import environment
    from flows.service.health import examine
    from plan.settings import get_settings

    settings = get_settings()
    environment.configure_prefect(settings)
    tools = make_tools(settings)
    if repair:
        _repair(tools)
    found = examine(settings, tools)
    if as_json:
        print_json([vars(one) for one in found])
    else:
        for one in found:
            typer.echo(f"{'●' if one.ok else '▲'} {one.name}: {one.words}")
            if not one.ok:
                typer.echo(f"    → {one.what_to_do}")
        faults = sum(not one.ok for one in found)
        typer.echo(f"{faults} lỗi." if faults else "Mọi thứ đều ổn.")
    if not all(one.ok for one in found):
        raise typer.Exit(1)


@reports_errors
def verify() -> None:
    """Đọc lại mọi tệp nộp và kết quả đã lưu, so với lúc nhận. Có tệp hỏng hay thiếu thì mã thoát là 1."""
    from flows.jobs.rounds import make_tools
    from flows.store_check import check_store, where_used
    from plan.settings import get_settings
    from plan.text import number_words

    tools = make_tools(get_settings())
    done = check_store(tools)
    if done.away:
        typer.echo(f"▲ {done.away}")
        raise typer.Exit(1)
    with reading() as session:
        for sha256, why in done.bad:
            typer.echo(f"▲ {', '.join(where_used(session, sha256))}: {why}")
    size = f"{number_words(done.bytes / 1024**2, 0)} MB"
    typer.echo(
        f"Đã đọc {number_words(done.read)} tệp ({size}); {number_words(len(done.bad))} tệp hỏng hoặc thiếu."
    )
    if done.bad:
        typer.echo("Chép lại từ bản sao lưu: THƯ-MỤC-SAO-LƯU/store/, cùng tên, vào kho tệp nộp.")
        raise typer.Exit(1)


def _repair(tools: RoundTools) -> None:
    from flows.clock_guard import believe, this_machine, work_out_anew
    from plan.text import moment_words

    now = tools.clock()
    believe(tools.engine, now, this_machine(tools.settings))
    wrong = work_out_anew(tools, now)
    typer.echo(f"Tin giờ máy: {moment_words(now)}. Tính lại: {wrong} chỗ sai, đã sửa.", err=True)


# --- `cluster …`: each part of an installation on several machines, as a command of its own.
#
# The pages and the bridge are `dondoc serve` with DONDOC_PREFECT_API_URL and DONDOC_WORK_POOL set.

cluster_app = typer.Typer(
    help="Từng phần của hệ thống khi chạy trên nhiều máy (xem deploy/README.md).",
    no_args_is_help=True,
)


def register_cluster(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(cluster_app, name="cluster")


@cluster_app.command()
@reports_errors
def api() -> None:
    """Một máy chủ Prefect (API và trang), cổng DONDOC_PREFECT_PORT; chạy được nhiều máy chủ."""
    from flows.schedule import environment

    settings = _settled()
    _become(environment.api(settings))


@cluster_app.command()
@reports_errors
def services() -> None:
    """Các dịch vụ nền của Prefect: lập lịch, sự kiện, tự phục hồi; chạy được hai bản."""
    from flows.schedule import environment

    settings = _settled()
    _become(environment.services(settings))


@cluster_app.command()
@reports_errors
def worker(
    name: Annotated[str, typer.Option("--name", help="Tên máy, hiện trên trang Prefect.")] = "",
    health_port: Annotated[
        int, typer.Option("--health-port", help="Cổng trả lời /health; 0: không mở.")
    ] = 0,
) -> None:
    """Một máy chạy việc: nhận việc đến giờ từ nhóm DONDOC_WORK_POOL, mỗi lúc DONDOC_RUNNERS việc."""
    from flows.schedule import environment

    settings = _settled()
    os.environ.setdefault("PREFECT_WORKER_QUERY_SECONDS", str(environment.POLL_SECONDS))
    if health_port:
        os.environ["PREFECT_WORKER_WEBSERVER_HOST"] = "127.0.0.1"
        os.environ["PREFECT_WORKER_WEBSERVER_PORT"] = str(health_port)
    _become(environment.worker(settings, name, bool(health_port)))


@cluster_app.command()
@reports_errors
def upgrade() -> None:
    """Đưa cả hai cơ sở dữ liệu (Prefect và Đôn Đốc) lên bản này; nạp kế hoạch nếu chưa có. Chạy lại được."""
    import subprocess

    from flows.clock import service_clock
    from flows.schedule import environment
    from flows.service.bootstrap import prepare

    settings = _settled()
    done = subprocess.run(environment.upgrade(settings), check=False)
    if done.returncode:
        raise typer.Exit(done.returncode)
    prepared = prepare(settings, service_clock(settings)())
    typer.echo(f"Đôn Đốc: {'đã tạo bảng' if prepared.migrated else 'đã đúng bản'}; ", nl=False)
    plans = ", ".join(prepared.plans)
    typer.echo(f"kế hoạch {plans}." if plans else "chưa có kế hoạch nào.")


@cluster_app.command()
@reports_errors
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
    from plan.text import number_words

    count = copy_file(file, open_engine(get_settings().resolved_database_url))
    typer.echo(
        f"Đã chép {number_words(count)} dòng. Tiếp: dondoc cluster upgrade; dondoc audit verify"
    )


@cluster_app.command("register")
@reports_errors
def register_schedules() -> None:
    """Đăng ký lịch với máy chủ Prefect rồi thoát: có gì mới thì ghi, có gì thừa thì bỏ."""
    import asyncio

    from plan.text import number_words as n

    settings = _settled()  # before prefect is imported: it reads its environment then
    from flows.jobs.rounds import make_tools
    from flows.schedule.register import register as hand_over

    done = asyncio.run(hand_over(make_tools(settings)))
    typer.echo(
        f"Lịch: {n(len(done.ids))} việc; {n(len(done.changed))} mới hoặc đổi, {n(len(done.removed))} bỏ."
    )


def _settled() -> Settings:
    """The settings, with Prefect's environment made theirs for whatever is started from here."""
    from flows.schedule import environment
    from plan.settings import get_settings

    settings = get_settings()
    environment.configure_prefect(settings)
    environment.export_settings(settings)
    # Several servers that start at once must not all change the tables: `cluster upgrade` does it first.
    os.environ.setdefault("PREFECT_SERVER_DATABASE_MIGRATE_ON_START", "false")
    return settings


def _become(command: list[str]) -> NoReturn:
    """This process goes on as Prefect's: signals and its end are seen by whoever started it."""
    sys.stdout.flush()
    os.execv(command[0], list(command))
