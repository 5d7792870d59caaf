"""A blank table → rows with number, label, parent; its periods. Tables that are no form are left alone.

Two layouts: indicators down and periods across («STT | Chỉ tiêu | Năm 2019 | …»), or periods down and
indicators across («Giai đoạn | Số phòng | …»), perhaps under group heads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from drafting.document import Cell, Table, TableRow
from drafting.forms.periods import Period, period_of
from drafting.forms.proposals import Proposal, propose
from plan.text import normalise

_NUMBER_HEAD = re.compile(r"(?:s?tt|so tt|so thu tu)")
_LABEL_HEAD = re.compile(
    r"chi tieu|nhiem vu|tieu chi|noi dung|muc tieu|danh muc|hang muc|ten |loai "
)
_NO_FIGURE = re.compile(
    r"don vi tinh|dvt|ghi chu|chu tri|phoi hop|thoi gian|thoi han|san pham|kinh phi"
)
_BLANK_SHARE = 0.6
"""So much of what is to be filled in stands empty in a form."""
_ROMAN = re.compile(r"([IVXLC]{1,6})[.)]?")
_DECIMAL = re.compile(r"(\d{1,3}(?:\.\d{1,3})*)[.)]?")
_LETTER = re.compile(r"([a-zđ])[.)]")
_DASH = re.compile(r"[-+–]")
_PRINTED_DASH = re.compile(r"^[-+–•]\s+")
_SAID_AGAIN = 4
"""So many first words that return inside a label begin a second one."""


@dataclass
class FormRow:
    """One indicator. `parent` is another's code."""

    code: str
    stt: str
    label: str
    parent: str | None
    proposal: Proposal
    place: str
    group: str = ""
    doubts: list[str] = field(default_factory=list)


@dataclass
class FormTable:
    """One table of an appendix."""

    layout: str
    heads: list[str]
    periods: list[Period]
    rows: list[FormRow]
    title: str = ""
    code: str = ""
    doubts: list[str] = field(default_factory=list)


def form_of(table: Table, year: int | None = None, code: str = "") -> FormTable | None:
    """The form that the table is; None for a table that is none. `year` of the plan, for heads without one;
    `code` of the table within its appendix."""
    grid = _grid(table)
    if len(grid) < 2 or max(map(len, grid)) < 2:
        return None
    made = _by_rows(grid, table.rows, year) or _by_columns(grid, table.rows, year, code)
    if made is not None:
        made.code = code
    return made


def _grid(table: Table) -> list[list[Cell]]:
    """The cells in their columns: merged ones stand in each row, in the first column they cover."""
    lines: list[list[Cell]] = []
    hanging: dict[int, tuple[int, Cell]] = {}
    for row in table.rows:
        line: list[Cell] = []
        waiting = list(row.cells)
        while waiting or len(line) in hanging:
            if len(line) in hanging:
                left, cell = hanging.pop(len(line))
                if left > 1:
                    hanging[len(line)] = (left - 1, cell)
                line.append(Cell())
                continue
            cell = waiting.pop(0)
            if cell.rowspan > 1:
                hanging[len(line)] = (cell.rowspan - 1, cell)
            line.append(cell)
            line.extend(Cell() for _ in range(min(cell.colspan, 200) - 1))
        lines.append(line)
    return lines


# --- indicators down, periods across ----------------------------------------------------------------


def _by_rows(
    grid: Sequence[list[Cell]], rows: Sequence[TableRow], year: int | None
) -> FormTable | None:
    heads = [cell.text for cell in grid[0]]
    words = [normalise(head) for head in heads]
    if not _NUMBER_HEAD.fullmatch(words[0]) or len(heads) < 3 or not _LABEL_HEAD.search(words[1]):
        return None
    lead = next((at for at in range(2, len(heads)) if _is_figure(heads[at], year)), 2)
    figures = [head for head in heads[lead:] if not _NO_FIGURE.search(normalise(head))]
    body = [(line, row) for line, row in zip(grid[1:], rows[1:], strict=True) if _says(line)]
    if not figures or not body or not _is_blank([line[lead:] for line, _ in body]):
        return None
    form = FormTable("rows", heads[:lead], [], [])
    form.periods, form.doubts = _periods(figures, year)
    form.rows = list(_with_parents(body, figures[0] if len(figures) == 1 else ""))
    return form


def _is_figure(head: str, year: int | None) -> bool:
    return period_of(head, year) is not None or bool(
        re.search(r"ket qua|danh gia|so lieu|thuc hien", normalise(head))
    )


def _says(line: Sequence[Cell]) -> bool:
    return any(cell.lines for cell in line)


def _is_blank(cells: Sequence[Sequence[Cell]]) -> bool:
    filled = [bool(cell.text.strip(" .…-_/")) for line in cells for cell in line]
    return not filled or sum(filled) <= (1 - _BLANK_SHARE) * len(filled)


def _periods(heads: Sequence[str], year: int | None) -> tuple[list[Period], list[str]]:
    periods: list[Period] = []
    doubts: list[str] = []
    for head in heads:
        period = period_of(head, year)
        if period is None and year is not None and len(heads) == 1:
            period = period_of(f"Năm {year}", year)
            period = None if period is None else Period(period.key, head, period.ends_on)
        if period is None:
            doubts.append(f"Cột «{head}»: là số liệu của kỳ nào?")
        else:
            periods.append(period)
    return periods, doubts


