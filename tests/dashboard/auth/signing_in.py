"""Signing in with a password, as a browser does."""

from __future__ import annotations

from typing import Any

from dashboard.auth import users
from dashboard.web.request import VISITOR_COOKIE
from plan.database import writing
from tests.browser.support import Browser, Dash


def sign_in(client: Browser, dash: Dash, email: str, password: str) -> Any:
    client.get("/dang-nhap")
    csrf = dash.site.csrf_token(client.cookies[VISITOR_COOKIE])
    return client.post("/dang-nhap", data={"csrf": csrf, "email": email, "password": password})


def with_password(dash: Dash, role: str, password: str) -> str:
    dash.client(role)
    email = f"{role}-@example.vn"
    with writing(dash.engine) as session:
        users.set_password(session, users.get_user(session, email), password, dash.real())
    return email
