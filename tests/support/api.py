"""Keys and routes of the JSON API."""

from __future__ import annotations

import re

from fastapi.routing import APIRoute

from dashboard.api.app import GROUPS
from dashboard.auth.tokens import make_token
from dashboard.web.routing import PageRoute
from plan.database import writing
from tests.browser.support import SYSTEM, Dash

API = "/api/v1"


def key(dash: Dash, role: str, *agencies: str) -> dict[str, str]:
    with writing(dash.engine) as session:
        _, text = make_token(
            session, name=f"hệ {role}", role=role, agencies=agencies, actor=SYSTEM, now=dash.real()
        )
    return {"authorization": f"Bearer {text}"}


OWN, FOREIGN = "vpub", "stc"

VALUES = {
    "agency": OWN,
    "deliverable": "appendix-3",
    "milestone": "district-reports",
    "unit": "vpub-1",
    "node": "p1-ii-1",
    "number": "1",
    "file": "1",
    "filename": "x.xlsx",
    "output": "provincial-appendices",
    "message": "1",
    "contact": "1",
    "extension": "1",
    "token": "1",
    "user": "999",
    "hook": "1",
    "event": "reminder",
    "what": "bieu-mau",
    "plan": "04-kh-ubnd-2020",
    "who": "tat-ca",
    "key": "0",
    "indicator": "PL2.1",
    "period": "2018",
    "finding": "1",
    "draft": "1",
    "earlier": "1",
    "mail": "1",
    "letter": "1",
    "package": "1",
    "call": "data-call-4",
    "channel": "email",
    "view": "1",
    "page": "1",
}


def path_of(route: PageRoute | APIRoute, **changes: str) -> str:
    values = VALUES | changes
    return re.sub(r"\{(\w+)\}", lambda found: values[found[1]], route.path)


def api_routes() -> list[APIRoute]:
    return [r for group in GROUPS for r in group.api.routes if isinstance(r, APIRoute)]
