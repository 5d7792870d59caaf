"""Due words without a date: what is always done, what counts from an event that Sở Nội vụ records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from notifications.reminders.tick import tick
from plan.calendar import WorkingCalendar
from plan.database import open_engine, reading, writing
from plan.deadlines.open_ended import After, Ongoing, Unit
from plan.deadlines.phrases import DueWordsError, parse_due
from plan.errors import RefusedError
from plan.importing.plan import load_plan
from plan.ledger.deadlines import deadline_history
from plan.ledger.new_deadline import Basis
from plan.ledger.occurred import Occurrence, record_event
from plan.queries.lookup import find_obligation, find_plan
from plan.queries.progress import obligations
from plan.states import Actor, Role
from plan.text import period_words, titled
from tests.conftest import at
from tests.support.reminders import load, make_messaging, messages, small_plan

OFFICE = Actor("Bình", Role.coordinator)
LOADED = at("2020-03-02 08:00")
WORDS = "Trong 10 ngày làm việc kể từ ngày nhận được văn bản hướng dẫn"
CALENDAR = WorkingCalendar.build(range(2020, 2022))


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ("Thường xuyên", Ongoing()),
        ("Thực hiện thường xuyên, liên tục.", Ongoing()),
        ("10 ngày kể từ ngày nhận được văn bản", After(10, Unit.day)),
        (WORDS, After(10, Unit.working_day)),
        (
            "chậm nhất là 05 (năm) ngày làm việc, kể từ khi kết thúc đợt kiểm tra",
            After(5, Unit.working_day),
        ),
        ("sau 02 tuần kể từ thời điểm có kết quả", After(2, Unit.week)),
        ("trong thời hạn 3 tháng kể từ ngày Nghị định có hiệu lực", After(3, Unit.month)),
        ("Sau khi Nghị định ban hành", After()),
        ("Ngay sau khi có hướng dẫn của Bộ Nội vụ", After()),
    ],
)
def test_words_without_a_date_are_read(words: str, rule: object) -> None:
    assert parse_due(words) == rule


@pytest.mark.parametrize(
    "words",
    [
        "Thường xuyên, trong năm 2026",
        "0 ngày kể từ ngày nhận",
        "10 ngày kể từ ngày 01/3/2020",
        "sau khi kết thúc quý I",
        "10 ngày",
    ],
)
def test_beside_a_date_or_without_an_event_they_are_refused(words: str) -> None:
    """But «sau khi kết thúc quý I» is an event of its own; only figures make a date of it."""
    if words.endswith("quý I"):
        assert parse_due(words) == After()
        return
    with pytest.raises(DueWordsError):
        parse_due(words)


@pytest.mark.parametrize(
    ("rule", "happened", "last"),
    [
        (After(10), date(2020, 3, 2), date(2020, 3, 12)),
        (After(10, Unit.working_day), date(2020, 3, 2), date(2020, 3, 16)),
        (After(1, Unit.month), date(2020, 1, 31), date(2020, 2, 29)),
        (After(12, Unit.month), date(2020, 2, 29), date(2021, 2, 28)),
        (After(2, Unit.week), date(2020, 12, 28), date(2021, 1, 11)),
        (After(), date(2020, 3, 2), None),
    ],
)
def test_the_days_count_from_the_day_after(rule: After, happened: date, last: date | None) -> None:
    assert rule.last_day(happened, CALENDAR) == last


def plan_with(*words: str) -> Any:
    """The small plan, its one milestone due by each of these words in turn."""
    data = small_plan().model_dump(mode="json")
    kept = data["deliverables"][: len(words)]
    for part, due in zip(kept, words, strict=True):
        part["due"] = {"words": due}
    return small_plan(deliverables=kept)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("open") / "open.db"
    load(path, plan_with(WORDS, "Sau khi có hướng dẫn"), LOADED).dispose()
    return path


@pytest.fixture
def engine(file: Path, tmp_path: Path) -> Engine:
    copy = tmp_path / "open.db"
    copy.write_bytes(file.read_bytes())
    return open_engine(f"sqlite:///{copy}")


def record(
    engine: Engine, day: date, when: str, *, until: date | None = None, agencies: Sequence[str] = ()
) -> tuple[str, ...]:
    with writing(engine) as session:
        plan = find_plan(session, "thu")
        event = Occurrence(day, Basis(""), until)
        return record_event(
            session, plan, "m", event, agencies=agencies, actor=OFFICE, now=at(when)
        )


def test_nothing_is_due_before_the_event(engine: Engine) -> None:
    with reading(engine) as session:
        views = obligations(session, find_plan(session), at("2021-01-04 08:00"))
    assert {view.timeliness for view in views} == {"undated"}
    assert tick(engine, "thu", at("2020-06-01 08:00"), make_messaging()).queued == []


def test_the_event_starts_the_days_and_the_reminders(engine: Engine) -> None:
    record(engine, date(2020, 6, 1), "2020-06-02 08:00", agencies=["a"], until=date(2020, 6, 15))
    with reading(engine) as session:
        row = find_obligation(session, "thu", "a/bc")
        assert (row.last_day, row.opens_at) == (date(2020, 6, 15), at("2020-06-01 00:00"))
        assert find_obligation(session, "thu", "b/bc").last_day is None
        [_, counted] = deadline_history(session, row.id or 0)
        assert (counted.kind, counted.words) == ("event", WORDS)
    tick(engine, "thu", at("2020-06-10 08:00"), make_messaging())
    assert any("Còn 3 ngày làm việc" in m.content["subject"] for m in messages(engine))


def test_words_without_a_span_want_the_last_day(engine: Engine) -> None:
    with pytest.raises(RefusedError, match="--until"):
        record(engine, date(2020, 6, 1), "2020-06-02 08:00")
    with pytest.raises(RefusedError, match="chưa tới"):
        record(engine, date(2020, 6, 3), "2020-06-02 08:00", until=date(2020, 6, 15))


def test_the_day_is_put_right_and_loading_again_keeps_it(engine: Engine) -> None:
    record(engine, date(2020, 6, 1), "2020-06-02 08:00", until=date(2020, 6, 15))
    record(engine, date(2020, 6, 2), "2020-06-03 08:00", until=date(2020, 6, 19))
    with writing(engine) as session:
        load_plan(session, plan_with(WORDS, "Sau khi có hướng dẫn"), now=at("2020-06-04 08:00"))
    with reading(engine) as session:
        row = find_obligation(session, "thu", "a/bc")
        assert (row.last_day, row.deadline_version) == (date(2020, 6, 19), 3)


def test_what_has_a_date_waits_for_no_event(tmp_path: Path) -> None:
    engine = load(tmp_path / "dated.db", plan_with("trước ngày 30/4/2020"), LOADED)
    with pytest.raises(RefusedError, match="không có nghĩa vụ"):
        record(engine, date(2020, 3, 3), "2020-03-04 08:00")


# --- periods in words ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("2027-03", "tháng 3/2027"),
        ("2027-12", "tháng 12/2027"),
        ("2027-Q2", "quý II/2027"),
        ("2027", "năm 2027"),
        ("2027-03-03", "ngày 03/03/2027"),
        ("2027-W09", "tuần 9/2027 (01–07/03)"),
        ("2027-W13", "tuần 13/2027 (29/03–04/04)"),
        ("2026-W53", "tuần 53/2026 (28/12/2026–03/01/2027)"),
        ("2027-W99", "2027-W99"),
        ("p1", "p1"),
        ("2027-x", "2027-x"),
    ],
)
def test_a_period_is_named_in_words(key: str, words: str) -> None:
    assert period_words(key) == words


def test_a_daily_report_is_asked_for_in_the_morning_of_its_day(tmp_path: Path) -> None:
    """A period for each working day; before it opens nobody hears of it, whatever the ladder says."""
    engine = load(tmp_path / "daily.db", plan_with("hằng ngày trước 15 giờ"), LOADED)
    with reading(engine) as session:
        owed = obligations(session, find_plan(session), LOADED, agency="a")
    days = [view.last_day for view in owed]
    assert date(2020, 3, 6) in days
    assert not {date(2020, 3, 7), date(2020, 3, 8)} & set(days)
    assert max(Counter(days).values()) == 1
    tick(engine, "thu", at("2020-03-05 08:00"), make_messaging())
    [lan] = [m.content["text"] for m in messages(engine) if m.recipient_name == "Lan"]
    assert "Chậm nhất: 15:00 ngày 05/03/2020; hôm nay là ngày cuối." in lan
    assert not any("06/03/2020" in str(m.content) for m in messages(engine))


def test_what_recurs_is_named_with_its_period(tmp_path: Path) -> None:
    """In a mail as on a page: two months of one report are two things."""
    assert titled("Báo cáo tháng", "") == "Báo cáo tháng"
    engine = load(tmp_path / "monthly.db", plan_with("hằng tháng trước ngày 15"), LOADED)
    with reading(engine) as session:
        titles = [v.title for v in obligations(session, find_plan(session), LOADED, agency="a")]
    assert titles[:2] == ["Báo cáo tổng kết, tháng 3/2020", "Báo cáo tổng kết, tháng 4/2020"]
    tick(engine, "thu", at("2020-03-11 08:00"), make_messaging())
    lan = next(m for m in messages(engine) if m.recipient_name == "Lan")
    assert "Báo cáo tổng kết, tháng 3/2020" in lan.content["subject"]
