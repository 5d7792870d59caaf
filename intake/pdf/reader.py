"""Reads a PDF file with text: bytes in, paragraphs and tables in reading order out.

    text = read_pdf(data)

Run it in the guarded process for a file from outside. Text as the file has it (`tidy` it); scanned pages give
nothing and are named in `pictures`. A file without any text, a protected one and one beyond its limits raise
UnreadablePdfError.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from intake.pdf import paragraphs as flowing
from intake.pdf.furniture import Standing, without_furniture
from intake.pdf.legacy_fonts import VNI_REFUSED, from_tcvn3, is_tcvn3, is_vni
from intake.pdf.lines import PrintedLine, SideBySide, columns_of, lines_of, whole
from intake.pdf.model import (
    Box,
    PdfBlock,
    PdfCell,
    PdfLimits,
    PdfParagraph,
    PdfRow,
    PdfTable,
    PdfText,
    PicturesOnlyError,
    UnreadablePdfError,
)
from intake.pdf.pages import Page, read_pages
from intake.pdf.paragraphs import Flow, Measure, joined, measure
from intake.pdf.ruled import RuledTable, Square, ruled_tables
from intake.pdf.runs import Run
from intake.pdf.spanning import join_tables

_FEW = 6
"""A page with fewer letters holds no text: a scan with a stamp's number on it."""
_NUMBER = re.compile(r"Số\s*:|Số\s+\d", re.I)
_Piece = PrintedLine | SideBySide | PdfTable


@dataclass(frozen=True, slots=True)
class _Laid:
    """A page's number and measure, and its pieces from the top: its letters are let go."""

    number: int
    width: float
    height: float
    pieces: list[_Piece]


def read_pdf(data: bytes, limits: PdfLimits | None = None) -> PdfText:
    """Everything the file says. Raises UnreadablePdfError; PicturesOnlyError for a scan."""
    limits = limits or PdfLimits()
    return text_of(map(_in_unicode, read_pages(data, limits)), limits)


def text_of(pages: Iterable[Page], limits: PdfLimits) -> PdfText:
    """The same of pages, wherever their letters and rules come from."""
    laid: list[_Laid] = []
    pictures: list[int] = []
    letters = 0
    for page in pages:
        here = page.letters
        letters += here
        if letters > limits.characters:
            raise UnreadablePdfError(
                "Tệp PDF quá dài: hãy tách riêng phần cần đọc thành một tệp rồi gửi lại."
            )
        if here < _FEW:
            pictures.append(page.number)
        laid.append(_lay_out(page))
    if len(pictures) == len(laid):
        raise PicturesOnlyError(len(laid))
    clean = without_furniture(
        [[_standing(piece, one.height) for piece in one.pieces] for one in laid]
    )
    tidied = [replace(one, pieces=pieces) for one, pieces in zip(laid, clean, strict=True)]
    blocks = join_tables(list(_blocks(tidied)))
    return PdfText(tuple(blocks), len(laid), tuple(pictures))


def _in_unicode(page: Page) -> Page:
    """The page with letters of the fonts from before Unicode put right."""
    fonts = {run.font for run in page.runs}
    if any(map(is_vni, fonts)):
        raise UnreadablePdfError(VNI_REFUSED)
    old = set(filter(is_tcvn3, fonts))
    if not old:
        return page
    runs = tuple(
        replace(
            run, letters=tuple((from_tcvn3(text, run.font), x0, x1) for text, x0, x1 in run.letters)
        )
        if run.font in old
        else run
        for run in page.runs
    )
    return replace(page, runs=runs)


# --- one page --------------------------------------------------------------------------------------


def _lay_out(page: Page) -> _Laid:
    """The page's lines, columns and tables from the top."""
    frames = ruled_tables(page.rules) if page.rules and page.letters >= _FEW else []
    inside: list[list[Run]] = [[] for _ in frames]
    outside: list[Run] = []
    for run in page.runs:
        held = next((place for place, frame in enumerate(frames) if _is_in(run, frame)), None)
        (outside if held is None else inside[held]).append(run)
    tables = [
        _table(frame, runs, page.number) for frame, runs in zip(frames, inside, strict=True) if runs
    ]
    pieces: list[_Piece] = [*tables]
    for stretch in _between(lines_of(outside), [table.box.y0 for table in tables]):
        pieces.extend(columns_of(stretch))
    pieces.sort(key=lambda piece: piece.box.y0)
    return _Laid(page.number, page.width, page.height, pieces)


