"""One spelling of every letter, through every door that text comes in by."""

from __future__ import annotations

import asyncio
import unicodedata
from datetime import date
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import Engine
from starlette.requests import Request

from dashboard.acts.bodies import ReasonIn
from dashboard.web.dispatch import read_form
from intake.mail.letters import LetterFacts
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


def _sent(value: str) -> object:
    """What a form's field holds once it was read."""

    class Route:
        takes_files = False

    body = f"reason={quote(value)}".encode()

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    request = Request({"type": "http", "method": "POST", "headers": headers}, receive)
    form = asyncio.run(read_form(request, Route()))  # type: ignore[arg-type]
    return form["reason"]


def test_a_form() -> None:
    assert _sent(APART) == NAME


def test_what_no_file_can_hold_comes_through_no_door() -> None:
    """A page, a mail, a document with it would be refused by the library that writes it, long after."""
    said, kept = "a\x01b\x0bc\x00\uffff\td\r\n", "ab\nc\td\r\n"
    assert ReasonIn(reason=said).reason == _sent(said) == kept
    facts = LetterFacts(
        "15/SNV-CCHC\x02", "V/v\x0bđôn\x01 đốc\n", date(2020, 4, 20), signer="Bình\x7f"
    )
    assert (facts.number, facts.subject, facts.signer) == ("15/SNV-CCHC", "V/v đôn đốc", "Bình")


def test_the_helper_leaves_what_is_whole() -> None:
    assert nfc(NAME) is NAME
    assert nfc(APART) == NAME
