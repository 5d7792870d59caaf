"""Figures of the appendices as a report tells them: sentences, tables, goals reached and not. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from consolidation.figures.gather import Figures
from consolidation.figures.rows import IndicatorRow
from plan.definition.appendices import Period, ValueType
from plan.text import join_names, number_words

NUMBERS = frozenset({ValueType.count, ValueType.percent})
MOST_SENTENCES = 2
"""Up to so many figures are told in sentences; more stand in a table."""


MOST_HEAD = 18
"""Letters of a period's head."""
MOST_LINKED = 2
"""Figures told as the reason of a goal's answer."""
_CHOICE = re.compile(r"\s*\([^()]*=\s*1[^()]*\)")
_NUMBERED = re.compile(r"^[IVX]+\.\s*")


@dataclass(frozen=True)
class FigureTable:
    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    note: str


def rows_of(figures: Figures, names: Iterable[str]) -> list[IndicatorRow]:
    """The rows of these names, those of other outputs passed over."""
    return [figures.book.rows[name] for name in names if name in figures.book.rows]


def numeric(rows: Sequence[IndicatorRow]) -> list[IndicatorRow]:
    return [row for row in rows if row.indicator.type in NUMBERS or _counts_yes(row)]


def flags(rows: Sequence[IndicatorRow]) -> list[IndicatorRow]:
    """Rows answered by yes or no, and not by how many said yes."""
    return [r for r in rows if r.indicator.type is ValueType.flag and not _counts_yes(r)]


def _counts_yes(row: IndicatorRow) -> bool:
    """A question that many were asked: its figure is how many said yes."""
    return row.indicator.type is ValueType.flag and not row.owner


def filled(figures: Figures, row: IndicatorRow) -> bool:
    """Whether there is a figure in any period."""
    return any(figures.at(row.name, period.key).value is not None for period in row.periods)


# --- sentences ---------------------------------------------------------------------------------


def sentence(figures: Figures, row: IndicatorRow, goals_of: Mapping[str, str] | None = None) -> str:
    """«Tổng số … năm 2019 là 396 văn bản, tăng 4,2% so với năm 2018 (380), tăng 22,6% so với năm 2015 (323);
    đến 31/3/2020 là 99.» A partial year is compared with nothing. `goals_of`: row → the plan's goal for it.
    """
    known = [
        (period, value)
        for period in row.periods
        if isinstance(value := figures.at(row.name, period.key).value, int | float)
    ]
    whole = [(period, value) for period, value in known if not period.partial]
    comma = "," if row.short_label.endswith("năm") else ""
    parts = [f"{row.short_label}{comma} {_told(row, *(whole or known)[-1])}"]
    if len(whole) > 1:
        before = [whole[-2], whole[0]] if len(whole) > 2 else [whole[0]]
        parts += [_compared(row, whole[-1][1], *earlier) for earlier in before]
    words = ", ".join(parts)
    if whole and known[-1][0].partial:
        period, value = known[-1]
        words += f"; {in_period(period)} là {value_words(row, value)}"
    if goal := (goals_of or {}).get(row.name):
        words += f" (mục tiêu: {goal[:1].lower()}{goal[1:]})"
    return f"{words}."


def _told(row: IndicatorRow, period: Period, value: float) -> str:
    unit = row.indicator.unit
    measured = f"{value_words(row, value)} {unit if unit not in ('%', '1/0') else ''}".strip()
    return f"{in_period(period)} là {measured}"


def _compared(row: IndicatorRow, now: float, period: Period, before: float) -> str:
    """«tăng 22,6% so với năm 2015 (323)»; from nought only the figure itself can be told."""
    when = in_period(period).removeprefix("đến ")
    then = f"so với {when} ({value_words(row, before)})"
    if row.indicator.type is ValueType.percent:
        change, what = now - before, " điểm phần trăm"
    elif before:
        change, what = 100 * (now - before) / before, "%"
    else:
        return f"{in_period(period)} là {value_words(row, before)}"
    if not round(change, 1):
        return f"không đổi {then}"
    verb = "tăng" if change > 0 else "giảm"
    return f"{verb} {number_words(round(abs(change), 1))}{what} {then}"


def flag_sentences(figures: Figures, rows: Sequence[IndicatorRow]) -> list[str]:
    """What is answered by yes or no, told together where the years are the same: «Bộ tiêu chí đánh giá sở,
    ngành; Bộ tiêu chí đánh giá UBND cấp huyện: có trong các năm 2015 - 2020.»"""
    alike: dict[tuple[str, ...], list[str]] = {}
    for row in rows:
        values = {p.key: figures.at(row.name, p.key).value for p in row.periods}
        if any(value is not None for value in values.values()):
            years = tuple(str(p.ends_on.year) for p in row.periods if values[p.key])
            alike.setdefault(years, []).append(_CHOICE.sub("", row.short_label))
    return [
        f"{'; '.join(labels)}: {_in_years(years) if years else 'không có'}."
        for years, labels in alike.items()
    ]


def _in_years(years: Sequence[str]) -> str:
    if len(years) > 2 and int(years[-1]) - int(years[0]) == len(years) - 1:
        return f"có trong các năm {years[0]} - {years[-1]}"
    return f"có trong {'các ' if len(years) > 1 else ''}năm {join_names(years, len(years))}"


def value_words(row: IndicatorRow, value: float | str | None, *, sign: str = "%") -> str:
    """«1.234», «98,5%» (`sign` behind a percentage), «có»; empty for a blank."""
    if value is None or isinstance(value, str):
        return value or ""
    if row.indicator.type is ValueType.flag and not _counts_yes(row) and value in (0, 1):
        return "có" if value else "không"
    if row.indicator.type is ValueType.percent:
        return f"{number_words(round(value, 2))}{sign}"
    return number_words(round(value, 2))


