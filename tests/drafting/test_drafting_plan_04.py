"""Plan 04, drafted from its own text, against the plan as it stands in `plan/04-kh-ubnd-2020/`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from drafting.answers import answered
from drafting.draft import make_draft
from drafting.plan_folder import definition_of
from drafting.readers.registry import read_document
from plan.deadlines.phrases import parse_due
from plan.deadlines.rules import Once
from plan.definition.checks import check_plan, faults_of, load_checked
from plan.definition.export import write_plan
from plan.definition.model import Due, PlanDefinition
from plan.definition.ownership import owners
from plan.settings import PACKAGED_PLANS

TEXT = Path(__file__).parent.parent / "fixtures" / "plan-04-kh-ubnd-2020.txt"
SAME_KIND = {"plan": "proposals"}
"""The packaged plan calls a district's own plan proposals: it was written before the format knew plans."""


@pytest.fixture(scope="module")
def packaged() -> PlanDefinition:
    return load_checked(PACKAGED_PLANS / "04-kh-ubnd-2020")


@pytest.fixture(scope="module")
def drafted(packaged: PlanDefinition) -> dict[str, Any]:
    """The draft with its three questions answered, as the coordinator would."""
    draft = make_draft(read_document(TEXT.read_bytes(), TEXT.name)).as_data()
    districts = [agency.names[0].name for agency in packaged.agencies if agency.group == "district"]
    others = [agency.names[0].name for agency in packaged.agencies if agency.group == "thematic"]
    given: dict[str, Any] = {"undated-none": "theo dõi"}
    for question in draft["questions"]:
        if "huyện, thị xã, thành phố" in question["text"]:
            given[question["id"]] = districts
        elif question["id"].startswith("group-"):
            given[question["id"]] = districts + others
        elif question["id"].startswith("form-"):
            given[question["id"]] = question["choices"][0]
    return answered(draft, given)


def test_the_frame(drafted: dict[str, Any]) -> None:
    plan = drafted["plan"]
    assert (plan["number"], plan["issued_on"]) == ("04/KH-UBND", "2020-01-20")
    assert (plan["issuer"], plan["coordinator"]) == ("Ủy ban nhân dân tỉnh Bình Định", "Sở Nội vụ")
    assert drafted["questions"] == []
    assert drafted["unread"] == []


def owed(plan: PlanDefinition) -> Counter[tuple[str, str, str]]:
    """Of everything dated: kind, owner by name, last day."""
    names = {agency.id: agency.names[0].name for agency in plan.agencies}
    milestones = {milestone.id: milestone for milestone in plan.milestones}
    found: Counter[tuple[str, str, str]] = Counter()
    for part in plan.deliverables:
        due: Due = part.due or milestones[part.milestone].due
        if not due.words:
            continue
        rule = parse_due(due.words)
        assert isinstance(rule, Once)
        kind = SAME_KIND.get(part.kind.value, part.kind.value)
        for agency in owners(plan, part):
            found[kind, names[agency], rule.last_day.isoformat()] += 1
    return found


def all_as_documents(found: Counter[tuple[str, str, str]]) -> Counter[tuple[str, str, str]]:
    """Of a form that several fill in, the draft knows one who hands it in; the others' is a document."""
    alike: Counter[tuple[str, str, str]] = Counter()
    for (kind, *rest), count in found.items():
        alike[(kind.replace("appendix", "document"), *rest)] += count
    return alike


def test_its_59_dated_obligations_are_all_right(
    packaged: PlanDefinition, drafted: dict[str, Any]
) -> None:
    wanted = all_as_documents(owed(packaged))
    assert wanted.total() == 59
    assert all_as_documents(owed(definition_of(drafted))) == wanted


def test_its_eight_forms_and_the_outline_end_in_the_plan(
    packaged: PlanDefinition, drafted: dict[str, Any]
) -> None:
    made = definition_of(drafted)
    assert faults_of(made) == []
    assert [one.code for one in made.appendices] == [one.code for one in packaged.appendices]
    handed_in = {one.appendix for one in made.deliverables if one.kind.value == "appendix"}
    assert handed_in == {one.code for one in packaged.appendices}
    assert [one.title for one in made.outline] == [one.title for one in packaged.outline]
    assert any(one.ambiguities for one in made.appendices)  # what was unsure of a row stands there


def test_the_folder_is_a_valid_plan(drafted: dict[str, Any], tmp_path: Path) -> None:
    write_plan(definition_of(drafted), tmp_path / "plan")
    assert check_plan(tmp_path / "plan") == []
