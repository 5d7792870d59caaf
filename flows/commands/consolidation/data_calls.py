"""`call …`: figures an owner of an appendix asks others for, before its own are due."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.options import REVIEWER, AsOf, By, JsonOption, PlanOption
from flows.commands.support import (
    actor,
    clock_now,
    current_plan,
    local_date,
    print_json,
    print_table,
    reading,
    reports_errors,
    writing,
)

if TYPE_CHECKING:
    from consolidation.figures.data_calls import Answer
    from plan.definition.model import PlanDefinition
    from plan.ledger.filing import ReadValue

app = typer.Typer(help="Yêu cầu số liệu nội bộ, trước hạn của phụ lục.", no_args_is_help=True)
CallName = Annotated[str, typer.Argument(help="Mã yêu cầu, ví dụ data-call-4.")]


def register(root: typer.Typer) -> None:
    """Add this group's commands."""
    root.add_typer(app, name="call")


@app.command("list")
@reports_errors
def call_list(as_of: AsOf = "", plan: PlanOption = "", as_json: JsonOption = False) -> None:
    """Kế hoạch cho phép hỏi ai số liệu gì; đã mở chưa, đã nhận bao nhiêu."""
    from consolidation.figures.data_calls import rolled_up
    from plan.ledger.data_calls import asked, opened
    from plan.queries.definitions import definition_of
    from plan.text import number_words

    rows: list[dict[str, Any]] = []
    with reading() as session:
        row = current_plan(session, plan)
        definition = definition_of(row)
        open_now = {call.id for call in opened(session, row.id, definition)}
        for call in definition.data_calls:
            is_open = call.id in open_now
            coverage = rolled_up(session, row, call, clock_now(as_of)).coverage.words()
            rows.append(
                {
                    "id": call.id,
                    "title": call.title,
                    "appendix": call.appendix,
                    "asked_by": call.asked_by,
                    "asked_by_name": _name(definition, call.asked_by),
                    "asked": len(asked(definition, call)),
                    "open": is_open,
                    "coverage": coverage if is_open else "",
                }
            )
    if as_json:
        print_json(rows)
        return
    print_table(
        ["Mã", "Số liệu", "Nơi hỏi", "Hỏi", "Đã nhận"],
        [
            [
                one["id"],
                one["title"],
                one["asked_by_name"],
                f"{number_words(one['asked'])} đơn vị",
                one["coverage"] if one["open"] else "chưa mở",
            ]
            for one in rows
        ],
    )


@app.command("open")
@reports_errors
def call_open(
    name: CallName,
    until: Annotated[str, typer.Option("--until", help="Ngày cuối (YYYY-MM-DD).")],
    reason: Annotated[str, typer.Option("--reason", help="Lý do, bằng lời.")] = "",
    by: By = REVIEWER,
    plan: PlanOption = "",
) -> None:
    """Mở yêu cầu: mỗi đơn vị được hỏi có thêm một việc nội bộ, được nhắc như mọi việc khác."""
    from plan.ledger.data_calls import open_call
    from plan.queries.definitions import definition_of
    from plan.text import join_names, number_words

    with writing() as session:
        row = current_plan(session, plan)
        definition = definition_of(row)
        asked = open_call(
            session,
            row,
            definition,
            name,
            local_date(until),
            reason=reason,
            actor=actor(by, "coordinator"),
            now=clock_now(),
        )
    named = join_names([_short(definition, agency) for agency in asked], limit=len(asked))
    typer.echo(f"Đã gửi yêu cầu {name} đến {number_words(len(asked))} đơn vị: {named}.")
    typer.echo(f"Biểu để trống của một đơn vị: dondoc template {asked[0]}")


@app.command("show")
@reports_errors
def call_show(
    name: CallName, as_of: AsOf = "", plan: PlanOption = "", as_json: JsonOption = False
) -> None:
    """Ai đã gửi; từng chỉ tiêu gộp được bao nhiêu, chỉ tiêu nào không gộp được và vì sao."""
    from consolidation.figures.data_calls import side_by_side

    answer, differing = _answer(name, as_of, plan)
    if as_json:
        print_json(_as_json(answer, differing))
        return
    typer.echo(f"{answer.call.title}: {answer.coverage.words()}.")
    if answer.coverage.have:
        print_table(*side_by_side(answer))
    for (indicator, period), words in differing:
        typer.echo(f"▲ {indicator} ({period}): cơ quan chủ trì ghi {words}.")


