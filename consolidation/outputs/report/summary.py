"""The draft report on one page for the leadership: what changed most, who was late, what needs a decision.

page = summary_of(material)       # what it says; the slides say the same
built = build_summary(material)   # the .docx
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from consolidation.figures.gather import Figures
from consolidation.figures.rows import IndicatorRow
from consolidation.inputs import Input
from consolidation.outputs.compilation import BuiltDocument, coverage_words, document_facts
from consolidation.outputs.grouping import Group, grouped, points_of
from consolidation.outputs.headings import proposes
from consolidation.outputs.material import Material
from consolidation.outputs.narratives import Narratives, Prose, narratives_of
from consolidation.outputs.report.figures import Goal, goals, in_period, numeric, value_words
from consolidation.outputs.signing import coordinator_on, head, sign
from documents import blocks
from plan.definition.appendices import Period, ValueType
from plan.definition.model import OutlineNode
from plan.text import join_names, number_words

MOST_CHANGES = 5
SMALLEST_BASE = 20
"""A figure that starts below it changes by large shares that say little."""
MOST_DECISIONS = 3
"""Proposals of most agencies that are put to the leadership."""
MOST_LETTERS = 110
"""Of a label or goal on the one page."""
MOST_NAMES = 12
MOST_GOALS = 4


@dataclass(frozen=True)
class Change:
    """A figure between its first and its last whole period; `share` in percent, or percentage points."""

    row: IndicatorRow
    first: Period
    before: float
    last: Period
    after: float
    share: float

    @property
    def label(self) -> str:
        return _short(self.row.short_label)

    def words(self, value: float) -> str:
        return value_words(self.row, value)

    @property
    def share_words(self) -> str:
        """«+171,4%», «-12,5 điểm %»."""
        sign = "+" if self.share > 0 else "-"
        what = " điểm %" if self.row.indicator.type is ValueType.percent else "%"
        return f"{sign}{number_words(round(abs(self.share), 1))}{what}"


@dataclass(frozen=True)
class Summary:
    """What the leadership is told; both the page and the slides are written from it."""

    coverage: str
    changes: tuple[Change, ...]
    late: tuple[str, ...]
    owing: tuple[str, ...]
    waiting: tuple[str, ...]
    """Agencies by their short names: late, yet to hand in, waiting for review."""
    goals: tuple[Goal, ...]
    proposals: tuple[tuple[str, int], ...]
    """Wording of a proposal, and how many agencies make it; most agencies first."""

    @property
    def failed(self) -> tuple[Goal, ...]:
        return tuple(goal for goal in self.goals if goal.reached is False)


def summary_of(material: Material) -> Summary:
    """Pure. Comparing proposals costs a square of their number, heading by heading."""
    items = material.inputs.items
    rows = list(material.figures.book.rows.values())
    return Summary(
        coverage=coverage_words(material),
        changes=tuple(changed_most(material.figures, rows)),
        late=_names(one for one in items if _late(one)),
        owing=_names(material.inputs.owing),
        waiting=_names(material.inputs.waiting),
        goals=tuple(goals(material.figures, rows, material.notes)),
        proposals=tuple(_proposals(narratives_of(material))),
    )


def changed_most(figures: Figures, rows: Sequence[IndicatorRow]) -> list[Change]:
    """The figures that changed most between the first and the last whole period, relative to the first."""
    known = [change for row in numeric(rows) if (change := _change(figures, row)) is not None]
    return sorted(known, key=lambda change: -abs(change.share))[:MOST_CHANGES]


def _change(figures: Figures, row: IndicatorRow) -> Change | None:
    whole = [
        (period, value)
        for period in row.periods
        if not period.partial
        and isinstance(value := figures.at(row.name, period.key).value, int | float)
    ]
    if len(whole) < 2:
        return None
    (first, before), (last, after) = whole[0], whole[-1]
    if row.indicator.type is ValueType.percent:
        return Change(row, first, before, last, after, after - before)
    if before < SMALLEST_BASE:
        return None
    return Change(row, first, before, last, after, 100 * (after - before) / before)


def _late(item: Input) -> bool:
    return bool(item.due_at and item.decisive_at and item.decisive_at > item.due_at)


def _names(items: Iterable[Input]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.agency_short for item in items))


def _proposals(narratives: Narratives) -> list[tuple[str, int]]:
    groups: list[Group] = []
    for root in narratives.roots:
        if proposes(root):
            for node in _leaves(root):
                texts = narratives.under(node.id).written
                points = [one for voice, text in texts for one in points_of(voice.agency, text)]
                groups += grouped(points)
    groups.sort(key=lambda group: -len(group.agencies))
    return [(group.lead.text.rstrip(" .;"), len(group.agencies)) for group in groups]


def _leaves(node: OutlineNode) -> list[OutlineNode]:
    below = [leaf for child in node.children for leaf in _leaves(child)]
    return below or [node]


def _short(text: str) -> str:
    """At most `MOST_LETTERS`, cut at a word."""
    if len(text) <= MOST_LETTERS:
        return text
    return f"{text[:MOST_LETTERS].rpartition(' ')[0].rstrip(' ,;:(')}…"


# --- the page ----------------------------------------------------------------------------------


def build_summary(material: Material) -> BuiltDocument:
    """The .docx, one page, in the decree's form."""
    page, definition = summary_of(material), material.definition
    issuer = coordinator_on(definition, material.inputs.names_on)
    prose = Prose(blocks.new_document())
    title = f"Tóm tắt {material.inputs.output.title[:1].lower()}{material.inputs.output.title[1:]}"
    head(prose.document, issuer, material.inputs.written_on.year, title)
    prose.line(page.coverage)
    _changes(prose, page)
    _handing_in(prose, page)
    _decisions(prose, page)
    sign(prose.document, definition, issuer)
    data = blocks.save(prose.document, document_facts(material, title))
    return BuiltDocument(data, tuple(prose.meant))


