"""The plan's timeline: a lane a milestone, weeks along the top, today's line.

Readable in black and white: the window is a band, the deadline a hard edge, a submission a dot that
is hollow until accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta

from markupsafe import Markup

from dashboard.queries.board import MilestoneRow
from dashboard.queries.counts import Handed
from dashboard.rendering.drawings import drawing, line, n, rect, text
from plan.calendar import WorkingCalendar, local_day
from plan.text import day_words, number_words

WIDTH, LABELS, RIGHT = 1152, 212, 12
HEAD, LANE, FOOT = 44, 58, 24
PITCH = 6.4
MOST_DOTS = 7
MOST_PILES = 8
"""Days with more than can be drawn as dots; beyond so many, their numbers would stand in one another."""
TALLEST = 26
DAY = timedelta(days=1)


class _Scale:
    """Days to pixels."""

    def __init__(self, first: date, last: date) -> None:
        self.first, self.last = first, last
        self.day = (WIDTH - LABELS - RIGHT) / ((last - first).days + 1)

    def x(self, day: date) -> float:
        return LABELS + (day - self.first).days * self.day

    def within(self, day: date) -> bool:
        return self.first <= day <= self.last


def timeline(
    rows: Sequence[MilestoneRow],
    handed: dict[str, dict[date, Handed]],
    *,
    first: date,
    last: date,
    now: datetime,
    calendar: WorkingCalendar,
) -> Markup:
    """The drawing, from `first` to `last` local day."""
    lanes = [row for row in rows if row.dated]
    scale = _Scale(first, last)
    height = HEAD + LANE * len(lanes) + FOOT
    bottom = HEAD + LANE * len(lanes)
    parts = _days_off(scale, calendar, bottom)
    parts += _weeks(scale, bottom)
    for order, row in enumerate(lanes):
        parts += _lane(row, handed.get(row.code, {}), HEAD + order * LANE, scale)
    parts += _today(scale, local_day(now), bottom)
    label = "Dòng thời gian: " + "; ".join(_spoken(row) for row in lanes)
    return drawing(WIDTH, height, label, parts, "timeline")


def _spoken(row: MilestoneRow) -> str:
    return (
        f"{row.short}: chậm nhất {row.last_day:%d/%m/%Y}, "
        f"{number_words(row.tally.handed_in)}/{number_words(row.tally.owing)} đã nộp"
    )


def _days_off(scale: _Scale, calendar: WorkingCalendar, bottom: float) -> list[str]:
    parts = []
    day = scale.first
    while day <= scale.last:
        if not calendar.is_working(day):
            holiday = day in calendar.off
            kind = "t-holiday" if holiday else "t-weekend"
            why = f"{day:%d/%m}: {calendar.why(day)}" if holiday else ""
            parts.append(rect(scale.x(day), HEAD, scale.day, bottom - HEAD, kind, why))
        day += DAY
    return parts


def _weeks(scale: _Scale, bottom: float) -> list[str]:
    """Months named above, Mondays ticked below them."""
    parts = [line(LABELS, HEAD, WIDTH - RIGHT, HEAD, "t-axis")]
    day = scale.first
    while day <= scale.last:
        if day.day == 1 or day == scale.first:
            parts.append(line(scale.x(day), 6, scale.x(day), bottom, "t-month"))
            if scale.x(day) < WIDTH - 70:
                parts.append(text(scale.x(day) + 5, 18, f"Tháng {day.month}", "t-head"))
        if day.weekday() == 0:
            parts.append(line(scale.x(day), HEAD - 5, scale.x(day), HEAD, "t-tick"))
            parts.append(
                text(scale.x(day) + scale.day / 2, HEAD - 8, f"{day.day}", "t-week", "middle")
            )
        day += DAY
    return parts


def _lane(row: MilestoneRow, handed: dict[date, Handed], top: float, scale: _Scale) -> list[str]:
    base = top + LANE - 14
    counted = f"{number_words(row.tally.handed_in)}/{number_words(row.tally.owing)} đã nộp"
    parts = [
        line(0, top + LANE, WIDTH - RIGHT, top + LANE, "t-rule"),
        text(0, top + 26, _cut(row.short), "t-name"),
        text(0, top + 43, counted, "t-count"),
    ]
    if row.opens_on and row.last_day:
        left = scale.x(max(row.opens_on, scale.first))
        right = scale.x(min(row.last_day, scale.last) + DAY)
        parts.append(rect(left, base, right - left, 6, "t-window"))
        parts.append(line(right, top + 8, right, base + 9, "t-due"))
        parts += _due_label(row.last_day, right, top)
    shown = {day: got for day, got in sorted(handed.items()) if scale.within(day)}
    if sum(got.count > MOST_DOTS for got in shown.values()) > MOST_PILES:
        return parts + _heights(shown, base - 5, scale)
    for day, got in shown.items():
        parts += _dots(scale.x(day) + scale.day / 2, base - 5, day, got)
    return parts


def _cut(words: str) -> str:
    return words if len(words) <= 30 else words[:29].rstrip() + "…"


def _due_label(day: date, x: float, top: float) -> list[str]:
    near_edge = x > WIDTH - 60
    return [
        text(x - 5 if near_edge else x + 5, top + 17, day_words(day), "t-due-day",
             "end" if near_edge else "start")
    ]  # fmt: skip


def _dots(x: float, base: float, day: date, got: Handed) -> list[str]:
    """Dots piled up from the band; more than fit become a bar with its number."""
    count = got.count
    words = f"{day:%d/%m}: {number_words(count)} sản phẩm, {got.accepted} đã nhận" + (
        f", {got.late} trễ" if got.late else ""
    )
    late = " late" if got.late else ""
    if count > MOST_DOTS:
        height = TALLEST
        solid = height * got.accepted / count
        return [
            "<g>",
            rect(x - 2.6, base - height, 5.2, height, f"t-pile{late}", words),
            rect(x - 2.6, base - solid, 5.2, solid, f"t-solid{late}"),
            text(x, base - height - 3, str(count), "t-many", "middle"),
            "</g>",
        ]
    marks = ["t-dot solid"] * got.accepted + ["t-dot"] * got.waiting
    circles = "".join(
        f'<circle cx="{n(x)}" cy="{n(base - i * PITCH)}" r="2.6" class="{kind}{late}"/>'
        for i, kind in enumerate(marks)
    )
    return [f"<g><title>{words}</title>{circles}</g>"]


def _heights(handed: Mapping[date, Handed], base: float, scale: _Scale) -> list[str]:
    """Very many on very many days: bars as high as the day was busy, the busiest with its number."""
    busiest = max(handed, key=lambda day: handed[day].count)
    most = handed[busiest].count

    def bars(height: Callable[[Handed], int]) -> str:
        wide = n(scale.day * 0.8)
        return "".join(
            f"M{n(scale.x(day) + scale.day * 0.1)} {n(base)}"
            f"v-{n(TALLEST * height(got) / most)}h{wide}V{n(base)}z"
            for day, got in handed.items()
            if height(got)
        )

    words = f"nhiều nhất {number_words(most)} sản phẩm trong ngày {busiest:%d/%m}"
    return [
        f'<path class="t-pile" d="{bars(lambda got: got.count)}"><title>{words}</title></path>',
        f'<path class="t-solid" d="{bars(lambda got: got.accepted)}"/>',
        text(scale.x(busiest), base - TALLEST - 3, number_words(most), "t-many", "middle"),
    ]


def _today(scale: _Scale, today: date, bottom: float) -> list[str]:
    if not scale.within(today):
        return []
    x = scale.x(today) + scale.day / 2
    words = f"hôm nay {day_words(today)}"
    anchor = "end" if x > WIDTH - 110 else "middle"
    return [line(x, HEAD, x, bottom + 6, "t-now"), text(x, bottom + 19, words, "t-now-day", anchor)]
