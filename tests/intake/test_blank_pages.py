"""Pages of a workbook that nobody filled in: not handed in beside filled ones, and never in their place."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from intake.files.store import Store
from intake.package import Package, read_package
from intake.recognise import recognise
from intake.workbook.template import template_for
from plan.ledger.filing import ReadValue
from plan.models import Submission
from tests.support.filings import hand_in, obligation, rows
from tests.support.workbook_samples import blank, edited, figures, full, plan, read

P3, P7 = "vpub/appendix-3", "vpub/appendix-7"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(str(tmp_path / "store"))


def only_in(*appendices: str) -> bytes:
    """The form of the People's Committee's office with these of its appendices filled in."""
    every = figures(template_for(plan(), "vpub"))
    return blank("vpub", {key: one for key, one in every.items() if key[0][:3] in appendices})


def package(*files: bytes, only: str = "") -> Package:
    named = [(f"{number}.xlsx", data) for number, data in enumerate(files)]
    return read_package(named, plan(), "vpub", only=only, recogniser=recognise)


def told(found: Package) -> list[tuple[str, bool, list[str]]]:
    return [
        (part.deliverable, part.complete, [one.code for one in part.findings])
        for part in found.parts
    ]


@pytest.mark.parametrize(("filled", "product"), [("PL3", "appendix-3"), ("PL7", "appendix-7")])
def test_a_page_left_blank_beside_a_filled_one_is_not_handed_in(filled: str, product: str) -> None:
    found = package(only_in(filled))
    assert (told(found), found.findings) == ([(product, True, ["sheet.left-blank"])], ())
    assert not found.blocked


def test_pages_filled_in_different_copies_of_the_form_are_all_handed_in() -> None:
    whole = [("appendix-3", True, []), ("appendix-7", True, [])]
    assert told(package(only_in("PL3"), only_in("PL7"))) == whole
    assert told(package(blank("vpub"), full("vpub"))) == whole


def test_in_a_form_nobody_filled_in_every_page_is_faulty() -> None:
    empty = ["sheet.empty"]
    assert told(package(blank("vpub"))) == [
        ("appendix-3", False, empty),
        ("appendix-7", False, empty),
    ]
    assert told(package(only_in("PL3"), only="appendix-7")) == [("appendix-7", False, empty)]


def test_a_form_that_prints_what_cannot_apply_is_blank_all_the_same() -> None:
    data = blank("stc")
    assert read(data, "stc").values
    found = read_package([("a.xlsx", data)], plan(), "stc", recogniser=recognise)
    assert told(found) == [("appendix-6", False, ["sheet.empty"])]
    assert found.parts[0].is_blank
    both = read_package(
        [("a.xlsx", data), ("b.xlsx", full("stc"))], plan(), "stc", recogniser=recognise
    )
    assert told(both) == [("appendix-6", True, [])]


def test_a_page_on_which_nothing_can_be_read_is_no_blank_one() -> None:
    place = read(full("vpub"), "vpub").places["PL7.11", "2020"]
    found = package(edited(only_in("PL3"), {place: "chừng tám phần"}))
    assert [(name, complete) for name, complete, _ in told(found)] == [
        ("appendix-3", True),
        ("appendix-7", False),
    ]


def test_what_does_not_apply_is_no_blank() -> None:
    every = figures(template_for(plan(), "vpub"))
    keys = [key for key in every if "#" not in key[0]]
    said = {key: ReadValue(*key, text="Không áp dụng: không thuộc phạm vi") for key in keys}
    blank_form = read(blank("vpub"), "vpub")
    data = edited(
        blank("vpub"),
        {blank_form.places[key]: one.text for key, one in said.items() if key in blank_form.places},
    )
    assert {part.complete for part in package(data).parts} == {True}


def test_a_filled_part_takes_nothing_from_what_waits(engine: Engine, store: Store) -> None:
    hand_in(engine, store, "vpub", ("a.xlsx", full("vpub")))
    (filed,) = hand_in(engine, store, "vpub", ("b.xlsx", only_in("PL3")))
    assert (filed.obligation, filed.number) == (P3, 2)
    assert [obligation(engine, name).submissions for name in (P3, P7)] == [2, 1]
    assert obligation(engine, P7).state == "submitted"


@pytest.mark.parametrize("only", ["", P7])
def test_a_blank_form_never_takes_the_place_of_what_waits(
    engine: Engine, store: Store, only: str
) -> None:
    hand_in(engine, store, "vpub", ("a.xlsx", full("vpub")))
    before = rows(engine, Submission)
    filed = hand_in(engine, store, "vpub", ("b.xlsx", blank("vpub")), only=only)
    assert {one.number for one in filed} == {0}
    assert filed[-1].findings[-1].code == "filing.blank"
    assert rows(engine, Submission) == before
    assert obligation(engine, P7).state == "submitted"


def test_a_blank_form_alone_is_kept_and_given_back(engine: Engine, store: Store) -> None:
    filed = hand_in(engine, store, "vpub", ("b.xlsx", blank("vpub")))
    assert [(one.number, one.complete) for one in filed] == [(1, False)] * 2
    assert {obligation(engine, name).state for name in (P3, P7)} == {"returned"}
