"""Consolidation is written for any plan: no code of the packaged one stands in it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import consolidation
from plan.definition.model import PlanDefinition

ROOM = Path(consolidation.__path__[0])


def texts_of(source: str) -> Iterator[str]:
    """Every text in the code, docstrings and what stands beside a field apart."""
    tree = ast.parse(source)
    beside = {id(one.value) for one in ast.walk(tree) if isinstance(one, ast.Expr)}
    for one in ast.walk(tree):
        if isinstance(one, ast.Constant) and isinstance(one.value, str) and id(one) not in beside:
            yield one.value


def test_no_code_of_the_packaged_plan_stands_in_the_room(definition: PlanDefinition) -> None:
    codes = {definition.id, definition.number, definition.province}
    codes |= {one.id for one in definition.agencies}
    codes |= {one.id for one in definition.deliverables}
    codes |= {one.id for one in definition.milestones}
    codes |= {one.id for one in definition.outputs}
    codes -= {one.kind for one in definition.outputs}  # «status-note» is also a kind's name
    found = {
        f"{path.relative_to(ROOM)}: {text}"
        for path in sorted(ROOM.rglob("*.py"))
        for text in texts_of(path.read_text("utf-8"))
        if text in codes
    }
    assert found == set()
    assert "tinh" in set(texts_of('"""Văn bản."""\nx = "tinh"')), "the search sees what is there"
