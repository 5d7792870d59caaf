"""`recheck`: what was filed, read again by today's reader; changes nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.intake.support import limits, start_reading, store
from flows.commands.options import JsonOption, PlanOption
from flows.commands.support import (
    current_plan,
    engine,
    print_json,
    print_table,
    reading,
    reports_errors,
)

if TYPE_CHECKING:
    from intake.recheck import Difference, Rechecked

_WHAT = {"value": "số liệu", "section": "mục báo cáo", "finding": "phát hiện", "file": "tệp"}
_LEVELS = {"error": "lỗi", "warning": "cảnh báo"}
_SHOWN = 60


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(recheck)


@reports_errors
def recheck(
    agency: Annotated[str, typer.Option("--agency", help="Chỉ của cơ quan này.")] = "",
    plan: PlanOption = "",
    as_json: JsonOption = False,
) -> None:
    """Đọc lại các tệp đã nộp bằng bộ đọc hiện nay, liệt kê chỗ đọc khác; không thay đổi gì."""
    from intake.recheck import recheck as read_again

    start_reading()
    with reading() as session:
        plan_id = current_plan(session, plan).id
    found = read_again(engine(), store(), plan_id, agency=agency, limits=limits())
    if as_json:
        print_json([_as_json(one) for one in found])
        return
    rows = [row for one in found for row in _rows(one)]
    if not rows:
        typer.echo("Mọi tệp đã nộp được đọc lại như cũ.")
        return
    print_table(["Nghĩa vụ", "Lần", "Loại", "Ở đâu", "Đã ghi nhận", "Nay đọc được"], rows)
    typer.echo(
        "Chưa thay đổi gì. Cần sửa bản nào thì trả lại bản đó, hoặc đề nghị cơ quan nộp lại."
    )


def _rows(one: Rechecked) -> list[list[str]]:
    return [
        [one.obligation, str(one.number), _WHAT[each.what], each.name, *_words(each)]
        for each in one.differences
    ]


def _words(each: Difference) -> list[str]:
    """The first differing stretch of a long text; a finding's severity in words."""
    before, now = (_LEVELS.get(text, text).replace("\n", " ") for text in (each.before, each.now))
    start = next((n for n, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), 0)
    start = max(start - 20, 0) if len(before) > _SHOWN else 0
    return [text[start : start + _SHOWN] for text in (before, now)]


def _as_json(one: Rechecked) -> dict[str, Any]:
    return {
        "obligation": one.obligation,
        "submission": one.number,
        "differences": [dict(vars(each)) for each in one.differences],
    }
