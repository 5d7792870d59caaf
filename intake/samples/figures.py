"""Invented figures that keep every rule of a plan, the same for the same seed.

Each figure is drawn by its type, or near the magnitudes of the plan's `rehearsal/figures.yaml`; then
whatever rule fails is mended: a side that is a single figure takes the other side's value, until all rules
hold. Nothing here knows a plan's indicators.
"""

from __future__ import annotations

import math
import re
from random import Random

from intake.samples.world import SHARE_OF_YEAR, World, series, world_of
from intake.workbook.template import FigureLine, TablePlan, template_for
from plan.definition.appendices import Period, PeriodKind, Rule, ValueType
from plan.definition.model import PlanDefinition
from plan.ledger.filing import ReadValue
from plan.rules.evaluate import Outcome, Value
from plan.rules.syntax import parse_rule

Figures = dict[tuple[str, str], float | str]

TRIES = 40
ROUNDS = 40
STUBBORN = 12
"""After so many rounds, parts give way to their total as often as the total to its parts."""
SIZES = (12, 18, 25, 40, 60, 90, 140)
WORDS = "Tọa đàm, tờ gấp, chuyên mục trên Đài truyền thanh cơ sở"
NOTED = "Sắp xếp theo Nghị quyết số 18-NQ/TW và Nghị quyết số 19-NQ/TW"
"""What stands in an appendix's own «Ghi chú»."""
_ONE_SIDED = re.compile(r"^(?:.*=>)?\s*(?:cum\()?\[([^\]@]+)\]\)?\s*(==|>=|<=|>)\s*[^=<>]+$")
_FILLED = re.compile(r"=>\s*(filled|blank)\(\[([^\]]+)\]\)$")


def invent(definition: PlanDefinition, seed: int) -> Figures:
    """A whole province's figures, every appendix filled, no rule broken (ValueError if one resists)."""
    rng, world = Random(f"{definition.id}/{seed}"), world_of(definition.id)
    for _ in range(TRIES):
        figures = _drawn(definition, world, rng)
        if _mended(definition, figures, rng):
            return figures
    broken = sorted({rule.id for rule, _, _ in _broken(definition, figures)})
    raise ValueError(f"no figures found that keep the rules {broken}")


def _drawn(definition: PlanDefinition, world: World, rng: Random) -> Figures:
    figures: Figures = {}
    for table in template_for(definition, "").tables.values():
        for line in table.lines:
            if line.part == "" and line.type is not ValueType.header:
                if (given := world.rows.get(line.name)) is not None:
                    figures |= _near(given, table, line, rng)
                else:
                    _draw(figures, table, line, rng)
    _draw_known_parts(figures, definition, world, rng)
    _work_out_ratios(figures)
    return figures


def _mended(definition: PlanDefinition, figures: Figures, rng: Random) -> bool:
    for round_ in range(ROUNDS):
        broken = _broken(definition, figures)
        if not broken:
            return True
        for rule, period, outcome in broken:
            if round_ >= STUBBORN and _too_small(outcome) and rng.random() < 0.5:
                _shrink(figures, rule, period, outcome)
            else:
                _mend(figures, rule, period, outcome)
        _work_out_ratios(figures)
    return False


def figures_of(
    definition: PlanDefinition, agency: str, figures: Figures
) -> dict[tuple[str, str], ReadValue]:
    """The part of them this agency hands in, keyed as the blank workbook's prefill wants it."""
    owed = {line.name for line in template_for(definition, agency).lines.values() if line.owed}
    return {key: _value(key, figure) for key, figure in figures.items() if key[0] in owed}


def _value(key: tuple[str, str], figure: float | str) -> ReadValue:
    if isinstance(figure, str):
        return ReadValue(*key, text=figure)
    return ReadValue(*key, number=float(figure))


# --- drawing -----------------------------------------------------------------------------------


def _draw(figures: Figures, table: TablePlan, line: FigureLine, rng: Random) -> None:
    size, drift = rng.choice(SIZES), rng.uniform(0.98, 1.08)
    for index, period in enumerate(table.periods):
        if period.key in line.indicator.not_applicable or line.type is ValueType.header:
            continue
        value = _one(line, size * drift**index, period, rng)
        if value is not None:
            figures[line.name, period.key] = value
            _draw_parts(figures, line, period, rng)


def _near(given: object, table: TablePlan, line: FigureLine, rng: Random) -> Figures:
    """A row near the magnitudes that are given for it."""
    flow = line.indicator.period_kind is PeriodKind.flow and line.type is ValueType.count
    exact = line.type is ValueType.percent
    values = series(given, table.periods, rng, flow=flow, exact=exact)
    return {
        (line.name, period.key): value
        for period, value in zip(table.periods, values, strict=True)
        if period.key not in line.indicator.not_applicable
    }


def _draw_known_parts(
    figures: Figures, definition: PlanDefinition, world: World, rng: Random
) -> None:
    """The parts of percentages whose whole is given, in number or as another row's figures."""
    for table in template_for(definition, "").tables.values():
        for line in table.lines:
            given = world.rows.get(f"{line.name}#d")
            if given is None or line.part:
                continue
            if isinstance(given, str):
                wholes = [figures.get((given, period.key), 0.0) for period in table.periods]
            else:
                wholes = list(series(given, table.periods, rng, flow=True))
            for period, whole in zip(table.periods, wholes, strict=True):
                percent = figures.get((line.name, period.key))
                if isinstance(percent, float) and isinstance(whole, float):
                    figures[f"{line.name}#d", period.key] = whole
                    figures[f"{line.name}#n", period.key] = float(round(whole * percent / 100))


