"""The rules inside a blank workbook: a wrong cell coloured as it is typed, sums beside totals, a sentence.

The block beside the form, outside the printed area, shows for every total the sum of its parts, and in
words which rule a row breaks and in which period.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from intake.checks import BoundRule, bound_rules
from intake.forms.formulas import parts_of_total, violation
from intake.forms.layout import SheetLayout, TableLayout, address
from intake.forms.writer import Pen, areas
from intake.workbook.cells import NOT_APPLICABLE
from intake.workbook.template import Template
from intake.workbook.xlsx import Place, place_of
from plan.definition.appendices import ValueType

_STYLE = {"error": "bad", "warning": "doubtful", "note": "doubtful"}
_SIGN = {"error": "✗", "warning": "!", "note": "·"}
_FORMULA_LIMIT = 7_500
"""Excel takes 8192 characters."""
_LITERAL_LIMIT = 250
"""Excel takes 255 in one text."""


@dataclass(frozen=True)
class _Mirror:
    """One rule at one cell."""

    bound: BoundRule
    line: str
    period: str
    place: Place
    formula: str
    local: bool
    """Whether every cell it names stands on this sheet."""


def colour_wrong_types(pen: Pen) -> None:
    """Pasted text, a negative, a half: what data validation does not see."""
    for kind, test in _WRONG.items():
        places = pen.inputs.get(kind, [])
        if not places:
            continue
        criteria = "=" + test.replace("CELL", address(min(places)))
        _colour(pen, places, criteria, "bad")


_TEXT = f'AND(ISTEXT(CELL),CELL<>"",CELL<>"{NOT_APPLICABLE}")'
_WRONG = {
    ValueType.count: f"OR({_TEXT},AND(ISNUMBER(CELL),OR(N(CELL)<0,N(CELL)<>INT(N(CELL)))))",
    ValueType.percent: f"OR({_TEXT},AND(ISNUMBER(CELL),OR(N(CELL)<0,N(CELL)>100)))",
    ValueType.flag: f'OR(AND({_TEXT},CELL<>"1",CELL<>"0"),AND(ISNUMBER(CELL),N(CELL)<>0,N(CELL)<>1))',
}


# --- rules ----------------------------------------------------------------------------------------


def mirror_rules(
    pen: Pen, template: Template, layouts: Mapping[str, SheetLayout], name: str
) -> None:
    """Colours, sums and sentences of one sheet."""
    layout = layouts[name]
    mirrors = list(_mirrors(template, layouts, name))
    for run in _runs([one for one in mirrors if one.local]):
        criteria = f"={run[0].formula}"
        _colour(pen, [one.place for one in run], criteria, _STYLE[run[0].bound.severity])
    sums = _write_sums(pen, template, layout)
    _write_sentences(pen, layout, mirrors, sums)


def _mirrors(
    template: Template, layouts: Mapping[str, SheetLayout], name: str
) -> Iterator[_Mirror]:
    constants = template.definition.constants
    for bound in bound_rules(template.definition):
        line = bound.rule.at or bound.expr.refs[0].name
        owed = template.lines.get(line)
        if line.partition(".")[0] != name or owed is None or not owed.owed:
            continue
        for period in bound.checked_in:
            place = layouts[name].place(line, period)
            seen: set[str] = set()

            def cell(indicator: str, at: str, seen: set[str] = seen) -> str | None:
                return _address(template, layouts, name, indicator, at, seen)

            formula = violation(bound.expr, cell, period, bound.periods, constants)
            if place is not None and formula is not None:
                yield _Mirror(bound, line, period, place, formula, local=seen == {name})


def _address(
    template: Template,
    layouts: Mapping[str, SheetLayout],
    home: str,
    line: str,
    period: str,
    seen: set[str],
) -> str | None:
    """«E8», or «'PL4'!E8» on another sheet; None for a cell that this agency does not fill in."""
    known = template.lines.get(line)
    if known is None or not known.owed:
        return None
    sheet = known.appendix
    place = layouts[sheet].place(line, period)
    if place is None:
        return None
    seen.add(sheet)
    return address(place) if sheet == home else f"'{sheet}'!{address(place)}"


def _colour(pen: Pen, places: Sequence[Place], criteria: str, style: str) -> None:
    """One colour over cells; `criteria` speaks of the first of them."""
    first = min(places)
    ranges = [f"{address(area[:2])}:{address(area[2:])}" for area in areas(places)]
    options = {
        "type": "formula",
        "criteria": criteria,
        "format": pen.styles[style],
        "multi_range": " ".join(ranges),
    }
    pen.sheet.conditional_format(*first, *first, options)


def _runs(mirrors: Sequence[_Mirror]) -> Iterator[list[_Mirror]]:
    """Mirrors of one rule whose formulas are the first one's, moved with the cell: one colour serves all."""
    run: list[_Mirror] = []
    for one in mirrors:
        if run and (one.bound is not run[0].bound or one.formula != _moved(run[0], one.place)):
            yield run
            run = []
        run.append(one)
    if run:
        yield run


_CELL = re.compile(r"(?<![A-Za-z0-9_'\"!])([A-Z]{1,3})(\d{1,5})(?![\w(])")


