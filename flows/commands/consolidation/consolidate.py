"""`consolidate` and `trace`: the drafts on the desk, and where each figure comes from."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.options import REVIEWER, AsOf, By, JsonOption, PlanOption
from flows.commands.support import (
    actor,
    believe_the_clock,
    clock_now,
    current_plan,
    engine,
    print_json,
    print_table,
    reading,
    reports_errors,
    writing,
)

if TYPE_CHECKING:
    from consolidation.runs import RunResult
    from consolidation.trace import Asked, Trace


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(consolidate)
    app.command()(trace)


@reports_errors
def consolidate(
    target: Annotated[str, typer.Argument(help="Mã kết quả; bỏ trống: tất cả.")] = "",
    period: Annotated[
        str, typer.Option("--period", help="Kỳ, ví dụ 2027-03, 2027-Q1, 2027; bỏ trống: mọi kỳ.")
    ] = "",
    as_of: AsOf = "",
    out: Annotated[Path | None, typer.Option("--out", help="Thư mục ghi kết quả.")] = None,
    final: Annotated[bool, typer.Option("--final", help="Chốt: giữ nguyên mãi mãi.")] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="So với lần chốt (hoặc lần trước) gần nhất.")
    ] = False,
    by: By = REVIEWER,
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """Tổng hợp ngay. Cùng đầu vào thì cho đúng lần tổng hợp đã có; in độ phủ và nơi ghi tệp."""
    from plan.settings import get_settings

    folder = out or get_settings().home / "output"
    targets = _targets(plan, target, period)
    believe_the_clock()
    _take_in(targets)
    results = [_run(plan_id, name, as_of, folder, by, final) for plan_id, name in targets]
    changes = _changes(results) if diff else []
    stale = _stale_frozen(targets)
    if as_json:
        rows = [one.as_json() | {"frozen": stale.get(one.output)} for one in results]
        print_json(rows if not diff else {"runs": rows, "changes": changes})
        return
    for one in results:
        _tell(one, stale.get(one.output))
    if diff:
        lines = [[text.replace("\n", " ¶ ") for text in row.values()] for row in changes]
        print_table(["Kết quả", "Ở đâu", "Trước", "Sau"], lines)


def _targets(plan: str, target: str, period: str) -> list[tuple[str, str]]:
    """(plan, output) of each to make: of what is made for each period, those that have begun."""
    from plan.calendar import local_day
    from plan.definition.periodic import output_parts, outputs_begun
    from plan.errors import NotFoundError
    from plan.queries.definitions import definition_of

    with reading() as session:
        row = current_plan(session, plan)
        plan_id, begun = row.id, outputs_begun(definition_of(row), local_day(clock_now()))
    names = [one.id for one in begun if period in ("", output_parts(one.id)[1])]
    found = [name for name in names if target in ("", name, output_parts(name)[0])]
    if not found:
        raise NotFoundError("kết quả tổng hợp", target or period, names or [o.id for o in begun])
    return [(plan_id, name) for name in found]


def _take_in(targets: list[tuple[str, str]]) -> None:
    """What was decided since is told to the frozen runs first."""
    from consolidation.triggers import take_in

    for plan_id in {plan_id for plan_id, _ in targets}:
        take_in(engine(), plan_id, clock_now())


def _stale_frozen(targets: list[tuple[str, str]]) -> dict[str, dict[str, Any]]:
    """Output → its frozen run that something came after."""
    from consolidation.events import stale_frozen

    with reading() as session:
        found = {output: stale_frozen(session, plan_id, output) for plan_id, output in targets}
        return {
            output: {"number": run.number, "stale_because": run.stale_because}
            for output, run in found.items()
            if run is not None
        }


def _run(plan_id: str, output: str, as_of: str, folder: Path, by: str, final: bool) -> RunResult:
    from consolidation.claim import OutputOptions, RunRequest
    from consolidation.runs import consolidate as make
    from consolidation.runs import finalise
    from intake.files.store import Store
    from plan.settings import get_settings

    settings = get_settings()
    now = clock_now()
    result = make(
        engine(),
        Store(settings.resolved_store_url),
        plan_id,
        output,
        RunRequest("by-hand", by, as_of=min(clock_now(as_of), now) if as_of else now, now=now),
        OutputOptions(out=folder, templates=settings.templates, count_pages=settings.count_pages),
        progress=_progress if sys.stderr.isatty() else None,
    )
    if final:
        with writing() as session:
            finalise(session, result.run_id, actor=actor(by, "coordinator"), now=now)
        return replace(result, final=True)
    return result


def _progress(done: int, of: int, what: str) -> None:
    typer.echo(f"\r{what} ({done}/{of})…".ljust(60), err=True, nl=done == of)


def _changes(results: list[RunResult]) -> list[dict[str, str]]:
    from consolidation.compare import changes_since
    from intake.files.store import Store
    from plan.settings import get_settings

    store = Store(get_settings().resolved_store_url)
    with reading() as session:
        return [row for one in results for row in changes_since(session, store, one.run_id)]


def _tell(one: RunResult, stale: dict[str, Any] | None) -> None:
    state = "mới" if one.created else "đã có, đầu vào không đổi"
    partial = ", còn thiếu đầu vào" if one.partial else ""
    state = f"{state}, đã chốt" if one.final else state
    typer.echo(f"{one.output} lần {one.number} ({state}{partial}): {one.coverage.get('words', '')}")
    if stale is not None:
        typer.echo(f"  ▲ Bản chốt lần {stale['number']} đã cũ:")
        for reason in stale["stale_because"].split("\n"):
            typer.echo(f"    {reason}")
    for file in one.files:
        typer.echo(f"  {(one.folder or Path()) / file.filename}")


@reports_errors
def trace(
    indicator: Annotated[str, typer.Argument(help="Chỉ tiêu, ví dụ PL2.3.")],
    year: Annotated[str, typer.Option("--year", help="Năm (kỳ), ví dụ 2018.")],
    as_of: AsOf = "",
    run: Annotated[int, typer.Option("--run", help="Như lần tổng hợp số mấy đã ghi.")] = 0,
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """Một con số từ đâu ra: quy tắc gộp, từng phần đóng góp đến tận ô."""
    from consolidation.trace import trace as find
    from consolidation.trace import trace_of_run

    with reading() as session:
        row = current_plan(session, plan)
        if run:
            found = trace_of_run(session, row, run, indicator, year)
        else:
            found = find(session, row, indicator, year, clock_now(as_of))
    if as_json:
        print_json(found.as_json())
    else:
        _tell_trace(found)


def _tell_trace(found: Trace) -> None:
    from flows.commands.intake.support import SIGNS
    from plan.text import moment_words

    typer.echo(f"{found.indicator} ({found.period}) = {_words(found.value)} — {found.label}")
    typer.echo(f"Quy tắc: {found.rule}. {found.why_not}".rstrip())
    print_table(
        ["Cơ quan", "Lần nộp", "Tệp", "Trang", "Ô", "Giá trị", "Nhận bởi", "Lúc"],
        [
            [
                one.agency_name,
                one.submission,
                one.file,
                one.sheet,
                one.cell,
                one.not_applicable or _words(one.value),
                one.accepted_by,
                moment_words(one.accepted_at) if one.accepted_at else "",
            ]
            for one in found.contributions
        ],
    )
    for finding in found.findings:
        sign = SIGNS[finding["severity"]].partition(" ")[0]
        typer.echo(f"{sign} {finding['message']} Giải trình: {finding['explanation'] or 'chưa có'}")
    for asked in found.asked:
        _tell_asked(asked)
    for was in found.earlier:
        words = EARLIER[was["state"]]
        typer.echo(
            f"Trước đó: {was['agency_name']} lần nộp {was['number']} ({words}, nộp "
            f"{moment_words(was['received_at'])}) ghi {_words(was['value'])}."
        )


EARLIER = {"returned": "đã trả lại", "superseded": "đã được thay"}


def _tell_asked(asked: Asked) -> None:
    """The parts behind the owner's figure, where it asked others for them."""
    share = "một phần của số này" if asked.partial else "số này"
    typer.echo(f"{asked.title} ({asked.coverage}): {share} gộp được {_words(asked.value)}.")
    for one in asked.contributions:
        place = " ".join(part for part in (one.file, one.sheet, one.cell) if part)
        typer.echo(f"  {one.agency_name}: {_words(one.value)} ({one.submission}, {place})")


def _words(value: float | str | None) -> str:
    from plan.text import number_words

    return number_words(value) if isinstance(value, float | int) else (value or "trống")
