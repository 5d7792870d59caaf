"""Pages of a PDF file that was handed in as pictures, drawn in the guarded process."""

from __future__ import annotations

import base64
from typing import Any

from intake.files.gate import Limits
from intake.sandbox import SandboxCrashError, SandboxTimeoutError, sandbox_for

Size = tuple[float, float]
"""Width and height of a page, in points."""


def picture_safely(data: bytes, page: int, limits: Limits | None = None) -> bytes | None:
    """The page as PNG; None where it cannot be drawn within the limits."""
    made = _asked("intake.pdf.picture:picture_as_data", limits, data, page)
    return base64.b64decode(made) if made is not None else None


def pictures_of(data: bytes, limits: Limits | None = None) -> bytes | None:
    """The file as a scanner would have made it; None where it cannot be drawn within the limits."""
    made = _asked("intake.pdf.picture:pictures_as_data", limits, data)
    return base64.b64decode(made) if made is not None else None


def sizes_safely(data: bytes, limits: Limits | None = None) -> list[Size]:
    """Each page's size; empty for a file that cannot be opened."""
    found = _asked("intake.pdf.picture:sizes_as_data", limits, data) or []
    return [(width, height) for width, height in found]


def _asked(target: str, limits: Limits | None, *arguments: Any) -> Any:
    try:
        return sandbox_for(limits or Limits()).run(target, *arguments)
    except (SandboxTimeoutError, SandboxCrashError, RuntimeError):
        return None
