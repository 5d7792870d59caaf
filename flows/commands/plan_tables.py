"""`plan table`, `plan changes`: a table to fill in, and what a table taken in again changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.cli_support import clock_now, current_plan, print_json, print_table, reading, told
from flows.commands.plans import JsonOption, PlanOption, plan_app

_SHOWN = {"new": "Mới", "changed": "Đổi", "gone": "Không còn"}


def register(app: typer.Typer) -> None:  # noqa: ARG001 - the commands join the group `plan`
    """Add this group's commands."""
    plan_app.command()(table)
    plan_app.command()(changes)


@told
def table(
    out: Annotated[Path, typer.Argument(help="Tệp .xlsx sẽ ghi.")] = Path("bang-giao-viec.xlsx"),
    plan: PlanOption = "",
) -> None:
    """Ghi bảng giao việc để điền (cơ quan × sản phẩm × hạn), tên cơ quan chọn trong danh bạ.

    Điền xong thì nạp bằng `plan draft`.
    """
    from drafting.fill_in import write_table

    names = _names(plan)
    out.write_bytes(write_table(names))
    typer.echo(f"Đã ghi {out}: {len(names)} cơ quan để chọn.")


def _names(plan: str) -> list[str]:
    """The agencies' names today, in the plan's order."""
    from plan.calendar import local_day
    from plan.lookup import agency_names

    with reading() as session:
        today = local_day(clock_now())
        rows = agency_names(session, current_plan(session, plan).id, today)
        return [row.name for _, row in sorted(rows.items())]


@told
def changes(
    earlier: Annotated[Path, typer.Argument(help="Bảng (hoặc văn bản) lần trước.")],
    later: Annotated[Path, typer.Argument(help="Bảng lần này.")],
    as_json: JsonOption = False,
) -> None:
    """So bảng giao việc lần này với lần trước: việc nào mới, đổi, không còn. Chỉ cho xem, không sửa gì."""
    from drafting.compare import compare

    found = compare(_obligations(earlier), _obligations(later))
    if as_json:
        print_json([_as_data(one) for one in found if one.kind != "same"])
        return
    print_table(
        ["", "Mã, việc", "Đổi gì"],
        [
            [_SHOWN[one.kind], _title(one), "\n".join(_said(field) for field in one.fields)]
            for one in found
            if one.kind != "same"
        ],
    )
    counted = {kind: sum(one.kind == kind for one in found) for kind in (*_SHOWN, "same")}
    typer.echo(
        f"{counted['new']} mới, {counted['changed']} đổi, {counted['gone']} không còn, "
        f"{counted['same']} như cũ."
    )


def _obligations(file: Path) -> list[dict[str, Any]]:
    """The rows of a file; of an earlier draft kept as JSON, as they stand there."""
    from drafting.document import UnreadableError
    from drafting.service import draft_safely
    from plan.errors import DondocError

    data = file.read_bytes()
    try:
        if file.suffix == ".json":
            return list(json.loads(data)["obligations"])
        return list(draft_safely(data, file.name)["obligations"])
    except UnreadableError as refused:
        raise DondocError(str(refused)) from None
    except (ValueError, KeyError, TypeError):
        raise DondocError(f"Tệp {file} không phải bản soạn do `plan draft --json` in ra.") from None


def _title(one: Any) -> str:
    key = one.row.get("key")
    return f"{key}: {one.row['deliverable']}" if key else str(one.row["deliverable"])


def _said(field: Any) -> str:
    return f"{field.field}: «{field.before or 'trống'}» → «{field.after or 'trống'}»"


def _as_data(one: Any) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "key": one.key,
        "before": one.before,
        "after": one.after,
        "fields": [_field_as_data(field) for field in one.fields],
    }


def _field_as_data(field: Any) -> dict[str, str]:
    return {"field": field.field, "before": field.before, "after": field.after}
