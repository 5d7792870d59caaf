"""The plan's rules: each one broken alone gives exactly its finding, at its cell; what is missing is said."""

from __future__ import annotations

import io
from functools import lru_cache

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from intake.checks import Others, bound_rules, check_values
from intake.workbook.template import template_for
from plan.definition.model import PlanDefinition
from plan.ledger.filing import FoundFault, ReadValue
from tests.support.rule_breakers import BREAKERS, Changes, P, whole
from tests.support.workbook_samples import (
    Figures,
    at,
    edited,
    full,
    plan,
    read,
    read_values,
    saved,
)


def nobody(_line: str, _period: str) -> None:
    return None


@lru_cache(maxsize=1)
def everybody() -> Figures:
    found: Figures = {}
    for agency in ("snv", "stp", "vpub", "stc", "stttt", "skhcn"):
        found |= whole(agency)[0]
    return found


def others(line: str, period: str) -> float | str | None:
    return everybody().get((line, period))


def check(
    agency: str,
    changes: Changes,
    *,
    known: Others = others,
    definition: PlanDefinition | None = None,
) -> tuple[FoundFault, ...]:
    found, reading = whole(agency)
    wanted = {key: value for key, value in {**found, **changes}.items() if value is not None}
    values = [*read_values(wanted).values(), *(one for one in reading.values if one.not_applicable)]
    return check_values(
        definition or plan(),
        values,
        reading.deliverables,
        agency=agency,
        others=known,
        places=reading.places,
        already=reading.findings,
        file="a.xlsx",
    )


@pytest.mark.parametrize("agency", ["snv", "stp", "vpub", "stc", "stttt", "skhcn", "an-lao"])
def test_a_faultless_workbook_has_no_finding(agency: str) -> None:
    assert check(agency, {}) == ()


TOGETHER = {
    # What breaks one of these breaks another by its nature; both are named.
    "PL1-R03": {"PL1-R04"},
    "PL2-R03": {"PL2-R02"},
    "PL2-R06": {"PL2-R05"},
    "PL3-R01": {"PL3-R02", "PL3-R05", "PL3-R09"},
    "PL7-R07": {"PL7-R05"},
    "PL7-R10": {"value.magnitude"},
    "PL7-R08": {"PL7-R09"},
    "PL7-R12": {"PL7-R13"},
    "PL3-R08": {"PL3-R12"},
    "PL3-R13": {"PL3-R16"},
    "PL3-R14": {"PL3-R17"},
    "PL3-R15": {"PL3-R18"},
    "PL3-R20": {"PL3-R19"},
    "PL3-R22": {"PL3-R02"},
    "PL5-R09": {"PL5-R05"},
    "PL6-R08": {"PL6-R09"},
    "PL7-R14": {"PL7-R15"},
    "PL7-R16": {"PL7-R17"},
    "PL7-R18": {"PL7-R19"},
    "PL8-R02": {"PL8-R04"},
    "PL8-R06": {"PL8-R08"},
}


@pytest.mark.parametrize("rule", list(BREAKERS))
def test_one_rule_broken_one_finding(rule: str) -> None:
    agency, changes = BREAKERS[rule]
    found = check(agency, changes)
    assert rule in {one.code for one in found}
    assert {one.code for one in found} - TOGETHER.get(rule, set()) == {rule}
    bound = next(one for one in bound_rules(plan()) if one.rule.id == rule)
    _, reading = whole(agency)
    for one in found:
        if one.code == rule:
            assert one.severity == bound.severity
            names = {bound.rule.at, *(ref.name for ref in bound.expr.refs)}
            assert one.indicator in names
            assert one.indicator in template_for(plan(), agency).lines
            assert (one.sheet, one.cell) == reading.places[(one.indicator, one.period)]
            assert one.file == "a.xlsx"
            assert "{" not in one.message


def test_nearly_every_rule_has_a_breaker() -> None:
    rules = {one.rule.id for one in bound_rules(plan())}
    assert set(BREAKERS) <= rules
    assert len(rules - set(BREAKERS)) <= 7, sorted(rules - set(BREAKERS))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(["PL2.1", "PL6.2"]),
    st.sampled_from(["2015", "2016", "2017", "2018", "2019", "2020"]),
    st.integers(min_value=1, max_value=5),
    st.sampled_from([-1, 1]),
)
def test_a_total_off_by_any_amount_in_any_year(
    total: str, period: str, off: int, sign: int
) -> None:
    agency = "stp" if total == "PL2.1" else "stc"
    found, reading = whole(agency)
    changes: Changes = {(total, period): float(found[(total, period)]) + sign * off}
    changed = check(agency, changes, known=nobody)
    code = {"PL2.1": "PL2-R01", "PL6.2": "PL6-R01"}[total]
    assert [(one.code, one.cell) for one in changed] == [(code, reading.places[(total, period)][1])]