def _one(line: FigureLine, size: float, period: Period, rng: Random) -> float | str | None:
    kind = line.indicator.period_kind
    share = SHARE_OF_YEAR if period.partial and kind is PeriodKind.flow else 1.0
    match line.type:
        case ValueType.count:
            return float(max(1, round(size * share)))
        case ValueType.percent:
            return round(rng.uniform(88, 97), 1)
        case ValueType.flag:
            return 1.0
        case ValueType.choice:
            return (line.indicator.choices or ["Đạt"])[0 if rng.random() < 0.7 else 1]
        case _:
            words = NOTED if line.indicator.label == "Ghi chú" else WORDS
            return None if line.indicator.optional and rng.random() < 0.5 else words


def _draw_parts(figures: Figures, line: FigureLine, period: Period, rng: Random) -> None:
    """A percentage's parts: as many as make the printed percentage exact to a tenth."""
    if line.indicator.ratio is None:
        return
    whole = 1000 * rng.randint(2, 40)
    figures[f"{line.name}#d", period.key] = float(whole)
    figures[f"{line.name}#n", period.key] = float(
        round(whole * float(figures[line.name, period.key]) / 100)
    )


def _work_out_ratios(figures: Figures) -> None:
    """Percentages worked out again from their parts, as the workbook's own formula does."""
    for (name, period), figure in list(figures.items()):
        if name.endswith("#d") and isinstance(figure, float) and figure:
            whole = name.removesuffix("#d")
            part = figures[f"{whole}#n", period]
            assert isinstance(part, float)
            figures[whole, period] = round(100 * part / figure, 2)


# --- mending -----------------------------------------------------------------------------------


def _broken(definition: PlanDefinition, figures: Figures) -> list[tuple[Rule, str, Outcome]]:
    template = template_for(definition, "")

    def look(name: str, period: str) -> Value:
        return figures.get((name, period))

    found = []
    for appendix in definition.appendices:
        for rule in appendix.rules:
            expr = parse_rule(rule.expr)
            first = rule.at or expr.refs[0].name
            periods = [period.key for period in template.table_of[first.partition("#")[0]].periods]
            for period in rule.periods or periods:
                outcome = expr.check(look, period, periods, definition.constants)
                if outcome.fails:
                    found.append((rule, period, outcome))
    return found


def _mend(figures: Figures, rule: Rule, period: str, outcome: Outcome) -> None:
    if filled := _FILLED.search(rule.expr):
        _fill(figures, filled.group(1), filled.group(2), period)
    elif (one := _ONE_SIDED.match(rule.expr)) and isinstance(outcome.right, float | int):
        _move(figures, (one.group(1), period), one.group(2), outcome)
    else:
        _ease(figures, rule, period)


def _too_small(outcome: Outcome) -> bool:
    left, right = outcome.left, outcome.right
    return isinstance(left, float | int) and isinstance(right, float | int) and 0 < left < right


def _shrink(figures: Figures, rule: Rule, period: str, outcome: Outcome) -> None:
    """A total its parts outgrow, which something else holds down: bring the parts down to it."""
    assert isinstance(outcome.left, float | int)
    assert isinstance(outcome.right, float | int)
    scale = float(outcome.left) / float(outcome.right)
    for ref in parse_rule(rule.expr).refs[1:]:
        key = (ref.name, ref.period or period)
        if isinstance(now := figures.get(key), float):
            figures[key] = float(math.floor(now * scale))


def _fill(figures: Figures, what: str, name: str, period: str) -> None:
    if what == "blank":
        figures.pop((name, period), None)
    else:
        figures[name, period] = 90.0


def _move(figures: Figures, key: tuple[str, str], sign: str, outcome: Outcome) -> None:
    """Give the single figure on the left what the right side asks for (cumulated: the difference)."""
    now, left, right = figures.get(key), outcome.left, outcome.right
    assert isinstance(right, float | int)
    beside = (
        float(left) - float(now)
        if isinstance(left, float | int) and isinstance(now, float)
        else 0.0
    )
    wanted = {
        "==": right,
        ">=": math.ceil(right),
        "<=": math.floor(right),
        ">": math.floor(right) + 1,
    }
    figures[key] = max(0.0, float(wanted[sign]) - beside)


def _ease(figures: Figures, rule: Rule, period: str) -> None:
    """A rule of another form: a goal takes its other answer; a jump is levelled to the year before."""
    ref = parse_rule(rule.expr).refs[0]
    now = figures.get((ref.name, ref.period or period))
    if isinstance(now, str):
        figures[ref.name, ref.period or period] = "Không đạt" if now == "Đạt" else "Đạt"
        return
    before = figures.get(
        (ref.name, str(int(period) - 1)) if period.isdigit() else (ref.name, period)
    )
    if isinstance(now, float) and isinstance(before, float):
        figures[ref.name, period] = before
