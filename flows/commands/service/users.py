"""`dashboard`, `user …`: the pages, and who may sign in to them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.options import JsonOption
from flows.commands.support import (
    actor,
    clock_now,
    engine,
    print_json,
    print_table,
    reading,
    reports_errors,
    writing,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from fastapi import FastAPI
    from sqlalchemy import Engine
    from sqlmodel import Session

    from dashboard.web.monitoring import Checks
    from dashboard.web.system import System
    from plan.models import UserAccount

user_app = typer.Typer(help="Người dùng trang tổng hợp.", no_args_is_help=True)
Email = Annotated[str, typer.Argument(help="Thư điện tử.")]


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(dashboard)
    app.add_typer(user_app, name="user")


@reports_errors
def dashboard(
    demo: Annotated[
        Path | None,
        typer.Option("--demo", help="Thư mục kết quả diễn tập (dondoc demo --out DIR); chỉ xem."),
    ] = None,
    host: Annotated[str, typer.Option("--host", help="Địa chỉ lắng nghe.")] = "",
    port: Annotated[int, typer.Option("--port", help="Cổng.")] = 0,
) -> None:
    """Mở trang tổng hợp. Lần đầu in ra một đường dẫn dùng một lần cho quản trị viên."""
    import uvicorn

    from dashboard.web.connections import BoundedProtocol
    from plan.settings import get_settings

    settings = get_settings()
    address, number = host or settings.host, port or settings.port
    app = rehearsal_app(demo, address, number) if demo is not None else live_app()
    typer.echo(f"Trang tổng hợp: http://{address}:{number} (Ctrl-C để dừng)")
    uvicorn.run(
        app,
        host=address,
        port=number,
        log_level="warning",
        access_log=False,
        http=BoundedProtocol,
        timeout_graceful_shutdown=3,
    )


def live_app(
    opened: Engine | None = None,
    clock: Callable[[], datetime] | None = None,
    checks: Checks | None = None,
    system: System | None = None,
) -> FastAPI:
    """The dashboard on this installation's data and clock; `serve` hands in its own. A rehearsal's home
    is shown to whoever looks, and nothing in it can be changed."""
    from dashboard.app import create_app
    from dashboard.auth.users import first_admin_link
    from dashboard.pages.time_travel import rehearsed_days
    from flows.clock import real_clock, service_clock
    from plan.database import reading as read_door
    from plan.database import writing as write_door
    from plan.settings import get_settings, is_rehearsal

    settings, opened, demo = get_settings(), opened or engine(), None
    if is_rehearsal(settings.home):
        with read_door(opened) as session:
            demo = rehearsed_days(session)
    else:
        with write_door(opened) as session:
            link = first_admin_link(session, settings.base_url, real_clock())
        if link is not None:
            typer.echo(f"Chưa có quản trị viên. Mở một lần trong 24 giờ để đăng nhập: {link}")
    return create_app(
        settings,
        opened,
        clock or service_clock(settings, opened),
        real_clock=real_clock,
        virtual=bool(settings.clock),
        demo=demo,
        checks=checks,
        system=system,
    )


def rehearsal_app(folder: Path, host: str, port: int) -> FastAPI:
    """The same pages on a rehearsal's result, as of any of its days; nothing can be changed."""
    from dashboard.app import create_app
    from dashboard.pages.time_travel import rehearsed_days
    from flows.clock import VirtualClock, real_clock
    from plan.database import migrate, migrated, open_engine
    from plan.database import reading as door
    from plan.errors import SettingsError
    from plan.settings import Settings

    if not (folder / "dondoc.db").is_file():
        raise SettingsError(
            f"{folder} không phải kết quả diễn tập; hãy chạy: dondoc demo --out {folder}"
        )
    settings = Settings(home=folder, base_url=f"http://{host}:{port}", database_url="", clock="")
    opened = open_engine(settings.resolved_database_url)
    if not migrated(opened):  # played by an earlier version
        migrate(opened)
    with door(opened) as session:
        days = rehearsed_days(session)
    clock = VirtualClock(days.last)
    return create_app(settings, opened, clock, real_clock=real_clock, virtual=True, demo=days)


# --- users -------------------------------------------------------------------------------------


