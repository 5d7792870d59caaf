"""What a report lacks: required sections missing, empty or answered «không phát sinh». Pure.

Required is what the outline says, and the very nodes an agency is asked for. Findings name the section
as an office does («Phần thứ nhất, II.1.2») in `sheet`, so that a page can point to it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from intake.report.outline import Outline, may_be_nil, words
from intake.workbook.numbers import Exact, read_number
from plan.definition.appendices import Indicator, Period, ValueType
from plan.definition.model import Agency, PlanDefinition
from plan.ledger.filing import FoundFault, ReadSection, Severity
from plan.text import number_words

FIRST_PART = "Phần thứ nhất, "
"""Goes without saying in a list of places."""
SHORT = 10
"""Fewer words than this under a required heading are told."""
_NIL = (
    "khong phat sinh",
    "khong thuoc tham quyen",
    "khong co noi dung",
    "khong co phat sinh",
    "khong trien khai",
    "khong co",
    "kps",
    "khong",
)
_NIL_WORDS = 14
"""A longer text that begins with «không phát sinh» is an account, not a nil answer."""


@dataclass(frozen=True)
class Read:
    """The texts of a report by node, and the nodes whose heading stands in it."""

    texts: dict[str, str]
    found: frozenset[str]
    file: str = ""

    @classmethod
    def of(cls, sections: Sequence[ReadSection], found: frozenset[str], file: str = "") -> Read:
        return cls({one.node: one.text for one in sections}, found, file)


def is_nil(text: str) -> bool:
    """«Không phát sinh», «Không thuộc thẩm quyền của huyện.» and the like."""
    plain = words(text)
    return len(plain.split()) <= _NIL_WORDS and plain.startswith(_NIL)


def check_sections(
    outline: Outline, roots: Sequence[str], agency: Agency, read: Read
) -> list[FoundFault]:
    """Every required section that is missing or empty, and one note on the length of the rest."""
    checker = _Checker(outline, set(roots), agency, read)
    faults = [fault for root in roots for fault in checker.check(root)]
    note = checker.lengths(roots)
    return [*faults, *([note] if note else [])]


class _Checker:
    def __init__(self, outline: Outline, roots: set[str], agency: Agency, read: Read) -> None:
        self.outline, self.roots, self.agency, self.read = outline, roots, agency, read

    def check(self, node_id: str) -> Iterator[FoundFault]:
        """Faults of a node and what is below; below a missing node nothing more is told."""
        node = self.outline.node(node_id)
        required = node_id in self.roots or node.required
        inside = self.outline.under(node_id)
        if not any(self.read.texts.get(one) for one in inside):
            if required and not may_be_nil(self.outline, node_id, self.agency):
                seen = any(one in self.read.found for one in inside)
                yield self._empty(node_id) if seen else self._missing(node_id)
            elif required:
                yield self._say_nil(node_id)
            return
        if required:
            yield from self._own(node_id, inside)
        for child in node.children:
            yield from self.check(child.id)

    def _own(self, node_id: str, inside: Sequence[str]) -> Iterator[FoundFault]:
        if node_id not in self.read.found:
            yield self._fault(
                "warning",
                "report.heading-missing",
                node_id,
                "Không thấy đề mục {name}, dù có nội dung của các mục con. Hãy ghi đề mục theo đề cương.",
            )
        text = "\n".join(self.read.texts[one] for one in inside if self.read.texts.get(one))
        if is_nil(text):
            if not self._may_be_nil(node_id):
                yield self._fault(
                    "error",
                    "report.section-nil",
                    node_id,
                    "Mục {name} bắt buộc phải có nội dung, không được ghi «{read}». Hãy viết nội dung.",
                    read=text[:80],
                )
        elif len(text.split()) < SHORT and len(inside) == 1:
            yield self._fault(
                "note",
                "report.section-short",
                node_id,
                "Mục {name} chỉ có {read}; hãy xem đã đủ chưa.",
                read=f"{number_words(len(text.split()))} chữ",
            )

    def _may_be_nil(self, node_id: str) -> bool:
        chain = (node_id, *self.outline.parents(node_id))
        return any(may_be_nil(self.outline, one, self.agency) for one in chain)

    def _missing(self, node_id: str) -> FoundFault:
        within = self._required_within(node_id)
        listed = f" (gồm {'; '.join(within)})" if within else ""
        message = "Thiếu mục {name}" + listed + ". Hãy bổ sung đề mục và nội dung theo đề cương."
        return self._fault("error", "report.section-missing", node_id, message)

    def _empty(self, node_id: str) -> FoundFault:
        return self._fault(
            "error",
            "report.section-empty",
            node_id,
            "Mục {name} có đề mục nhưng chưa có nội dung. Hãy viết nội dung dưới đề mục.",
        )

    def _say_nil(self, node_id: str) -> FoundFault:
        return self._fault(
            "warning",
            "report.section-nil-unsaid",
            node_id,
            "Mục {name} để trống. Nếu không phát sinh hoặc không thuộc thẩm quyền, hãy ghi rõ như vậy.",
        )

    def _required_within(self, node_id: str) -> list[str]:
        """The required ones one and two levels below, so that a whole part is told in one breath."""
        children = self.outline.node(node_id).children
        below = [inner for child in children for inner in (child, *child.children)]
        return [self.name(one.id, place=False, most=50) for one in below if one.required]

    def name(self, node_id: str, *, place: bool = True, most: int = 90) -> str:
        """«II.1.2 «Những tồn tại, hạn chế và nguyên nhân»»."""
        title = self.outline.node(node_id).title.rstrip(" .:;")
        title = title if len(title) <= most else title[: most - 1] + "…"
        path = self.outline.path(node_id)
        number = path if place else path.rpartition(", ")[2]
        return f"{number} «{title}»"

    def _fault(
        self, severity: Severity, code: str, node_id: str, message: str, read: str = ""
    ) -> FoundFault:
        return FoundFault(
            severity,
            code,
            message.format(name=self.name(node_id), read=read),
            file=self.read.file,
            sheet=self.outline.path(node_id),
            read=read,
        )

    def lengths(self, roots: Sequence[str]) -> FoundFault | None:
        """One note: how many words each section down to «1.1.» has."""
        shown = [
            f"{self.outline.path(one).removeprefix(FIRST_PART)}: {number_words(count)}"
            for root in roots
            for one in self.outline.under(root)
            if self._measured(one, root) and (count := self._count(one))
        ]
        if not shown:
            return None
        total = number_words(sum(self._count(root) for root in roots))
        message = f"Độ dài từng mục (số chữ): {'; '.join(shown)}. Cả văn bản {total} chữ."
        return FoundFault("note", "report.lengths", message, file=self.read.file, read=total)

    def _measured(self, node_id: str, root: str) -> bool:
        """The lowest numbered sections, those that hold text of their own or letters and dashes."""
        if self.outline.targets[node_id].rank > 4:
            return node_id == root
        return all(self.outline.targets[c.id].rank > 4 for c in self.outline.node(node_id).children)

    def _count(self, node_id: str) -> int:
        return sum(len(self.read.texts.get(one, "").split()) for one in self.outline.under(node_id))


# --- Figures in a report's text that contradict the appendix. Pure.
#
# Only where a sentence names an indicator by its label, in full, and says plainly which year and
# which number; anything less certain is left alone. A difference is a warning: the text may round
# or speak of something narrower, and its author decides.

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
