"""The JSON API under `/api/v1`: an application of its own, with its own description."""

from __future__ import annotations

from fastapi import FastAPI

from dashboard.api import deeds, reads
from dashboard.api.problems import HANDLERS
from dashboard.site import Site

PATH = "/api/v1"


def make_api(site: Site) -> FastAPI:
    """The sub-application; its OpenAPI description stands at `/api/v1/openapi.json`."""
    api = FastAPI(
        title="Đôn Đốc",
        version="1",
        description="Ai còn nợ gì, hạn nào; nộp, duyệt, tổng hợp. Gửi khóa trong "
        "`Authorization: Bearer dondoc_…`. Lỗi theo RFC 9457, tiếng Việt.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        exception_handlers=HANDLERS,
    )
    api.state.site = site
    api.include_router(reads.api)
    api.include_router(deeds.api)
    return api
