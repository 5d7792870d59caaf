"""Blocks of labels: which lines belong to one, which tasks it serves, what it says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from drafting.grammar.agencies import agencies_at
from drafting.grammar.hand_ins import kind_of
from drafting.grammar.labels import Label, bare_label, labels_of
from drafting.grammar.names import agencies_in, split_names, without_gloss
from drafting.grammar.parts import parts_played
from drafting.grammar.sentences import begins_with_verb, clauses, partners_of, subject_of
from drafting.prose.headings import heading_owners, time_alone
from drafting.prose.outline import SECTIONS, Node
from drafting.times.due import Time
from drafting.times.expressions import best_time, find_times, read_slot
from drafting.words import fold


@dataclass(frozen=True)
class Block:
    """The labels that serve a run of tasks."""

    owners: tuple[str, ...] = ()
    partners: tuple[str, ...] = ()
    time: Time | None = None
    product: str = ""
    shared: bool = False
    """Whether it stands after several tasks: what one says of its own day holds for that one."""

    @property
    def empty(self) -> bool:
        """Whether the block says nothing."""
        return not (self.owners or self.partners or self.time)


def tasks_at(node: Node, context: list[Node]) -> list[Node]:
    """A node; or the bullets under a heading that only says «Nội dung»."""
    label = bare_label(node.body) if node.children and node.kind not in SECTIONS else None
    if label is None or label.kind != "content":
        return [node]
    context.append(node)
    return list(node.children)


def label_run(nodes: Sequence[Node], at: int) -> list[tuple[Node, Label]]:
    """The label lines that stand together from a place on; none when that place holds no label."""
    run: list[tuple[Node, Label]] = []
    for node in nodes[at:]:
        labels = labels_at(node)
        if not labels or (labels[0].kind in ("content", "start", "other") and not run):
            break
        value = labels[0].value
        if (
            labels[0].kind == "owner"
            and value
            and not _names_owner(value)
            and subject_of(value) is None
        ):
            break
        run += [(node, label) for label in labels]
    return run if any(label.kind in _SERVING for _, label in run) else []


_SERVING = ("owner", "partner", "time")
_OF_REPORTS = re.compile(
    r"(?:mốc |chế độ )?(?:thời gian|thời hạn|hạn|ngày)(?: gửi| nộp)? báo cáo\b"
)
_BULLETS = ("dash", "plus", "plain")


def served_by(
    run: Sequence[tuple[Node, Label]], pending: Sequence[Node], named: Callable[[Node], bool]
) -> list[Node]:
    """The tasks before a run of labels that it serves.

    A time alone of reports serves what reports; one that is numbered among tasks, each of which names its
    owner («7. Thời gian thực hiện: …»), serves none of them.
    """
    first = run[0][0]
    if any(label.kind != "time" for _, label in run):
        return list(pending)
    of_their_own = first.kind not in _BULLETS and all(
        node.kind == first.kind and named(node) for node in pending
    )
    if of_their_own:
        return []
    if _OF_REPORTS.match(first.low):
        return [node for node in pending if kind_of(node.body) == "report"]
    return list(pending)


def labels_at(node: Node) -> list[Label]:
    """The labels a node is: in its own words, or a heading over what it says."""
    given = None if node.children else assignment_of(node.body)
    if given is not None:
        return [given]
    labels = labels_of(node.body)
    if not labels and node.children and node.kind not in SECTIONS:
        bare = bare_label(node.body)
        return [bare] if bare is not None else []
    return labels


_GIVEN = re.compile(r"(?:giao|phân công)\s+(?:cho\s+)?")
_ONLY_LEADS = re.compile(
    r"[\s,]*(?:chủ trì|làm (?:cơ quan |đơn vị )?(?:chủ trì|đầu mối)|phụ trách|chịu trách nhiệm)?[\s,]*"
    r"(?:và\s+)?(?:phối hợp\s+(?:chặt chẽ\s+)?(?:(?:với|cùng)\s+)?)?"
)
_ONLY_DOES = re.compile(
    r"[\s,]*(?:(?:tham mưu|tổ chức|triển khai|thực hiện|hướng dẫn|để|các|những|nội dung|nhiệm vụ"
    r"|việc|công việc|hoạt động|trên|này|nêu trên|theo quy định|chủ trì|và)[\s,]*)*[.;]*\s*"
)


_PLAYS = re.compile(
    r"[\s,]*(chủ trì|phối hợp|phụ trách|làm đầu mối|là đầu mối)(?:\s+(?:thực hiện|triển khai|tổ chức))*"
)


def assignment_of(text: str) -> Label | None:
    """«Giao Sở A chủ trì, phối hợp với Sở B thực hiện.»: gives the tasks above it to somebody."""
    low = fold(text)
    given = _GIVEN.match(low)
    end = _end_of_assignment(text, low, given.end()) if given else None
    if given is None or end is None or not _ONLY_DOES.fullmatch(low, end):
        return None
    return Label("owner", text[given.end() : end])


def _end_of_assignment(text: str, low: str, at: int) -> int | None:
    """Where «Sở A chủ trì, phối hợp với Sở B» ends that begins here."""
    owners = agencies_at(text, at)
    if owners is None:
        return None
    leads = _ONLY_LEADS.match(low, owners.end)
    end = leads.end() if leads else owners.end
    with_others = leads is not None and "phối hợp" in leads[0]
    partners = agencies_at(text, end) if with_others else None
    return partners.end if partners is not None else end


_PART = re.compile(r"chủ trì|phối hợp|phụ trách|đầu mối|^(?:giao|phân công)\s")


def assigned_after(text: str, year: int | None) -> tuple[str, Block] | None:
    """«Nâng cấp bến thuyền. Sở A chủ trì; UBND các xã phối hợp.»: a task, and who plays which part in it."""
    parts = [text[start:end] for start, end in clauses(text)]
    block = Block()
    while len(parts) > 1 and (played := _part_played(parts[-1].strip(" .;"), year)) is not None:
        block = merged(block, played)
        parts.pop()
    task = "".join(parts).rstrip(" ;")
    head, _, value = task.rpartition(": ")
    whole = head.count("(") == head.count(")")
    if whole and not block.owners and begins_with_verb(head) and (names := agencies_in(value)):
        task, block = head, replace(block, owners=names)
    return (task, block) if block.owners and subject_of(task) is None else None


_EXPECTED = re.compile(r"[\s,:]*(?:(?:dự kiến|thời gian|xong|hoàn thành|vào)[\s,:]*)*$", re.I)


def _part_played(clause: str, year: int | None) -> Block | None:
    """A clause that says no more than who leads, who helps and until when; or only until when."""
    alone = time_alone(clause, year)
    if alone is not None:
        return Block(time=alone)
    if not _PART.search(fold(clause)):
        return None
    time = best_time(find_times(clause, year))
    bare = _EXPECTED.sub("", clause[: time.start]) if time is not None else clause
    low = fold(bare)
    given = _GIVEN.match(low)
    named = agencies_at(bare, given.end() if given else 0)
    plays = _PLAYS.fullmatch(low, named.end) if named is not None else None
    if named is not None and plays is not None:
        helps = plays[1] == "phối hợp"
        return Block(() if helps else named.names, named.names if helps else (), time)
    label = assignment_of(bare)
    if label is None:
        return None
    owners, partners = owners_of_label(label.value)
    return Block(owners, partners, time)


def is_detail(node: Node) -> bool:
    """«Thành phần: …», «Địa điểm: …»: tells of a task what nobody need follow."""
    labels = labels_of(node.body)
    details = bool(labels) and all(label.kind in ("start", "other") for label in labels)
    return details and not node.children and subject_of(labels[0].value) is None


def is_value(label: Label, text: str) -> bool:
    """Whether a bullet under a label only names what the label asks for."""
    if label.kind in ("owner", "partner"):
        return bool(owners_of_label(text)[0]) and bool(agencies_in(text.strip(" .;")))
    return label.kind == "time" and subject_of(text) is None and not begins_with_verb(text)


def _names_owner(value: str) -> bool:
    return bool(owners_of_label(value)[0])


def own_labels(node: Node) -> tuple[list[tuple[Node, Label]], list[Node]]:
    """A node's children that are its labels, when no task stands among them; and the other children."""
    labels = [(child, label) for child in node.children for label in labels_at(child)]
    others = [child for child in node.children if not labels_at(child)]
    contents = [child for child, label in labels if label.kind == "content" and child.children]
    serving = any(label.kind in _SERVING for _, label in labels)
    if not serving or others or contents or heading_owners(node)[0]:
        return [], list(node.children)
    return labels, []


