"""Figures of the appendices as a report tells them: sentences, tables, goals reached and not. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from consolidation.figures.gather import Figures
from consolidation.figures.rows import Row
from plan.definition.model import Period, ValueType
from plan.text import number_words

NUMBERS = frozenset({ValueType.count, ValueType.percent, ValueType.flag})
MOST_SENTENCES = 2
"""Up to so many figures are told in sentences; more stand in a table."""


MOST_HEAD = 18
"""Letters of a period's head."""
_NUMBERED = re.compile(r"^[IVX]+\.\s*")


@dataclass(frozen=True)
class FigureTable:
    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    note: str


@dataclass(frozen=True)
class Goals:
    """What was reached of goals that are answered by a choice."""

    reached: tuple[Row, ...]
    failed: tuple[Row, ...]
    unanswered: tuple[Row, ...]
    words: tuple[str, str]
    """How the choices read: «Đạt», «Không đạt»."""


def rows_of(figures: Figures, names: Iterable[str]) -> list[Row]:
    """The rows of these names, those of other outputs passed over."""
    return [figures.book.rows[name] for name in names if name in figures.book.rows]


def numeric(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.indicator.type in NUMBERS]


def filled(figures: Figures, row: Row) -> bool:
    """Whether there is a figure in any period."""
    return any(figures.at(row.name, period.key).value is not None for period in row.periods)


# --- sentences ---------------------------------------------------------------------------------


def sentence(figures: Figures, row: Row) -> str:
    """«Tổng số …: năm 2015: 323 văn bản; …; năm 2019: 396. Năm 2019 tăng 22,6% so với năm 2015.»"""
    unit = row.indicator.unit
    told: list[str] = []
    for period in row.periods:
        value = figures.at(row.name, period.key).value
        if value is not None:
            words = value_words(row, value)
            measured = f"{words} {unit}" if unit not in ("%", "1/0", "") and not told else words
            told.append(f"{_in_period(period)}: {measured}")
    lead = f"{row.full_label}: {'; '.join(told)}."
    return f"{lead} {_trend(figures, row)}".strip()


def value_words(row: Row, value: float | str | None, *, sign: str = "%") -> str:
    """«1.234», «98,5%» (`sign` behind a percentage), «có»; empty for a blank."""
    if value is None or isinstance(value, str):
        return value or ""
    if row.indicator.type is ValueType.flag and value in (0, 1):
        return "có" if value else "không"
    if row.indicator.type is ValueType.percent:
        return f"{number_words(round(value, 2))}{sign}"
    return number_words(round(value, 2))


def _in_period(period: Period) -> str:
    return period.label[:1].lower() + period.label[1:].replace("(Tính", "(tính")


def _trend(figures: Figures, row: Row) -> str:
    """The last whole period against the first; a partial one is compared with nothing."""
    if row.indicator.type is ValueType.flag:
        return ""
    whole = [
        (period, value)
        for period in row.periods
        if not period.partial
        and isinstance(value := figures.at(row.name, period.key).value, int | float)
    ]
    if len(whole) < 2 or not whole[0][1]:
        return ""
    (first, before), (last, after) = whole[0], whole[-1]
    if row.indicator.type is ValueType.percent:
        change, what = after - before, " điểm phần trăm"
    else:
        change, what = 100 * (after - before) / before, "%"
    if not round(change, 1):
        return f"{last.label} không đổi so với {_in_period(first)}."
    verb = "tăng" if change > 0 else "giảm"
    size = number_words(round(abs(change), 1))
    return f"{last.label} {verb} {size}{what} so với {_in_period(first)}."


# --- tables ------------------------------------------------------------------------------------


def tables(figures: Figures, rows: Sequence[Row]) -> list[FigureTable]:
    """One table for each table of the appendices the rows come from."""
    by_table: dict[int, list[Row]] = {}
    for row in rows:
        by_table.setdefault(id(row.table), []).append(row)
    return [_table(figures, some) for some in by_table.values()]


