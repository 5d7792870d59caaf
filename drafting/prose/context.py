"""What holds under a heading or a lead-in: owners, partners, a time."""

from __future__ import annotations

from dataclasses import dataclass, replace

from drafting.grammar.labels import brackets_at_end
from drafting.grammar.names import without_gloss
from drafting.grammar.sentences import is_many, partners_of, subject_of
from drafting.prose.asides import block_in_brackets
from drafting.prose.headings import (
    directed_by_lead,
    gives_to_another,
    heading_owners,
    heading_time,
    is_lead,
    is_sentence,
    is_title,
    maybe_agency,
    ordered_by_lead,
    time_alone,
)
from drafting.prose.outline import Node
from drafting.times.due import Time
from drafting.times.expressions import best_time, find_times


@dataclass(frozen=True)
class Context:
    """What holds from above."""

    owners: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    time: Time | None = None
    money: bool = False
    section: str = ""
    year: int | None = None
    maybe: tuple[str, ...] = ()
    """A heading that stands among agencies' and may be one of a name not known."""


def below(node: Node, context: Context) -> tuple[Context, bool]:
    """What holds under a node, and whether the node itself is owed."""
    text = node.body
    section = without_gloss(text.split(":")[0])[:160] if is_title(node) else context.section
    maybe = maybe_agency(node)
    under = replace(
        context,
        section=section or context.section,
        maybe=(maybe,) if maybe else context.maybe,
    )
    owners, rest = heading_owners(node)
    if owners and not rest.strip(" .:;"):
        return replace(under, owners=owners, partners=()), False
    told = block_in_brackets(brackets_at_end(text)[1], context.year) if is_title(node) else None
    if told is not None and told.owners:
        return replace(under, owners=told.owners, partners=told.partners, time=told.time), False
    alone = time_alone(brackets_at_end(text)[1], context.year) if is_title(node) else None
    if alone is not None:
        under = replace(under, time=alone)
    subject = None if owners else subject_of(text, under_owner=bool(context.owners))
    named = owners or (subject.owners if subject else ())
    owed_text = rest if owners else text
    if is_lead(node):
        named = directed_by_lead(text[subject.rest :]) if subject else ordered_by_lead(owed_text)
        named = named or owners or (subject.owners if subject else ())
        if named and all(map(is_many, named)) and any(map(gives_to_another, node.children)):
            named = ()  # «Giao các cơ quan, đơn vị thực hiện như sau:» over «1. Giao Sở A …»
    timed = heading_time(node, context.year) if not named else None
    if timed is not None:
        return replace(under, time=timed), False
    if not named and not is_lead(node):
        return under, is_sentence(node) and bool(context.owners)
    time = best_time(find_times(owed_text, context.year)) if is_lead(node) else None
    return (
        replace(
            under,
            owners=named or context.owners,
            partners=partners_of(owed_text) if is_lead(node) else (),
            time=time if time and time.due.type != "ongoing" else None,
        ),
        not is_lead(node),
    )
