"""Plan 04/KH-UBND as data: agencies, obligations, deadlines, contacts, the ladder."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

import plan
from plan.deadlines.phrases import parse_due
from plan.deadlines.rules import Once
from plan.definition.loading import load_definition
from plan.definition.model import PlanDefinition
from plan.definition.ownership import owners, prerequisites

SOURCE = Path(plan.__file__).parent / "04-kh-ubnd-2020"
THEMATIC = ["snv", "stp", "vpub", "stc", "stttt", "skhcn"]
DISTRICTS = [
    "quy-nhon",
    "an-nhon",
    "hoai-nhon",
    "tuy-phuoc",
    "phu-cat",
    "phu-my",
    "hoai-an",
    "tay-son",
    "vinh-thanh",
    "van-canh",
    "an-lao",
]


@pytest.fixture(scope="module")
def kh04() -> PlanDefinition:
    return load_definition(SOURCE)[0]


def dated(kh04: PlanDefinition) -> list[tuple[str, str, str]]:
    undated = {milestone.id for milestone in kh04.milestones if not milestone.due.words}
    return [
        (agency, part.id, part.milestone)
        for part in kh04.deliverables
        for agency in owners(kh04, part)
        if part.milestone not in undated
    ]


def test_agencies(kh04: PlanDefinition) -> None:
    by_group = {g: [a.id for a in kh04.agencies if a.group == g] for g in ("thematic", "district")}
    assert by_group == {"thematic": THEMATIC, "district": DISTRICTS}
    rest = [agency.id for agency in kh04.agencies if agency.group not in by_group]
    assert rest == ["dai-ptth", "bao-binh-dinh", "ubnd-tinh"]
    kinds = Counter(a.names[0].kind for a in kh04.agencies if a.group == "district")
    assert kinds == {"huyện": 9, "thị xã": 1, "thành phố": 1}


def test_hoai_nhon_becomes_a_town_in_june(kh04: PlanDefinition) -> None:
    names = next(agency.names for agency in kh04.agencies if agency.id == "hoai-nhon")
    assert [(name.name, name.valid_from) for name in names] == [
        ("UBND huyện Hoài Nhơn", None),
        ("UBND thị xã Hoài Nhơn", date(2020, 6, 1)),
    ]


def test_exactly_59_dated_obligations(kh04: PlanDefinition) -> None:
    owed = dated(kh04)
    assert len(owed) == len(set(owed)) == 59
    assert Counter(milestone for _, _, milestone in owed) == {
        "district-reports": 22,
        "district-conferences": 11,
        "thematic-reports": 22,
        "provincial-report": 3,
        "provincial-conference": 1,
    }
    districts = [(agency, part) for agency, part, _ in owed if agency in DISTRICTS]
    assert Counter(agency for agency, _ in districts) == dict.fromkeys(DISTRICTS, 3)


def test_ten_appendix_packages(kh04: PlanDefinition) -> None:
    packages = [
        (agency, part.appendix)
        for part in kh04.deliverables
        if part.appendix
        for agency in owners(kh04, part)
    ]
    assert sorted(packages) == [
        ("skhcn", "PL7"),
        ("snv", "PL1"),
        ("snv", "PL4"),
        ("snv", "PL5"),
        ("snv", "PL8"),
        ("stc", "PL6"),
        ("stp", "PL2"),
        ("stttt", "PL7"),
        ("vpub", "PL3"),
        ("vpub", "PL7"),
    ]


def test_due_words_are_verbatim_and_read(kh04: PlanDefinition) -> None:
    due = {milestone.id: milestone.due.words for milestone in kh04.milestones}
    assert due == {
        "district-reports": "Trước ngày 30 tháng 4 năm 2020",
        "thematic-reports": "trước ngày 30 tháng 4 năm 2020",
        "district-conferences": "Trong tháng 4 năm 2020",
        "provincial-conference": "Trong tháng 5 năm 2020",
        "provincial-report": "Trước ngày 20 tháng 6 năm 2020",
        "standing-duties": "",
    }
    rules = {key: parse_due(words) for key, words in due.items() if words}
    last = {key: rule.last_day for key, rule in rules.items() if isinstance(rule, Once)}
    assert last["district-reports"] == last["thematic-reports"] == date(2020, 4, 29)
    assert last["district-conferences"] == date(2020, 4, 30)
    assert last["provincial-conference"] == date(2020, 5, 31)
    assert last["provincial-report"] == date(2020, 6, 19)


def test_addressees_and_sources(kh04: PlanDefinition) -> None:
    by_id = {part.id: part for part in kh04.deliverables}
    assert by_id["district-report"].addressed_to == "Sở Nội vụ"
    assert by_id["appendix-7"].addressed_to == "Ủy ban nhân dân tỉnh (qua Sở Nội vụ)"
    assert by_id["provincial-report"].addressed_to == "Ủy ban nhân dân tỉnh"
    sections = {key: source.section for key, source in by_id["thematic-report"].sources.items()}
    assert sections == dict(zip(THEMATIC, [f"II.2.{letter}" for letter in "abcdef"], strict=True))
    for part in kh04.deliverables:
        for agency in owners(kh04, part):
            assert agency in part.sources or part.source, part.id


def test_duties_carry_no_date(kh04: PlanDefinition) -> None:
    duties = [part for part in kh04.deliverables if part.kind == "duty"]
    assert len(duties) == 14
    assert {part.milestone for part in duties} == {"standing-duties"}
    assert all(part.due is None and part.source for part in duties)


def test_dependencies(kh04: PlanDefinition) -> None:
    by_id = {part.id: part for part in kh04.deliverables}
    assert prerequisites(kh04, "an-lao", by_id["district-plan"]) == {("an-lao", "district-report")}
    proposals = prerequisites(kh04, "snv", by_id["provincial-proposals"])
    assert len(proposals) == 11 + 6
    assert len(prerequisites(kh04, "snv", by_id["provincial-appendices"])) == 10


def test_every_agency_has_a_contact_and_a_head(kh04: PlanDefinition) -> None:
    for agency in kh04.agencies:
        own = [contact for contact in kh04.contacts if contact.agency == agency.id]
        assert [contact.is_head for contact in own] == [False, True]
        assert all(contact.email.endswith(".example") for contact in own)


def test_ladder(kh04: PlanDefinition) -> None:
    rungs = {rung.offset: rung for rung in kh04.reminders.rungs}
    assert sorted(rungs) == [-15, -7, -3, -1, 0, 2, 5, 10]
    assert rungs[2].every == 2
    assert "head" in rungs[2].audience
    assert "coordinator-leadership" in rungs[5].audience
    assert "issuer" in rungs[10].audience
