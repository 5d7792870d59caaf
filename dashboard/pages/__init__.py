"""Every page. A module registers its routes in `pages`; here they are gathered, in order of match."""

from __future__ import annotations

from dashboard.pages import (
    administration,
    agencies,
    calendar,
    decisions,
    desk,
    drafting,
    figures,
    files,
    handing_in,
    inbox,
    leader,
    links,
    log,
    milestones,
    mine,
    obligations,
    overview,
    pdf_pages,
    people,
    plans,
    reminders,
    runs,
    scorecard,
    sign_in,
    time_travel,
)
from dashboard.pages.office import acts, data_calls, letters, reports
from dashboard.pages.system import channels, personal
from dashboard.web.routing import PageRoute

GROUPS = (
    overview,
    desk,
    plans,
    drafting,
    leader,
    scorecard,
    milestones,
    agencies,
    obligations,
    decisions,
    acts,
    letters,
    data_calls,
    files,
    pdf_pages,
    calendar,
    handing_in,
    inbox,
    mine,
    reminders,
    figures,
    reports,
    runs,
    log,
    administration,
    people,
    personal,
    channels,
    time_travel,
    sign_in,
    links,
)
ALL_PAGES: tuple[PageRoute, ...] = tuple(route for group in GROUPS for route in group.pages.routes)
