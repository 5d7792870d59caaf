"""Several facts told at once: in what order, and the line that sums them up. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from notifications.messages.views import ItemView, NewsView
from plan.text import join_names

ORDER = ("returned", "extension-asked", "extension", "deadline", "run", "accepted")
"""What asks for something first, thanks last."""
MOST_ITEMS = 40
"""More are counted and shown on the page: Gmail cuts a mail at 102 kB."""


def news_view(items: Sequence[ItemView]) -> NewsView:
    """The facts in order; those of one kind stay in the order they happened."""
    ordered = sorted(items, key=lambda item: ORDER.index(item.event))
    alike = len({item.result for item in ordered}) == 1
    said, about = summary(ordered), list(dict.fromkeys(item.short for item in ordered))
    return NewsView(
        items=tuple(ordered[:MOST_ITEMS]),
        count=len(ordered),
        alike=alike,
        headline=ordered[0].result if alike else f"{len(ordered)} thông báo",
        what=join_names(about, 2, "việc") if alike else said,
        summary=said,
        show_agency=len({item.agency for item in ordered if item.agency}) > 1,
    )


def summary(items: Sequence[ItemView]) -> str:
    """«1 trả lại, cần sửa; 2 đã nhận đúng hạn»."""
    counted = Counter(item.result[:1].lower() + item.result[1:] for item in items)
    return "; ".join(f"{count} {result}" for result, count in counted.items())
