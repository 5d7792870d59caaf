"""What a Word document holds besides its text: tracked deletions, comments, notes, hidden text, equations.

Equations are kept as a line of text; the rest is no text of the report and is named in a finding, so that
nobody believes it was read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from intake.report.formatting import W
from plan.ledger.filing import FoundFault, Severity

M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_MOST_QUOTED = 200
_MARKS: Mapping[str, bytes] = {
    "deleted": b":delText",
    "inserted": b":ins ",
    "comment": b":commentReference",
    "note": b"noteReference",
    "hidden": b":vanish",
}
_TEXTS: Mapping[str, tuple[Severity, str]] = {
    "deleted": (
        "warning",
        "Tệp còn đoạn đã xóa nhưng chưa chấp nhận thay đổi (Track Changes); phần xóa không được lấy: {read}. "
        "Hãy chấp nhận hoặc từ chối mọi thay đổi rồi nộp lại.",
    ),
    "inserted": (
        "note",
        "Tệp còn đoạn chèn thêm chưa chấp nhận thay đổi (Track Changes); phần chèn được lấy như nội dung.",
    ),
    "comment": ("note", "{count} nhận xét bên lề (comment) không được lấy vào nội dung."),
    "note": (
        "warning",
        "{count} chú thích cuối trang (footnote, endnote) không được lấy vào nội dung. "
        "Nếu là nội dung báo cáo, hãy đưa vào thân văn bản rồi nộp lại.",
    ),
    "hidden": ("warning", "Chữ ẩn trong tệp không được lấy: {read}. Hãy bỏ ẩn hoặc xóa."),
}


@dataclass
class Besides:
    """Collects what is passed over, paragraph by paragraph. `document`: the part's bytes; what does not
    stand in them is not looked for."""

    document: bytes
    counts: Counter[str] = field(default_factory=Counter)
    quoted: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._looked_for = frozenset(k for k, mark in _MARKS.items() if mark in self.document)

    def look(self, element: Any) -> None:
        """Count what this paragraph or row holds besides text."""
        if not self._looked_for:
            return
        for node in element.iter(f"{W}delText", f"{W}ins", f"{W}commentReference",
                                 f"{W}footnoteReference", f"{W}endnoteReference", f"{W}vanish"):  # fmt: skip
            kind, text = _kind_of(node)
            if kind and (text.strip() or kind not in ("deleted", "hidden")):
                self.counts[kind] += 1
                before = self.quoted.get(kind, "")
                self.quoted[kind] = f"{before} {text}".strip()[:_MOST_QUOTED]

    def findings(self) -> Iterator[FoundFault]:
        """One for each kind met."""
        for kind, count in self.counts.items():
            severity, words = _TEXTS[kind]
            quoted = self.quoted[kind]
            message = words.format(count=count, read=f"«{quoted}»")
            yield FoundFault(severity, f"report.{kind}", message, read=quoted)


def _kind_of(node: Any) -> tuple[str, str]:
    name = node.tag.removeprefix(W)
    if name == "delText":
        return "deleted", node.text or ""
    if name == "ins":
        return "inserted", ""
    if name == "vanish":
        run = node.getparent().getparent()
        shown = run.tag == f"{W}r" and node.get(f"{W}val", "1") not in ("0", "false", "off")
        return "hidden", "".join(one.text or "" for one in run.iterfind(f"{W}t")) if shown else ""
    return ("comment", "") if name == "commentReference" else ("note", "")


def equation(element: Any) -> str:
    """An equation on one line: «a/b», «x^2», «√(y)»."""
    name = element.tag.removeprefix(M)
    if name == "t":
        return element.text or ""
    parts = {
        child.tag.removeprefix(M): equation(child)
        for child in element
        if isinstance(child.tag, str)
    }
    if name == "f":
        return f"{_group(parts.get('num', ''))}/{_group(parts.get('den', ''))}"
    if name == "sSup":
        return f"{_group(parts.get('e', ''))}^{_group(parts.get('sup', ''))}"
    if name == "rad":
        return f"√({parts.get('e', '')})"
    return "".join(equation(child) for child in element if isinstance(child.tag, str))


def _group(text: str) -> str:
    return f"({text})" if any(mark in text for mark in "+-−·×/ ") else text
