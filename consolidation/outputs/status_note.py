"""The status note: one page for the leadership on how the plan stands, as .docx and .html.

The answer first, then milestone by milestone, then who is missing what. It is of its day.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from consolidation.outputs.compilation import BuiltDocument
from consolidation.outputs.environment import RunEnvironment
from consolidation.outputs.material import Material
from consolidation.outputs.narratives import Prose
from consolidation.outputs.signing import coordinator_on, head, sign
from documents import blocks
from plan.calendar import local_instant
from plan.deadlines.standing import left_words
from plan.queries.periods import in_hand, periods_at_hand
from plan.queries.progress import ObligationView
from plan.states import HANDED_IN, State, sign_of
from plan.text import date_words, join_names, number_words, titled

ROOM = 12
"""Lines that fit under the milestones on the one page; more agencies are counted, not listed."""
NAME_WIDTH, WHAT_WIDTH = 26, 24
"""Letters on a line of those columns."""


@dataclass(frozen=True)
class MilestoneLine:
    """One milestone as the note tells it."""

    title: str
    deadline: str
    owed: int
    accepted: int
    waiting: int
    late: int
    left: str
    missing: str


@dataclass(frozen=True)
class Debtor:
    """Agencies that still owe the same, equally late, and what. An agency whose products are differently
    late stands on a line for each."""

    agencies: tuple[str, ...]
    name: str
    sign: str
    what: str
    since: str


@dataclass(frozen=True)
class Note:
    """What the note says; both files are written from it."""

    title: str
    plan: str
    at: str
    answer: str
    lines: tuple[MilestoneLine, ...]
    debtors: tuple[Debtor, ...]
    hidden: int


def note_of(material: Material, surroundings: RunEnvironment) -> Note:
    """Pure: the note from every obligation's standing, a period of what recurs at a time."""
    dated = [view for view in surroundings.standing if view.due_at is not None]
    views = in_hand(dated, surroundings.as_of)
    definition = material.definition
    products = {part.id: part.short or part.title for part in definition.deliverables}
    owing = [view for view in views if view.state not in (*HANDED_IN, State.waived)]
    debtors = debtors_of(owing, products)
    shown = _that_fit(debtors)
    titles = {part.id: part.short or part.title for part in definition.milestones}
    at_hand = _by_line(views, surroundings.as_of)
    return Note(
        title=material.inputs.output.title,
        plan=definition.number,
        at=f"ngày {date_words(surroundings.day)}",
        answer=answer_of([view for mine in at_hand.values() for view in mine], owing),
        lines=tuple(
            milestone_line(titled(titles[milestone], period), at_hand[milestone, period])
            for milestone in titles
            for period in sorted(key for name, key in at_hand if name == milestone)
        ),
        debtors=tuple(shown),
        hidden=units_hidden(debtors, shown),
    )


def _by_line(
    views: Sequence[ObligationView], now: datetime
) -> dict[tuple[str, str], list[ObligationView]]:
    """Milestone and period at hand → what is told on its line. What is owed of earlier periods stands among
    the debts."""
    found = defaultdict(list)
    for view in views:
        found[view.milestone, view.period].append(view)
    newest = periods_at_hand(views, now)
    return {
        (milestone, period): mine
        for (milestone, period), mine in found.items()
        if not period or period in newest[milestone]
    }


def answer_of(at_hand: Sequence[ObligationView], owing: Sequence[ObligationView]) -> str:
    """«41/59 sản phẩm đã nộp, trong đó 3 trễ. 5 sản phẩm quá hạn chưa nộp: An Lão, Vân Canh.» Of what recurs
    the first figures are the period's alone; what is overdue of earlier ones is counted after them."""
    handed = [view for view in at_hand if view.state in HANDED_IN]
    late = sum(view.timeliness == "late" for view in handed)
    overdue = [view for view in owing if view.timeliness == "overdue"]
    of_period = "Kỳ đang làm: " if any(view.period for view in at_hand) else ""
    words = (
        f"{of_period}{number_words(len(handed))}/{number_words(len(at_hand))} sản phẩm đã nộp"
        + (f", trong đó {number_words(late)} trễ." if late else ".")
    )
    if overdue:
        names = list(dict.fromkeys(view.agency_short for view in overdue))
        words += f" {number_words(len(overdue))} sản phẩm quá hạn chưa nộp: {join_names(names)}."
    return words


def milestone_line(title: str, views: Sequence[ObligationView]) -> MilestoneLine:
    owing = [view for view in views if view.state not in (*HANDED_IN, State.waived)]
    last = max(view.last_day for view in views if view.last_day)
    return MilestoneLine(
        title=title,
        deadline=date_words(last),
        owed=len(views),
        accepted=sum(view.state is State.accepted for view in views),
        waiting=sum(view.state is State.submitted for view in views),
        late=sum(view.timeliness in ("late", "overdue") for view in views),
        left=_worst_words(owing),
        missing=join_names(list(dict.fromkeys(view.agency_short for view in owing))),
    )


