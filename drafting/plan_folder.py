"""A draft without open questions as a plan of the plan format.

Agencies become agencies, due words milestones, obligations deliverables; what a person left out stands
in the notes. Due words the format cannot read are written in words it can («trước ngày …»), the plan's own
beside them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from drafting.consolidating import TakenIn, form_id, outputs_of, taken_in
from drafting.document import UnreadableError
from drafting.forms.owed import OUTLINE, appendix_part, owed_apart, owed_as_rows
from drafting.grammar.names import agency_key
from drafting.questions import is_group
from drafting.rows import Obligation
from drafting.times.due import DueReading
from drafting.words import fold
from plan.deadlines.phrases import DueWordsError, parse_due, recurs
from plan.deadlines.rules import Once
from plan.definition.model import PlanDefinition
from plan.directory.entries import Entry
from plan.text import long_date, number_words, strip_accents

DEFAULT_REMINDERS: dict[str, Any] = {
    "rungs": [
        {"offset": -7},
        {"offset": -3},
        {"offset": -1, "tone": "urgent"},
        {"offset": 2, "every": 2, "audience": ["contact", "head"], "tone": "overdue"},
        {
            "offset": 5,
            "audience": ["contact", "head", "coordinator-leadership"],
            "tone": "escalated",
        },
    ],
    "office_hours": [{"spans": [["07:00", "11:30"], ["13:30", "17:00"]]}],
}
"""A ladder to begin with; the plan's office changes it."""

KINDS = {"report", "proposals", "plan", "document", "conference", "duty"}
LONGEST_TITLE = 200
_FORM = "form:"


def definition_of(
    draft: dict[str, Any], directory: Mapping[str, Entry] | None = None
) -> PlanDefinition:
    """The plan a draft makes. `directory`: the agencies that are known, by `agency_key` of each name; they
    keep their codes. Raises UnreadableError while questions are open or nothing is owed."""
    if draft["questions"]:
        raise UnreadableError(f"Còn {number_words(len(draft['questions']))} câu hỏi chưa trả lời.")
    rows = [Obligation.from_data(row) for row in draft["obligations"]]
    if not rows:
        raise UnreadableError("Bản soạn không có nhiệm vụ nào: hãy xem lại văn bản.")
    return _Builder(draft, rows, directory or {}).definition()


