"""Drafting a plan against taking out its bare text, and against the clock: what the page promises.

The text is a made-up plan with an assignment section and a task table, as long as the ones offices write.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from statistics import median
from time import process_time
from typing import Any

import docx
import pdfplumber
import pypdfium2
import xlsxwriter

from drafting.draft import make_draft
from drafting.readers.registry import read_document
from tests.pdf_pen import PdfPen

AGENCIES = (
    "Sở Nội vụ",
    "Sở Tư pháp",
    "Sở Tài chính",
    "Sở Y tế",
    "UBND các xã, phường",
    "Công an tỉnh",
)
TASK = (
    "Chủ trì, phối hợp với các sở, ban, ngành và Ủy ban nhân dân các xã, phường rà soát, đánh giá kết quả "
    "thực hiện nhiệm vụ thứ {n}; tổng hợp, báo cáo Ủy ban nhân dân tỉnh (qua Sở Nội vụ) trước ngày "
    "{d:02d}/12/2027 để xem xét, chỉ đạo."
)
HEADS = ("TT", "Nhiệm vụ", "Cơ quan chủ trì", "Cơ quan phối hợp", "Thời gian hoàn thành")
REPEATS = 5


def run() -> dict[str, float]:
    """Ratios of processor time."""
    word, pages, tables = _word(), _pdf(60), _table_pdf(12)
    return {
        "docx": _ratio(lambda: _draft(word, "a.docx"), lambda: _bare_docx(word)),
        "pdf": _ratio(lambda: _draft(pages, "a.pdf"), lambda: _bare_pdf(pages)),
        "pdf_tables": _ratio(lambda: _draft(tables, "a.pdf"), lambda: _bare_tables(tables), 3),
        "seventy_kb": _taken(lambda: _draft(_text(70_000), "a.txt")) / 2,
        "sixty_pages": _taken(lambda: _draft(pages, "a.pdf")) / 10,
        "thousand_rows": _taken(lambda: _draft(_workbook(1_000), "a.xlsx")) / 5,
    }


def _draft(data: bytes, name: str) -> Any:
    return make_draft(read_document(data, name)).as_data()


def _taken(work: Callable[[], Any], repeats: int = REPEATS) -> float:
    work()
    taken = []
    for _ in range(repeats):
        start = process_time()
        work()
        taken.append(process_time() - start)
    return median(taken)


def _ratio(ours: Callable[[], Any], bare: Callable[[], Any], repeats: int = REPEATS) -> float:
    return _taken(ours, repeats) / _taken(bare, repeats)


# --- the bare text ----------------------------------------------------------------------------------


def _bare_docx(data: bytes) -> str:
    file = docx.Document(io.BytesIO(data))
    texts = [paragraph.text for paragraph in file.paragraphs]
    texts += [cell.text for table in file.tables for row in table.rows for cell in row.cells]
    return "\n".join(texts)


def _bare_pdf(data: bytes) -> str:
    with pypdfium2.PdfDocument(data) as file:
        return "\n".join(page.get_textpage().get_text_range() for page in file)


def _bare_tables(data: bytes) -> list[Any]:
    with pdfplumber.open(io.BytesIO(data)) as file:
        return [(page.extract_text(), page.extract_tables()) for page in file.pages]


# --- the plan ---------------------------------------------------------------------------------------


def _lines(count: int) -> list[str]:
    lines = ["KẾ HOẠCH", "CẢI CÁCH HÀNH CHÍNH NĂM 2027", "I. TỔ CHỨC THỰC HIỆN"]
    for n in range(count):
        if n % 6 == 0:
            lines.append(f"{n // 6 + 1}. {AGENCIES[n // 6 % len(AGENCIES)]}")
        lines.append("- " + TASK.format(n=n + 1, d=n % 28 + 1))
    return lines


def _rows(count: int) -> list[tuple[str, ...]]:
    return [
        (str(n + 1), f"Rà soát, công bố danh mục thủ tục thứ {n + 1}", AGENCIES[n % 4],
         "Các sở, ban, ngành", f"Quý {('I', 'II', 'III', 'IV')[n % 4]}/2027")
        for n in range(count)
    ]  # fmt: skip


def _text(size: int) -> bytes:
    return "\n".join(_lines(size // 270)).encode()


def _word() -> bytes:
    file = docx.Document()
    for line in _lines(150):
        file.add_paragraph(line)
    table = file.add_table(1, len(HEADS))
    for row in (HEADS, *_rows(60)):
        cells = table.rows[0].cells if row is HEADS else table.add_row().cells
        for cell, text in zip(cells, row, strict=True):
            cell.text = text
    made = io.BytesIO()
    file.save(made)
    return made.getvalue()


def _pdf(pages: int) -> bytes:
    pen = PdfPen()
    printed = [part for line in _lines(pages * 9) for part in _wrapped(line, 64)]
    for start in range(0, pages * 38, 38):
        pen.page().lines(85, 80, printed[start : start + 38], size=14)
    return pen.save()


def _table_pdf(pages: int) -> bytes:
    pen = PdfPen()
    xs, rows = (40.0, 75.0, 250.0, 350.0, 460.0, 560.0), _rows(pages * 12)
    for page in range(pages):
        some = [HEADS, *rows[page * 12 : page * 12 + 12]]
        ys = [60.0 + 55 * n for n in range(len(some) + 1)]
        printed = [["\n".join(_wrapped(text, 17)) for text in row] for row in some]
        pen.page().table(xs, ys, printed)
    return pen.save()


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def _workbook(rows: int) -> bytes:
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate((HEADS, *_rows(rows))):
            sheet.write_row(at, 0, row)
    return made.getvalue()
