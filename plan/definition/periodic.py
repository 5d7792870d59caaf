"""What comes again in a plan: the periods of a deliverable, and the outputs made anew for each. Pure.

An output with `every` stands for one output a period, called by both: `bang-thang@2027-03`, as an obligation
is called `xa-1/so-lieu@2027-03`. What stands in it is what is handed in for that time: a quarter's is made
from its three months.
"""

from __future__ import annotations

from datetime import date

from plan.calendar import WorkingCalendar
from plan.dates import days_of_key, keys_within, period_key
from plan.deadlines.rules import Recurring
from plan.deadlines.windows import parse_due, period_keys
from plan.definition.model import Deliverable, Due, Output, PlanDefinition
from plan.text import titled

HORIZON_DAYS = 366
"""How far past the plan's start recurring duties are laid out, where the plan names no end."""


def horizon(definition: PlanDefinition) -> date:
    """The last local day on which something that recurs may be due."""
    start = definition.issued_on
    return definition.ends_on or date.fromordinal(start.toordinal() + HORIZON_DAYS)


def due_of(definition: PlanDefinition, part: Deliverable) -> Due:
    """A deliverable's own due words, or those it takes over; none where they lead nowhere."""
    known = {one.id: one.due for one in definition.milestones}
    due = part.due or known.get(part.milestone, Due())
    for _ in known:  # circles are refused where a plan is checked
        if due.inherits is None:
            break
        due = known.get(due.inherits, Due())
    return due


def recurrence(definition: PlanDefinition, part: Deliverable) -> Recurring | None:
    """How it comes again («hằng quý»); None: each owner owes it once."""
    words = due_of(definition, part).words
    rule = parse_due(words, inclusive_before=definition.before_is_inclusive) if words else None
    return rule if isinstance(rule, Recurring) else None


def periods_of(definition: PlanDefinition, part: Deliverable) -> list[str]:
    """The keys of the periods it is owed for, in order; none where it is owed once."""
    rule = recurrence(definition, part)
    if rule is None:
        return []
    first, last = definition.issued_on, horizon(definition)

    def calendar() -> WorkingCalendar:
        return WorkingCalendar.build(range(first.year - 1, last.year + 1), definition.calendar)

    return period_keys(rule, first, last, calendar)


# --- outputs -----------------------------------------------------------------------------------


def output_parts(name: str) -> tuple[str, str]:
    """What the plan calls an output, and the period it is of (empty: of none)."""
    known, _, period = name.partition("@")
    return known, period


def periods_read(output: Output) -> tuple[str, ...]:
    """The periods whose obligations an output is made from; none: all there are."""
    period = output_parts(output.id)[1]
    return keys_within(period) if period else ()


def reads(output: Output, deliverable: str, period: str) -> bool:
    """Whether an obligation for this deliverable and period is one of the output's inputs."""
    wanted = periods_read(output)
    return deliverable in output.inputs and (not wanted or period in wanted)


def outputs_by_period(definition: PlanDefinition) -> list[Output]:
    """The plan's outputs, in its order, those with `every` opened up into one a period."""
    found: list[Output] = []
    for output in definition.outputs:
        periods = _periods(definition, output) if output.every else [""]
        found += [_of_period(output, period) if period else output for period in periods]
    return found


def outputs_begun(definition: PlanDefinition, day: date) -> list[Output]:
    """Those of periods that have begun by this local day, the newest period of an output first."""
    begun = [one for one in outputs_by_period(definition) if _begins(one) <= day]
    newest_first = sorted(begun, key=_begins, reverse=True)
    order = [output.id for output in definition.outputs]
    return sorted(newest_first, key=lambda one: order.index(output_parts(one.id)[0]))


def _begins(output: Output) -> date:
    period = output_parts(output.id)[1]
    return days_of_key(period)[0] if period else date.min


def _periods(definition: PlanDefinition, output: Output) -> list[str]:
    """Every period of the output's length in which something it is made from is owed."""
    assert output.every is not None
    parts = [part for part in definition.deliverables if part.id in output.inputs]
    firsts = {days_of_key(key)[0] for part in parts for key in periods_of(definition, part)}
    return list(dict.fromkeys(period_key(day, output.every) for day in sorted(firsts)))


def _of_period(output: Output, period: str) -> Output:
    stem, dot, suffix = output.filename.rpartition(".")
    return output.model_copy(
        update={
            "id": f"{output.id}@{period}",
            "title": titled(output.title, period),
            "filename": f"{stem}-{period}{dot}{suffix}",
            "delivers": f"{output.delivers}@{period}" if output.delivers else "",
        }
    )
