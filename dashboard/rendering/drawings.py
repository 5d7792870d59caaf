"""Burn-up: what has been handed in, day by day, against what was due by then."""

from __future__ import annotations

import io
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache

import segno
from markupsafe import Markup, escape

from dashboard.queries.board import Tally
from plan.calendar import local_day
from plan.dates import period_starts
from plan.states import SIGNS
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
    handed_in = f"{number_words(sum(done.values()))} trên {number_words(owed)} sản phẩm đã nộp"
    label = f"Tiến độ nộp: {handed_in} đến {today:%d/%m/%Y}"
    return drawing(WIDTH, HEIGHT, label, parts, "burnup")


def _axes(frame: _Frame, most: int) -> list[str]:
    parts = []
    step = next(size for size in STEPS if most / size <= 7)
    for count in range(0, most + 1, step):
        parts.append(line(LEFT, frame.y(count), WIDTH - RIGHT, frame.y(count), "u-grid"))
        parts.append(text(LEFT - 6, frame.y(count) + 4, number_words(count), "u-tick", "end"))
    for month in period_starts(frame.first, frame.last, "month"):
        x = frame.x(month)
        parts.append(line(x, HEIGHT - BOTTOM, x, HEIGHT - BOTTOM + 5, "t-tick"))
        parts.append(text(x, HEIGHT - 9, day_words(month), "u-tick", "middle"))
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


# --- Small helpers for drawings made here: numbers short, text escaped, looks by class (style.css).


def n(value: float) -> str:
    """A coordinate with at most one decimal."""
    return f"{value:.1f}".rstrip("0").rstrip(".")


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line x1="{n(x1)}" y1="{n(y1)}" x2="{n(x2)}" y2="{n(y2)}" class="{kind}"/>'


def rect(x: float, y: float, width: float, height: float, kind: str, title: str = "") -> str:
    tag = f'<rect x="{n(x)}" y="{n(y)}" width="{n(max(width, 0))}" height="{n(height)}" class="{kind}"'
    return f"{tag}><title>{escape(title)}</title></rect>" if title else f"{tag}/>"


def text(x: float, y: float, words: str, kind: str, anchor: str = "start") -> str:
    return (
        f'<text x="{n(x)}" y="{n(y)}" class="{kind}" text-anchor="{anchor}">{escape(words)}</text>'
    )


def drawing(width: float, height: float, label: str, parts: list[str], kind: str) -> Markup:
    """A whole drawing that scales with its place and speaks its label."""
    return Markup(
        f'<svg class="{kind}" viewBox="0 0 {n(width)} {n(height)}" role="img" '
        f'aria-label="{escape(label)}" preserveAspectRatio="xMidYMid meet">{"".join(parts)}</svg>'
    )


# --- A milestone's bar: one square an obligation while they can be counted, a stacked bar beyond.

MOST_SQUARES = 44
SIDE, GAP, BAR_HEIGHT = 12, 3, 16
BAR_WIDTH = 330


def bar(tally: Tally) -> Markup:
    """The bar; its label says the same in words."""
    squares = tally.total <= MOST_SQUARES
    parts = _squares(tally) if squares else _stack(tally)
    width = max(tally.total * (SIDE + GAP), SIDE) if squares else BAR_WIDTH
    return drawing(width, BAR_HEIGHT, bar_words(tally), parts, "bar" if squares else "bar stack")


def bar_words(tally: Tally) -> str:
    """«12 đã nhận, đúng hạn; 3 quá hạn»."""
    return "; ".join(f"{count} {SIGNS[key].words}" for key, count in tally.in_order())


def _squares(tally: Tally) -> list[str]:
    """One path a sign, whatever its number: a page of many bars stays small."""
    parts, first = [], 0
    for key, count in tally.in_order():
        lefts = [number * (SIDE + GAP) for number in range(first, first + count)]
        parts += [_row(lefts, *shape) for shape in _shapes(key)]
        first += count
    return parts


def _row(lefts: list[int], kind: str, right: float, down: float, path: str) -> str:
    """The same shape in each of these squares."""
    starts = (f"M{n(left + right)} {n((BAR_HEIGHT - SIDE) / 2 + down)}{path}" for left in lefts)
    return f'<path class="{kind}" d="{"".join(starts)}"/>'


Shape = tuple[str, float, float, str]
"""Its class, where in the square it starts (right, down), and its path from there."""
HOLLOW = SIDE - 1.5
"""A line is drawn on both sides of its path: what is outlined is smaller by its width."""


