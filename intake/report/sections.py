"""From blocks and found headings to the text under each node. Pure.

What is no report text is left out: guidance, dotted lines to fill in, a heading's own words repeated,
the contents, the closing sentence and the signature. Text under a heading of the writer's own goes to
the section that heading stands in; text under a heading that could be two goes nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz

from intake.report.blocks import Block, closes
from intake.report.candidates import Candidate
from intake.report.left_out import LeftOut, behind_closing, prose
from intake.report.matching import Matching
from intake.report.outline import Outline, read_label, words

_BLANK_TO_FILL = re.compile(r"[\s.…_·,;:\-–—\[\]()«»\"'/\\|]*")
_ECHO = 88.0
"""How like a node's title a line must be to be its title again."""


@dataclass
class Sections:
    """Text by node, in reading order; `unplaced` is what stands under unsure headings."""

    text: dict[str, list[str]] = field(default_factory=dict)
    found: set[str] = field(default_factory=set)
    unplaced: int = 0
    twice: dict[str, None] = field(default_factory=dict)
    """Nodes with text under a second heading, in reading order."""
    left_out: LeftOut = field(default_factory=LeftOut)

    def add(self, node: str, line: str) -> None:
        if node:
            self.text.setdefault(node, []).append(line)
        else:
            self.unplaced += 1


def gather_sections(blocks: Sequence[Block], matching: Matching, outline: Outline) -> Sections:
    """The text under each node."""
    result = Sections()
    end = end_of_text(blocks, matching)
    node: str | None = None
    again = closed = False
    repeats = sorted(matching.repeats)
    for index, block in enumerate(blocks[:end]):
        hit = matching.hits.get(index) or matching.repeats.get(index)
        if hit is not None:
            node, again, closed = hit.node, index in matching.repeats, False
            result.found.add(node)
            result.text.setdefault(node, [])
            if hit.rest:
                result.add(node, hit.rest)
        elif index in matching.unsure:
            node, again = "", False
        elif closed or (repeats and index < repeats[0] and closes(block)):
            result.left_out.behind += _behind(block, opens=not closed)
            closed = True  # the signature of the first copy
        elif node is None:
            result.left_out.before += _texts(prose(block))
        elif is_text(block) and index not in matching.titles:
            if node and _echoes(block, outline, node):
                result.left_out.echoes += _texts(_echo(block, outline, node))
                continue
            if index in matching.strangers:
                node = home_of(matching.strangers[index], node, outline)
            if again:
                result.twice[node] = None
            result.add(node, _shown(block))
    for index, block in enumerate(blocks[end:]):
        result.left_out.behind += _behind(block, opens=index == 0)
    return result


def _behind(block: Block, *, opens: bool) -> list[str]:
    """What is prose in the closing paragraph (`opens`) or after it."""
    return _texts(behind_closing(block) if opens else prose(block))


def _texts(text: str) -> list[str]:
    return [text] if text else []


def home_of(stranger: Candidate, node: str, outline: Outline) -> str:
    """Where a heading of no node stands: in the nearest section of a higher rank than its own."""
    if not node or (stranger.label is None and not stranger.level):
        return node
    rank = stranger.label.rank if stranger.label else stranger.level
    for place in (node, *outline.parents(node)):
        if outline.targets[place].rank < rank:
            return place
    return ""


def is_text(block: Block) -> bool:
    """Whether somebody wrote something here."""
    if block.guidance or block.contents or not block.text.strip():
        return False
    return not _BLANK_TO_FILL.fullmatch(block.text)


def end_of_text(blocks: Sequence[Block], matching: Matching) -> int:
    """Where the closing sentence or «Nơi nhận» stands, after the last heading."""
    last = max([*matching.hits, *matching.repeats, *matching.unsure], default=-1)
    for index in range(last + 1, len(blocks)):
        if closes(blocks[index]):
            return index
    return len(blocks)


def _echoes(block: Block, outline: Outline, node: str) -> bool:
    """The title once more, on a line of its own."""
    if len(block.text) > 400 or block.rows:
        return False
    text = words(block.text)
    return any(fuzz.ratio(text, title) >= _ECHO for title in outline.targets[node].wordings)


def _echo(block: Block, outline: Outline, node: str) -> str:
    """The line where it says something else than the title; empty for the title itself."""
    text = words(block.text)
    _, bare = read_label(block.text)
    same = outline.targets[node].wordings
    return "" if text in same or words(bare) in same else block.text


def _shown(block: Block) -> str:
    label = f"{block.label} " if block.label and not block.rows else ""
    return f"{label}{block.text}"
