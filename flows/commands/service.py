"""`serve`, `schedule`, `doctor`: the service itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from flows.cli_support import told

if TYPE_CHECKING:
    from flows.pages import Pages
    from flows.serve import Service


def register(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(serve)


@told
def serve() -> None:
    """Chạy cả hệ thống: trang tổng hợp, Prefect, các việc theo lịch. Ctrl-C để dừng."""
    from flows import serve as service
    from flows.log import one_log
    from plan.settings import get_settings

    one_log()
    service.serve(get_settings(), _open_pages)


def _open_pages(service: Service) -> Pages:
    from flows.commands.dashboard import live_app
    from flows.pages import Pages

    app = live_app()
    pages = Pages(app, service.settings.host, service.settings.port)
    pages.start()
    return pages
