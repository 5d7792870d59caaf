"""Signed copies for tests: a Word report or the grid of a workbook set as the pages of a PDF."""

from __future__ import annotations

import io
import random
import textwrap
from collections.abc import Iterable, Sequence

import docx
import openpyxl
from docx.text.paragraph import Paragraph

from tests.pdf_pen import PdfPen

_WORDS = (
    "huyện đã ban hành kế hoạch tổ chức tuyên truyền rà soát thủ tục niêm yết công khai tiếp nhận trả kết"
    " quả đúng hẹn cán bộ công chức viên chức xã phường thị trấn kiểm tra giám sát đôn đốc thực hiện nhiệm vụ"
)
LEFT, TOP, BOTTOM, PITCH, LETTERS = 85, 90, 760, 18, 65
"""Points; letters a line."""


def varied(node: str) -> str:
    """A text long enough for any section, of which no two lines are alike: those would be running heads."""
    words = random.Random(node).choices(_WORDS.split(), k=60)
    return f"Nội dung {node}: {' '.join(words)}."


class Typesetter:
    """Sets paragraphs and tables on pages that bear a running head and a number."""

    def __init__(self, head: str = "", width: float = 595) -> None:
        self.pen, self.head, self.y = PdfPen(width=width), head, float(BOTTOM)

    def paragraph(self, text: str, *, bold: bool = False) -> None:
        font = "Times-Bold" if bold else "Times"
        for line in textwrap.wrap(text, LETTERS, initial_indent="     "):
            self._room(PITCH)
            set_in = len(line) - len(line.lstrip())
            self.pen.text(LEFT + set_in * 7, self.y, line.strip(), 14, font)
            self.y += PITCH
        self.y += 6

    def table(self, widths: Sequence[float], rows: Sequence[Sequence[str]]) -> None:
        """Letters are half as wide as 11 points; each page's part is ruled by itself."""
        xs = [LEFT + sum(widths[:n]) for n in range(len(widths) + 1)]
        set_rows = [
            [
                "\n".join(textwrap.wrap(c, int((w - 8) / 5.5)))
                for c, w in zip(r, widths, strict=True)
            ]
            for r in rows
        ]
        self._room(PITCH)
        ys, part = [self.y], list[Sequence[str]]()
        for row in set_rows:
            tall = 8 + 13 * max(1 + cell.count("\n") for cell in row)
            if ys[-1] + tall > BOTTOM and part:
                self.pen.table(xs, ys, part)
                self._page()
                ys, part = [self.y], []
            ys.append(ys[-1] + tall)
            part.append(row)
        self.pen.table(xs, ys, part)
        self.y = ys[-1] + PITCH

    def _room(self, tall: float) -> None:
        if self.y + tall > BOTTOM:
            self._page()

    def _page(self) -> None:
        self.pen.page()
        if self.head:
            self.pen.text(200, 40, self.head, 12)
        self.pen.text(290, 800, str(len(self.pen.pages)), 12)
        self.y = TOP

    def save(self) -> bytes:
        return self.pen.save()


def report_as_pdf(
    data: bytes, *, without: Iterable[str] = (), instead: tuple[str, str] = ("", "")
) -> bytes:
    """A Word report as PDF; paragraphs that begin with one of `without` left out, `instead`: a text and what
    the PDF says there."""
    setter = Typesetter("BÁO CÁO CẢI CÁCH HÀNH CHÍNH")
    for paragraph in docx.Document(io.BytesIO(data)).paragraphs:
        text = paragraph.text.strip()
        if text and not text.startswith(tuple(without)):
            setter.paragraph(
                text.replace(*instead) if instead[0] else text, bold=_is_bold(paragraph)
            )
    return setter.save()


def _is_bold(paragraph: Paragraph) -> bool:
    style = paragraph.style.font.bold if paragraph.style is not None else None
    return all(run.bold or (run.bold is None and style) for run in paragraph.runs if run.text)


def sheet_as_pdf(data: bytes, sheet: str, changed: tuple[str, str] = ("", "")) -> bytes:
    """One sheet of a workbook as a printed appendix; `changed`: a cell's text, and as printed."""
    grid = openpyxl.load_workbook(io.BytesIO(data))[sheet]
    rows = [[_printed(cell.value) for cell in row] for row in grid.iter_rows()]
    title, table = [], []
    for row in rows:
        (table if sum(1 for text in row if text) > 3 else title).append(row)
    wide = [n for n in range(len(rows[0])) if any(row[n] for row in table)]
    table = [[row[n] for n in wide] for row in table]
    if changed[0]:
        row = next(r for r in reversed(table) if changed[0] in r)
        row[row.index(changed[0])] = changed[1]
    setter = Typesetter(width=1191)
    for row in title:
        if text := " ".join(cell for cell in row if cell):
            setter.paragraph(text, bold=text.isupper())
    setter.table([280 if n == 1 else 70 for n in range(len(wide))], table)
    return setter.save()


def _printed(value: object) -> str:
    text = "" if value is None else f"{value}".removesuffix(".0")
    return "" if text.startswith(("bang:", "dong:", "cot:", "dondoc:", "=")) else text
