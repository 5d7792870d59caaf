"""The tree of a plan's paragraphs, whatever its numbering.

Numbers are not trusted as keys: a plan may begin with II, have two sections IV, or leave numbers out. Only
the kind of mark counts («I.», «1.», «1.1.», «a)», «-», «+»): a paragraph stands under the nearest one
before it whose kind of mark was seen before its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from drafting.document import Paragraph
from drafting.grammar.agencies import agencies_at
from drafting.grammar.labels import label_of
from drafting.grammar.names import agencies_in, without_gloss
from drafting.grammar.sentences import begins_with_verb
from drafting.words import fold

_MARKS = (
    (
        "part",
        re.compile(
            r"^(?:phần|chương|mục)\s+(?:thứ\s+)?(?:[ivxlc]+|nhất|hai|ba|bốn|tư|năm|sáu"
            r"|\d{1,2})(?:\s*[.:]|$|\s)"
        ),
    ),
    ("capital", re.compile(r"^[a-hk-uyđ]\s*[.)/-](?!\d)\s*(?=\S)")),
    ("roman", re.compile(r"^(?:[ivx]{1,6})\s*[.)/-]\s*(?!\d)")),
    ("article", re.compile(r"^điều\s+\d{1,3}\s*(?:[.:]\s*$|[.:]?\s+)")),
    (
        "decimal",
        re.compile(
            r"^\d{1,2}(?:\.\d{1,2}){1,3}\s*[.)]?\s+|^\d{1,2}(?:\.\d{1,2}){1,3}\.(?=\D)"
            r"|^(?:[ivx]{1,4}|[a-hđ])(?:\.\d{1,2}){1,3}\s*[.)]?\s+"  # «I.1.», «A.2.1», under their section
        ),
    ),
    ("number", re.compile(r"^\d{1,2}\s*[.)/]\s*(?=\D)|^\d{1,2}-\s+(?=\D)")),
    ("paren", re.compile(r"^\((?:\d{1,2}|[ivx]{1,4})\)\s*")),
    ("paren-letter", re.compile(r"^\([a-zđ]\)\s*")),
    ("letter", re.compile(r"^[a-zđ]\d?\s*[.)/](?!\d{1,2}[.)\s])\s*(?=\S)")),
    ("letter-number", re.compile(r"^[a-zđ]\.\d{1,2}\s*[.)]?\s+")),
    ("dash", re.compile(r"^(?:->|=>|[-•●▪◦*→⇒➔➢✓✔❖♦□])\s*")),
    ("plus", re.compile(r"^\+\s*|^o\s+(?=\S)")),
)
SECTIONS = ("part", "capital", "roman")
"""Kinds of marks that open a section."""
_ITEMS = ("dash", "plus")
_NAME = re.compile(r"[ivxlc\d.a-zđ]+")
_UNFINISHED = re.compile(
    r"(?:[,\-(]|(?<!\w)(?:và|của|các|với|cho|về|tại|theo|từ|đến|là|sở|bộ|(?<!, )ban))$"
)
_MAY_END = re.compile(r"(?<!\w)(?:ngày|tháng|năm|số|thông tin|khoa học)$")
"""Broken off before a number or a small letter; «1. An toàn thông tin» before a capital is whole."""


@dataclass(eq=False)
class Node:
    """A paragraph in its place."""

    text: str
    """The whole paragraph, joined where it was broken in two."""
    body: str
    """Without its mark."""
    kind: str
    """The kind of mark; «plain» without one."""
    mark: str
    index: int
    """Place among the document's blocks."""
    place: str
    bold: bool
    parent: Node | None = None
    children: list[Node] = field(default_factory=list)

    @property
    def low(self) -> str:
        """The body, folded."""
        return fold(self.body)

    def ancestors(self) -> Iterator[Node]:
        """From the parent up."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def walk(self) -> Iterator[Node]:
        """This one and all under it, in the document's order."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def source(self) -> str:
        """«IV.1.a-2»: the marks on the way down, bullets counted."""
        above = self.parent.source if self.parent is not None else ""
        if self.kind in (*_ITEMS, "plain"):
            peers = (
                [node for node in self.parent.children if node.kind == self.kind]
                if self.parent
                else [self]
            )
            own = f"-{peers.index(self) + 1}" if len(peers) > 1 else ""
            return above + own or "-"
        if self.kind == "decimal" and not self.mark[0].isdigit():
            return self.mark
        if (
            self.kind == "letter-number"
            and self.parent is not None
            and self.parent.parent is not None
        ):
            above = self.parent.parent.source
        if self.kind == "decimal":
            owners = [node for node in self.ancestors() if node.kind in SECTIONS]
            above = owners[0].source if owners else ""
        return f"{above}.{self.mark}" if above else self.mark


def outline(paragraphs: Sequence[tuple[int, Paragraph]]) -> list[Node]:
    """The top nodes of paragraphs given with their place among the blocks."""
    roots: list[Node] = []
    stack: list[Node] = []
    last: Node | None = None
    for index, paragraph in paragraphs:
        node = _node(index, paragraph)
        if last is not None and _goes_on(last, node):
            body = node.text if _is_bare_part(last) else f"{last.body} {node.text}"
            last.text, last.body = f"{last.text} {node.text}", body
            continue
        _unstack(stack, node)
        if stack:
            node.parent = stack[-1]
            stack[-1].children.append(node)
        else:
            roots.append(node)
        stack.append(node)
        last = node
    for root in roots:
        for node in root.walk():
            _finish_lead(node)
    return roots