def _changes(prose: Prose, page: Summary) -> None:
    if not page.changes:
        return
    prose.line("1. Số liệu thay đổi nhiều nhất:", bold=True, leads=True)
    prose.table(
        ["Chỉ tiêu", "Đầu kỳ", "Cuối kỳ", "Thay đổi"],
        [
            [
                one.label,
                f"{one.words(one.before)} ({in_period(one.first)})",
                f"{one.words(one.after)} ({in_period(one.last)})",
                one.share_words,
            ]
            for one in page.changes
        ],
        widths=(66, 36, 36, 22),
        align=("left", "right", "right", "right"),
    )


def _handing_in(prose: Prose, page: Summary) -> None:
    prose.line("2. Chấp hành thời hạn:", bold=True, leads=True)
    late = join_names(page.late, MOST_NAMES, "cơ quan")
    owing = join_names(page.owing, MOST_NAMES, "cơ quan")
    waiting = join_names(page.waiting, MOST_NAMES, "cơ quan")
    prose.line(
        f"Nộp trễ: {late or 'không có'}. Chưa nộp: {owing or 'không có'}."
        + (f" Đã nộp, chờ duyệt: {waiting}." if waiting else "")
    )


def _decisions(prose: Prose, page: Summary) -> None:
    prose.line("3. Cần lãnh đạo cho ý kiến:", bold=True, leads=True)
    failed = page.failed
    if failed:
        named = "; ".join(f"«{_short(goal.title)}»" for goal in failed[:MOST_GOALS])
        more = f" và {len(failed) - MOST_GOALS} mục tiêu khác" if len(failed) > MOST_GOALS else ""
        prose.line(f"- {len(failed)}/{len(page.goals)} mục tiêu không đạt: {named}{more}.")
    for words, count in page.proposals[:MOST_DECISIONS]:
        prose.line(f"- {_short(words)} ({count} cơ quan đề xuất).")
    if not failed and not page.proposals:
        prose.line("Không có nội dung nào.")
