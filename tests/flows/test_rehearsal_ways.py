"""The rehearsal of the ways in: every way is taken, what came is counted, and a miss would be told."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from flows.rehearsal import ways_in
from flows.rehearsal.run import span
from flows.rehearsal.ways_in import WAYS, Way, rehearse_ways
from intake.programs import tesseract
from plan.definition.model import PlanDefinition
from tests.support.office import SOFFICE

pytestmark = pytest.mark.slow


@pytest.mark.timeout(300)
def test_every_way_leads_to_its_place(definition: PlanDefinition, tmp_path: Path) -> None:
    first, last = span(definition, None)
    said: list[str] = []
    found = rehearse_ways(definition, tmp_path / "out", first + (last - first) / 2, 1, said.append)
    assert found.faults == ()
    assert (
        len(found.lines)
        == len(said)
        == len(WAYS) - sum("LibreOffice" in one for one in found.left_out)
    )
    assert (found.left_out == ()) == (SOFFICE is not None and tesseract.installed())
    assert not tesseract.installed() or any("máy đã đọc 2 trang" in line for line in found.lines)


def test_what_came_otherwise_is_told(
    definition: PlanDefinition, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    only = (Way("mail", "x", "edoc-no", tells="signature.facts"), *WAYS[3:])
    monkeypatch.setattr(ways_in, "WAYS", only)
    first, last = span(definition, None)
    at = first + (last - first) / 2 + timedelta(hours=1)
    found = rehearse_ways(definition, tmp_path / "out", at, 1, lambda _: None)
    assert any("phải là «edoc-no»" in one for one in found.faults)
    assert any("thiếu phát hiện" in one for one in found.faults)