@user_app.command("add")
@reports_errors
def user_add(
    email: Annotated[str, typer.Option("--email", help="Thư điện tử.")],
    role: Annotated[str, typer.Option("--role", help="admin | coordinator | agency | leader")],
    name: Annotated[str, typer.Option("--name", help="Họ tên.")] = "",
    agency: Annotated[
        list[str] | None, typer.Option("--agency", help="Mã cơ quan trong danh bạ.")
    ] = None,
) -> None:
    """Thêm người dùng và in đường dẫn đăng nhập một lần."""
    from dashboard.auth import users
    from plan.settings import get_settings

    now = _real_now()
    with writing() as session:
        user = users.add_user(
            session,
            email=email,
            name=name,
            role=role,
            agencies=agency or [],
            actor=actor("dondoc", "system"),
            now=now,
        )
        link = users.make_one_time_link(session, user, get_settings().base_url, now)
    typer.echo(f"Đã thêm {user.email}. Đăng nhập một lần trong 24 giờ: {link}")


@user_app.command("list")
@reports_errors
def user_list(as_json: JsonOption = False) -> None:
    """Ai được đăng nhập, vai trò gì."""
    from dashboard.auth import users

    with reading() as session:
        found = users.list_users(session)
    rows = [
        {
            "email": user.email,
            "name": user.name,
            "role": user.role,
            "agencies": user.agencies,
            "disabled": user.disabled_at is not None,
            "password": bool(user.password_hash),
            "totp": bool(user.totp_secret),
        }
        for user in found
    ]
    if as_json:
        print_json(rows)
        return
    print_table(
        ["Thư điện tử", "Tên", "Vai trò", "Cơ quan", "Trạng thái"],
        [
            [
                user.email,
                user.name,
                user.role,
                ", ".join(user.agencies),
                "đã khóa" if user.disabled_at else "đang dùng",
            ]
            for user in found
        ],
    )


@user_app.command("disable")
@reports_errors
def user_disable(
    email: Email, enable: Annotated[bool, typer.Option("--enable", help="Mở lại.")] = False
) -> None:
    """Khóa người dùng: phiên đang mở kết thúc ngay."""
    from dashboard.auth import users

    with writing() as session:
        user = users.get_user(session, email)
        users.set_disabled(
            session, user, disabled=not enable, actor=actor("dondoc", "system"), now=clock_now()
        )
    typer.echo(f"Đã {'mở lại' if enable else 'khóa'} {user.email}.")


@user_app.command("link")
@reports_errors
def user_link(
    email: Email,
    new_phone: Annotated[
        bool, typer.Option("--new-phone", help="Mất điện thoại: đặt lại mã xác thực.")
    ] = False,
    new_sso: Annotated[
        bool, typer.Option("--new-sso", help="Tài khoản của tỉnh đã làm lại: gỡ liên kết cũ.")
    ] = False,
) -> None:
    """In một đường dẫn đăng nhập dùng một lần."""
    from dashboard.auth import oidc, users
    from plan.settings import get_settings

    now, who = _real_now(), actor("dondoc", "system")
    with writing() as session:
        user = users.get_user(session, email)
        if new_phone:
            users.reset_totp(session, user, actor=who, now=clock_now())
            _tell(session, user, "reset")
        if new_sso:
            oidc.untie(session, user, actor=who, now=clock_now())
        link = users.make_one_time_link(session, user, get_settings().base_url, now)
    typer.echo(link)


@user_app.command("email")
@reports_errors
def change_email(
    email: Email, new: Annotated[str, typer.Argument(metavar="MỚI", help="Địa chỉ thư mới.")]
) -> None:
    """Đổi địa chỉ thư của một người dùng; cả địa chỉ cũ và mới đều được báo."""
    from dashboard.auth import users

    with writing() as session:
        user = users.get_user(session, email)
        was = user.email
        users.set_email(session, user, new, actor=actor("dondoc", "system"), now=clock_now())
        for address in (was, user.email):
            _tell(session, user, "address", address)
    typer.echo(f"{was} → {user.email}")


def _tell(session: Session, user: UserAccount, what: str, address: str = "") -> None:
    """The owner hears of it by mail, in the name of the newest plan there is."""
    from sqlmodel import col, select

    from notifications.account_notices import tell_owner
    from notifications.plan_context import messaging_from
    from plan.models import Plan
    from plan.settings import get_settings

    plan = session.exec(select(Plan.id).order_by(col(Plan.issued_on).desc(), Plan.id)).first()
    desk, by = messaging_from(get_settings()), "người quản trị máy chủ"
    tell_owner(session, desk, plan or "", user, what, clock_now(), address=address, by=by)


def _real_now() -> datetime:
    """Sessions and links live in real time, whatever the plan's clock says."""
    from flows.clock import real_clock

    return real_clock()