def _with_parents(body: Sequence[tuple[list[Cell], TableRow]], head: str) -> Iterator[FormRow]:
    """The rows with codes: numbered ones at their depth, the others under the numbered one above."""
    rows = [FormRow("", stt, label, None, Proposal("count"), row.place) for line, row in body
            for stt, label in _split(line)]  # fmt: skip
    _give_codes(rows, [_numberless(line) for line, _ in body for _ in _split(line)])
    parents = {row.parent for row in rows}
    for row in rows:
        heading = row.code in parents
        if row.proposal.type != "header":
            row.proposal = propose(row.label, heading=heading, head=head)
        row.doubts += row.proposal.doubts
        yield row


def _split(line: Sequence[Cell]) -> list[tuple[str, str]]:
    """Number and label; two labels that were printed into one cell are two rows."""
    stt, label = line[0].text.strip(), line[1].text.strip()
    if not label and not _is_number(stt):
        stt, label = "", stt
    first = " ".join(label.split()[:_SAID_AGAIN])
    again = label.find(first, len(first)) if len(label.split()) > 2 * _SAID_AGAIN else -1
    if again > 0:
        return [(stt, label[:again].strip()), (stt, label[again:].strip())]
    return [(stt, label)]


def _is_number(text: str) -> bool:
    return any(pattern.fullmatch(text) for pattern in (_ROMAN, _DECIMAL, _LETTER, _DASH))


def _numberless(line: Sequence[Cell]) -> bool:
    """Whether the row spans the table: a heading inside it."""
    return line[1].colspan > 1 or (line[0].colspan > 1 and not _is_number(line[0].text.strip()))


def _give_codes(rows: Sequence[FormRow], headings: Sequence[bool]) -> None:
    roman = above = letter = ""
    counted: dict[str, int] = {}
    for row, heading in zip(rows, headings, strict=True):
        stt = row.stt
        if (found := _ROMAN.fullmatch(stt)) and not _LETTER.fullmatch(stt):
            roman = above = row.code = found[1]
            letter = ""
        elif found := _DECIMAL.fullmatch(stt):
            row.code, row.parent = _decimal(found[1], roman)
            above, letter = row.code, ""
        elif (found := _LETTER.fullmatch(stt)) and above:
            row.code, row.parent = f"{above}.{found[1]}", above
            letter = row.code
        elif heading and above:
            row.code, row.parent = f"{above}.0", above
            row.proposal = Proposal("header", aggregate="never")
        else:
            under = letter or above
            counted[under] = counted.get(under, 0) + 1
            row.code = f"{under}.{counted[under]}" if under else str(counted[under])
            row.parent = under or None


def _decimal(number: str, roman: str) -> tuple[str, str | None]:
    """Code and parent of «2» or «2.1», under «II» where the table has Roman numbers."""
    code = f"{roman}.{number}" if roman else number
    parent = code.rpartition(".")[0]
    return code, parent or None


# --- periods down, indicators across ----------------------------------------------------------------


def _by_columns(
    grid: Sequence[list[Cell]], rows: Sequence[TableRow], year: int | None, code: str
) -> FormTable | None:
    for lead in range(min(3, len(grid[0]) - 1)):
        found = [
            (at, period)
            for at, line in enumerate(grid[1:], start=1)
            if len(line) > lead and (period := period_of(line[lead].text, year)) is not None
        ]
        if len(found) >= 1 and found[0][0] <= 3 and len(found) == len(grid) - found[0][0]:
            break
    else:
        return None
    first = found[0][0]
    figures = [line[lead + 1 :] for line in grid[first:]]
    if not figures[0] or not _is_blank(figures):
        return None
    groups, labels = _labels(grid[:first], lead + 1)
    form = FormTable(
        "columns", [cell.text for cell in grid[0][: lead + 1]], [p for _, p in found], []
    )
    form.rows = list(_across(groups, labels, rows[0].place, code))
    return form


def _labels(heads: Sequence[list[Cell]], start: int) -> tuple[list[str], list[str]]:
    """Group and label of each column: heads may stand in two rows."""
    groups: list[str] = []
    group = ""
    for cell in heads[0][start:]:
        group = cell.text or group
        groups.append(group)
    if len(heads) == 1:
        return [""] * len(groups), [cell.text for cell in heads[0][start:]]
    below = [cell.text for cell in heads[-1]]
    below = below[start:] if len(below) == len(heads[0]) else below[-len(groups) :]
    labels = [low or high for low, high in zip(below, groups, strict=False)]
    return [high if low else "" for low, high in zip(below, groups, strict=False)], labels


def _across(
    groups: Sequence[str], labels: Sequence[str], place: str, code: str
) -> Iterator[FormRow]:
    prefix = f"{code}." if code else ""
    numbers: dict[str, int] = {}
    for place_in_table, (group, label) in enumerate(zip(groups, labels, strict=True), start=1):
        own = str(place_in_table)
        if group:
            at = numbers.setdefault(group, len(numbers) + 1)
            own = f"{at}.{sum(one == group for one in groups[:place_in_table])}"
        proposal = propose(f"Số {label}" if group else label)
        yield FormRow(
            f"{prefix}{own}", "", label, None, proposal, place, group, list(proposal.doubts)
        )


def printed_label(label: str) -> str:
    """The label without a dash printed before it, by which it may also be known."""
    return _PRINTED_DASH.sub("", label)