def test_the_message_tells_both_sides() -> None:
    found = next(one for one in check("stp", {("PL2.1", P): 1041}) if one.code == "PL2-R01")
    assert "(1.041)" in found.message
    assert "(42)" in found.message
    assert found.read == "1.041"


def test_a_rule_on_trial_only_warns() -> None:
    appendices = []
    for one in plan().appendices:
        rules = [rule.model_copy(update={"trial": rule.id == "PL2-R01"}) for rule in one.rules]
        appendices.append(one.model_copy(update={"rules": rules}))
    trial = plan().model_copy(update={"appendices": appendices})
    (found,) = check("stp", {("PL2.1", P): 41}, definition=trial)
    assert found.severity == "warning"
    assert "chạy thử" in found.message


# --- across agencies --------------------------------------------------------------------------------


def test_figures_of_others_are_compared_once_they_are_accepted() -> None:
    changes: Changes = {("PL7.7", "2019"): 32}
    assert {one.code for one in check("stttt", changes)} == {"PL7-R01"}
    assert check("stttt", changes, known=nobody) == ()


def test_last_years_jump_is_told_at_the_new_figure() -> None:
    found = check("snv", {("PL5.1.2", "2019"): 2000})
    assert {(one.code, one.period) for one in found} == {("PL5-R09", "2019"), ("PL5-R09", "2020")}
    assert {one.severity for one in found} == {"warning"}


def test_a_district_is_not_measured_by_the_provinces_figures() -> None:
    def big(_line: str, _period: str) -> float:
        return 1_000_000.0

    assert check("an-lao", {}, known=big) == ()


# --- what is missing --------------------------------------------------------------------------------


def test_a_blank_is_missing_at_its_cell() -> None:
    found = check("stp", {("PL2.7", P): None})
    _, reading = whole("stp")
    assert [(one.code, one.severity, one.sheet, one.cell) for one in found] == [
        ("value.missing", "error", *reading.places[("PL2.7", P)])
    ]


def test_zero_is_not_missing() -> None:
    assert check("stp", {("PL2.7", P): 0.0}) == ()


def test_an_empty_sheet_is_one_finding() -> None:
    found, _ = whole("vpub")
    nothing: Changes = {key: None for key in found if key[0].startswith("PL7.")}
    result = check("vpub", nothing)
    assert [(one.code, one.sheet) for one in result] == [("sheet.empty", "PL7")]


def test_parts_are_missed_only_where_the_plan_asks_for_them() -> None:
    assert check("stttt", {("PL7.1#n", P): None, ("PL7.1#d", P): None}) == ()
    found = check("vpub", {("PL3.5.1#n", P): None})
    assert [(one.code, one.indicator) for one in found] == [("value.missing", "PL3.5.1#n")]


def test_a_percentage_over_its_parts_is_not_called_blank_too() -> None:
    """Its cell is a locked formula: what to mend is the numerator, which the rule names."""
    cell = at("vpub", "PL3.5.1#n", "2016")
    reading = read(edited(full("vpub"), {cell: 1020}), "vpub")
    found = check_values(
        plan(), reading.values, reading.deliverables, agency="vpub", places=reading.places,
        already=reading.findings,
    )  # fmt: skip
    assert [(one.sheet, one.cell) for one in found] == [cell]


def test_a_percentage_of_nothing_is_not_missing() -> None:
    changes: Changes = {("PL3.5.1#n", P): 0, ("PL3.5.1#d", P): 0, ("PL3.5.1", P): None}
    assert check("vpub", changes) == ()


def test_not_applicable_is_not_missing() -> None:
    found, reading = whole("snv")
    values = [*read_values({key: one for key, one in found.items() if key[0] != "PL8.11"}).values()]
    values.append(ReadValue("PL8.11", "2020", text="Chỉ tính cho bộ", not_applicable=True))
    assert (
        check_values(plan(), values, reading.deliverables, agency="snv", places=reading.places)
        == ()
    )


