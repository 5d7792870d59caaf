"""`plan draft`: from a plan's document to the rows of a plan, and what has to be asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from flows.cli_support import print_json, print_table, told
from flows.commands.plans import JsonOption, plan_app


def register(app: typer.Typer) -> None:  # noqa: ARG001 - the command joins the group `plan`
    """Add this group's commands."""
    plan_app.command()(draft)


@told
def draft(
    file: Annotated[Path, typer.Argument(help="Văn bản kế hoạch (.txt, .md, …).")],
    as_json: JsonOption = False,
) -> None:
    """Soạn kế hoạch từ văn bản: ai nợ gì, hạn nào; câu nào phải hỏi; câu nào chưa hiểu."""
    from drafting.document import UnreadableError
    from drafting.service import draft_safely
    from plan.errors import DondocError

    try:
        made = draft_safely(file.read_bytes(), file.name)
    except UnreadableError as refused:
        raise DondocError(str(refused)) from None
    if as_json:
        print_json(made)
    else:
        _show(made)


def _show(made: dict[str, Any]) -> None:
    """The draft as tables."""
    plan = made["plan"]
    typer.echo(
        f"{plan['number'] or 'chưa rõ số'} ({plan['issued_on'] or 'chưa rõ ngày'}) — {plan['title']}"
    )
    print_table(
        ["Nguồn", "Cơ quan", "Việc, sản phẩm", "Hạn (nguyên văn)", "Loại", "Hỏi"],
        [
            [
                one["source"],
                "; ".join(one["owners"]) or "?",
                one["deliverable"],
                one["due_words"] or "",
                one["kind"],
                ", ".join(question["about"] for question in one["questions"]),
            ]
            for one in made["obligations"]
        ],
    )
    if made["unread"]:
        typer.echo("Chưa hiểu:")
        for left in made["unread"]:
            typer.echo(f"  {left['place']}: {left['span'][:160]}")
    typer.echo(f"{len(made['obligations'])} việc, {len(made['unread'])} đoạn chưa hiểu.")
