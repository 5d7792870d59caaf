"""The times of a task table's row: in its cell, in other columns, in the task's own words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from drafting.document import Cell
from drafting.rows import Obligation
from drafting.tables.columns import Columns, reports_in
from drafting.tables.grid import EMPTY, GridRow
from drafting.times.due import DueReading, Time
from drafting.times.expressions import find_times, read_slot
from drafting.words import fold

_SEGMENT = re.compile(r"\n|;\s+|\.\s+(?=[A-ZĐ])|\s+[-+]\s+(?=[A-ZĐ])")


def times_of(text: str, finish: bool, year: int | None) -> list[Time | None]:
    """The times of a cell: several only where two parts of it name days, or a report stands by routine."""
    flat = " ".join(text.split())
    if not flat.strip(" -+;."):
        return [None]
    parts = [part.strip(" -+;") for part in _SEGMENT.split(text) if part.strip(" -+;.")]
    readings = [read_slot(part, finish=finish, year=year) for part in parts]
    timed = list(
        _distinct([one for one in readings if one.due.timed and (one.due.day or one.due.at)])
    )
    if len(timed) > 1:
        return list(timed)
    whole = read_slot(flat, finish=finish, year=year)
    routine = re.match(r"thường xuyên\s*[,;]", fold(flat))
    if routine and "báo cáo" in fold(flat) and whole.due.type == "recurring":
        return [Time(0, routine.end(), "Thường xuyên", DueReading("ongoing")), whole]
    return [whole]


def repeats(cell: Cell) -> bool:
    """Whether a cell under «Bắt đầu» says how often, and no beginning: «Hằng quý»."""
    return read_slot(cell.text, finish=True, year=None).due.type in ("recurring", "ongoing")


def _distinct(times: Sequence[Time]) -> Iterator[Time]:
    seen: list[tuple[DueReading, str]] = []
    for time in times:
        if (time.due, fold(time.words)) not in seen:
            seen.append((time.due, fold(time.words)))
            yield time


def told_in(task: str, year: int | None) -> Iterator[Time]:
    """The days a task's own words name, where no cell does."""
    yield from _distinct([one for one in find_times(task, year) if one.due.day or one.due.at])


def reports_of(
    task: Obligation, line: GridRow, columns: Columns, year: int | None
) -> Iterator[Obligation]:
    """What other columns of times say: when a task is reported on; else it is asked which time holds."""
    for head, role, cell in zip(columns.heads, columns.roles, line.cells, strict=False):
        if role != "also-time" or EMPTY.match(fold(cell.text).strip()):
            continue
        time = read_slot(cell.text, finish=True, year=year)
        if not time.due.timed or time.due == task.due:
            continue
        if not reports_in(head):
            task.ask("time", f"«{head}: {cell.text}» cũng là thời hạn: hạn là ngày nào?")
            continue
        report = replace(
            task,
            deliverable=f"Báo cáo kết quả {task.deliverable[:1].lower()}{task.deliverable[1:]}",
            kind="report",
            due=time.due,
            due_words=time.words,
            doubts=[one for one in task.doubts if one.about != "time"],
            also=[],
        )
        if time.doubt:
            report.ask("time", time.doubt)
        yield report


_UNITS = {
    "tháng": re.compile(r"\d{1,2}(?:\s*[-,]\s*\d{1,2})*(?:\s*/\s*\d{4})?"),
    "quý": re.compile(r"[IV]{1,3}(?:\s*[-,]\s*[IV]{1,3})*|[1-4]"),
}


def with_unit(cell: Cell, columns: Columns) -> Cell:
    """A bare «3» under the head «Tháng» is month 3."""
    at = columns.at("time")
    head = fold(columns.heads[at]).strip(" .:") if at is not None else ""
    bare = _UNITS.get(head.replace("quí", "quý"))
    if bare is None or not bare.fullmatch(cell.text.strip()):
        return cell
    return replace(cell, lines=(f"{head} {cell.text.strip()}",))
