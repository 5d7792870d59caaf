"""Paragraphs that may be headings, and how like they are to the outline's titles. Pure.

A heading style, bold or capital letters and a number make a paragraph a likely heading; a plain one
must say the title nearly word for word. The number vouches for a shortened title and speaks against a
title of another number.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from intake.files.memo import cached_by_plan
from intake.report.blocks import Block
from intake.report.outline import Label, Outline, Target, outline_of, read_label, words
from plan.definition.model import PlanDefinition

LONGEST_HEADING = 420
"""Characters; the outline's own longest title has 380."""
LOOSE, SURE = 60.0, 92.0
_ROUNDED = 0.01
"""Letters that a length reckoned in fractions may be off."""
_SHUFFLED = 3.0
"""Points off for the same words in another order."""
_SPLIT = re.compile(r"[:.;–]\s")

# How alike a title must be, by what its number says: the same number vouches for a shortened title,
# another number asks for more.
_NEEDED = {"exact": 60.0, "same": 76.0, "none": 80.0, "other": 88.0}
_BONUS = {"exact": 20.0, "same": 12.0, "none": 0.0, "other": -12.0}


@dataclass(frozen=True)
class Candidate:
    """A paragraph that may be a heading. `rest` is text in the same paragraph after the heading."""

    block: int
    text: str
    label: Label | None
    strong: bool
    level: int
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Edge:
    candidate: int
    target: Target
    weight: float
    score: float
    vouched: bool
    """Alike enough to stand on its own; else only its place can speak for it."""


class _Wordings:
    """Titles as they are compared. What a title itself is like is remembered: every report bears them, and
    there are no more of them than the outline has."""

    def __init__(self, pairs: Sequence[tuple[str, Target]]) -> None:
        self.owners = [target for _, target in pairs]
        texts = [text for text, _ in pairs]
        self._known = set(texts)
        self._places = sorted(range(len(texts)), key=lambda place: len(texts[place]))
        self._texts = [texts[place] for place in self._places]
        self._lengths = [len(text) for text in self._texts]
        self._found: dict[tuple[str, float], list[tuple[float, Target]]] = {}

    def like(self, text: str, cutoff: float) -> list[tuple[float, Target]]:
        """How like the titles a text is (0–100), those at least so much."""
        if (text, cutoff) in self._found:
            return self._found[text, cutoff]
        near = self._near(len(text), cutoff)
        likely = process.extract(
            text, self._texts[near], scorer=fuzz.ratio, score_cutoff=cutoff, limit=None
        )
        places = [(-score, self._places[near.start + at]) for _, score, at in likely]
        found = [(-score, self.owners[place]) for score, place in sorted(places)]
        if text in self._known:
            self._found[text, cutoff] = found
        return found

    def _near(self, length: int, cutoff: float) -> slice:
        """The titles of a length at which a text can be so much like them: of what two texts share, at most
        the shorter counts, and twice, against both together."""
        shortest, longest = length * cutoff / (200 - cutoff), length * (200 - cutoff) / cutoff
        first = bisect_left(self._lengths, shortest - _ROUNDED)
        return slice(first, bisect_right(self._lengths, longest + _ROUNDED))


@cached_by_plan(8)
def titles_of(definition: PlanDefinition) -> Titles:
    """The titles of the plan's outline."""
    return Titles(outline_of(definition))


