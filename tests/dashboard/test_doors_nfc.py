"""One spelling of every letter, through every door that text comes in by."""

from __future__ import annotations

import asyncio
import unicodedata
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import Engine
from starlette.requests import Request

from dashboard.acts.bodies import ReasonIn
from dashboard.web.dispatch import read_form
from plan.contacts import import_contacts, list_contacts
from plan.database import reading, writing
from plan.errors import RefusedError
from plan.queries.lookup import find_plan
from plan.text import nfc
from tests.conftest import PLAN_ID, at
from tests.support.contacts_file import HEAD, write

NAME = "Nguyễn Thị Hường"
APART = unicodedata.normalize("NFD", NAME)


def _contacts(engine: Engine, path: Path) -> list[str]:
    with writing(engine) as session:
        import_contacts(session, find_plan(session, PLAN_ID), path, now=at("2020-03-01 08:00"))
    with reading(engine) as session:
        rows = list_contacts(session, find_plan(session, PLAN_ID))
    return [row["name"] for row in rows if row["agency"] == "stp"]


def test_the_address_book(engine: Engine, tmp_path: Path) -> None:
    assert APART != NAME
    assert _contacts(engine, write(tmp_path, f"{HEAD}stp,{APART},,1,a@stp.vn,,,\n")) == [NAME]


@pytest.mark.parametrize("name", ["NguyÔn V¨n §oµn", "Nguyeãn Vaên Ñöùc"])
def test_an_address_book_in_an_old_font_is_refused(
    engine: Engine, tmp_path: Path, name: str
) -> None:
    with pytest.raises(RefusedError, match="không phải Unicode"):
        _contacts(engine, write(tmp_path, f"{HEAD}stp,{name},Tr­ëng phßng,1,a@stp.vn,,,\n"))


def test_the_api() -> None:
    assert ReasonIn(reason=APART).reason == NAME


def test_a_form() -> None:
    class Route:
        takes_files = False

    body = f"reason={quote(APART)}".encode()

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
    form = asyncio.run(read_form(request, Route()))  # type: ignore[arg-type]
    assert form["reason"] == NAME


def test_the_helper_leaves_what_is_whole() -> None:
    assert nfc(NAME) is NAME
    assert nfc(APART) == NAME
