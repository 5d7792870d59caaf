"""From the outline of a plan's body to what is owed.

A task's owner is, in this order: the label that follows it («Cơ quan chủ trì: …»), the subject of its own
sentence, the heading above it, the lead-in above it. Where there is none the task asks who owes it.
Whatever is neither a task nor plainly context stays unread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from drafting import words
from drafting.grammar.agencies import agencies_at
from drafting.grammar.hand_ins import deliverable_of, hand_ins, is_hand_in, kind_of
from drafting.grammar.labels import Label, brackets_at_end, content_of, labels_inside
from drafting.grammar.names import same_agencies, split_names, without_gloss, without_names
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
    assignment_of,
    content_texts,
    inline_block,
    is_detail,
    is_value,
    label_run,
    labels_at,
    merged,
    own_labels,
    owners_of_label,
    served_by,
    tasks_at,
    tells_who,
)
from drafting.prose.bullets import Sentence, read_sentences, told_apart
from drafting.prose.context import Context, below
from drafting.prose.headings import (
    POINTS,
    closes,
    gives_a_day,
    heading_owners,
    is_heading_place,
    is_lead,
    is_sentence,
    is_title,
    partition,
    time_alone,
    time_before_colon,
)
from drafting.prose.outline import Node
from drafting.rows import Obligation
from drafting.times.due import NONE
from drafting.times.expressions import find_times, ranked, read_slot
from drafting.words import fold

_LONGEST_BULLET = 12_000
"""Characters; what is longer is no bullet of a plan and is not worked through."""


@dataclass
class Reading:
    """What came of every paragraph of the body."""

    obligations: list[Obligation] = field(default_factory=list)
    context: list[Node] = field(default_factory=list)
    unread: list[Node] = field(default_factory=list)


def _without_closing(roots: Sequence[Node]) -> tuple[list[Node], list[Node]]:
    """The sections, and the last paragraphs that only close the plan, taken from under the last bullet."""
    last = [node for root in roots for node in root.walk()][-3:]
    closing = [node for node in last if closes(node)]
    for node in closing:
        if node.parent is not None:
            node.parent.children.remove(node)
            node.parent = None
    return [root for root in roots if root not in closing], closing


def _names_owner(node: Node) -> bool:
    """Whether a task says itself who owes it, in a heading's place or as its subject."""
    return bool(heading_owners(node)[0]) or subject_of(content_of(node.body)) is not None


def _gives_a_task(text: str) -> bool:
    """Whether a sentence begins with an agency that is to do something."""
    subject = subject_of(text)
    return subject is not None and begins_with_verb(text[subject.rest :])


