"""Two thousand damaged workbooks and documents: an answer each time, and no wrong number taken silently."""

from __future__ import annotations

import io
from contextlib import suppress
from functools import lru_cache

import openpyxl
import pytest

from intake.files.gate import Refused
from intake.package import Package, read_package
from intake.recognise import recognise
from intake.report.reader import read_report
from plan.ledger.filing import ReadValue
from tests.support.intake_mutations import spoilt_bytes, spoilt_part, spoilt_workbook
from tests.support.office import SOFFICE, converted
from tests.support.report_writing import enough, fill
from tests.support.workbook_samples import full, plan

FEW = range(12)
MANY = [
    pytest.param(range(at, at + 50), marks=pytest.mark.slow, id=f"{at}…")
    for at in range(50, 550, 50)
]
TURNS = [pytest.param(FEW, id="few"), *MANY]


def read(data: bytes, agency: str) -> Package:
    return read_package([("bieu.xlsx", data)], plan(), agency, recogniser=recognise)


def numbers(package: Package) -> list[ReadValue]:
    return [one for part in package.parts for one in part.values if one.number is not None]


@pytest.mark.parametrize("seeds", TURNS)
def test_a_figure_is_the_one_that_stood_there_or_none(seeds: range) -> None:
    """Rows, columns, keys, labels and cells changed as people change them."""
    for seed in seeds:
        spoilt = spoilt_workbook(seed)
        package = read(spoilt.data, spoilt.agency)
        wrong = [
            one
            for one in numbers(package)
            if one.number not in spoilt.allowed.get((one.indicator, one.period), {one.number})
        ]
        assert not wrong, f"seed {seed}: {spoilt.done}\n{wrong[:3]}"


@pytest.mark.parametrize("seeds", TURNS)
def test_bytes_lost_on_the_way_change_no_figure(seeds: range) -> None:
    """Every part bears a checksum: what is read at all is what was sent."""
    for seed in seeds:
        agency = ("stc", "stp")[seed % 2]
        sent = {
            (one.indicator, one.period): one.number for one in numbers(read(full(agency), agency))
        }
        for one in numbers(read(spoilt_bytes(full(agency), seed), agency)):
            assert sent[one.indicator, one.period] == one.number, f"seed {seed}: {one}"


@pytest.mark.parametrize("seeds", TURNS)
def test_a_damaged_part_is_read_as_another_program_reads_it(seeds: range) -> None:
    """A figure taken stands in its cell, under its key, as openpyxl sees it."""
    for seed in seeds:
        part, data = spoilt_part(full("vpub"), seed)
        found = numbers(read(data, "vpub"))
        with suppress(Exception):  # whatever ails it, openpyxl then has no opinion
            book = openpyxl.load_workbook(io.BytesIO(data), data_only=True)
            for one in found:
                shown = book[one.sheet][one.cell].value
                assert shown in (None, one.number) or not isinstance(shown, int | float), (
                    f"seed {seed}, {part}: {one} is {shown!r}"
                )


@lru_cache(maxsize=1)
def document() -> bytes:
    return fill(plan(), "stp", "thematic-report", enough)[0]


@pytest.mark.parametrize("seeds", TURNS)
def test_a_damaged_document_is_read_or_refused(seeds: range) -> None:
    for seed in seeds:
        data = spoilt_part(document(), seed)[1] if seed % 2 else spoilt_bytes(document(), seed)
        with suppress(Refused):
            reading = read_report(data, "bao-cao.docx", plan(), "stp")
            assert all(one.text for one in reading.sections), f"seed {seed}"
        assert read_package([("a.docx", data)], plan(), "stp", recogniser=recognise).files


@pytest.mark.slow
@pytest.mark.skipif(
    SOFFICE is None, reason="LIBREOFFICE IS MISSING: damaged .xls and .ods are NOT tested"
)
@pytest.mark.parametrize("suffix", ["xls", "ods"])
def test_other_formats_are_read_or_refused(suffix: str) -> None:
    """Neither bears a checksum throughout: an answer is all that can be asked for."""
    [whole] = converted({"bieu.xlsx": full("stc")}, suffix).values()
    for seed in range(120):
        found = recognise(spoilt_bytes(whole, seed), f"bieu.{suffix}", plan(), "stc")
        assert found.workbook is not None or found.findings, f"seed {seed}"
