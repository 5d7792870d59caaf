"""The calendar entries, read back by a library that knows the format."""

from __future__ import annotations

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar

from notifications.messages.calendar_feed import DeadlineEvent, calendar_bytes

NOW = datetime(2020, 4, 27, 0, 5, tzinfo=UTC)


def event(**changes: object) -> DeadlineEvent:
    fields: dict[str, object] = {
        "plan": "04-kh-ubnd-2020",
        "obligation": "an-lao/district-report",
        "title": "Báo cáo tổng kết (An Lão)",
        "last_day": date(2020, 4, 29),
        "version": 1,
    }
    return DeadlineEvent(**(fields | changes))  # type: ignore[arg-type]


def test_a_deadline_is_a_day_of_its_own() -> None:
    calendar = Calendar.from_ical(calendar_bytes([event()], NOW, "x.example"))
    assert calendar["METHOD"] == "PUBLISH"
    [entry] = calendar.walk("VEVENT")
    assert entry["UID"] == "an-lao/district-report.04-kh-ubnd-2020@x.example"
    assert entry.decoded("DTSTART") == date(2020, 4, 29)
    assert entry.decoded("DTEND") == date(2020, 4, 30)
    assert entry.decoded("DTSTAMP") == NOW
    assert entry["SUMMARY"] == "Hạn nộp: Báo cáo tổng kết (An Lão)"
    assert len(entry.walk("VALARM")) == 1


def test_an_extension_moves_the_same_entry() -> None:
    before = Calendar.from_ical(calendar_bytes([event()], NOW, "x.example"))
    later = event(version=2, last_day=date(2020, 5, 15))
    after = Calendar.from_ical(calendar_bytes([later], NOW, "x.example"))
    [one], [two] = before.walk("VEVENT"), after.walk("VEVENT")
    assert one["UID"] == two["UID"]
    assert (one["SEQUENCE"], two["SEQUENCE"]) == (0, 1)


def test_what_is_settled_rings_no_more() -> None:
    [entry] = Calendar.from_ical(calendar_bytes([event(handed_in=True)], NOW, "x.example")).walk(
        "VEVENT"
    )
    assert entry["SUMMARY"].startswith("Đã nộp")
    assert not entry.walk("VALARM")


@given(
    st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=200),
    st.text(st.characters(exclude_categories=("Cs",)), max_size=300),
)
def test_any_words_survive_and_lines_stay_short(title: str, note: str) -> None:
    data = calendar_bytes([event(title=title, note=note)], NOW, "x.example", name="Lịch")
    assert all(len(line) <= 75 for line in data.split(b"\r\n"))
    assert data == calendar_bytes([event(title=title, note=note)], NOW, "x.example", name="Lịch")
    [entry] = Calendar.from_ical(data).walk("VEVENT")
    assert str(entry["SUMMARY"]) == "Hạn nộp: " + title
