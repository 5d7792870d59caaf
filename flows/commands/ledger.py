"""`status`, `agenda`, `review …`, `extend`, `waive`, `deadline`, `close`, `audit`: the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli_support import (
    actor,
    clock_now,
    current_plan,
    print_json,
    print_table,
    reading,
    told,
    writing,
)
from flows.commands.plans import JsonOption, PlanOption

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from sqlmodel import Session

    from plan.models import Plan
    from plan.progress import ObligationView

AsOf = Annotated[str, typer.Option("--as-of", help="Thời điểm xem, ví dụ 2020-04-30T08:00+07:00.")]
By = Annotated[str, typer.Option("--by", help="Người thực hiện.")]
Reason = Annotated[str, typer.Option("--reason", help="Lý do, bằng lời.")]
Target = Annotated[str, typer.Argument(help="cơ-quan/sản-phẩm, ví dụ an-lao/district-report.")]
REVIEWER = "Phòng Cải cách hành chính"

review_app = typer.Typer(help="Duyệt sản phẩm đã nộp.", no_args_is_help=True)
audit_app = typer.Typer(help="Nhật ký.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(status)
    app.command()(agenda)
    app.add_typer(review_app, name="review")
    app.command()(extend)
    app.command()(waive)
    app.command()(deadline)
    app.command()(close)
    app.add_typer(audit_app, name="audit")


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
    from plan.lookup import find_agency, find_milestone
    from plan.progress import obligations, summary

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
    from plan.reach import unreachable_agencies

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
    from plan.wording import date_words, left_words

    typer.echo(heading)
    typer.echo(
        f"{counts['dated']} nghĩa vụ có hạn: {counts['state_accepted']} đã nhận, "
        f"{counts['state_submitted']} chờ duyệt, {counts.get('overdue', 0)} quá hạn, "
        f"{counts.get('due_soon', 0)} sắp đến hạn."
    )
    for code in unreachable:
        typer.echo(f"▲ Cơ quan {code} chưa có người nhận nào liên hệ được.")
    print_table(
        ["Nghĩa vụ", "Cơ quan", "Sản phẩm", "Chậm nhất", "Trạng thái", "Tiến độ"],
        [
            [
                view.id,
                view.agency_short,
                view.title if len(view.title) < 60 else view.title[:57] + "…",
                date_words(view.last_day) if view.last_day else "không có hạn",
                view.state_words,
                left_words(view.standing),
            ]
            for view in views
        ],
    )


@told
def agenda(
    agency: Annotated[str, typer.Option("--agency", help="Mã cơ quan.")],
    as_of: AsOf = "",
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """Một cơ quan nợ gì, theo thứ tự ngày."""
    from datetime import date

    from plan.lookup import find_agency
    from plan.progress import obligations

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
    from plan.wording import deadline_words, left_words

    print_table(
        ["Hạn", "Sản phẩm", "Trạng thái", "Tiến độ"],
        [
            [
                deadline_words(view.last_day) if view.last_day else "không có hạn",
                view.title,
                view.state_words,
                left_words(view.standing),
            ]
            for view in views
        ],
    )


@review_app.command("accept")
@told
def review_accept(
    target: Target,
    by: By = REVIEWER,
    note: Annotated[str, typer.Option()] = "",
    plan: PlanOption = "",
) -> None:
    """Nhận sản phẩm đang chờ duyệt."""
    from plan import ledger

    with writing() as session:
        row = _find(session, plan, target)
        ledger.accept(session, row, actor=actor(by, "coordinator"), now=clock_now(), note=note)
    typer.echo(f"Đã nhận {target}.")


@review_app.command("return")
@told
def review_return(target: Target, reason: Reason, by: By = REVIEWER, plan: PlanOption = "") -> None:
    """Trả lại kèm lý do; cơ quan sẽ đọc đúng lời này."""
    from plan import ledger

    with writing() as session:
        row = _find(session, plan, target)
        ledger.give_back(
            session, row, reason=reason, actor=actor(by, "coordinator"), now=clock_now()
        )
    typer.echo(f"Đã trả lại {target}.")


@review_app.command("reopen")
@told
def review_reopen(target: Target, reason: Reason, by: By = REVIEWER, plan: PlanOption = "") -> None:
    """Mở lại sản phẩm đã nhận để thay bằng bản khác."""
    from plan import ledger

    with writing() as session:
        row = _find(session, plan, target)
        ledger.reopen(session, row, reason=reason, actor=actor(by, "coordinator"), now=clock_now())
    typer.echo(f"Đã mở lại {target}.")


@review_app.command("explain")
@told
def review_explain(
    finding: Annotated[int, typer.Argument(help="Số của cảnh báo.")],
    text: Annotated[str, typer.Option("--text", help="Giải trình.")],
    by: By = REVIEWER,
) -> None:
    """Ghi giải trình cho một cảnh báo."""
    from plan import ledger

    with writing() as session:
        ledger.explain(
            session, finding, explanation=text, actor=actor(by, "coordinator"), now=clock_now()
        )
    typer.echo("Đã ghi giải trình.")


def _find(session: Session, plan: str, target: str) -> int:
    from plan.lookup import find_obligation

    obligation = find_obligation(session, current_plan(session, plan).id, target)
    return int(obligation.id or 0)


@told
def extend(
    target: Target,
    until: Annotated[str, typer.Option("--until", help="Ngày cuối mới (YYYY-MM-DD).")],
    reason: Reason,
    document: Annotated[str, typer.Option("--document", help="Số văn bản.")] = "",
    by: By = REVIEWER,
    plan: PlanOption = "",
) -> None:
    """Gia hạn một nghĩa vụ; hạn cũ vẫn được giữ để xem lại."""
    from plan import ledger

    day = _day(until)
    with writing() as session:
        row = _find(session, plan, target)
        who = actor(by, "coordinator")
        now = clock_now()
        request = ledger.ask_extension(
            session, row, until=day, reason=reason, actor=who, now=now, document_number=document
        )
        ledger.decide_extension(
            session,
            int(request.id or 0),
            granted=True,
            actor=who,
            now=now,
            document_number=document,
        )
    typer.echo(f"Đã gia hạn {target} đến hết ngày {day:%d/%m/%Y}.")


def _day(text: str) -> date:
    from datetime import date

    from plan.errors import UsageError

    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"«{text}» không phải ngày; hãy viết như 2020-05-08.") from None


@told
def waive(
    target: Target,
    reason: Reason,
    restore: Annotated[bool, typer.Option("--restore", help="Bỏ miễn.")] = False,
    by: By = REVIEWER,
    plan: PlanOption = "",
) -> None:
    """Miễn một nghĩa vụ (hoặc bỏ miễn)."""
    from plan import ledger

    act = ledger.restore if restore else ledger.waive
    with writing() as session:
        row = _find(session, plan, target)
        act(session, row, reason=reason, actor=actor(by, "coordinator"), now=clock_now())
    typer.echo(f"Đã {'bỏ miễn' if restore else 'miễn'} {target}.")


@told
def deadline(
    target: Target,
    until: Annotated[str, typer.Option("--until", help="Ngày cuối (YYYY-MM-DD).")],
    reason: Reason,
    by: By = REVIEWER,
    plan: PlanOption = "",
) -> None:
    """Đặt mốc nội bộ cho một việc không có hạn trong kế hoạch."""
    from plan.internal_dates import set_internal_date

    day = _day(until)
    with writing() as session:
        row = _find(session, plan, target)
        set_internal_date(
            session, row, day, reason=reason, actor=actor(by, "coordinator"), now=clock_now()
        )
    typer.echo(f"Đã đặt mốc nội bộ {day:%d/%m/%Y} cho {target}.")


@told
def close(
    milestone: Annotated[str, typer.Argument(help="Mã mốc.")],
    by: By = REVIEWER,
    plan: PlanOption = "",
) -> None:
    """Đóng một mốc: bản nộp sau vẫn nhận nhưng không tự vào kết quả đã chốt."""
    from plan import ledger
    from plan.lookup import find_milestone

    with writing() as session:
        row = find_milestone(session, current_plan(session, plan).id, milestone)
        ledger.close_milestone(
            session, int(row.id or 0), actor=actor(by, "coordinator"), now=clock_now()
        )
    typer.echo(f"Đã đóng mốc {milestone}.")


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
        print_table(
            ["Lúc", "Ai", "Việc", "Về"],
            [[str(r["at"]), str(r["actor"]), str(r["event"]), str(r["subject"])] for r in rows],
        )
