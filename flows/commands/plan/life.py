"""`plan list|start|pause|close|delete`: the life of a plan on the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.options import JsonOption, PlanOption, plan_app
from flows.commands.support import (
    actor,
    clock_now,
    current_plan,
    engine,
    print_json,
    print_table,
    reading,
    reports_errors,
    writing,
)

if TYPE_CHECKING:
    from notifications.starting import Preview
    from plan.states import Backlog

ByOption = Annotated[str, typer.Option("--by", help="Người quyết định.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Lý do.")]


def register(_app: typer.Typer) -> None:
    """These commands stand under `plan`, which `plans` adds."""


@plan_app.command("list")
@reports_errors
def list_plans(as_json: JsonOption = False) -> None:
    """Mọi kế hoạch và trạng thái: nháp, đang chạy, tạm dừng, đã đóng."""
    from sqlmodel import col, select

    from plan.models import Plan
    from plan.states import PLAN_STATE_WORDS, PlanState

    with reading() as session:
        rows = session.exec(select(Plan).order_by(col(Plan.issued_on).desc(), col(Plan.id))).all()
    if as_json:
        names = ("id", "number", "title", "issued_on", "state", "started_at")
        print_json([{name: getattr(row, name) for name in names} for row in rows])
        return
    print_table(
        ["Mã", "Số", "Ngày", "Trạng thái", "Tên"],
        [
            [
                r.id,
                r.number,
                f"{r.issued_on:%d/%m/%Y}",
                PLAN_STATE_WORDS[PlanState(r.state)],
                r.title,
            ]
            for r in rows
        ],
    )


@plan_app.command()
@reports_errors
def start(
    plan: PlanOption = "",
    by: ByOption = "Điều phối viên",
    missed: Annotated[
        str,
        typer.Option(
            "--missed", help="Hạn đã qua: once (báo một lần còn thiếu) hoặc none (không báo)."
        ),
    ] = "",
    answer: Annotated[
        list[str] | None,
        typer.Option("--answer", help="Trả lời một điểm chưa đạt: mã=lý do (lặp lại được)."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Chỉ xem điều gì sẽ xảy ra; không ghi gì.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Bắt đầu nhắc (hoặc chạy tiếp sau tạm dừng): xem trước, trả lời danh mục kiểm tra, rồi chạy."""
    from notifications.plan_context import messaging_from
    from notifications.starting import preview_start
    from plan.ledger import start_plan
    from plan.settings import get_settings
    from plan.states import Backlog

    settings, now = get_settings(), clock_now()
    backlog = _backlog(missed)
    with reading() as session:
        plan_id = current_plan(session, plan).id
    seen = preview_start(
        engine(), plan_id, settings, messaging_from(settings), now, backlog or Backlog.once
    )
    if as_json:
        print_json(_facts(plan_id, seen))
    else:
        _print(seen)
    if dry_run:
        return
    answers = _answers(answer or [])
    if backlog is not None:
        answers.setdefault("past-deadlines", f"đã chọn: {backlog.value}")
    left = [point for point in seen.open_points if not answers.get(point.key, "").strip()]
    if left:
        typer.echo("Chưa bắt đầu. Còn phải sửa hoặc trả lời (--answer mã=lý do):", err=True)
        for point in left:
            typer.echo(f"  {point.key}: {point.words} {point.what_to_do}", err=True)
        raise typer.Exit(1)
    with writing() as session:
        start_plan(
            session,
            plan_id,
            actor=actor(by, "coordinator"),
            now=now,
            backlog=backlog or Backlog.none,
            answers={point.key: answers[point.key] for point in seen.open_points},
        )
    typer.echo(f"{plan_id} đang chạy. Tạm dừng khi cần: dondoc plan pause --reason …", err=as_json)


@plan_app.command()
@reports_errors
def pause(reason: ReasonOption, plan: PlanOption = "", by: ByOption = "Điều phối viên") -> None:
    """Tạm dừng: không nhắc nữa, vẫn nhận bài nộp. Chạy tiếp: dondoc plan start."""
    from plan.ledger import pause_plan

    with writing() as session:
        row = pause_plan(
            session,
            current_plan(session, plan).id,
            reason=reason,
            actor=actor(by, "coordinator"),
            now=clock_now(),
        )
        typer.echo(f"{row.id} tạm dừng.")


@plan_app.command()
@reports_errors
def close(
    reason: ReasonOption,
    plan: PlanOption = "",
    by: ByOption = "Điều phối viên",
    yes: Annotated[bool, typer.Option("--yes", help="Không hỏi lại.")] = False,
) -> None:
    """Đóng hẳn kế hoạch: chỉ còn xem được. Không mở lại được."""
    from plan.ledger import close_plan

    with reading() as session:
        plan_id = current_plan(session, plan).id
    if not yes:
        typer.confirm(f"Đóng hẳn {plan_id}? Sau đó không thay đổi gì được nữa.", abort=True)
    with writing() as session:
        close_plan(session, plan_id, reason=reason, actor=actor(by, "coordinator"), now=clock_now())
    typer.echo(f"{plan_id} đã đóng.")


@plan_app.command("delete")
@reports_errors
def delete_plan(
    plan: PlanOption,
    by: ByOption = "Điều phối viên",
    yes: Annotated[bool, typer.Option("--yes", help="Không hỏi lại.")] = False,
) -> None:
    """Xóa một bản nháp. Kế hoạch đã chạy thì không xóa được, chỉ đóng."""
    from plan.ledger import delete_draft

    with reading() as session:
        plan_id = current_plan(session, plan).id
    if not yes:
        typer.confirm(f"Xóa bản nháp {plan_id}?", abort=True)
    with writing() as session:
        delete_draft(session, plan_id, actor=actor(by, "coordinator"), now=clock_now())
    typer.echo(f"Đã xóa bản nháp {plan_id}.")


def _backlog(words: str) -> Backlog | None:
    from plan.errors import UsageError
    from plan.states import Backlog

    if not words:
        return None
    try:
        return Backlog(words)
    except ValueError:
        raise UsageError(f"«{words}» không phải once hoặc none.") from None


def _answers(given: list[str]) -> dict[str, str]:
    from plan.errors import UsageError

    pairs = [one.partition("=") for one in given]
    for key, sign, reason in pairs:
        if not sign or not reason.strip():
            raise UsageError(f"«{key}{sign}{reason}» không đúng dạng mã=lý do.")
    return {key.strip(): reason.strip() for key, _, reason in pairs}


def _facts(plan_id: str, seen: Preview) -> dict[str, object]:
    return {
        "plan": plan_id,
        "sender": seen.sender,
        "overdue": seen.overdue,
        "unreachable": list(seen.unreachable),
        "rounds": [vars(one) for one in seen.rounds],
        "points": [vars(one) for one in seen.points],
    }


def _print(seen: Preview) -> None:
    from plan.text import moment_words

    typer.echo(f"Thư gửi với danh nghĩa: {seen.sender}")
    for one in seen.rounds:
        typer.echo(
            f"{moment_words(one.at)}: {one.messages} tin tới {one.people} người, "
            f"về {one.obligations} nghĩa vụ"
        )
    if not seen.rounds:
        typer.echo("Hai tuần tới chưa có tin nào phải gửi.")
    if seen.unreachable:
        typer.echo(f"Không liên hệ được ai: {', '.join(seen.unreachable)}")
    for point in seen.points:
        typer.echo(f"{'✓' if point.ok else '✕'} {point.words}")
