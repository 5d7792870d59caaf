"""Which paragraph is which heading of the outline. Pure.

Headings are likened to titles, then fitted to the outline's order as a whole: of all ways to read the
document from top to bottom as the outline, the one that explains most wins. What stands elsewhere than
the outline has it is placed afterwards, by a title no other node bears or by the heading it stands
under. A heading that could be two nodes and is not settled by order or parent is told, never guessed.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rapidfuzz import fuzz, process

from consolidation.intake.report_blocks import Block
from consolidation.intake.report_outline import Label, Outline, Target, read_label, words

LONGEST_HEADING = 420
"""Characters; the outline's own longest title has 380."""
LOOSE, SURE = 60.0, 92.0
NEAR = 4.0
"""Two readings closer than this are the same to us."""
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


@dataclass(frozen=True)
class Hit:
    """A heading found: in which block, which node, what text follows on its line."""

    block: int
    node: str
    rest: str = ""


@dataclass
class Matching:
    """`hits` by block; `unsure` by block: the nodes it might be; `strangers`: headings of no node."""

    hits: dict[int, Hit] = field(default_factory=dict)
    unsure: dict[int, tuple[str, ...]] = field(default_factory=dict)
    strangers: dict[int, Candidate] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Edge:
    candidate: int
    target: Target
    weight: float
    score: float
    vouched: bool
    """Alike enough to stand on its own; else only its place can speak for it."""


def match_headings(blocks: Sequence[Block], outline: Outline, wanted: set[str]) -> Matching:
    """Fits headings to nodes. `wanted` nodes are preferred where a title is borne by several."""
    titles = _Titles(outline)
    candidates = [one for i, block in enumerate(blocks) for one in titles.candidates(i, block)]
    fitter = _Fitter(outline, candidates, titles, wanted)
    return fitter.fit()


# --- likeness ---------------------------------------------------------------------------------------


class _Titles:
    """Every wording of every node, and how like one a text is."""

    def __init__(self, outline: Outline) -> None:
        self.targets = list(outline.targets.values())
        pairs = [(text, target) for target in self.targets for text in target.wordings]
        self.texts = [text for text, _ in pairs]
        self.owners = [target for _, target in pairs]
        self.known = set(self.texts)
        self.parts = {t.label.value: t for t in self.targets if t.label and t.label.rank == 1}

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
            if words(head) in self.known and title[found.end() :].strip():
                whole = words(title)
                return None if whole in self.known else (head, title[found.end() :].strip())
        return None

    def edges(self, position: int, one: Candidate, wanted: set[str]) -> Iterator[_Edge]:
        """The nodes this heading may be, the unlikely ones left out."""
        text = words(one.text)
        best: dict[str, tuple[float, Target]] = {}
        for score, target in self._alike(text):
            if score > best.get(target.id, (0.0, target))[0]:
                best[target.id] = (score, target)
        if one.label and one.label.rank == 1 and one.label.value in self.parts:
            part = self.parts[one.label.value]
            best[part.id] = (max(95.0, best.get(part.id, (0.0, part))[0]), part)
        for score, target in best.values():
            relation = _relation(one.label, target.label)
            weight = score + _BONUS[relation] + (8 if target.id in wanted else 0)
            weight += (6 if one.level else 3) if one.strong else -10
            needed = _NEEDED[relation] if one.strong else SURE
            if one.strong or score >= SURE:
                yield _Edge(position, target, weight, score, score >= needed)

    def _alike(self, text: str) -> Iterator[tuple[float, Target]]:
        if not text:
            return
        for scorer, off in ((fuzz.ratio, 0.0), (fuzz.token_sort_ratio, 3.0)):
            found = process.extract(
                text, self.texts, scorer=scorer, score_cutoff=LOOSE + off, limit=None
            )
            yield from ((score - off, self.owners[place]) for _, score, place in found)
        count = len(text.split())
        if count >= 3:
            for place, title in enumerate(self.texts):
                if title.startswith(f"{text} ") and 2 * count >= len(title.split()):
                    yield 88.0, self.owners[place]


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


# --- fitting ----------------------------------------------------------------------------------------


