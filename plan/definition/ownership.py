"""Who owes what in a definition: groups opened up, dependencies from obligation to obligation. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from plan.definition.model import Deliverable, PlanDefinition

OwedBy = tuple[str, str]
"""agency, deliverable"""


def members(definition: PlanDefinition, name: str) -> list[str]:
    """The agencies a name stands for: the agency of this id, or those of this group."""
    return [agency.id for agency in definition.agencies if name in (agency.id, agency.group)]


def owners(definition: PlanDefinition, deliverable: Deliverable) -> list[str]:
    """The agencies that owe a deliverable, each once, in the plan's order."""
    wanted = {agency for owner in deliverable.owners for agency in members(definition, owner)}
    return [agency.id for agency in definition.agencies if agency.id in wanted]


def prerequisites(definition: PlanDefinition, agency: str, deliverable: Deliverable) -> set[OwedBy]:
    """What had better be in before this obligation is met (a warning, never a bar).

    `agency/deliverable` is that one. A bare deliverable is everybody's; owed by the very same
    owners, each one's own: An Lão's plan waits for An Lão's report.
    """
    if not deliverable.after:  # most: who owes it need not be opened up for each who does
        return set()
    known = {part.id: part for part in definition.deliverables}
    mine = owners(definition, deliverable)
    found: set[OwedBy] = set()
    for words in deliverable.after:
        found.update(_named(definition, words, agency, mine, known))
    return found


def _named(
    definition: PlanDefinition,
    words: str,
    agency: str,
    mine: list[str],
    known: dict[str, Deliverable],
) -> Iterator[OwedBy]:
    who, slash, what = words.rpartition("/")
    part = known.get(what)
    if part is None:
        return
    theirs = owners(definition, part)
    bare = [agency] if theirs == mine else theirs
    for one in [who] if slash else bare:
        if one in theirs:
            yield one, what
