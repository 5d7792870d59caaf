"""What the templates see: plain values already in words, so that a template decides nothing.

Every field is text or a number ready to print, in Vietnamese; dates are dd/mm/yyyy. A province's own
templates may use any of these (`docs/huong-dan.md` lists them); a misspelt name is refused when the
program starts, because Jinja runs with StrictUndefined.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from plan.text import join_names, number_words


@dataclass(frozen=True)
class PlanView:
    """The plan a message is about."""

    id: str
    number: str
    """04/KH-UBND"""
    short: str
    """KH 04: stands in square brackets at the head of a subject."""
    title: str
    issued: str

    @property
    def cited(self) -> str:
        """«Kế hoạch số 04/KH-UBND ngày 20/01/2020: Tổng kết …»; of several, each in turn."""
        day = f" ngày {self.issued}"
        number = self.number if day in self.number else f"{self.number}{day}"
        return f"{number}: {self.title}"


def joined_plans(plans: Sequence[PlanView]) -> PlanView:
    """One plan as it is; of several the first, that names and cites them all."""
    if len(plans) == 1:
        return plans[0]
    return _Several(
        id=plans[0].id,
        number=join_names([plan.number for plan in plans], 3, "kế hoạch"),
        short=join_names([plan.short for plan in plans], 2, "kế hoạch"),
        title=plans[0].title,
        issued=plans[0].issued,
        each=tuple(plans),
    )


@dataclass(frozen=True)
class _Several(PlanView):
    each: tuple[PlanView, ...] = ()

    @property
    def cited(self) -> str:
        return "; ".join(plan.cited for plan in self.each)


@dataclass(frozen=True)
class OfficeView:
    """Who sends, and whom to call."""

    name: str
    parent: str
    desk: str
    phone: str
    email: str
    place: str

    @property
    def call(self) -> str:
        """«Phòng Cải cách hành chính, điện thoại 0256 …, thư …»; what is unknown is left out."""
        parts = [self.desk or self.name]
        parts += [f"điện thoại {self.phone}"] if self.phone else []
        parts += [f"thư {self.email}"] if self.email else []
        return ", ".join(parts)


@dataclass(frozen=True)
class PersonView:
    name: str
    role: str
    agencies: tuple[str, ...]
    """Names of the agencies this person hears for, short."""

    @property
    def greeting(self) -> str:
        return f"{self.name}, {self.role}" if self.role else self.name


@dataclass(slots=True)
class RowView:
    """An obligation, as it stands at the moment of writing. Not to be changed; not frozen, because that
    triples the time to make one, and ten thousand digests hold some forty thousand."""

    id: str
    """agency/deliverable"""
    title: str
    short: str
    agency: str
    agency_short: str
    milestone: str
    deadline: str
    """29/04/2020, or «chưa đặt hạn»"""
    left: str
    """«còn 3 ngày làm việc», «hạn hôm nay», «quá hạn 2 ngày làm việc»"""
    sign: str
    tone: str
    """grey, blue, amber, late, purple, green: names a colour role in base.html"""
    state: str
    """«chưa nộp», «trả lại, cần sửa»"""
    attach: str
    """What to hand in, by the kind of the deliverable."""
    url: str
    workbook_url: str = ""
    outline_url: str = ""
    own: bool = False
    """The coordinating office owes it itself."""
    late: bool = False
    """Overdue at the moment of writing."""
    owed: bool = True
    """Whether it is still to be handed in; no longer so when a message waited and was overtaken."""
    plan: str = ""
    """The plan it is owed under, short."""


@dataclass(frozen=True)
class AgencyView:
    """What one agency still owes, in a line, for those who watch over many."""

    name: str
    short: str
    what: str
    """«Báo cáo tổng kết, Kế hoạch 2021 - 2030 và 1 việc khác»"""
    count: int
    first: RowView
    """Its most urgent obligation."""


@dataclass(frozen=True)
class DigestView:
    """All that one person is told of at once; rows most urgent first."""

    rows: tuple[RowView, ...]
    """Those that are listed."""
    count: int
    """How many there are, the ones not listed included."""
    headline: str
    """The most urgent row's `left`, with a capital: «Còn 3 ngày làm việc»."""
    what: str
    """Short titles of the rows under the headline: «Báo cáo tổng kết và Kế hoạch 2021–2030»."""
    agencies: tuple[str, ...]
    """Agencies that owe these rows, short, each once."""
    show_agency: bool
    """Whether the table needs to say who owes (several agencies, or not the reader's own)."""
    late: int = 0
    """How many rows are overdue."""
    late_agencies: tuple[str, ...] = ()
    """The agencies that owe those, each once."""
    by_agency: tuple[AgencyView, ...] = ()
    """All of them, a line an agency (and plan), as far as they are listed."""
    agency_lines: int = 0
    """How many such lines there are, the ones not listed included."""
    show_plan: bool = False
    """Whether each line needs to name its plan (several plans at once)."""
    reminded: str = ""
    """How often the agencies were reminded before, as the record has it: «3 lần, lần gần nhất ngày
    05/05/2020»; empty where nobody was, and in all but escalations."""

    @property
    def first(self) -> RowView:
        return self.rows[0]

    @property
    def counting(self) -> bool:
        """Whether all of them still have days left: then the column counts days, «3 ngày làm việc»."""
        return all(row.left.startswith("còn ") for row in self.rows)

    @property
    def count_words(self) -> str:
        """«2 sản phẩm»"""
        return f"{number_words(self.count)} sản phẩm"

    @property
    def late_words(self) -> str:
        """«1.204 sản phẩm», of those that are overdue."""
        return f"{number_words(self.late)} sản phẩm"

    @property
    def urgent_words(self) -> str:
        """How many the headline speaks for: where it says «quá hạn», those that are."""
        return self.late_words if self.late else self.count_words

    @property
    def urgent_agencies_words(self) -> str:
        """Whose they are: the agency's name, or how many, «3 cơ quan»."""
        return _agencies_words(self.late_agencies or self.agencies)

    @property
    def more(self) -> int:
        """How many are not listed."""
        return self.count - len(self.rows)

    @property
    def more_agencies(self) -> int:
        """How many lines of agencies are not listed."""
        return (self.agency_lines or len(self.agencies)) - len(self.by_agency)

    @property
    def agencies_words(self) -> str:
        """The agency's name when it is one, else how many: «3 cơ quan»."""
        return _agencies_words(self.agencies)


