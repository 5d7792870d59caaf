"""Rows of the desk back into the plan they came from: what was not touched stays as it was, to the letter.

Pure. Raises UnreadableError with what is wrong in sentences when the rows no longer make a sound plan.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from typing import Any

from drafting.document import UnreadableError
from drafting.grammar.names import agency_key
from drafting.plan_folder import KINDS, LONGEST_TITLE, due_words_of, free, slug
from drafting.revision.rows import NEXT_YEAR
from drafting.rows import Obligation
from drafting.words import fold
from plan.amending.differences import due_words
from plan.definition.checks import faults_of
from plan.definition.model import PlanDefinition
from plan.definition.ownership import members
from plan.text import number_words

MOST_FAULTS = 5
NEW_GROUP = "them"
"""The group of agencies that an amendment brings in."""


def revised(made: Mapping[str, Any], work: Mapping[str, Any]) -> PlanDefinition:
    """The plan that the rows of `work` say; `made`: the draft as it was made from the plan."""
    if work["questions"]:
        raise UnreadableError(f"Còn {number_words(len(work['questions']))} câu hỏi chưa trả lời.")
    revision = _Revision(made, work)
    return revision.definition()


class _Revision:
    """The definition's data while the rows are gone through."""

    def __init__(self, made: Mapping[str, Any], work: Mapping[str, Any]) -> None:
        self.made, self.work = made, work
        self.base = PlanDefinition.model_validate(made["basis"]["definition"])
        self.data: dict[str, Any] = self.base.model_dump(mode="json")
        self.words = due_words(self.base)
        self.parts = {part["id"]: part for part in self.data["deliverables"]}
        self.milestones = {part["id"]: part for part in self.data["milestones"]}
        self.codes = {
            agency_key(name): agency.id
            for agency in self.base.agencies
            for said in agency.names
            for name in (said.short, said.name)
        }

    def definition(self) -> PlanDefinition:
        before = {row["key"]: row for row in self.made["obligations"]}
        kept: list[dict[str, Any]] = []
        moved: dict[str, list[str]] = {}
        for data in self.work["obligations"]:
            old = before.get(data.get("key", ""))
            row = Obligation.from_data(data)
            if old is None:
                kept += self._new(row)
                continue
            part = self.parts[row.key]
            self._change(part, row, Obligation.from_data(old))
            if (old["due_words"] or "") != row.due_words or old["due"] != data["due"]:
                moved[row.key] = due_words_of(row.due, row.due_words)
            kept.append(part)
        kept += self._move(moved, kept)
        self.data["deliverables"] = kept
        self._frame()
        self._forget({part["id"] for part in kept})
        return self._sound()

    # --- one row ---------------------------------------------------------------------------------------

    def _change(self, part: dict[str, Any], row: Obligation, old: Obligation) -> None:
        """What a person changed of a deliverable, and nothing else."""
        if set(row.owners) != set(old.owners):
            part["owners"] = self._owners(row)
        if row.cooperating != old.cooperating:
            part["cooperating"], part["cooperating_by"] = list(row.cooperating), {}
        if row.deliverable != old.deliverable:
            part["title"], part["titles"] = row.deliverable[:LONGEST_TITLE], {}
        if row.kind != old.kind and row.kind in KINDS:
            part["kind"] = row.kind

    def _owners(self, row: Obligation) -> list[str]:
        """By id; a whole group by the group's."""
        codes = list(dict.fromkeys(self._agency(name) for name in row.owners))
        for group in dict.fromkeys(agency.group for agency in self.base.agencies):
            if len(codes) > 1 and set(members(self.base, group)) == set(codes):
                return [group]
        if not codes:
            raise UnreadableError(f"«{row.deliverable}» chưa giao cho cơ quan nào.")
        return codes

    def _agency(self, name: str) -> str:
        key = agency_key(name)
        if key not in self.codes:
            taken = {agency["id"] for agency in self.data["agencies"]}
            taken |= {agency["group"] for agency in self.data["agencies"]}
            self.codes[key] = free(slug(name) or "co-quan", taken)
            self.data["agencies"].append(
                {
                    "id": self.codes[key],
                    "group": NEW_GROUP,
                    "names": [{"name": name, "short": name}],
                    "sort": len(self.data["agencies"]) + 1,
                }
            )
        return self.codes[key]

    def _new(self, row: Obligation) -> list[dict[str, Any]]:
        """A row that the plan did not have; with two days a year, two deliverables."""
        found = []
        for words in due_words_of(row.due, row.due_words):
            milestone = self._milestone(words, row.source)
            id_ = free(slug(row.deliverable)[:60].strip("-") or "nhiem-vu", self.parts)
            self.parts[id_] = {
                "id": id_,
                "title": row.deliverable[:LONGEST_TITLE],
                "milestone": milestone,
                "kind": row.kind if row.kind in KINDS else "document",
                "owners": self._owners(row),
                "cooperating": list(row.cooperating),
                "source": {"section": row.source or "-", "words": row.span},
            }
            found.append(self.parts[id_])
        return found

    def _milestone(self, words: str, section: str) -> str:
        """The milestone of these due words; a new one where there is none."""
        for known, part in self.milestones.items():
            if fold(part["due"].get("words", "")) == fold(words):
                return str(known)
        id_ = free(f"moc-{len(self.milestones) + 1}", self.milestones)
        title = f"Hạn {words[:1].lower()}{words[1:]}" if words else "Nhiệm vụ không có thời hạn"
        made = {
            "id": id_,
            "title": title,
            "due": {"words": words},
            "source": {"section": section or "-"},
        }
        self.milestones[id_] = made
        self.data["milestones"].append(made)
        return id_

    # --- days ------------------------------------------------------------------------------------------

    def _move(
        self, moved: Mapping[str, list[str]], kept: list[dict[str, Any]]
    ) -> list[dict[str, Any]]:
        """New due words: the milestone's where all that stands in it moves alike, else the deliverable's
        own. A second day a year is a deliverable more."""
        more = []
        together: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for part in kept:
            if not part.get("due"):
                together[part["milestone"]].append(part)
        for milestone, parts in together.items():
            said = {tuple(moved.get(part["id"], (self._said(part),))) for part in parts}
            alike = next(iter(said)) if len(said) == 1 else ()
            if len(alike) == 1 and any(part["id"] in moved for part in parts):
                self.milestones[milestone]["due"] = {"words": alike[0]}
                self.milestones[milestone]["opens_on"] = None
                moved = {key: value for key, value in moved.items() if key not in _ids(parts)}
        for key, several in moved.items():
            self.parts[key]["due"] = {"words": several[0]}
            for words in several[1:]:
                id_ = free(key, self.parts)
                self.parts[id_] = {**self.parts[key], "id": id_, "due": {"words": words}}
                more.append(self.parts[id_])
        return more

    def _said(self, part: Mapping[str, Any]) -> str:
        own: str = self.milestones[part["milestone"]]["due"].get("words", "")
        return self.words.get(part["id"], own)

    # --- the whole -------------------------------------------------------------------------------------

    def _frame(self) -> None:
        if self.made["basis"]["kind"] != NEXT_YEAR:
            return
        plan = self.work["plan"]
        self.data |= {
            "id": slug(plan["number"]) or "ke-hoach",
            "number": plan["number"],
            "title": plan["title"] or plan["proposed_title"],
            "issued_on": date.fromisoformat(plan["issued_on"]).isoformat(),
        }

    def _forget(self, ids: set[str]) -> None:
        """What named deliverables that are gone names them no more; a milestone without any is gone too."""
        gone = set(self.parts) - ids
        for part in self.data["deliverables"]:
            part["after"] = [n for n in part.get("after", ()) if n.rpartition("/")[2] not in gone]
            shared = part.get("may_share_file_with", ())
            part["may_share_file_with"] = [one for one in shared if one not in gone]
        for output in self.data["outputs"]:
            output["inputs"] = [one for one in output["inputs"] if one not in gone]
            if output["delivers"].rpartition("/")[2] in gone:
                output["delivers"] = ""
        used = {part["milestone"] for part in self.data["deliverables"]}
        holders = [*self.data["milestones"], *self.data["deliverables"]]
        named = {part["due"].get("inherits") for part in holders if part.get("due")}
        empty = (
            {part["milestone"] for key, part in self.parts.items() if key in gone} - used - named
        )
        self.data["milestones"] = [
            part for part in self.data["milestones"] if part["id"] not in empty
        ]
        for override in self.data["reminders"]["overrides"]:
            override["milestones"] = [one for one in override["milestones"] if one not in empty]

    def _sound(self) -> PlanDefinition:
        found = PlanDefinition.model_validate(self.data)
        if faults := faults_of(found):
            shown = " ".join(faults[:MOST_FAULTS])
            more = len(faults) - MOST_FAULTS
            raise UnreadableError(shown + (f" (và {more} lỗi khác)" if more > 0 else ""))
        return found


def _ids(parts: list[dict[str, Any]]) -> set[str]:
    return {part["id"] for part in parts}