def _answer(name: str, as_of: str, plan: str) -> tuple[Answer, Any]:
    from consolidation.figures.data_calls import differences, rolled_up
    from intake.earlier_figures import earlier_figures
    from plan.errors import RefusedError
    from plan.ledger.data_calls import find_call, opened
    from plan.queries.definitions import definition_of

    with reading() as session:
        row = current_plan(session, plan)
        call = find_call(definition_of(row), name)
        if call not in opened(session, row.id, definition_of(row)):
            raise RefusedError(f"Chưa mở yêu cầu này: dondoc call open {name} --until NGÀY-CUỐI.")
        answer = rolled_up(session, row, call, clock_now(as_of))
        accepted = earlier_figures(session, row, call.asked_by).accepted
    return answer, differences(answer, accepted)


def _as_json(answer: Answer, differing: Any) -> dict[str, Any]:
    return {
        "call": answer.call.id,
        "title": answer.call.title,
        "coverage": answer.coverage.as_json(),
        "figures": [
            {
                "indicator": row.name,
                "period": period.key,
                "value": merged.value,
                "rule": merged.rule,
                "why_not": answer.why(merged),
                "partial": answer.partial(row),
                "contributions": [
                    {
                        "agency": one.agency,
                        "submission": f"{one.source.obligation}#{one.source.number}",
                        "file": one.source.file,
                        "sheet": one.source.sheet,
                        "cell": one.source.cell,
                        "value": one.value,
                    }
                    for one in merged.contributions
                ],
            }
            for row, period in answer.figures.book.cells()
            if (merged := answer.figures.at(row.name, period.key)).count
        ],
        "differences": [
            {"indicator": cell[0], "period": cell[1], "words": words} for cell, words in differing
        ],
    }


@app.command("fill")
@reports_errors
def call_fill(
    owner: Annotated[str, typer.Argument(help="Mã cơ quan chủ trì phụ lục, ví dụ stc.")],
    out: Annotated[Path, typer.Option("--out", help="Thư mục ghi tệp.")] = Path("."),
    as_of: AsOf = "",
    plan: PlanOption = "",
) -> None:
    """Biểu của cơ quan chủ trì, điền sẵn số các đơn vị đã gửi; ghi chú nói gộp từ đâu, còn thiếu ai."""
    from flows.commands.intake.support import definition_in_use, last_days, require_agency
    from intake.forms.workbook import build_workbook
    from plan.calendar import local_day
    from plan.deadlines.standing import deadline_words

    definition = definition_in_use(plan)
    require_agency(definition, owner)
    now = clock_now(as_of)
    known = _known(owner, as_of, plan)
    words = {name: deadline_words(day) for name, day in last_days(plan, owner, now).items()}
    data = build_workbook(definition, owner, on=local_day(now), deadlines=words, prefill=known)
    path = out / f"bieu-so-lieu-{owner}.xlsx"
    out.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    filled = sum(
        value.number is not None and "#" not in value.indicator for value in known.values()
    )
    said = f"{filled} ô điền sẵn; đọc ghi chú cạnh từng dòng trước khi dùng"
    typer.echo(f"{path} ({said if known else 'chưa nhận số liệu của đơn vị nào nên chưa điền gì'})")


def _name(definition: PlanDefinition, agency: str) -> str:
    return next(one.names[-1].name for one in definition.agencies if one.id == agency)


def _short(definition: PlanDefinition, agency: str) -> str:
    return next(one.names[-1].short for one in definition.agencies if one.id == agency)


def _known(owner: str, as_of: str, plan: str) -> dict[tuple[str, str], ReadValue]:
    from consolidation.figures.data_calls import prefill, rolled_up
    from plan.errors import RefusedError
    from plan.ledger.data_calls import opened
    from plan.queries.definitions import definition_of

    with reading() as session:
        row = current_plan(session, plan)
        calls = opened(session, row.id, definition_of(row))
        mine = [call for call in calls if call.asked_by == owner]
        if not mine:
            raise RefusedError(
                f"Chưa mở yêu cầu số liệu nào cho «{owner}»: xem dondoc call list rồi mở bằng "
                "dondoc call open."
            )
        return prefill(rolled_up(session, row, call, clock_now(as_of)) for call in mine)
