"""Rules said in a spreadsheet's own words: the form shows while it is filled in what the check says after."""

from __future__ import annotations

import io

import openpyxl
import pytest

from intake.checks import bound_rules, check_values
from intake.forms.formulas import parts_of_total, violation
from intake.workbook.reader import read_workbook
from intake.workbook.template import template_for
from plan.rules.syntax import parse_rule
from tests.support.office import SOFFICE, converted
from tests.support.rule_breakers import BREAKERS, whole
from tests.support.workbook_samples import Figures, blank, plan

PERIODS = ("2015", "2016", "2017")
COLUMNS = {"2015": "E", "2016": "F", "2017": "G"}
ROWS = {
    "PL1.1": 8,
    "PL1.1.1": 9,
    "PL1.1.2": 10,
    "PL3.5.1": 20,
    "PL3.5.1#n": 21,
    "PL3.5.1#d": 22,
    "PL8.1": 30,
}


def address(line: str, period: str) -> str | None:
    return f"{COLUMNS[period]}{ROWS[line]}" if line in ROWS and period in COLUMNS else None


FORMULAS = {
    "[PL1.1] >= [PL1.1.1] + [PL1.1.2]": "AND(COUNT(F8,F9,F10)=3,NOT(F8>=F9+F10))",
    "[PL1.1] == sum([PL1.1.1], [PL1.1.2])": "AND(COUNT(F8,F9,F10)=3,NOT(F8=SUM(F9,F10)))",
    "[PL1.1] <= 2 * prev([PL1.1])": "AND(COUNT(F8,E8)=2,NOT(F8<=2*E8))",
    "cum([PL1.1]) <= cum([PL1.1.1])": "AND(COUNT(E8,F8,E9,F9)=4,NOT((E8+F8)<=(E9+F9)))",
    "[PL1.1] > 0 => filled([PL1.1.1])": 'AND(COUNT(F8)=1,NOT(OR(NOT(F8>0),F9<>"")))',
    "[PL1.1] == 0 => blank([PL1.1.1])": 'AND(COUNT(F8)=1,NOT(OR(NOT(F8=0),F9="")))',
    "abs([PL3.5.1] - 100 * [PL3.5.1#n] / [PL3.5.1#d]) <= 0.1": (
        "AND(COUNT(F20,F21,F22)=3,NOT(ABS(F20-100*F21/F22)<=0.1))"
    ),
    "[PL1.1] == {districts}": "AND(COUNT(F8)=1,NOT(F8=11))",
    '[PL8.1] == "Đạt" => [PL1.1@2017] > 0': 'AND(COUNT(G8)=1,NOT(OR(NOT(F30="Đạt"),G8>0)))',
    "not [PL1.1] == 0 and ([PL1.1.1] > 1 or [PL1.1.2] > 1)": None,
}


@pytest.mark.parametrize(("rule", "formula"), FORMULAS.items())
def test_a_rule_in_the_spreadsheets_words(rule: str, formula: str | None) -> None:
    assert violation(parse_rule(rule), address, "2016", PERIODS, {"districts": 11}) == formula


@pytest.mark.parametrize(
    "rule", ["[PL1.1] <= [PL9.1]", "[PL1.1] <= [PL1.1@2030]", "[PL1.1] == {unknown}"]
)
def test_what_this_workbook_cannot_say(rule: str) -> None:
    assert violation(parse_rule(rule), address, "2016", PERIODS, {}) is None


def test_no_period_before_the_first() -> None:
    rule = parse_rule("[PL1.1] >= prev([PL1.1])")
    assert violation(rule, address, "2015", PERIODS, {}) is None


@pytest.mark.parametrize(
    ("rule", "parts"),
    [
        ("[PL1.1] == sum([PL1.1.1], [PL1.1.2])", ("PL1.1", ["PL1.1.1", "PL1.1.2"])),
        ("[PL1.1] >= [PL1.1.1] + [PL1.1.2]", ("PL1.1", ["PL1.1.1", "PL1.1.2"])),
        ("[PL1.1] <= [PL1.1.1]", None),
        ("[PL1.1] >= max([PL1.1.1], [PL1.1.2])", None),
        ("[PL1.1] <= [PL1.1.1@2019] + [PL1.1.2@2019]", None),
        ("[PL1.1] > 0 => [PL1.1.1] > 0", None),
    ],
)
def test_which_rules_measure_a_total(rule: str, parts: tuple[str, list[str]] | None) -> None:
    assert parts_of_total(rule) == parts


def test_every_rule_within_one_agency_is_mirrored() -> None:
    """Of the plan's own rules, those that need no other agency's figures."""
    missing = []
    for bound in bound_rules(plan()):
        for agency in ("snv", "stp", "vpub", "stc", "stttt", "skhcn"):
            lines = template_for(plan(), agency).lines
            if all(ref.name in lines and lines[ref.name].owed for ref in bound.expr.refs):
                found = violation(
                    bound.expr,
                    lambda *_: "E8",
                    bound.checked_in[-1],
                    bound.periods,
                    plan().constants,
                )
                missing += [] if found else [bound.rule.id]
    assert missing == []


# --- computed by LibreOffice ------------------------------------------------------------------------


def filled(agency: str, rule: str) -> Figures:
    changed = {**whole(agency)[0], **BREAKERS[rule][1]}
    return {key: value for key, value in changed.items() if value is not None}


def without_numbers(message: str) -> str:
    words = message.replace(" ({left})", "").replace(" ({right})", "")
    return words.replace("{left}", "…").replace("{right}", "…")


def said(data: bytes) -> set[str]:
    """What rules say in the column beside the forms."""
    texts: list[str] = []
    for page in openpyxl.load_workbook(io.BytesIO(data), data_only=True).worksheets:
        texts += [
            str(cell.value) for row in page.iter_rows() for cell in row if "Kỳ " in str(cell.value)
        ]
    words = {without_numbers(one.rule.message) for one in bound_rules(plan())}
    return {one for one in words if any(one in text for text in texts)}


@pytest.mark.slow
@pytest.mark.skipif(
    SOFFICE is None, reason="LIBREOFFICE IS MISSING: formulas of the form are NOT tested"
)
@pytest.mark.parametrize("agency", ["snv", "stp", "vpub", "stc", "stttt"])
def test_the_form_says_what_the_check_says(agency: str) -> None:
    rules = [rule for rule, (one, _) in BREAKERS.items() if one == agency]
    files = {f"{rule}.xlsx": blank(agency, filled(agency, rule)) for rule in rules}
    made = converted(files, "xlsx")
    lines = template_for(plan(), agency).lines
    own = {
        bound.rule.id: without_numbers(bound.rule.message)
        for bound in bound_rules(plan())
        if all(ref.name in lines and lines[ref.name].owed for ref in bound.expr.refs)
    }
    for rule, data in ((rule, made[f"{rule}.xlsx"]) for rule in rules):
        reading = read_workbook(data, "bieu.xlsx", plan(), agency)
        found = check_values(
            plan(),
            reading.values,
            reading.deliverables,
            agency=agency,
            already=reading.findings,
        )
        assert said(data) == {own[one.code] for one in found if one.code in own}, rule
