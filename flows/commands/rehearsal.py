"""`demo`: the rehearsal of a whole plan on a virtual clock."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli_support import print_table, told

if TYPE_CHECKING:
    from datetime import datetime

    from flows.rehearsal.run import Outcome


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(demo)


@told
def demo(
    out: Annotated[Path, typer.Option("--out", help="Thư mục ghi kết quả.")] = Path("demo"),
    seed: Annotated[int, typer.Option("--seed", help="Cùng số, cùng câu chuyện.")] = 1,
    until: Annotated[str, typer.Option("--until", help="Dừng ở ngày này (YYYY-MM-DD).")] = "",
    path: Annotated[
        Path | None, typer.Argument(help="Thư mục kế hoạch; bỏ trống: Kế hoạch 04/KH-UBND.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Không in từng việc.")] = False,
) -> None:
    """Diễn tập cả kế hoạch trên đồng hồ ảo: nhắc, nộp, kiểm tra, tổng hợp; rồi tự kiểm tra lại."""
    from flows.commands.decisions import local_date
    from flows.commands.plans import PACKAGED, checked
    from flows.rehearsal.run import rehearse
    from plan.settings import PACKAGED_PLANS

    definition = checked(path or PACKAGED_PLANS / PACKAGED)
    typer.echo(f"Diễn tập {definition.number} vào {out}/, câu chuyện số {seed}.")
    say = _silent if quiet else Timeline()
    outcome = rehearse(definition, out, seed, local_date(until) if until else None, say)
    _print_outcome(outcome)
    if outcome.verdict.faults:
        raise typer.Exit(1)


def _silent(_at: datetime, _words: str) -> None:
    """Nothing is printed as it happens."""


class Timeline:
    """Prints each thing under its day; on a terminal a line of progress shows the days between."""

    def __init__(self) -> None:
        self._day = ""

    def __call__(self, at: datetime, words: str) -> None:
        from plan.calendar import LOCAL

        local = at.astimezone(LOCAL)
        day = f"{local:%d/%m/%Y}"
        if day != self._day:
            self._day = day
            typer.secho(day, bold=sys.stdout.isatty())
        typer.echo(f"  {local:%H:%M}  {words}")


def _print_outcome(outcome: Outcome) -> None:
    from flows.rehearsal.run import outcome_rows

    played, verdict = outcome.played, outcome.verdict
    print_table(
        ["Mốc", "Nghĩa vụ", "Đúng hạn", "Trễ", "Chưa nộp", "Ai trễ"],
        outcome_rows(played.views),
        title="Kết quả",
    )
    print_table(
        ["Tin đã gửi", "Số tin"],
        [[kind, str(count)] for kind, count in sorted(played.messages.items())],
    )
    print_table(
        ["Lần tổng hợp", "Do", "Đầu vào", "Trạng thái"],
        [
            [
                f"{run.output} lần {run.number}",
                run.trigger,
                f"{run.coverage.get('have', '?')}/{run.coverage.get('owed', '?')}",
                run.state,
            ]
            for run in played.runs
        ],
    )
    typer.echo(
        f"Kiểm tra độc lập: {verdict.sent}/{verdict.expected} lượt nhắc đúng, {verdict.mails} thư; "
        + ("không thiếu, không thừa, không ngoài giờ." if not verdict.faults else "CÓ LỖI:")
    )
    for fault in verdict.faults[:40]:
        typer.echo(f"  ▲ {fault}")
    for name in ("dondoc.db", "outbox", "zalo", "submissions", "output"):
        typer.echo(f"{outcome.out / name}")