def test_a_cell_already_asked_about_is_not_called_missing_too() -> None:
    found, reading = whole("stp")
    values = read_values({key: one for key, one in found.items() if key != ("PL2.7", P)}).values()
    asked = [FoundFault("error", "value.sign", "«x»", indicator="PL2.7", period=P)]
    assert check_values(plan(), values, reading.deliverables, agency="stp", already=asked) == ()


def test_a_figure_that_was_refused_is_not_said_to_be_owed_too() -> None:
    """The cell is not empty: what to mend there is told by the finding that refused it."""
    cell = at("vpub", "PL7.11", "2020")
    reading = read(edited(full("vpub"), {cell: "chừng tám phần"}), "vpub")
    found = check_values(
        plan(), reading.values, reading.deliverables, agency="vpub", places=reading.places,
        already=reading.findings,
    )  # fmt: skip
    assert [one.code for one in found if one.indicator == "PL7.11"] == []
    assert [(one.sheet, one.cell) for one in reading.findings] == [cell]


def test_only_what_is_handed_in_is_checked() -> None:
    found, _ = whole("vpub")
    values = read_values(
        {key: one for key, one in found.items() if key[0].startswith("PL3.")}
    ).values()
    assert check_values(plan(), values, ["appendix-3"], agency="vpub") == ()
    both = check_values(plan(), values, ["appendix-3", "appendix-7"], agency="vpub")
    assert [one.code for one in both] == ["sheet.empty"]


# --- rows and columns that are gone -----------------------------------------------------------------


def findings(book: bytes, agency: str) -> list[FoundFault]:
    """Of the reading and of the checks behind it."""
    reading = read(book, agency)
    checked = check_values(
        plan(), reading.values, reading.deliverables, agency=agency, places=reading.places,
        already=reading.findings,
    )  # fmt: skip
    return [*reading.findings, *checked]


def without_keys(book: bytes, sheet: str) -> bytes:
    """The form as somebody typed it off: read by its labels."""
    opened = openpyxl.load_workbook(io.BytesIO(book))
    for row in opened[sheet].iter_rows():
        for cell in row:
            if str(cell.value).startswith(("cot:", "bang:", "dong:", "dondoc:")):
                cell.value = None
    return saved(opened)


@pytest.mark.parametrize("keyed", [True, False])
@pytest.mark.parametrize("line", ["PL2.7", "PL2.4", "PL2.1.2"])
def test_a_row_taken_out_is_one_finding_at_its_place(line: str, keyed: bool) -> None:
    sheet, cell = at("stp", line, P)
    book = openpyxl.load_workbook(io.BytesIO(full("stp")))
    row = int(cell.strip("ABCDEFGHIJ"))
    label = next(
        one for one in template_for(plan(), "stp").lines.values() if one.name == line
    ).label
    for merged in list(book[sheet].merged_cells.ranges):
        if merged.min_row >= row:
            book[sheet].unmerge_cells(str(merged))
    book[sheet].delete_rows(row)
    data = saved(book) if keyed else without_keys(saved(book), sheet)
    (told,) = [one for one in findings(data, "stp") if one.severity == "error"]
    assert (told.code, told.sheet, told.indicator) == ("row.missing", sheet, line)
    assert told.cell.endswith(str(row))
    assert label in told.message


@pytest.mark.parametrize("keyed", [True, False])
def test_a_row_renamed_is_named_at_its_cell(keyed: bool) -> None:
    sheet, cell = at("stp", "PL2.7", P)
    label = f"C{cell.strip('ABCDEFGHIJ')}"
    data = edited(full("stp"), {(sheet, label): "Việc khác hẳn của đơn vị"})
    data = data if keyed else without_keys(data, sheet)
    first, *more = [one for one in findings(data, "stp") if one.severity == "error"]
    assert (first.sheet, first.cell) == (sheet, label)
    assert "Việc khác hẳn" in first.message
    assert [one.code for one in more] == ([] if keyed else ["row.missing"])


@pytest.mark.parametrize("words", ["Năm thứ hai", None])
def test_a_column_renamed_is_one_finding_at_its_head(words: str | None) -> None:
    sheet, cell = at("stp", "PL2.7", "2016")
    head = f"{cell.rstrip('0123456789')}7"
    data = without_keys(edited(full("stp"), {(sheet, head): words}), sheet)
    (told,) = [one for one in findings(data, "stp") if one.severity == "error"]
    assert (told.code, told.sheet, told.cell, told.period) == (
        "column.missing", sheet, head, "2016",
    )  # fmt: skip
    assert "Năm 2016" in told.message
    assert (words or "Không thấy cột") in told.message