class Titles:
    """Every wording of every node, and how like one a text is."""

    def __init__(self, outline: Outline) -> None:
        self.targets = list(outline.targets.values())
        pairs = [(text, target) for target in self.targets for text in target.wordings]
        self.worded = _Wordings(pairs)
        self.shuffled = _Wordings([(_sorted(text), target) for text, target in pairs])
        self.bearers: dict[str, set[str]] = {}
        for text, target in pairs:
            self.bearers.setdefault(text, set()).add(target.id)
        self.longest = max((len(text) for text, _ in pairs), default=0) + 20
        self.ordered = sorted((text, place) for place, (text, _) in enumerate(pairs))
        self.numbered: dict[Label, list[Target]] = {}
        for target in self.targets:
            if target.label is not None and target.label.rank <= 5:
                self.numbered.setdefault(target.label, []).append(target)
        self.parts = {t.label.value: t for t in self.targets if t.label and t.label.rank == 1}

    def likeness(self, title: str, *, strong: bool) -> float:
        """How like the likest title a text is, 0–100. `strong`: formed as a heading, or numbered."""
        found = self._likely(words(title), None, strong)
        return max((score for score, _ in found), default=0.0)

    def sole_bearer(self, one: Candidate) -> str:
        """The one node whose title this heading says word for word; empty for none, and for several."""
        nodes = self.bearers.get(words(one.text), set()) if one.strong else set()
        return next(iter(nodes)) if len(nodes) == 1 else ""

    def candidates(self, index: int, block: Block) -> Iterator[Candidate]:
        """At most one: the whole line, its bold beginning, or what stands before a colon."""
        if block.rows or block.guidance or block.contents or not block.text:
            return
        line = " ".join(block.text.split())
        label, title = read_label(line)
        if block.label:
            label, _ = read_label(f"{block.label} ")
        strong = _is_strong(block, label, title)
        if block.lead and (split := self._lead(line, block.lead, title)):
            yield Candidate(index, split[0], label, True, block.level, split[1])
            return
        if (run_in := self._run_in(title)) is not None:
            yield Candidate(index, run_in[0], label, strong, block.level, run_in[1])
        elif len(line) <= LONGEST_HEADING:
            yield Candidate(index, title, label, strong, block.level)

    def _lead(self, line: str, lead: str, title: str) -> tuple[str, str] | None:
        """Bold words, then plain ones: the bold ones may be a heading with its text behind."""
        head = " ".join(lead.split())
        _, bare = read_label(head)
        if not bare or not title.startswith(bare) or len(words(bare).split()) < 2:
            return None
        return bare.rstrip(" :.;"), line[len(head) :].lstrip(" :.;–-")

    def _run_in(self, title: str) -> tuple[str, str] | None:
        """«Chất lượng: 85% có bằng đại học»: a title, a mark, then text."""
        for found in list(_SPLIT.finditer(title[: LONGEST_HEADING + 2]))[:6]:
            head = title[: found.start()]
            if words(head) in self.bearers and title[found.end() :].strip():
                whole = words(title)
                return None if whole in self.bearers else (head, title[found.end() :].strip())
        return None

    def edges(self, position: int, one: Candidate, wanted: set[str]) -> Iterator[Edge]:
        """The nodes this heading may be, the unlikely ones left out."""
        for score, target in self._likely(words(one.text), one.label, one.strong):
            relation = _relation(one.label, target.label)
            weight = score + _BONUS[relation] + (8 if target.id in wanted else 0)
            weight += (6 if one.level else 3) if one.strong else -10
            needed = _NEEDED[relation] if one.strong else SURE
            yield Edge(position, target, weight, score, score >= needed)

    def _likely(self, text: str, label: Label | None, strong: bool) -> list[tuple[float, Target]]:
        """Nodes and how like they are, the best wording of each."""
        best: dict[str, tuple[float, Target]] = {}
        for score, target in self._scores(text, label) if strong else self._same(text):
            if score > best.get(target.id, (0.0, target))[0]:
                best[target.id] = (score, target)
        return list(best.values())

    def _same(self, text: str) -> Iterator[tuple[float, Target]]:
        """Titles a plain paragraph says nearly word for word. Most of a report is plain paragraphs, and
        most of them are too long to be one: this must cost nothing."""
        if 0 < len(text) <= self.longest:
            yield from self.worded.like(text, SURE)

    def _scores(self, text: str, label: Label | None) -> Iterator[tuple[float, Target]]:
        if text and len(text) <= 2 * self.longest:
            yield from self.worded.like(text, LOOSE)
            for score, target in self.shuffled.like(_sorted(text), LOOSE + _SHUFFLED):
                yield score - _SHUFFLED, target
            yield from self._beginnings(text)
        if label is not None:
            if label.rank == 1 and label.value in self.parts:
                yield 95.0, self.parts[label.value]
            for target in self._abridged(text, label):
                yield 80.0, target

    def _beginnings(self, text: str) -> Iterator[tuple[float, Target]]:
        """Titles of which this is word for word the first half or more."""
        count = len(text.split())
        if count < 3:
            return
        first = bisect_left(self.ordered, (f"{text} ", 0))
        for title, place in self.ordered[first:]:
            if not title.startswith(f"{text} "):
                return
            if 2 * count >= len(title.split()):
                yield 88.0, self.worded.owners[place]

    def _abridged(self, text: str, label: Label) -> Iterator[Target]:
        """«4. Đánh giá chung» for «4. Đánh giá chung về …»: its own words, under its own number."""
        count = len(text.split())
        # «1.2.» stands once in the outline, «2.» many times.
        fewest = {"exact": 2, "same": 3}
        for target in self.numbered.get(label, ()):
            relation = _relation(label, target.label)
            for title in target.wordings:
                starts = count >= 2 and title.startswith(f"{text} ")
                within = count >= fewest.get(relation, 99) and f" {text} " in f" {title} "
                if starts or within:
                    yield target


def _sorted(text: str) -> str:
    return " ".join(sorted(text.split()))


def _is_strong(block: Block, label: Label | None, title: str) -> bool:
    """Formed as a heading: a heading style, all bold, all capitals, or a number (a dash is none)."""
    if block.level or block.bold:
        return True
    if label is not None and label.rank <= 5:
        return True
    return len(title.split()) >= 2 and title.isupper()


def _relation(own: Label | None, node: Label | None) -> str:
    """What a heading's number says about being this node."""
    if own is None or node is None or own.rank >= 6 or node.rank >= 6:
        return "none"
    if own.value == node.value and own.rank == node.rank:
        return "exact" if own.rank in (1, 4) else "same"
    if own.rank == node.rank:
        return "other"
    # «1.1.2» for 1.2 under 1., «3» for III.: another way of numbering, which says little.
    return "none"
