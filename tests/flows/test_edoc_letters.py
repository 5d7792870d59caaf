"""A signed letter of ours leaves as a package of the document axis, addressed to agencies of the plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from documents.edxml import Letter, Organ, read
from flows.jobs.edoc_letters import organs, send
from intake.mail.letters import LetterFacts
from plan.definition.model import PlanDefinition
from plan.errors import DondocError, RefusedError
from tests.conftest import at
from tests.support.commands import dondoc
from tests.support.workbook_samples import plan

OWN = "H08.09"
NOW = at("2020-04-20 09:00")
SIGNED = LetterFacts("15/SNV-CCHC", "V/v đôn đốc", date(2020, 4, 20), date(2020, 4, 24))
FILES = (("cv.pdf", b"%PDF-1.7"),)


@pytest.fixture(scope="module")
def with_codes() -> PlanDefinition:
    definition = plan()
    given = [
        one.model_copy(update={"organ_ids": ["H08.12"]}) if one.id == "stp" else one
        for one in definition.agencies
    ]
    return definition.model_copy(update={"agencies": given})


def test_agencies_and_codes_are_receivers_each_once(with_codes: PlanDefinition) -> None:
    found = organs(["stp", "H08.12", "H08.30.1"], with_codes, OWN)
    assert [one.id for one in found] == ["H08.12", "H08.30.1"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("snv", "chưa có mã trên trục"),
        ("stb", "Có phải «stp» không?"),
        (OWN, "chính mình"),
    ],
)
def test_whom_it_cannot_go_to_is_said(with_codes: PlanDefinition, name: str, said: str) -> None:
    with pytest.raises(DondocError, match=said):
        organs([name], with_codes, OWN)


def test_the_package_says_what_the_clerk_said(tmp_path: Path) -> None:
    package, _ = send(tmp_path / "gui", SIGNED, FILES, OWN, (Organ("H08.12", "Sở Tư pháp"),), NOW)
    letter = read(package.read_bytes())
    assert isinstance(letter, Letter)
    assert (letter.sender.id, [one.id for one in letter.to]) == (OWN, ["H08.12"])
    assert (letter.reference, letter.promulgated_on) == ("15/SNV-CCHC", date(2020, 4, 20))
    assert (letter.subject, letter.due_on) == ("V/v đôn đốc", date(2020, 4, 24))
    assert [(one.name, one.data) for one in letter.attachments] == list(FILES)
    assert [one.name for one in package.parent.iterdir()] == [package.name]


def test_a_package_not_yet_fetched_is_not_written_over(tmp_path: Path) -> None:
    package, _ = send(tmp_path, SIGNED, FILES, OWN, (Organ("H08.12"),), NOW)
    before = package.read_bytes()
    with pytest.raises(RefusedError, match="đã có"):
        send(tmp_path, replace(SIGNED, subject="Khác"), FILES, OWN, (Organ("H08.12"),), NOW)
    assert package.read_bytes() == before


@pytest.mark.parametrize(
    ("signed", "said"),
    [
        (replace(SIGNED, number="15"), "phải như 15/SNV-CCHC"),
        (replace(SIGNED, number="../../15/SNV"), "phải như 15/SNV-CCHC"),
        (replace(SIGNED, subject="  "), "trích yếu"),
        (replace(SIGNED, due=date(2020, 4, 19)), "trước ngày ban hành"),
    ],
)
def test_what_says_too_little_leaves_nothing(
    tmp_path: Path, signed: LetterFacts, said: str
) -> None:
    with pytest.raises(DondocError, match=said):
        send(tmp_path, signed, FILES, OWN, (Organ("H08.12"),), NOW)
    assert not list(tmp_path.iterdir())


def test_an_empty_file_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DondocError, match=r"cv.pdf rỗng"):
        send(tmp_path, SIGNED, (("cv.pdf", b""),), OWN, (Organ("H08.12"),), NOW)
    assert not list(tmp_path.iterdir())


def test_the_command_needs_no_plan_where_codes_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DONDOC_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("DONDOC_EDOC_ORGAN_ID", OWN)
    (tmp_path / "cv.pdf").write_bytes(b"%PDF-1.7")
    words = ["edoc", "pack", "cv.pdf", "--to", "H08.12", "--number", "15/SNV-CCHC"]
    result = dondoc(*words, "--subject", "V/v đôn đốc", "--on", "2020-04-20", "--out", "gui")
    assert result.exit_code == 0, result.output
    assert "gửi H08.12" in result.output
    assert [one.name for one in (tmp_path / "gui").iterdir()] == ["15-SNV-CCHC-20200420.edxml"]
