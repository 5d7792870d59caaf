"""The appendices and the outline of plan 04/KH-UBND, as the plan's text has them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

import plan
from plan.definition.appendices import Aggregate, Appendix, Indicator, PeriodKind, ValueType
from plan.definition.check_figures import rows
from plan.definition.loading import load_definition
from plan.definition.model import OutlineNode, PlanDefinition
from plan.rules.syntax import parse_rule, tell

SOURCE = Path(plan.__file__).parent / "04-kh-ubnd-2020"


@pytest.fixture(scope="module")
def kh04() -> PlanDefinition:
    return load_definition(SOURCE)[0]


def appendix(kh04: PlanDefinition, code: str) -> Appendix:
    return next(one for one in kh04.appendices if one.code == code)


def indicator(kh04: PlanDefinition, name: str) -> Indicator:
    return next(row.indicator for row in rows(kh04) if row.name == name)


def test_rows_of_each_appendix(kh04: PlanDefinition) -> None:
    count = Counter(row.appendix.code for row in rows(kh04))
    assert count == {
        "PL1": 20,
        "PL2": 14,
        "PL3": 22,
        "PL4": 10 + 12,
        "PL5": 12,
        "PL6": 15,
        "PL7": 14,
        "PL8": 16,
    }
    printed = [one.code for one in kh04.appendices if one.heading_printed]
    assert printed == ["PL1", "PL2"]


def test_years_and_periods(kh04: PlanDefinition) -> None:
    for one in kh04.appendices:
        for table in one.tables:
            keys = [period.key for period in table.periods]
            expected = {"PL4": ["2010", "2019"], "PL8": ["2020"]}
            assert keys == expected.get(one.code, [str(year) for year in range(2015, 2021)])
    last = appendix(kh04, "PL1").tables[0].periods[-1]
    assert (last.label, last.partial, last.ends_on) == (
        "Năm 2020 (Tính đến 31/3)",
        True,
        date(2020, 3, 31),
    )


def test_misspelt_labels_are_kept_and_corrected(kh04: PlanDefinition) -> None:
    wrong = {
        "PL2.1.3": ("Hội đồng nhân cấp huyện", "Hội đồng nhân dân cấp huyện"),
        "PL2.5": ("Số VBQPL trái", "Số VBQPPL trái"),
        "PL3.4.1": ("trả kế quả", "trả kết quả"),
        "PL7.8": ("Số cơ chuyên môn", "Số cơ quan chuyên môn"),
    }
    for name, (as_printed, corrected) in wrong.items():
        one = indicator(kh04, name)
        assert as_printed in one.label
        assert corrected in one.standard_label
    corrected_rows = [row.name for row in rows(kh04) if row.indicator.standard_label]
    assert sorted(corrected_rows) == sorted(wrong)


def test_appendix_7_is_split_by_row(kh04: PlanDefinition) -> None:
    by_owner = Counter(row.owner for row in rows(kh04) if row.appendix.code == "PL7")
    assert by_owner == {"stttt": 9, "vpub": 4, "skhcn": 1}
    assert indicator(kh04, "PL7.9").owner == "stttt"
    assert indicator(kh04, "PL7.10").owner == "vpub"
    assert indicator(kh04, "PL7.14").owner == "skhcn"


def test_what_may_not_be_added_up_says_why(kh04: PlanDefinition) -> None:
    for row in rows(kh04):
        one = row.indicator
        if one.type in (ValueType.header, ValueType.choice):
            continue
        assert one.aggregate_note, row.name
        if one.type == ValueType.percent:
            assert one.aggregate == Aggregate.ratio, row.name
        if one.period_kind == PeriodKind.catalogue:
            assert one.aggregate in (Aggregate.never, Aggregate.max), row.name


def test_shape_of_appendix_4(kh04: PlanDefinition) -> None:
    tables = appendix(kh04, "PL4").tables
    assert [table.layout for table in tables] == ["columns"] * 3
    assert [one.code for one in tables[0].indicators] == ["I.a", "I.b", "I.c", "I.d", "I.note"]
    groups = list(dict.fromkeys(one.group for one in tables[2].indicators))
    assert groups == ["Sự nghiệp GD-ĐT", "Sự nghiệp y tế", "Sự nghiệp VH,TDTT", "Sự nghiệp khác"]
    assert [one.code for one in tables[2].indicators][:3] == ["III.gd.t", "III.gd.s", "III.gd.h"]


def test_goals_of_appendix_8(kh04: PlanDefinition) -> None:
    goals = [row.indicator for row in rows(kh04) if row.appendix.code == "PL8"]
    assert all(goal.choices == ["Đạt", "Không đạt"] for goal in goals)
    assert all(goal.may_be_not_applicable for goal in goals)


def test_eight_key_indicators(kh04: PlanDefinition) -> None:
    assert sum(row.indicator.key_indicator for row in rows(kh04)) == 8


def test_rules_hold_on_a_blank_and_a_consistent_workbook(kh04: PlanDefinition) -> None:
    """A rule says nothing about figures not given, and nothing against figures that are all zero."""
    periods = [str(year) for year in range(2015, 2021)]
    blanks = {"PL1-R05", "PL1-R06", "PL7-R09", "PL7-R10"}
    for one in kh04.appendices:
        for rule in one.rules:
            check = parse_rule(rule.expr).check
            assert not check(lambda *_: None, "2019", periods, kh04.constants).fails, rule.id
            if rule.id not in blanks and "districts" not in rule.expr:
                assert not check(lambda *_: 0.0, "2019", periods, kh04.constants).fails, rule.id


def found_in_pl8(kh04: PlanDefinition, figures: dict[tuple[str, str], float | str]) -> list[str]:
    outcomes = {
        rule.id: parse_rule(rule.expr).check(
            lambda name, period: figures.get((name, period)), "2020", ["2020"], kh04.constants
        )
        for rule in appendix(kh04, "PL8").rules
    }
    return [
        tell(rule.message, outcomes[rule.id])
        for rule in appendix(kh04, "PL8").rules
        if outcomes[rule.id].fails
    ]


def test_a_goal_is_held_against_the_latest_figure(kh04: PlanDefinition) -> None:
    """Satisfaction of 2020 counts where there is one, else that of 2019."""
    said: dict[tuple[str, str], float | str] = {("PL8.2", "2020"): "Đạt"}
    assert found_in_pl8(kh04, said) == []
    assert found_in_pl8(kh04, {**said, ("PL1.6.3", "2019"): 78.5}) == [
        "Đánh giá «Đạt» nhưng mức độ hài lòng chung năm 2019 ở Phụ lục 1 (78,5%) không trên 80%; "
        "hãy xem lại."
    ]
    better = {**said, ("PL1.6.3", "2019"): 78.5, ("PL1.6.3", "2020"): 85.0}
    assert found_in_pl8(kh04, better) == []
    worse = found_in_pl8(kh04, {**said, ("PL1.6.3", "2019"): 85.0, ("PL1.6.3", "2020"): 70.0})
    assert len(worse) == 1
    assert "năm 2020" in worse[0]


# --- outline -----------------------------------------------------------------------------------


def nodes(tree: list[OutlineNode]) -> Iterator[OutlineNode]:
    for node in tree:
        yield node
        yield from nodes(node.children)


def test_outline_tree(kh04: PlanDefinition) -> None:
    assert [part.id for part in kh04.outline] == ["p1", "p2", "p3"]
    found = {node.id: node for node in nodes(kh04.outline)}
    assert len(found) == 120
    assert found["p1-ii-3-1-a"].number == "a)"
    assert found["p1-ii-2-1-dd"].number == "đ)"
    assert len(found["p2"].children) == 6
    assert len(found["p3"].children) == 3
    assert "PL4.III.khac.h" in found["p1-ii-3-1-a-2"].figures


def test_every_result_section_asks_for_shortcomings(kh04: PlanDefinition) -> None:
    found = {node.id: node for node in nodes(kh04.outline)}
    for chapter in range(1, 7):
        for section in (1, 2):
            assert found[f"p1-ii-{chapter}-{section}"].required
        assert "tồn tại" in found[f"p1-ii-{chapter}-2"].title


def test_every_indicator_has_a_place_in_the_report(kh04: PlanDefinition) -> None:
    placed = {name for node in nodes(kh04.outline) for name in node.figures}
    asked = {
        row.name
        for row in rows(kh04)
        if row.indicator.type != ValueType.header and not row.name.endswith(".note")
    }
    assert placed == asked


def test_who_writes_what(kh04: PlanDefinition) -> None:
    by_id = {part.id: part for part in kh04.deliverables}
    assert by_id["district-report"].outline_parts == {"district": ["p1", "p3"]}
    assert by_id["district-plan"].outline_parts == {"district": ["p2"]}
    assert by_id["thematic-report"].outline_parts["stc"] == ["p1-ii-5"]
    assert by_id["provincial-report"].outline_parts == {}


def test_no_text_of_the_web_page_it_was_taken_from(kh04: PlanDefinition) -> None:
    text = kh04.model_dump_json()
    assert "\xa0" not in text
    assert "HIỆU LỰC VĂN BẢN" not in text
