"""Through other programs and back: what was typed is what is read."""

from __future__ import annotations

import io
from functools import lru_cache

import openpyxl
import pandas
import pytest

from intake.checks import check_values
from intake.sandbox import read_safely
from intake.workbook.reader import WorkbookReading, read_workbook
from intake.workbook.template import template_for
from plan.ledger.filing import FoundFault
from tests.support.office import SOFFICE, converted
from tests.support.workbook_samples import Figures, blank, edited, figures, full, plan

needs_office = pytest.mark.skipif(
    SOFFICE is None,
    reason="LIBREOFFICE IS MISSING: round trips through .ods and .xls are NOT tested",
)
AGENCIES = ("snv", "stp", "vpub", "stc", "stttt", "skhcn", "an-lao")


def values(reading: WorkbookReading) -> Figures:
    return {
        (one.indicator, one.period): one.number if one.number is not None else one.text or ""
        for one in reading.values
        if not one.not_applicable
    }


def wanted(agency: str) -> Figures:
    return figures(template_for(plan(), agency))


def checked(reading: WorkbookReading, agency: str) -> tuple[FoundFault, ...]:
    return check_values(
        plan(), reading.values, reading.deliverables, agency=agency, places=reading.places,
        already=reading.findings,
    )  # fmt: skip


@lru_cache(maxsize=4)
def through(suffix: str, *agencies: str) -> dict[str, bytes]:
    """Full and blank workbooks of the agencies, as LibreOffice saves them."""
    files = {f"{one}.xlsx": full(one) for one in agencies}
    files |= {f"{one}-blank.xlsx": blank(one) for one in agencies}
    return {name.removesuffix(".xlsx"): data for name, data in converted(files, suffix).items()}


def same_figures(data: bytes, name: str, agency: str) -> None:
    reading = read_workbook(data, name, plan(), agency)
    assert (reading.kind, reading.agency) == ("template", agency)
    got = values(reading)
    assert got.keys() == wanted(agency).keys()
    for key, value in wanted(agency).items():
        assert got[key] == (pytest.approx(value) if isinstance(value, float) else value)
    assert reading.findings == ()
    assert checked(reading, agency) == ()


def still_blank(data: bytes, name: str, agency: str) -> None:
    """The formulas of a form nobody filled in are no figures, whatever a program kept as their result."""
    reading = read_workbook(data, name, plan(), agency)
    assert values(reading) == {}
    assert {one.code for one in checked(reading, agency)} == {"sheet.empty"}


@needs_office
@pytest.mark.parametrize("suffix", ["ods", "xls"])
def test_saved_by_libreoffice(suffix: str) -> None:
    saved = through(suffix, "vpub")
    same_figures(saved["vpub"], f"bieu.{suffix}", "vpub")
    still_blank(saved["vpub-blank"], f"bieu.{suffix}", "vpub")


@needs_office
@pytest.mark.slow
@pytest.mark.parametrize("suffix", ["xlsx", "ods", "xls"])
@pytest.mark.parametrize("agency", AGENCIES)
def test_saved_by_libreoffice_every_agency(agency: str, suffix: str) -> None:
    saved = through(suffix, *AGENCIES)
    same_figures(saved[agency], f"bieu.{suffix}", agency)
    still_blank(saved[f"{agency}-blank"], f"bieu.{suffix}", agency)


@needs_office
@pytest.mark.slow
@pytest.mark.parametrize("between", ["ods", "xls"])
def test_there_and_back(between: str) -> None:
    once = through(between, *AGENCIES)
    back = converted({f"{one}.{between}": once[one] for one in AGENCIES}, "xlsx")
    for agency in AGENCIES:
        same_figures(back[f"{agency}.{between}"], "bieu.xlsx", agency)


@needs_office
@pytest.mark.slow
def test_faults_survive_the_way() -> None:
    """What is wrong is found at the same cell in every format; an error is never a number."""
    cells: dict[tuple[str, str], object] = {
        ("PL2", "E8"): "KPS", ("PL2", "F8"): "1.234", ("PL2", "G8"): "=1/0", ("PL2", "H8"): '=IF(1=1,"","x")',
        ("PL2", "I8"): 3.5, ("PL2", "J8"): "12 (ước)",
    }  # fmt: skip
    data = edited(full("stp"), cells)
    for suffix in ("xlsx", "ods", "xls"):
        made = converted({"bieu.xlsx": data}, suffix)["bieu.xlsx"]
        reading = read_workbook(made, f"bieu.{suffix}", plan(), "stp")
        codes = {one.cell: one.code for one in reading.findings}
        assert codes.get("E8") == "value.sign"
        assert codes.get("I8") == "value.not_whole"
        assert codes.get("J8") == "value.with_words"
        got = values(reading)
        assert got[("PL2.1", "2016")] == 1234
        assert not {("PL2.1", "2015"), ("PL2.1", "2017"), ("PL2.1", "2018")} & got.keys(), suffix


