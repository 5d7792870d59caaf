"""Every page. A module registers its routes in `pages`; here they are gathered, in order of match."""

from __future__ import annotations

from dashboard.pages import (
    account,
    administration,
    agencies,
    calendar,
    decisions,
    figures,
    files,
    handing_in,
    leader,
    links,
    log,
    milestones,
    mine,
    obligations,
    overview,
    people,
    plans,
    reminders,
    runs,
    scorecard,
    second_factor,
    sign_in,
    sso,
    time_travel,
)
from dashboard.routing import PageRoute

GROUPS = (
    overview,
    plans,
    leader,
    scorecard,
    milestones,
    agencies,
    obligations,
    decisions,
    files,
    calendar,
    handing_in,
    mine,
    reminders,
    figures,
    runs,
    log,
    administration,
    people,
    account,
    time_travel,
    sign_in,
    sso,
    second_factor,
    links,
)
ALL_PAGES: tuple[PageRoute, ...] = tuple(route for group in GROUPS for route in group.pages.routes)
