"""From the outline of a plan's body to its tasks: what is a section, a heading, a lead-in, labels.

What a task says is `drafting.prose.tasks`' matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from drafting import words
from drafting.grammar.agencies import agencies_at
from drafting.grammar.labels import Label, content_of
from drafting.grammar.names import split_names, without_gloss
from drafting.grammar.sentences import (
    begins_with_verb,
    clauses,
    subject_of,
)
from drafting.prose.blocks import (
    Block,
    assignment_of,
    content_texts,
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
from drafting.prose.context import Context, below
from drafting.prose.headings import (
    closes,
    gives_a_day,
    heading_owners,
    is_heading_place,
    is_lead,
    is_sentence,
)
from drafting.prose.outline import Node
from drafting.prose.tasks import Reading, TaskReader
from drafting.times.expressions import read_slot
from drafting.words import fold


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
        self.year = plan_year
        self.tasks = TaskReader(plan_year, addressed)
        self.reading = self.tasks.reading

    def read(self, roots: Sequence[Node]) -> Reading:
        """Obligations, context and what was not understood, of these sections."""
        sections, closing = _without_closing(roots)
        context = Context(year=self.year)
        self._siblings(sections, context)
        for node in closing:
            self.tasks.closing(node, context)
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
        served = bool(own_labels(node)[0])  # «1. Tiêu chí giao thông» over who does what by when
        topic = words.CONTEXT_HEADINGS.match(heading) and not told and not served
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
                self.tasks.rows(node, sentence, context, block, f"{node.text} {extra}".strip())
        elif not children:
            self.tasks.task(node, context, block, extra)
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
                self.tasks.task(inner, Context(year=self.year), Block())
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
            self.tasks.task(node, context, block, extra)
        else:
            tells = is_sentence(node) and not is_lead(node)
            if not tells or not self._told_within(node, context):
                names_one = tells and agencies_at(node.body) is not None
                if names_one:
                    self.reading.unread.append(node)
                elif tells:
                    self.tasks.set_aside(node)
                else:
                    self.reading.context.append(node)
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
                self.tasks.rows(node, sentence, context, Block(), node.text)
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
            self.tasks.rows(node, told.rstrip(" ;"), context, Block(), node.text)

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
            self.tasks.settle(before, block)
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

    def _sentences(self, node: Node, text: str, context: Context) -> bool:
        """A label that tells who does what: «Cơ quan thực hiện: Sở A rà soát …; các sở báo cáo …»."""
        if subject_of(text) is None:
            return False
        self.tasks.rows(node, text, replace(context, owners=()), Block(), node.text)
        return True
