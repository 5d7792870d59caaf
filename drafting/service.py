"""Drafts a file in the guarded process, with a limit on time and memory.

The worker reads the file, works the grammar and answers in JSON's types; nothing of the file is opened in
the caller's own process. Whatever the file is, there comes an answer or a sentence.
"""

from __future__ import annotations

from typing import Any

from drafting.document import UnreadableError
from drafting.draft import make_draft
from drafting.readers.registry import read_document
from drafting.refusals import refuse_empty, refuse_what_is_no_plan
from drafting.tables.columns import NO_ROLES, Roles
from intake.files.gate import Limits, safe_filename
from intake.sandbox import SandboxCrashError, SandboxTimeoutError, sandbox_for

DRAFT = "drafting.service:draft_as_data"
PLAN_LIMITS = Limits(seconds=30.0, memory_mb=600)
"""A plan of 70 pages takes two seconds, a long PDF with tables some ten."""


def draft_safely(
    data: bytes, filename: str, limits: Limits | None = None, roles: Roles = NO_ROLES
) -> dict[str, Any]:
    """The draft of a file, as `Draft.as_data` gives it. `roles`: what a person says that a column holds, by
    its head. Raises UnreadableError."""
    bounds = limits or PLAN_LIMITS
    name = safe_filename(filename)
    if len(data) > bounds.max_bytes:
        megabytes = bounds.max_bytes // (1024 * 1024)
        raise UnreadableError(f"Tệp {name} lớn quá {megabytes} MB: hãy chọn lại tệp kế hoạch.")
    try:
        answer: dict[str, Any] = sandbox_for(bounds).run(DRAFT, data, name, dict(roles))
    except SandboxTimeoutError:
        raise UnreadableError(
            f"Đọc tệp {name} quá {bounds.seconds:g} giây nên đã dừng: hãy bỏ bớt hình, bảng số liệu "
            "rồi gửi lại."
        ) from None
    except SandboxCrashError:
        raise UnreadableError(
            f"Tệp {name} cần quá nhiều bộ nhớ nên đã dừng: hãy lưu lại tệp ở dạng .docx hoặc .txt "
            "rồi gửi lại."
        ) from None
    if "refused" in answer:
        raise UnreadableError(answer["refused"])
    return answer


def draft_as_data(data: bytes, name: str, roles: Roles = NO_ROLES) -> dict[str, Any]:
    """What the worker does."""
    try:
        document = read_document(data, name)
        refuse_what_is_no_plan(document)
        draft = make_draft(document, roles)
        refuse_empty(draft)
        return draft.as_data()
    except UnreadableError as refused:
        return {"refused": str(refused)}