def _is_in(run: Run, frame: RuledTable) -> bool:
    return frame.box.holds((run.box.x0 + run.box.x1) / 2, run.box.middle)


def _between(
    rows: Sequence[list[PrintedLine]], cuts: Sequence[float]
) -> Iterator[list[list[PrintedLine]]]:
    """The lines in stretches that no table parts."""
    stretch: list[list[PrintedLine]] = []
    for row in rows:
        top = row[0].box.y0
        if stretch and any(stretch[-1][0].box.y0 < cut <= top for cut in cuts):
            yield stretch
            stretch = []
        stretch.append(row)
    if stretch:
        yield stretch


def _standing(piece: _Piece, height: float) -> Standing[_Piece]:
    return piece, _text(piece), piece.box.y0 / (height or 1.0), piece.box.y1 / (height or 1.0)


def _text(piece: _Piece) -> str:
    if isinstance(piece, PrintedLine):
        return piece.text
    if isinstance(piece, SideBySide):
        return " ".join(line.text for line in (*piece.left, *piece.right))
    return " ".join(line for row in piece.rows for cell in row.cells for line in cell.lines)


# --- tables ----------------------------------------------------------------------------------------


def _table(frame: RuledTable, runs: Sequence[Run], page: int) -> PdfTable:
    held: dict[Square, list[Run]] = {square: [] for square in frame.squares}
    by_row = _squares_by_row(frame)
    for run in runs:
        for part, square in _split(run, by_row, frame):
            held[square].append(part)
    cells = [_cell(square, parts, page) for square, parts in held.items()]
    rows: dict[int, list[PdfCell]] = {}
    for square, cell in zip(held, cells, strict=True):
        rows.setdefault(square.row, []).append(cell)
    made = tuple(PdfRow(tuple(row), page) for _, row in sorted(rows.items()))
    return PdfTable(made, frame.xs, page, frame.box)


def _squares_by_row(frame: RuledTable) -> list[list[Square]]:
    rows: list[list[Square]] = [[] for _ in range(len(frame.ys) - 1)]
    for square in frame.squares:
        for row in range(square.row, square.row + square.rowspan):
            rows[row].append(square)
    return rows


def _split(
    run: Run, by_row: Sequence[Sequence[Square]], frame: RuledTable
) -> Iterator[tuple[Run, Square]]:
    """The run's letters by the cell they stand in: two cells' words may follow without a gap."""
    row = max(sum(y <= run.box.middle for y in frame.ys[:-1]) - 1, 0)
    squares = by_row[row] or frame.squares
    places = [_square_at(squares, (x0 + x1) / 2) for _, x0, x1 in run.letters]
    start = 0
    for at in range(1, len(places) + 1):
        if at == len(places) or places[at] is not places[start]:
            yield _part(run, start, at), places[start]
            start = at


def _square_at(squares: Sequence[Square], x: float) -> Square:
    for square in squares:
        if square.box.x0 <= x <= square.box.x1:
            return square
    return min(squares, key=lambda square: abs(square.box.x0 - x))


def _part(run: Run, start: int, end: int) -> Run:
    if (start, end) == (0, len(run.letters)):
        return run
    letters = run.letters[start:end]
    return replace(run, letters=letters, box=replace(run.box, x0=letters[0][1], x1=letters[-1][2]))


def _cell(square: Square, runs: Sequence[Run], page: int) -> PdfCell:
    lines = [whole(row) for row in lines_of(runs)]
    flows = flowing.paragraphs(lines, measure(lines, square.box), page)
    return PdfCell(
        lines=tuple(text for flow in flows if (text := flowing.joined_in_cell(flow, square.box))),
        column=square.column,
        page=page,
        box=square.box,
        colspan=square.colspan,
        rowspan=square.rowspan,
        bold=bool(lines) and lines[0].bold,
    )


# --- all pages -------------------------------------------------------------------------------------


