"""Nothing gets lost: what a file says, and how many figures went in and came out, is counted again."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from consolidation.claim import OutputOptions, RunRequest
from consolidation.figures.gather import Figures, appendix_of, gather_figures
from consolidation.figures.rows import output_rows
from consolidation.inputs import collect
from consolidation.outputs.write import (
    Handed,
    OutputMismatchError,
    check_count,
    check_document,
    check_workbook,
)
from consolidation.runs import consolidate
from documents import blocks
from intake.files.store import Store, StoreError
from plan.definition.model import PlanDefinition
from plan.queries.lookup import find_plan
from tests.conftest import PLAN_ID, at

NOW = at("2020-05-01 08:00")


def workbook(**cells: float | str) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "PL1"
    for name, value in cells.items():
        sheet[name] = value
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ({(0, 0): 5.0, (1, 1): "Đạt"}, ""),
        ({(0, 0): 5.000001}, "PL1!A1 ghi «5.0», phải là «5.000001»"),
        ({(1, 1): "Không đạt"}, "PL1!B2 ghi «Đạt», phải là «Không đạt»"),
        ({(9, 9): 1.0}, "PL1!J10 ghi «»"),
        ({(0, 0): "5"}, "PL1!A1"),
    ],
)
def test_every_figure_meant_is_looked_for(
    written: dict[tuple[int, int], float | str], told: str
) -> None:
    data = workbook(A1=5, B2="Đạt")
    if not told:
        check_workbook(data, {"PL1": written})
        return
    with pytest.raises(OutputMismatchError) as caught:
        check_workbook(data, {"PL1": written})
    assert told in str(caught.value)
    assert "Không tệp nào được giữ lại" in str(caught.value)


def test_of_many_faults_five_are_told_and_the_rest_counted() -> None:
    meant: dict[tuple[int, int], float | str] = {(row, 0): 1.0 for row in range(8)}
    with pytest.raises(OutputMismatchError, match="và 3 chỗ khác"):
        check_workbook(workbook(B2="x"), {"PL1": meant})


def test_every_paragraph_meant_is_there_as_often() -> None:
    document = blocks.new_document()
    for text in ("Một.", "Hai.", "Hai."):
        document.add_paragraph(text)
    data = blocks.save(document, blocks.DocumentFacts("x", "y", NOW))
    check_document(data, ["Hai.", "Một.", "Hai.", ""])
    with pytest.raises(OutputMismatchError, match="thiếu đoạn «Ba"):
        check_document(data, ["Ba."])
    with pytest.raises(OutputMismatchError, match="Một"):
        check_document(data, ["Một.", "Một."])


def figures(session: Session, definition: PlanDefinition) -> tuple[Figures, dict[int, Handed]]:
    plan = find_plan(session)
    output = next(one for one in definition.outputs if one.kind == "appendices")
    inputs = collect(session, plan, output, NOW)
    appendices = appendix_of(definition)
    submitted = {
        item.submission_id or 0: (appendices[item.deliverable], "") for item in inputs.accepted
    }
    return gather_figures(
        session, definition, output_rows(definition, output), inputs.items
    ), submitted


def test_contributions_out_are_values_in(province: Engine, definition: PlanDefinition) -> None:
    with Session(province) as session:
        found, submitted = figures(session, definition)
        check_count(session, found, submitted)
        cells = dict(found.cells)
        lost = next(cell for cell, merged in cells.items() if merged.contributions)
        cells[lost] = replace(cells[lost], contributions=())
        with pytest.raises(OutputMismatchError, match=r"đã lưu .*, đã tổng hợp "):
            check_count(session, replace(found, cells=cells), submitted)


def test_a_broken_kept_file_is_never_handed_over(province: Engine, tmp_path: Path) -> None:
    """The store finds out that its bytes are no longer those of their name."""
    store = Store(str(tmp_path / "store"))

    def make() -> str:
        return (
            consolidate(
                province,
                store,
                PLAN_ID,
                "thematic-compilation",
                RunRequest("by-hand", "x", as_of=NOW, now=NOW),
                OutputOptions(out=tmp_path / "out"),
            )
            .files[0]
            .sha256
        )

    sha256 = make()
    (kept,) = [path for path in (tmp_path / "store").rglob("*") if sha256[4:] in path.name]
    kept.chmod(0o644)
    kept.write_bytes(b"something else")
    with pytest.raises(StoreError):
        make()
