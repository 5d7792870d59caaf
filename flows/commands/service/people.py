"""`person …`: what is kept of somebody, given out or taken out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.commands.support import actor, clock_now, print_json, reports_errors, writing

person_app = typer.Typer(help="Dữ liệu cá nhân của một người.", no_args_is_help=True)
Who = Annotated[
    str, typer.Argument(metavar="AI", help="Địa chỉ thư, hoặc user:3, contact:12 nếu dùng chung.")
]
STAYS = (
    "Còn lại: tệp và thư đã nộp (của cơ quan); dòng sổ chỉ ghi số, dòng ghi từ bản cũ thì còn tên, vì "
    "tên nằm trong phần được ký; bản sao lưu cũ cho tới khi bị xóa theo hạn."
)


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(person_app, name="person")


@person_app.command()
@reports_errors
def export(
    who: Who, out: Annotated[Path | None, typer.Option("--out", help="Ghi vào tệp này.")] = None
) -> None:
    """Xuất mọi điều Đôn Đốc giữ về một người, dạng JSON, không kèm mật khẩu và khóa."""
    import json

    from plan import people

    with writing() as session:
        person = people.find_person(session, who)
        found = people.export(session, person)
        people.record_export(session, person, actor=actor("dondoc", "system"), now=clock_now())
    if out is None:
        print_json(found)
        return
    out.write_text(json.dumps(found, ensure_ascii=False, indent=2), "utf-8")
    out.chmod(0o600)
    typer.echo(f"Đã ghi {out}: {sum(map(len, found.values()))} dòng.")


@person_app.command()
@reports_errors
def delete(
    who: Who, yes: Annotated[bool, typer.Option("--yes", help="Không hỏi lại.")] = False
) -> None:
    """Xóa dữ liệu của một người: danh bạ, tài khoản, phiên, lời tin, tên trong sổ. Không lấy lại được."""
    from plan import people

    with writing() as session:
        person = people.find_person(session, who)
        listed = ", ".join(sorted(person.names)) or "(không còn tên)"
        if not yes:
            typer.confirm(f"Xóa {listed} ({', '.join(sorted(person.accounts))})?", abort=True)
        done = people.erase(session, person, actor=actor("dondoc", "system"), now=clock_now())
    for title, count in done.items():
        typer.echo(f"{title}: {count}")
    typer.echo(STAYS)
