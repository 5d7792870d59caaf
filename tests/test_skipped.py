"""What a machine lacks is said with what installs it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import packages_for

TESTS = Path(__file__).parent
SKIPPING = {"skip": 0, "skipif": None, "importorskip": None, "skipTest": 0}
"""What leaves a test out, and which of its positional arguments is the reason."""
NO_PACKAGE = {
    "needs Landlock",
    "needs seccomp",
    "this kernel lacks: {}",
    "no sound fork here",
    "needs a second file system",
    "walked at smaller sizes: the same pages, many times over",
}
"""Reasons of the kernel and the machine."""


def reasons_in(source: str) -> Iterator[str]:
    """Why each test of a file may be left out, `{}` where something is filled in; "" where none is said."""
    for call in ast.walk(ast.parse(source)):
        if isinstance(call, ast.Call) and (name := _last_name(call.func)) in SKIPPING:
            named = [word.value for word in call.keywords if word.arg == "reason"]
            position = SKIPPING[name]
            placed = call.args[position : position + 1] if position is not None else []
            yield "".join(_words(expression) for expression in [*named, *placed])


def _last_name(function: ast.expr) -> str:
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _words(expression: ast.expr) -> str:
    match expression:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_words(value) for value in values)
        case ast.FormattedValue():
            return "{}"
    return ""


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            "@pytest.mark.skipif(PROGRAM is None, reason='needs Dovecot')\ndef f(): ...",
            "needs Dovecot",
        ),
        (
            "pytestmark = [pytest.mark.skipif(bool(lacks()), reason=f'needs: {lacks()}')]",
            "needs: {}",
        ),
        (
            "def f():\n    if SOFFICE is None:\n        pytest.skip('needs LibreOffice')",
            "needs LibreOffice",
        ),
        ("skip(reason='needs nginx')", "needs nginx"),
        ("@pytest.mark.skipif(True, reason=WORDS)\ndef f(): ...", ""),
        ("pytest.importorskip('pandas')", ""),
    ],
)
def test_every_way_of_leaving_out_is_seen(source: str, reason: str) -> None:
    assert list(reasons_in(source)) == [reason]


def test_every_missing_tool_has_its_package() -> None:
    """Whatever leaves a test out says what is missing, and the table knows what installs it."""
    found = {
        reason: path.name
        for path in sorted(TESTS.rglob("*.py"))
        for reason in reasons_in(path.read_text("utf-8"))
    }
    assert len(found) >= 12
    unknown = {reason: name for reason, name in found.items() if not packages_for([reason])}
    assert unknown.keys() == NO_PACKAGE, unknown


def test_unknown_reasons_ask_for_nothing() -> None:
    assert packages_for(["needs a second file system"]) == []
    assert packages_for(["needs nginx", "needs nginx"]) == ["nginx-light"]
