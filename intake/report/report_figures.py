"""Figures in a report's text that contradict the appendix. Pure.

Only where a sentence names an indicator by its label, in full, and says plainly which year and which
number; anything less certain is left alone. A difference is a warning: the text may round or speak of
something narrower, and its author decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from intake.report.outline import Outline, words
from intake.workbook.numbers import Exact, read_number
from plan.definition.model import Indicator, Period, PlanDefinition, ValueType
from plan.ledger.filing import FoundFault, ReadSection
from plan.text import number_words

_SENTENCE = re.compile(r"(?<=[.;!?])\s+(?=[^\W\d_]|[-–+•])|\n")
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
_NUMBER = re.compile(r"(?<![\w/.,-])\d[\d.,]*\d%?|(?<![\w/.,-])\d%?")
_NOT_FIGURES = re.compile(
    r"\d+/\d+(?:/[\w.-]+)*|\d+/[A-ZĐ][\w./-]*|\b\d{1,2}[-/]\d{1,2}(?:[-/]\d{2,4})?\b"
    r"|(?:số|điều|khoản|mục|phụ lục|mức độ|quý|tháng|ngày|giai đoạn)\s+\d+(?:\s*[-–,]\s*\d+)*",
    re.IGNORECASE,
)
_FEWEST_WORDS = 4
"""Shorter labels («Chất lượng») are words, not names of indicators."""
_NUMERIC = (ValueType.count, ValueType.percent)
Figures = Mapping[tuple[str, str], float]
"""(indicator, period key) → number."""


@dataclass(frozen=True)
class _Named:
    """An indicator as a sentence may name it."""

    name: str
    indicator: Indicator
    label: str
    periods: Mapping[str, str]
    """Year → period key."""


def contradictions(
    definition: PlanDefinition, outline: Outline, sections: Sequence[ReadSection], figures: Figures
) -> list[FoundFault]:
    """A warning for each sentence whose number is not the appendix's. `figures` are the agency's own."""
    named = [one for one in _named(definition) if any(key[0] == one.name for key in figures)]
    return [
        fault
        for section in sections
        for sentence in _SENTENCE.split(section.text)
        for fault in _in_sentence(sentence.strip(), section, named, figures, outline)
    ]


def _named(definition: PlanDefinition) -> Iterator[_Named]:
    for appendix in definition.appendices:
        for table in appendix.tables:
            periods = _years(table.periods)
            for indicator in table.indicators:
                label = words(_bare(indicator.standard_label or indicator.label))
                if indicator.type in _NUMERIC and len(label.split()) >= _FEWEST_WORDS:
                    yield _Named(f"{appendix.code}.{indicator.code}", indicator, label, periods)


def _bare(label: str) -> str:
    return re.sub(r"\([^()]*\)", "", label).strip(" -.;:")


def _years(periods: Sequence[Period]) -> dict[str, str]:
    """Only whole years: «năm 2020» in a text may mean more than the quarter of the appendix."""
    return {str(period.ends_on.year): period.key for period in periods if not period.partial}


def _in_sentence(
    sentence: str,
    section: ReadSection,
    named: Sequence[_Named],
    figures: Figures,
    outline: Outline,
) -> Iterator[FoundFault]:
    if not _YEAR.search(sentence):
        return
    plain = f" {words(sentence)} "
    hits = [one for one in named if f" {one.label} " in plain]
    # «Số dịch vụ … có phát sinh hồ sơ» also contains «Số dịch vụ …»: the longest label is meant, and a
    # label that two indicators share names neither.
    longest = max((len(one.label) for one in hits), default=0)
    meant = [one for one in hits if len(one.label) == longest]
    if len(meant) != 1:
        return
    for year, number in said(sentence):
        key = meant[0].periods.get(year, "")
        known = figures.get((meant[0].name, key))
        if known is not None and not same(number, known, meant[0].indicator.type):
            yield _fault(meant[0], year, key, number, known, sentence, section, outline)


def said(sentence: str) -> Iterator[tuple[str, float]]:
    """(year, number) pairs said without doubt: «năm 2018 là 120, năm 2019 là 130», «đạt 130 (năm 2019)»."""
    # Blanked out, not removed, so that positions stay.
    clear = _NOT_FIGURES.sub(lambda found: " " * len(found[0]), sentence)
    years = list(_YEAR.finditer(clear))
    if len(years) == 1:
        numbers = _numbers(clear[: years[0].start()]) + _numbers(clear[years[0].end() :])
        if len(numbers) == 1:
            yield years[0][0], numbers[0]
        return
    if not years or _numbers(clear[: years[0].start()]):
        return
    for year, after in zip(years, [*years[1:], None], strict=True):
        numbers = _numbers(clear[year.end() : after.start() if after else len(clear)])
        if len(numbers) == 1:
            yield year[0], numbers[0]


def _numbers(text: str) -> list[float]:
    found = []
    for match in _NUMBER.finditer(text):
        read = read_number(match[0].rstrip(".,"))
        if isinstance(read, Exact):
            found.append(read.value)
        else:
            return [0.0, 0.0]  # something unreadable: two numbers are as good as none
    return found


def same(said_number: float, known: float, kind: ValueType) -> bool:
    """Equal, a percentage as rounded in the text."""
    if kind is ValueType.percent:
        return abs(said_number - known) <= 0.5 or round(said_number, 1) == round(known, 1)
    return said_number == known


def _fault(
    meant: _Named,
    year: str,
    key: str,
    number: float,
    known: float,
    sentence: str,
    section: ReadSection,
    outline: Outline,
) -> FoundFault:
    quoted = sentence if len(sentence) <= 160 else sentence[:157] + "…"
    return FoundFault(
        "warning",
        "report.figure-differs",
        f"Báo cáo ghi {number_words(number)} nhưng phụ lục ghi {number_words(known)} "
        f"cho «{_bare(meant.indicator.label)}» năm {year}: «{quoted}». Hãy sửa cho khớp hoặc giải trình.",
        file=section.file,
        sheet=outline.path(section.node),
        indicator=meant.name,
        period=key,
        read=number_words(number),
    )
