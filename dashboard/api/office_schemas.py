"""What the API gives of searching, data calls, the directory and trials of channels."""

from __future__ import annotations

from dashboard.api.schemas import ContactOut, Out


class HitOut(Out):
    kind: str
    agency: str
    title: str
    place: str
    excerpt: str
    page: str
    """Its page on this site."""


class CallOut(Out):
    id: str
    title: str
    appendix: str
    asked_by: str
    asked: list[str]
    """Codes of the agencies it is put to."""
    open: bool
    coverage: str
    """How many answered, in words; empty while nobody was asked."""


class CallDetail(CallOut):
    heads: list[str]
    rows: list[list[str]]
    """An indicator a row, in the order of `heads`."""


class HeadingOut(Out):
    node: str
    """Id of the outline's heading."""
    title: str
    detail: str
    """brief | full | none: how much of what others report stands there in the next drafts."""


class TrialOut(Out):
    channel: str
    faults: list[str]


class PersonOut(ContactOut):
    """Somebody of the directory; `agency`: its code there, `id`: their number there."""

    plans: list[str]
    """Those they look after."""