def _shapes(key: str) -> list[Shape]:
    """Shape tells as much as colour: full, hatched, hollow, crossed, a wedge for what is overdue."""
    if key == "overdue":
        return [(f"b-{key}", SIDE / 2, 0, f"l{n(SIDE / 2)} {SIDE}h-{SIDE}z")]
    if key == "waived":
        return [(f"b-{key}", 2, SIDE / 2, f"h{SIDE - 4}")]
    full = key.startswith("accepted")
    side, inset = (SIDE, 0.0) if full else (HOLLOW, 0.75)
    shapes: list[Shape] = [(f"b-{key}", inset, inset, f"h{n(side)}v{n(side)}h-{n(side)}z")]
    if key in ("returned", "returned_late"):
        shapes.append(("b-cross", 2.5, 2.5, "l7 7m0 -7l-7 7"))
    elif key.endswith("_late"):
        shapes.append(("b-edge", 0, SIDE - 3, f"h{SIDE}v3h-{SIDE}z"))
    return shapes


def _stack(tally: Tally) -> list[str]:
    parts, x = [], 0.0
    for key, count in tally.in_order():
        width = count / tally.total * BAR_WIDTH
        parts.append(rect(x, 2, width, SIDE, f"b-{key}"))
        if key.endswith("_late"):
            parts.append(rect(x, 2 + SIDE - 3, width, 3, "b-edge"))
        x += width
    return parts


# --- A QR code as a drawing, for enrolling a phone.


def qr(text: str) -> Markup:
    """Dark on light in both themes: phones read no other."""
    out = io.BytesIO()
    segno.make(text, error="m").save(
        out, kind="svg", scale=4, border=3, dark="#000", light="#fff", xmldecl=False, svgns=False
    )
    return Markup(out.getvalue().decode())


# --- The signs of state as small drawings, one shape each, so that every system shows the same.

_RING = '<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.6"/>'
_DOT = '<circle cx="8" cy="8" r="6.2" fill="currentColor"/>'
_ARROW = (
    '<path d="M6.2 3.2 2.4 7l3.8 3.8M2.6 7h7.2a3.2 3.2 0 0 1 0 6.4H7" fill="none" '
    'stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"/>'
)
_LATE = (
    '<path d="M18 5.5v6.2q0 2 2 2M15.6 8h5" fill="none" class="edge" stroke-width="1.7" '
    'stroke-linecap="round"/>'
)
"""The small «t» of ●ₜ."""
_QUARTERS = {
    "quarter": "M8 8V2a6 6 0 0 1 6 6z",
    "half": "M8 2a6 6 0 0 1 0 12z",
    "three": "M8 8V2a6 6 0 1 1-6 6z",
}


def _pie(part: str) -> str:
    return f'{_RING}<path d="{_QUARTERS[part]}" fill="currentColor"/>'


SHAPES: dict[str, str] = {
    "not_open": _RING,
    "undated": '<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.4" '
    'stroke-dasharray="2.2 2.5"/>',
    "open": _pie("quarter"),
    "due_soon": _pie("half"),
    "overdue": '<path d="M8 1.8 15 14H1z" fill="currentColor"/>',
    "submitted": _pie("three"),
    "submitted_late": _pie("three") + _LATE,
    "returned": _ARROW,
    "returned_late": _ARROW + _LATE,
    "accepted": _DOT,
    "accepted_late": _DOT + _LATE,
    "waived": '<path d="M3.5 8h9" stroke="currentColor" stroke-width="2" stroke-linecap="round"/>',
}


MARK = (
    '<path d="M2 2h18v18H2z" class="mark-ground"/><path d="M6 11.5 9.6 15 16 7" fill="none" '
    'class="mark-tick" stroke-width="2.4"/>'
)


def sprite() -> Markup:
    """Every shape once, for `<use>`; stands at the top of each page."""
    symbols = "".join(
        f'<symbol id="s-{key}" viewBox="0 0 22 16">{shape}</symbol>'
        for key, shape in SHAPES.items()
    )
    symbols += f'<symbol id="mark" viewBox="0 0 22 22">{MARK}</symbol>'
    return Markup(f'<svg class="sprite" aria-hidden="true" width="0" height="0">{symbols}</svg>')


@lru_cache(maxsize=256)
def sign_svg(key: str, label: str = "") -> Markup:
    """A sign; with a label it speaks, without one it is decoration beside its word. Its size is the style
    sheet's: a page may have some hundreds."""
    sign = SIGNS[key]
    spoken = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return Markup(f'<svg class="sign {sign.tone}" {spoken}><use href="#s-{key}"/></svg>')