def content_texts(labels: Sequence[tuple[Node, Label]]) -> Iterator[str]:
    for node, label in labels:
        if label.kind == "content":
            yield node.text


def tells_who(label: Label) -> bool:
    """Whether what is to be done is told in a sentence that names who does it."""
    return label.kind == "content" and bool(label.value) and subject_of(label.value) is not None


_IN_ITS_FIELD = re.compile(
    r"\s+(?:trong|theo|căn cứ)\s+(?:phạm vi\s+)?(?:chức năng|nhiệm vụ|thẩm quyền"
    r"|phạm vi)(?:,\s*(?:nhiệm vụ|quyền hạn|thẩm quyền))*(?:\s+(?:của mình|được giao"
    r"|quản lý(?: nhà nước)?(?: được giao)?|được phân công))*"
)


_GOES_ON = re.compile(r",\s+[a-zà-ỹđ]\w*(?:\s+[^\W\d_]\w*){1,4}")
"""«Cục Quản lý Khám, chữa bệnh»: after the comma the name goes on in small letters."""


def owners_of_label(value: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Owners and partners of an owner label's value; empty when the value is a sentence."""
    text = _IN_ITS_FIELD.sub("", value.strip(" .;"))
    played = parts_played(text)
    if played is not None and played[1] and played[2] == len(text):
        return played[:2]
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
            r"(?:là cơ quan )?\(?(?:chủ trì)?\)?[ ,;.]*(?:và |cơ quan )?phối hợp:? (?:chặt chẽ )?"
            r"(?:với|cùng)?",
            after,
        )
        if lead is not None:
            partners = partners_of(text[named.end :])
            at = agencies_at(text, text.lower().rfind("phối hợp") + len("phối hợp"))
            rest = re.sub(r"^.*?phối hợp:? (?:chặt chẽ )?(?:với |cùng )?", "", after)
            partners = partners or agencies_in(_cut_like(text, rest))
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
    if named is not None and _GOES_ON.fullmatch(text, named.end) and not begins_with_verb(text):
        return (text,), ()
    listed = named is not None and text[named.end :].lstrip().startswith(";")
    if (named is None or listed) and len(text) < 120 and not begins_with_verb(text):
        return split_names(text), ()
    return (), ()


def _cut_like(text: str, low: str) -> str:
    """The end of a text as written, found by its folded form."""
    return text[len(text) - len(low) :] if low else ""


def inline_block(labels: Sequence[Label], year: int | None) -> Block:
    block = Block()
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
        elif label.kind == "product":
            block = replace(block, product=label.value)
    return block


def merged(near: Block, far: Block) -> Block:
    """What stands nearer goes before what stands further off."""
    return Block(
        near.owners or far.owners,
        near.partners or far.partners,
        near.time or far.time,
        near.product or far.product,
        shared=(near if near.time else far).shared,
    )
