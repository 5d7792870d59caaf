"""`extension …`: an agency asks for more time, Sở Nội vụ answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.options import REVIEWER, By, JsonOption, PlanOption, Reason, Target
from flows.commands.support import (
    actor,
    clerk,
    clock_now,
    current_plan,
    find_row,
    local_date,
    print_json,
    print_table,
    reading,
    reports_errors,
    writing,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlmodel import Session

extension_app = typer.Typer(help="Xin gia hạn và trả lời.", no_args_is_help=True)
Document = Annotated[str, typer.Option("--document", help="Số văn bản.")]
EXTENSION_WORDS = {
    "asked": "chờ trả lời",
    "granted": "đồng ý",
    "refused": "không đồng ý",
    "closed": "không còn cần trả lời",
}


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(extension_app, name="extension")


@extension_app.command("ask")
@reports_errors
def extension_ask(
    target: Target,
    until: Annotated[str, typer.Option("--until", help="Xin đến hết ngày nào (YYYY-MM-DD).")],
    reason: Reason,
    document: Document = "",
    by: Annotated[str, typer.Option("--by", help="Người đề nghị.")] = "",
    plan: PlanOption = "",
) -> None:
    """Cơ quan xin gia hạn một nghĩa vụ; hạn chưa đổi cho đến khi Sở Nội vụ đồng ý."""
    from plan import ledger

    agency, day = target.partition("/")[0], local_date(until)
    with writing() as session:
        request = ledger.ask_extension(
            session,
            find_row(session, plan, target),
            until=day,
            reason=reason,
            actor=clerk(session, current_plan(session, plan).id, agency, by),
            now=clock_now(),
            document_number=document,
        )
        number = request.id
    typer.echo(f"Đã ghi đề nghị số {number}: {target} xin gia hạn đến hết ngày {day:%d/%m/%Y}.")


@extension_app.command("list")
@reports_errors
def extension_list(
    every: Annotated[bool, typer.Option("--all", help="Cả đề nghị đã trả lời.")] = False,
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """Các đề nghị gia hạn đang chờ trả lời, cũ nhất trước."""
    with reading() as session:
        rows = _extensions(session, current_plan(session, plan).id, every)
    if as_json:
        print_json(rows)
    elif rows:
        print_table(
            [
                "Số",
                "Nghĩa vụ",
                "Hạn hiện nay",
                "Xin đến hết",
                "Lý do",
                "Văn bản",
                "Ai xin",
                "Kết quả",
            ],
            [[str(value) for value in _extension_row(one)] for one in rows],
        )
    else:
        typer.echo("Không có đề nghị gia hạn nào đang chờ.")


def _extensions(session: Session, plan_id: str, every: bool) -> list[dict[str, Any]]:
    from sqlmodel import col, select

    from plan.models import Extension, Obligation
    from plan.queries.lookup import obligation_name

    rows = session.exec(
        select(Extension, Obligation)
        .join(Obligation, col(Obligation.id) == Extension.obligation_id)
        .where(Obligation.plan_id == plan_id)
        .order_by(col(Extension.id))
    )
    return [
        {
            "id": asked.id,
            "obligation": obligation_name(session, obligation),
            "last_day": obligation.last_day,
            "until": asked.until,
            "reason": asked.reason,
            "document": asked.document_number,
            "asked_by": asked.asked_by,
            "asked_at": asked.asked_at,
            "state": asked.state,
            "decided_by": asked.decided_by,
            "decision_note": asked.decision_note,
        }
        for asked, obligation in rows
        if every or asked.state == "asked"
    ]


def _extension_row(one: dict[str, Any]) -> Sequence[object]:
    from plan.text import date_words

    note = f": {one['decision_note']}" if one["decision_note"] else ""
    return (
        one["id"],
        one["obligation"],
        date_words(one["last_day"]) if one["last_day"] else "",
        date_words(one["until"]),
        one["reason"],
        one["document"],
        one["asked_by"],
        EXTENSION_WORDS[one["state"]] + note,
    )


@extension_app.command("decide")
@reports_errors
def extension_decide(
    number: Annotated[int, typer.Argument(help="Số của đề nghị (dondoc extension list).")],
    grant: Annotated[bool, typer.Option("--grant/--refuse", help="Đồng ý, hoặc không.")],
    note: Annotated[str, typer.Option("--note", help="Lời trả lời cho cơ quan.")] = "",
    document: Document = "",
    by: By = REVIEWER,
) -> None:
    """Sở Nội vụ trả lời một đề nghị gia hạn; đồng ý thì hạn đổi, hạn cũ vẫn xem lại được."""
    from plan import ledger

    with writing() as session:
        _require_extension(session, number)
        decided = ledger.decide_extension(
            session,
            number,
            granted=grant,
            actor=actor(by, "coordinator"),
            now=clock_now(),
            note=note,
            document_number=document,
        )
        until = decided.until
    what = f"đồng ý, hạn mới là hết ngày {until:%d/%m/%Y}" if grant else "không đồng ý"
    typer.echo(f"Đã trả lời đề nghị số {number}: {what}.")


def _require_extension(session: Session, number: int) -> None:
    from plan.errors import NotFoundError
    from plan.models import Extension

    if session.get(Extension, number) is None:
        raise NotFoundError("đề nghị gia hạn số", str(number), ())
