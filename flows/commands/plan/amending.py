"""`plan amend|versions|export`: a plan that stands, changed by a document; its versions; its folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.options import REVIEWER, By, JsonOption, PlanOption, Reason, plan_app
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
    from plan.amending.differences import Difference


def register(_app: typer.Typer) -> None:
    """These commands stand under `plan`, which `plans` adds."""


@plan_app.command()
@reports_errors
def amend(
    path: Annotated[Path, typer.Argument(help="Thư mục kế hoạch đã sửa.")],
    document: Annotated[str, typer.Option("--document", help="Số văn bản sửa đổi.")],
    on: Annotated[str, typer.Option("--on", help="Ngày ký văn bản, ví dụ 2026-06-01.")],
    reason: Reason,
    plan: PlanOption = "",
    by: By = REVIEWER,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Chỉ xem đổi gì, ai được báo gì; không ghi.")
    ] = False,
) -> None:
    """Sửa đổi kế hoạch theo văn bản: xem đổi gì, ai được báo gì, rồi ghi thành phiên bản mới."""
    from flows.commands.plan.plans import checked
    from notifications.amending import preview_amendment
    from notifications.plan_context import messaging_from
    from plan.amending.amend import amend_plan
    from plan.amending.differences import differences
    from plan.importing.obligations import AmendedBy
    from plan.plausible import day_from
    from plan.queries.definitions import definition_of
    from plan.settings import get_settings

    after = checked(path)
    amended_by = AmendedBy(document, day_from(on), reason, actor(by, "coordinator"))
    with reading() as session:
        row = current_plan(session, plan)
        plan_id, seen, before = row.id, row.definition_hash, definition_of(row)
    _print_differences(differences(before, after))
    if dry_run:
        preview = preview_amendment(
            engine(), plan_id, after, seen=seen, amended_by=amended_by,
            desk=messaging_from(get_settings()), now=clock_now(),
        )  # fmt: skip
        print_table(
            ["Cơ quan", "Người nhận", "Được báo"],
            [
                [one.agency, "; ".join(one.people) or "không liên hệ được ai", "; ".join(one.lines)]
                for one in preview.told
            ],
        )
        return
    with writing() as session:
        done = amend_plan(
            session, plan_id, after, seen=seen, amended_by=amended_by, now=clock_now()
        )
    typer.echo(done.words)


@plan_app.command("versions")
@reports_errors
def list_versions(
    plan: PlanOption = "",
    compare: Annotated[str, typer.Option("--compare", help="So hai phiên bản, ví dụ 1-2.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Các phiên bản của kế hoạch, hoặc hai phiên bản nói khác nhau gì."""
    from plan.amending.versions import compared, versions
    from plan.errors import UsageError

    with reading() as session:
        plan_id = current_plan(session, plan).id
        listed = versions(session, plan_id)
        if compare:
            before, sign, after = compare.partition("-")
            if not (sign and before.isdecimal() and after.isdecimal()):
                raise UsageError(f"«{compare}» không đúng dạng hai phiên bản, ví dụ 1-2.")
            found = compared(session, plan_id, int(before), int(after))
            _print_differences(found)
            return
    if as_json:
        print_json([one._asdict() for one in listed])
        return
    print_table(
        ["Phiên bản", "Văn bản", "Lý do", "Người ghi", "Từ"],
        [
            [
                str(one.number),
                one.document_number,
                one.reason,
                one.made_by,
                f"{one.made_at:%d/%m/%Y}",
            ]
            for one in listed
        ],
    )


@plan_app.command()
@reports_errors
def export(
    out: Annotated[Path, typer.Argument(help="Thư mục mới để ghi.")], plan: PlanOption = ""
) -> None:
    """Ghi kế hoạch đang có ra thư mục YAML, nạp lại được nguyên như cũ."""
    from plan.definition.export import write_plan
    from plan.queries.definitions import definition_of

    with reading() as session:
        definition = definition_of(current_plan(session, plan))
    written = write_plan(definition, out)
    typer.echo(f"Đã ghi {len(written)} tệp vào {out}; kiểm tra: dondoc plan check {out}")


def _print_differences(found: Sequence[Difference]) -> None:
    """As a table; a sentence when there is none."""
    from plan.amending.differences import KINDS

    if not found:
        typer.echo("Không có gì khác.")
        return
    print_table(
        ["Thay đổi", "Sản phẩm, phần của kế hoạch", "Cơ quan", "Trước", "Nay"],
        [
            [KINDS[one.kind], one.title, ", ".join(one.agencies), one.before, one.after]
            for one in found
        ],
    )
