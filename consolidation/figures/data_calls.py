"""What came back of an internal data call: rolled up by each figure's own rule, for the owner's workbook.

    answer = rolled_up(session, plan, call, as_of)
    known = prefill([answer])              # for intake.blank.build_workbook

A row of which those asked hold only a part is never filled in: its sum stands in the note beside it, for
the owner to add its own. What cannot be made one figure is not, and the note says why.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from sqlmodel import Session

from consolidation.coverage import Coverage
from consolidation.figures.gather import Cell, Figures, gather_figures
from consolidation.figures.merge import Merged, said_by_each
from consolidation.figures.rows import IndicatorRow, call_rows
from consolidation.inputs import Input, collect
from intake.workbook.template import NOTE
from plan.definition.appendices import ValueType
from plan.definition.model import DataCall, Output
from plan.ledger.filing import ReadValue
from plan.models import Plan
from plan.queries.definitions import definition_of
from plan.text import join_names, number_words

NAMED = 3
"""How many of the missing a note names: a note has little room."""


@dataclass(frozen=True)
class Answer:
    """A call, what was accepted for it, and what that comes to."""

    call: DataCall
    coverage: Coverage
    figures: Figures
    items: tuple[Input, ...]

    def partial(self, row: IndicatorRow) -> bool:
        """Whether those asked hold only a part of this row."""
        return row.indicator.code in self.call.partial_rows

    def heard(self) -> str:
        """«9/11 đơn vị (thiếu An Lão và Vân Canh)»."""
        have, owed = self.coverage.have, self.coverage.owed
        said = f"{have}/{owed} đơn vị"
        if self.coverage.complete:
            return said
        return f"{said} (thiếu {join_names(self.coverage.names, limit=NAMED)})"

    def why(self, cell: Merged) -> str:
        """Why there is no figure of what was handed in; of one source, with what each said."""
        said = said_by_each(cell, {one.agency: one.agency_short for one in self.items})
        return f"{cell.why_not} Đã ghi: {said}." if said else cell.why_not or cell.not_applicable


def rolled_up(
    session: Session,
    plan: Plan,
    call: DataCall,
    as_of: datetime,
    only: Collection[str] | None = None,
) -> Answer:
    """The accepted answers to a call as of a UTC instant; `only`: these rows. Nobody asked: nothing owed,
    nothing there."""
    definition = definition_of(plan)
    inputs = collect(session, plan, _as_output(call), as_of)
    book = call_rows(definition, call)
    figures = gather_figures(session, definition, book, inputs.items, only=only)
    return Answer(call, inputs.coverage, figures, inputs.items)


def _as_output(call: DataCall) -> Output:
    """A call read as any output's inputs are; nothing is kept under this name."""
    return Output(id=call.id, title=call.title, kind="appendices", filename="-", inputs=[call.id])


def prefill(answers: Iterable[Answer]) -> dict[Cell, ReadValue]:
    """What goes into the owner's blank workbook: figures, parts of percentages, notes."""
    found: dict[Cell, ReadValue] = {}
    for answer in answers:
        beside: dict[Cell, dict[str, str]] = {}
        for row in answer.figures.book.rows.values():
            cells = _cells(answer, row)
            if not cells:
                continue
            if not answer.partial(row):
                for value in _values(row, cells):
                    found[value.indicator, value.period] = value
            for place, among in _note_places(row, cells):
                beside.setdefault(place, {})[row.short_label] = _note(answer, row, among)
        for place, notes in beside.items():
            found[place] = ReadValue(*place, text=_one_note(notes))
    return found


def _note_places(
    row: IndicatorRow, cells: Mapping[str, Merged]
) -> Iterator[tuple[Cell, dict[str, Merged]]]:
    """Where the form has room for a note on these cells: beside the row, or, of a table whose rows are
    periods, in that period's row, shared with the other figures of the table."""
    if row.table.layout == "rows":
        yield (row.name, NOTE), dict(cells)
        return
    texts = (one.code for one in row.table.indicators if one.type is ValueType.text)
    column = ".".join([row.appendix.code, *islice(texts, 1)])
    for period, cell in cells.items():
        yield (column, period), {period: cell}