class ProseReader:
    """Reads the body of one plan."""

    def __init__(self, plan_year: int | None, addressed: tuple[str, ...] = ()) -> None:
        """`addressed`: who owes what no other words give to somebody."""
        self.year, self.addressed = plan_year, addressed
        self.reading = Reading()

    def read(self, roots: Sequence[Node]) -> Reading:
        """Obligations, context and what was not understood, of these sections."""
        sections, closing = _without_closing(roots)
        context = Context(year=self.year)
        self._siblings(sections, context)
        for node in closing:
            self._read_closing(node, context)
        return self.reading

    # --- walking ------------------------------------------------------------------------------

    def _siblings(self, nodes: Sequence[Node], context: Context) -> bool:
        """Reads nodes that stand side by side; says whether label lines among them served the parent."""
        pending: list[Node] = []
        serves_parent = False
        at = 0
        while at < len(nodes):
            run = label_run(nodes, at)
            given = any(assignment_of(node.body) for node, _ in run)
            if given and (not pending or any(map(_names_owner, pending))):
                run = []  # nothing stands before it that it could give to somebody
            served = served_by(run, pending, _names_owner) if run and pending else []
            run = run if served or not pending else []
            if not run:
                if is_detail(nodes[at]):
                    self.reading.context.append(nodes[at])
                else:
                    pending += tasks_at(nodes[at], self.reading.context)
                at += 1
                continue
            block, told = self._block_of(run, context)
            if pending and not block.empty:
                block = replace(block, shared=len(served) > 1)
                for node in pending:
                    self._visit(node, context, block if node in served else Block())
                pending = []
            elif told:
                for node in pending:
                    self._visit(node, context)
                pending = []
            at += len({id(node) for node, _ in run})
        for node in pending:
            self._visit(node, context)
        return serves_parent

    def _visit(self, node: Node, context: Context, block: Block = Block()) -> None:
        """One node with all under it."""
        heading = fold(without_gloss(node.body.split(":")[0])).strip(' .*"')
        told = (is_sentence(node) or is_lead(node)) and subject_of(
            node.body
        ) is not None  # «2. Yêu cầu các sở báo cáo …»
        topic = words.CONTEXT_HEADINGS.match(heading) and not told
        if not context.owners and is_heading_place(node) and topic:
            self._told_aside(node, heading)
            return
        if not context.owners and is_heading_place(node) and words.MONEY_HEADINGS.match(heading):
            context = replace(context, money=True)
        labels, children = own_labels(node)
        if labels:
            own, told = self._block_of(labels, context)
            block = merged(own, block)
            if told and not any(node is child for child in children):
                self._context_and_rest(node, children, context)
                return
        extra = " ".join(label_text for label_text in content_texts(labels))
        before = len(self.reading.obligations)
        telling = [label.value for _, label in labels if tells_who(label)]
        if telling and not children and not block.owners:
            for sentence in telling:  # «Nội dung: Các bộ rà soát …. Thời gian: trước 30/5»
                self._rows(node, sentence, context, block, f"{node.text} {extra}".strip())
        elif not children:
            self._task(node, context, block, extra)
            if len(self.reading.obligations) == before and node.body.rstrip().endswith(":"):
                self._told_before(node, context)  # what the lead announces stands elsewhere
        else:
            self._branch(node, children, context, block, extra)
        if is_heading_place(node) and words.ROADMAPS.match(heading):
            self._only_with_owner(node, before)

    def _only_with_owner(self, node: Node, before: int) -> None:
        """Of what was drafted under a node, what names no owner is shown as not understood."""
        made = self.reading.obligations[before:]
        self.reading.obligations[before:] = [one for one in made if one.owners]
        dropped = {one.block for one in made if not one.owners}
        self.reading.unread += [inner for inner in node.walk() if inner.index in dropped]

    def _told_aside(self, node: Node, heading: str) -> None:
        """A section in which nothing is owed, but for what a sentence under some headings gives an agency."""
        gives, aims = words.ASIDE_HEADINGS.match(heading), words.AIMS.match(heading)
        for inner in node.walk():
            tells = (
                inner is not node and not inner.children and not aims and _gives_a_task(inner.body)
            )
            noted = any(words.ASIDE_HEADINGS.match(above.low) for above in inner.ancestors())
            if tells and (gives or noted):
                self._task(inner, Context(year=self.year), Block())
            else:
                shown = tells or (not aims and gives_a_day(inner, self.year))
                (self.reading.unread if shown else self.reading.context).append(inner)

    def _context_and_rest(self, node: Node, children: Sequence[Node], context: Context) -> None:
        self.reading.context.append(node)
        self._siblings(children, below(node, context)[0])

    def _branch(
        self, node: Node, children: Sequence[Node], context: Context, block: Block, extra: str
    ) -> None:
        """A node with something under it: heading, lead-in, or a task whose parts follow."""
        inner, owed = below(node, context)
        if owed:
            self._task(node, context, block, extra)
        else:
            tells = is_sentence(node) and not is_lead(node)
            if not tells or not self._told_within(node, context):
                names_one = tells and agencies_at(node.body) is not None
                (self.reading.unread if names_one else self.reading.context).append(node)
            self._told_before(node, context)
        if block.empty:
            self._siblings(children, inner)
        else:
            for child in children:
                self._visit(child, inner, block)

    def _told_within(self, node: Node, context: Context) -> bool:
        """«1.1. Tăng cường …. Các trường phải …» under which more follows: what names its owner."""
        before = len(self.reading.obligations)
        for start, end in clauses(node.body):
            sentence = node.body[start:end].strip()
            if _gives_a_task(sentence):
                self._rows(node, sentence, context, Block(), node.text)
        return len(self.reading.obligations) > before

    def _told_before(self, node: Node, context: Context) -> None:
        """«9. UBND các xã bố trí kinh phí …; tập trung các việc sau:»: what goes before the lead."""
        if not is_lead(node) or subject_of(node.body) is None:
            return
        start = clauses(node.body)[-1][0]
        told = node.body[:start].rstrip()
        # after a full stop «Cụ thể như sau:» announces it all, «Đồng thời, … như sau:» only what follows
        besides = bool(told) and fold(node.body[start:]).startswith("đồng thời")
        if told.endswith(";") or besides:
            self._rows(node, told.rstrip(" ;"), context, Block(), node.text)

    # --- labels -------------------------------------------------------------------------------

    def _block_of(
        self, labels: Sequence[tuple[Node, Label]], context: Context
    ) -> tuple[Block, bool]:
        """The block that label lines make; whether what they say is told in rows of its own already."""
        block, told = Block(), False
        before = len(self.reading.obligations)
        for node, label in labels:
            self.reading.context.append(node)
            if label.value:
                block, sentence = self._told_by(node, label, block, context)
                told = told or sentence
            if node.children and not label.value:
                inner, sentence = self._under_label(node, label, context)
                block, told = merged(block, inner), told or sentence
            elif node.children:
                self._siblings(node.children, context)
        if told:
            self._settle(before, block)
        return block, told

    def _told_by(
        self, node: Node, label: Label, block: Block, context: Context
    ) -> tuple[Block, bool]:
        """The block with what one label says; whether the label was a sentence of its own."""
        if label.kind == "owner":
            owners, partners = owners_of_label(label.value)
            if not owners:
                return block, self._sentences(node, label.value, context)
            return replace(
                block, owners=block.owners + owners, partners=block.partners + partners
            ), False
        if label.kind == "partner":
            return replace(block, partners=block.partners + split_names(label.value)), False
        if label.kind == "time":
            return replace(
                block, time=read_slot(label.value, finish=label.finish, year=self.year)
            ), False
        return (replace(block, product=label.value) if label.kind == "product" else block), False

    def _under_label(self, node: Node, label: Label, context: Context) -> tuple[Block, bool]:
        """What the bullets under a label say: «Thời gian thực hiện:» over who does what by when."""
        block, told = Block(), False
        if words.CONTEXT_HEADINGS.match(node.low):
            self._told_aside(node, node.low)
            return block, told
        for child in node.children:
            labels = labels_at(child)
            if not labels and not child.children and is_value(label, child.body):
                labels = [replace(label, value=child.body)]
            if labels:
                inner, sentence = self._block_of([(child, one) for one in labels], context)
                block, told = merged(block, inner), told or sentence
            else:
                self._visit(child, context)
                told = True
        return block, told

    def _settle(self, before: int, block: Block) -> None:
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

    def _sentences(self, node: Node, text: str, context: Context) -> bool:
        """A label that tells who does what: «Cơ quan thực hiện: Sở A rà soát …; các sở báo cáo …»."""
        if subject_of(text) is None:
            return False
        self._rows(node, text, replace(context, owners=()), Block(), node.text)
        return True

    # --- tasks --------------------------------------------------------------------------------

    def _task(self, node: Node, context: Context, block: Block, extra: str = "") -> None:
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
            text, block = after.strip(), merged(block, Block(time=time))
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
                    self._rows(node, text[:start].rstrip(), context, block, span)
                    text = text[start:]  # a time in brackets is of its own sentence alone
                block = bracketed
        self._rows(node, text, context, block, span)

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

    def _rows(self, node: Node, text: str, context: Context, block: Block, span: str) -> None:
        if len(text) > _LONGEST_BULLET:
            self.reading.unread.append(node)
            return
        rows = read_sentences(text, context.owners, self.year)
        low = fold(text)
        points = POINTS.match(low) and not begins_with_verb(text)
        if not rows or low.rstrip().endswith(":") or points:
            self.reading.context.append(node)
            return
        owned = bool(block.owners or context.owners or any(row.owners for row in rows))
        if context.money and not any(row.named for row in rows) and not block.owners:
            self.reading.context.append(node)
            return
        if not owned and not block.time:
            if words.TARGET.match(low) or (is_title(node) and not begins_with_verb(text)):
                self.reading.context.append(node)
                return
            if not begins_with_verb(text):
                (
                    self.reading.context if text.rstrip().endswith(":") else self.reading.unread
                ).append(node)
                return
        for row in rows:
            made = self._made(node, row, context, block, span)
            self.reading.obligations += hand_ins(made, row.task)

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

    def _read_closing(self, node: Node, context: Context) -> None:
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
