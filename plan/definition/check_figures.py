"""Checks on the appendices: rows and who fills them, periods, ratios, and the rules between rows.

Each check takes a valid definition and yields (path in the definition, sentence).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from string import Formatter

from plan.definition.appendices import Aggregate, Appendix, Indicator, Rule, Table, ValueType
from plan.definition.faults import near
from plan.definition.model import PlanDefinition
from plan.definition.ownership import owners
from plan.definition.yaml_lines import KeyPath
from plan.rules.evaluate import Ref
from plan.rules.syntax import RuleExpr, RuleSyntaxError, parse_rule

Found = tuple[KeyPath, str]


@dataclass(frozen=True)
class CheckedIndicator:
    """An indicator with its surroundings."""

    path: KeyPath
    appendix: Appendix
    table: Table
    indicator: Indicator

    @property
    def name(self) -> str:
        return f"{self.appendix.code}.{self.indicator.code}"

    @property
    def owner(self) -> str | None:
        return self.indicator.owner or self.appendix.owner

    @cached_property
    def periods(self) -> list[str]:
        return [period.key for period in self.table.periods]


def rows(plan: PlanDefinition) -> Iterator[CheckedIndicator]:
    """Every row of every appendix."""
    for a, appendix in enumerate(plan.appendices):
        for t, table in enumerate(appendix.tables):
            for i, indicator in enumerate(table.indicators):
                path = ("appendices", a, "tables", t, "indicators", i)
                yield CheckedIndicator(path, appendix, table, indicator)


# --- who fills what ----------------------------------------------------------------------------


def check_row_owners(plan: PlanDefinition) -> Iterator[Found]:
    """Rows nobody fills in, or filled in by an agency that does not hand in that appendix."""
    debtors = _debtors(plan)
    for row in rows(plan):
        if row.indicator.type == ValueType.header:
            continue
        if row.owner is None and shared(row.appendix):
            continue
        if row.owner is None:
            yield row.path, f"Chỉ tiêu {row.name} không có cơ quan nào điền."
        elif row.owner not in debtors.get(row.appendix.code, {}):
            message = f"{row.name} do «{row.owner}» điền, nhưng «{row.owner}» không phải nộp "
            yield row.path, message + row.appendix.code + "."


def shared(appendix: Appendix) -> bool:
    """Whether everybody who owes it fills in all of it: it names no owner, as a whole or for any row."""
    named = [one.owner for table in appendix.tables for one in table.indicators]
    return not any([appendix.owner, *named])


def check_appendix_owners(plan: PlanDefinition) -> Iterator[Found]:
    """Appendices handed in twice by one agency, or by one that has no row; and by nobody."""
    filled = {(row.appendix.code, row.owner) for row in rows(plan)}
    everybody = {appendix.code for appendix in plan.appendices if shared(appendix)}
    seen: dict[tuple[str, str], str] = {}
    for index, part in enumerate(plan.deliverables):
        if not part.appendix:
            continue
        for agency in owners(plan, part):
            first = seen.setdefault((part.appendix, agency), part.id)
            if first != part.id:
                message = f"«{agency}» nộp {part.appendix} hai lần ({first} và {part.id})."
                yield ("deliverables", index, "appendix"), message
            elif part.appendix not in everybody and (part.appendix, agency) not in filled:
                message = f"«{agency}» phải nộp {part.appendix} nhưng không có dòng nào để điền."
                yield ("deliverables", index, "owners"), message
    for index, appendix in enumerate(plan.appendices):
        if appendix.code not in _debtors(plan):
            message = f"Không sản phẩm nào nộp {appendix.code}."
            yield ("appendices", index, "code"), message


def _debtors(plan: PlanDefinition) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for part in plan.deliverables:
        if part.appendix:
            found.setdefault(part.appendix, set()).update(owners(plan, part))
    return found


def check_data_calls(plan: PlanDefinition) -> Iterator[Found]:
    """Figures asked for that are in no row, or in a row of somebody else; parts of what is not asked."""
    known = {row.name: row for row in rows(plan)}
    codes = [row.indicator.code for row in known.values()]
    for index, call in enumerate(plan.data_calls):
        for place, code in enumerate(call.rows):
            row = known.get(f"{call.appendix}.{code}")
            path = ("data_calls", index, "rows", place)
            if row is None:
                yield path, f"{call.appendix} không có dòng «{code}».{near(code, codes)}"
            elif row.owner != call.asked_by:
                yield path, f"{row.name} do «{row.owner}» điền, không phải «{call.asked_by}»."
        for place, code in enumerate(call.partial_rows):
            if code not in call.rows:
                path = ("data_calls", index, "partial_rows", place)
                yield path, f"Dòng «{code}» không nằm trong rows.{near(code, call.rows)}"


# --- rows --------------------------------------------------------------------------------------


def check_rows(plan: PlanDefinition) -> Iterator[Found]:
    """Rows that contradict themselves."""
    known = {row.name for row in rows(plan)}
    for row in rows(plan):
        one = row.indicator
        if one.parent and f"{row.appendix.code}.{one.parent}" not in known:
            message = f"Không có dòng «{one.parent}» trong {row.appendix.code}."
            yield (*row.path, "parent"), message
        if one.type == ValueType.choice and not one.choices:
            yield row.path, f"{row.name} kiểu «choice» phải có danh sách «choices»."
        if one.ratio and one.type != ValueType.percent:
            yield (*row.path, "ratio"), f"{row.name} có tử số, mẫu số nhưng không phải tỷ lệ."
        if one.aggregate == Aggregate.ratio and not (one.ratio or one.weight):
            message = f"{row.name} gộp theo tỷ lệ thì phải có «ratio» hoặc «weight»."
            yield (*row.path, "aggregate"), message
        for period in one.not_applicable:
            if period not in row.periods:
                message = f"Bảng không có kỳ «{period}».{near(period, row.periods)}"
                yield (*row.path, "not_applicable", period), message


def check_periods(plan: PlanDefinition) -> Iterator[Found]:
    """Periods of a table given twice or not in order."""
    for a, appendix in enumerate(plan.appendices):
        for t, table in enumerate(appendix.tables):
            for p, period in enumerate(table.periods):
                before = table.periods[:p]
                path = ("appendices", a, "tables", t, "periods", p)
                if any(other.key == period.key for other in before):
                    yield path, f"Kỳ «{period.key}» viết hai lần."
                elif before and before[-1].ends_on >= period.ends_on:
                    yield path, f"Kỳ «{period.key}» phải kết thúc sau kỳ «{before[-1].key}»."


# --- rules -------------------------------------------------------------------------------------


def check_rules(plan: PlanDefinition) -> Iterator[Found]:
    """Rules that do not parse, or name what is not there."""
    known = {row.name: row for row in rows(plan)}
    for a, appendix in enumerate(plan.appendices):
        for r, rule in enumerate(appendix.rules):
            path = ("appendices", a, "rules", r)
            try:
                expr = parse_rule(rule.expr)
            except RuleSyntaxError as error:
                yield (*path, "expr"), f"Không đọc được quy tắc: {error}."
                continue
            for key, message in _rule(plan, known, rule, expr):
                yield (*path, key), message


def _rule(
    plan: PlanDefinition, known: dict[str, CheckedIndicator], rule: Rule, expr: RuleExpr
) -> Iterator[tuple[str, str]]:
    for ref in expr.refs:
        yield from (("expr", message) for message in _reference(known, ref))
    for name in sorted(expr.constants() - plan.constants.keys()):
        yield "expr", f"Không có hằng số «{name}».{near(name, plan.constants)}"
    first = known.get(rule.at or expr.refs[0].indicator)
    for period in rule.periods if first else []:
        if first and period not in first.periods:
            yield "periods", f"{first.name} không có kỳ «{period}».{near(period, first.periods)}"
    for field in _fields(rule.message):
        if field not in ("left", "right"):
            yield "message", f"Câu thông báo chỉ dùng được {{left}} và {{right}}, không «{field}»."


def _reference(known: dict[str, CheckedIndicator], ref: Ref) -> Iterator[str]:
    row = known.get(ref.indicator)
    if row is None:
        yield f"Không có chỉ tiêu «{ref.indicator}».{near(ref.indicator, known)}"
        return
    if row.indicator.type == ValueType.header:
        yield f"«{ref.indicator}» là dòng đề mục, không có số liệu."
    if ref.part and row.indicator.ratio is None:
        yield f"«{ref.indicator}» không có tử số, mẫu số."
    if ref.period and ref.period not in row.periods:
        yield f"«{ref.indicator}» không có kỳ «{ref.period}».{near(ref.period, row.periods)}"


def _fields(message: str) -> list[str]:
    try:
        return [field for _, field, _, _ in Formatter().parse(message) if field is not None]
    except ValueError:
        return ["{"]