def _one_note(notes: Mapping[str, str]) -> str:
    """Said once where all say the same, else each with its label."""
    alike = set(notes.values())
    if len(alike) == 1:
        return alike.pop()
    return ". ".join(f"{label}: {note}" for label, note in notes.items())


def _cells(answer: Answer, row: IndicatorRow) -> dict[str, Merged]:
    """Those for which something was handed in, by period."""
    found = {period.key: answer.figures.at(row.name, period.key) for period in row.periods}
    return {period: cell for period, cell in found.items() if cell.count}


def _values(row: IndicatorRow, cells: Mapping[str, Merged]) -> Iterator[ReadValue]:
    for period, cell in cells.items():
        if cell.not_applicable:
            yield ReadValue(row.name, period, text=cell.not_applicable, not_applicable=True)
        elif isinstance(cell.value, str):
            yield ReadValue(row.name, period, text=cell.value)
        elif cell.value is not None:
            yield ReadValue(row.name, period, number=float(cell.value))
        for part, number in (("n", cell.numerator), ("d", cell.denominator)):
            if number is not None:
                yield ReadValue(f"{row.name}#{part}", period, number=number)


def _note(answer: Answer, row: IndicatorRow, cells: Mapping[str, Merged]) -> str:
    rule = next(iter(cells.values())).rule
    reasons = dict.fromkeys(answer.why(cell) or cell.note for cell in cells.values())
    told = "; ".join(reason.rstrip(".") for reason in reasons if reason)
    if answer.partial(row):
        sums = "; ".join(f"{key}: {_words(cell.value)}" for key, cell in cells.items())
        head = f"Riêng phần {answer.heard()}: {sums}. Cộng thêm phần của cơ quan mình"
    else:
        head = f"{rule[:1].upper()}{rule[1:]}, từ {answer.heard()}"
    return ". ".join(part for part in (head, told) if part)


def _words(value: float | str | None) -> str:
    if value is None:
        return "không gộp"
    return value if isinstance(value, str) else number_words(value)


def differences(answer: Answer, owner: Mapping[Cell, float | str]) -> Sequence[tuple[Cell, str]]:
    """Where the owner's own figure is another than the sum of those asked (or, of a row they hold only a
    part of, smaller): two agencies that contradict one another. `owner`: its accepted figures."""
    found = []
    for row, period in answer.figures.book.cells():
        cell = row.name, period.key
        summed, said = answer.figures.at(*cell).value, owner.get(cell)
        if not isinstance(summed, int | float) or not isinstance(said, int | float):
            continue
        if said < summed or (said > summed and not answer.partial(row)):
            words = f"{number_words(said)}, các đơn vị cộng lại {number_words(summed)}"
            found.append((cell, words))
    return found


def side_by_side(answer: Answer) -> tuple[list[str], list[list[str]]]:
    """Heads and lines of a table: an indicator a line, its periods beside one another."""
    rows = [row for row in answer.figures.book.rows.values() if row.fillable]
    periods = list(dict.fromkeys(period.key for row in rows for period in row.periods))
    lines = []
    for row in rows:
        cells = {period: answer.figures.at(row.name, period) for period in periods}
        given = [cell for cell in cells.values() if cell.count]
        if given:
            why = dict.fromkeys(said for cell in given if (said := answer.why(cell) or cell.note))
            shown = [_shown(cell) if cell.count else "" for cell in cells.values()]
            lines.append([row.name, row.full_label, *shown, given[0].rule, " ".join(why)])
    return ["Chỉ tiêu", "Nội dung", *periods, "Cách tính", "Cần biết"], lines


def _shown(cell: Merged) -> str:
    return "không áp dụng" if cell.not_applicable else _words(cell.value) or "không gộp"
