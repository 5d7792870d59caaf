"""A plan's forms as parts of the plan format: who fills each in, by when, and the outline of the reports.

Who fills in a form and when it is due seldom stands beside it: both are asked, once a form. What of its rows
is unsure is kept with the appendix (`ambiguities`) and shown where the plan is checked. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

Row = TypeVar("Row")
OUTLINE = "outline"
NEEDS_PARTS = "ratio"
"""An aggregate that cannot be worked out before somebody says what it is made of."""


def undecided(forms: Mapping[str, Any], decided: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(key, what is asked about it) of every form, and of the outline, that nobody has decided about."""
    for one in forms.get("appendices", ()):
        if one["code"] not in decided:
            rows = sum(len(table["indicators"]) for table in one["tables"])
            yield one["code"], f"«{one['heading']}: {one['title']}» ({rows} dòng)"
    count = _count(forms.get("outline", ()))
    if count and OUTLINE not in decided:
        yield OUTLINE, f"Đề cương báo cáo ({count} mục)"


def _count(nodes: Sequence[Mapping[str, Any]]) -> int:
    return sum(1 + _count(node.get("children", ())) for node in nodes)


def owed_as_rows(decided: Mapping[str, Any], rows: Mapping[str, Row]) -> dict[str, str]:
    """Row id → the code of the form that it is, of the `rows` that stand."""
    return {one["row"]: code for code, one in decided.items() if one.get("row") in rows}


def owed_apart(
    decided: Mapping[str, Any], rows: Mapping[str, Row]
) -> Iterator[tuple[str, Mapping[str, Any], Row | None]]:
    """(code, what was decided, the row it is due like) of every form that is owed and is no row itself. One
    that was to be a row which does not stand (still asked about) is left aside."""
    taken = set(owed_as_rows(decided, rows).values())
    for code, one in decided.items():
        like = rows.get(one.get("row", ""))
        owed = one.get("followed") is None and (like is not None or "owner" in one)
        if owed and code not in taken:
            yield code, one, like


def appendix_part(forms: Mapping[str, Any], code: str, owner: str) -> dict[str, Any]:
    """The appendix as the plan format has it, filled in by one agency (its id)."""
    found = next(one for one in forms["appendices"] if one["code"] == code)
    doubts = [one["text"] for one in forms.get("questions", ()) if one["appendix"] == code]
    return {
        **found,
        "owner": owner,
        "tables": [
            {**table, "indicators": [_indicator(row) for row in table["indicators"]]}
            for table in found["tables"]
        ],
        "ambiguities": doubts,
    }


def _indicator(row: Mapping[str, Any]) -> dict[str, Any]:
    """A percentage of which nobody has said what it is made of is never added up."""
    if row.get("aggregate") != NEEDS_PARTS:
        return dict(row)
    note = "Chưa khai tử số, mẫu số nên chưa tính chung."
    return {**row, "aggregate": "never", "aggregate_note": note}
