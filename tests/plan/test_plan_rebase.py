"""Rebasing: the same plan from another day, working day for working day; and written out again."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import plan
from plan.calendar import WorkingCalendar
from plan.deadlines.phrases import parse_due
from plan.deadlines.windows import Window, window
from plan.definition.checks import check_plan
from plan.definition.loading import load_definition
from plan.definition.model import Due, Milestone, PlanDefinition, Source
from plan.definition.rebase import rebase, write_plan
from plan.errors import RefusedError

SOURCE = Path(plan.__file__).parent / "04-kh-ubnd-2020"
CALENDAR = WorkingCalendar.build(range(2018, 2029))
KH04 = load_definition(SOURCE)[0]


def with_due(words: str) -> PlanDefinition:
    due = Milestone(id="m", title="Mốc", due=Due(words=words), source=Source(section="I"))
    return KH04.model_copy(update={"milestones": [due], "deliverables": []})


def windows(definition: PlanDefinition) -> dict[str, Window]:
    found = {}
    for one in definition.milestones:
        if one.due.words:
            rule = parse_due(one.due.words)
            found[one.id] = window(
                rule,
                issued_on=definition.issued_on,
                opens_on=one.opens_on,
                calendar=CALENDAR,
            )
    return {key: value for key, value in found.items() if value is not None}


def distances(definition: PlanDefinition) -> dict[str, tuple[int, int]]:
    """Working days from the plan's issue to each opening and each last good day."""
    count = CALENDAR.working_days_between
    return {
        key: (
            count(definition.issued_on, CALENDAR.next_working_day(one.opens_on)),
            count(definition.issued_on, one.last_working_day),
        )
        for key, one in windows(definition).items()
    }


@given(st.dates(date(2019, 1, 1), date(2027, 6, 30)).filter(CALENDAR.is_working))
@settings(deadline=None)
def test_every_distance_in_working_days_stays(start: date) -> None:
    moved = rebase(KH04, start, CALENDAR)
    assert moved.issued_on == start
    assert distances(moved) == distances(KH04)


@given(st.dates(date(2019, 1, 1), date(2027, 6, 30)))
@settings(deadline=None)
def test_last_days_stay_so_from_any_day(start: date) -> None:
    """A start on a day off counts from the working day before it."""
    moved = distances(rebase(KH04, start, CALENDAR))
    assert {k: last for k, (_, last) in moved.items()} == {
        k: last for k, (_, last) in distances(KH04).items()
    }


def test_staying_put_changes_no_words() -> None:
    moved = rebase(KH04, KH04.issued_on, CALENDAR)
    assert moved.milestones == KH04.milestones
    assert moved.agencies == KH04.agencies
    assert moved.ends_on == KH04.ends_on


def test_2026() -> None:
    moved = rebase(KH04, date(2026, 1, 19), CALENDAR)
    words = {one.id: one.due.words for one in moved.milestones}
    assert words["district-reports"] == "Trước ngày 30 tháng 4 năm 2026"
    assert words["standing-duties"] == ""
    hoai_nhon = next(agency for agency in moved.agencies if agency.id == "hoai-nhon")
    became = hoai_nhon.names[1].valid_from
    assert became is not None
    count = CALENDAR.working_days_between
    assert count(date(2026, 1, 19), became) == count(KH04.issued_on, date(2020, 6, 1))
    assert moved.id == "04-kh-ubnd-2020-from-2026-01-19"
    assert moved.appendices == KH04.appendices


@pytest.mark.parametrize(
    ("words", "start", "expected"),
    [
        ("Trước ngày 30/4/2020", date(2021, 1, 20), r"Trước ngày \d+/\d+/2021"),
        ("Chậm nhất ngày 05/02/2020", date(2021, 1, 20), r"Chậm nhất ngày \d\d/\d\d/2021"),
        ("Trước 17 giờ 00 ngày 29/4/2020", date(2021, 1, 20), r"Trước 17 giờ 00 ngày .*2021"),
        ("Thời gian: trước ngày 01 tháng 3 năm 2020.", date(2021, 1, 20), r"Thời gian: trước .*\."),
        ("Trong tháng 4 năm 2020", date(2020, 1, 20), "Trong tháng 4 năm 2020"),
        ("Trong tháng 4 năm 2020", date(2020, 1, 21), "Chậm nhất ngày 04/05/2020"),
        ("Trong quý II năm 2020", date(2020, 1, 20), "Trong quý II năm 2020"),
        ("Hằng tháng trước ngày 15", date(2024, 3, 4), "Hằng tháng trước ngày 15"),
        ("", date(2024, 3, 4), ""),
    ],
)
def test_words_keep_their_form(words: str, start: date, expected: str) -> None:
    moved = rebase(with_due(words), start, CALENDAR).milestones[0]
    assert re.fullmatch(expected, moved.due.words), moved.due.words


def test_a_month_that_is_no_longer_one_keeps_its_opening() -> None:
    moved = rebase(with_due("Trong tháng 4 năm 2020"), date(2020, 1, 21), CALENDAR).milestones[0]
    assert moved.opens_on == date(2020, 4, 3)


def test_written_and_read_again(tmp_path: Path) -> None:
    moved = rebase(KH04, date(2026, 1, 19), CALENDAR)
    written = write_plan(moved, tmp_path / "moi")
    assert check_plan(tmp_path / "moi") == []
    assert load_definition(tmp_path / "moi")[0] == moved
    names = [file.relative_to(tmp_path / "moi").as_posix() for file in written]
    assert names[0] == "plan.yaml"
    assert "appendices/PL8.yaml" in names
    first_line = written[0].read_text(encoding="utf-8").splitlines()[0]
    schema = first_line.partition("$schema=")[2]
    assert (written[0].parent / schema).resolve().is_file()


def test_a_full_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "gi-do.txt").write_text("x", encoding="utf-8")
    with pytest.raises(RefusedError, match="không trống"):
        write_plan(KH04, tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["gi-do.txt"]


def test_the_plan_in_the_repository_is_what_would_be_written(tmp_path: Path) -> None:
    """Hand edits keep what the loader reads; only comments may differ."""
    write_plan(KH04, tmp_path / "lai")
    assert load_definition(tmp_path / "lai")[0] == KH04


def test_distance_helper_sees_a_wrong_move() -> None:
    """The property above can fail: a plan moved by calendar days is caught."""
    wrong = KH04.model_copy(update={"issued_on": KH04.issued_on + timedelta(days=1)})
    assert distances(wrong) != distances(KH04)
