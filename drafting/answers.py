"""What answers do to a draft: an answer settles every row its question names.

| question | answer |
|---|---|
| who a group is | a list of agencies, or «một đầu mối» |
| who owes a row | a list of agencies |
| when (a doubt, a recurrence without its day) | due words the plan format reads, or «không nhắc» |
| whether a day that was moved holds | «giữ», or due words |
| who fills in a form, by when | «theo việc n3», «cơ quan; hạn», or «bỏ» |
| whether undated duties are followed | «theo dõi» |
| number, day, issuer, coordinator | the text |
| any but the last | «bỏ»: the rows are left out and stand in the draft's «dropped» |

Answers are given by a question's id or by its text. An answer that cannot be read is refused in a sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from drafting.document import UnreadableError
from drafting.forms.owed import undecided
from drafting.grammar.names import agency_key, split_names
from drafting.questions import (
    AS_ROW,
    DROP,
    FOLLOW,
    KEEP,
    NO_REMINDER,
    ONE,
    Question,
    is_group,
    questions_of,
)
from drafting.rows import Obligation
from drafting.times.due import NONE, NamedYear, Time
from drafting.times.expressions import read_slot
from plan.deadlines.phrases import recurs
from plan.errors import UsageError
from plan.plausible import day_from

Answer = str | Sequence[str]


def answered(draft: dict[str, Any], answers: Mapping[str, Answer]) -> dict[str, Any]:
    """The draft with these answers applied, and the questions that are left. Raises UnreadableError."""
    work = _Work(draft)
    left = dict(answers)
    while left:  # an answer may open what another one settles: the owner of a row may be a group
        round_ = [(key, question) for question in work.questions() if (key := _key(question, left))]
        if not round_:
            raise UnreadableError(
                f"Không có câu hỏi nào là «{next(iter(left))}»: xem lại mã câu hỏi trong bản soạn."
            )
        for key, question in round_:
            work.settle(question, left[key])
        for key in {key for key, _ in round_}:
            left.pop(key)
    return work.as_data()


def _key(question: Question, answers: Mapping[str, Answer]) -> str | None:
    return next((key for key in (question.id, question.text) if key in answers), None)


def by_ids_now(answers: Mapping[str, Answer], ids: Mapping[str, str]) -> dict[str, Answer | None]:
    """The answers that name a row («theo việc n3»), by the id it has now; None for a row that is no more."""
    named = {
        key: answer.removeprefix(AS_ROW).strip()
        for key, answer in answers.items()
        if isinstance(answer, str) and answer.startswith(AS_ROW)
    }
    return {key: f"{AS_ROW} {ids[row]}" if row in ids else None for key, row in named.items()}


class _Work:
    """A draft being answered."""

    def __init__(self, draft: dict[str, Any]) -> None:
        self.draft = draft
        self.plan = dict(draft["plan"])
        self.rows = [Obligation.from_data(row) for row in draft["obligations"]]
        self.groups: dict[str, list[str]] = dict(draft.get("groups", {}))
        self.dropped: list[dict[str, Any]] = list(draft.get("dropped", []))
        self.forms: dict[str, Any] = dict(draft.get("forms_owed", {}))

    def questions(self) -> list[Question]:
        waiting = undecided(self.draft.get("forms", {}), self.forms)
        return questions_of(self.plan, self.rows, self.groups, waiting)

    def as_data(self) -> dict[str, Any]:
        return {
            **self.draft,
            "plan": self.plan,
            "obligations": [row.as_data() for row in self.rows],
            "groups": self.groups,
            "dropped": self.dropped,
            "forms_owed": self.forms,
            "questions": [question.as_data() for question in self.questions()],
        }

    def settle(self, question: Question, answer: Answer) -> None:
        """One answer, for all the rows of its question."""
        if answer == DROP and question.rows:
            self._drop(question)
        elif question.id.startswith("form-"):
            self._form(question, answer)
        elif question.id.startswith("plan-"):
            self._frame(question, answer)
        elif question.id.startswith("group-"):
            self._group(question, answer)
        elif question.id.startswith("undated-"):
            self._follow(question, answer)
        elif question.about == "owner":
            self._change(question, owners=_names(question, answer))
        else:
            self._time(question, answer)

    def _drop(self, question: Question) -> None:
        """A form that was to be a row that goes is asked about again."""
        gone = [row for row in self.rows if row.id in question.rows]
        self.dropped += [row.as_data() for row in gone]
        self.rows = [row for row in self.rows if row.id not in question.rows]
        self.forms = {
            key: one for key, one in self.forms.items() if one.get("row") not in question.rows
        }

    def _form(self, question: Question, answer: Answer) -> None:
        """Who fills in a form, and its deadline; nothing for one that is not followed."""
        key = question.id.removeprefix("form-")
        text = _text(question, answer)
        if text in (DROP, FOLLOW):
            self.forms[key] = {"followed": text == FOLLOW}
            return
        if text.startswith(AS_ROW):
            row = text.removeprefix(AS_ROW).strip()
            if row not in {one.id for one in self.rows if len(one.owners) == 1}:
                raise _refused(question, answer, "hãy chọn một việc của đúng một cơ quan")
            self.forms[key] = {"row": row}
            return
        owner, _, words = (part.strip() for part in text.partition(";"))
        if not owner or not words or is_group(owner):
            raise _refused(question, answer, "hãy ghi một cơ quan, dấu «;», rồi hạn nộp")
        time = self._read(question, answer, words)
        self.forms[key] = {"owner": owner, "due": time.due.as_data(), "due_words": time.words}

    def _read(self, question: Question, answer: Answer, words: str) -> Time:
        """A deadline out of an answer."""
        issued = self.plan.get("issued_on")
        year = NamedYear(issued[:4]) if issued else None
        time = read_slot(words, finish=True, year=year)
        if (
            time.doubt
            or not time.due.timed
            or (time.due.type == "recurring" and time.due.at is None and not recurs(time.words))
        ):
            raise _refused(question, answer, "hãy ghi rõ ngày, như «trước ngày 15/12/2026»")
        return time

    def _frame(self, question: Question, answer: Answer) -> None:
        field, value = question.id.removeprefix("plan-"), _text(question, answer)
        if field == "issued_on":
            try:
                value = day_from(value).isoformat()
            except UsageError:
                raise _refused(question, answer, "hãy ghi ngày dạng 31/01/2026") from None
        self.plan[field] = value

    def _group(self, question: Question, answer: Answer) -> None:
        names = [name for row in self.rows if row.id in question.rows for name in row.owners]
        name = next(name for name in names if question.text.startswith(f"«{name}»"))
        self.groups[agency_key(name)] = [name] if answer == ONE else list(_names(question, answer))

    def _follow(self, question: Question, answer: Answer) -> None:
        if answer != FOLLOW:
            raise _refused(question, answer, f"hãy trả lời «{FOLLOW}» hoặc «{DROP}»")
        for row in self.rows:
            if row.id in question.rows:
                row.followed = True

    def _time(self, question: Question, answer: Answer) -> None:
        text = _text(question, answer)
        if text == KEEP:
            self._change(question)
            return
        if text == NO_REMINDER:
            self._change(question, due=NONE, due_words="", followed=True)
            return
        time = self._read(question, answer, text)
        self._change(question, due=time.due, due_words=time.words)

    def _change(self, question: Question, **values: Any) -> None:
        for at, row in enumerate(self.rows):
            if row.id in question.rows:
                doubts = [doubt for doubt in row.doubts if doubt.about != question.about]
                self.rows[at] = replace(row, doubts=doubts, **values)


def _names(question: Question, answer: Answer) -> tuple[str, ...]:
    names = (
        split_names(answer)
        if isinstance(answer, str)
        else tuple(str(name).strip() for name in answer)
    )
    if not names or not all(names):
        raise _refused(question, answer, "hãy ghi tên cơ quan")
    return names


def _text(question: Question, answer: Answer) -> str:
    if not isinstance(answer, str) or not answer.strip():
        raise _refused(question, answer, "hãy ghi một câu trả lời")
    return answer.strip()


def _refused(question: Question, answer: Answer, advice: str) -> UnreadableError:
    return UnreadableError(
        f"Câu hỏi {question.id} («{question.text[:80]}»): chưa hiểu «{answer}»; {advice}."
    )