def _agencies_words(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{number_words(len(names))} cơ quan"


@dataclass(frozen=True)
class ItemView:
    """One fact among several told at once, in the words of its own event's `item.json`."""

    event: str
    result: str
    """«Đã nhận đúng hạn»"""
    about: str
    """What it is about, in full."""
    short: str
    """The same for a subject: «Báo cáo tổng kết»."""
    agency: str
    """Whose it is, short; empty where it is nobody's."""
    sign: str
    tone: str
    lines: tuple[str, ...]
    """Reasons, documents, places to mend: a line each."""
    url: str


@dataclass(frozen=True)
class NewsView:
    """Several facts told to one person at once; what asks for something stands first."""

    items: tuple[ItemView, ...]
    count: int
    alike: bool
    """Whether all say the same of different things."""
    headline: str
    """«Đã nhận đúng hạn» when all are alike, else «3 thông báo»."""
    what: str
    """What stands under the headline: what they are about, or the summary."""
    summary: str
    """«1 trả lại, cần sửa; 2 đã nhận đúng hạn»"""
    show_agency: bool

    @property
    def first(self) -> ItemView:
        return self.items[0]

    @property
    def more(self) -> int:
        """How many are not listed."""
        return self.count - len(self.items)


@dataclass(frozen=True)
class Context:
    """Everything a template may name, beside `facts`, which differ by event."""

    event: str
    plan: PlanView
    office: OfficeView
    person: PersonView
    url: str
    """The personal link the button leads to."""
    digest: DigestView | None = None
    news: NewsView | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    clock: str = ""
    """Set on a virtual clock: «Đang diễn tập: 27/04/2020 07:00»."""
    anchor: str = ""
    """The trail's height and hash, in what tells how things stand: kept so away from this machine."""

    def names(self) -> dict[str, Any]:
        """The template's variables. `digest` and `news` stand only where the event has one."""
        known: dict[str, Any] = {
            "event": self.event,
            "plan": self.plan,
            "office": self.office,
            "person": self.person,
            "url": self.url,
            "clock": self.clock,
            "anchor": self.anchor,
        }
        if self.digest is not None:
            known["digest"] = self.digest
        if self.news is not None:
            known["news"] = self.news
        return known | dict(self.facts)


# --- Several facts told at once: in what order, and the line that sums them up. Pure.

ORDER = (
    "returned",
    "urging",
    "question",
    "extension-asked",
    "answer",
    "passed",
    "extension",
    "deadline",
    "amended",
    "run",
    "accepted",
)
"""What asks for something first, thanks last."""
MOST_ITEMS = 40
"""More are counted and shown on the page: Gmail cuts a mail at 102 kB."""


def news_view(items: Sequence[ItemView]) -> NewsView:
    """The facts in order; those of one kind stay in the order they happened."""
    ordered = sorted(items, key=lambda item: ORDER.index(item.event))
    alike = len({item.result for item in ordered}) == 1
    said, about = summary(ordered), list(dict.fromkeys(item.short for item in ordered))
    return NewsView(
        items=tuple(ordered[:MOST_ITEMS]),
        count=len(ordered),
        alike=alike,
        headline=ordered[0].result if alike else f"{number_words(len(ordered))} thông báo",
        what=join_names(about, 2, "việc") if alike else said,
        summary=said,
        show_agency=len({item.agency for item in ordered if item.agency}) > 1,
    )


def summary(items: Sequence[ItemView]) -> str:
    """«1 trả lại, cần sửa; 2 đã nhận đúng hạn»."""
    counted = Counter(item.result[:1].lower() + item.result[1:] for item in items)
    return "; ".join(f"{count} {result}" for result, count in counted.items())
