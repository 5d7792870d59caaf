"""`demo`: the rehearsal of a whole plan on a virtual clock."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.support import print_table, reports_errors

if TYPE_CHECKING:
    from datetime import datetime

    from rich.progress import Progress

    from flows.rehearsal.check import Verdict
    from flows.rehearsal.run import Outcome
    from plan.definition.model import PlanDefinition


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(demo)


@reports_errors
def demo(
    out: Annotated[Path, typer.Option("--out", help="Thư mục ghi kết quả.")] = Path("demo"),
    seed: Annotated[int, typer.Option("--seed", help="Cùng số, cùng câu chuyện.")] = 1,
    until: Annotated[str, typer.Option("--until", help="Dừng ở ngày này (YYYY-MM-DD).")] = "",
    path: Annotated[
        Path | None, typer.Argument(help="Thư mục kế hoạch; bỏ trống: Kế hoạch 04/KH-UBND.")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Không in từng việc.")] = False,
    scenario: Annotated[
        str,
        typer.Option(
            "--scenario",
            help="nhieu-ke-hoach: ba kế hoạch cùng chạy năm 2027; duong-vao: nộp qua mọi cửa.",
        ),
    ] = "",
) -> None:
    """Diễn tập cả kế hoạch trên đồng hồ ảo: nhắc, nộp, kiểm tra, tổng hợp; rồi tự kiểm tra lại."""
    _require_mail_server()
    if scenario:
        _demo_scenario(scenario, out, seed, until, quiet=quiet)
        return
    from flows.commands.plan.plans import checked
    from flows.commands.support import local_date
    from flows.rehearsal.run import rehearse, span
    from plan.settings import PACKAGED, PACKAGED_PLANS

    definition = checked(path or PACKAGED_PLANS / PACKAGED)
    typer.echo(f"Diễn tập {definition.number} vào {out}/, câu chuyện số {seed}.")
    last_day = local_date(until) if until else None
    with Timeline(*span(definition, last_day), quiet=quiet) as say:
        outcome = rehearse(definition, out, seed, last_day, say)
    _print_outcome(definition, outcome)
    if outcome.verdict.faults:
        raise typer.Exit(1)


def _require_mail_server() -> None:
    """The rehearsal's own, which no real work needs."""
    from importlib.util import find_spec

    from plan.errors import SettingsError

    if find_spec("aiosmtpd") is None:
        raise SettingsError(
            "Diễn tập cần thêm một thư viện làm máy chủ thư giả. Cài: pip install 'dondoc[rehearsal]'."
        )


def _demo_scenario(scenario: str, out: Path, seed: int, until: str, *, quiet: bool) -> None:
    from flows.rehearsal import ways_in
    from flows.rehearsal.scenario import NAME
    from plan.errors import NotFoundError

    if scenario == ways_in.NAME:
        _demo_ways(out, seed)
    elif scenario == NAME:
        _demo_many(out, seed, until, quiet=quiet)
    else:
        raise NotFoundError("kịch bản", scenario, (NAME, ways_in.NAME))


def _demo_many(out: Path, seed: int, until: str, *, quiet: bool) -> None:
    from flows.commands.support import local_date
    from flows.rehearsal.play_scenario import rehearse_many, span_of
    from flows.rehearsal.scenario import scenario_plans

    last_day = local_date(until) if until else None
    plans = scenario_plans()
    typer.echo(f"Diễn tập {len(plans)} kế hoạch cùng lúc vào {out}/, câu chuyện số {seed}.")
    with Timeline(*span_of(plans, last_day), quiet=quiet) as say:
        verdict = rehearse_many(out, seed, last_day, say)
    _print_verdict(verdict)
    if verdict.faults:
        raise typer.Exit(1)


def _print_verdict(verdict: Verdict) -> None:
    from plan.text import number_words as n

    typer.echo(
        f"Kiểm tra độc lập: {n(verdict.sent)}/{n(verdict.expected)} lượt nhắc đúng, {n(verdict.mails)} thư; "
        + ("không thiếu, không thừa, không ngoài giờ." if not verdict.faults else "CÓ LỖI:")
    )
    for fault in verdict.faults[:40]:
        typer.echo(f"  ▲ {fault}")


