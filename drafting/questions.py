"""What has to be asked before a draft can become a plan: each thing once, not once a row.

A question has an id made of what it asks about, so that an answer given to one draft still fits the next
draft of the same text. `drafting.answers` says what an answer does.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from drafting.grammar.names import agency_key
from drafting.rows import Doubt, Obligation
from drafting.words import fold
from plan.deadlines.phrases import recurs
from plan.text import number_words

DROP = "bỏ"
"""Answer: not to be followed."""
FOLLOW = "theo dõi"
ONE = "một đầu mối"
"""Answer: a group's name stands for one addressee."""
NO_REMINDER = "không nhắc"
AS_ROW = "theo việc"
"""Answer, with a row's id: the form is what that row owes."""
KEEP = "giữ"
"""Answer: a day that was proposed holds."""

_GROUP = re.compile(
    r"^(?:các|những|mọi|tất cả|toàn thể|từng|mỗi|một số)\s|\b(?:liên quan|cấp xã|cấp huyện|trực thuộc)\b"
    r"|^(?:ubnd|ủy ban nhân dân|chủ tịch ubnd|chủ tịch ủy ban nhân dân|thủ trưởng|giám đốc|công an|đảng ủy)"
    r"\s+(?:các\s+)?(?:xã|phường|huyện|sở|đặc khu|cơ quan|đơn vị|ban|ngành)(?:[,/ ]|$)"
    r"|^(?:sở|bộ|ban|cơ quan|đơn vị|địa phương|doanh nghiệp|đối tượng|chủ đầu tư|cấp ủy)"
    r"(?:,|\s+(?:ban|ngành)|$|\s+thuộc)"
)
_UNDATED = {
    "none": "không ghi thời hạn",
    "ongoing": "thường xuyên hoặc kéo dài nhiều năm",
    "relative": "tính theo một việc khác",
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question and the rows that wait for its answer."""

    id: str
    about: str
    """owner, time or what."""
    text: str
    choices: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()
    """Ids of the obligations it settles."""

    def as_data(self) -> dict[str, Any]:
        """In JSON's types."""
        return {
            "id": self.id,
            "about": self.about,
            "text": self.text,
            "choices": list(self.choices),
            "rows": list(self.rows),
        }


def is_group(name: str) -> bool:
    """Whether a name stands for several agencies."""
    return bool(_GROUP.search(fold(name)))


def question_id(kind: str, *parts: str) -> str:
    """The same id for the same question, whatever else the draft holds."""
    digest = hashlib.sha256("\x1f".join(fold(part) for part in parts).encode()).hexdigest()
    return f"{kind}-{digest[:8]}"


def questions_of(
    plan: dict[str, Any],
    rows: Sequence[Obligation],
    groups: dict[str, list[str]],
    forms: Iterable[tuple[str, str]] = (),
) -> list[Question]:
    """Every question still open. `groups`: whose members are known; `forms`: those nobody has decided about
    (`drafting.forms.owed.undecided`)."""
    return [
        *_frame(plan),
        *_doubts(rows),
        *_groups(rows, groups),
        *_recurring(rows),
        *_undated(rows),
        *_forms(rows, forms),
    ]


def _frame(plan: dict[str, Any]) -> Iterator[Question]:
    wanted = {
        "number": "Số, ký hiệu của kế hoạch là gì?",
        "issued_on": "Kế hoạch ký ngày nào (dd/mm/yyyy)?",
        "issuer": "Cơ quan nào ban hành kế hoạch?",
        "coordinator": "Cơ quan nào làm đầu mối theo dõi, nhận báo cáo?",
    }
    for field, text in wanted.items():
        if not plan.get(field):
            yield Question(f"plan-{field}", "what", text)
    if plan.get("proposed_title") and not plan.get("title"):
        choices = (plan["proposed_title"],)
        yield Question("plan-title", "what", "Tên kế hoạch là gì?", choices)


def _doubts(rows: Sequence[Obligation]) -> Iterator[Question]:
    """What single rows ask; rows of one section that ask the same are one question."""
    waiting: dict[tuple[str, str, tuple[str, ...], str], list[str]] = {}
    for row in rows:
        for doubt in row.doubts:
            waiting.setdefault(
                (doubt.about, doubt.text, doubt.choices, _place(row, doubt)), []
            ).append(row.id)
    for (about, text, choices, where), ids in waiting.items():
        shown = f"{where[:120]}: {text}" if where else text
        if len(ids) > 1:
            shown = f"{where[:120]} ({number_words(len(ids))} nhiệm vụ): {text}"
        options = choices or ((DROP,) if about == "owner" else ())
        yield Question(question_id(about, text, where), about, shown, options, tuple(ids))


def _place(row: Obligation, doubt: Doubt) -> str:
    """What is asked about: the section where it is asked of all that stands in it, else the sentence."""
    of_section = KEEP in doubt.choices or (not row.owners and doubt.about == "owner")
    return row.section if of_section else row.span


def _groups(rows: Sequence[Obligation], groups: dict[str, list[str]]) -> Iterator[Question]:
    """Who a group is, once for all its spellings."""
    members: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    for row in rows:
        for name in row.owners:
            key = agency_key(name)
            if is_group(name) and key not in groups:
                members.setdefault(key, []).append(row.id)
                names.setdefault(key, name)
    for key, ids in members.items():
        text = f"«{names[key]}» là những cơ quan nào? ({number_words(len(ids))} nhiệm vụ)"
        yield Question(question_id("group", key), "owner", text, (ONE, DROP), tuple(ids))


_DAYS_OF_A_PERIOD = {
    "month": ("hằng tháng trước ngày 20",),
    "quarter": ("hằng quý trước ngày 20 tháng cuối quý",),
    "half-year": ("trước ngày 15/6 và 15/12 hằng năm",),
    "year": ("hằng năm trước ngày 15 tháng 12",),
}
"""A day that offices commonly choose, by the period the plan names."""
_ANY_DAY = tuple(day for days in _DAYS_OF_A_PERIOD.values() for day in days)


def _recurring(rows: Sequence[Obligation]) -> Iterator[Question]:
    """Recurrences whose day the plan does not say."""
    waiting: dict[str, list[str]] = {}
    every: dict[str, str] = {}
    for row in rows:
        if row.due.type == "recurring" and row.due.at is None and not recurs(row.due_words):
            waiting.setdefault(fold(row.due_words), []).append(row.id)
            every[fold(row.due_words)] = row.due.every or ""
    for words, ids in waiting.items():
        text = f"«{words}» không ghi ngày: nộp vào ngày nào của kỳ? ({number_words(len(ids))} nhiệm vụ)"
        choices = (NO_REMINDER, *_DAYS_OF_A_PERIOD.get(every[words], _ANY_DAY))
        yield Question(question_id("every", words), "time", text, choices, tuple(ids))


def _undated(rows: Sequence[Obligation]) -> Iterator[Question]:
    """Whether duties without a day are followed at all."""
    for kind, meaning in _UNDATED.items():
        ids = tuple(
            row.id for row in rows if row.due.type == kind and row.owners and not row.followed
        )
        if ids:
            text = f"{number_words(len(ids))} nhiệm vụ {meaning}: theo dõi (không có hạn, không nhắc) hay bỏ?"
            yield Question(f"undated-{kind}", "what", text, (FOLLOW, DROP), ids)


def _forms(rows: Sequence[Obligation], forms: Iterable[tuple[str, str]]) -> Iterator[Question]:
    """Who fills in a form and by when, in one answer: «Sở Tư pháp; trước ngày 15/12/2027»."""
    days = list(
        dict.fromkeys(row.due_words for row in rows if row.kind == "report" and row.due.day)
    )
    for key, named in forms:
        if key == "outline":
            text = f"{named}: kiểm tra các báo cáo theo đề cương này không?"
            yield Question("form-outline", "form", text, (FOLLOW, DROP))
            continue
        example = days[0] if days else "trước ngày 15/12/2026"
        text = f"{named}: cơ quan nào điền, nộp khi nào? Ghi như «Sở Tư pháp; {example}»"
        ids = tuple(row.id for row in rows if len(row.owners) == 1 and _names_form(row, named))
        choices = (*(f"{AS_ROW} {id_}" for id_ in ids), DROP)
        yield Question(f"form-{key}", "form", text, choices)


def _names_form(row: Obligation, named: str) -> bool:
    """Whether a row is owed as this form: «biểu mẫu tại Phụ lục 3»."""
    heading = re.escape(fold(named[1:].partition(":")[0]))
    own = row.deliverable if row.kind == "appendix" else row.text
    return re.search(rf"{heading}(?!\w)", fold(own)) is not None
