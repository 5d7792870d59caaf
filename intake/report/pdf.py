"""Reading a report that came as PDF: its paragraphs and tables as the blocks that a Word report gives.

    reading = read_pdf_report(data, "bao-cao.pdf", definition, "vinh-thanh")

Raises UnreadablePdfError for a scan, a protected or a damaged file. Headings are told by what they say, their
number, bold letters, capitals, and letters larger than the text's; a table's cells keep their page and box.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from intake.files.memo import cached_by_plan
from intake.pdf.model import PdfBlock, PdfCell, PdfParagraph, PdfRow, PdfTable, PdfText
from intake.pdf.places import Names, parted, place_of
from intake.pdf.reader import read_pdf
from intake.report.blocks import Block, table_block
from intake.report.outline import outline_of, read_label, words
from intake.report.reader import Grid, ReportReading, guidance_of, reading_of
from intake.workbook.grid import Grid as Cells
from intake.workbook.reader import WorkbookReading
from intake.workbook.xlsx import cell_name
from plan.definition.model import PlanDefinition
from plan.ledger.filing import FoundFault, ReadValue
from plan.text import nfc

_LARGER = 1.12
"""Letters so many times as high as the text's form a heading."""
_MOST_TORN, _FEWEST_TORN = 4, 3
"""Paragraphs that a torn line may be; words, less one, that say which line it is."""
_APPENDIX = re.compile(r"phu luc (?:so )?(?:\d{1,2}|[ivx]{1,5})\b")
_LONGEST = 200
"""Letters of a heading of an appendix."""
_WIDEST = 200
"""Columns a grid is made for; a table drawn with more is none of ours."""


def read_pdf_report(
    data: bytes, filename: str, definition: PlanDefinition, agency: str = ""
) -> ReportReading:
    """The report's sections and tables. `agency`: as for a Word report."""
    return report_of(read_pdf(data), filename, definition, agency)


def report_of(
    text: PdfText, filename: str, definition: PlanDefinition, agency: str
) -> ReportReading:
    """The same of what stands on pages, however it was read from them."""
    usual = _usual_size(text.blocks)
    blocks = [_block(block, usual) for block in text.blocks]
    reading = reading_of(_mended(blocks, definition), filename, definition, agency)
    sheets = list(_sheets(text.blocks))
    return replace(
        reading,
        kind="pdf",
        tables=tuple(_grid(sheet, _said, lambda one: nfc(one.text)) for sheet in sheets),
        places=tuple(
            _grid(sheet, _place, lambda one: place_of(one.page, one.box)) for sheet in sheets
        ),
        findings=(*reading.findings, *_pictures(text.pictures, filename)),
        scanned=text.pictures,
    )


