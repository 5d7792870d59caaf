"""`dondoc scans`: how far scans are read, their words, and the workbook filled with what they offer."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flows.cli import app
from intake.copies.pictures import pictures_of
from intake.programs import tesseract
from intake.recognise import recognise
from intake.scans.picture import picture_as_data
from tests.conftest import forget
from tests.pdf_writing import sheet_as_pdf
from tests.scanning import scanned, tsv
from tests.support.workbook_samples import full, plan


@pytest.fixture
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> CliRunner:
    """A plan with one scan handed in, and a machine that reads it."""
    monkeypatch.setenv("DONDOC_CLOCK", "2020-04-20T09:00+07:00")
    forget()
    runner = CliRunner()
    assert runner.invoke(app, ["init"]).exit_code == 0
    text = sheet_as_pdf(full("stp"), "PL2")
    scan = pictures_of(text)
    assert scan is not None
    (tmp_path / "quet.pdf").write_bytes(scan)
    sent = ["submit", "stp", str(tmp_path / "quet.pdf"), "--obligation", "stp/appendix-2"]
    runner.invoke(app, sent)
    table = tsv(*scanned(text), scale=picture_as_data(scan, 1)["scale"])
    monkeypatch.setattr(tesseract, "installed", lambda: True)
    monkeypatch.setattr(tesseract, "table_of_words", lambda _png: table)
    return runner


def number_of(home: CliRunner) -> str:
    (row,) = json.loads(home.invoke(app, ["scans", "list", "--json"]).output)
    return str(row["id"])


def test_a_scan_is_listed_read_shown_and_offered_filled_in(home: CliRunner, tmp_path: Path) -> None:
    listed = home.invoke(app, ["scans", "list"])
    assert "stp/appendix-2" in listed.output
    assert "0/1 trang" in listed.output
    number = number_of(home)
    early = home.invoke(app, ["scans", "show", number])
    assert early.exit_code == 1
    assert "Chưa đọc được trang nào" in early.stderr
    assert "Đã đọc 1 trang" in home.invoke(app, ["scans", "read"]).output
    assert home.invoke(app, ["scans", "show", number]).output.startswith("[Trang 1]\n")
    made = home.invoke(app, ["scans", "fill", number, "--out", str(tmp_path)])
    assert "78 số điền sẵn" in made.output
    data = (tmp_path / "bieu-so-lieu-stp-tu-ban-quet.xlsx").read_bytes()
    assert recognise(data, "a.xlsx", plan(), "stp").figures == 78


def test_what_is_read_in_part_or_listed_in_part_is_said(
    home: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sides = pictures_of(sheet_as_pdf(full("vpub"), "PL3"))
    assert sides is not None
    (tmp_path / "hai.pdf").write_bytes(sides)
    home.invoke(app, ["scans", "read"])
    home.invoke(app, ["submit", "stp", str(tmp_path / "hai.pdf"), "--obligation", "stp/appendix-2"])
    listed = home.invoke(app, ["scans", "list", "--limit", "1"])
    assert "--limit 2" in listed.stderr
    assert "hai.pdf" in listed.stdout
    assert "quet.pdf" not in listed.stdout
    answers = iter([None, ""])
    monkeypatch.setattr(tesseract, "table_of_words", lambda _png: next(answers))
    home.invoke(app, ["scans", "read"])
    number = next(
        str(row["id"])
        for row in json.loads(home.invoke(app, ["scans", "list", "--json"]).stdout)
        if row["progress"]["failed"]
    )
    said = home.invoke(app, ["scans", "show", number]).stderr
    assert said == "Mới đọc 1/2 trang; 1 trang không đọc được.\n"
    monkeypatch.setattr(tesseract, "table_of_words", lambda _png: "")
    assert "1 trang được đọc lại" in home.invoke(app, ["scans", "read", "--again"]).stderr
    assert home.invoke(app, ["scans", "show", number]).stderr == ""


def test_without_the_program_reading_says_what_to_install(
    home: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tesseract, "installed", lambda: False)
    said = home.invoke(app, ["scans", "read"])
    assert said.exit_code == 2
    assert "tesseract-ocr-vie" in said.stderr


def test_an_unknown_number_is_said(home: CliRunner) -> None:
    assert home.invoke(app, ["scans", "show", "999"]).exit_code == 2
