"""One task of a plan's body: who owes it, with whom, until when, in the words that are its own.

A task's owner is, in this order: the label that follows it («Cơ quan chủ trì: …»), the subject of its own
sentence, the heading above it, the lead-in above it. Where there is none the task asks who owes it.
Whatever is neither a task nor plainly context stays unread.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from drafting import words
from drafting.grammar.agencies import agencies_at
from drafting.grammar.hand_ins import deliverable_of, hand_ins, is_hand_in, kind_of
from drafting.grammar.labels import brackets_at_end, content_of, labels_inside
from drafting.grammar.names import same_agencies, without_names
from drafting.grammar.sentences import (
    begins_with_verb,
    clauses,
    partners_of,
    recipients_of,
    subject_of,
)
from drafting.prose.asides import after_dashes, block_in_brackets, bracketed_time, times_for
from drafting.prose.blocks import (
    Block,
    assigned_after,
    inline_block,
    merged,
)
from drafting.prose.bullets import Sentence, read_sentences, told_apart
from drafting.prose.context import Context
from drafting.prose.headings import (
    POINTS,
    heading_owners,
    is_title,
    partition,
    time_alone,
    time_before_colon,
)
from drafting.prose.outline import Node
from drafting.rows import Obligation
from drafting.times.due import NONE
from drafting.times.expressions import find_times, ranked
from drafting.words import fold

_LONGEST_BULLET = 12_000
"""Characters; what is longer is no bullet of a plan and is not worked through."""


@dataclass
class Reading:
    """What came of every paragraph of the body."""

    obligations: list[Obligation] = field(default_factory=list)
    context: list[Node] = field(default_factory=list)
    unread: list[Node] = field(default_factory=list)


class TaskReader:
    """Reads tasks into `reading`, one node or sentence at a time."""

    def __init__(self, plan_year: int | None, addressed: tuple[str, ...] = ()) -> None:
        """`addressed`: who owes what no other words give to somebody."""
        self.year, self.addressed = plan_year, addressed
        self.reading = Reading()

    def task(self, node: Node, context: Context, block: Block, extra: str = "") -> None:
        """A node that is owed itself, or context, or not understood."""
        told = times_for(node.body, self.year)
        for what, whose, when in told:
            row = Sentence(what, what, whose, (), when, named=True)
            self.reading.obligations.append(self._made(node, row, context, Block(), node.text))
        if told:
            return
        owners, rest = heading_owners(node)
        text = rest if owners else content_of(node.body)
        span = f"{node.text} {extra}".strip()
        if owners:
            if not text.strip(" .:;"):
                self.reading.context.append(node)
                return
            context = replace(context, owners=owners, partners=())
        head, colon, after = partition(text)
        time = time_before_colon(head, self.year) if colon and after.strip() else None
        if any(one.due.at for one in find_times(after, self.year)):
            time = None  # «Từ tháng 11 đến tháng 5: báo cáo vào ngày 25 hằng tháng»: its own day
        if time is not None:
            text, block = after.strip(), merged(block, Block(time=time, shared=True))
        text, inside = labels_inside(text)
        dashed = None if inside or block.owners else after_dashes(text, self.year)
        if dashed is not None and context.owners and dashed[1].time is None:
            dashed = None  # a name after a dash, where somebody stands above, may be anything
        if inside:
            block = merged(inline_block(inside, self.year), block)
        elif dashed is not None:
            text, block = dashed[0], merged(dashed[1], block)
        if not block.owners:
            assigned = assigned_after(text, self.year)
            if assigned is not None:
                text, block = assigned[0], merged(assigned[1], block)
            elif dashed is None and (not inside or text.endswith(")")):
                text, bracketed = self._brackets(text, block)
                start = clauses(text)[-1][0] if text.strip(" .;") else 0
                if (
                    bracketed is not block
                    and not bracketed.owners
                    and text[:start].rstrip().endswith(".")
                ):
                    self.rows(node, text[:start].rstrip(), context, block, span)
                    text = text[start:]  # a time in brackets is of its own sentence alone
                block = bracketed
        self.rows(node, text, context, block, span)

    def _brackets(self, text: str, block: Block) -> tuple[str, Block]:
        """«Lập đề án (Sở A chủ trì, phối hợp với Sở B; hoàn thành trước ngày 30/6)»."""
        task, inner = brackets_at_end(text)
        told = block_in_brackets(inner, self.year)
        if told is not None:
            return task, merged(told, block)
        if agencies_at(inner) is not None:
            return text, block
        if not inner and not find_times(text, self.year):
            task, _, inner = text.rpartition(":")
        time = time_alone(inner, self.year)
        if time is None or not task:
            return text, block
        if other := bracketed_time(task, self.year):
            # «báo cáo 6 tháng (trước ngày 15/6) và năm (trước ngày 15/12)»: each has its own
            if len({one.due for one in find_times(text, self.year) if one.due.timed}) > 1:
                return text, block
            doubt = (
                f"«{other.words}» và «{time.words}»: mỗi thời gian một hạn, hay hạn là ngày nào?"
            )
            time = replace(time, doubt=doubt)
        return task, merged(Block(time=time), block)

    def rows(self, node: Node, text: str, context: Context, block: Block, span: str) -> None:
        if len(text) > _LONGEST_BULLET:
            self.reading.unread.append(node)
            return
        rows = read_sentences(text, context.owners, self.year)
        low = fold(text)
        points = POINTS.match(low) and not begins_with_verb(text)
        if not rows or low.rstrip().endswith(":"):
            self.reading.context.append(node)
            return
        if points:
            self.set_aside(node)
            return
        owned = bool(block.owners or context.owners or any(row.owners for row in rows))
        if context.money and not any(row.named for row in rows) and not block.owners:
            self.set_aside(node)
            return
        if not owned and not block.time:
            if words.TARGET.match(low) or (is_title(node) and not begins_with_verb(text)):
                self.set_aside(node)
                return
            if not begins_with_verb(text):
                (
                    self.reading.context if text.rstrip().endswith(":") else self.reading.unread
                ).append(node)
                return
        for row in rows:
            made = self._made(node, row, context, block, span)
            self.reading.obligations += hand_ins(made, row.task)

    def set_aside(self, node: Node) -> None:
        """What is taken for context; where it names a deadline it is shown as not understood."""
        dated = any(time.due.day or time.due.at for time in find_times(node.body, self.year))
        (self.reading.unread if dated else self.reading.context).append(node)

    def _made(
        self, node: Node, row: Sentence, context: Context, block: Block, span: str
    ) -> Obligation:
        """A part of a bullet as an obligation, with what holds from above and from labels."""
        owners = block.owners or row.owners or context.owners or self.addressed
        partners = without_names(block.partners or row.partners or context.partners, owners)
        time = row.time
        own = block.shared and time is not None and bool(time.due.day or time.due.at)
        said = block.time is not None and (block.time.due.type != "none" or block.time.doubt)
        if said and not own:
            time = block.time
        elif time is None and context.time is not None:
            time = context.time
        found = Obligation(
            text=row.text,
            owners=owners,
            cooperating=partners,
            deliverable=deliverable_of(row.task, time.words if time else ""),
            kind=kind_of(row.task, block.product),
            due=time.due if time else NONE,
            due_words=time.words if time else "",
            source=node.source,
            span=span,
            block=node.index,
            place=node.place,
            to=recipients_of(row.text),
            product=block.product,
            section=context.section,
        )
        if not owners and context.maybe:
            found.ask(
                "owner",
                f"«{context.maybe[0]}» có phải cơ quan thực hiện không?",
                context.maybe,
            )
        if not owners:
            found.ask(
                "owner", "Nhiệm vụ này chưa ghi cơ quan thực hiện: giao cho ai, hay không theo dõi?"
            )
        if time is not None and time.doubt:
            found.ask("time", time.doubt)
        if row.doubt:
            found.ask("owner", row.doubt, row.owners)
        return found

    def closing(self, node: Node, context: Context) -> None:
        """The last paragraph: exhortation and condition, but for a report with its day."""
        self.reading.context.append(node)
        addressed: tuple[str, ...] = ()
        for start, end in clauses(node.body):
            text = node.body[start:end].strip()
            subject = subject_of(text)
            if subject is not None:
                addressed = subject.owners
            if words.is_conditional(text) or not is_hand_in(text):
                continue
            times = {time.due: time for time in find_times(text, self.year) if time.due.timed}
            task = text[subject.rest :] if subject else text
            bare = replace(context, owners=(), partners=())
            for time in told_apart(ranked(list(times.values()))) if times else ():
                row = Sentence(text, task, addressed, partners_of(text), time, bool(subject))
                self.reading.obligations.append(self._made(node, row, bare, Block(), node.text))

    def settle(self, before: int, block: Block) -> None:
        """What labels told in sentences: a time of the block is theirs; who is told twice is told once."""
        made = self.reading.obligations[before:]
        for one in made:
            if block.time is not None and not one.due.timed:
                one.due, one.due_words = block.time.due, block.time.words
                if block.time.doubt and block.time.due.timed:
                    one.ask("time", block.time.doubt)
        kept: list[Obligation] = []
        for one in made:
            twin = next(
                (
                    other
                    for other in made
                    if other.span != one.span
                    and other.due.timed
                    and not one.due.timed
                    and same_agencies(other.owners, one.owners)
                ),
                None,
            )
            if twin is None:
                kept.append(one)
            else:
                twin.also.append((one.source, one.span))
        self.reading.obligations[before:] = kept
