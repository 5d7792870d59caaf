"""What became of a mail, as plain data beside its row: for the coordinator's page and for the answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from intake.mail.placing import Duty
from intake.submit import Filed
from plan.ledger.filing import FoundFault

MOST_FINDINGS = 20
"""More are counted, and shown on the page."""


def filed_as_data(filed: Filed, owed: Sequence[Duty]) -> dict[str, Any]:
    """One obligation's part, named by its title."""
    titles = {duty.name: duty.title for duty in owed}
    return {
        "obligation": filed.obligation,
        "title": titles.get(filed.obligation, filed.obligation),
        "number": filed.number,
        "complete": filed.complete,
        "repeated": filed.repeated,
        "findings": findings_as_data(filed.findings),
        "count": len(filed.findings),
    }


_ORDER = ("error", "warning", "note")


def findings_as_data(findings: Sequence[FoundFault]) -> list[dict[str, str]]:
    """The gravest first, each once."""
    ordered = sorted(dict.fromkeys(findings), key=lambda one: _ORDER.index(one.severity))
    return [
        {"severity": one.severity, "place": _place_words(one), "message": one.message}
        for one in ordered[:MOST_FINDINGS]
    ]


def _place_words(one: FoundFault) -> str:
    cell = f"ô {one.cell}" if one.cell else ""
    return ", ".join(part for part in (one.file, one.sheet, cell) if part)
