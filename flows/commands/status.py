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

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from plan.errors import UsageError

AsOf = Annotated[str, typer.Option("--as-of", help="Thời điểm xem, ví dụ 2020-04-30T08:00+07:00.")]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(status)
    app.command()(agenda)
    register_audit(app)


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
    from plan.deadlines.standing import left_words
    from plan.states import sign_of
    from plan.text import date_words

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


# --- `audit …`: the trail of what was done.

audit_app = typer.Typer(help="Nhật ký.", no_args_is_help=True)


def register_audit(app: typer.Typer) -> None:
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
