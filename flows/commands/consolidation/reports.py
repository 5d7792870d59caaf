"""`report …`: the draft report in people's hands: edited in Word, compared, signed; slides of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.options import REVIEWER, AsOf, By, JsonOption, PlanOption
from flows.commands.support import (
    actor,
    clock_now,
    current_plan,
    print_json,
    reading,
    reports_errors,
    writing,
)

if TYPE_CHECKING:
    from intake.files.store import Store

app = typer.Typer(
    help="Dự thảo báo cáo trong tay người viết: sửa trong Word, so với bản mới, ký, trình chiếu.",
    no_args_is_help=True,
)
Output = Annotated[str, typer.Argument(help="Mã dự thảo báo cáo.")]
File = Annotated[Path, typer.Argument(help="Tệp Word (.docx).")]


def register(root: typer.Typer) -> None:
    """Add this group's commands."""
    root.add_typer(app, name="report")


@app.command("take-in")
@reports_errors
def take_in(
    output: Output,
    file: File,
    run: Annotated[int, typer.Option("--run", help="Đã sửa từ lần tổng hợp số mấy.")] = 0,
    by: By = REVIEWER,
    plan: PlanOption = "",
) -> None:
    """Nộp lại dự thảo đã sửa trong Word: từ nay là bản đang viết, không lần tổng hợp nào ghi đè."""
    from consolidation.report_work import take_in as keep

    with _written(output, file, by, plan, keep, run_number=run or None) as row:
        typer.echo(f"Đã giữ {row.filename} làm bản đang viết của {output}.")


@app.command("changes")
@reports_errors
def changes(output: Output, plan: PlanOption = "", as_json: JsonOption = False) -> None:
    """Đầu vào mới đổi những gì so với lúc bắt đầu sửa, theo từng đề mục, cạnh lời của người viết."""
    from dataclasses import asdict

    from consolidation.report_work import beside

    with reading() as session:
        found = beside(session, _store(), current_plan(session, plan).id, output)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    for one in found:
        typer.echo(f"{one.where}\n  Bỏ: {one.gone or '-'}\n  Thêm: {one.come or '-'}")
        typer.echo(f"  Bản đang viết: {one.hers or '(đã bỏ mục này)'}\n")
    if not found:
        typer.echo("Không có gì mới so với bản đang viết.")


@app.command("detail")
@reports_errors
def detail(
    output: Output,
    node: Annotated[str, typer.Argument(help="Mã mục trong đề cương (p1-i-1).")],
    how: Annotated[str, typer.Argument(help="brief: tóm tắt; full: nguyên văn; none: không nêu.")],
    by: By = REVIEWER,
    plan: PlanOption = "",
) -> None:
    """Nêu bao nhiêu ý kiến của địa phương dưới một mục, từ lần tổng hợp sau."""
    from consolidation.report_work import choose

    with writing() as session:
        row = current_plan(session, plan)
        choose(session, row, output, node, how, actor=actor(by, "coordinator"), now=clock_now())
    typer.echo(f"Mục {node}: {how}.")


@app.command("sign")
@reports_errors
def sign(
    output: Output,
    file: Annotated[Path, typer.Argument(help="Bản đã ký (.docx, .pdf).")],
    number: Annotated[str, typer.Option("--number", help="Số văn bản: 120/BC-UBND.")],
    on: Annotated[str, typer.Option("--on", help="Ngày ký (YYYY-MM-DD).")],
    by: By = REVIEWER,
    plan: PlanOption = "",
) -> None:
    """Ghi nhận báo cáo đã ký: số, ngày, tệp; lần tổng hợp làm căn cứ được chốt."""
    from consolidation.report_work import sign as keep
    from plan.plausible import day_from

    with _written(output, file, by, plan, keep, number=number, on=day_from(on)) as row:
        typer.echo(f"Đã ghi nhận {row.document_number}; bản này được giữ nguyên.")


@app.command("slides")
@reports_errors
def slides(
    output: Output,
    out: Annotated[Path, typer.Option("--out", help="Tệp .pptx.")] = Path("trinh-chieu.pptx"),
    as_of: AsOf = "",
    plan: PlanOption = "",
) -> None:
    """Trang trình chiếu (.pptx) cho hội nghị: biểu đồ sửa được, mục tiêu, đề xuất."""
    from consolidation.inputs import collect
    from consolidation.outputs.material import read_material
    from consolidation.outputs.report.slides import build_slides
    from plan.errors import RefusedError
    from plan.queries.definitions import definition_of

    with reading() as session:
        row = current_plan(session, plan)
        definition = definition_of(row)
        reports = {one.id: one for one in definition.outputs if one.kind == "report"}
        if output not in reports:
            names = ", ".join(reports) or "không có"
            raise RefusedError(f"«{output}» không phải dự thảo báo cáo; kế hoạch có: {names}.")
        inputs = collect(session, row, reports[output], clock_now(as_of))
        out.write_bytes(build_slides(read_material(session, definition, inputs)))
    typer.echo(str(out))


def _store() -> Store:
    from intake.files.store import Store
    from plan.settings import get_settings

    return Store(get_settings().resolved_store_url)


def _bytes(file: Path) -> bytes:
    from plan.errors import UsageError

    try:
        return file.read_bytes()
    except OSError as error:
        raise UsageError(f"Không đọc được {file}: {error.strerror}.") from error


@contextmanager
def _written(
    output: str, file: Path, by: str, plan: str, keep: Callable[..., Any], **more: object
) -> Iterator[Any]:
    """The row that `keep` makes of a file handed in for an output, within its transaction."""
    with writing() as session:
        yield keep(
            session,
            _store(),
            current_plan(session, plan).id,
            output,
            file.name,
            _bytes(file),
            actor=actor(by, "coordinator"),
            now=clock_now(),
            **more,
        )
