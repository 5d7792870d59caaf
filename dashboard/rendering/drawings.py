"""Burn-up: what has been handed in, day by day, against what was due by then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from markupsafe import Markup

from dashboard.rendering.svg import drawing, line, n, text
from plan.calendar import local_day
from plan.text import day_words, number_words

WIDTH, HEIGHT = 640, 248
LEFT, RIGHT, TOP, BOTTOM = 56, 124, 16, 30
STEPS = [digit * 10**power for power in range(8) for digit in (1, 2, 5)]


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
    due: Mapping[date, int],
    handed: Mapping[date, int],
    *,
    first: date,
    last: date,
    now: datetime,
    earlier: Mapping[date, int] | None = None,
) -> Markup:
    """`due`: last good day → how many fall due on it; `handed`: day → how many were handed in;
    `earlier`: the same of the time before, laid on this one's days."""
    today = local_day(now)
    owed = sum(due.values())
    frame = _Frame(first, last, owed)
    parts = _axes(frame, owed)
    if earlier:
        parts.append(_steps(frame, earlier, last, "u-earlier"))
    late_from = {day + timedelta(days=1): count for day, count in due.items()}
    parts.append(_steps(frame, late_from, last, "u-due"))
    done = {day: count for day, count in handed.items() if day <= today}
    parts.append(_steps(frame, done, min(today, last), "u-done"))
    parts += _labels(frame, owed, sum(done.values()), min(today, last))
    label = f"Tiến độ nộp: {sum(done.values())} trên {owed} sản phẩm đã nộp đến {today:%d/%m/%Y}"
    return drawing(WIDTH, HEIGHT, label, parts, "burnup")


def _axes(frame: _Frame, most: int) -> list[str]:
    parts = []
    step = next(size for size in STEPS if most / size <= 7)
    for count in range(0, most + 1, step):
        parts.append(line(LEFT, frame.y(count), WIDTH - RIGHT, frame.y(count), "u-grid"))
        parts.append(text(LEFT - 6, frame.y(count) + 4, number_words(count), "u-tick", "end"))
    month = date(frame.first.year, frame.first.month, 1)
    while month <= frame.last:
        if month >= frame.first:
            parts.append(
                line(frame.x(month), HEIGHT - BOTTOM, frame.x(month), HEIGHT - BOTTOM + 5, "t-tick")
            )
            parts.append(text(frame.x(month), HEIGHT - 9, day_words(month), "u-tick", "middle"))
        month = (month + timedelta(days=32)).replace(day=1)
    return parts


def _steps(frame: _Frame, days: Mapping[date, int], last: date, kind: str) -> str:
    """A staircase: flat until a day, then up by as many as fall on it."""
    path, height = [f"M{n(frame.x(frame.first))} {n(frame.y(0))}"], 0
    for day, count in sorted(days.items()):
        height += count
        path.append(f"H{n(frame.x(day))}V{n(frame.y(height))}")
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
        text(right, y_owed, f"{number_words(owed)} phải nộp", "u-name due"),
        f'<circle cx="{n(frame.x(today))}" cy="{n(frame.y(done))}" r="3" class="u-end"/>',
        text(x_done, y_done + (4 if beside else 16), f"{number_words(done)} đã nộp", "u-name done"),
    ]
