"""The few files beside the pages: style, script, mark. Addressed by their content, kept for a year."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

FOLDER = Path(__file__).parent.parent / "static"
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
FOREVER = "public, max-age=31536000, immutable"


@lru_cache(maxsize=32)
def _content(name: str) -> tuple[bytes, str] | None:
    path = FOLDER / name
    if path.suffix not in TYPES or path.parent != FOLDER or not path.is_file():
        return None
    data = path.read_bytes()
    return data, hashlib.sha256(data).hexdigest()[:12]


@lru_cache(maxsize=32)
def asset(name: str) -> str:
    """The address of a static file, its content's hash in it."""
    found = _content(name)
    assert found is not None, name
    return f"/static/{name}?v={found[1]}"


async def serve(request: Request) -> Response:
    name = request.path_params["name"]
    found = _content(name)
    if found is None:
        return PlainTextResponse("Không có tệp này.", status_code=404)
    data, version = found
    fresh = request.query_params.get("v") == version
    headers = {
        "content-type": TYPES[Path(name).suffix],
        "cache-control": FOREVER if fresh else "no-cache",
        "etag": f'"{version}"',
    }
    if request.headers.get("if-none-match") == f'"{version}"':
        return Response(status_code=304, headers=headers)
    return Response(data, headers=headers)
