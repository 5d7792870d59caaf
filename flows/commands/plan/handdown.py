"""`handdown …`: an agency asks its own units for a duty of its own, and takes it back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.options import JsonOption, PlanOption, Reason, Target
from flows.commands.support import (
    clerk,
    clock_now,
    current_plan,
    find_row,
    local_date,
    print_json,
    print_table,
    reading,
    reports_errors,
    writing,
)

if TYPE_CHECKING:
    from sqlmodel import Session

    from plan.models import Plan

handdown_app = typer.Typer(
    help="Cơ quan giao việc xuống các đơn vị của mình.", no_args_is_help=True
)
ByAgency = Annotated[str, typer.Option("--by", help="Người của cơ quan.")]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(handdown_app, name="handdown")


@handdown_app.command("ask")
@reports_errors
def handdown_ask(
    target: Target,
    units: Annotated[
        Path,
        typer.Argument(help="Tệp chữ, mỗi dòng: tên đơn vị; người nhận; thư điện tử; điện thoại."),
    ],
    until: Annotated[
        str, typer.Option("--until", help="Đơn vị nộp chậm nhất ngày (YYYY-MM-DD).")
    ] = "",
    by: ByAgency = "",
    plan: PlanOption = "",
) -> None:
    """Giao một nghĩa vụ xuống các đơn vị, hoặc thêm đơn vị; hạn không sau hạn của cơ quan."""
    from plan.errors import UsageError
    from plan.handdown.handing import add_units, hand_down, inner_of, units_in
    from plan.text import number_words

    try:
        asked = units_in(units.read_text("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"Không đọc được {units}: cần một tệp chữ UTF-8.") from error
    with writing() as session:
        row = find_row(session, plan, target)
        who = clerk(session, current_plan(session, plan).id, target.partition("/")[0], by)
        inner, now = inner_of(session, row), clock_now()
        if inner is not None and until:
            raise UsageError(
                "Việc này đã giao rồi: đơn vị thêm vào nộp theo hạn đã giao; hãy bỏ --until."
            )
        if inner is not None:
            count = add_units(session, inner, asked, actor=who, now=now)
        elif until:
            hand_down(session, row, asked, local_date(until), actor=who, now=now)
            count = len(asked)
        else:
            raise UsageError("Giao lần đầu cần có --until: đơn vị nộp chậm nhất ngày nào.")
    known = len(asked) - count
    more = f" {number_words(known)} đơn vị đã có trong danh sách từ trước." if known else ""
    typer.echo(f"Đã giao {target} cho {number_words(count)} đơn vị.{more}")


@handdown_app.command("take-back")
@reports_errors
def handdown_take_back(
    target: Target,
    reason: Reason,
    unit: Annotated[
        str, typer.Option("--unit", help="Chỉ đơn vị có mã này; bỏ trống: mọi đơn vị.")
    ] = "",
    by: ByAgency = "",
    plan: PlanOption = "",
) -> None:
    """Thu lại việc đã giao: đơn vị chưa được nhận bản nộp thì không phải nộp nữa; bản đã nộp vẫn giữ."""
    from plan.handdown.taking_back import take_back
    from plan.queries.lookup import find_obligation
    from plan.text import number_words

    with writing() as session:
        inner = _inner(session, plan, target)
        product = target.partition("/")[2].partition("@")[0]
        only = find_obligation(session, inner.id, f"{unit}/{product}").id if unit else None
        who = clerk(session, current_plan(session, plan).id, target.partition("/")[0], by)
        count = take_back(session, inner, reason=reason, actor=who, now=clock_now(), only=only)
    typer.echo(f"Đã thu lại {target} của {number_words(count)} đơn vị.")


@handdown_app.command("list")
@reports_errors
def handdown_list(target: Target, plan: PlanOption = "", as_json: JsonOption = False) -> None:
    """Các đơn vị được giao: mã, tên, hạn, tình trạng."""
    from plan.queries.progress import obligations
    from plan.states import STATE_WORDS, State
    from plan.text import date_words

    with reading() as session:
        views = obligations(session, _inner(session, plan, target), clock_now())
    if as_json:
        print_json(
            [
                {
                    "unit": one.agency,
                    "name": one.agency_name,
                    "last_day": one.last_day,
                    "state": one.state,
                }
                for one in views
            ]
        )
        return
    print_table(
        ["Mã", "Đơn vị", "Chậm nhất", "Tình trạng"],
        [
            [
                one.agency,
                one.agency_name,
                date_words(one.last_day) if one.last_day else "",
                STATE_WORDS[State(one.state)],
            ]
            for one in views
        ],
    )


def _inner(session: Session, plan: str, target: str) -> Plan:
    from plan.errors import RefusedError
    from plan.handdown.handing import inner_of

    found = inner_of(session, find_row(session, plan, target))
    if found is None:
        raise RefusedError(f"{target} chưa giao xuống đơn vị nào.")
    return found
