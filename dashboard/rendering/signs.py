"""The signs of state as small drawings, one shape each, so that every system shows the same."""

from __future__ import annotations

from markupsafe import Markup, escape

from plan.signs import SIGNS

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


def sign_svg(key: str, label: str = "") -> Markup:
    """A sign; with a label it speaks, without one it is decoration beside its word."""
    sign = SIGNS[key]
    spoken = f'role="img" aria-label="{escape(label)}"' if label else 'aria-hidden="true"'
    return Markup(
        f'<svg class="sign {sign.tone}" width="22" height="16" {spoken}><use href="#s-{key}"/></svg>'
    )
