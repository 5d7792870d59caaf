"""Every page. A module registers its routes in `pages`; here they are gathered, in order of match."""

from __future__ import annotations

from dashboard.pages import (
    agencies,
    decisions,
    files,
    handing_in,
    links,
    milestones,
    mine,
    obligations,
    overview,
    reminders,
    second_factor,
    sign_in,
    time_travel,
)
from dashboard.routing import PageRoute

GROUPS = (
    overview,
    milestones,
    agencies,
    obligations,
    decisions,
    files,
    handing_in,
    mine,
    reminders,
    time_travel,
    sign_in,
    second_factor,
    links,
)
ALL_PAGES: tuple[PageRoute, ...] = tuple(route for group in GROUPS for route in group.pages.routes)