_WITH_WHOM_FOLLOWS = re.compile(
    r"(?:(?:chủ trì|chủ động|tích cực)\s*,?\s*)*(?:và\s+)?phối hợp(?:\s+chặt chẽ)?(?:\s+(?:với|cùng))?\s*:?"
)
_WITH = re.compile(r"(?:với|cùng)\s+")


def _finish_lead(node: Node) -> None:
    """«b) Chủ trì, phối hợp với:» over «- Sở A tham mưu …»: each bullet goes on with the lead's sentence."""
    if node.children and _WITH_WHOM_FOLLOWS.fullmatch(node.low.strip()):
        lead = node.body.rstrip(" :")
        for child in node.children:
            again = _WITH.match(child.low)
            named = agencies_at(child.body, again.end() if again else 0)
            if named is not None:
                whom = child.body[named.start : named.end]
                child.body = f"{lead} {whom}{child.body[named.end :].removeprefix(':')}"


def _node(index: int, paragraph: Paragraph) -> Node:
    kind, end = mark_of(paragraph.text)
    opens = re.sub(r"^(?:điều|phần|chương|mục)\s+(?:thứ\s+)?", "", fold(paragraph.text[:end]))
    mark = _NAME.search(opens.strip()) if end else None
    named = (
        paragraph.text[mark.start() : mark.end()].strip(".") if mark and kind != "article" else ""
    )
    if kind == "article" and mark:
        named = f"Điều {mark[0].strip('.')}"
    if kind == "part" and mark:
        named = mark[0]
    if kind in SECTIONS:
        named = named.upper()
    body = paragraph.text[end:].strip() or (paragraph.text if kind == "part" else "")
    return Node(paragraph.text, body, kind, named, index, paragraph.place, paragraph.bold)


def mark_of(text: str) -> tuple[str, int]:
    """The kind of mark a paragraph begins with, and where it ends."""
    low = fold(text)
    for kind, pattern in _MARKS:
        found = pattern.match(low)
        lettered = kind in ("capital", "roman") or (kind == "decimal" and not text[0].isdigit())
        if found is None or (lettered and text[0].islower()):
            continue
        return kind, found.end()
    return "plain", 0


_BARE_PART = re.compile(r"(?:phần|chương|mục)\s+(?:thứ\s+)?\w+[.:]?")


def _is_bare_part(node: Node) -> bool:
    """«Phần thứ hai», its title in the line below."""
    return node.kind == "part" and bool(_BARE_PART.fullmatch(fold(node.text)))


_IN_BRACKETS = re.compile(r"\([^()]+\)\s*[.;]?")
"""«(Sở A chủ trì; xong trước ngày 30/6)», in a line of its own below the task."""


def _goes_on(last: Node, node: Node) -> bool:
    """Whether the sentence before was broken over two paragraphs."""
    if node.kind != "plain" or not last.text:
        return False
    if _is_bare_part(last) and node.text.isupper():
        return True
    if _IN_BRACKETS.fullmatch(node.text) and agencies_at(node.text, 1) is not None:
        return True
    if label_of(node.text) is not None or (node.text[0].isupper() and begins_with_verb(node.text)):
        return False
    if node.text[0].islower() and not last.text.rstrip().endswith((".", ";", ":")):
        return True
    low = fold(last.text)
    broken = _UNFINISHED.search(low) or (not node.text[0].isupper() and _MAY_END.search(low))
    return bool(broken and not last.bold)


def _unstack(stack: list[Node], node: Node) -> None:
    """Leaves on the stack only what the node stands under."""
    kinds = [above.kind for above in stack]
    if node.kind == "plain":
        while stack and stack[-1].kind in ("plain", *_ITEMS):
            if (_is_name(stack[-1]) and not _is_name(node)) or _is_content(stack[-1]):
                break
            stack.pop()
    elif node.kind == "decimal":
        depth = node.mark.count(".")
        while stack and not _holds_decimal(stack[-1], depth):
            stack.pop()
    elif node.kind in kinds:
        del stack[kinds.index(node.kind) :]
    else:
        order = [kind for kind, _ in _MARKS]
        while (
            stack
            and not _leads(stack[-1])
            and (stack[-1].kind == "plain" or _stands_above(node, stack[-1], order))
        ):
            stack.pop()


def _is_name(node: Node) -> bool:
    """An unnumbered line that is agencies' names and no more: the heading of the lines under it."""
    name = node.text.strip(" :")
    return (
        node.kind == "plain"
        and name[-1:] not in (".", ";", ",")
        and bool(agencies_in(without_gloss(name)))
    )


_CONTENT = re.compile(r"(?:nội dung|nhiệm vụ|công việc)(?:\s+[^\s,;.:]+){1,6}\s*:?")


def _is_content(node: Node) -> bool:
    """«+ Nội dung theo dõi»: the unnumbered lines below are its content."""
    return node.kind in _ITEMS and bool(_CONTENT.fullmatch(node.low))


def _leads(above: Node) -> bool:
    """An unnumbered line that what follows stands under: «Trong đó:», a name alone."""
    return above.kind == "plain" and not above.text.rstrip().endswith((".", ";", ",", "/."))


def _holds_decimal(above: Node, depth: int) -> bool:
    if above.kind == "decimal":
        return above.mark.count(".") < depth
    return above.kind in (*SECTIONS, "article", "number")


def _stands_above(node: Node, other: Node, order: list[str]) -> bool:
    """«1.» after «a)» where no «1.» was seen: the letter's level is left."""
    return order.index(node.kind) < order.index(other.kind)
