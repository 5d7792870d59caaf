"""From the outline of a plan's body to what is owed.

A task's owner is, in this order: the label that follows it («Cơ quan chủ trì: …»), the subject of its own
sentence, the heading above it, the lead-in above it. Where there is none the task asks who owes it.
Whatever is neither a task nor plainly context stays unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from drafting import words
from drafting.agencies import agencies_at, agencies_in, same_agency, split_names, without_gloss
from drafting.labels import Label, label_of, labels_inside
from drafting.outline import Node
from drafting.rows import Obligation
from drafting.sentences import (
    Subject,
    begins_with_verb,
    clauses,
    deliverable_of,
    is_hand_in,
    kind_of,
    partners_of,
    recipients_of,
    report_at,
    subject_of,
)
from drafting.times import NONE, Due, Time, find_times, read_slot
from drafting.words import fold


@dataclass(frozen=True)
class _Context:
    """What holds from above."""

    owners: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    time: Time | None = None
    money: bool = False
    section: str = ""
    year: int | None = None


@dataclass(frozen=True)
class _Block:
    """The labels that serve a run of tasks."""

    owners: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    time: Time | None = None
    product: str = ""

    @property
    def empty(self) -> bool:
        return not (self.owners or self.partners or self.time)


@dataclass
class Reading:
    """What came of every paragraph of the body."""

    obligations: list[Obligation] = field(default_factory=list)
    context: list[Node] = field(default_factory=list)
    unread: list[Node] = field(default_factory=list)


class ProseReader:
    """Reads the body of one plan."""

    def __init__(self, plan_year: int | None) -> None:
        self.year = plan_year
        self.reading = Reading()

    def read(self, roots: Sequence[Node]) -> Reading:
        """Obligations, context and what was not understood, of these sections."""
        last = [node for root in roots for node in root.walk()][-3:]
        self._closing = {id(node) for node in last if _closes(node)}
        self._siblings(roots, _Context(year=self.year))
        return self.reading

    # --- walking ------------------------------------------------------------------------------

    def _siblings(self, nodes: Sequence[Node], context: _Context) -> bool:
        """Reads nodes that stand side by side; says whether label lines among them served the parent."""
        pending: list[Node] = []
        serves_parent = False
        at = 0
        while at < len(nodes):
            run = _label_run(nodes, at)
            if not run:
                pending.append(nodes[at])
                at += 1
                continue
            block, told = self._block_of(run, context)
            if pending and not block.empty:
                for node in pending:
                    self._visit(node, context, block)
                pending = []
            elif told:
                for node in pending:
                    self._visit(node, context)
                pending = []
            at += len(run)
        for node in pending:
            self._visit(node, context)
        return serves_parent

    def _visit(self, node: Node, context: _Context, block: _Block = _Block()) -> None:
        """One node with all under it."""
        if id(node) in self._closing:
            self._read_closing(node, context)
            return
        heading = fold(without_gloss(node.body.split(":")[0])).strip(' .*"')
        if _is_heading_place(node, context) and words.CONTEXT_HEADINGS.match(heading):
            self.reading.context += node.walk()
            return
        if _is_heading_place(node, context) and words.MONEY_HEADINGS.match(heading):
            context = replace(context, money=True)
        labels, children = _own_labels(node)
        if labels:
            own, told = self._block_of(labels, context)
            block = _merge(own, block)
            if told and not any(node is child for child in children):
                self._context_and_rest(node, children, context)
                return
        extra = " ".join(label_text for label_text in _content_texts(labels))
        if not children:
            self._task(node, context, block, extra)
        else:
            self._branch(node, children, context, block, extra)

    def _context_and_rest(self, node: Node, children: Sequence[Node], context: _Context) -> None:
        self.reading.context.append(node)
        self._siblings(children, self._below(node, context)[0])

    def _branch(
        self, node: Node, children: Sequence[Node], context: _Context, block: _Block, extra: str
    ) -> None:
        """A node with something under it: heading, lead-in, or a task whose parts follow."""
        below, owed = self._below(node, context)
        if owed:
            self._task(node, context, block, extra)
        else:
            self.reading.context.append(node)
        if block.empty:
            self._siblings(children, below)
        else:
            for child in children:
                self._visit(child, below, block)

    def _below(self, node: Node, context: _Context) -> tuple[_Context, bool]:
        """What holds under a node, and whether the node itself is owed."""
        text = node.body
        section = without_gloss(text.split(":")[0])[:160] if _is_title(node) else context.section
        below = replace(context, section=section or context.section)
        owners, rest = heading_owners(node)
        if owners and not rest.strip(" .:;"):
            return replace(below, owners=owners, partners=(), time=None), False
        subject = None if owners else subject_of(text)
        named = owners or (subject.owners if subject else ())
        owed_text = rest if owners else text
        if not named and not _is_lead(node):
            return below, _is_sentence(node) and bool(context.owners)
        time = _best(find_times(owed_text, self.year)) if _is_lead(node) else None
        return (
            replace(
                below,
                owners=named or context.owners,
                partners=partners_of(owed_text) if _is_lead(node) else (),
                time=time if time and time.due.type != "ongoing" else None,
            ),
            not _is_lead(node),
        )

    # --- labels -------------------------------------------------------------------------------

    def _block_of(
        self, labels: Sequence[tuple[Node, Label]], context: _Context
    ) -> tuple[_Block, bool]:
        """The block that label lines make; whether what they say is told in rows of its own already."""
        block, told = _Block(), False
        before = len(self.reading.obligations)
        for node, label in labels:
            self.reading.context.append(node)
            if label.kind == "owner":
                owners, partners = owners_of_label(label.value)
                if owners:
                    block = replace(
                        block, owners=block.owners + owners, partners=block.partners + partners
                    )
                elif label.value:
                    told = self._sentences(node, label.value, context) or told
            elif label.kind == "partner":
                block = replace(block, partners=block.partners + split_names(label.value))
            elif label.kind == "time" and label.value:
                block = replace(
                    block, time=read_slot(label.value, finish=label.finish, year=self.year)
                )
            elif label.kind == "product":
                block = replace(block, product=label.value)
            if node.children and label.kind in ("time", "owner") and not label.value:
                for child in node.children:
                    self._visit(child, context)
                told = True
            elif node.children:
                self._siblings(node.children, context)
        if told:
            self._settle(before, block)
        return block, told

    def _settle(self, before: int, block: _Block) -> None:
        """What labels told in sentences: a time of the block is theirs; who is told twice is told once."""
        made = self.reading.obligations[before:]
        for one in made:
            if block.time is not None and not one.due.timed:
                one.due, one.due_words = block.time.due, block.time.words
        kept: list[Obligation] = []
        for one in made:
            twin = next(
                (
                    other
                    for other in made
                    if other.span != one.span
                    and other.due.timed
                    and not one.due.timed
                    and _same(other.owners, one.owners)
                ),
                None,
            )
            if twin is None:
                kept.append(one)
            else:
                twin.also.append((one.source, one.span))
        self.reading.obligations[before:] = kept

    def _sentences(self, node: Node, text: str, context: _Context) -> bool:
        """A label that tells who does what: «Cơ quan thực hiện: Sở A rà soát …; các sở báo cáo …»."""
        if subject_of(text) is None:
            return False
        self._rows(node, text, replace(context, owners=()), _Block(), node.text)
        return True

    # --- tasks --------------------------------------------------------------------------------

    def _task(self, node: Node, context: _Context, block: _Block, extra: str = "") -> None:
        """A node that is owed itself, or context, or not understood."""
        owners, rest = heading_owners(node)
        text = rest if owners else node.body
        span = f"{node.text} {extra}".strip()
        if owners:
            if not text.strip(" .:;"):
                self.reading.context.append(node)
                return
            context = replace(context, owners=owners, partners=())
        text, inside = labels_inside(text)
        if inside:
            block = _merge(_inline_block(inside, self.year), block)
        self._rows(node, text, context, block, span)

    def _rows(self, node: Node, text: str, context: _Context, block: _Block, span: str) -> None:
        rows = read_sentences(text, context.owners, self.year)
        low = fold(text)
        if not rows:
            self.reading.context.append(node)
            return
        owned = bool(block.owners or context.owners or any(row.owners for row in rows))
        if context.money and not any(row.named for row in rows) and not block.owners:
            self.reading.context.append(node)
            return
        if not owned and not block.time:
            if words.TARGET.match(low) or (_is_title(node) and not begins_with_verb(text)):
                self.reading.context.append(node)
                return
            if not begins_with_verb(text):
                self.reading.unread.append(node)
                return
        for row in rows:
            self._add(node, row, context, block, span)

    def _add(self, node: Node, row: Sentence, context: _Context, block: _Block, span: str) -> None:
        owners = block.owners or row.owners or context.owners
        partners = _without(block.partners or row.partners or context.partners, owners)
        time = row.time
        if block.time is not None and (block.time.due.type != "none" or block.time.doubt):
            time = block.time
        elif time is None and context.time is not None:
            time = context.time
        found = Obligation(
            text=row.text,
            owners=owners,
            cooperating=partners,
            deliverable=deliverable_of(row.task),
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
        if not owners:
            found.ask(
                "owner", "Nhiệm vụ này chưa ghi cơ quan thực hiện: giao cho ai, hay không theo dõi?"
            )
        if time is not None and time.doubt:
            found.ask("time", time.doubt)
        if row.doubt:
            found.ask("owner", row.doubt, row.owners)
        self.reading.obligations.append(found)

    def _read_closing(self, node: Node, context: _Context) -> None:
        """The last paragraph: exhortation and condition, but for a report with its day."""
        self.reading.context.append(node)
        addressed: tuple[str, ...] = ()
        for start, end in clauses(node.body):
            text = node.body[start:end].strip()
            low = fold(text)
            subject = subject_of(text)
            if subject is not None:
                addressed = subject.owners
            time = _best(find_times(text, self.year))
            if (
                words.CONDITION.search(low)
                or time is None
                or not time.due.timed
                or not is_hand_in(text)
            ):
                continue
            row = Sentence(
                text,
                text[subject.rest :] if subject else text,
                addressed,
                partners_of(text),
                time,
                bool(subject),
            )
            self._add(node, row, replace(context, owners=(), partners=()), _Block(), node.text)


# --- the shape of a node ---------------------------------------------------------------------------


def _closes(node: Node) -> bool:
    if node.kind != "plain":
        return False
    low = fold(node.text)
    return bool(words.CLOSING.match(low)) or (
        low.rstrip().endswith("./.")
        and bool(words.EXHORTATION.match(low) or re.search(r"đề nghị các|yêu cầu các", low))
    )


def _is_title(node: Node) -> bool:
    """A heading, not a sentence."""
    text = node.text.rstrip()
    return node.kind in ("part", "roman", "article") or (
        (node.bold or bool(node.children)) and not text.endswith((".", ";")) and len(text) < 220
    )


def _is_sentence(node: Node) -> bool:
    return node.body.rstrip().endswith((".", ";")) or len(node.body) > 220


def _is_heading_place(node: Node, context: _Context) -> bool:
    return (
        not context.owners
        and node.kind not in ("dash", "plus")
        and (
            node.bold
            or bool(node.children)
            or node.kind in ("roman", "part")
            or len(node.body) < 160
        )
    )


def _is_lead(node: Node) -> bool:
    """«Chủ trì, phối hợp với các sở …:» above its bullets."""
    low = node.low.rstrip()
    if node.children and _only_partners(node.body):
        return True
    return low.endswith(
        (
            ":",
            "như sau",
            "sau đây",
            "trong đó",
            "bao gồm",
            "gồm",
            "như sau.",
            "sau:",
            "các nội dung sau",
            "nhiệm vụ sau.",
        )
    )


_LEAD_IN = re.compile(
    r"^(?:chủ trì\s*,?\s*)?(?:và\s+)?phối hợp(?:\s+chặt chẽ)?(?:\s+(?:với|cùng))?\s+"
)


def _only_partners(text: str) -> bool:
    """«Chủ trì, phối hợp với các sở, ngành» and no more: what is done stands in the bullets."""
    lead = _LEAD_IN.match(fold(text))
    return lead is not None and bool(agencies_in(text[lead.end() :]))


def heading_owners(node: Node) -> tuple[tuple[str, ...], str]:
    """The owners a heading names, and what stands after them in the same paragraph.

    «2. Sở Y tế:», «Trách nhiệm của UBND các xã:», «3. Sở Tài chính: Căn cứ khả năng …».
    """
    text = node.body
    head, colon, rest = _partition(text)
    if fold(head).strip() in _BEFORE_COLON:
        head, colon, rest = text, "", ""
    prefix = words.OWNER_PREFIX.match(fold(head))
    name = without_gloss(head[prefix.end() :] if prefix else head)
    if not name or len(name) > 330:
        return (), text
    owners = agencies_in(name)
    if owners and (
        colon or not _is_sentence(node) or not text.rstrip().endswith(".") or node.children
    ):
        return owners, rest
    if owners and not rest:
        return owners, ""
    if (node.children or colon) and not _is_sentence(node) and _may_be_name(name):
        return (name,), rest
    return (), text


def _partition(text: str) -> tuple[str, str, str]:
    """Before and after the first colon that stands outside brackets."""
    for found in re.finditer(":", text):
        if text.count("(", 0, found.start()) == text.count(")", 0, found.start()):
            return text[: found.start()], ":", text[found.end() :]
    return text, "", ""


_BEFORE_COLON = frozenset(
    f"{ask}{who}".strip()
    for ask in ("", "đề nghị ", "giao ", "yêu cầu ")
    for who in ("", "các sở", "các bộ")
    if ask or who
)
_GROUP_HEAD = re.compile(
    r"^(?:các|những)\s+|^(?:đối tượng|cơ quan|đơn vị|chủ đầu tư|doanh nghiệp|nhà đầu tư|thành viên)\b"
)
_CLAUSE = re.compile(r"(?:chủ trì|phối hợp|có trách nhiệm|căn cứ|chủ động|trên cơ sở)(?!\w)")


def _may_be_name(name: str) -> bool:
    """A name in words of its own: «Các chủ đầu tư xây dựng hạ tầng khu công nghiệp»."""
    low = fold(name)
    named = agencies_at(name)
    if named is None or _CLAUSE.search(low):
        return False
    return bool(_GROUP_HEAD.match(low)) or not begins_with_verb(name[named.end :])


# --- labels of a node ------------------------------------------------------------------------------


def _label_run(nodes: Sequence[Node], at: int) -> list[tuple[Node, Label]]:
    run: list[tuple[Node, Label]] = []
    for node in nodes[at:]:
        label = label_of(node.body)
        if label is None or (label.kind in ("content", "other") and not run):
            break
        if (
            label.kind == "owner"
            and label.value
            and not _names_owner(label.value)
            and subject_of(label.value) is None
        ):
            break
        run.append((node, label))
    return run if any(label.kind in ("owner", "partner", "time") for _, label in run) else []


def _names_owner(value: str) -> bool:
    return bool(owners_of_label(value)[0])


def _own_labels(node: Node) -> tuple[list[tuple[Node, Label]], list[Node]]:
    """A node's children that are its labels, when no task stands among them; and the other children."""
    labelled = [(child, label_of(child.body)) for child in node.children]
    labels = [(child, label) for child, label in labelled if label is not None]
    others = [child for child, label in labelled if label is None]
    serving = [label for _, label in labels if label.kind in ("owner", "partner", "time")]
    if not serving or others or heading_owners(node)[0]:
        return [], list(node.children)
    return labels, []


