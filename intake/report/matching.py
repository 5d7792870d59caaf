"""Which paragraph is which heading of the outline. Pure.

Headings are likened to titles, then fitted to the outline's order as a whole: of all ways to read the
document from top to bottom as the outline, the one that explains most wins. What stands elsewhere than
the outline has it is placed afterwards, by a title no other node bears or by the heading it stands
under. A heading that could be two nodes and is not settled by order or parent is told, never guessed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from intake.report.blocks import Block, names_recipients
from intake.report.candidates import Candidate, Edge, Titles
from intake.report.outline import Outline, Target, read_label

NEAR = 4.0
"""Two readings closer than this are the same to us."""
_A_COPY = 3
"""So many headings of one node each, met again, are a copy of the outline and no chance."""
_CONTENTS = 8
"""Fewer headings are no table of contents."""
CLEARLY = 15.0
"""A reading better than another by so much is no rival but the right one."""


@dataclass(frozen=True)
class Hit:
    """A heading found: in which block, which node, what text follows on its line."""

    block: int
    node: str
    rest: str = ""


@dataclass
class Matching:
    """`hits` by block; `unsure` by block: the nodes it might be; `strangers`: headings of no node;
    `titles`: blocks that hold only the title of the part named on the line above."""

    hits: dict[int, Hit] = field(default_factory=dict)
    unsure: dict[int, tuple[str, ...]] = field(default_factory=dict)
    strangers: dict[int, Candidate] = field(default_factory=dict)
    titles: frozenset[int] = frozenset()
    repeats: dict[int, Hit] = field(default_factory=dict)
    """Headings that stand once more, by block."""


def match_headings(
    blocks: Sequence[Block], outline: Outline, wanted: set[str], titles: Titles
) -> Matching:
    """Fits headings to nodes. `wanted` nodes are preferred where a title is borne by several."""
    below = frozenset(_title_lines(blocks))
    candidates = [
        one
        for index, block in enumerate(blocks)
        if index not in below
        for one in titles.candidates(index, block)
    ]
    matching = Matching(titles=below)
    copies = list(_copies(_without_annexes(candidates, blocks, titles), titles))
    for copy in copies:
        if len(copies) == 1 or _has_text(copy, blocks):
            _join(matching, _Fitter(outline, copy, titles, wanted).fit())
    return matching


def _without_annexes(
    candidates: list[Candidate], blocks: Sequence[Block], titles: Titles
) -> list[Candidate]:
    """What stands behind «Nơi nhận» is an annex, whose title may sound like a heading: no heading, unless
    so many titles stand there word for word that it is the outline."""
    end = next((n for n, block in enumerate(blocks) if names_recipients(block)), len(blocks))
    behind = [one for one in candidates if one.block > end]
    if sum(1 for one in behind if titles.sole_bearer(one)) >= _A_COPY:
        return candidates
    return [one for one in candidates if one.block <= end]


def _copies(candidates: Sequence[Candidate], titles: Titles) -> Iterator[Sequence[Candidate]]:
    """The outline parted where it begins anew: a copy pasted below the first, a contents typed above.
    Each is fitted alone, for order says nothing across them."""
    seen: set[str] = set()
    again = []
    for position, one in enumerate(candidates):
        node = titles.sole_bearer(one)
        if node in seen:
            again.append(position)
        elif node:
            seen.add(node)
    if len(again) < _A_COPY:
        yield candidates
        return
    cut = again[0]
    while cut > 1 and _stands_before(cut - 1, candidates):
        cut -= 1
    yield candidates[:cut]
    yield from _copies(candidates[cut:], titles)


def _stands_before(position: int, candidates: Sequence[Candidate]) -> bool:
    one = candidates[position]
    return one.strong and any(o.strong and o.text == one.text for o in candidates[:position])


def _has_text(copy: Sequence[Candidate], blocks: Sequence[Block]) -> bool:
    """Whether text stands between the headings: where none does, it is a table of contents."""
    strong = [one for one in copy if one.strong]
    if len(strong) < _CONTENTS:
        return True
    between = blocks[strong[0].block : strong[-1].block]
    plain = sum(1 for block in between if block.text and not block.guidance)
    return plain - len(strong) > len(strong) // 8


def _join(matching: Matching, copy: Matching) -> None:
    """A heading found once more is a repeat of the first."""
    taken = {hit.node for hit in matching.hits.values()}
    for block, hit in copy.hits.items():
        if hit.node in taken:
            matching.repeats[block] = hit
        else:
            matching.hits[block] = hit
    matching.unsure.update(copy.unsure)
    matching.strangers.update(copy.strangers)


def _title_lines(blocks: Sequence[Block]) -> Iterator[int]:
    """«Phần thứ nhất» stands alone, its title on the next line, as the decree sets it."""
    for index, (block, below) in enumerate(pairwise(blocks), start=1):
        label, rest = read_label(block.text)
        if label is None or label.rank != 1 or rest or block.contents or below.rows:
            continue
        own, _ = read_label(below.text)
        if own is None and not below.label and (below.bold or below.level or below.text.isupper()):
            yield index


# --- fitting ----------------------------------------------------------------------------------------


class _Fitter:
    def __init__(
        self, outline: Outline, candidates: Sequence[Candidate], titles: Titles, wanted: set[str]
    ) -> None:
        self.outline, self.candidates = outline, candidates
        self.edges = {
            position: found
            for position, one in enumerate(candidates)
            if (found := list(titles.edges(position, one, wanted)))
        }
        self.chosen: dict[int, Edge] = {}
        self.taken: set[str] = set()
        self.unsure: dict[int, tuple[str, ...]] = {}

    def fit(self) -> Matching:
        self._take(_best_in_order(edge for edge in self._every() if edge.vouched))
        self._prefer_children()
        self._give_back_misplaced()
        self._give_back_unsure()
        self._place_elsewhere()
        self._place_worded_otherwise()
        return self._result()

    def _every(self) -> Iterator[Edge]:
        return (edge for edges in self.edges.values() for edge in edges)

    def _prefer_children(self) -> None:
        """Fit again, the children of sure headings first: «Tồn tại, hạn chế» under I.4 is I.4's."""
        sure = {e.target.id for e in self.chosen.values() if not self._rivals(e)}
        for position, edges in self.edges.items():
            self.edges[position] = [
                replace(edge, weight=edge.weight + CLEARLY) if edge.target.parent in sure else edge
                for edge in edges
            ]
        self.chosen, self.taken = {}, set()
        self._take(_best_in_order(edge for edge in self._every() if edge.vouched))

    def _take(self, edges: Sequence[Edge]) -> None:
        for edge in edges:
            self.chosen[edge.candidate] = edge
            self.taken.add(edge.target.id)

    def _open(self, position: int) -> list[Edge]:
        """What this heading may still be, if it is nothing yet."""
        if position in self.chosen or position in self.unsure:
            return []
        return [edge for edge in self.edges[position] if edge.target.id not in self.taken]

    # settled or not

    def _give_back_unsure(self) -> None:
        """Headings that other nodes would fit as well, and neither order nor parent decides."""
        doubtful = {position for position, edge in self.chosen.items() if self._rivals(edge)}
        fixed = sorted(set(self.chosen) - doubtful)
        for position in sorted(doubtful):
            nodes = self._undecided(self.chosen[position], fixed)
            if nodes:
                self.unsure[position] = tuple(nodes)
        for position in self.unsure:
            self.taken.discard(self.chosen.pop(position).target.id)

    def _give_back_misplaced(self) -> None:
        """A heading that order took for another although its number names a free node: out of order."""
        for position, edge in list(self.chosen.items()):
            better = (
                rival
                for rival in self.edges[position]
                if rival.weight >= edge.weight + CLEARLY and rival.target.id not in self.taken
            )
            if any(better):
                self.taken.discard(self.chosen.pop(position).target.id)

    def _rivals(self, edge: Edge) -> list[Target]:
        return [
            rival.target
            for rival in self.edges[edge.candidate]
            if rival.target.id != edge.target.id and rival.weight >= edge.weight - NEAR
        ]

    def _undecided(self, edge: Edge, fixed: Sequence[int]) -> list[str]:
        """The nodes it could be between the sure headings round it; none where each of them has its
        own heading, or only this one stands under its parent."""
        first, last = self._between(edge.candidate, fixed)
        rivals = [
            rival
            for rival in self._rivals(edge)
            if first < rival.order < last and self._anchored(rival) >= self._anchored(edge.target)
        ]
        if all(rival.id in self.taken for rival in rivals):
            return []
        return [t.id for t in sorted([edge.target, *rivals], key=lambda target: target.order)]

    def _between(self, position: int, fixed: Sequence[int]) -> tuple[int, int]:
        at = bisect_right(fixed, position)
        before = self.chosen[fixed[at - 1]].target.order if at else -1
        after = (
            self.chosen[fixed[at]].target.order if at < len(fixed) else len(self.outline.targets)
        )
        return before, after

    def _anchored(self, target: Target) -> bool:
        return not target.parent or target.parent in self.taken

    # out of order

    def _place_elsewhere(self) -> None:
        """What stands out of order: fitted again among itself, if its title is its own or its parent
        stands right above."""
        for _ in range(4):
            found = _best_in_order(
                edge
                for position in self.edges
                for edge in self._open(position)
                if edge.vouched and (self._only_bearer(edge) or self._under_own_parent(edge))
            )
            if not found:
                return
            self._take(found)

    def _only_bearer(self, edge: Edge) -> bool:
        others = (o for o in self.edges[edge.candidate] if o.target.id != edge.target.id)
        return edge.score >= 90 and all(edge.score - other.score > CLEARLY for other in others)

    def _under_own_parent(self, edge: Edge) -> bool:
        above = self._above(edge.candidate)
        if above is None:
            return False
        return edge.target.parent in {above.target.id, *self.outline.parents(above.target.id)}

    def _above(self, position: int) -> Edge | None:
        places = sorted(self.chosen)
        at = bisect_right(places, position) - 1
        return self.chosen[places[at]] if at >= 0 else None

    def _place_worded_otherwise(self) -> None:
        """A heading unlike its title, where only one free node fits the place it stands in."""
        for position in self.edges:
            if not self.candidates[position].strong:
                continue
            fitting = sorted(
                (edge for edge in self._open(position) if self._fits_place(edge)),
                key=lambda edge: -edge.weight,
            )
            if fitting and all(fitting[0].weight - e.weight >= 2 * NEAR for e in fitting[1:]):
                self._take(fitting[:1])

    def _fits_place(self, edge: Edge) -> bool:
        """After the heading above, and under its own parent or before the heading below."""
        above, below = self._above(edge.candidate), self._below(edge.candidate)
        if above is None or above.target.order >= edge.target.order:
            return False
        between = below is not None and edge.target.order < below.target.order
        return between or self._under_own_parent(edge)

    def _below(self, position: int) -> Edge | None:
        after = [place for place in self.chosen if place > position]
        return self.chosen[min(after)] if after else None

    def _result(self) -> Matching:
        result = Matching()
        for position, one in enumerate(self.candidates):
            if position in self.chosen:
                result.hits[one.block] = Hit(one.block, self.chosen[position].target.id, one.rest)
            elif position in self.unsure:
                result.unsure[one.block] = self.unsure[position]
            elif one.level or (one.strong and one.label is not None and len(one.text) < 200):
                result.strangers[one.block] = one
        return result


def _best_in_order(edges: Iterator[Edge]) -> list[Edge]:
    """The heaviest choice of edges in which headings and nodes both go forward (a Fenwick tree of
    the best chain ending before each node: n log n)."""
    by_candidate: dict[int, list[Edge]] = {}
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
    found: list[Edge] = []
    while best is not None:
        found.append(best.edge)
        best = best.before
    return found[::-1]


@dataclass(frozen=True, slots=True)
class _Chain:
    weight: float
    edge: Edge
    before: _Chain | None

    @staticmethod
    def after(before: _Chain | None, edge: Edge) -> _Chain:
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
