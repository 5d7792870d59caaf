"""What templates call: pure words and signs for one value at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from consolidation.trace import TELLS_FIGURES
from dashboard.queries.agency.mine import Todo
from dashboard.queries.board import LATE_SIGNS, MilestoneRow, Tally
from dashboard.queries.naming import Naming
from dashboard.rendering.drawings import bar, sprite
from dashboard.rendering.sheet import anchor
from dashboard.words import (
    CHANNELS,
    DEADLINE_KINDS,
    MESSAGE_EVENTS,
    MESSAGE_STATES,
    ORIGIN_WORDS,
    OUTCOMES,
    SEVERITIES,
    SUBMISSION_STATES,
    TRIGGERS,
    VIA,
)
from intake.pdf.places import page_in
from plan.calendar import LOCAL, local_day
from plan.deadlines.standing import left_words
from plan.definition.model import Output
from plan.ledger.filing import FoundFault
from plan.models import Finding, Submission
from plan.queries.progress import ObligationView
from plan.states import SIGNS, STATE_WORDS, State
from plan.states import sign_key as key_of
from plan.text import (
    date_words,
    day_words,
    join_names,
    moment_words,
    number_words,
    period_words,
    span_words,
    titled,
    weekday_words,
)

__all__ = [
    "CHANNELS",
    "DEADLINE_KINDS",
    "MESSAGE_EVENTS",
    "MESSAGE_STATES",
    "ORIGIN_WORDS",
    "OUTCOMES",
    "SEVERITIES",
    "SUBMISSION_STATES",
    "TRIGGERS",
    "VIA",
    "anchor",
    "bar",
    "sprite",
]


# --- obligations -------------------------------------------------------------------------------


def sign_key(view: ObligationView) -> str:
    return key_of(view.state, view.timeliness)


def tone(key: str) -> str:
    return SIGNS[key].tone


def sign_words(key: str) -> str:
    return SIGNS[key].words


def state(view: ObligationView) -> str:
    """«đã nhận, đúng hạn»; what is owed says how much time is left instead."""
    if view.state is State.owed:
        return left_words(view.standing) if view.due_at else "chưa đặt hạn"
    words = SIGNS[sign_key(view)].words
    if view.state is State.returned and view.mend_by:
        return f"{STATE_WORDS[view.state]} chậm nhất {date_words(view.mend_by)}"
    if view.state is State.returned and view.due_at:
        return f"{STATE_WORDS[view.state]}, {left_words(view.standing)}"
    return words


def product(view: ObligationView, names: Naming) -> str:
    """A product's short name, unless the plan words this agency's in its own way."""
    found = names.deliverables.get(view.deliverable)
    if found and titled(found.title, view.period) == view.title:
        return titled(found.short or found.title, view.period)
    return view.title


def lead(view: ObligationView) -> str:
    """The first words on an agency's page: «Còn 3 ngày làm việc:», «Quá hạn 2 ngày làm việc:»."""
    words = left_words(view.standing)
    return f"{words[0].upper()}{words[1:]}:"


def lead_tone(view: ObligationView) -> str:
    """Late is late, also while something waits to be mended."""
    return "late" if sign_key(view) in LATE_SIGNS else tone(sign_key(view))


VERBS = {"conference": "tổ chức và báo kết quả", "duty": "thực hiện"}


def what_to_do(found: Todo, names: Naming) -> str:
    """«sửa, nộp lại Báo cáo tổng kết; nộp Kế hoạch 2021 - 2030.»"""
    groups: dict[str, list[str]] = {}
    for view in found.together:
        verb = VERBS.get(view.kind, "nộp")
        if view.state is State.returned:
            verb = "sửa, nộp lại"
        groups.setdefault(verb, []).append(names.product(view.deliverable, view.period))
    parts = [f"{verb} {join_names(titles, 4, 'sản phẩm')}" for verb, titles in groups.items()]
    return f"{'; '.join(parts)}."


def deadline(view: ObligationView) -> str:
    return date_words(view.last_day) if view.last_day else "không đặt hạn"


def cell_title(view: ObligationView) -> str:
    """What a cell of the matrix says on hover."""
    came = f", ngày {date_words(local_day(view.decisive_at))}" if view.decisive_at else ""
    until = f"; hạn {date_words(view.last_day)}" if view.last_day else ""
    return f"{state(view)}{came}{until}"


def cell_date(view: ObligationView) -> str:
    """The day it came, else the day it is due: shown in print and on wide screens."""
    day = local_day(view.decisive_at) if view.decisive_at and view.nothing_owed else view.last_day
    return day_words(day) if day else ""


# --- submissions -------------------------------------------------------------------------------


def place(finding: Finding | FoundFault) -> str:
    """Where a finding is: «PL3, ô F14», «bao-cao.docx»."""
    if (page := page_in(finding.sheet)) and finding.cell:
        return f"trang {page} của {finding.file}"
    if finding.cell:
        return f"{finding.sheet}, ô {finding.cell}" if finding.sheet else f"ô {finding.cell}"
    return finding.sheet or finding.indicator or finding.file


