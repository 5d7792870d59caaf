"""`dondoc user …`: who may sign in, from the command line."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from sqlalchemy import Engine
from sqlmodel import select
from typer.testing import Result

from dashboard.auth import users
from flows.clock import real_clock
from plan.database import open_engine, reading, writing
from plan.ledger.audit import verify
from plan.models import UserAccount
from plan.settings import get_settings
from tests.conftest import at
from tests.support.commands import dondoc

EMAIL = "lan@anlao.example.vn"


@pytest.fixture
def home(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The loaded plan is the installation's."""
    monkeypatch.setenv("DONDOC_DATABASE_URL", engine.url.render_as_string())


def run(*words: str) -> Result:
    return dondoc("user", *words)


def add(email: str = EMAIL, role: str = "agency", *more: str) -> Result:
    return run("add", "--email", email, "--role", role, *more)


def token_in(text: str) -> str:
    return text.strip().rpartition("/mot-lan/")[2]


def signs_in(text: str) -> bool:
    with writing(open_engine(get_settings().database_url)) as session:
        return users.use_one_time_link(session, token_in(text), "", real_clock()) is not None


def test_a_user_is_added_listed_and_let_in_once(home: None) -> None:
    made = add(EMAIL.upper(), "agency", "--agency", "an-lao", "--name", "Nguyễn Thị Lan")
    assert made.exit_code == 0, made.output
    assert EMAIL in made.output
    assert signs_in(made.output)
    assert not signs_in(made.output)
    (row,) = json.loads(run("list", "--json").output)
    assert row == {
        "email": EMAIL,
        "name": "Nguyễn Thị Lan",
        "role": "agency",
        "agencies": ["an-lao"],
        "disabled": False,
        "password": False,
        "totp": False,
    }
    with reading(open_engine(get_settings().database_url)) as session:
        assert list(verify(session)) == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("không phải thư", "leader"), "không phải địa chỉ thư"),
        (("a@b.vn", "vua"), "vai trò"),
        (("a@b.vn", "agency"), "ít nhất một cơ quan"),
        (("a@b.vn", "agency", "--agency", "an-lo"), "an-lao"),
    ],
)
def test_what_cannot_be_is_told_in_words(home: None, words: tuple[str, ...], said: str) -> None:
    result = add(*words)
    assert result.exit_code in (1, 2)
    assert said in result.output
    assert json.loads(run("list", "--json").output) == []


def test_a_link_is_printed_alone_and_the_newest_counts(home: None) -> None:
    first = add(EMAIL, "leader").output
    second = run("link", EMAIL).output
    assert second.startswith("http://127.0.0.1:8020/mot-lan/")
    assert len(second.split()) == 1
    assert not signs_in(first)
    assert signs_in(second)
    unknown = run("link", "la@example.vn")
    assert unknown.exit_code == 2


def test_a_locked_user_gets_no_link_until_opened_again(home: None) -> None:
    made = add(EMAIL, "leader").output
    assert run("disable", EMAIL).exit_code == 0
    assert not signs_in(made)
    assert "đã bị khóa" in run("link", EMAIL).output
    assert "đã khóa" in run("list").output
    assert run("disable", EMAIL, "--enable").exit_code == 0
    assert signs_in(run("link", EMAIL).output)


def test_a_lost_phone_and_a_new_account_of_the_province_are_undone(home: None) -> None:
    add(EMAIL, "coordinator")
    engine = open_engine(get_settings().database_url)
    with writing(engine) as session:
        user = users.get_user(session, EMAIL)
        users.keep_totp(session, user, b"x" * 20, 1, "khóa", at("2020-04-20 08:00"))
        user.subject = "https://sso|1"
    run("link", EMAIL)
    with reading(engine) as session:
        user = session.exec(select(UserAccount)).one()
        assert user.totp_secret
        assert user.subject
    run("link", EMAIL, "--new-phone", "--new-sso")
    with reading(engine) as session:
        user = session.exec(select(UserAccount)).one()
        assert (user.totp_secret, user.subject) == (b"", "")


def test_a_link_lasts_a_day_of_real_time_whatever_the_plans_clock(
    home: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DONDOC_CLOCK", "2020-04-20T08:00+07:00")
    made = add(EMAIL, "leader").output
    later = real_clock() + timedelta(hours=25)
    with reading(open_engine(get_settings().database_url)) as session:
        assert users.one_time_user(session, token_in(made), later) is None
    assert signs_in(made)
