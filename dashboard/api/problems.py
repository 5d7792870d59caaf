"""Errors as `application/problem+json` (RFC 9457), in Vietnamese."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard.auth.limits import Limit
from dashboard.web.dispatch import form_words, status_of
from dashboard.web.security import TooLargeError, nobody_knows
from plan.errors import DondocError

TITLES: Mapping[int, str] = {
    400: "Yêu cầu không đọc được",
    401: "Thiếu khóa hoặc khóa không đúng",
    403: "Không có quyền",
    404: "Không có",
    405: "Không nhận cách gọi này",
    408: "Đường truyền quá chậm",
    409: "Không thực hiện được",
    413: "Quá lớn",
    422: "Yêu cầu sai dạng",
    429: "Gọi quá nhiều",
    500: "Lỗi hệ thống",
}
_WORDS: Mapping[str, str] = {
    "missing": "bắt buộc phải có",
    "json_invalid": "không phải JSON hợp lệ",
    "string_too_short": "quá ngắn",
    "string_too_long": "quá dài",
    "int_parsing": "phải là số nguyên",
    "int_type": "phải là số nguyên",
    "bool_parsing": "phải là true hoặc false",
    "bool_type": "phải là true hoặc false",
    "string_type": "phải là chuỗi",
    "greater_than_equal": "nhỏ hơn mức cho phép",
    "less_than_equal": "lớn hơn mức cho phép",
    "date_from_datetime_parsing": "phải là ngày dạng 2020-04-29",
    "date_parsing": "phải là ngày dạng 2020-04-29",
    "datetime_from_date_parsing": "phải là thời điểm ISO 8601 có múi giờ",
    "timezone_aware": "thời điểm phải có múi giờ",
    "literal_error": "không thuộc các giá trị cho phép",
    "extra_forbidden": "không có trường này",
    "string_pattern_mismatch": "sai dạng",
}


UNKNOWN = "unknown_value"
_OURS = frozenset({UNKNOWN, "out_of_reason"})
"""Refusals of our own validators: they bring their words."""


class FieldFault(BaseModel):
    """Which part of the request, and what is wrong with it."""

    field: str
    words: str


class Problem(BaseModel):
    """What went wrong and what to do; nothing was changed."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[FieldFault] = []


class UnauthorisedError(DondocError):
    """No key, or one that opens nothing."""

    def __init__(self) -> None:
        super().__init__(
            "Gửi khóa trong đầu mục Authorization: Bearer dondoc_… Quản trị viên cấp khóa."
        )


class TooOftenError(DondocError):
    """Refused for now."""

    def __init__(self, words: str, limit: Limit) -> None:
        super().__init__(words)
        self.seconds = int(limit.window.total_seconds())


def problem(
    status: int,
    detail: str,
    errors: Sequence[FieldFault] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    body = Problem(
        title=TITLES.get(status, TITLES[409]), status=status, detail=detail, errors=list(errors)
    )
    return JSONResponse(
        body.model_dump(),
        status_code=status,
        media_type=KIND,
        headers=dict(headers or {}),
    )


async def refused(_request: Request, error: Exception) -> JSONResponse:
    """Whatever the rooms below refuse: well put, but not possible as things stand (409)."""
    assert isinstance(error, DondocError)
    if isinstance(error, UnauthorisedError):
        return problem(401, str(error), headers={"www-authenticate": "Bearer"})
    if isinstance(error, TooOftenError):
        return problem(429, str(error), headers={"retry-after": str(error.seconds)})
    status = status_of(error)
    return problem(409 if status == 422 else status, str(error))


async def invalid(_request: Request, error: Exception) -> JSONResponse:
    """The request does not have its shape: every fault at once."""
    assert isinstance(error, RequestValidationError)
    faults = [_fault(one) for one in error.errors()]
    return problem(422, "Yêu cầu có chỗ không đúng dạng; chưa thực hiện gì.", faults)


def _fault(one: Mapping[str, Any]) -> FieldFault:
    place = ".".join(str(part) for part in one["loc"] if part not in ("body", "query", "path"))
    if one["type"] in _OURS:
        return FieldFault(field=place, words=one["msg"])
    return FieldFault(field=place, words=_WORDS.get(one["type"], "giá trị không hợp lệ"))


async def http(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    words = {404: "Không có địa chỉ này.", 405: "Địa chỉ này không nhận cách gọi đó."}
    detail = words.get(error.status_code) or form_words(str(error.detail))
    return problem(error.status_code, detail, headers=error.headers)


async def too_large(_request: Request, _error: Exception) -> JSONResponse:
    return problem(413, "Nội dung gửi lên quá lớn; chưa nhận gì.")


async def broken(request: Request, _error: Exception) -> JSONResponse:
    if nobody_knows():
        return problem(
            500,
            "Có lỗi trong hệ thống; không rõ việc vừa gọi đã được ghi nhận hay chưa. Hãy đọc lại "
            "rồi gọi lại; bài nộp gửi lại với cùng Idempotency-Key không bị ghi hai lần.",
        )
    words = "Có lỗi trong hệ thống; việc vừa gọi chưa được ghi nhận."
    if "Idempotency-Key" in request.headers:
        words += " Lần gọi trước với cùng Idempotency-Key, nếu có, thì có thể đã được."
    return problem(500, words)


HANDLERS: dict[int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]] = {
    DondocError: refused,
    RequestValidationError: invalid,
    HTTPException: http,
    TooLargeError: too_large,
    Exception: broken,
}
KIND = "application/problem+json"
PLAIN = "application/octet-stream"
BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {PLAIN: {"schema": {"type": "string", "format": "binary"}}}}
}
"""What operations that give a file answer."""
RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": TITLES[status],
        "content": {KIND: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status in (400, 401, 403, 404, 405, 409, 413, 422, 429)
}
"""What every operation may answer beside its own; the schema is added with the description."""
