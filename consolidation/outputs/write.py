"""Nothing got lost: a run reads its own files again and compares them with what it meant to write.

A second library reads the workbook. A mismatch raises `OutputMismatchError`: the run fails, loudly, and
nothing is kept of it.
"""

from __future__ import annotations

import io
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import docx
from docx.oxml.ns import qn
from python_calamine import CalamineWorkbook
from sqlalchemy import func, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col

from consolidation.figures.gather import Figures, appendix_of, period_in
from consolidation.outputs.environment import RunEnvironment
from consolidation.outputs.material import Material
from consolidation.outputs.workbook_style import Written
from intake.workbook.xlsx import cell_name
from plan.errors import DondocError
from plan.models import Value
from plan.text import number_words

MOST_TOLD = 5


class OutputMismatchError(DondocError):
    """An output does not say what the stored figures say."""

    def __init__(self, what: str, faults: Iterable[str]) -> None:
        told = list(faults)
        shown = "; ".join(told[:MOST_TOLD])
        more = (
            f" và {number_words(len(told) - MOST_TOLD)} chỗ khác" if len(told) > MOST_TOLD else ""
        )
        super().__init__(
            f"Kết quả tổng hợp không khớp với số liệu đã lưu nên bị hủy: {what}: {shown}{more}. "
            "Không tệp nào được giữ lại; hãy chạy lại, và báo cho người quản trị nếu còn lặp lại."
        )


def check_workbook(data: bytes, written: Mapping[str, Written]) -> None:
    """Every figure meant to be on each sheet is there, and no number besides in the figures' cells."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    faults: list[str] = []
    for name, cells in written.items():
        found = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        for (row, column), meant in cells.items():
            said = found[row][column] if row < len(found) and column < len(found[row]) else ""
            if not _same(said, meant):
                faults.append(f"{name}!{cell_name(row, column)} ghi «{said}», phải là «{meant}»")
    if faults:
        raise OutputMismatchError("bảng phụ lục", faults)


def _same(said: object, meant: float | str) -> bool:
    """A number may lose its last bit on the way through the file's decimal digits."""
    if isinstance(meant, str) or not isinstance(said, int | float):
        return said == meant
    return math.isclose(said, meant, rel_tol=1e-14, abs_tol=0.0)


def check_document(data: bytes, meant: Iterable[str]) -> None:
    """Every paragraph meant to stand in a document stands in it, as often as it was meant to."""
    said = Counter(document_paragraphs(data))
    wanted = Counter(text for text in (_plain(one) for one in meant) if text)
    missing = [f"thiếu đoạn «{text[:60]}»" for text in (wanted - said)]
    if missing:
        raise OutputMismatchError("văn bản", missing)


def document_paragraphs(data: bytes) -> list[str]:
    """The text of every paragraph, those in tables included, in the file's order."""
    body = docx.Document(io.BytesIO(data)).element.body
    return [
        _plain("".join(part.text or "" for part in paragraph.iter(qn("w:t"))))
        for paragraph in body.iter(qn("w:p"))
    ]


def _plain(text: str) -> str:
    return " ".join(text.split())


def check_count(session: Session, figures: Figures, submitted: Mapping[int, Handed]) -> None:
    """As many contributions came out as values were stored: counted by the database itself.

    `submitted`: the submissions, each with the appendix and the period it was handed in for.
    """
    stored = _stored(session, figures, submitted)
    used = [one for cell in figures.cells.values() for one in cell.contributions]
    strays = [stray.contribution for stray in figures.strays]
    # A percentage known by its parts alone has no stored value of its own.
    own = [one for one in (*used, *strays) if one.not_applicable or one.value not in (None, "")]
    if stored != len(own) + figures.replaced:
        raise OutputMismatchError(
            "số lượng số liệu",
            [f"đã lưu {stored}, đã tổng hợp {number_words(len(own) + figures.replaced)}"],
        )


_BATCH = 500
Handed = tuple[str, str]
"""Code of the appendix, period of the obligation."""


