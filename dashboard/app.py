"""The dashboard as an ASGI application.

`create_app(settings, engine, clock)` wires pages, API and static files; nothing is read from the
environment here. Every route comes from a table that says who may use it.
"""

from __future__ import annotations

import logging
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import Engine
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from dashboard.api import problems
from dashboard.api.app import PATH, make_api
from dashboard.pages import ALL_PAGES
from dashboard.pages.time_travel import demo_viewer
from dashboard.rendering.templates import make_templates
from dashboard.web import monitoring, static_files, zalo_webhook
from dashboard.web.dispatch import endpoint, viewer_by_cookie
from dashboard.web.live import Live
from dashboard.web.monitoring import Checks
from dashboard.web.security import Safe, nobody_knows
from dashboard.web.site import Clock, Demo, Site
from dashboard.web.static_files import asset
from dashboard.web.system import System
from plan.keys.secret import secret_key
from plan.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"
UPLOAD_SLACK = 64 * 1024
log = logging.getLogger("dondoc.dashboard")


def create_app(
    settings: Settings,
    engine: Engine,
    clock: Clock,
    *,
    real_clock: Clock | None = None,
    virtual: bool = False,
    demo: Demo | None = None,
    checks: Checks | None = None,
    system: System | None = None,
) -> FastAPI:
    """The application. `clock` gives the plan's time, `real_clock` (default: the same) that of
    sessions and codes; `virtual` marks every page; `demo` opens a finished rehearsal for looking;
    `checks` is what `/health` answers beside being alive; `system` is what «Hệ thống» shows."""
    site = Site(
        settings=settings,
        engine=engine,
        clock=clock,
        real_clock=real_clock or clock,
        secret=secret_key(settings),
        templates=make_templates(TEMPLATES),
        virtual=virtual,
        demo=demo,
    )
    api = make_api(site)
    app = FastAPI(
        title="Đôn Đốc",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        # A redirect to the other spelling would name whatever Host was sent.
        redirect_slashes=False,
        routes=_routes(site, api),
        middleware=[
            Middleware(
                Safe,
                https=site.secure,
                upload_bytes=settings.max_upload_bytes + UPLOAD_SLACK,
                fault=_fault,
            )
        ],
        exception_handlers={HTTPException: _http_fault},
    )
    app.state.site = site
    app.state.checks = checks
    app.state.system = system
    app.state.api = api
    return app


def _routes(site: Site, api: FastAPI) -> list[BaseRoute]:
    find = demo_viewer if site.demo else viewer_by_cookie
    routes: list[BaseRoute] = [
        Route("/static/{name}", static_files.serve, name="static"),
        Route("/health", monitoring.health, name="health"),
        Route("/ready", monitoring.ready, name="ready"),
        Route("/metrics", monitoring.metrics, name="metrics"),
        Route("/zalo", zalo_webhook.zalo_return, methods=["GET"], name="zalo-return"),
        Route("/zalo/webhook", zalo_webhook.zalo, methods=["POST"], name="zalo"),
        Route("/su-kien", Live(site, find).answer, methods=["GET"], name="live"),
        Mount(PATH, api, name="api"),
    ]
    for page in ALL_PAGES:
        methods = ["GET", "HEAD"] if page.method == "GET" else [page.method]
        routes.append(Route(page.path, endpoint(site, page, find), methods=methods, name=page.name))
    return routes


async def _http_fault(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if request.url.path.startswith(PATH):  # a path so odd that the API never saw it
        return await problems.http(request, error)
    words = {
        404: "Không có trang này, hoặc anh/chị không có quyền xem.",
        405: "Trang này không nhận cách gửi đó.",
    }
    return _plain_page(
        request, error.status_code, words.get(error.status_code, "Không thực hiện được.")
    )


async def _fault(request: Request, error: Exception) -> Response:
    """Something we did not foresee. Nothing half done is kept (each change is one transaction); whether the
    change was, is said as far as it is known."""
    log.error("fault at %s %s", request.method, request.url.path, exc_info=error)
    return _plain_page(request, 500, _UNSURE if nobody_knows() else _NOTHING_KEPT)


_NOTHING_KEPT = (
    "Có lỗi trong hệ thống. Việc vừa làm chưa được ghi nhận; xin thử lại sau ít phút, nếu vẫn lỗi "
    "hãy báo Sở Nội vụ kèm thời điểm."
)
_UNSURE = (
    "Có lỗi trong hệ thống. Không rõ việc vừa làm đã được ghi nhận hay chưa: xin mở lại trang để xem. "
    "Nộp lại đúng các tệp ấy không sinh thêm lần nộp; nếu vẫn lỗi hãy báo Sở Nội vụ kèm thời điểm."
)


def _plain_page(request: Request, status: int, words: str) -> Response:
    site: Site = request.app.state.site
    html = site.templates.get_template("fault.html").render(words=words, code=status, asset=asset)
    return HTMLResponse(html, status_code=status)