@needs_office
def test_the_form_shows_what_the_check_will_say() -> None:
    """LibreOffice computes the form's own formulas: sums beside totals, percentages, sentences."""
    found = {**wanted("vpub"), ("PL3.1", "2017"): 1999.0, ("PL3.6.3", "2019"): 19.0}
    for key in [key for key in found if key[0] in ("PL3.5.1", "PL3.5.2", "PL3.5.3")]:
        del found[key]
    made = converted({"bieu.xlsx": blank("vpub", found)}, "xlsx")["bieu.xlsx"]
    reading = read_workbook(made, "bieu.xlsx", plan(), "vpub")
    assert {(one.code, one.period) for one in checked(reading, "vpub")} == {
        ("PL3-R02", "2017"),
        ("PL3-R21", "2019"),
    }
    assert values(reading)[("PL3.5.1", "2016")] == 98
    page = openpyxl.load_workbook(io.BytesIO(made), data_only=True)["PL3"]
    texts = {
        str(cell.value)
        for row in page.iter_rows(min_col=12)
        for cell in row
        if cell.value is not None
    }
    said = {one for one in texts if one.startswith(("✗", "!"))}
    assert len(said) == 2
    assert any(one.startswith("! Kỳ 2017 – Tổng số TTHC khác tổng ba cấp") for one in said)
    assert any(one.startswith("✗ Kỳ 2019 – Số PAKN đã công khai") for one in said)
    assert "2000" in texts


@needs_office
@pytest.mark.parametrize("suffix", ["ods", "xls"])
def test_the_worker_reads_them_too(suffix: str) -> None:
    data = through(suffix, "vpub")["vpub"]
    name = f"bieu.{suffix}"
    assert read_safely(data, name, plan(), "vpub") == read_workbook(data, name, plan(), "vpub")


# --- libraries --------------------------------------------------------------------------------------


@pytest.mark.parametrize("agency", ["snv", "vpub"])
def test_saved_by_openpyxl(agency: str) -> None:
    same_figures(edited(full(agency), {}), "bieu.xlsx", agency)
    still_blank(edited(blank(agency), {}), "bieu.xlsx", agency)


def test_filled_in_by_openpyxl() -> None:
    template = template_for(plan(), "stc")
    places = read_workbook(blank("stc"), "a.xlsx", plan(), "stc").places
    cells: dict[tuple[str, str], object] = {
        places[key]: value for key, value in figures(template).items()
    }
    same_figures(edited(blank("stc"), cells), "bieu.xlsx", "stc")


@pytest.mark.parametrize("engine", ["openpyxl", "xlsxwriter"])
def test_written_anew_by_pandas(engine: str) -> None:
    """Every sheet read as a plain table and written as one: keys are all that is left of the form."""
    frames = pandas.read_excel(
        io.BytesIO(full("snv")), sheet_name=None, header=None, engine="openpyxl"
    )
    target = io.BytesIO()
    with pandas.ExcelWriter(target, engine=engine) as writer:  # type: ignore[call-overload]
        for name, frame in frames.items():
            frame.to_excel(writer, sheet_name=name, header=False, index=False)
    same_figures(target.getvalue(), "bieu.xlsx", "snv")


def test_typed_through_a_data_frame() -> None:
    """A bare appendix out of pandas, index and all."""
    table = template_for(plan(), "stc").tables["PL6"]
    found = figures(template_for(plan(), "stc"))
    rows = [
        [line.label, *(found.get((line.name, one.key)) for one in table.periods)]
        for line in table.lines
    ]
    frame = pandas.DataFrame(rows, columns=["Chỉ tiêu", *(one.label for one in table.periods)])
    target = io.BytesIO()
    frame.to_excel(target, sheet_name="Phụ lục 6")
    reading = read_workbook(target.getvalue(), "pandas.xlsx", plan(), "stc")
    assert values(reading) == found