def _content_texts(labels: Sequence[tuple[Node, Label]]) -> Iterator[str]:
    for node, label in labels:
        if label.kind == "content":
            yield node.text


_IN_ITS_FIELD = re.compile(
    r"\s+(?:trong|theo|căn cứ)\s+(?:phạm vi\s+)?(?:chức năng|nhiệm vụ|thẩm quyền"
    r"|phạm vi)(?:,\s*(?:nhiệm vụ|quyền hạn|thẩm quyền))*(?:\s+(?:của mình|được giao"
    r"|quản lý(?: nhà nước)?(?: được giao)?|được phân công))*"
)


def owners_of_label(value: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Owners and partners of an owner label's value; empty when the value is a sentence."""
    text = _IN_ITS_FIELD.sub("", value.strip(" .;"))
    names = agencies_in(without_gloss(text)) or agencies_in(text)
    if names:
        return names, ()
    named = agencies_at(text)
    if named is not None:
        after = fold(text[named.end :]).strip(" ,.;")
        if re.fullmatch(
            r"(?:chủ trì|làm chủ trì|chủ trì thực hiện|thực hiện|\(chủ trì\)|chủ trì tham mưu)?",
            after,
        ):
            return named.names, ()
        lead = re.match(
            r"(?:là cơ quan )?(?:chủ trì)?[ ,;]*(?:và )?phối hợp (?:chặt chẽ )?(?:với|cùng)?", after
        )
        if lead is not None:
            partners = partners_of(text[named.end :])
            at = agencies_at(text, text.lower().rfind("phối hợp") + len("phối hợp"))
            rest = re.sub(r"^.*?phối hợp (?:chặt chẽ )?(?:với |cùng )?", "", after)
            if partners and (
                at is not None or agencies_in(_cut_like(text, rest)) or rest.endswith("thực hiện")
            ):
                return named.names, partners
        if (
            re.match(
                r"(?:theo|có liên quan|được|trong phạm vi|thuộc|căn cứ|tùy|trên địa bàn|khác)\b",
                after,
            )
            and len(after) < 160
        ):
            return named.names, ()
    if named is None and len(text) < 120 and not begins_with_verb(text):
        return split_names(text), ()
    return (), ()


def _cut_like(text: str, low: str) -> str:
    """The end of a text as written, found by its folded form."""
    return text[len(text) - len(low) :] if low else ""


def _inline_block(labels: Sequence[Label], year: int | None) -> _Block:
    block = _Block()
    for label in labels:
        if label.kind == "owner":
            owners, partners = owners_of_label(label.value)
            block = replace(
                block,
                owners=block.owners + (owners or split_names(label.value)),
                partners=block.partners + partners,
            )
        elif label.kind == "partner":
            block = replace(block, partners=block.partners + split_names(label.value))
        elif label.kind == "time":
            block = replace(block, time=read_slot(label.value, finish=label.finish, year=year))
    return block


def _merge(near: _Block, far: _Block) -> _Block:
    """What stands nearer goes before what stands further off."""
    return _Block(
        near.owners or far.owners,
        near.partners or far.partners,
        near.time or far.time,
        near.product or far.product,
    )


def _without(names: Sequence[str], others: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in names if not any(same_agency(name, other) for other in others))


# --- one text into its obligations -----------------------------------------------------------------


@dataclass(frozen=True)
class Sentence:
    """A part of a bullet that is one obligation."""

    text: str
    task: str
    """Without its subject."""
    owners: tuple[str, ...]
    partners: tuple[str, ...]
    time: Time | None
    named: bool
    """Whether its own words name the owner."""
    doubt: str = ""


@dataclass
class _Part:
    text: str
    subject: Subject | None
    times: list[Time]
    """Deadlines in the part, the best first."""


def read_sentences(text: str, inherited: tuple[str, ...], year: int | None) -> list[Sentence]:
    """The obligations of one bullet or sentence; none when all of it is condition or exhortation."""
    parts = [
        part
        for part in _parts(text, year)
        if not words.CONDITION.search(fold(part.text)) or _is_duty_with_condition(part)
    ]
    groups: list[list[_Part]] = []
    for part in parts:
        if groups and not _begins_anew(groups[-1], part, inherited):
            groups[-1].append(part)
        else:
            groups.append([part])
    sentences: list[Sentence] = []
    owners: tuple[str, ...] = ()
    seen: set[tuple[str, ...]] = set()
    for group in groups:
        subject = next((part.subject for part in group if part.subject), None)
        if subject is not None:
            owners = subject.owners
            seen.add(owners)
        elif len(seen) > 1 and inherited:  # after each had its own, the rest is everybody's
            owners = ()
        sentences += _sentences_of(group, owners, subject)
    return sentences


def _is_duty_with_condition(part: _Part) -> bool:
    """A duty that only mentions difficulties («tháo gỡ khó khăn, vướng mắc»)."""
    low = fold(part.text)
    return not re.search(
        r"(?:^|[,;]\s*)(?:nếu|trường hợp)\b|nếu (?:có|phát sinh|gặp|thấy)", low
    ) and not words.CLOSING.match(low)


def _parts(text: str, year: int | None) -> list[_Part]:
    parts = []
    for start, end in clauses(text):
        clause = text[start:end].strip()
        cut = _report_cut(clause, year)
        pieces = (clause[:cut].strip(), clause[cut:].strip()) if cut else (clause,)
        parts += [
            _Part(piece, subject_of(piece), _ranked(find_times(piece, year)))
            for piece in pieces
            if piece.strip(" .,;")
        ]
    return parts


def _report_cut(clause: str, year: int | None) -> int | None:
    """Divides at «, báo cáo …» when the report has its own time, or a plan stands before it."""
    other = _other_subject(clause)
    if other is not None:
        return other
    cut = report_at(clause)
    if cut is None:
        return None
    before, after = clause[:cut], clause[cut:]
    timed = any(time.due.timed for time in find_times(after, year))
    subject = subject_of(before)
    main = before[subject.rest :] if subject else before
    if timed and not any(time.due.timed for time in find_times(before, year)):
        return cut
    return cut if kind_of(main) == "plan" and re.search(r"kết quả|tình hình", fold(after)) else None


def _other_subject(clause: str) -> int | None:
    """Divides at «, các cơ quan phối hợp có trách nhiệm …»: a second subject after a comma."""
    if subject_of(clause) is None:
        return None
    for comma in re.finditer(r",\s+(?:và\s+)?", clause):
        named = agencies_at(clause, comma.end())
        if (
            named is not None
            and len(clause[: comma.start()].split()) > 7
            and re.match(r"\s+(?:có|chịu) trách nhiệm\b", fold(clause[named.end :]))
        ):
            whole = subject_of(clause)
            return comma.end() if whole is not None and whole.rest < comma.start() else None
    return None


_LEADS = re.compile(r"^(?:chủ trì|phối hợp)\b")


def _begins_anew(group: Sequence[_Part], part: _Part, inherited: tuple[str, ...]) -> bool:
    """Whether a part is an obligation of its own beside those before it."""
    before = next((one.subject.owners for one in reversed(group) if one.subject), inherited)
    if part.subject is not None and before and not _same(part.subject.owners, before):
        return True
    if (
        part.subject is not None
        and part.subject
        and not any(one.subject for one in group)
        and not _same(part.subject.owners, inherited)
    ):
        return True
    timed_before = [one.times[0].due for one in group if one.times and one.times[0].due.timed]
    timed = [time.due for time in part.times if time.due.timed]
    if timed and (not timed_before or timed[0] != timed_before[-1]):
        return is_hand_in(part.text) or bool(timed_before)
    if timed_before and not timed and not part.times:
        return begins_with_verb(part.text) and is_hand_in(group[-1].text) and is_hand_in(part.text)
    low = fold(part.text)
    return bool(re.match(r"(?:chủ trì,?\s*phối hợp)\b", low)) and any(
        re.search(r"chủ trì,?\s*phối hợp", fold(one.text)) for one in group
    )


def _same(one: Sequence[str], other: Sequence[str]) -> bool:
    return len(one) == len(other) and all(
        same_agency(a, b) for a, b in zip(one, other, strict=True)
    )


def _sentences_of(
    group: Sequence[_Part], owners: tuple[str, ...], subject: Subject | None
) -> list[Sentence]:
    text = " ".join(part.text for part in group)
    times = _ranked([time for part in group for time in part.times])
    first = group[0]
    task = first.text[first.subject.rest :] if first.subject else first.text
    task = " ".join(
        [
            re.sub(r"^(?:\s*[,:]\s*|\s*có trách nhiệm\s+|\s+)+", "", task),
            *(part.text for part in group[1:]),
        ]
    )
    partners = _without(
        tuple(dict.fromkeys(name for part in group for name in partners_of(part.text))), owners
    )
    named = subject is not None
    doubt = (
        "Câu này giao cho ai: chỉ cơ quan đứng ngay trước động từ, hay cả các cơ quan kể trước đó?"
        if subject and subject.doubtful
        else ""
    )
    directed = _directed(first.text)
    if directed is not None:
        owners, named = directed, True
    timed = [time for time in times if time.due.timed]
    distinct = list({time.due: time for time in timed}.values())
    if len(distinct) > 1:
        return [
            Sentence(text, task, owners, partners, time, named, doubt)
            for time in _separate(distinct)
        ]
    return [Sentence(text, task, owners, partners, times[0] if times else None, named, doubt)]


_DIRECTS = re.compile(r"^(?:chỉ đạo|yêu cầu|đôn đốc)\s+")


def _directed(text: str) -> tuple[str, ...] | None:
    """«Chỉ đạo UBND xã định kỳ báo cáo …»: those directed report."""
    low = fold(text)
    found = _DIRECTS.match(low)
    named = agencies_at(text, found.end()) if found else None
    if named is None:
        return None
    return (
        named.names
        if re.match(r"\s+(?:định kỳ|hằng \w+|hàng \w+)[^,;.]{0,30}\s*báo cáo\b", low[named.end :])
        else None
    )


def _separate(times: list[Time]) -> list[Time]:
    """Of several times those that stand for themselves: beside a day a bare cycle says nothing more."""
    with_day = [time for time in times if time.due.at or time.due.day]
    return with_day or times[:1] if with_day else _bare_cycles(times)


def _bare_cycles(times: list[Time]) -> list[Time]:
    named = [time for time in times if time.due.every is not None]
    return named or times[:1]


def _ranked(times: Sequence[Time]) -> list[Time]:
    """Deadlines before recurrences without a day, these before routine, this before events."""

    def rank(time: Time) -> int:
        if time.due.timed:
            return 0 if time.due.day or time.due.at else 1 if time.due.every else 2
        return 3 if time.due.type == "ongoing" else 4

    return sorted(times, key=rank)


def _best(times: Sequence[Time]) -> Time | None:
    ranked = _ranked(times)
    return ranked[0] if ranked else None


__all__ = [
    "Due",
    "ProseReader",
    "Reading",
    "Sentence",
    "heading_owners",
    "owners_of_label",
    "read_sentences",
]