class _Builder:
    """Collects agencies and milestones while the rows are gone through."""

    def __init__(
        self, draft: dict[str, Any], rows: Sequence[Obligation], directory: Mapping[str, Entry]
    ) -> None:
        self.draft, self.rows, self.directory = draft, rows, directory
        self.groups: dict[str, list[str]] = draft.get("groups", {})
        self.ids: dict[str, str] = {}
        self.names: dict[str, str] = {}
        self.taken_in = taken_in(draft)
        self.made: defaultdict[str, list[str]] = defaultdict(list)
        """Row id → the deliverables it became."""

    def definition(self) -> PlanDefinition:
        plan = self.draft["plan"]
        number = str(plan["number"])
        coordinator, issuer = self._agency(plan["coordinator"]), self._agency(plan["issuer"])
        milestones, deliverables = self._owed()
        outputs = self._outputs(milestones, deliverables)
        forms, decided = self.draft.get("forms", {}), self.draft.get("forms_owed", {})
        owners = {part["appendix"]: part["owners"][0] for part in deliverables if part["appendix"]}
        appendices = [
            appendix_part(forms, one["code"], owners[one["code"]])
            for one in forms.get("appendices", ())
            if one["code"] in owners
        ]
        outlined = decided.get(OUTLINE, {}).get("followed", False)
        return PlanDefinition.model_validate(
            {
                "id": slug(number) or "ke-hoach",
                "number": number,
                "title": plan["title"] or f"Kế hoạch {number}",
                "issued_on": plan["issued_on"],
                "issuer": issuer,
                "coordinator": coordinator,
                "agencies": [
                    {
                        "id": id_,
                        "group": "agencies",
                        **self._said(key),
                        "sort": at,
                    }
                    for at, (key, id_) in enumerate(self.ids.items(), start=1)
                ],
                "milestones": milestones,
                "deliverables": deliverables,
                "reminders": DEFAULT_REMINDERS,
                "appendices": appendices,
                "outline": forms["outline"] if outlined else [],
                "outputs": outputs,
                "notes": list(self._notes()),
            }
        )

    def _said(self, key: str) -> dict[str, Any]:
        """What the plan says of an agency: as the directory has it, with the document's spelling beside."""
        entry, written = self.directory.get(key), self.names[key]
        if entry is None:
            return {"names": [{"name": written, "short": written}]}
        name = entry.names[-1]
        said = {"name": name.name, "short": name.short, "kind": entry.kind}
        return {"names": [said], "aliases": [written] if written != name.name else []}

    def _agency(self, name: str) -> str:
        """The id of an agency; the first spelling seen names it."""
        key = agency_key(name)
        if key not in self.ids:
            known = self.directory.get(key)
            wanted = known.code if known else slug(name) or "co-quan"
            self.ids[key] = free(wanted, set(self.ids.values()))
            self.names[key] = name[:1].upper() + name[1:]
        return self.ids[key]

    def _owners(self, row: Obligation) -> list[str]:
        """The agencies that owe a row, groups by their members."""
        names: list[str] = []
        for name in row.owners:
            names += self.groups.get(agency_key(name), [name]) if is_group(name) else [name]
        return list(dict.fromkeys(self._agency(name) for name in names))

    def _owed(self) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        milestones: dict[str, dict[str, Any]] = {}
        deliverables: list[dict[str, Any]] = []
        taken: set[str] = set()
        for row in self._with_forms():
            for words in due_words_of(row.due, row.due_words):
                named = f"«{fold(row.milestone)}»" if row.milestone else fold(words)
                milestone = milestones.setdefault(
                    named, self._milestone(row, words, len(milestones) + 1)
                )
                id_ = free(slug(row.deliverable)[:60].strip("-") or "nhiem-vu", taken)
                taken.add(id_)
                self.made[row.id].append(id_)
                part = self._deliverable(row, id_, milestone["id"])
                if fold(words) != fold(milestone.get("due", {}).get("words", "")):
                    part["due"] = {"words": words}  # put into a milestone of another day
                deliverables.append(part)
        return list(milestones.values()), deliverables

    def _milestone(self, row: Obligation, words: str, number: int) -> dict[str, Any]:
        by_day = f"Hạn {words[:1].lower()}{words[1:]}" if words else "Nhiệm vụ không có thời hạn"
        made: dict[str, Any] = {
            "id": f"moc-{number}",
            "title": row.milestone or by_day,
            "source": {"section": row.source or "-"},
        }
        if words:
            made["due"] = {"words": words}
            made["source"]["words"] = row.due_words
        return made

    def _deliverable(self, row: Obligation, id_: str, milestone: str) -> dict[str, Any]:
        form = row.key.removeprefix(_FORM) if row.key.startswith(_FORM) else ""
        return {
            "id": id_,
            "title": row.deliverable[:LONGEST_TITLE] or row.text[:LONGEST_TITLE],
            "milestone": milestone,
            # An appendix has its table; without one it is a document like any other.
            "kind": row.kind if row.kind in KINDS or form else "document",
            "appendix": form or None,
            "owners": self._owners(row),
            "cooperating": list(row.cooperating),
            "addressed_to": "; ".join(row.to),
            "received_by": self._receiver(row),
            "source": {"section": row.source or "-", "words": row.span},
        }

    def _receiver(self, row: Obligation) -> str | None:
        """Who takes it in, where that was set and is not the coordinator."""
        said = self.taken_in.get(row.id, TakenIn()).by
        coordinator = agency_key(self.draft["plan"]["coordinator"])
        return self._agency(said) if said and agency_key(said) != coordinator else None

    def _outputs(
        self, milestones: Sequence[dict[str, Any]], deliverables: Sequence[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """What is consolidated; the milestones of what goes into it feed it."""
        found = outputs_of(self.draft, self.made, self.ids)
        stands_in = {part["id"]: part["milestone"] for part in deliverables}
        for output in found:
            feeding = {stands_in[name] for name in output["inputs"]}
            for milestone in milestones:
                if milestone["id"] in feeding:
                    milestone.setdefault("feeds", []).append(output["id"])
        return found

    def _with_forms(self) -> Iterator[Obligation]:
        """The rows, and one for each form that somebody fills in; `key` is then the form's code. A form
        that a row owes is that row."""
        known = {one["code"]: one for one in self.draft.get("forms", {}).get("appendices", ())}
        decided = self.draft.get("forms_owed", {})
        rows = {row.id: row for row in self.rows}
        taken = owed_as_rows(decided, rows)
        for row in self.rows:
            form = taken.get(row.id)
            yield replace(row, kind="appendix", key=f"{_FORM}{form}") if form else row
        for code, one, like in owed_apart(decided, rows):
            yield _form_row(code, known[code], one, like)

    def _notes(self) -> Iterator[dict[str, Any]]:
        for row in self.draft.get("dropped", []):
            yield {
                "section": row["source"] or "-",
                "words": row["span"],
                "note": "Người soạn không đưa vào theo dõi.",
            }
        for left in self.draft["unread"]:
            yield {
                "section": left["place"] or "-",
                "words": left["span"],
                "note": "Bản soạn chưa hiểu đoạn này.",
            }


def _form_row(
    code: str, form: dict[str, Any], decided: Mapping[str, Any], like: Obligation | None
) -> Obligation:
    """A form as a row of its own: owed as was said, or by whom and when the row `like` is."""
    title = f"{form['heading'].capitalize()}: {form['title'].capitalize()}"
    return Obligation(
        text=title,
        owners=like.owners if like else (decided["owner"],),
        deliverable=title,
        kind="appendix",
        due=like.due if like else DueReading.from_data(decided["due"]),
        due_words=like.due_words if like else decided["due_words"],
        source=form["heading"],
        span=form["title"],
        key=f"{_FORM}{code}",
        id=form_id(code),
    )


# --- due words -------------------------------------------------------------------------------------


def due_words_of(due: DueReading, words: str) -> list[str]:
    """Words the plan format reads for a deadline: the plan's own where they can be read so; «» for none.

    A recurrence with two days a year is two deadlines.
    """
    if not due.timed:
        return [""]
    if due.type == "recurring" and due.at is None:
        return [words if recurs(words) else ""]
    if due.type == "recurring":
        return list(_recurring_words(due, words))
    try:
        rule = parse_due(words)
    except DueWordsError:
        return [_once_words(due)]
    same = isinstance(rule, Once) and rule.last_day == last_good_day(due)
    return [words if same else _once_words(due)]


def last_good_day(due: DueReading) -> date | None:
    """The last day on which a thing due once is in time."""
    if due.day is None:
        return None
    return due.day - timedelta(days=1) if due.type == "before" else due.day


def _once_words(due: DueReading) -> str:
    day = due.day or date.min
    return f"trước {long_date(day)}" if due.type == "before" else f"đến hết {long_date(day)}"


_OF_QUARTER = re.compile(r"tháng\s+(đầu|giữa|cuối)(?:\s+(?:của|mỗi|hằng|hàng|từng))*\s+qu[ýí]")
_EVERY = {"month": "tháng", "quarter": "quý", "year": "năm", "half-year": "năm"}


def _recurring_words(due: DueReading, words: str) -> Iterator[str]:
    at = dict(due.at or ())
    if "days" not in at and recurs(words):
        yield words
        return
    if due.every not in _EVERY:
        yield ""
        return
    if "day" not in at and "days" not in at:
        yield f"tháng {at['month']} hằng năm"
        return
    mark = "trước" if at["mark"] == "before" else "chậm nhất"
    of_quarter = _OF_QUARTER.search(fold(words))
    for month, day in _days(at):
        named = f" tháng {of_quarter[1] if of_quarter else 'cuối'} quý"
        place = f" tháng {month}" if month else named if due.every == "quarter" else ""
        yield f"hằng {_EVERY[due.every]} {mark} ngày {day}{place}"


def _days(at: dict[str, Any]) -> Iterator[tuple[int | None, int]]:
    if "days" in at:
        for pair in at["days"]:
            month, day = pair.split("-")
            yield int(month), int(day)
    else:
        yield at.get("month"), at["day"]


# --- ids -------------------------------------------------------------------------------------------


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", strip_accents(fold(text)).lower()).strip("-")


def free(wanted: str, taken: Iterable[str]) -> str:
    """The id, or the first of id-2, id-3, … that is free."""
    used = set(taken)
    if wanted not in used:
        return wanted
    return next(
        f"{wanted}-{number}"
        for number in range(2, len(used) + 3)
        if f"{wanted}-{number}" not in used
    )
