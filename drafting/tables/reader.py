"""Task tables: one obligation for each row.

Columns are known by their heads and, where the file does not say which columns a cell stands in, by what
the cells hold. Merged cells carry down; a row that spans the table is a group's title; lines in a cell pair
with lines in the next. A table without a task column and an owner or time column is no task table: nothing
is owed in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from drafting.document import Cell, Table, TableRow
from drafting.grammar.agencies import agencies_at
from drafting.grammar.hand_ins import deliverable_of, kind_of
from drafting.grammar.labels import labels_of
from drafting.grammar.names import agencies_in, same_agencies, split_names, without_names
from drafting.grammar.sentences import recipients_of, subject_of
from drafting.prose.blocks import owners_of_label
from drafting.rows import Obligation
from drafting.tables.columns import (
    KINDS,
    NO_ROLES,
    Columns,
    Roles,
    find_head,
    goes_on_with,
)
from drafting.tables.grid import (
    DITTO,
    EMPTY,
    ORDINAL,
    GridRow,
    grid_of,
    is_group_title,
    kind_of_cell,
)
from drafting.tables.ragged import aligned, rejoined
from drafting.tables.times import repeats, reports_of, times_of, told_in, with_unit
from drafting.times.due import NONE, Time
from drafting.words import fold

_ROMAN = re.compile(r"^(?:[ivxlc]{1,6}|[a-zđ])[.)]?$")
_CUT = re.compile(r"(?:…|\.{3})\s*$")


@dataclass
class TableReading:
    """What came of a table."""

    obligations: list[Obligation]
    columns: Columns | None
    unread: list[TableRow]
    context: list[TableRow]


def read_table(
    table: Table,
    block: int,
    source: str,
    year: int | None,
    before: Columns | None = None,
    roles: Roles = NO_ROLES,
) -> TableReading:
    """The obligations of a table.

    `before`: the columns of the table before, which it may go on with. `roles`: what a person says that a
    head names, by the head; it goes before `ROLES`.
    """
    grid = grid_of(table)
    found = find_head(grid, roles)
    columns, start = found if found is not None else (before, 0)
    if found is not None and columns is not None:
        columns = _by_contents(columns, grid[start:], year)
    if columns is None or not columns.tasks or (found is None and not goes_on_with(grid, columns)):
        told: dict[bool, list[TableRow]] = {True: [], False: []}
        for line in grid:
            told[found is not None and _tells(line, year)].append(line.row)
        return TableReading([], columns if found else None, told[True], told[False])
    rows = grid[start:]
    rows = aligned(rows, columns, year) if table.ragged else rejoined(rows, columns)
    return _read(rows, columns, table.rows[:start], block, source, year)


def _tells(line: GridRow, year: int | None) -> bool:
    """Whether a row of a table that is no task table says who and when: it is shown as not understood."""
    kinds = {kind_of_cell(cell.text, year) for cell in line.cells}
    return {"agency", "time", "text"} <= kinds


_BY_CONTENTS = ("đơn vị", "thực hiện", "tổ chức thực hiện", "triển khai")
_ENOUGH = 10
"""Rows that tell what a column holds."""


def _by_contents(columns: Columns, rows: Sequence[GridRow], year: int | None) -> Columns:
    """The columns, «Đơn vị» and «Thực hiện» taken for what their cells are: agencies, times, or neither."""
    roles = list(columns.roles)
    for at, head in enumerate(columns.heads):
        if fold(head).strip() not in _BY_CONTENTS:
            continue
        kinds = [
            kind_of_cell(line.cells[at].text, year)
            for line in rows[:_ENOUGH]
            if at < len(line.cells) and line.cells[at].lines
        ]
        for kind, role in (("agency", "owner"), ("time", "time")):
            if role not in roles and kinds.count(kind) * 2 > len(kinds):
                roles[at] = role
    return replace(columns, roles=tuple(roles))


def _read(
    rows: Sequence[GridRow],
    columns: Columns,
    heads: Sequence[TableRow],
    block: int,
    source: str,
    year: int | None,
) -> TableReading:
    reading = TableReading([], columns, [], list(heads))
    group, group_title, count = "", "", 0
    above: GridRow | None = None
    for line in rows:
        title = _group_of(line)
        if title is not None:
            mark, group_title = title
            group, count, above = mark or group, 0, None
            reading.context.append(line.row)
            continue
        if not any(cell.lines for cell in line.cells):
            continue
        count += 1
        line = _filled(line, above)
        number = _number(line, columns) or str(count)
        place = ".".join(part for part in (source, group, number) if part)
        shared = above if _shares(line, columns) else None
        made = list(_row(line, shared, columns, block, place, group_title, year))
        if made:
            reading.obligations += made
        else:
            reading.unread.append(line.row)
        if shared is None or not above:
            above = line
        else:
            above = GridRow(
                [
                    cell if cell.lines else old
                    for cell, old in zip(line.cells, above.cells, strict=False)
                ],
                line.row,
                line.carried,
            )
    return reading


def _filled(line: GridRow, above: GridRow | None) -> GridRow:
    """A row with what «nt» and ditto marks stand for."""
    over = above.cells if above is not None else []
    cells = [
        (over[at] if at < len(over) else Cell()) if DITTO.match(fold(cell.text).strip()) else cell
        for at, cell in enumerate(line.cells)
    ]
    return GridRow(cells, line.row, line.carried, line.shared)


def _group_of(line: GridRow) -> tuple[str, str] | None:
    """The mark and title of a row that only heads the rows under it."""
    filled = [cell.text.strip() for cell in line.cells if cell.lines]
    if not filled or len(filled) > 2:
        return None
    if len(filled) == 2:
        mark, title = fold(filled[0]).strip(), filled[1]
        if ORDINAL.match(mark) and kind_of_cell(title, None) == "agency" and len(line.cells) <= 2:
            return filled[0].strip(" .)"), title
        if ORDINAL.match(mark) and (
            _ROMAN.match(mark) or title.isupper() or any(cell.bold for cell in line.cells)
        ):
            return filled[0].strip(" .)"), title
        return None
    text = filled[0]
    if kind_of_cell(text, None) == "agency" and len(line.cells) > 1:
        return "", text
    if (
        is_group_title(text)
        or text.isupper()
        or line.cells[0].bold
        or (len(line.cells) == 1 and len(text) < 200 and not text.endswith((".", ";")))
    ):
        numbered = re.match(r"([IVXLC]{1,6}|[A-ZĐ])\s*[.)/-]", text)
        return (numbered[1] if numbered else ""), text
    return None


def _number(line: GridRow, columns: Columns) -> str:
    at = columns.at("no")
    text = line.cells[at].text.strip(" .)(") if at is not None and at < len(line.cells) else ""
    return text if ORDINAL.match(fold(text)) else ""


def _shares(line: GridRow, columns: Columns) -> bool:
    """Whether a row has no number of its own: what is missing in it stands in the row above."""
    unnumbered = columns.at("no") is not None and not _number(line, columns)
    leads = columns.roles[:1] in (("time",), ("owner",)) and not line.cells[0].lines
    return unnumbered or leads or any(line.carried)


def _cell(line: GridRow | None, columns: Columns, role: str) -> Cell:
    at = columns.at(role)
    if line is None or at is None or at >= len(line.cells):
        return Cell()
    cell = line.cells[at]
    return Cell() if EMPTY.match(fold(cell.text).strip()) else cell


def _partners(line: GridRow, columns: Columns) -> Cell:
    """All columns that name partners, as one cell."""
    cells = [
        cell for cell, role in zip(line.cells, columns.roles, strict=False) if role == "partner"
    ]
    shown = (
        line for cell in cells if not EMPTY.match(fold(cell.text).strip()) for line in cell.lines
    )
    return Cell(tuple(shown))


def _row(
    line: GridRow,
    above: GridRow | None,
    columns: Columns,
    block: int,
    source: str,
    section: str,
    year: int | None,
) -> Iterator[Obligation]:
    """The obligations of one row."""
    task = _cell(line, columns, "task")
    if not task.lines:
        return
    owner, partner = _cell(line, columns, "owner"), _partners(line, columns)
    drafter = _cell(line, columns, "draft")
    time, product = _cell(line, columns, "time"), _cell(line, columns, "product")
    if above is not None:
        owner = owner if owner.lines else _cell(above, columns, "owner")
        time = time if time.lines else _cell(above, columns, "time")
        product = product if product.lines else _cell(above, columns, "product")
    if not time.lines and repeats(_cell(line, columns, "start")):
        time = _cell(line, columns, "start")
    time = with_unit(time, columns)
    span = line.row.text
    named_kind = KINDS.get(fold(_cell(line, columns, "kind").text).strip(), "")
    for tasks, owners, partners, times in _pairs(task, owner, partner, time):
        names, helpers, doubt = _owners(owners)
        if len(names) > 1 and not helpers and _both_in(columns):
            doubt = "Cột này ghi cả chủ trì và phối hợp: cơ quan nào chủ trì?"
        drafters = _owners("\n".join(drafter.lines))[0] if drafter.lines else ()
        helpers += without_names((*drafters, *_names(partners)), (*names, *helpers))
        if not names:
            subject = subject_of(tasks)
            names = subject.owners if subject else ()
        titled: tuple[str, ...] = ()
        if not names and kind_of_cell(section, year) == "agency":
            titled = split_names(re.sub(r"^[IVXLC\d]+[.)]\s*", "", section))
        if columns.at("owner") is None:  # else the row should say itself who owes it
            names, titled = names or titled, ()
        told = times_of(times, columns.finish, year)
        if told == [None]:
            told = list(told_in(tasks, year)) or told
        for when in told:
            itself = (
                when is not None and drafters and same_agencies(recipients_of(when.words), names)
            )
            found = Obligation(
                text=tasks,
                owners=drafters if itself else names,  # nobody hands a paper in to itself
                cooperating=without_names(helpers, drafters) if itself else helpers,
                deliverable=deliverable_of(tasks),
                kind=named_kind
                or (kind_of(tasks, product.text) if not _reports(when) else "report"),
                due=when.due if when else NONE,
                due_words=when.words if when else "",
                source=source,
                span=span,
                block=block,
                place=line.row.place,
                to=_names(_cell(line, columns, "to").text) or recipients_of(tasks),
                product=product.text,
                section=section,
                from_table=True,
                key=_cell(line, columns, "key").text,
            )
            if _CUT.search(tasks):
                found.ask("what", "Nội dung bị cắt ở «…»: hãy ghi đủ theo phiếu giao việc.")
            if not names:
                found.ask(
                    "owner",
                    "Dòng này chưa ghi cơ quan chủ trì: giao cho ai, hay không theo dõi?",
                    titled,
                )
            if doubt:
                found.ask("owner", doubt, names)
            if when is not None and when.doubt:
                found.ask("time", when.doubt)
            others = list(reports_of(found, line, columns, year)) if when is told[-1] else []
            yield found
            yield from others


def _both_in(columns: Columns) -> bool:
    """Whether the owners' column is the partners' too: «Chủ trì/phối hợp»."""
    at = columns.at("owner")
    return at is not None and "phối hợp" in fold(columns.heads[at])


def _pairs(task: Cell, owner: Cell, partner: Cell, time: Cell) -> list[tuple[str, str, str, str]]:
    """Lines of cells that stand beside each other; one whole row where they do not pair."""
    count = len(owner.lines)
    if count > 1 and len(task.lines) == count and all(len(line) > 15 for line in task.lines):
        partners = partner.lines if len(partner.lines) == count else (partner.text,) * count
        times = time.lines if len(time.lines) == count else (time.text,) * count
        return list(zip(task.lines, owner.lines, partners, times, strict=True))
    return [(task.text, "\n".join(owner.lines), "\n".join(partner.lines), "\n".join(time.lines))]


_ASIDE = re.compile(
    r"\s*\[\d{1,3}\]|\s*\((?=[^()]*\b(?:là (?:cơ quan|đơn vị)|thường trực|phối hợp)\b)[^()]*\)"
)
"""Marks of footnotes, and brackets that tell what part somebody plays."""


def _owners(text: str) -> tuple[tuple[str, ...], tuple[str, ...], str]:
    """Owners and partners of an owner cell, and a doubt."""
    flat = _ASIDE.sub("", " ".join(text.split()))
    if not flat:
        return (), (), ""
    labels = labels_of(flat)
    if labels and labels[0].kind in ("owner", "partner"):
        by = {label.kind: split_names(label.value) for label in labels}
        return by.get("owner", ()), by.get("partner", ()), ""
    names, partners = owners_of_label(flat)
    if names:
        return names, partners, ""
    named = agencies_at(flat)
    if named is not None and named.end < len(flat):
        rest = flat[named.end :].strip(" .;,")
        if re.match(r"(?:thúc đẩy|theo dõi|chủ trì|báo cáo|tổng hợp|thực hiện)", fold(rest)):
            return named.names, (), ""
    return (
        tuple(part.strip(" -;,.") for part in text.split("\n") if part.strip(" -;,."))
        if "\n" in text and len(text) < 200
        else (flat,),
        (),
        "",
    )


def _names(text: str) -> tuple[str, ...]:
    if not text.strip() or fold(text).strip() in ("không", "-"):
        return ()
    flat = " ".join(text.split())
    listed = [agencies_at(part) for part in _parts_of_list(text)]
    each = tuple(name for named in listed if named is not None for name in named.names)
    return agencies_in(flat) or (each if None not in listed else split_names(flat))


def _parts_of_list(text: str) -> Iterator[str]:
    """«- Ủy ban A chủ trì thẩm tra; - Ủy ban B tham gia»: each without its bullet."""
    for part in re.split(r"\n|;\s+|\s+[-+]\s+(?=[A-ZĐ])", text):
        if part.strip(" -+;."):
            yield part.strip(" -+;.")


def _reports(when: Time | None) -> bool:
    return when is not None and "báo cáo" in fold(when.words)
