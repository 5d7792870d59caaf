"""What a report lacks: required sections missing, empty or answered «không phát sinh». Pure.

Required is what the outline says, and the very nodes an agency is asked for. Findings name the section
as an office does («Phần thứ nhất, II.1.2») in `sheet`, so that a page can point to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from intake.report.outline import Outline, may_be_nil, words
from plan.definition.model import Agency
from plan.ledger.filing import FoundFault, ReadSection, Severity

FIRST_PART = "Phần thứ nhất, "
"""Goes without saying in a list of places."""
SHORT = 10
"""Fewer words than this under a required heading are told."""
_NIL = (
    "khong phat sinh",
    "khong thuoc tham quyen",
    "khong co noi dung",
    "khong co phat sinh",
    "khong trien khai",
    "khong co",
    "kps",
    "khong",
)
_NIL_WORDS = 14
"""A longer text that begins with «không phát sinh» is an account, not a nil answer."""


@dataclass(frozen=True)
class Read:
    """The texts of a report by node, and the nodes whose heading stands in it."""

    texts: dict[str, str]
    found: frozenset[str]
    file: str = ""

    @classmethod
    def of(cls, sections: Sequence[ReadSection], found: frozenset[str], file: str = "") -> Read:
        return cls({one.node: one.text for one in sections}, found, file)


def is_nil(text: str) -> bool:
    """«Không phát sinh», «Không thuộc thẩm quyền của huyện.» and the like."""
    plain = words(text)
    return len(plain.split()) <= _NIL_WORDS and plain.startswith(_NIL)


def check_sections(
    outline: Outline, roots: Sequence[str], agency: Agency, read: Read
) -> list[FoundFault]:
    """Every required section that is missing or empty, and one note on the length of the rest."""
    checker = _Checker(outline, set(roots), agency, read)
    faults = [fault for root in roots for fault in checker.check(root)]
    note = checker.lengths(roots)
    return [*faults, *([note] if note else [])]


class _Checker:
    def __init__(self, outline: Outline, roots: set[str], agency: Agency, read: Read) -> None:
        self.outline, self.roots, self.agency, self.read = outline, roots, agency, read

    def check(self, node_id: str) -> Iterator[FoundFault]:
        """Faults of a node and what is below; below a missing node nothing more is told."""
        node = self.outline.node(node_id)
        required = node_id in self.roots or node.required
        inside = self.outline.under(node_id)
        if not any(self.read.texts.get(one) for one in inside):
            if required and not may_be_nil(self.outline, node_id, self.agency):
                seen = any(one in self.read.found for one in inside)
                yield self._empty(node_id) if seen else self._missing(node_id)
            elif required:
                yield self._say_nil(node_id)
            return
        if required:
            yield from self._own(node_id, inside)
        for child in node.children:
            yield from self.check(child.id)

    def _own(self, node_id: str, inside: Sequence[str]) -> Iterator[FoundFault]:
        if node_id not in self.read.found:
            yield self._fault(
                "warning",
                "report.heading-missing",
                node_id,
                "Không thấy đề mục {name}, dù có nội dung của các mục con. Hãy ghi đề mục theo đề cương.",
            )
        text = "\n".join(self.read.texts[one] for one in inside if self.read.texts.get(one))
        if is_nil(text):
            if not self._may_be_nil(node_id):
                yield self._fault(
                    "error",
                    "report.section-nil",
                    node_id,
                    "Mục {name} bắt buộc phải có nội dung, không được ghi «{read}». Hãy viết nội dung.",
                    read=text[:80],
                )
        elif len(text.split()) < SHORT and len(inside) == 1:
            yield self._fault(
                "note",
                "report.section-short",
                node_id,
                "Mục {name} chỉ có {read}; hãy xem đã đủ chưa.",
                read=f"{len(text.split())} chữ",
            )

    def _may_be_nil(self, node_id: str) -> bool:
        chain = (node_id, *self.outline.parents(node_id))
        return any(may_be_nil(self.outline, one, self.agency) for one in chain)

    def _missing(self, node_id: str) -> FoundFault:
        within = self._required_within(node_id)
        listed = f" (gồm {'; '.join(within)})" if within else ""
        message = "Thiếu mục {name}" + listed + ". Hãy bổ sung đề mục và nội dung theo đề cương."
        return self._fault("error", "report.section-missing", node_id, message)

    def _empty(self, node_id: str) -> FoundFault:
        return self._fault(
            "error",
            "report.section-empty",
            node_id,
            "Mục {name} có đề mục nhưng chưa có nội dung. Hãy viết nội dung dưới đề mục.",
        )

    def _say_nil(self, node_id: str) -> FoundFault:
        return self._fault(
            "warning",
            "report.section-nil-unsaid",
            node_id,
            "Mục {name} để trống. Nếu không phát sinh hoặc không thuộc thẩm quyền, hãy ghi rõ như vậy.",
        )

    def _required_within(self, node_id: str) -> list[str]:
        """The required ones one and two levels below, so that a whole part is told in one breath."""
        children = self.outline.node(node_id).children
        below = [inner for child in children for inner in (child, *child.children)]
        return [self.name(one.id, place=False, most=50) for one in below if one.required]

    def name(self, node_id: str, *, place: bool = True, most: int = 90) -> str:
        """«II.1.2 «Những tồn tại, hạn chế và nguyên nhân»»."""
        title = self.outline.node(node_id).title.rstrip(" .:;")
        title = title if len(title) <= most else title[: most - 1] + "…"
        path = self.outline.path(node_id)
        number = path if place else path.rpartition(", ")[2]
        return f"{number} «{title}»"

    def _fault(
        self, severity: Severity, code: str, node_id: str, message: str, read: str = ""
    ) -> FoundFault:
        return FoundFault(
            severity,
            code,
            message.format(name=self.name(node_id), read=read),
            file=self.read.file,
            sheet=self.outline.path(node_id),
            read=read,
        )

    def lengths(self, roots: Sequence[str]) -> FoundFault | None:
        """One note: how many words each section down to «1.1.» has."""
        shown = [
            f"{self.outline.path(one).removeprefix(FIRST_PART)}: {count}"
            for root in roots
            for one in self.outline.under(root)
            if self._measured(one, root) and (count := self._count(one))
        ]
        if not shown:
            return None
        total = sum(self._count(root) for root in roots)
        message = f"Độ dài từng mục (số chữ): {'; '.join(shown)}. Cả văn bản {total} chữ."
        return FoundFault("note", "report.lengths", message, file=self.read.file, read=str(total))

    def _measured(self, node_id: str, root: str) -> bool:
        """The lowest numbered sections, those that hold text of their own or letters and dashes."""
        if self.outline.targets[node_id].rank > 4:
            return node_id == root
        return all(self.outline.targets[c.id].rank > 4 for c in self.outline.node(node_id).children)

    def _count(self, node_id: str) -> int:
        return sum(len(self.read.texts.get(one, "").split()) for one in self.outline.under(node_id))
