"""Every page. A module registers its routes in `pages`; here they are gathered, in order of match."""

from __future__ import annotations

from dashboard.pages import (
    agencies,
    calendar,
    files,
    leader,
    links,
    milestones,
    obligations,
    overview,
    pdf_pages,
    picture,
    plans,
    reminders,
    scans,
    scorecard,
    search,
    sign_in,
    time_travel,
)
from dashboard.pages.agency import delegating, handdown, handing_in, mine
from dashboard.pages.office import (
    acts,
    data_calls,
    decisions,
    desk,
    drafting,
    inbox,
    letters,
    reports,
    revising,
    urging,
)
from dashboard.pages.results import figures, runs
from dashboard.pages.system import administration, channels, directory, log, people, personal, state
from dashboard.web.routing import PageRoute

GROUPS = (
    overview,
    desk,
    search,
    plans,
    revising,
    drafting,
    leader,
    scorecard,
    milestones,
    picture,
    agencies,
    obligations,
    decisions,
    acts,
    letters,
    urging,
    data_calls,
    files,
    pdf_pages,
    scans,
    calendar,
    delegating,
    handdown,
    handing_in,
    inbox,
    mine,
    reminders,
    figures,
    reports,
    runs,
    log,
    administration,
    directory,
    people,
    personal,
    channels,
    state,
    time_travel,
    sign_in,
    links,
)
ALL_PAGES: tuple[PageRoute, ...] = tuple(route for group in GROUPS for route in group.pages.routes)
