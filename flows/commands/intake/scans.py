"""`scans …`: scans and photos that were handed in: how far each is read, its words, the workbook filled with
the figures it offers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.intake.support import limits, store
from flows.commands.options import JsonOption, PlanOption
from flows.commands.support import (
    clock_now,
    current_plan,
    engine,
    print_json,
    print_table,
    reading,
    reports_errors,
)

if TYPE_CHECKING:
    from intake.scans.listing import ScanFile
    from intake.scans.page import ScannedPage

app = typer.Typer(
    help="Bản quét, ảnh chụp đã nộp: đọc chữ, số liệu chờ xác nhận.", no_args_is_help=True
)
Number = Annotated[int, typer.Argument(help="Số tệp (xem: dondoc scans list).")]


def register(root: typer.Typer) -> None:
    """Add this group's commands."""
    root.add_typer(app, name="scans")


@app.command("list")
@reports_errors
def scans_list(
    limit: Annotated[int, typer.Option("--limit", min=1, help="Nhiều nhất bao nhiêu tệp.")] = 100,
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """Các bản quét đã nộp, mới nhất trước; máy đã đọc đến đâu."""
    from intake.scans.listing import scans_in

    with reading() as session:
        found = list(scans_in(session, current_plan(session, plan).id, limit + 1))
    rows = found[:limit]
    if len(found) > limit:
        _say(f"Còn bản quét cũ hơn; xem thêm: --limit {2 * limit}")
    if as_json:
        print_json([{**vars(row), "progress": vars(row.progress)} for row in rows])
    elif rows:
        print_table(
            ["Số", "Nghĩa vụ", "Lần", "Tệp", "Đã đọc", "Không đọc được"],
            [
                [
                    str(row.id),
                    row.obligation,
                    str(row.number),
                    row.filename,
                    f"{row.progress.read}/{row.progress.pages} trang",
                    str(row.progress.failed or ""),
                ]
                for row in rows
            ],
        )
    else:
        typer.echo("Chưa có bản quét nào được nộp.")


@app.command("read")
@reports_errors
def scans_read(
    again: Annotated[
        bool, typer.Option("--again", help="Đọc lại cả những trang trước đây không đọc được.")
    ] = False,
) -> None:
    """Đọc ngay các trang đang chờ, không đợi lịch."""
    from intake.programs import tesseract
    from intake.scans import queue
    from intake.scans.work import read_waiting
    from plan.errors import SettingsError
    from plan.text import number_words

    if not tesseract.installed():
        raise SettingsError(tesseract.NOT_INSTALLED)
    if again:
        _say(f"{number_words(queue.again(engine()))} trang được đọc lại.")
    done = read_waiting(engine(), store(), clock_now, limits(), on_page=_say)
    typer.echo(
        f"Đã đọc {number_words(done.read)} trang, {number_words(done.failed)} trang không đọc được."
    )
    if done.stopped:
        raise typer.Exit(1)


def _say(words: str) -> None:
    typer.echo(words, err=True)


@app.command("show")
@reports_errors
def scans_show(number: Number, plan: PlanOption = "") -> None:
    """Chữ máy đọc được trong một bản quét, từng trang."""
    from intake.scans.page import all_text

    _, pages = _found(number, plan)
    typer.echo(all_text(pages))


@app.command("fill")
@reports_errors
def scans_fill(
    number: Number,
    out: Annotated[Path, typer.Option("--out", help="Thư mục ghi tệp.")] = Path("."),
    plan: PlanOption = "",
) -> None:
    """Biểu số liệu điền sẵn số đọc từ bản quét, để người xem lại rồi mới nộp (dondoc submit)."""
    from intake.forms.workbook import build_workbook
    from intake.scans.figures import offered_safely, prefilled
    from plan.calendar import local_day
    from plan.errors import RefusedError
    from plan.ledger.data_calls import in_use
    from plan.queries.definitions import definition_of
    from plan.text import number_words

    scan, pages = _found(number, plan)
    agency = scan.obligation.partition("/")[0]
    with reading() as session:
        row = current_plan(session, plan)
        definition = in_use(session, row.id, definition_of(row))
    offered = list(offered_safely(definition, agency, pages, limits()).values())
    if not offered:
        raise RefusedError("Không đọc được số liệu nào từ bản quét này.")
    data = build_workbook(
        definition, agency, on=local_day(clock_now()), deadlines={}, prefill=prefilled(offered)
    )
    out.mkdir(parents=True, exist_ok=True)
    path = out / f"bieu-so-lieu-{agency}-tu-ban-quet.xlsx"
    path.write_bytes(data)
    doubtful = sum(one.doubtful for one in offered)
    typer.echo(
        f"{path}: {number_words(len(offered))} số điền sẵn, {number_words(doubtful)} số máy đọc không chắc. "
        "Xin đối chiếu từng số với bản quét trước khi nộp."
    )


def _found(number: int, plan: str) -> tuple[ScanFile, list[ScannedPage]]:
    """A scan and its pages read so far. Refused where there are none."""
    from intake.programs import tesseract
    from intake.scans.listing import find_scan
    from intake.scans.queue import READ, pages_of
    from intake.scans.work import kept_page
    from plan.errors import NotFoundError, RefusedError
    from plan.text import number_words

    with reading() as session:
        scan = find_scan(session, current_plan(session, plan).id, number)
        if scan is None:
            raise NotFoundError("bản quét", str(number), ())
        rows = [row for row in pages_of(session, scan.sha256) if row.state == READ]
    if not rows:
        hint = "Chạy: dondoc scans read" if tesseract.installed() else tesseract.NOT_INSTALLED
        raise RefusedError(f"Chưa đọc được trang nào của bản quét này. {hint}")
    if not scan.progress.done or scan.progress.failed:
        said = f"{number_words(len(rows))}/{number_words(scan.progress.pages)} trang"
        failed = scan.progress.failed
        more = f"; {number_words(failed)} trang không đọc được" if failed else ""
        _say(f"Mới đọc {said}{more}.")
    return scan, [kept_page(store(), row.words_sha256) for row in rows]
