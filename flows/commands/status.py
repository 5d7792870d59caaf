"""`status` and `agenda`: who owes what, by when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.plans import JsonOption, PlanOption
from flows.commands.support import clock_now, current_plan, print_json, print_table, reading, told

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlmodel import Session

    from plan.models import Plan
    from plan.queries.progress import ObligationView

AsOf = Annotated[str, typer.Option("--as-of", help="Thời điểm xem, ví dụ 2020-04-30T08:00+07:00.")]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(status)
    app.command()(agenda)


STATUS_FIELDS = (
    "id",
    "agency",
    "agency_name",
    "milestone",
    "deliverable",
    "title",
    "origin",
    "opens_at",
    "due_at",
    "last_working_day",
    "state",
    "timeliness",
)


@told
def status(
    as_of: AsOf = "",
    agency: Annotated[str, typer.Option("--agency", help="Chỉ một cơ quan.")] = "",
    milestone: Annotated[str, typer.Option("--milestone", help="Chỉ một mốc.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Cả việc không có hạn.")] = False,
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """Ai nợ gì, hạn nào, ai trễ, tại một thời điểm."""
    from plan.queries.lookup import find_agency, find_milestone
    from plan.queries.progress import obligations, summary

    moment = clock_now(as_of)
    with reading() as session:
        row = current_plan(session, plan)
        if agency:
            find_agency(session, row.id, agency)
        if milestone:
            find_milestone(session, row.id, milestone)
        views = obligations(session, row, moment, agency=agency, milestone=milestone)
        unreachable = _unreachable(session, row)
        heading = f"{row.number} — {row.short or row.title}"
        plan_id = row.id
    shown = [view for view in views if everything or view.due_at or view.timeliness != "undated"]
    if as_json:
        print_json(
            {
                "plan": plan_id,
                "as_of": moment,
                "summary": summary(views),
                "unreachable_agencies": unreachable,
                "obligations": [_as_json(view) for view in shown],
            }
        )
        return
    _print_status(heading, shown, summary(views), unreachable)


def _unreachable(session: Session, row: Plan) -> list[str]:
    from plan.queries.reach import unreachable_agencies

    return unreachable_agencies(session, row.id)


def _as_json(view: ObligationView) -> dict[str, object]:
    fields: dict[str, object] = {name: getattr(view, name) for name in STATUS_FIELDS}
    fields["days_late"] = view.standing.days_late
    fields["working_days_late"] = view.standing.working_days_late
    return fields


def _print_status(
    heading: str,
    views: Sequence[ObligationView],
    counts: Mapping[str, int],
    unreachable: Sequence[str],
) -> None:
    typer.echo(heading)
    typer.echo(_sentence(views, counts))
    for code in unreachable:
        typer.echo(f"▲ Cơ quan {code} chưa có người nhận nào liên hệ được.")
    print_table(
        ["Nghĩa vụ", "Cơ quan", "Chậm nhất", "Trạng thái", "Tiến độ", "Sản phẩm"],
        [[view.id, view.agency_short, *_standing(view)] for view in views],
        one_line=True,
    )


def _sentence(views: Sequence[ObligationView], counts: Mapping[str, int]) -> str:
    """The whole plan in a sentence, who is late by name."""
    from plan.text import join_names

    late = dict.fromkeys(view.agency_short for view in views if view.timeliness == "overdue")
    names = f": {join_names(list(late), noun='cơ quan')}" if late else ""
    return (
        f"{counts['dated']} nghĩa vụ có hạn: {counts['state_accepted']} đã nhận, "
        f"{counts['state_submitted']} chờ duyệt, {counts.get('due_soon', 0)} sắp đến hạn, "
        f"{counts.get('overdue', 0)} quá hạn{names}."
    )


def _standing(view: ObligationView) -> list[str]:
    """When, in what state, how it stands, and what it is."""
    from plan.signs import sign_of
    from plan.text import date_words, left_words

    return [
        date_words(view.last_day) if view.last_day else "không có hạn",
        f"{sign_of(view.state, view.timeliness).glyph} {view.state_words}",
        left_words(view.standing),
        view.title,
    ]


@told
def agenda(
    agency: Annotated[str, typer.Option("--agency", help="Mã cơ quan.")],
    as_of: AsOf = "",
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """Một cơ quan nợ gì, theo thứ tự ngày."""
    from datetime import date

    from plan.queries.lookup import find_agency
    from plan.queries.progress import obligations

    moment = clock_now(as_of)
    with reading() as session:
        row = current_plan(session, plan)
        find_agency(session, row.id, agency)
        views = obligations(session, row, moment, agency=agency)
    views.sort(key=lambda view: (view.settled, view.last_day or date.max, view.id))
    if as_json:
        print_json([_as_json(view) for view in views])
    else:
        _print_agenda(views)


def _print_agenda(views: Sequence[ObligationView]) -> None:
    print_table(
        ["Nghĩa vụ", "Chậm nhất", "Trạng thái", "Tiến độ", "Sản phẩm"],
        [[view.id, *_standing(view)] for view in views],
        one_line=True,
    )