class _Fitter:
    def __init__(
        self,
        outline: Outline,
        candidates: Sequence[Candidate],
        titles: _Titles,
        wanted: set[str],
    ) -> None:
        self.outline, self.candidates = outline, candidates
        self.edges = [
            edge
            for position, one in enumerate(candidates)
            for edge in titles.edges(position, one, wanted)
        ]
        self.chosen: dict[int, _Edge] = {}
        self.taken: set[str] = set()

    def fit(self) -> Matching:
        self._take(_best_in_order(edge for edge in self.edges if edge.vouched))
        unsure = self._give_back_unsure()
        self._place_elsewhere()
        self._place_under_parent()
        return self._result(unsure)

    def _take(self, edges: Sequence[_Edge]) -> None:
        for edge in edges:
            self.chosen[edge.candidate] = edge
            self.taken.add(edge.target.id)

    def _open(self) -> list[_Edge]:
        """Edges whose heading and node are both still free."""
        return [
            edge
            for edge in self.edges
            if edge.candidate not in self.chosen and edge.target.id not in self.taken
        ]

    def _give_back_unsure(self) -> dict[int, tuple[str, ...]]:
        """Headings that fit several free nodes between their neighbours equally well."""
        unsure: dict[int, tuple[str, ...]] = {}
        places = sorted(self.chosen)
        for at, position in enumerate(places):
            edge = self.chosen[position]
            before = self.chosen[places[at - 1]].target.order if at else -1
            after = (
                self.chosen[places[at + 1]].target.order
                if at + 1 < len(places)
                else len(self.outline.targets)
            )
            rivals = [
                rival.target
                for rival in self.edges
                if rival.candidate == position
                and rival.target.id not in self.taken
                and before < rival.target.order < after
                and rival.weight >= edge.weight - NEAR
                and self._anchored(rival.target) >= self._anchored(edge.target)
            ]
            if rivals:
                nodes = sorted([edge.target, *rivals], key=lambda target: target.order)
                unsure[position] = tuple(target.id for target in nodes)
        for position in unsure:
            self.taken.discard(self.chosen.pop(position).target.id)
        return unsure

    def _anchored(self, target: Target) -> bool:
        return not target.parent or target.parent in self.taken

    def _place_elsewhere(self) -> None:
        """What stands out of order: fitted again among itself, if its title is its own or its parent
        stands right above."""
        for _ in range(4):
            open_edges = [
                edge
                for edge in self._open()
                if edge.vouched and (self._only_bearer(edge) or self._under_own_parent(edge))
            ]
            found = _best_in_order(open_edges)
            if not found:
                return
            self._take(found)

    def _only_bearer(self, edge: _Edge) -> bool:
        rivals = [
            other
            for other in self.edges
            if other.candidate == edge.candidate and other.target.id != edge.target.id
        ]
        return edge.score >= 90 and all(edge.score - other.score > 15 for other in rivals)

    def _under_own_parent(self, edge: _Edge) -> bool:
        above = self._above(edge.candidate)
        if above is None:
            return False
        return edge.target.parent in {above.target.id, *self.outline.parents(above.target.id)}

    def _above(self, position: int) -> _Edge | None:
        places = sorted(self.chosen)
        at = bisect_right(places, position) - 1
        return self.chosen[places[at]] if at >= 0 else None

    def _place_under_parent(self) -> None:
        """A heading worded otherwise, where only one free child of the section it stands in is like it."""
        for position, one in enumerate(self.candidates):
            if position in self.chosen or not one.strong:
                continue
            fitting = sorted(
                (e for e in self._open() if e.candidate == position and self._may_follow(e)),
                key=lambda edge: -edge.weight,
            )
            if fitting and all(fitting[0].weight - e.weight >= 2 * NEAR for e in fitting[1:]):
                self._take(fitting[:1])

    def _may_follow(self, edge: _Edge) -> bool:
        """Under its own parent, and between its elder and younger siblings."""
        if not self._under_own_parent(edge):
            return False
        above = self._above(edge.candidate)
        return above is None or above.target.order < edge.target.order

    def _result(self, unsure: dict[int, tuple[str, ...]]) -> Matching:
        result = Matching()
        for position, one in enumerate(self.candidates):
            if position in self.chosen:
                result.hits[one.block] = Hit(one.block, self.chosen[position].target.id, one.rest)
            elif position in unsure:
                result.unsure[one.block] = unsure[position]
            elif one.level or (one.strong and one.label is not None and len(one.text) < 200):
                result.strangers[one.block] = one
        return result


def _best_in_order(edges: Iterator[_Edge] | Sequence[_Edge]) -> list[_Edge]:
    """The heaviest choice of edges in which headings and nodes both go forward (a Fenwick tree of
    the best chain ending before each node: n log n)."""
    by_candidate: dict[int, list[_Edge]] = {}
    size = 0
    for edge in edges:
        by_candidate.setdefault(edge.candidate, []).append(edge)
        size = max(size, edge.target.order + 1)
    tree: list[_Chain | None] = [None] * (size + 1)
    best: _Chain | None = None
    for position in sorted(by_candidate):
        chains = [_Chain.after(_lookup(tree, e.target.order), e) for e in by_candidate[position]]
        for chain in chains:
            _store(tree, chain.edge.target.order + 1, chain)
            best = chain if best is None or chain.weight > best.weight else best
    found: list[_Edge] = []
    while best is not None:
        found.append(best.edge)
        best = best.before
    return found[::-1]


@dataclass(frozen=True, slots=True)
class _Chain:
    weight: float
    edge: _Edge
    before: _Chain | None

    @staticmethod
    def after(before: _Chain | None, edge: _Edge) -> _Chain:
        return _Chain(edge.weight + (before.weight if before else 0.0), edge, before)


def _lookup(tree: list[_Chain | None], order: int) -> _Chain | None:
    """The heaviest chain ending at a node before `order`."""
    best: _Chain | None = None
    while order > 0:
        here = tree[order]
        if here is not None and (best is None or here.weight > best.weight):
            best = here
        order -= order & -order
    return best


def _store(tree: list[_Chain | None], place: int, chain: _Chain) -> None:
    while place < len(tree):
        here = tree[place]
        if here is None or chain.weight > here.weight:
            tree[place] = chain
        place += place & -place