def _usual_size(blocks: Sequence[PdfBlock]) -> float:
    """Height of the letters that most of the text is set in."""
    sizes: Counter[float] = Counter()
    for block in blocks:
        if isinstance(block, PdfParagraph):
            sizes[round(block.size, 1)] += len(block.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _block(block: PdfBlock, usual: float) -> Block:
    if isinstance(block, PdfTable):
        return table_block([tuple(_row(row, block, _said)) for row in block.rows])
    larger = usual > 0 and block.size > usual * _LARGER
    return Block(text=nfc(block.text).strip(), bold=block.all_bold or larger)


def _mended(blocks: Sequence[Block], definition: PlanDefinition) -> list[Block]:
    """A title or a line of the form's guidance that the page tore into paragraphs as one again: those we know
    word for word."""
    known = _known_lines(definition)
    made: list[Block] = []
    at = 0
    while at < len(blocks):
        block, used = _joined(blocks[at : at + _MOST_TORN], known)
        made.append(block)
        at += used
    return made


def _joined(blocks: Sequence[Block], known: Sequence[str]) -> tuple[Block, int]:
    text = blocks[0].text
    for used, block in enumerate(blocks[1:], 2):
        if block.rows or not _begins_known(text, known):
            break
        text = f"{text} {block.text}"
        if _is_known(text, known):
            return replace(blocks[0], text=text), used
    return blocks[0], 1


def _begins_known(text: str, known: Sequence[str]) -> bool:
    """Whether more than a word or two of a known line stand here, and not the whole."""
    said = words(read_label(text)[1])
    at = bisect_left(known, f"{said} ")
    return said.count(" ") >= _FEWEST_TORN and at < len(known) and known[at].startswith(f"{said} ")


def _is_known(text: str, known: Sequence[str]) -> bool:
    said = words(read_label(text)[1])
    at = bisect_left(known, said)
    return at < len(known) and known[at] == said


@cached_by_plan(8)
def _known_lines(definition: PlanDefinition) -> list[str]:
    """Titles of the outline and lines of guidance in the form that `words` gives them, sorted."""
    targets = outline_of(definition).targets.values()
    titles = {text for target in targets for text in target.wordings}
    return sorted(titles | guidance_of(definition).plain)


def _sheets(blocks: Sequence[PdfBlock]) -> Iterator[list[PdfBlock]]:
    """What stands under a heading «PHỤ LỤC n» together, for an appendix may have several tables; tables that
    stand under none each alone."""
    under: list[PdfBlock] = []
    for block in blocks:
        if _heads_appendix(block):
            yield from _with_table(under)
            under = [block]
        elif under:
            under.append(block)
        elif isinstance(block, PdfTable):
            yield [block]
    yield from _with_table(under)


def _with_table(blocks: list[PdfBlock]) -> Iterator[list[PdfBlock]]:
    if any(isinstance(block, PdfTable) for block in blocks):
        yield blocks


def _heads_appendix(block: PdfBlock) -> bool:
    if isinstance(block, PdfTable):
        return False
    formed = block.all_bold or block.text.isupper()
    return formed and len(block.text) <= _LONGEST and bool(_APPENDIX.match(words(block.text)))


def _grid(
    sheet: Sequence[PdfBlock],
    cell: Callable[[PdfCell], str],
    line: Callable[[PdfParagraph], str],
) -> Grid:
    """Rows of a sheet: a paragraph is a row of one cell."""
    rows: list[tuple[str, ...]] = []
    for block in sheet:
        if isinstance(block, PdfTable):
            rows.extend(tuple(_row(row, block, cell)) for row in block.rows)
        else:
            rows.append((line(block),))
    return tuple(rows)


def _said(cell: PdfCell) -> str:
    return nfc(" ".join(" ".join(cell.lines).split()))


def _place(cell: PdfCell) -> str:
    return place_of(cell.page, cell.box)


def _row(row: PdfRow, table: PdfTable, tell: Callable[[PdfCell], str]) -> Iterator[str]:
    """A text for every column; columns that a cell is merged over stay empty."""
    by_column = {cell.column: cell for cell in row.cells}
    for column in range(min(len(table.columns) - 1, _WIDEST)):
        yield tell(by_column[column]) if column in by_column else ""


def _pictures(pages: Sequence[int], filename: str) -> Iterator[FoundFault]:
    if pages:
        names = ", ".join(map(str, pages[:20])) + ("…" if len(pages) > 20 else "")
        yield FoundFault(
            "warning",
            "pdf.pages-scanned",
            f"Trang {names} của tệp PDF là ảnh quét, không có chữ để đọc nên chưa kiểm tra. Nếu trang đó "
            "có nội dung báo cáo, hãy nộp kèm bản .docx; nếu không, hãy giải trình.",
            file=filename,
            read=names,
        )


# --- tables as appendices --------------------------------------------------------------------------


def grids_of(report: ReportReading) -> list[Cells]:
    """The report's tables as sheets, named «Bảng 1», «Bảng 2»…"""
    return [Cells(_name(n), [list(row) for row in rows]) for n, rows in enumerate(report.tables, 1)]


def _name(number: int) -> str:
    return f"Bảng {number}"


def placed(reading: WorkbookReading, report: ReportReading) -> WorkbookReading:
    """Figures read from `grids_of` a PDF file, with page and box in place of table and cell."""
    if not report.places:
        return reading
    names = dict(_names_by_cell(report.places))

    def moved(one: ReadValue) -> ReadValue:
        sheet, cell = names.get((one.sheet, one.cell), (one.sheet, one.cell))
        return one._replace(sheet=sheet, cell=cell)

    def pointed(one: FoundFault) -> FoundFault:
        sheet, cell = names.get((one.sheet, one.cell), (one.sheet, one.cell))
        return replace(one, sheet=sheet, cell=cell)

    return replace(
        reading,
        values=tuple(map(moved, reading.values)),
        notes=tuple(map(moved, reading.notes)),
        findings=tuple(map(pointed, reading.findings)),
        places={key: names.get(place, place) for key, place in reading.places.items()},
    )


def _names_by_cell(places: Sequence[Grid]) -> Iterator[tuple[Names, Names]]:
    for number, grid in enumerate(places, 1):
        for row, line in enumerate(grid):
            for column, place in enumerate(line):
                if place:
                    yield (_name(number), cell_name(row, column)), parted(place)
