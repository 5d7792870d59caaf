"""`plan table`, `plan changes`: a table to fill in, and what a table taken in again changes."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from flows.commands.options import JsonOption, PlanOption, plan_app
from flows.commands.support import (
    clock_now,
    current_plan,
    print_json,
    print_table,
    reading,
    reports_errors,
)

_SHOWN = {"new": "Mới", "changed": "Đổi", "gone": "Không còn"}


def register(app: typer.Typer) -> None:  # noqa: ARG001 - the commands join the group `plan`
    """Add this group's commands."""
    plan_app.command()(table)
    plan_app.command()(changes)
    plan_app.command()(forms)


@reports_errors
def table(
    out: Annotated[Path, typer.Argument(help="Tệp .xlsx sẽ ghi.")] = Path("bang-giao-viec.xlsx"),
    plan: PlanOption = "",
) -> None:
    """Ghi bảng giao việc để điền (cơ quan × sản phẩm × hạn), tên cơ quan chọn trong danh bạ.

    Điền xong thì nạp bằng `plan draft`.
    """
    from drafting.fill_in import write_table
    from plan.text import number_words

    names = _names(plan)
    out.write_bytes(write_table(names))
    typer.echo(f"Đã ghi {out}: {number_words(len(names))} cơ quan để chọn.")


def _names(plan: str) -> list[str]:
    """The agencies' names today, in the plan's order."""
    from plan.calendar import local_day
    from plan.queries.lookup import agency_names

    with reading() as session:
        today = local_day(clock_now())
        rows = agency_names(session, current_plan(session, plan).id, today)
        return [row.name for _, row in sorted(rows.items())]


@reports_errors
def changes(
    earlier: Annotated[Path, typer.Argument(help="Bảng (hoặc văn bản) lần trước.")],
    later: Annotated[Path, typer.Argument(help="Bảng lần này.")],
    as_json: JsonOption = False,
) -> None:
    """So bảng giao việc lần này với lần trước: việc nào mới, đổi, không còn. Chỉ cho xem, không sửa gì."""
    from drafting.compare import compare
    from plan.text import number_words as n

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
        f"{n(counted['new'])} mới, {n(counted['changed'])} đổi, {n(counted['gone'])} không còn, "
        f"{n(counted['same'])} như cũ."
    )


@reports_errors
def forms(
    file: Annotated[
        Path, typer.Argument(help="Văn bản kế hoạch hoặc tệp biểu mẫu (.docx, .pdf, .xlsx).")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Ghi appendices/*.yaml và outline.yaml vào thư mục này."),
    ] = None,
) -> None:
    """Soạn phụ lục và đề cương từ biểu trống trong văn bản; điều chưa chắc được liệt kê thành câu hỏi."""
    from plan.text import number_words as n

    made = _draft(file)["forms"]
    print_table(
        ["Phụ lục", "Tên", "Kỳ", "Dòng"],
        [
            [
                one["code"],
                one["title"],
                str(max(len(each["periods"]) for each in one["tables"])),
                str(sum(len(each["indicators"]) for each in one["tables"])),
            ]
            for one in made["appendices"]
        ],
    )
    for question in made["questions"]:
        typer.echo(f"Hỏi ({question['appendix']}): {question['text']}")
    headings = _count(made["outline"])
    typer.echo(
        f"{n(len(made['appendices']))} phụ lục, {n(headings)} mục đề cương, "
        f"{n(len(made['questions']))} câu hỏi."
    )
    if out is not None:
        _write_forms(made, out)


def _count(nodes: list[dict[str, Any]]) -> int:
    return sum(1 + _count(node.get("children", [])) for node in nodes)


def _write_forms(made: dict[str, Any], out: Path) -> None:
    from plan.definition.yaml_lines import write_yaml

    (out / "appendices").mkdir(parents=True, exist_ok=True)
    for one in made["appendices"]:
        for table in one["tables"]:
            for period in table["periods"]:
                period["ends_on"] = date.fromisoformat(period["ends_on"])
        (out / "appendices" / f"{one['code']}.yaml").write_text(write_yaml(one), encoding="utf-8")
    if made["outline"]:
        (out / "outline.yaml").write_text(write_yaml(made["outline"]), encoding="utf-8")
    typer.echo(f"Đã ghi vào {out}.")


def _draft(file: Path) -> dict[str, Any]:
    from drafting.document import UnreadableError
    from drafting.service import draft_safely
    from plan.errors import DondocError

    try:
        return draft_safely(file.read_bytes(), file.name)
    except UnreadableError as refused:
        raise DondocError(str(refused)) from None


def _obligations(file: Path) -> list[dict[str, Any]]:
    """The rows of a file; of an earlier draft kept as JSON, as they stand there."""
    from plan.errors import DondocError

    if file.suffix != ".json":
        return list(_draft(file)["obligations"])
    try:
        return list(json.loads(file.read_bytes())["obligations"])
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