def _stored(session: Session, figures: Figures, submitted: Mapping[int, Handed]) -> int:
    """Values of these submissions that some cell of their appendix is there for."""
    rows, places = figures.book.rows, figures.book.places
    book = figures.book
    ids, total = list(submitted), 0
    for start in range(0, len(ids), _BATCH):
        statement = columns(
            col(Value.submission_id), col(Value.indicator), col(Value.period)
        ).where(
            col(Value.submission_id).in_(ids[start : start + _BATCH]),
            or_(
                col(Value.number).is_not(None),
                func.coalesce(col(Value.text), "") != "",
                col(Value.not_applicable),
            ),
        )
        total += sum(
            (name, period_in(book, period, submitted[key][1])) in places
            and rows[name].appendix.code == submitted[key][0]
            for key, name, period in session.execute(statement)
        )
    return total


# --- What each kind of output is written as. A new kind is one function and one line of `WRITERS`.


@dataclass(frozen=True)
class OutputFile:
    """A file of an output, and how to tell that it says what it was meant to say."""

    filename: str
    data: bytes
    check: Callable[[bytes], None]


def write_output(
    session: Session, material: Material, surroundings: RunEnvironment
) -> Sequence[OutputFile]:
    """The output's files. Raises OutputMismatchError where contributions were lost on the way."""
    if material.inputs.listed:
        appendices = appendix_of(material.definition)
        submitted = {
            item.submission_id: (appendices[item.deliverable], item.period)
            for item in material.inputs.accepted
            if item.submission_id is not None and item.deliverable in appendices
        }
        check_count(session, material.figures, submitted)
    return WRITERS[material.inputs.output.kind](material, surroundings)


def _appendices(material: Material, _surroundings: RunEnvironment) -> Sequence[OutputFile]:
    from consolidation.outputs.workbook import build_appendices

    built = build_appendices(material)
    counted = sum(cell.count for cell in material.figures.cells.values())
    if not built.listed == counted == material.figures.contributions:
        told = f"vào {material.figures.contributions}, ra {counted}, liệt kê {built.listed}"
        raise OutputMismatchError("số lượng số liệu", [told])
    filename = material.inputs.output.filename
    pieces = [OutputFile(filename, built.data, partial(check_workbook, written=built.written))]
    return [*pieces, _note(material)] if material.figures.book.by_period else pieces


def _note(material: Material) -> OutputFile:
    """The period's figures in words, beside their table."""
    from consolidation.outputs.period_note import build_period_note

    built = build_period_note(material)
    filename = f"{NOTE}{Path(material.inputs.output.filename).with_suffix('.docx')}"
    return OutputFile(filename, built.data, partial(check_document, meant=built.meant))


def _compilation(material: Material, surroundings: RunEnvironment) -> Sequence[OutputFile]:
    from consolidation.outputs.compilation import build_compilation

    built = build_compilation(material, surroundings)
    check = partial(check_document, meant=built.meant)
    return [OutputFile(material.inputs.output.filename, built.data, check)]


def _report(material: Material, surroundings: RunEnvironment) -> Sequence[OutputFile]:
    from consolidation.outputs.report.draft import build_report
    from consolidation.outputs.report.summary import build_summary

    filename = material.inputs.output.filename
    made = {
        filename: build_report(material, surroundings),
        f"{SUMMARY}{filename}": build_summary(material),
    }
    return [
        OutputFile(name, built.data, partial(check_document, meant=built.meant))
        for name, built in made.items()
    ]


def _status_note(material: Material, surroundings: RunEnvironment) -> Sequence[OutputFile]:
    from consolidation.outputs.status_note import build_status_note

    built, page = build_status_note(material, surroundings)
    filename = material.inputs.output.filename
    return [
        OutputFile(filename, built.data, partial(check_document, meant=built.meant)),
        OutputFile(str(Path(filename).with_suffix(".html")), page, _check_page),
    ]


def _check_page(data: bytes) -> None:
    if not data.decode().rstrip().endswith("</html>"):
        raise OutputMismatchError("trang tình hình", ["trang bị cắt cụt"])


SUMMARY = "tom-tat-"
"""Before a report's filename: the same on one page."""
NOTE = "bao-cao-nhanh-"
"""Before a period's table: the same on half a page."""
_Writer = Callable[[Material, RunEnvironment], Sequence[OutputFile]]
WRITERS: Mapping[str, _Writer] = {
    "appendices": _appendices,
    "compilation": _compilation,
    "report": _report,
    "status-note": _status_note,
}
