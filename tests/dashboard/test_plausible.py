"""Days, moments and counts that cannot be meant are refused with a sentence, by whatever door."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from dashboard.web.dispatch import form_words
from dashboard.web.request import moment_in
from flows.commands.support import local_date
from plan import ledger
from plan.database import writing
from plan.errors import RefusedError, UsageError
from plan.ledger.filing import Filing
from plan.plausible import day_from, instant_from, require_attending
from plan.queries.lookup import find_obligation
from tests.conftest import at
from tests.support.delivering import CLERK, OFFICE
from tests.support.reminders import load, small_plan

NOW = at("2020-04-22 09:00")


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return load(tmp_path / "x.db", small_plan(), at("2020-03-02 08:00"))


@pytest.mark.parametrize("read", [day_from, local_date])
@pytest.mark.parametrize("text", ["2026-02-30", "30/2/2026", "0001-01-01", "9999-12-31", "mai", ""])
def test_no_such_day(read: object, text: str) -> None:
    with pytest.raises(UsageError):
        read(text)  # type: ignore[operator]


@pytest.mark.parametrize("read", [day_from, local_date])
def test_a_day_as_people_write_it(read: object) -> None:
    assert read("29/2/2024") == read("2024-02-29") == date(2024, 2, 29)  # type: ignore[operator]


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+07:00", "9999-12-31T23:59:59-12:00"])
def test_a_moment_that_has_no_utc(text: str) -> None:
    with pytest.raises(UsageError, match="năm 1900"):
        instant_from(text)
    assert moment_in(text) is None


@pytest.mark.parametrize("count", [-1, 100_001, 10**20])
def test_a_number_of_people(count: int) -> None:
    with pytest.raises(UsageError, match=r"100\.000"):
        require_attending(count)
    require_attending(100_000)


def taken(engine: Engine, **moments: object) -> bool:
    """Sở Nội vụ files a duty that came on paper; whether the ledger takes it."""
    with writing(engine) as session:
        key = find_obligation(session, "thu", "a/bc").id or 0
        given = {"received_at": NOW} | moments
        filing = Filing(kind="duty", via="paper", reference="12", payload={"n": 1}, **given)  # type: ignore[arg-type]
        return ledger.submit(session, key, filing, actor=OFFICE, now=NOW).number == 1


@pytest.mark.parametrize(
    ("moments", "words"),
    [
        ({"received_at": at("1990-01-01 08:00")}, "trước khi nghĩa vụ mở"),
        ({"received_at": at("2020-03-31 23:00")}, "trước khi nghĩa vụ mở"),
        ({"signed_at": at("2020-03-01 08:00")}, "Thời điểm ký .* trước ngày ban hành"),
        ({"issued_at": NOW + timedelta(hours=1)}, "Thời điểm phát hành ở tương lai"),
    ],
)
def test_what_came_before_it_could(engine: Engine, moments: dict[str, object], words: str) -> None:
    with pytest.raises((RefusedError, UsageError), match=words):
        taken(engine, **moments)


def test_what_came_after_it_opened(engine: Engine) -> None:
    assert taken(engine, received_at=at("2020-04-01 08:00"), signed_at=at("2020-03-30 08:00"))


def test_handing_in_early_by_oneself_is_no_slip(engine: Engine) -> None:
    early = at("2020-03-20 08:00")
    with writing(engine) as session:
        key = find_obligation(session, "thu", "a/bc").id or 0
        filing = Filing(kind="duty", received_at=early, payload={"n": 1})
        assert ledger.submit(session, key, filing, actor=CLERK, now=early).number == 1


@pytest.mark.parametrize("detail", ["Too many files. Maximum number of files is 1000.", "Bad part"])
def test_the_reader_of_forms_speaks_vietnamese(detail: str) -> None:
    assert "chưa nhận gì" in form_words(detail)
    assert form_words("Đã đóng.") == "Đã đóng."


@pytest.mark.parametrize("typed", ["20/4/2020 08:00", "20/04/2020 08:00", "2020-04-20T08:00"])
def test_a_moment_is_read_as_an_office_types_it(typed: str) -> None:
    assert instant_from(typed) == datetime(2020, 4, 20, 1, 0, tzinfo=UTC)
