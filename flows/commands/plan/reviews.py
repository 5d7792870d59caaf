"""`review …`, `extend`, `waive`, `deadline`, `close`: what Sở Nội vụ decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.options import REVIEWER, By, PlanOption, Reason, Target, review_app
from flows.commands.support import (
    actor,
    clock_now,
    current_plan,
    find_row,
    local_date,
    reports_errors,
    require_finding,
    writing,
)

if TYPE_CHECKING:
    from datetime import date


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(review_app, name="review")
    app.command()(extend)
    app.command()(waive)
    app.command()(deadline)
    app.command()(amend)
    app.command()(event)
    app.command()(close)


@review_app.command("accept")
@reports_errors
def review_accept(
    target: Target,
    by: By = REVIEWER,
    note: Annotated[str, typer.Option()] = "",
    plan: PlanOption = "",
) -> None:
    """Nhận sản phẩm đang chờ duyệt."""
    _decide("accept", target, note, by, plan)
    typer.echo(f"Đã nhận {target}.")


@review_app.command("return")
@reports_errors
def review_return(
    target: Target,
    reason: Reason,
    mend_by: Annotated[
        str, typer.Option("--mend-by", help="Phải sửa xong chậm nhất ngày (YYYY-MM-DD).")
    ] = "",
    by: By = REVIEWER,
    plan: PlanOption = "",
) -> None:
    """Trả lại kèm lý do; cơ quan sẽ đọc đúng lời này. Có ngày phải sửa xong thì được nhắc theo ngày ấy."""
    _decide("return", target, reason, by, plan, local_date(mend_by) if mend_by else None)
    typer.echo(f"Đã trả lại {target}.")


@review_app.command("reopen")
@reports_errors
def review_reopen(target: Target, reason: Reason, by: By = REVIEWER, plan: PlanOption = "") -> None:
    """Mở lại sản phẩm đã nhận để thay bằng bản khác."""
    _decide("reopen", target, reason, by, plan)
    typer.echo(f"Đã mở lại {target}.")


@review_app.command("explain")
@reports_errors
def review_explain(
    finding: Annotated[int, typer.Argument(help="Số của cảnh báo.")],
    text: Annotated[str, typer.Option("--text", help="Giải trình.")],
    by: By = REVIEWER,
) -> None:
    """Sở Nội vụ ghi thay lời giải trình cho một cảnh báo."""
    from plan import ledger

    with writing() as session:
        require_finding(session, finding)
        ledger.explain(
            session, finding, explanation=text, actor=actor(by, "coordinator"), now=clock_now()
        )
    typer.echo("Đã ghi giải trình.")


@reports_errors
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

    day = local_date(until)
    with writing() as session:
        row = find_row(session, plan, target)
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


@reports_errors
def waive(
    target: Target,
    reason: Reason,
    restore: Annotated[bool, typer.Option("--restore", help="Bỏ miễn.")] = False,
    by: By = REVIEWER,
    plan: PlanOption = "",
) -> None:
    """Miễn một nghĩa vụ (hoặc bỏ miễn)."""
    _decide("restore" if restore else "waive", target, reason, by, plan)
    typer.echo(f"Đã {'bỏ miễn' if restore else 'miễn'} {target}.")


@reports_errors
def deadline(
    target: Target,
    until: Annotated[str, typer.Option("--until", help="Ngày cuối (YYYY-MM-DD).")],
    reason: Reason,
    by: By = REVIEWER,
    plan: PlanOption = "",
) -> None:
    """Đặt mốc nội bộ cho một việc không có hạn trong kế hoạch."""
    from plan.ledger.deadlines import set_internal_date

    day = local_date(until)
    with writing() as session:
        row = find_row(session, plan, target)
        set_internal_date(
            session, row, day, reason=reason, actor=actor(by, "coordinator"), now=clock_now()
        )
    typer.echo(f"Đã đặt mốc nội bộ {day:%d/%m/%Y} cho {target}.")


@reports_errors
def amend(
    milestone: Annotated[str, typer.Argument(help="Mã mốc có hạn bị điều chỉnh.")],
    until: Annotated[str, typer.Option("--until", help="Ngày cuối mới (YYYY-MM-DD).")],
    document: Annotated[str, typer.Option("--document", help="Số văn bản điều chỉnh.")],
    document_on: Annotated[str, typer.Option("--document-on", help="Ngày văn bản (YYYY-MM-DD).")],
    reason: Reason,
    agency: Annotated[
        list[str] | None, typer.Option("--agency", help="Chỉ cơ quan này (lặp lại được).")
    ] = None,
    by: By = REVIEWER,
    plan: PlanOption = "",
) -> None:
    """Đổi hạn theo một văn bản điều chỉnh, cho cả mốc hoặc một số cơ quan; hạn cũ vẫn xem lại được."""
    from plan.ledger.deadlines import amend_deadline
    from plan.ledger.new_deadline import Amendment, Basis

    day = local_date(until)
    with writing() as session:
        done = amend_deadline(
            session,
            current_plan(session, plan),
            milestone,
            Amendment(day, Basis(reason, document, local_date(document_on))),
            agencies=agency or (),
            actor=actor(by, "coordinator"),
            now=clock_now(),
        )
    for sentence in done.sentences(day):
        typer.echo(sentence)


@reports_errors
def event(
    milestone: Annotated[str, typer.Argument(help="Mã mốc có hạn tính từ sự kiện.")],
    on: Annotated[str, typer.Option("--on", help="Ngày sự kiện xảy ra (YYYY-MM-DD).")],
    until: Annotated[
        str, typer.Option("--until", help="Ngày cuối, khi kế hoạch không nêu bao nhiêu ngày.")
    ] = "",
    document: Annotated[str, typer.Option("--document", help="Số văn bản làm căn cứ.")] = "",
    document_on: Annotated[str, typer.Option("--document-on", help="Ngày văn bản.")] = "",
    agency: Annotated[
        list[str] | None, typer.Option("--agency", help="Chỉ cơ quan này (lặp lại được).")
    ] = None,
    by: By = REVIEWER,
    plan: PlanOption = "",
) -> None:
    """Ghi sự kiện mà hạn tính từ đó («10 ngày kể từ ngày nhận…»): các nghĩa vụ ấy có hạn, được nhắc."""
    from plan.ledger.new_deadline import Basis
    from plan.ledger.occurred import Occurrence, record_event

    with writing() as session:
        names = record_event(
            session,
            current_plan(session, plan),
            milestone,
            Occurrence(
                local_date(on),
                Basis("", document, local_date(document_on) if document_on else None),
                until=local_date(until) if until else None,
            ),
            agencies=agency or (),
            actor=actor(by, "coordinator"),
            now=clock_now(),
        )
    typer.echo(f"{len(names)} nghĩa vụ đã có hạn, tính từ ngày {local_date(on):%d/%m/%Y}.")


@reports_errors
def close(
    milestone: Annotated[str, typer.Argument(help="Mã mốc.")],
    by: By = REVIEWER,
    plan: PlanOption = "",
) -> None:
    """Đóng một mốc: bản nộp sau vẫn nhận nhưng không tự vào kết quả đã chốt."""
    from plan import ledger
    from plan.queries.lookup import find_milestone

    with writing() as session:
        row = find_milestone(session, current_plan(session, plan).id, milestone)
        ledger.close_milestone(
            session, int(row.id or 0), actor=actor(by, "coordinator"), now=clock_now()
        )
    typer.echo(f"Đã đóng mốc {milestone}.")


def _decide(
    name: str, target: str, words: str, by: str, plan: str, mend_by: date | None = None
) -> None:
    from plan.ledger.decisions import decide

    with writing() as session:
        row = find_row(session, plan, target)
        who = actor(by, "coordinator")
        decide(session, name, row, words, actor=who, now=clock_now(), mend_by=mend_by)
