"""`serve`, `schedule`, `doctor`: the service itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.plans import JsonOption
from flows.commands.support import clock_now, print_json, print_table, reading, told

if TYPE_CHECKING:
    from flows.runtime import Tools
    from flows.schedule.deployments import Job
    from flows.service.serve import Service
    from flows.service.web_server import Pages


_AS_TYPED = {"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []}


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(serve)
    app.command()(schedule)
    app.command()(doctor)
    app.command()(verify)
    app.command(context_settings=_AS_TYPED)(prefect)


@told
def serve() -> None:
    """Chạy cả hệ thống: trang tổng hợp, Prefect, các việc theo lịch. Ctrl-C để dừng."""
    from flows.service import serve as service
    from flows.service.log import one_log
    from plan.settings import get_settings

    one_log()
    service.serve(get_settings(), _open_pages)


def _open_pages(service: Service) -> Pages:
    from flows.commands.users import live_app
    from flows.service.health_part import Health
    from flows.service.web_server import Pages

    assert service.tools is not None
    app = live_app(service.tools.engine, service.clock, Health(service).checks)
    pages = Pages(app, service.settings.host, service.settings.port)
    pages.start()
    return pages


@told
def prefect(words: typer.Context) -> None:
    """Dòng lệnh của Prefect, có sẵn địa chỉ và khóa: dondoc prefect deployment ls."""
    import os
    import sys

    from flows.schedule import environment, several
    from plan.settings import get_settings

    environment.settle(get_settings())
    sys.stdout.flush()
    command = several.prefect(*words.args)
    os.execv(command[0], command)


@told
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


@told
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
    environment.settle(settings)
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


@told
def verify() -> None:
    """Đọc lại mọi tệp nộp và kết quả đã lưu, so với lúc nhận. Có tệp hỏng hay thiếu thì mã thoát là 1."""
    from flows.jobs.rounds import make_tools
    from flows.store_check import check_store, where_used
    from plan.settings import get_settings

    tools = make_tools(get_settings())
    done = check_store(tools)
    with reading() as session:
        for sha256, why in done.bad:
            typer.echo(f"▲ {', '.join(where_used(session, sha256))}: {why}")
    size = f"{done.bytes / 1024**2:,.0f} MB".replace(",", ".")
    typer.echo(f"Đã đọc {done.read} tệp ({size}); {len(done.bad)} tệp hỏng hoặc thiếu.")
    if done.bad:
        typer.echo("Chép lại từ bản sao lưu: THƯ-MỤC-SAO-LƯU/store/, cùng tên, vào kho tệp nộp.")
        raise typer.Exit(1)


def _repair(tools: Tools) -> None:
    from flows.clock_guard import believe, work_out_anew
    from plan.text import moment_words

    now = tools.clock()
    believe(tools.engine, now)
    wrong = work_out_anew(tools, now)
    typer.echo(f"Tin giờ máy: {moment_words(now)}. Tính lại: {wrong} chỗ sai, đã sửa.", err=True)