def in_period(period: Period) -> str:
    """«năm 2019»; a partial one by its last day: «đến 31/3/2020»."""
    day = period.ends_on
    if period.partial:
        return f"đến {day.day}/{day.month}/{day.year}"
    if not period.label.startswith("Năm "):
        return f"đến {day.month}/{day.year}" if len(period.label) > MOST_HEAD else period.label
    return period.label[:1].lower() + period.label[1:]


# --- tables ------------------------------------------------------------------------------------


def tables(figures: Figures, rows: Sequence[IndicatorRow], title: str = "") -> list[FigureTable]:
    """One table for each table of the appendices the rows come from; `title` for one that has none."""
    by_table: dict[int, list[IndicatorRow]] = {}
    for row in rows:
        by_table.setdefault(id(row.table), []).append(row)
    return [_table(figures, some, title) for some in by_table.values()]


def _table(figures: Figures, rows: Sequence[IndicatorRow], title: str) -> FigureTable:
    periods, appendix = rows[0].periods, rows[0].appendix
    compared = rows[0].table.layout == "columns" and len(periods) == 2
    units = {row.indicator.unit for row in rows}
    lines = []
    for position, row in enumerate(rows):
        values = [figures.at(row.name, period.key).value for period in periods]
        unit = (row.indicator.unit,) if len(units) > 1 else ()
        label = (_label(row, rows[:position]),)
        lines.append((*label, *unit, *_alike(row, values), *_difference(values, compared)))
    extra = ["Chênh lệch", "Tăng, giảm (%)"] if compared else []
    heads = ["Chỉ tiêu", *(["Đơn vị tính"] if len(units) > 1 else [])]
    shown = [_head(period) for period in periods]
    first = len(heads)
    longest = max(len(cell) for line in (shown, *(line[first:] for line in lines)) for cell in line)
    known = _NUMBERED.sub("", rows[0].table.title) or title or appendix.title.capitalize()
    alone = next(iter(units)) if len(units) == 1 else ""
    return FigureTable(
        title=f"{known} (đơn vị tính: {alone})" if alone else known,
        heads=(*heads, *shown, *extra),
        rows=tuple(lines),
        widths=(*_WORDS[:first], *[_LETTER * max(longest, _SHORTEST)] * (len(shown) + len(extra))),
        note=_note(appendix.heading.capitalize(), periods, lines, first),
    )


def _note(
    source: str, periods: Sequence[Period], lines: Sequence[tuple[str, ...]], first: int
) -> str:
    said = [f"Nguồn: {source}."]
    said += [f"{_head(one)}: {in_period(one)}." for one in periods if one.partial]
    if any("" in line[first : first + len(periods)] for line in lines):
        said.append("Ô trống: chưa có số liệu.")
    return " ".join(said)


_WORDS, _LETTER, _SHORTEST = (5.0, 1.7), 0.23, 5
"""Widths of the columns of words, and of a letter in a column of figures, which holds some at least."""


def _label(row: IndicatorRow, above: Sequence[IndicatorRow]) -> str:
    """A part stands as such below its whole; without it, it names the whole."""
    whole = f"{row.appendix.code}.{row.indicator.parent}"
    if row.indicator.parent and any(one.name == whole for one in above):
        return f"- {row.bare_label}"
    return row.short_label


def _alike(row: IndicatorRow, values: Sequence[float | str | None]) -> list[str]:
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
    """«2019»; a partial one and a longer label give way to their month («3/2020», «12/2010»)."""
    if period.partial:
        return f"{period.ends_on.month}/{period.ends_on.year}"
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


@dataclass(frozen=True)
class Goal:
    """A goal that is answered by one of two choices, the last of which says no."""

    title: str
    answer: str
    reached: bool | None
    """None: nobody has answered yet."""
    why: str


def goals(figures: Figures, rows: Sequence[IndicatorRow], notes: Mapping[str, str]) -> list[Goal]:
    """The goals among these rows, each with the figures that the plan links to it and what its agency
    noted. `notes`: row → note."""
    asked = [row for row in rows if row.indicator.type is ValueType.choice]
    return [_goal(figures, row, notes.get(row.name, "")) for row in asked]


def _goal(figures: Figures, row: IndicatorRow, note: str) -> Goal:
    answer = figures.at(row.name, row.periods[-1].key).value
    linked = [one for one in rows_of(figures, row.indicator.links) if one.indicator.type in NUMBERS]
    known = [one for one in linked if filled(figures, one)][:MOST_LINKED]
    why = [f"{one.short_label} {_newest(figures, one)}" for one in known]
    return Goal(
        title=row.indicator.goal or row.bare_label,
        answer=str(answer or ""),
        reached=answer != row.indicator.choices[-1] if answer and row.indicator.choices else None,
        why="; ".join([note, *why] if note else why),
    )


def _newest(figures: Figures, row: IndicatorRow) -> str:
    period = next(p for p in reversed(row.periods) if figures.at(row.name, p.key).value is not None)
    value = figures.at(row.name, period.key).value
    if row.indicator.type is ValueType.flag or not isinstance(value, int | float):
        return f"{in_period(period)}: {value_words(row, value)}"
    return _told(row, period, value)


def goals_linked(figures: Figures) -> dict[str, str]:
    """Row → the goal that the plan holds its figure against, where it is the goal's only one."""
    return {
        row.indicator.links[0]: row.indicator.goal
        for row in figures.book.rows.values()
        if row.indicator.goal and len(row.indicator.links) == 1
    }
