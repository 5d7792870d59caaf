"""Another document altogether, handed in as a report: told by its title and the little outline it has.

Pure. A quarterly report has headings that the outline has too («Cải cách thể chế»); that makes no product of
it. A file made from our form, and one with half of the outline, is the product, whatever its title.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from intake.report.outline import words
from plan.definition.model import Agency, Deliverable

ENOUGH = 0.5
"""Share of the outline's headings that make a product of any file."""
_ALIKE = 0.5
"""Share of the product's title that a title must say to be the product's."""
_LINES = 30
_LONGEST = 300
_TYPES = (
    "bao cao", "ke hoach", "de xuat", "to trinh", "quyet dinh", "nghi dinh", "nghi quyet", "thong tu",
    "chi thi", "cong van", "thong bao", "quy che", "quy dinh", "huong dan", "chuong trinh",
    "phuong an", "luat",
)  # fmt: skip
_SPAN = re.compile(r"\b(?:quy (?:[1-4]|iv|i{1,3})|thang \d{1,2}|\d thang|tuan)\b")
"""A shorter span than the product speaks of."""
_SAYS_SOMETHING = 6
"""A title of fewer words («BÁO CÁO») names no subject."""
_SMALL = frozenset(
    words("về của và các năm giai đoạn trên địa bàn thực hiện kết quả công tác").split()
)


def title_of(head: str) -> str:
    """«Báo cáo Công tác cải cách hành chính quý I năm 2020»: the document's type and what follows; empty for
    a document without one. `head`: its text before the first heading."""
    lines = [line.strip() for line in head.split("\n")[:_LINES] if line.strip()]
    for number, line in enumerate(lines):
        kind = next((one for one in _TYPES if words(line).startswith(one)), "")
        if kind and len(line) <= _LONGEST:
            alone = words(line) == kind
            below = lines[number + 1] if alone and number + 1 < len(lines) else ""
            return f"{line.capitalize() if alone else line} {below}".strip()[:_LONGEST]
    return ""


def is_other(
    title: str, deliverable: Deliverable, agency: Agency, found: Collection[str], wanted: set[str]
) -> bool:
    """Whether a title names another document and the outline is mostly missing."""
    if not title or not wanted or len(wanted.intersection(found)) >= ENOUGH * len(wanted):
        return False
    own = words(f"{deliverable.title} {deliverable.titles.get(agency.id, '')}")
    said = words(title)
    if _SPAN.search(said) and not _SPAN.search(own):
        return True
    if not said.startswith(tuple(one for one in _TYPES if own.startswith(one))):
        return True
    if len(said.split()) < _SAYS_SOMETHING:
        return False
    asked = set(words(deliverable.titles.get(agency.id, deliverable.title)).split()) - _SMALL
    return len(asked & set(said.split())) < _ALIKE * len(asked)
