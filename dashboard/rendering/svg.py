"""Small helpers for drawings made here: numbers short, text escaped, looks by class (style.css)."""

from __future__ import annotations

from markupsafe import Markup, escape


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
