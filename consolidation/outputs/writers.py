"""What each kind of output is written as. A new kind is one function and one line of `WRITERS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlmodel import Session

from consolidation.figures.gather import appendix_of
from consolidation.outputs.environment import Surroundings
from consolidation.outputs.material import Material
from consolidation.outputs.write import (
    OutputMismatchError,
    check_count,
    check_document,
    check_workbook,
)


@dataclass(frozen=True)
class Piece:
    """A file of an output, and how to tell that it says what it was meant to say."""

    filename: str
    data: bytes
    check: Callable[[bytes], None]


def write_output(
    session: Session, material: Material, surroundings: Surroundings
) -> Sequence[Piece]:
    """The output's files. Raises OutputMismatchError where contributions were lost on the way."""
    if material.inputs.listed:
        appendices = appendix_of(material.definition)
        submitted = {
            item.submission_id: appendices[item.deliverable]
            for item in material.inputs.accepted
            if item.submission_id is not None and item.deliverable in appendices
        }
        check_count(session, material.figures, submitted)
    return WRITERS[material.inputs.output.kind](material, surroundings)


def _appendices(material: Material, _surroundings: Surroundings) -> Sequence[Piece]:
    from consolidation.outputs.workbook import build_appendices

    built = build_appendices(material)
    counted = sum(cell.count for cell in material.figures.cells.values())
    if not built.listed == counted == material.figures.contributions:
        told = f"vào {material.figures.contributions}, ra {counted}, liệt kê {built.listed}"
        raise OutputMismatchError("số lượng số liệu", [told])
    filename = material.inputs.output.filename
    return [Piece(filename, built.data, partial(check_workbook, written=built.written))]


def _compilation(material: Material, _surroundings: Surroundings) -> Sequence[Piece]:
    from consolidation.outputs.compilation import build_compilation

    built = build_compilation(material)
    check = partial(check_document, meant=built.meant)
    return [Piece(material.inputs.output.filename, built.data, check)]


def _report(material: Material, surroundings: Surroundings) -> Sequence[Piece]:
    from consolidation.outputs.report import build_report

    built = build_report(material, surroundings)
    check = partial(check_document, meant=built.meant)
    return [Piece(material.inputs.output.filename, built.data, check)]


def _status_note(material: Material, surroundings: Surroundings) -> Sequence[Piece]:
    from consolidation.outputs.status_note import build_status_note

    built, page = build_status_note(material, surroundings)
    filename = material.inputs.output.filename
    return [
        Piece(filename, built.data, partial(check_document, meant=built.meant)),
        Piece(str(Path(filename).with_suffix(".html")), page, _check_page),
    ]


def _check_page(data: bytes) -> None:
    if not data.decode().rstrip().endswith("</html>"):
        raise OutputMismatchError("trang tình hình", ["trang bị cắt cụt"])


_Writer = Callable[[Material, Surroundings], Sequence[Piece]]
WRITERS: Mapping[str, _Writer] = {
    "appendices": _appendices,
    "compilation": _compilation,
    "report": _report,
    "status-note": _status_note,
}
