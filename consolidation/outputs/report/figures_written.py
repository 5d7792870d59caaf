"""The figures of a heading in the report: told in sentences, or in a table that a sentence refers to; a chart
of a key indicator; goals. Each table and chart stands once."""

from __future__ import annotations

from collections.abc import Sequence

from consolidation.figures.rows import IndicatorRow
from consolidation.outputs.charts import add_chart, worth_a_chart
from consolidation.outputs.material import Material
from consolidation.outputs.narratives import Prose
from consolidation.outputs.report.figures import (
    MOST_SENTENCES,
    FigureTable,
    Goal,
    filled,
    flag_sentences,
    flags,
    goals,
    goals_linked,
    numeric,
    rows_of,
    sentence,
    tables,
)
from plan.definition.model import OutlineNode

MOST_CHARTS = 1
"""Under a heading; its table holds the others' figures."""
GOAL_WIDTHS = (8, 62, 24, 66)


class FiguresWritten:
    """Writes figures, tables and charts, numbered through the report."""

    def __init__(self, prose: Prose, material: Material) -> None:
        self.prose, self.material = prose, material
        self.goals_linked = goals_linked(material.figures)
        self.tables = self.charts = 0
        self.shown: dict[tuple[tuple[str, ...], ...], int] = {}
        """What a table says → its number."""
        self.drawn: set[str] = set()
        self.told: set[str] = set()

    def of(self, node: OutlineNode, title: str) -> None:
        """Everything that the outline puts under this heading; `title`: as it is shown."""
        figures = self.material.figures
        rows = rows_of(figures, node.figures)
        known = [row for row in numeric(rows) if filled(figures, row)]
        asked = flags(rows)
        if len(known) <= MOST_SENTENCES:
            self._sentences(known)
        else:
            self._table_and_sentences(known, title)
        if told := flag_sentences(figures, asked):
            self.prose.line(" ".join(told))
        self._charts(known)
        self._unknown([row for row in (*numeric(rows), *asked) if not filled(figures, row)])
        if found := goals(figures, rows, self.material.notes):
            self._goals(found)

    def _sentences(self, rows: Sequence[IndicatorRow], then: str = "") -> None:
        """A figure is told once, however many headings it belongs to. `then`: what refers to a table."""
        fresh = [row for row in rows if row.name not in self.told]
        self.told |= {row.name for row in fresh}
        told = [sentence(self.material.figures, row, self.goals_linked) for row in fresh]
        if words := " ".join([*told, *([then] if then else [])]):
            self.prose.line(words, leads=bool(then))

    def _table_and_sentences(self, rows: Sequence[IndicatorRow], title: str) -> None:
        """The figures that matter most in a sentence, all of them in the table that it refers to."""
        leading = [row for row in rows if row.indicator.key_indicator] or rows[:1]
        for table in tables(self.material.figures, rows, title):
            if (earlier := self.shown.get(table.rows)) is not None:
                self.prose.line(f"Số liệu cụ thể nêu tại Bảng {earlier}.")
                continue
            self.tables += 1
            self.shown[table.rows] = self.tables
            self._sentences(leading, f"Số liệu cụ thể nêu tại Bảng {self.tables}.")
            leading = []
            self._table(table)

    def _table(self, table: FigureTable) -> None:
        self.prose.caption(f"Bảng {self.tables}. {table.title}")
        words = 2 if "Đơn vị tính" in table.heads else 1
        align = [*["left", "centre"][:words], *["right"] * (len(table.heads) - words)]
        self.prose.table(table.heads, table.rows, widths=table.widths, align=align, note=table.note)

    def _charts(self, rows: Sequence[IndicatorRow]) -> None:
        figures = self.material.figures
        worth = [r for r in rows if r.name not in self.drawn and worth_a_chart(figures, r)]
        for row in worth[:MOST_CHARTS]:
            self.drawn.add(row.name)
            self.charts += 1
            self.prose.line(f"Diễn biến qua các năm thể hiện ở Biểu đồ {self.charts}.", leads=True)
            add_chart(self.prose.document, figures, row, self.charts)
            source = row.appendix.heading.capitalize()
            self.prose.caption(f"Biểu đồ {self.charts}. {row.full_label} (nguồn: {source})")

    def _unknown(self, rows: Sequence[IndicatorRow]) -> None:
        """Figures nobody gave yet: one by its label, more by how many of which appendix."""
        by_owner: dict[tuple[str, str], list[IndicatorRow]] = {}
        for row in rows:
            by_owner.setdefault((row.owner, row.appendix.heading.capitalize()), []).append(row)
        for (owner, appendix), lacking in by_owner.items():
            who = f" ({self.material.name(owner)})" if owner else ""
            one = f"«{lacking[0].full_label}»" if len(lacking) == 1 else f"{len(lacking)} chỉ tiêu"
            self.prose.lacking(f"Chưa có số liệu: {one} của {appendix}{who}.")

    def _goals(self, found: Sequence[Goal]) -> None:
        """How many were reached; then each with its answer and why, those not reached first. A few are
        told in sentences."""
        if len(found) <= MOST_SENTENCES:
            for goal in found:
                why = f" ({goal.why})" if goal.why else ""
                answer = goal.answer.lower() or "chưa đánh giá"
                self.prose.line(f"Mục tiêu «{goal.title}»: {answer}{why}.")
            return
        reached = sum(goal.reached is True for goal in found)
        failed = sum(goal.reached is False for goal in found)
        words = f"Trong {len(found)} mục tiêu của giai đoạn có {reached} mục tiêu đạt"
        words += f", {failed} mục tiêu không đạt" if failed else ""
        open_ = len(found) - reached - failed
        words += f", {open_} mục tiêu chưa được đánh giá" if open_ else ""
        self.tables += 1
        self.prose.line(f"{words} (Bảng {self.tables}).", leads=True)
        self.prose.caption(f"Bảng {self.tables}. Mức độ thực hiện các mục tiêu")
        order = sorted(found, key=lambda goal: goal.reached is not False)
        self.prose.table(
            ["TT", "Mục tiêu", "Kết quả", "Căn cứ, nguyên nhân"],
            [
                [str(place), goal.title, goal.answer or "Chưa đánh giá", goal.why or "-"]
                for place, goal in enumerate(order, start=1)
            ],
            widths=GOAL_WIDTHS,
            align=("centre", "left", "centre", "left"),
            note="«-»: cơ quan đánh giá chưa nêu căn cứ.",
        )
