"""A milestone's bar: one square an obligation while they can be counted, a stacked bar beyond."""

from __future__ import annotations

from markupsafe import Markup

from dashboard.queries.board import Tally
from dashboard.rendering.svg import drawing, n, rect
from plan.signs import SIGNS

MOST_SQUARES = 44
SIDE, GAP, HEIGHT = 12, 3, 16
WIDTH = 330


def bar(tally: Tally) -> Markup:
    """The bar; its label says the same in words."""
    squares = tally.total <= MOST_SQUARES
    parts = _squares(tally) if squares else _stack(tally)
    width = max(tally.total * (SIDE + GAP), SIDE) if squares else WIDTH
    return drawing(width, HEIGHT, bar_words(tally), parts, "bar" if squares else "bar stack")


def bar_words(tally: Tally) -> str:
    """«12 đã nhận, đúng hạn; 3 quá hạn»."""
    return "; ".join(f"{count} {SIGNS[key].words}" for key, count in tally.in_order())


def _squares(tally: Tally) -> list[str]:
    parts, x = [], 0.0
    for key, count in tally.in_order():
        for _ in range(count):
            parts.append(_square(x, key))
            x += SIDE + GAP
    return parts


def _square(x: float, key: str) -> str:
    """Shape tells as much as colour: full, hatched, hollow, crossed, a wedge for what is overdue."""
    top = (HEIGHT - SIDE) / 2
    if key == "overdue":
        return (
            f'<path class="b-{key}" d="M{n(x + SIDE / 2)} {n(top)}l{n(SIDE / 2)} {SIDE}h-{SIDE}z"/>'
        )
    if key in ("returned", "returned_late"):
        cross = f"M{n(x + 2.5)} {n(top + 2.5)}l7 7m0 -7l-7 7"
        return (
            rect(x + 0.75, top + 0.75, SIDE - 1.5, SIDE - 1.5, f"b-{key}")
            + f'<path class="b-cross" d="{cross}"/>'
        )
    if key == "waived":
        return f'<path class="b-waived" d="M{n(x + 2)} {n(HEIGHT / 2)}h{SIDE - 4}"/>'
    inset = 0 if key.startswith("accepted") else 0.75
    return rect(x + inset, top + inset, SIDE - 2 * inset, SIDE - 2 * inset, f"b-{key}") + (
        rect(x, top + SIDE - 3, SIDE, 3, "b-edge") if key.endswith("_late") else ""
    )


def _stack(tally: Tally) -> list[str]:
    parts, x = [], 0.0
    for key, count in tally.in_order():
        width = count / tally.total * WIDTH
        parts.append(rect(x, 2, width, SIDE, f"b-{key}"))
        if key.endswith("_late"):
            parts.append(rect(x, 2 + SIDE - 3, width, 3, "b-edge"))
        x += width
    return parts
