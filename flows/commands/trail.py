"""`audit …`: the trail of what was done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.commands.plans import JsonOption
from flows.commands.support import clock_now, print_json, print_table, reading, told
from plan.errors import UsageError

audit_app = typer.Typer(help="Nhật ký.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(audit_app, name="audit")


@audit_app.command("verify")
@told
def audit_verify(
    against: Annotated[
        Path | None,
        typer.Option(
            "--against", help="Tệp các mốc đã gửi ra ngoài (anchors.txt, hay thư chép lại)."
        ),
    ] = None,
) -> None:
    """Kiểm tra sổ nhật ký: chuỗi, chữ ký, mốc đã gửi ra ngoài; các bảng có đúng như sổ ghi không. Có chỗ
    không khớp thì mã thoát là 1."""
    from plan.ledger.audit import verify
    from plan.trail_check import anchors_in, differences

    anchors = anchors_in(against.read_text("utf-8")) if against else {}
    if against and not anchors:
        raise UsageError(f"Trong {against} không có mốc nào (dòng dạng: ngày, số dòng, mã 64 chữ).")
    with reading() as session:
        broken = list(verify(session, anchors))
        differing = list(differences(session))
    for link in broken:
        typer.echo(f"Dòng {link.id}: {link.why}" if link.id else f"Sổ: {link.why}")
    for one in differing:
        typer.echo(f"Bảng {one.table}, dòng {one.row} ({one.subject}): {one.words}")
    count = len(broken) + len(differing)
    held = f" Khớp {len(anchors)} mốc đã gửi ra ngoài." if anchors else ""
    typer.echo(f"Nhật ký toàn vẹn.{held}" if not count else f"{count} chỗ không khớp.")
    if count:
        raise typer.Exit(1)


@audit_app.command("anchor")
@told
def audit_anchor() -> None:
    """Mốc của hôm nay: ngày, số dòng, mã. Giữ ở nơi khác; về sau: dondoc audit verify --against TỆP."""
    from plan.calendar import local_day
    from plan.trail_check import anchor

    with reading() as session:
        typer.echo(anchor(session, local_day(clock_now())))


@audit_app.command("list")
@told
def audit_list(
    target: Annotated[str, typer.Argument(help="Nghĩa vụ hoặc bỏ trống.")] = "",
    limit: Annotated[int, typer.Option("--limit")] = 50,
    as_json: JsonOption = False,
) -> None:
    """Những việc đã ghi, mới nhất trước."""
    from plan.ledger.audit import recent

    with reading() as session:
        rows = recent(session, subject=target, limit=limit)
    if as_json:
        print_json(rows)
    else:
        _print(rows)


def _print(rows: Sequence[Mapping[str, Any]]) -> None:
    from dashboard.words import detail_words, event_words
    from plan.text import moment_words

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
