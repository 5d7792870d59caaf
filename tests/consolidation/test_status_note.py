"""The status note tells each product's own lateness, and counts agencies as agencies."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from consolidation.outputs.status_note import (
    _by_line,
    answer_of,
    debtors_of,
    milestone_line,
    units_hidden,
)
from plan.deadlines.standing import Standing, Timeliness
from plan.queries.periods import in_hand
from plan.queries.progress import ObligationView
from plan.states import State

PRODUCTS = {"bc": "Báo cáo", "bieu": "Biểu", "kh": "Kế hoạch"}


def view(agency: str, product: str, late: int = 0, left: int | None = None) -> ObligationView:
    """What `agency` owes: overdue by `late` days, or with `left` working days to go."""
    kind = Timeliness.overdue if late else Timeliness.open
    stands = Standing(kind, late, late, left, left)
    fields: dict[str, Any] = dict.fromkeys(ObligationView.__dataclass_fields__)
    fields |= {"id": f"{agency}/{product}", "agency": agency, "agency_short": agency.upper()}
    fields |= {"deliverable": product, "standing": stands, "state": State.owed}
    fields |= {"last_day": date(2020, 4, 29)}
    return ObligationView(**fields)


def told(*views: ObligationView) -> list[tuple[str, str, str]]:
    return [(one.name, one.what, one.since) for one in debtors_of(views, PRODUCTS)]


def test_each_product_has_its_own_lateness() -> None:
    assert told(view("a", "bc", 5), view("a", "bieu", 2), view("a", "kh", left=4)) == [
        ("A", "Báo cáo", "quá hạn 5 ngày làm việc"),
        ("A", "Biểu", "quá hạn 2 ngày làm việc"),
        ("A", "Kế hoạch", "còn 4 ngày làm việc"),
    ]


def test_those_alike_share_a_line_and_the_worst_come_first() -> None:
    views = [view("a", "bc", 2), view("b", "bc", 5), view("b", "bieu", 5), view("c", "bc", 2)]
    assert told(*views) == [
        ("B", "Báo cáo và Biểu", "quá hạn 5 ngày làm việc"),
        ("A và C", "Báo cáo", "quá hạn 2 ngày làm việc"),
    ]


def test_who_is_hidden_is_counted_as_agencies() -> None:
    """Not as lines: an agency that is shown with one product is not hidden with another."""
    debtors = debtors_of([view("a", "bc", 5), view("a", "kh", 1), view("b", "bieu", 1)], PRODUCTS)
    assert units_hidden(debtors, debtors[:1]) == 1
    assert units_hidden(debtors, debtors) == 0


def test_a_milestones_line_says_how_many_stand_so() -> None:
    line = milestone_line("Mốc", [view("a", "bc", left=3), view("b", "bc", 2), view("c", "bc", 2)])
    assert line.left == "quá hạn 2 ngày làm việc (2 sản phẩm)"
    assert milestone_line("Mốc", [view("b", "bc", 2)]).left == "quá hạn 2 ngày làm việc"


def test_thousands_have_their_dot() -> None:
    many = [view(f"a{number}", "bc", 2) for number in range(1204)]
    assert answer_of(many, many).startswith(
        "0/1.204 sản phẩm đã nộp. 1.204 sản phẩm quá hạn chưa nộp: A0"
    )
    assert "và 1.199 đơn vị khác" in answer_of(many, many)


def test_what_recurs_is_told_a_period_at_a_time() -> None:
    """In May: of a year of months the line is May's, March's debt is a debt, later months are nobody's."""

    def monthly(agency: str, month: int, state: State = State.owed) -> ObligationView:
        due = datetime(2020, month, 25, 17, tzinfo=UTC)
        late = state is State.owed and month < 5
        return replace(
            view(agency, "bc", 40 if late else 0, left=None if late else 9),
            milestone="m",
            period=f"2020-{month:02d}",
            opens_at=due - timedelta(days=24),
            due_at=due,
            state=state,
        )

    now = datetime(2020, 5, 5, tzinfo=UTC)
    done = {("a", 3), ("a", 4), ("b", 4), ("a", 5)}
    year = [
        monthly(who, month, State.accepted if (who, month) in done else State.owed)
        for who in "ab"
        for month in range(3, 13)
    ]
    views = in_hand(year, now)
    lines = _by_line(views, now)
    assert list(lines) == [("m", "2020-05")]
    owing = [one for one in views if one.state is State.owed]
    said = answer_of(lines["m", "2020-05"], owing)
    assert said == "Kỳ đang làm: 1/2 sản phẩm đã nộp. 1 sản phẩm quá hạn chưa nộp: B."
    assert [one.what for one in debtors_of(owing, PRODUCTS)] == [
        "Báo cáo, tháng 3/2020",
        "Báo cáo, tháng 5/2020",
    ]
