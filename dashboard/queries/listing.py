"""Obligations as a list one can filter from the address bar, page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plan.queries.progress import ObligationView
from plan.states import sign_key
from plan.text import normalise

PAGE = 100

STATES: Mapping[str, tuple[str, frozenset[str]]] = {
    "owed": (
        "Còn phải nộp",
        frozenset({"open", "due_soon", "overdue", "returned", "returned_late"}),
    ),
    "overdue": ("Quá hạn", frozenset({"overdue", "returned_late"})),
    "submitted": ("Chờ duyệt", frozenset({"submitted", "submitted_late"})),
    "returned": ("Trả lại", frozenset({"returned", "returned_late"})),
    "accepted": ("Đã nhận", frozenset({"accepted", "accepted_late"})),
    "late": ("Nộp trễ", frozenset({"accepted_late", "submitted_late"})),
    "not_open": ("Chưa mở", frozenset({"not_open"})),
    "waived": ("Được miễn", frozenset({"waived"})),
    "undated": ("Không đặt hạn", frozenset({"undated"})),
}
"""Filter → its name, and the signs it lets through."""


@dataclass(frozen=True)
class Wanted:
    """What the address bar asks for; empty: everything."""

    milestone: str = ""
    deliverable: str = ""
    agency: str = ""
    group: str = ""
    state: str = ""
    words: str = ""
    period: str = ""
    """Key of one period of what recurs."""

    @property
    def any(self) -> bool:
        return any(vars(self).values())


def listed(views: Sequence[ObligationView], wanted: Wanted) -> list[ObligationView]:
    """Those that match, in the plan's order."""
    signs = STATES[wanted.state][1] if wanted.state in STATES else None
    words = normalise(wanted.words)
    return [
        view
        for view in views
        if wanted.milestone in ("", view.milestone)
        and wanted.deliverable in ("", view.deliverable)
        and wanted.agency in ("", view.agency)
        and wanted.group in ("", view.group)
        and wanted.period in ("", view.period)
        and (signs is None or sign_key(view.state, view.timeliness) in signs)
        and words in normalise(f"{view.agency_name} {view.title}")
    ]


@dataclass(frozen=True)
class PageOf:
    """Which page of how many."""

    number: int
    pages: int
    total: int
    size: int = PAGE

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size


def page_of(total: int, number: int, size: int = PAGE) -> PageOf:
    pages = max(-(-total // size), 1)
    return PageOf(min(number, pages), pages, total, size)
