"""Printed lines → paragraphs, by where they stand: one with room for the next word ended on purpose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from intake.pdf.lines import MARKER, PrintedLine
from intake.pdf.model import Box, around

_MARKED = re.compile(rf"^(?:{MARKER.pattern})(?:\s+|(?<=[-–—+•●▪◦*])(?=[^\W\d_]))")
_ENDED = re.compile(r"[.;:!?/…][\"'”»)]*$")
_TITLES = re.compile(
    r"(?:KẾ HOẠCH|QUYẾT ĐỊNH|NGHỊ QUYẾT|CHƯƠNG TRÌNH|ĐỀ ÁN|PHƯƠNG ÁN|CHỈ THỊ|CÔNG VĂN|THÔNG BÁO|BÁO CÁO|"
    r"PHỤ LỤC(?: \w{1,5})?|QUYẾT ĐỊNH:?)",
)
"""A kind of document that stands on a line of its own; its title follows."""
_APART, _APART_AT_A_MARK = 1.2, 1.12
"""A step of so many times the usual one from line to line parts paragraphs."""
_CUT_NUMBER = re.compile(r"[\d.,]*\d[.,]?")
_HYPHENATED = re.compile(r"[^\W_]-$")


@dataclass(slots=True)
class Flow:
    """A paragraph being put together: its lines and the page that each stands on."""

    lines: list[PrintedLine] = field(default_factory=list)
    page: int = 0

    @property
    def text(self) -> str:
        return joined(line.text for line in self.lines)

    @property
    def box(self) -> Box:
        return around([line.box for line in self.lines])


@dataclass(frozen=True, slots=True)
class Measure:
    """Of the column the lines stand in: its edges, and the usual distance from one line to the next."""

    left: float
    right: float
    pitch: float


def measure(lines: Sequence[PrintedLine], box: Box | None = None) -> Measure:
    """The measure of a page's lines; `box` is the column where it is known (a cell)."""
    if not lines:
        return Measure(0, 0, 0)
    steps = sorted(
        step for a, b in pairwise(lines) if 0 < (step := b.base - a.base) < 3 * b.box.height
    )
    # The lower third: lines within paragraphs, not the wider steps between them.
    pitch = steps[len(steps) // 3] if steps else 0.0
    if box is not None:
        inset = max(min(line.box.x0 for line in lines) - box.x0, 0)
        return Measure(
            box.x0 + inset, max(box.x1 - min(inset, 6.0), max(r.box.x1 for r in lines)), pitch
        )
    return Measure(
        _usual([line.box.x0 for line in lines], 0.1), _usual([r.box.x1 for r in lines], 0.93), pitch
    )


def _usual(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def paragraphs(lines: Iterable[PrintedLine], frame: Measure, page: int = 0) -> list[Flow]:
    """The paragraphs of lines that stand under each other in one column."""
    flows: list[Flow] = []
    for line in lines:
        if flows and not _begins(flows[-1], line, frame):
            flows[-1].lines.append(line)
        else:
            flows.append(Flow([line], page))
    return flows


def _begins(flow: Flow, line: PrintedLine, frame: Measure) -> bool:
    """Whether a paragraph begins with this line."""
    before = flow.lines[-1]
    usual = frame.pitch or 1.4 * line.box.height
    if line.base - before.base > usual * 1.7 + 2:
        return True
    ended, marked = bool(_ENDED.search(before.text)), bool(_MARKED.match(line.text))
    if _is_centred(line, frame) and (_is_centred(before, frame) or before.text.isupper()):
        kind = bool(_TITLES.fullmatch(before.text.strip()))
        return kind or before.all_bold != line.all_bold or _is_wider_apart(before, line, frame)
    if _goes_on_small(line.text) and not marked and not ended:
        return False
    if (
        all(one.all_bold for one in flow.lines)
        and not line.bold
        and (marked or line.text[:1].isupper())
    ):
        return True
    if _had_room(before, line, frame) or _is_set_in(flow, line):
        return True
    if ended and before.box.x0 > frame.left + before.box.height and _is_under(before, line):
        return True
    if marked and (ended or before.text.endswith(")")):
        return True
    return _is_wider_apart(before, line, frame, _APART_AT_A_MARK if marked else _APART)


def _goes_on_small(text: str) -> bool:
    """Whether it begins with what a sentence goes on with."""
    return text[:1].islower() or text[:1].isdigit() or text[:1] in ",.;:)"


def _is_under(before: PrintedLine, line: PrintedLine) -> bool:
    """Whether both begin at the same place: two first lines, where they are set in."""
    return abs(line.box.x0 - before.box.x0) < 0.3 * line.box.height


def _had_room(before: PrintedLine, line: PrintedLine, frame: Measure) -> bool:
    """Whether the next line's first word would have stood on the line before."""
    room = frame.right - before.box.x1 - before.box.height * 0.3
    return room > line.first_word + before.box.height * 0.25


def _is_set_in(flow: Flow, line: PrintedLine) -> bool:
    """Whether the line is indented as a first line is: further in than the one before, or further out than
    a paragraph's later lines."""
    before = flow.lines[-1]
    step = line.box.x0 - before.box.x0
    if step > before.box.height * 0.7:
        hanging = len(flow.lines) == 1 and bool(_MARKED.match(before.text))
        return not hanging
    return len(flow.lines) > 1 and step < -before.box.height * 0.7


def _is_wider_apart(
    before: PrintedLine, line: PrintedLine, frame: Measure, share: float = _APART
) -> bool:
    return frame.pitch > 0 and line.base - before.base > frame.pitch * share


def _is_centred(line: PrintedLine, frame: Measure) -> bool:
    """Set in from both sides alike."""
    left, right = line.box.x0 - frame.left, frame.right - line.box.x1
    return left > line.box.height and abs(left - right) < max(8.0, 0.12 * (left + right))


def goes_on(flow: Flow, frame: Measure, after: Flow, after_frame: Measure) -> bool:
    """Whether a paragraph at the foot of a page goes on at the head of the next."""
    last, first = flow.lines[-1], after.lines[0]
    if _MARKED.match(first.text) or last.all_bold != first.all_bold:
        return False
    if _ENDED.search(last.text) and not first.text[:1].islower():
        return False
    full = not _had_room(last, first, frame)
    # A first line would be set in; the later lines of a paragraph begin at the edge.
    return full and (
        first.box.x0 - after_frame.left < first.box.height * 0.7 or first.text[:1].islower()
    )


def joined(texts: Iterable[str]) -> str:
    """Lines as one text; a word broken at a hyphen is one word again."""
    parts: list[str] = []
    for text in texts:
        if parts and not _HYPHENATED.search(parts[-1][-2:]):
            parts.append(" ")
        parts.append(text)
    return "".join(parts)


def joined_in_cell(flow: Flow, box: Box) -> str:
    """A cell's lines as one text; a number that its narrow column broke is one number again."""
    whole = flow.lines[0].text
    for before, line in pairwise(flow.lines):
        full = box.x1 - before.box.x1 < 1.1 * before.box.height
        cut = full and _CUT_NUMBER.fullmatch(before.text) and _CUT_NUMBER.fullmatch(line.text)
        whole = whole + line.text if cut else joined((whole, line.text))
    return whole
