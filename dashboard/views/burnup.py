"""Burn-up: what has been handed in, day by day, against what was due by then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from markupsafe import Markup

from dashboard.views.svg import drawing, line, n, text
from plan.calendar import local_day

WIDTH, HEIGHT = 640, 248
LEFT, RIGHT, TOP, BOTTOM = 36, 112, 16, 30


class _Frame:
    def __init__(self, first: date, last: date, most: int) -> None:
        self.first, self.last, self.most = first, last, max(most, 1)

    def x(self, day: date) -> float:
        inside = min(max(day, self.first), self.last)
        share = (inside - self.first).days / max((self.last - self.first).days, 1)
        return LEFT + share * (WIDTH - LEFT - RIGHT)

    def y(self, count: float) -> float:
        return HEIGHT - BOTTOM - count / self.most * (HEIGHT - TOP - BOTTOM)


def burnup(
    due: Sequence[date],
    handed: Sequence[date],
    *,
    first: date,
    last: date,
    now: datetime,
    earlier: Sequence[date] = (),
) -> Markup:
    """`due`: last good day of each obligation; `handed`: day each was handed in; `earlier`: the same
    days of the time before, laid on this one's."""
    today = local_day(now)
    frame = _Frame(first, last, len(due))
    parts = _axes(frame, len(due))
    if earlier:
        parts.append(_steps(frame, sorted(earlier), last, "u-earlier"))
    parts.append(_steps(frame, [day + timedelta(days=1) for day in sorted(due)], last, "u-due"))
    done = sorted(day for day in handed if day <= today)
    parts.append(_steps(frame, done, min(today, last), "u-done"))
    parts += _labels(frame, len(due), len(done), min(today, last))
    label = f"Tiến độ nộp: {len(done)} trên {len(due)} sản phẩm đã nộp đến {today:%d/%m/%Y}"
    return drawing(WIDTH, HEIGHT, label, parts, "burnup")


def _axes(frame: _Frame, most: int) -> list[str]:
    parts = []
    step = next(size for size in (1, 2, 5, 10, 20, 50, 100, 500, 10**4, 10**6) if most / size <= 7)
    for count in range(0, most + 1, step):
        parts.append(line(LEFT, frame.y(count), WIDTH - RIGHT, frame.y(count), "u-grid"))
        parts.append(text(LEFT - 6, frame.y(count) + 4, str(count), "u-tick", "end"))
    month = date(frame.first.year, frame.first.month, 1)
    while month <= frame.last:
        if month >= frame.first:
            parts.append(
                line(frame.x(month), HEIGHT - BOTTOM, frame.x(month), HEIGHT - BOTTOM + 5, "t-tick")
            )
            parts.append(text(frame.x(month), HEIGHT - 9, f"1/{month.month}", "u-tick", "middle"))
        month = (month + timedelta(days=32)).replace(day=1)
    return parts


def _steps(frame: _Frame, days: Sequence[date], last: date, kind: str) -> str:
    """A staircase: flat until a day, then up by one for each that falls on it."""
    path = [f"M{n(frame.x(frame.first))} {n(frame.y(0))}"]
    for count, day in enumerate(days, 1):
        if count == len(days) or days[count] != day:
            path.append(f"H{n(frame.x(day))}V{n(frame.y(count))}")
    path.append(f"H{n(frame.x(last))}")
    return f'<path class="{kind}" d="{"".join(path)}"/>'


def _labels(frame: _Frame, owed: int, done: int, today: date) -> list[str]:
    """Named where the lines end, kept apart."""
    right = WIDTH - RIGHT + 8
    y_done = frame.y(done)
    beside = today >= frame.last
    x_done = right if beside else frame.x(today) + 6
    y_owed = frame.y(owed) + 4
    if beside and abs(y_done + 4 - y_owed) < 16:
        y_done = y_owed + 14
    return [
        text(right, y_owed, f"{owed} phải nộp", "u-name due"),
        f'<circle cx="{n(frame.x(today))}" cy="{n(frame.y(done))}" r="3" class="u-end"/>',
        text(x_done, y_done + (4 if beside else 16), f"{done} đã nộp", "u-name done"),
    ]
