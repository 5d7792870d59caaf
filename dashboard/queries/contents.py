"""What was read from a submission: figures and sections; and which appendix it is about."""

from __future__ import annotations

from collections.abc import Sequence

from sqlmodel import Session, col, select

from plan.definition.model import OutlineNode, PlanDefinition
from plan.models import Section, Value


def values_of(session: Session, submission_id: int) -> Sequence[Value]:
    return session.exec(select(Value).where(Value.submission_id == submission_id)).all()


def sections_of(session: Session, submission_id: int) -> Sequence[Section]:
    return session.exec(
        select(Section).where(Section.submission_id == submission_id).order_by(col(Section.node))
    ).all()


def appendix_codes(indicators: Sequence[str]) -> list[str]:
    """`PL3` of `PL3.1.1`, each once, in order."""
    return list(dict.fromkeys(name.partition(".")[0] for name in indicators if name))


def outline_titles(definition: PlanDefinition) -> dict[str, str]:
    """Outline node → «II.3.1. Kết quả đạt được», in the outline's order."""
    titles: dict[str, str] = {}

    def walk(nodes: Sequence[OutlineNode]) -> None:
        for node in nodes:
            titles[node.id] = f"{node.number} {node.title}".strip()
            walk(node.children)

    walk(definition.outline)
    return titles
