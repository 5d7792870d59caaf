"""`audit …`: the trail of what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from flows.cli_support import print_json, print_table, reading, told
from flows.commands.plans import JsonOption

audit_app = typer.Typer(help="Nhật ký.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(audit_app, name="audit")


@audit_app.command("verify")
@told
def audit_verify() -> None:
    """Kiểm tra chuỗi nhật ký; có dòng bị sửa hoặc xóa thì mã thoát là 1."""
    from plan.audit import verify

    with reading() as session:
        broken = list(verify(session))
    for link in broken:
        typer.echo(f"Dòng {link.id}: {link.why}")
    typer.echo("Nhật ký toàn vẹn." if not broken else f"{len(broken)} chỗ không khớp.")
    if broken:
        raise typer.Exit(1)


@audit_app.command("list")
@told
def audit_list(
    target: Annotated[str, typer.Argument(help="Nghĩa vụ hoặc bỏ trống.")] = "",
    limit: Annotated[int, typer.Option("--limit")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Những việc đã ghi, mới nhất trước."""
    from plan.audit import recent

    with reading() as session:
        rows = recent(session, subject=target, limit=limit)
    if as_json:
        print_json(rows)
    else:
        _print(rows)


def _print(rows: Sequence[Mapping[str, Any]]) -> None:
    from dashboard.views.words import detail_words, event_words
    from plan.wording import moment_words

    print_table(
        ["Lúc", "Ai", "Việc", "Về", "Chi tiết"],
        [
            [
                moment_words(row["at"]),
                row["actor"],
                event_words(row["event"]),
                row["subject"],
                detail_words(row["event"], row["after"] or {}),
            ]
            for row in rows
        ],
        one_line=True,
    )
