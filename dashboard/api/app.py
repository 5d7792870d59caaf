"""The JSON API under `/api/v1`: an application of its own, with its own description."""

from __future__ import annotations

from functools import cache
from typing import Any

from fastapi import FastAPI

from dashboard.api import (
    acts,
    commands,
    directory,
    edoc,
    hand_down,
    handing_in,
    letters,
    obligations,
    office,
    plan,
    records,
    search,
    threads,
)
from dashboard.api.problems import HANDLERS, PLAIN, Problem
from dashboard.web.site import Site

PATH = "/api/v1"
GROUPS = (
    plan,
    directory,
    obligations,
    threads,
    records,
    handing_in,
    hand_down,
    edoc,
    acts,
    commands,
    letters,
    office,
    search,
)


class Api(FastAPI):
    """The sub-application. What it describes follows from the code alone: written once a process, when
    first asked for."""

    def openapi(self) -> dict[str, Any]:
        """The description, OpenAPI 3.1. Not to be changed: all of a process's applications share it."""
        return _description()


def make_api(site: Site) -> FastAPI:
    """The sub-application; its OpenAPI description stands at `/api/v1/openapi.json`."""
    api = _bare(Api)
    api.state.site = site
    return api


def _bare(made: type[FastAPI]) -> FastAPI:
    api = made(
        # In ASCII: who makes a client from the description names their package by it.
        title="dondoc",
        version="1",
        description="Đôn Đốc: ai còn nợ gì, hạn nào; nộp, duyệt, tổng hợp. Gửi khóa trong "
        "`Authorization: Bearer dondoc_…`. Lỗi theo RFC 9457, tiếng Việt. Người dùng, khóa và webhook chỉ "
        "quản trị viên đặt được, trên trang Quản trị hoặc bằng dòng lệnh.",
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        redirect_slashes=False,
        exception_handlers=HANDLERS,
    )
    for group in GROUPS:
        api.include_router(group.api)
    return api


@cache
def _description() -> dict[str, Any]:
    """FastAPI's description, with how one signs in and what a problem looks like."""
    schema = _bare(FastAPI).openapi()
    parts = schema.setdefault("components", {})
    shapes = parts.setdefault("schemas", {})
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    shapes |= problem.pop("$defs", {}) | {"Problem": problem}
    parts["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    schema["security"] = [{"key": []}]
    schema["servers"] = [{"url": PATH}]
    _mark_files(schema)
    return schema


def _mark_files(part: Any) -> None:
    """A file sent is marked by its media type alone (JSON Schema 2020-12); makers of clients know it by
    `format: binary` and take it for a text otherwise."""
    if isinstance(part, dict):
        if part.get("contentMediaType") == PLAIN:
            part["format"] = "binary"
        for inner in part.values():
            _mark_files(inner)
    elif isinstance(part, list):
        for inner in part:
            _mark_files(inner)