@dataclass(frozen=True)
class Alike:
    """Findings that say the same of several cells: told once, with every place."""

    message: str
    severity: str
    findings: list[Finding | FoundFault]


def alike(findings: Sequence[Finding | FoundFault]) -> list[Alike]:
    """In the order given. Warnings stand alone: each needs an explanation of its own."""
    found: dict[tuple[object, ...], Alike] = {}
    for number, one in enumerate(findings):
        alone = number if one.severity == "warning" else None
        key = (one.severity, one.message, one.file, one.sheet, alone)
        found.setdefault(key, Alike(one.message, one.severity, [])).findings.append(one)
    return list(found.values())


def short_place(finding: Finding | FoundFault) -> str:
    """The cell alone, for all but the first of several: «H8»."""
    return finding.cell or place(finding)


@dataclass(frozen=True)
class Owing:
    """Products of an agency that stand alike."""

    sign: str
    words: str
    views: list[ObligationView]


def owing_alike(views: Sequence[ObligationView]) -> list[Owing]:
    """«Báo cáo tổng kết, Kế hoạch 2021 - 2030: quá hạn 1 ngày làm việc», once for both."""
    found: dict[tuple[str, str], Owing] = {}
    for view in views:
        key = (sign_key(view), state(view))
        found.setdefault(key, Owing(*key, [])).views.append(view)
    return list(found.values())


PAYLOAD_WORDS = {
    "reason": "Lý do không phát sinh",
    "held_on": "Ngày tổ chức",
    "place": "Nơi tổ chức",
    "attending": "Số người dự",
    "evidence": "Minh chứng",
    "done_on": "Ngày hoàn thành",
}


def payload(row: Submission) -> list[tuple[str, str]]:
    """What was reported in words: (name, value)."""
    found = []
    for key, value in row.payload.items():
        if key not in PAYLOAD_WORDS:
            continue
        text = str(value)
        if key.endswith("_on"):
            text = date_words(date.fromisoformat(text))
        found.append((PAYLOAD_WORDS[key], text))
    return found


AUDIENCES = {
    "head": "báo thủ trưởng",
    "coordinator": "báo Sở Nội vụ",
    "coordinator-leadership": "báo lãnh đạo Sở Nội vụ",
    "issuer": "báo UBND tỉnh",
}


def rungs(why: str) -> str:
    """«-3 an-lao/district-report; …» → «trước hạn 3 ngày làm việc (2 việc)»: each rung once."""
    counts = Counter(_rung(part.partition(" ")[0]) for part in why.split("; "))
    return "; ".join(key if n == 1 else f"{key} ({n} việc)" for key, n in counts.items())


def _rung(key: str) -> str:
    """A rung's key (`notifications.policy.rung_key`) in words."""
    key, mark, _ = key.partition("~")
    number, _, audience = key.partition("@")
    words = "khi mốc mở"
    if number.lstrip("+-").isdigit():
        days = int(number)
        until = "hạn sửa" if mark else "hạn"
        words = f"{'trước' if days < 0 else 'quá'} {until} {abs(days)} ngày làm việc"
        words = words if days else "ngày cuối"
    return f"{words}, {AUDIENCES[audience]}" if audience in AUDIENCES else words


def tells_figures(output: Output) -> bool:
    """Whether its figures can be taken apart."""
    return output.kind in TELLS_FIGURES


# --- milestones --------------------------------------------------------------------------------


def window(row: MilestoneRow) -> str:
    """«20/01–29/04/2020»."""
    if row.last_day is None:
        return "không đặt hạn"
    return span_words(row.opens_on or row.last_day, row.last_day)


def period(key: str) -> str:
    """«tháng 3/2027»; of no period «»."""
    return period_words(key) if key else ""


def counted(tally: Tally) -> str:
    """«18 đã nhận, 2 chờ duyệt, 2 còn thiếu trong 22»."""
    named = (
        (tally.accepted, "đã nhận"),
        (tally.waiting, "chờ duyệt"),
        (tally.missing, "còn thiếu"),
    )
    parts = [f"{number_words(count)} {words}" for count, words in named if count]
    return f"{', '.join(parts)} / {number_words(tally.owing)}"


# --- moments -----------------------------------------------------------------------------------


def weekday(moment: datetime | date, *, capital: bool = True) -> str:
    """«Thứ Tư»; within a sentence «thứ Tư»."""
    day = moment.astimezone(LOCAL).date() if isinstance(moment, datetime) else moment
    words = weekday_words(day)
    return words if capital else words[0].lower() + words[1:]


def short_moment(moment: datetime, now: datetime) -> str:
    """«14:05» today, «29/04, 14:05» this year, else the whole date."""
    local, today = moment.astimezone(LOCAL), now.astimezone(LOCAL)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    if local.year == today.year:
        return f"{day_words(local.date())}, {local:%H:%M}"
    return moment_words(moment)
