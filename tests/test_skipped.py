"""What a machine lacks is said with what installs it."""

from __future__ import annotations

import re
from pathlib import Path

from tests.conftest import packages_for

TESTS = Path(__file__).parent
OF_THE_KERNEL = {"needs Landlock", "needs seccomp"}
"""Reasons that no package takes away."""


def test_every_missing_tool_has_its_package() -> None:
    """Each reason a test is skipped for a tool names one the table knows."""
    marks = re.compile(
        r"skipif\([^)]*?(?:shutil|SOFFICE|NGINX|missing)[\s\S]{0,200}?reason=f?\"([^\"]+)\""
    )
    reasons = [
        reason
        for path in TESTS.rglob("test_*.py")
        for reason in marks.findall(path.read_text("utf-8"))
    ]
    assert len(reasons) >= 6
    filled = [reason.replace("{missing()}", "apt-get install redis-server") for reason in reasons]
    unknown = {reason for reason in filled if not packages_for([reason])}
    assert unknown == OF_THE_KERNEL


def test_unknown_reasons_ask_for_nothing() -> None:
    assert packages_for(["needs a second file system"]) == []
    assert packages_for(["needs nginx", "needs nginx"]) == ["nginx-light"]
