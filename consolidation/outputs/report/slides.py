"""Slides for the conference: 8–10 pages with native charts, which whoever presents can edit in PowerPoint.

They say what the draft and its summary say; a key figure a page, goals, who proposes what. Made when asked
for, not with every run.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC
from typing import Any

from pptx import Presentation
from pptx.chart.data import CategoryChartData
from pptx.dml.color import RGBColor
from pptx.enum.chart import XL_CHART_TYPE, XL_LABEL_POSITION
from pptx.util import Emu, Mm, Pt

from consolidation.figures.gather import Figures
from consolidation.figures.rows import IndicatorRow
from consolidation.outputs.charts import adds_up
from consolidation.outputs.material import Material
from consolidation.outputs.report.figures import filled, goals_linked, in_period, numeric, sentence
from consolidation.outputs.report.summary import Summary, changed_most, summary_of
from consolidation.outputs.signing import coordinator_on
from documents.styles import FONT
from plan.definition.appendices import ValueType
from plan.text import join_names, long_date

WIDTH, HEIGHT = Mm(338.7), Mm(190.5)
"""16:9."""
MARGIN = Mm(16)
MOST_FIGURES = 5
"""Pages of one figure each; with the others 8 to 10 pages."""
MOST_LINES = 6
"""On a page; what does not fit is counted."""
ACCENT, INK = RGBColor(0x9C, 0x1C, 0x28), RGBColor(0, 0, 0)


def build_slides(material: Material) -> bytes:
    """The .pptx."""
    deck, said = _Deck(), summary_of(material)
    issuer = coordinator_on(material.definition, material.inputs.names_on)
    day = long_date(material.inputs.written_on)
    deck.title(material.definition.title, f"{issuer.name}, {day}")
    deck.lines("Tình hình gửi báo cáo", _handed_in(said))
    for row in _figures(material.figures):
        deck.figure(material.figures, row)
    _goals(deck, said)
    deck.lines("Đề xuất, kiến nghị nhiều cơ quan cùng nêu", _proposals(said.proposals))
    deck.lines("Nội dung xin ý kiến hội nghị", _decisions(said))
    return deck.save(material)


def _figures(figures: Figures) -> list[IndicatorRow]:
    """Key indicators with two periods at least, then whatever changed most."""
    rows = [r for r in numeric(list(figures.book.rows.values())) if r.table.layout == "rows"]
    known = [row for row in rows if filled(figures, row) and row.indicator.key_indicator]
    more = [one.row for one in changed_most(figures, rows) if one.row not in known]
    return [*known, *more][:MOST_FIGURES]


def _handed_in(said: Summary) -> list[str]:
    late = join_names(said.late, 12, "cơ quan") or "không có"
    owing = join_names(said.owing, 12, "cơ quan") or "không có"
    waiting = join_names(said.waiting, 12, "cơ quan")
    reviewed = [f"Đã gửi, chờ duyệt: {waiting}."] if waiting else []
    return [said.coverage, f"Gửi trễ: {late}.", f"Chưa gửi: {owing}.", *reviewed]


def _proposals(proposals: Sequence[tuple[str, int]]) -> list[str]:
    lines = [f"{words} ({count} cơ quan)." for words, count in proposals]
    return _fitting(lines, "đề xuất") or ["Chưa có đề xuất."]


def _decisions(said: Summary) -> list[str]:
    lines = [f"Giải pháp cho mục tiêu không đạt: {goal.title}." for goal in said.failed]
    return _fitting(lines, "nội dung") or ["Thống nhất nội dung dự thảo báo cáo tổng kết."]


def _fitting(lines: Sequence[str], noun: str) -> list[str]:
    hidden = len(lines) - MOST_LINES
    more = [f"Và {hidden} {noun} khác, nêu trong dự thảo báo cáo."] if hidden > 0 else []
    return [*lines[:MOST_LINES], *more]


def _goals(deck: _Deck, said: Summary) -> None:
    if not said.goals:
        return
    counts = {
        "Đạt": sum(goal.reached is True for goal in said.goals),
        "Không đạt": len(said.failed),
        "Chưa đánh giá": sum(goal.reached is None for goal in said.goals),
    }
    words = f"{counts['Đạt']}/{len(said.goals)} mục tiêu đạt"
    told = {name: count for name, count in counts.items() if count}
    deck.chart(f"Mức độ thực hiện các mục tiêu: {words}", list(told), list(told.values()), "")


class _Deck:
    """Pages one after another, on blank layouts."""

    def __init__(self) -> None:
        self.deck = Presentation()
        self.deck.slide_width, self.deck.slide_height = WIDTH, HEIGHT

    def title(self, title: str, below: str) -> None:
        page = self._page()
        self._text(page, Mm(60), Mm(50), [title], 36, bold=True)
        self._text(page, Mm(120), Mm(20), [below], 20)

    def lines(self, title: str, lines: Sequence[str]) -> None:
        page = self._page(title)
        self._text(page, Mm(45), HEIGHT - Mm(55), [f"- {line}" for line in lines], 20)

    def figure(self, figures: Figures, row: IndicatorRow) -> None:
        """A figure over its periods, and the sentence that the report says of it. A part of a year does not
        stand beside whole ones."""
        known = [
            (in_period(period), float(value))
            for period in row.periods
            if not (period.partial and adds_up(row))
            and isinstance(value := figures.at(row.name, period.key).value, int | float)
        ]
        words = sentence(figures, row, goals_linked(figures))
        names, values = [name for name, _ in known], [value for _, value in known]
        line = row.indicator.type is ValueType.percent
        self.chart(row.full_label, names, values, words, line=line)

    def chart(
        self,
        title: str,
        names: Sequence[str],
        values: Sequence[float],
        words: str,
        *,
        line: bool = False,
    ) -> None:
        page = self._page(title)
        data = CategoryChartData(number_format="#,##0.0" if line else "#,##0")
        data.categories = names
        data.add_series(title, values)
        kind = XL_CHART_TYPE.LINE_MARKERS if line else XL_CHART_TYPE.COLUMN_CLUSTERED
        height = HEIGHT - Mm(80 if words else 52)
        frame = page.shapes.add_chart(kind, MARGIN, Mm(40), WIDTH - 2 * MARGIN, height, data)
        _look(frame.chart, line=line)
        if words:
            self._text(page, HEIGHT - Mm(36), Mm(28), [words], 18)

    def save(self, material: Material) -> bytes:
        core = self.deck.core_properties
        at = material.inputs.written_at.astimezone(UTC).replace(tzinfo=None)
        core.title, core.author = material.inputs.output.title, material.definition.number
        core.created = core.modified = core.last_printed = at
        core.last_modified_by, core.language = material.definition.number, "vi-VN"
        target = io.BytesIO()
        self.deck.save(target)
        return target.getvalue()

    def _page(self, title: str = "") -> Any:
        page = self.deck.slides.add_slide(self.deck.slide_layouts[6])  # blank
        if title:
            self._text(page, Mm(10), Mm(28), [title], 26, bold=True, colour=ACCENT)
        return page

    def _text(
        self,
        page: Any,
        top: Emu,
        height: Emu,
        lines: Sequence[str],
        size: int,
        *,
        bold: bool = False,
        colour: RGBColor = INK,
    ) -> None:
        box = page.shapes.add_textbox(MARGIN, top, WIDTH - 2 * MARGIN, height)
        box.text_frame.word_wrap = True
        for position, line in enumerate(lines):
            frame = box.text_frame
            paragraph = frame.paragraphs[0] if position == 0 else frame.add_paragraph()
            run = paragraph.add_run()
            run.text = line
            run.font.size, run.font.bold, run.font.name = Pt(size), bold, FONT
            run.font.color.rgb = colour
            paragraph.space_after = Pt(8)


def _look(chart: Any, *, line: bool) -> None:
    chart.has_legend = chart.has_title = False
    chart.font.size, chart.font.name = Pt(14), FONT
    plot = chart.plots[0]
    plot.has_data_labels = True
    plot.data_labels.show_value = True
    plot.data_labels.position = XL_LABEL_POSITION.ABOVE if line else XL_LABEL_POSITION.OUTSIDE_END
    series = plot.series[0]
    if line:
        series.format.line.color.rgb, series.smooth = ACCENT, False
    else:
        series.format.fill.solid()
        series.format.fill.fore_color.rgb = ACCENT
        chart.value_axis.minimum_scale = 0
    chart.value_axis.has_major_gridlines = False
