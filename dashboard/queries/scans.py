"""A scan that was handed in: how far a machine has read it, its words, and the figures it offers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from intake.files.store import Store
from intake.scans.figures import Key, Offered
from intake.scans.page import SURE, ScannedPage, Word, lines_of
from intake.scans.queue import READ, Progress, progress
from intake.scans.work import kept_page
from intake.workbook.template import FigureLine, SheetPlan, TablePlan, template_for
from plan.definition.model import PlanDefinition
from plan.models import ScanPage
from plan.text import number_words

MOST_PAGES = 40
"""Whose words are shown, and read for figures; a scan of more is taken along as text."""


@dataclass(frozen=True)
class Scan:
    """A file's scanned pages: their rows, and those read."""

    rows: tuple[ScanPage, ...]
    pages: tuple[ScannedPage, ...]

    @property
    def progress(self) -> Progress:
        return progress(self.rows)


def scan_of(store: Store, rows: Sequence[ScanPage], most: int = MOST_PAGES) -> Scan:
    """The file's scan with the words of its first `most` pages, out of the store."""
    read = [row for row in rows if row.state == READ][:most]
    return Scan(tuple(rows), tuple(kept_page(store, row.words_sha256) for row in read))


@dataclass(frozen=True)
class Doubt:
    """Words of a line that are alike sure or not."""

    text: str
    doubtful: bool


def shown_lines(page: ScannedPage) -> Iterator[list[Doubt]]:
    """A page's lines with the doubtful words apart."""
    for line in lines_of(page.words):
        yield [Doubt(word.text, _is_doubtful(word)) for word in line]


def _is_doubtful(word: Word) -> bool:
    return word.confidence < SURE


# --- the form --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Box:
    """One figure's box: its name in the form, what stands in it, where that was read."""

    name: str
    label: str
    text: str = ""
    page: int = 0
    doubtful: bool = False


@dataclass(frozen=True)
class FormRow:
    stt: str
    label: str
    boxes: tuple[Box | None, ...]


@dataclass(frozen=True)
class FormTable:
    title: str
    heads: tuple[str, ...]
    rows: tuple[FormRow, ...]


def form_of(
    definition: PlanDefinition, agency: str, product: str, offered: Mapping[Key, Offered]
) -> list[FormTable]:
    """What the agency is asked for, the offered figures filled in: the product's own appendix; for a report,
    the appendices of which something was read. Empty: no figures are asked for, or none was read."""
    sheets = template_for(definition, agency).sheets
    read = {key[0].partition(".")[0] for key in offered}
    own = [sheet for sheet in sheets if sheet.deliverable == product]
    shown = own or [sheet for sheet in sheets if sheet.deliverable and sheet.name in read]
    return [
        table for sheet in shown for part in sheet.tables if (table := _table(sheet, part, offered))
    ]


def _table(sheet: SheetPlan, part: TablePlan, offered: Mapping[Key, Offered]) -> FormTable | None:
    rows = tuple(_row(part, line, offered) for line in part.lines if line.fills)
    heads = tuple(period.label for period in part.periods)
    title = f"{sheet.appendix.heading}{'. ' + part.table.title if part.table.title else ''}"
    return FormTable(title, heads, rows) if rows else None


def _row(part: TablePlan, line: FigureLine, offered: Mapping[Key, Offered]) -> FormRow:
    boxes = (
        None
        if period.key in line.indicator.not_applicable
        else _box(line, period.key, offered.get((line.name, period.key)))
        for period in part.periods
    )
    return FormRow("" if line.part else line.indicator.code, line.label, tuple(boxes))


_PREFIX = "so"


def _box(line: FigureLine, period: str, found: Offered | None) -> Box:
    name, label = f"{_PREFIX}|{line.name}|{period}", f"{line.label}, kỳ {period}"
    if found is None:
        return Box(name, label)
    text = number_words(found.number) if found.number is not None else found.text or ""
    return Box(name, label, text, found.page, found.doubtful)


def typed_in(form: Mapping[str, str]) -> dict[Key, str]:
    """The form's boxes by indicator and period."""
    typed = {}
    for name, text in form.items():
        prefix, _, rest = name.partition("|")
        line, _, period = rest.partition("|")
        if prefix == _PREFIX and line and period:
            typed[line, period] = text
    return typed