def _table(figures: Figures, rows: Sequence[Row]) -> FigureTable:
    periods, appendix = rows[0].periods, rows[0].appendix
    compared = rows[0].table.layout == "columns" and len(periods) == 2
    heads = ["Chỉ tiêu", "Đơn vị tính", *(_head(period) for period in periods)]
    extra = ["Chênh lệch", "Tăng, giảm (%)"] if compared else []
    lines = []
    for position, row in enumerate(rows):
        values = [figures.at(row.name, period.key).value for period in periods]
        unit = "" if row.indicator.type is ValueType.flag else row.indicator.unit
        cells = _alike(row, values)
        lines.append((_label(row, rows[:position]), unit, *cells, *_difference(values, compared)))
    figure = max(_FIGURE, _LETTER * max(len(cell) for line in lines for cell in line[2:]))
    title = _NUMBERED.sub("", rows[0].table.title) or appendix.title.capitalize()
    return FigureTable(
        title=title,
        heads=(*heads, *extra),
        rows=tuple(lines),
        widths=(5.0, 1.7, *[figure] * (len(periods) + len(extra))),
        note=f"Nguồn: {appendix.heading.capitalize()}. Ô trống: chưa có số liệu.",
    )


_FIGURE, _LETTER = 1.25, 0.2
"""Width of a column of figures, and of a letter, where the labels' column is 5."""


def _label(row: Row, above: Sequence[Row]) -> str:
    """A part stands as such below its whole; without it, it names the whole."""
    whole = f"{row.appendix.code}.{row.indicator.parent}"
    if row.indicator.parent and any(one.name == whole for one in above):
        return f"- {row.bare_label}"
    return row.short_label


def _alike(row: Row, values: Sequence[float | str | None]) -> list[str]:
    """A row's figures with as many decimals as the one that has most."""
    words = [value_words(row, value, sign="") for value in values]
    places = max(len(word.partition(",")[2]) for word in words)
    if row.indicator.type is not ValueType.percent or not places:
        return words
    return [
        number_words(value, places) if isinstance(value, int | float) else word
        for value, word in zip(values, words, strict=True)
    ]


def _head(period: Period) -> str:
    """«2019», «2020 (đến 31/3)»; a longer label gives way to its month («12/2010»)."""
    label = period.label.removeprefix("Năm ").replace("Tính đến", "đến")
    return label if len(label) <= MOST_HEAD else f"{period.ends_on:%m/%Y}"


def _difference(values: Sequence[float | str | None], compared: bool) -> tuple[str, ...]:
    if not compared:
        return ()
    before, after = values
    if not isinstance(before, int | float) or not isinstance(after, int | float):
        return "", ""
    growth = f"{100 * (after - before) / before:+.1f}".replace(".", ",") if before else ""
    growth = growth.lstrip("+-") if growth[1:] == "0,0" else growth
    sign = "+" if after > before else ""
    return f"{sign}{number_words(round(after - before, 2))}", growth


# --- goals -------------------------------------------------------------------------------------


def goals(figures: Figures, rows: Sequence[Row]) -> Goals | None:
    """Goals answered by one of two choices, the last of which says no; None without any."""
    asked = [row for row in rows if row.indicator.type is ValueType.choice]
    if not asked:
        return None
    answers = {row.name: figures.at(row.name, row.periods[-1].key).value for row in asked}
    no = {row.name: row.indicator.choices[-1] for row in asked if row.indicator.choices}
    return Goals(
        reached=tuple(r for r in asked if answers[r.name] not in (None, "", no.get(r.name))),
        failed=tuple(r for r in asked if answers[r.name] and answers[r.name] == no.get(r.name)),
        unanswered=tuple(r for r in asked if not answers[r.name]),
        words=(asked[0].indicator.choices[0], asked[0].indicator.choices[-1]),
    )
