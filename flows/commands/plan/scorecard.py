"""`scorecard`: who delivers, over time."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from flows.commands.options import JsonOption, PlanOption
from flows.commands.support import (
    clock_now,
    current_plan,
    print_json,
    print_table,
    reading,
    reports_errors,
)


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(scorecard)


@reports_errors
def scorecard(
    by: Annotated[
        str, typer.Option("--by", help="agency, group, kind, plan, period (quý) hoặc year.")
    ] = "agency",
    since: Annotated[str, typer.Option("--from", help="Hạn từ ngày (YYYY-MM-DD).")] = "",
    until: Annotated[str, typer.Option("--to", help="Hạn đến hết ngày (YYYY-MM-DD).")] = "",
    as_of: Annotated[str, typer.Option("--as-of", help="Thời điểm xem; bỏ trống: bây giờ.")] = "",
    everything: Annotated[
        bool, typer.Option("--all-plans", help="Mọi kế hoạch, trừ bản nháp.")
    ] = False,
    out: Annotated[Path | None, typer.Option("--out", help="Ghi ra tệp .xlsx.")] = None,
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """Bảng điểm: tỷ lệ nộp, tỷ lệ đúng hạn, ngày trễ, lần đôn đốc, lần trả lại, gia hạn."""
    from sqlmodel import col, select

    from dashboard.scorecard_table import HEADS, cells, workbook
    from plan.errors import NotFoundError
    from plan.models import Plan
    from plan.queries.scorecard import GROUPINGS, deliveries, ranked, scores
    from plan.states import PlanState

    if by not in GROUPINGS:
        raise NotFoundError("cách gộp", by, GROUPINGS)
    now = clock_now(as_of)
    with reading() as session:
        started = select(Plan).where(Plan.state != PlanState.draft).order_by(col(Plan.issued_on))
        plans = list(session.exec(started)) if everything else [current_plan(session, plan)]
        found = deliveries(session, plans, now, since=_day(since), until=_day(until))
    rows = ranked(scores(found, by))
    if out is not None:
        out.write_bytes(workbook(rows, found, by, now))
        typer.echo(f"Đã ghi {out}", err=as_json)
    if as_json:
        print_json([_facts(row.place, row.score) for row in rows])
    elif out is None:
        print_table(
            ["Hạng", GROUPINGS[by][0], *HEADS[2:]],
            [[str(cell if cell is not None else "") for cell in cells(row)] for row in rows],
        )


def _day(text: str) -> date | None:
    from plan.plausible import day_from

    return day_from(text) if text else None


def _facts(place: int, score: object) -> dict[str, object]:
    names = (
        "key",
        "words",
        "expected",
        "received",
        "on_time",
        "reporting_rate",
        "on_time_rate",
        "median_days_late",
        "urged",
        "returned",
        "extensions",
        "small",
    )
    return {"place": place} | {name: getattr(score, name) for name in names}
