"""A letter as PDF: by LibreOffice where it is installed, a sentence where it is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pdfplumber
import pytest
from typer.testing import Result

from intake.programs import office
from notifications.letters import NO_PDF
from tests.browser.support import Browser, Dash, dashboard_at
from tests.support.commands import dondoc
from tests.support.office import SOFFICE

ONE = "co-quan=van-canh"
TAKEN = "/cong-van/tai?{}&dang=pdf"


@pytest.fixture
def dash(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dash]:
    made = dashboard_at(tmp_path_factory.mktemp("letters"))
    yield made
    made.engine.dispose()


def owing(client: Browser) -> list[str]:
    """The query of each agency that a letter can be written to."""
    codes = re.findall(r'name="co-quan" value="([^"]+)"', client.get("/cong-van").text)
    return [f"co-quan={code}" for code in codes if code != "snv"]


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_one_letter_is_printed(dash: Dash) -> None:
    client = dash.client("coordinator")
    page = client.get(f"/cong-van?{ONE}").text
    assert "dang=pdf" in page
    assert NO_PDF not in page
    answer = client.get(TAKEN.format(ONE))
    assert answer.headers["content-type"] == "application/pdf"
    assert ".pdf" in answer.headers["content-disposition"]
    assert answer.content.startswith(b"%PDF-")


def test_many_are_taken_as_word_files(dash: Dash, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is offered on its own; a .zip of PDFs is refused in words, not made for minutes."""
    monkeypatch.setattr(office, "installed", lambda: True)
    client = dash.client("coordinator")
    two = "&".join(owing(client)[:2])
    assert client.get(f"/cong-van?{two}").text.count("dang=pdf") == 2
    assert "từng công văn" in client.get(TAKEN.format(two)).text


def test_without_libreoffice_only_word_is_offered(
    dash: Dash, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office, "installed", lambda: False)
    client = dash.client("coordinator")
    page = client.get(f"/cong-van?{ONE}").text
    assert NO_PDF in page
    assert "dang=pdf" not in page
    assert NO_PDF in client.get(TAKEN.format(ONE)).text
    assert client.get(f"/cong-van/tai?{ONE}").content.startswith(b"PK")


def letter_by_command(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Result:
    """Told to write into `folder`/cong-van."""
    (out := folder / "cong-van").mkdir()
    monkeypatch.setenv("DONDOC_CLOCK", "2020-05-04T18:00+07:00")
    assert dondoc("init").exit_code == 0
    return dondoc("letter", "--agency", "van-canh", "--pdf", "--out", str(out))


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed")
def test_the_command_line_prints_the_letter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On one sheet of A4, with the words of the page's letter in it."""
    said = letter_by_command(monkeypatch, tmp_path)
    assert said.exit_code == 0, said.output
    [file] = (tmp_path / "cong-van").iterdir()
    assert str(file) in said.output.replace("\n", "")
    assert file.suffix == ".pdf"
    with pdfplumber.open(file) as printed:
        sheets = [(round(one.width), round(one.height)) for one in printed.pages]
        text = " ".join(" ".join(one.extract_text() for one in printed.pages).split())
    assert set(sheets) == {(595, 842)}
    assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in text
    assert "Kính gửi: Ủy ban nhân dân huyện Vân Canh" in text
    assert "Hội nghị tổng kết" in text


def test_the_command_line_says_what_is_lacking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office, "installed", lambda: False)
    said = letter_by_command(monkeypatch, tmp_path)
    assert said.exit_code == 1
    assert NO_PDF in said.output
    assert list((tmp_path / "cong-van").iterdir()) == []
