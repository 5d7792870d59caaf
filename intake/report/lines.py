"""Paragraphs made ready for reading: lines of guidance out, headings parted from the text typed behind them.

Pure. A line is left out only where it equals a line of guidance that a form bears; what stands in the
style of guidance and says something else was typed by somebody, for Enter and Shift+Enter keep the style.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace

from intake.report.blocks import Block
from intake.report.candidates import SURE, Titles
from intake.report.outline import read_label, words
from intake.report.template import DUE
from plan.ledger.filing import FoundFault
from plan.text import number_words

_DUE_LINE = re.compile(rf"{DUE}[^.]{{1,160}}\.")
_MOST_LINES = 3
"""A heading broken by hand runs over so many lines at most."""
_MOST_QUOTED = 5


@dataclass(frozen=True)
class Guidance:
    """Lines of guidance, as written and in `words` form."""

    lines: tuple[str, ...] = ()
    plain: frozenset[str] = field(default_factory=frozenset)

    @classmethod
    def of(cls, lines: Collection[str]) -> Guidance:
        """The longest first: one line may begin as another does."""
        ordered = tuple(sorted(lines, key=lambda line: (-len(line), line)))
        return cls(ordered, frozenset(words(line) for line in lines))

    def rest(self, line: str, *, styled: bool) -> str:
        """What a line says besides guidance; empty where it is guidance and nothing else.

        `styled`: the line stands in the style of guidance; then text typed right behind a hint is
        parted from the hint.
        """
        # Cheap before dear: most lines of a report are longer, or shorter, than any guidance.
        if len(line) <= 1_500 and words(line) in self.plain:
            return ""
        if styled and _DUE_LINE.fullmatch(line):
            return ""
        if styled:
            for hint in self.lines:
                if line.startswith(hint):
                    return line[len(hint) :].strip()
        return line


def without_guidance(blocks: Sequence[Block], guidance: Guidance) -> list[Block]:
    """The blocks with guidance marked as such, and text typed in its style as text."""
    return [_without(block, guidance) for block in blocks]


def _without(block: Block, guidance: Guidance) -> Block:
    if block.rows or not block.text:
        return block
    lines = block.text.split("\n")
    rest = [guidance.rest(line.strip(), styled=block.guidance) for line in lines]
    if all(kept == line.strip() for kept, line in zip(rest, lines, strict=True)):
        return replace(block, guidance=False, typed=True) if block.guidance else block
    text = "\n".join(line for line in rest if line)
    return replace(
        block,
        text=text or block.text,
        guidance=not text,
        typed=bool(text) and block.guidance,
        lead="",
    )


def typed_as_guidance(blocks: Sequence[Block]) -> Iterator[FoundFault]:
    """A note that quotes what was typed in the style of guidance."""
    texts = [block.text for block in blocks if block.typed and block.text.strip()]
    if not texts:
        return
    shown = "; ".join(f"«{text[:80]}»" for text in texts[:_MOST_QUOTED])
    more = (
        f" và {number_words(len(texts) - _MOST_QUOTED)} đoạn khác"
        if len(texts) > _MOST_QUOTED
        else ""
    )
    yield FoundFault(
        "note",
        "report.typed-as-guidance",
        f"{number_words(len(texts))} đoạn gõ bằng kiểu chữ của dòng hướng dẫn (chữ nghiêng màu xám) được "
        f"nhận là nội dung: {shown}{more}. Nếu là hướng dẫn của mẫu cũ, hãy xóa rồi nộp lại.",
        read=texts[0][:80],
    )


# --- headings with a line break behind them -------------------------------------------------------


def part_lines(blocks: Sequence[Block], titles: Titles) -> list[Block]:
    """A paragraph whose lines (Shift+Enter) hold a heading and text becomes one block for each."""
    return [part for block in blocks for part in _parted(block, titles)]


def _parted(block: Block, titles: Titles) -> Iterator[Block]:
    lines = [] if block.rows or block.guidance or block.contents else block.text.split("\n")
    if len(lines) < 2:
        yield block
        return
    first, text = True, list[str]()
    at = 0
    while at < len(lines):
        count = _heading_lines(lines[at:], block, titles, first=at == 0)
        if count:
            if text:
                yield _line(block, "\n".join(text), first=first)
                first, text = False, []
            yield _line(block, " ".join(lines[at : at + count]), first=first, heading=True)
            first = False
        else:
            text.append(lines[at])
        at += count or 1
    if text:
        yield _line(block, "\n".join(text), first=first)


def _heading_lines(lines: Sequence[str], block: Block, titles: Titles, *, first: bool) -> int:
    """How many lines from here on make a heading; 0: none. Of titles told as well, the longer: what stands
    in brackets may be left out of one, and then is no text."""
    formed = first and bool(block.level or block.bold or block.label or block.lead)
    best, most = 0, SURE - 0.1
    for count in range(1, min(len(lines), _MOST_LINES) + 1):
        if not lines[count - 1].strip():
            break
        text = " ".join(line.strip() for line in lines[:count])
        label, title = read_label(text)
        likeness = titles.likeness(title, strong=formed or label is not None)
        if likeness >= most:
            best, most = count, likeness
    return best


def _line(block: Block, text: str, *, first: bool, heading: bool = False) -> Block:
    """One part of a paragraph; its form is the heading's, its automatic number the first part's."""
    if heading:
        return replace(block, text=text, lead="", label=block.label if first else "")
    label = block.label if first else ""
    return replace(block, text=text, label=label, lead="", level=0, bold=False)
