"""Whose a document is, and what type, told by its letterhead. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from intake.report.outline import words
from plan.definition.model import Agency, PlanDefinition

_TITLES = ("bao cao", "ke hoach", "bien ban", "to trinh", "de xuat", "de cuong")
_MINUTES = "bien ban"
_LINES = 14


def is_minutes(head: str) -> bool:
    """«BIÊN BẢN» as the document's type."""
    return any(words(line).startswith(_MINUTES) for line in head.split("\n")[:_LINES])


def agency_in_letterhead(definition: PlanDefinition, head: str) -> str:
    """Whose letterhead it is; empty for none, several or an unknown one.

    The province's own name stands above every department's and is passed over.
    """
    text = f" {words(' '.join(_letterhead(head)))} "
    found = {
        agency.id
        for agency in definition.agencies
        if agency.id != definition.issuer
        and any(f" {name} " in text for name in _spellings(agency))
    }
    return found.pop() if len(found) == 1 else ""


def _letterhead(head: str) -> Iterator[str]:
    """The lines above the document's type."""
    for line in head.split("\n")[:_LINES]:
        if words(line).startswith(_TITLES):
            return
        yield line


def _spellings(agency: Agency) -> Iterator[str]:
    for name in (*(one.name for one in agency.names), *agency.aliases):
        plain = words(name)
        if len(plain.split()) >= 3:
            yield plain
