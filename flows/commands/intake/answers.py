"""`submissions`, `explain`, `review move`: what was handed in, what is said to it, where it belongs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.intake.support import SIGNS, finding_json, place_words
from flows.commands.options import REVIEWER, By, JsonOption, PlanOption, Reason, Target, review_app
from flows.commands.support import (
    actor,
    clerk,
    clock_now,
    current_plan,
    engine,
    find_row,
    print_json,
    print_table,
    reading,
    reports_errors,
    require_finding,
    writing,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.queries.obligation import Filed


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(submissions)
    app.command()(explain)
    review_app.command("move")(review_move)


# --- what was handed in -------------------------------------------------------------------------------


@reports_errors
def submissions(
    target: Target,
    number: Annotated[
        int, typer.Option("--number", help="Xem phát hiện của lần nộp này; bỏ trống: mới nhất.")
    ] = 0,
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """Các lần nộp của một nghĩa vụ; phát hiện của một lần, mỗi phát hiện một số để giải trình."""
    from datetime import UTC, datetime

    from dashboard.queries.obligation import filed
    from plan.errors import NotFoundError

    with reading() as session:
        # All there is: a virtual clock that starts anew with every command would hide what it did before.
        found = filed(session, find_row(session, plan, target), datetime.max.replace(tzinfo=UTC))
    chosen = [one for one in found if one.row.number == number] if number else found[:1]
    if number and not chosen:
        raise NotFoundError("lần nộp", str(number), [str(one.row.number) for one in found])
    if as_json:
        print_json([_as_json(one) for one in found])
    elif not found:
        typer.echo(f"{target}: chưa nộp lần nào.")
    else:
        _print_submissions(found)
        _print_findings(chosen[0])


def _print_submissions(found: Sequence[Filed]) -> None:
    from dashboard.words import SUBMISSION_STATES, VIA
    from plan.text import moment_words

    print_table(
        ["Lần", "Nhận lúc", "Ai nộp", "Cách", "Tình trạng", "Lỗi", "Cảnh báo", "Tệp", "Lời duyệt"],
        [
            [
                str(one.row.number),
                moment_words(one.row.received_at),
                one.row.submitted_by,
                VIA[one.row.via],
                SUBMISSION_STATES[one.state][1],
                str(len(one.of("error"))),
                _warnings(one),
                ", ".join(file.filename for file in one.files),
                one.row.decision_note,
            ]
            for one in found
        ],
    )


def _warnings(one: Filed) -> str:
    """«3 (1 chưa giải trình)»."""
    from plan.text import number_words

    open_ = f" ({number_words(len(one.unexplained))} chưa giải trình)" if one.unexplained else ""
    return f"{len(one.of('warning'))}{open_}"


def _print_findings(one: Filed) -> None:
    if not one.findings:
        typer.echo(f"Lần {one.row.number}: ● không có phát hiện nào.")
        return
    print_table(
        ["Số", "Mức", "Ở đâu", "Đọc được", "Cần làm gì", "Giải trình"],
        [
            [
                str(found.id),
                SIGNS[found.severity],
                place_words(found),
                found.read,
                found.message,
                found.explanation,
            ]
            for found in one.findings
        ],
        title=f"Phát hiện của lần {one.row.number}",
    )


def _as_json(one: Filed) -> dict[str, Any]:
    return {
        "number": one.row.number,
        "kind": one.row.kind,
        "state": one.state,
        "complete": one.row.complete,
        "received_at": one.row.received_at,
        "submitted_by": one.row.submitted_by,
        "via": one.row.via,
        "reference": one.row.reference,
        "decision_note": one.row.decision_note,
        "files": [
            {"filename": file.filename, "sha256": file.sha256, "size": file.size}
            for file in one.files
        ],
        "findings": [
            {"id": found.id, "file": found.file}
            | finding_json(found)
            | {"explanation": found.explanation, "explained_by": found.explained_by}
            for found in one.findings
        ],
    }


@reports_errors
def explain(
    agency: Annotated[str, typer.Argument(help="Mã cơ quan giải trình.")],
    findings: Annotated[
        list[int], typer.Argument(help="Số của các cảnh báo (dondoc submissions).")
    ],
    text: Annotated[str, typer.Option("--text", help="Giải trình, bằng lời.")],
    by: Annotated[str, typer.Option("--by", help="Người giải trình.")] = "",
    plan: PlanOption = "",
) -> None:
    """Cơ quan giải trình một hay nhiều cảnh báo; lời giải trình được giữ cùng bản nộp."""
    from plan import ledger
    from plan.text import number_words

    with writing() as session:
        who = clerk(session, current_plan(session, plan).id, agency, by)
        for number in findings:
            require_finding(session, number)
            ledger.explain(session, number, explanation=text, actor=who, now=clock_now())
    typer.echo(f"Đã ghi giải trình cho {number_words(len(findings))} cảnh báo.")


@reports_errors
def review_move(
    target: Target,
    number: Annotated[int, typer.Argument(help="Lần nộp cần chuyển.")],
    to: Annotated[str, typer.Option("--to", help="Nghĩa vụ đúng: cơ-quan/sản-phẩm.")],
    reason: Reason,
    by: By = REVIEWER,
    plan: PlanOption = "",
) -> None:
    """Chuyển một bản nộp nhầm sang đúng nghĩa vụ, đọc và kiểm tra lại; nhật ký giữ cả số cũ và số mới."""
    from flows.commands.intake.support import limits, print_findings, store
    from intake.reassign import move_submission
    from intake.submit import SubmissionContext

    with reading() as session:
        row = current_plan(session, plan).id
    filed = move_submission(
        SubmissionContext(engine(), store(), row, actor(by, "coordinator"), clock_now()),
        target,
        number,
        to,
        reason=reason,
        limits=limits(),
    )
    typer.echo(f"Đã chuyển {target} lần {number} thành {to} lần {filed.number}.")
    print_findings(filed.findings)