def _blocks(pages: Sequence[_Laid]) -> Iterator[PdfBlock]:
    """Paragraphs and tables of all pages; a paragraph broken by a page is one."""
    waiting: tuple[Flow, Measure] | None = None
    for laid in pages:
        frame = _measure(laid)
        for group in _together(laid.pieces):
            if not isinstance(group, list):
                if waiting:
                    yield _paragraph(waiting[0])
                    waiting = None
                yield _beside(group, laid.number) if isinstance(group, SideBySide) else group
                continue
            for flow in flowing.paragraphs(group, frame, laid.number):
                if waiting and _goes_over(waiting, flow, frame):
                    waiting[0].lines.extend(flow.lines)
                    continue
                if waiting:
                    yield _paragraph(waiting[0])
                waiting = (flow, frame)
    if waiting:
        yield _paragraph(waiting[0])


def _measure(laid: _Laid) -> Measure:
    """The page's measure; a wide table reaches from edge to edge where lines are few."""
    frame = measure([piece for piece in laid.pieces if isinstance(piece, PrintedLine)])
    tables = [piece.box for piece in laid.pieces if isinstance(piece, PdfTable)]
    wide = [box for box in tables if box.x1 - box.x0 > laid.width * 0.6]
    if not wide or not frame.right:
        return frame
    left, right = min(box.x0 for box in wide), max(box.x1 for box in wide)
    return replace(frame, left=min(frame.left, left), right=max(frame.right, right))


def _goes_over(waiting: tuple[Flow, Measure], flow: Flow, frame: Measure) -> bool:
    before, its_frame = waiting
    return before.page != flow.page and flowing.goes_on(before, its_frame, flow, frame)


def _together(pieces: Sequence[_Piece]) -> Iterator[list[PrintedLine] | SideBySide | PdfTable]:
    """Lines that follow each other, and what stands between them."""
    lines: list[PrintedLine] = []
    for piece in pieces:
        if isinstance(piece, PrintedLine):
            lines.append(piece)
            continue
        if lines:
            yield lines
            lines = []
        yield piece
    if lines:
        yield lines


def _paragraph(flow: Flow) -> PdfParagraph:
    first = flow.lines[0]
    # The later lines of a paragraph that goes over stand on another page.
    same = [line.box for line in flow.lines if line.box.y0 >= first.box.y0] or [first.box]
    box = Box(
        min(b.x0 for b in same), first.box.y0, max(b.x1 for b in same), max(b.y1 for b in same)
    )
    all_bold = all(line.all_bold for line in flow.lines)
    return PdfParagraph(flow.text, flow.page, box, first.bold, all_bold, first.size)


def _beside(pair: SideBySide, page: int) -> PdfTable:
    """Two columns as what they mostly are in an office's file: a table without rules. A letterhead's number
    and day are its second row."""
    rows = [
        PdfRow(tuple(_side(side, column, page) for column, side in enumerate(sides)), page)
        for sides in _cut_at_number(pair)
    ]
    gutter = max(line.box.x1 for line in pair.left)
    columns = (pair.box.x0, gutter, pair.box.x1)
    return PdfTable(tuple(rows), columns, page, pair.box)


def _cut_at_number(
    pair: SideBySide,
) -> Iterator[tuple[Sequence[PrintedLine], Sequence[PrintedLine]]]:
    at = next((n for n, line in enumerate(pair.left) if n and _NUMBER.match(line.text)), 0)
    top = pair.left[at].box.y0 - pair.left[at].box.height / 2
    beside = next((n for n, line in enumerate(pair.right) if line.box.y0 > top), 0) if at else 0
    if at and beside:
        yield pair.left[:at], pair.right[:beside]
    yield (pair.left[at:], pair.right[beside:]) if at and beside else (pair.left, pair.right)


def _side(lines: Sequence[PrintedLine], column: int, page: int) -> PdfCell:
    box = Box(
        min(line.box.x0 for line in lines),
        lines[0].box.y0,
        max(line.box.x1 for line in lines),
        lines[-1].box.y1,
    )
    texts = tuple(joined([line.text]) for line in lines)
    return PdfCell(texts, column, page, box, bold=lines[0].bold)