def _worst_words(owing: Sequence[ObligationView]) -> str:
    """«đã đủ»; or how the most urgent of them stands, with how many stand so where not all do."""
    if not owing:
        return "đã đủ"
    worst = max(owing, key=lambda view: (view.standing.days_late, -(view.standing.days_left or 0)))
    words = left_words(worst.standing)
    alike = sum(left_words(view.standing) == words for view in owing)
    return words if alike == len(owing) else f"{words} ({number_words(alike)} sản phẩm)"


def debtors_of(owing: Sequence[ObligationView], products: Mapping[str, str]) -> list[Debtor]:
    """The most overdue first, then in the plan's order; those alike on one line."""
    debts: dict[tuple[str, str], list[ObligationView]] = {}
    for view in owing:
        debts.setdefault((view.agency, left_words(view.standing)), []).append(view)
    gravest = sorted(debts.values(), key=lambda mine: -mine[0].standing.days_late)
    alike: dict[tuple[str, str, str], list[str]] = {}
    for mine in gravest:
        alike.setdefault(_debt(mine, products), []).append(mine[0].agency_short)
    return [
        Debtor(tuple(names), join_names(names, limit=12), sign, what, since)
        for (sign, what, since), names in alike.items()
    ]


def _debt(mine: Sequence[ObligationView], products: Mapping[str, str]) -> tuple[str, str, str]:
    """How what an agency owes equally late stands: the sign, what it is, how late."""
    names = [titled(products[view.deliverable], view.period) for view in mine]
    what = join_names(names, limit=3, noun="sản phẩm")
    return sign_of(mine[0].state, mine[0].timeliness).glyph, what, left_words(mine[0].standing)


def units_hidden(debtors: Sequence[Debtor], shown: Sequence[Debtor]) -> int:
    """How many agencies stand on no line that is shown."""
    every, told = ({name for one in some for name in one.agencies} for some in (debtors, shown))
    return len(every - told)


def _that_fit(debtors: Sequence[Debtor]) -> list[Debtor]:
    """The first ones, as many as one page holds."""
    room, shown = ROOM, []
    for one in debtors:
        room -= max(-(-len(one.name) // NAME_WIDTH), -(-len(one.what) // WHAT_WIDTH))
        if room < 0:
            break
        shown.append(one)
    return shown


# --- the two files -----------------------------------------------------------------------------


def build_status_note(
    material: Material, surroundings: RunEnvironment
) -> tuple[BuiltDocument, bytes]:
    """The .docx (in the form of Nghị định 30/2020) and the .html (UTF-8, stands alone)."""
    note = note_of(material, surroundings)
    return _document(material, surroundings, note), _page(note)


def _document(material: Material, surroundings: RunEnvironment, note: Note) -> BuiltDocument:
    definition = material.definition
    issuer = coordinator_on(definition, surroundings.day)
    prose = Prose(blocks.new_document())
    subject = f"Tình hình thực hiện Kế hoạch số {note.plan}"
    head(prose.document, issuer, surroundings.day.year, subject)
    prose.line(f"Tính đến {note.at}.", italic=True)
    prose.line(note.answer, bold=True)
    prose.table(
        ["Mốc", "Chậm nhất", "Đã nhận", "Chờ duyệt", "Trễ", "Tiến độ"],
        [
            [
                line.title,
                line.deadline,
                f"{number_words(line.accepted)}/{number_words(line.owed)}",
                number_words(line.waiting),
                number_words(line.late),
                line.left,
            ]
            for line in note.lines
        ],
        widths=(50, 24, 15, 16, 12, 44),
        align=("left", "centre", "right", "right", "right", "left"),
    )
    if note.debtors:
        prose.caption("Cơ quan còn nợ sản phẩm")
        prose.table(
            ["", "Cơ quan", "Sản phẩm", "Tiến độ"],
            [[one.sign, one.name, one.what, one.since] for one in note.debtors],
            widths=(7, 50, 62, 43),
            align=("centre", "left", "left", "left"),
        )
    if note.hidden:
        prose.line(f"Và {number_words(note.hidden)} cơ quan khác.", italic=True)
    sign(prose.document, definition, issuer)
    facts = blocks.DocumentFacts(
        title=note.title,
        author=material.name(definition.coordinator),
        written_at=local_instant(surroundings.day),
        subject=definition.title,
    )
    return BuiltDocument(blocks.save(prose.document, facts), tuple(prose.meant))


_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_PAGES.filters["so"] = number_words


def _page(note: Note) -> bytes:
    return _PAGES.get_template("status-note.html").render(note=note).encode()