def _demo_ways(out: Path, seed: int) -> None:
    """Four agencies, each by a way of its own; what came of it is counted."""
    from flows.commands.plan.plans import checked
    from flows.rehearsal.run import span
    from flows.rehearsal.ways_in import rehearse_ways
    from plan.settings import PACKAGED, PACKAGED_PLANS

    definition = checked(PACKAGED_PLANS / PACKAGED)
    first, last = span(definition, None)
    found = rehearse_ways(definition, out, first + (last - first) / 2, seed, typer.echo)
    for line in found.lines:
        typer.echo(f"  {line}")
    for words in found.left_out:
        typer.echo(f"Chưa thử được: {words}.")
    typer.echo("Kiểm tra: " + ("mọi bài vào đúng chỗ." if not found.faults else "CÓ LỖI:"))
    for fault in found.faults:
        typer.echo(f"  ▲ {fault}")
    if found.faults:
        raise typer.Exit(1)


class Timeline:
    """Prints each thing under its day; on a terminal a bar below shows how far the clock has come."""

    def __init__(self, first: datetime, last: datetime, *, quiet: bool) -> None:
        self._first, self._last, self._quiet = first, last, quiet
        self._day = ""
        self._bar: Progress | None = None

    def __enter__(self) -> Timeline:
        if sys.stdout.isatty():
            from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

            columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
            self._bar = Progress(*columns, transient=True)
            self._bar.add_task("", total=(self._last - self._first).total_seconds())
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def __call__(self, at: datetime, words: str) -> None:
        from plan.calendar import LOCAL

        local = at.astimezone(LOCAL)
        day = f"{local:%d/%m/%Y}"
        if self._bar is not None:
            passed = (at - self._first).total_seconds()
            self._bar.update(self._bar.task_ids[0], completed=passed, description=day)
        if not words or self._quiet:
            return
        if day != self._day:
            self._day = day
            self._print(day, bold=True)
        self._print(f"  {local:%H:%M}  {words}")

    def _print(self, line: str, *, bold: bool = False) -> None:
        if self._bar is None:
            typer.echo(line)
        else:
            self._bar.console.print(
                line, style="bold" if bold else "", markup=False, highlight=False
            )


def _print_outcome(definition: PlanDefinition, outcome: Outcome) -> None:
    from dashboard.words import CHANNELS, MESSAGE_EVENTS, TRIGGERS
    from flows.rehearsal.run import outcome_rows
    from plan.definition.periodic import outputs_by_period

    played, verdict = outcome.played, outcome.verdict
    titles = {output.id: output.title for output in outputs_by_period(definition)}
    print_table(
        ["Mốc", "Nghĩa vụ", "Đúng hạn", "Trễ", "Chưa nộp", "Ai trễ"],
        [[str(cell) for cell in row] for row in outcome_rows(definition, played.views)],
        title="Kết quả",
    )
    print_table(
        ["Tin đã gửi", "Kênh", "Số tin"],
        [
            [MESSAGE_EVENTS.get(event, event), CHANNELS.get(channel, channel), str(count)]
            for (event, channel), count in sorted(played.messages.items())
        ],
    )
    print_table(
        ["Kết quả tổng hợp", "Lần", "Do", "Đầu vào"],
        [
            [
                titles[run.output],
                str(run.number),
                TRIGGERS[run.trigger],
                f"{run.coverage.get('have', '?')}/{run.coverage.get('owed', '?')}",
            ]
            for run in played.runs
        ],
    )
    _print_verdict(verdict)
    for name in ("dondoc.db", "outbox", "zalo", "submissions", "output"):
        typer.echo(f"{outcome.out / name}")
    typer.echo(f"Xem trên trang tổng hợp: dondoc dashboard --demo {outcome.out}")
