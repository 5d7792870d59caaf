"""What a run says otherwise than another: cell by cell, section by section, read from their very files.

The bytes are what people hold in their hands: a frozen run is compared as it was frozen, whatever the plan
or the program have become since. A figure is known by the hidden keys of its row and column.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from difflib import SequenceMatcher
from textwrap import shorten

import docx
from docx.text.paragraph import Paragraph
from python_calamine import CalamineWorkbook
from sqlmodel import Session, col, select

from consolidation.runs import outputs_of
from documents.contents import heading_level
from intake.files.store import Store
from intake.workbook.template import COLUMN_MARK, NOTE, ROW_MARK, TABLE_MARK
from intake.workbook.xlsx import cell_name
from plan.models import ConsolidationRun
from plan.text import number_words

_WORDS = ("label", "stt", "unit", NOTE)
"""Columns of words, not of figures."""
WORKED_OUT = "@"
"""Keys of lines that only compare other lines begin so."""


@dataclass(frozen=True)
class Change:
    """One thing said otherwise. `where`: «PL2.3 (2018), ô PL2!G17», or the headings above a section."""

    output: str
    where: str
    before: str
    after: str


def reference_run(session: Session, run: ConsolidationRun) -> ConsolidationRun | None:
    """What a run is compared with: the newest frozen one before it, else the one just before."""
    earlier = session.exec(
        select(ConsolidationRun)
        .where(
            ConsolidationRun.plan_id == run.plan_id,
            ConsolidationRun.output == run.output,
            ConsolidationRun.number < run.number,
            ConsolidationRun.state == "done",
        )
        .order_by(col(ConsolidationRun.final).desc(), col(ConsolidationRun.number).desc())
    )
    return earlier.first()


def changes_since(session: Session, store: Store, run_id: int) -> list[dict[str, str]]:
    """What a run says otherwise than its reference, as plain dicts; empty without a reference."""
    run = session.get_one(ConsolidationRun, run_id)
    other = reference_run(session, run)
    return [] if other is None else [asdict(one) for one in diff_runs(session, store, other, run)]


def diff_runs(
    session: Session, store: Store, before: ConsolidationRun, after: ConsolidationRun
) -> list[Change]:
    """Every change between two finished runs of one output, in the files' own order."""
    title = f"{after.output} lần {after.number} so với lần {before.number}"
    old = {one.filename: store.get(one.sha256) for one in outputs_of(session, before)}
    new = {one.filename: store.get(one.sha256) for one in outputs_of(session, after)}
    found: list[Change] = []
    for name in dict.fromkeys([*old, *new]):
        said_before, said_after = (_said(name, files.get(name, b"")) for files in (old, new))
        found += [
            Change(title, where, *parts)
            for where in dict.fromkeys([*said_before, *said_after])
            if (parts := differing(said_before.get(where, ""), said_after.get(where, "")))
        ]
    return found


def _said(name: str, data: bytes) -> Mapping[str, str]:
    """Everything a file says, by place. A page repeats its document and is passed over."""
    if data and name.endswith(".xlsx"):
        return dict(figures_in(data))
    return sections_in(data) if data and name.endswith(".docx") else {}


def differing(before: str, after: str) -> tuple[str, str] | None:
    """Only the paragraphs that differ, those gone and those come; None where nothing does."""
    if before == after:
        return None
    old, new = before.split("\n"), after.split("\n")
    gone: list[str] = []
    come: list[str] = []
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind != "equal":
            gone += old[a:b]
            come += new[c:d]
    return "\n".join(gone), "\n".join(come)


# --- workbooks ---------------------------------------------------------------------------------


def figures_in(data: bytes) -> Iterator[tuple[str, str]]:
    """(place, figure) of every cell that a key points to."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    for sheet in book.sheet_names:
        rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        columns: dict[int, str] = {}
        for at, cells in enumerate(rows):
            key = str(cells[0]) if cells else ""
            if key.startswith(TABLE_MARK):
                columns = _columns(cells)
            elif key.startswith(ROW_MARK) and not key.startswith(f"{ROW_MARK}{WORKED_OUT}"):
                for column, head in columns.items():
                    value = cells[column] if column < len(cells) else ""
                    if value != "":
                        yield (
                            _place(sheet, key.removeprefix(ROW_MARK), head, at, column),
                            _words(value),
                        )


def _columns(cells: Sequence[object]) -> dict[int, str]:
    marks = {at: str(cell) for at, cell in enumerate(cells) if str(cell).startswith(COLUMN_MARK)}
    named = {at: mark.removeprefix(COLUMN_MARK) for at, mark in marks.items()}
    return {at: name for at, name in named.items() if name not in _WORDS}


def _place(sheet: str, row: str, column: str, at: int, across: int) -> str:
    """Rows hold indicators, or periods where the table lies on its side."""
    name, period = (row, column) if row.startswith(f"{sheet}.") else (column, row)
    return f"{name} ({period}), ô {sheet}!{cell_name(at, across)}"


def _words(value: object) -> str:
    return number_words(value) if isinstance(value, int | float) else str(value)


# --- documents ---------------------------------------------------------------------------------


def sections_in(data: bytes) -> dict[str, str]:
    """Text by the headings above it; what stands before the first one under «(mở đầu)»."""
    document = docx.Document(io.BytesIO(data))
    found: dict[str, list[str]] = {}
    above: dict[int, str] = {}
    for block in document.iter_inner_content():
        if not isinstance(block, Paragraph):
            lines = [" | ".join(cell.text for cell in row.cells) for row in block.rows]
        else:
            level = heading_level(block)
            if level:
                above = {at: text for at, text in above.items() if at < level}
                above[level] = " ".join(block.text.split())
            lines = [] if level else [block.text]
        found.setdefault(_path(above), []).extend(line for line in lines if line.strip())
    return {path: "\n".join(lines) for path, lines in found.items()}


def _path(above: Mapping[int, str]) -> str:
    parts = (shorten(text, 60, placeholder="…") for _, text in sorted(above.items()))
    return " › ".join(parts) or "(mở đầu)"