def _moved(mirror: _Mirror, place: Place) -> str:
    """The mirror's formula as a spreadsheet would move it to another cell."""
    down, right = place[0] - mirror.place[0], place[1] - mirror.place[1]

    def moved(found: re.Match[str]) -> str:
        at = place_of(f'r="{found.group(0)}"'.encode())
        return address((at[0] + down, at[1] + right)) if at else found.group(0)

    return _CELL.sub(moved, mirror.formula)


# --- sums -----------------------------------------------------------------------------------------


def _write_sums(pen: Pen, template: Template, layout: SheetLayout) -> int:
    """The sum of its parts beside every total; how many columns that took."""
    totals: dict[str, list[str]] = {}
    for bound in bound_rules(template.definition):
        found = parts_of_total(bound.expr.text)
        if found and found[0] not in totals:
            totals[found[0]] = found[1]
    written = 0
    for table in layout.tables:
        lines = [line for line in table.plan.lines if line.owed and line.name in totals]
        if lines:
            write = _sums_by_rows if table.plan.by_rows else _sums_by_columns
            written = max(
                written, write(pen, layout, table, {one.name: totals[one.name] for one in lines})
            )
    return written


def _sum(layout: SheetLayout, parts: list[str], period: str) -> str | None:
    cells = [place for part in parts if (place := layout.place(part, period))]
    if len(cells) < len(parts):
        return None
    names = ",".join(address(cell) for cell in cells)
    return f'=IF(COUNT({names})=0,"",SUM({names}))'


def _sums_by_rows(
    pen: Pen, layout: SheetLayout, table: TableLayout, totals: dict[str, list[str]]
) -> int:
    side = layout.side
    title = "Cộng các dòng thành phần (để đối chiếu, không in)"
    pen.text(table.key_row - 1, side, title, "side_title")
    for number, period in enumerate(table.plan.periods):
        pen.text(table.head_rows[0], side + number, period.label.split(" (")[0], "side_head")
        for line, parts in totals.items():
            formula = _sum(layout, parts, period.key)
            if formula:
                place = (table.rows[line], side + number)
                pen.sheet.write_formula(*place, formula, pen.styles["side_number"], "")
    for number in range(len(table.plan.periods)):
        pen.sheet.set_column(side + number, side + number, 10)
    return len(table.plan.periods)


def _sums_by_columns(
    pen: Pen, layout: SheetLayout, table: TableLayout, totals: dict[str, list[str]]
) -> int:
    for number, (line, parts) in enumerate(totals.items()):
        label = next(one.label for one in table.plan.lines if one.name == line)
        column = layout.side + number
        pen.text(table.head_rows[-1], column, f"Cộng các ô thành phần của «{label}»", "side_head")
        pen.sheet.set_column(column, column, 22)
        for period in table.plan.periods:
            formula = _sum(layout, parts, period.key)
            if formula:
                place = (table.rows[period.key], column)
                pen.sheet.write_formula(*place, formula, pen.styles["side_number"], "")
    return len(totals)


# --- sentences ------------------------------------------------------------------------------------


def _write_sentences(pen: Pen, layout: SheetLayout, mirrors: list[_Mirror], sums: int) -> None:
    """Row by row, in words: which rule is broken, and when."""
    column = layout.side + sums + (1 if sums else 0)
    by_row: dict[int, dict[str, list[_Mirror]]] = {}
    for mirror in mirrors:
        by_row.setdefault(mirror.place[0], {}).setdefault(mirror.bound.rule.id, []).append(mirror)
    if not by_row:
        return
    pen.sheet.set_column(column, column, 60)
    for table in layout.tables:
        if by_row.keys() & set(table.rows.values()):
            pen.text(table.head_rows[-1], column, "Kiểm tra (không in)", "side_head")
    for row, rules in by_row.items():
        formula = _sentence(rules)
        if formula:
            pen.sheet.write_formula(row, column, formula, pen.styles["side_text"], "")


def _sentence(rules: dict[str, list[_Mirror]]) -> str:
    """«✗ Kỳ 2016 2017: …» for every rule of a row that is broken; rules that no longer fit are left out."""
    formula = ""
    for mirrors in rules.values():
        bound = mirrors[0].bound
        tests = ",".join(one.formula for one in mirrors)
        when = "&".join(f'IF({one.formula},"{one.period} ","")' for one in mirrors)
        words = _words(bound)
        part = f'IF(OR({tests}),"{_SIGN[bound.severity]} Kỳ "&{when}&"– "&{words}&"  ","")'
        longer = f"{formula}&{part}" if formula else part
        if len(longer) > _FORMULA_LIMIT:
            break
        formula = longer
    return f"={formula}" if formula else ""


def _words(bound: BoundRule) -> str:
    """The rule's message without its numbers, in pieces short enough for a formula."""
    text = bound.rule.message.replace(" ({left})", "").replace(" ({right})", "")
    text = text.replace("{left}", "…").replace("{right}", "…").replace('"', "'")
    pieces = [text[at : at + _LITERAL_LIMIT] for at in range(0, len(text), _LITERAL_LIMIT)]
    return "&".join(f'"{piece}"' for piece in pieces)
