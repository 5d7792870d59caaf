"""Who takes in what a drafted plan asks for, and what is consolidated of it. Pure.

A draft keeps it beside its rows (`edits["consolidation"]`): row id → who takes it in and into which kind of
output it goes. Rows of one kind that one agency takes in are one output, made as soon as they are in
(`feeds` of their milestones). What nobody set: the coordinator takes it in, and nothing is made of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from drafting.forms.owed import owed_apart, owed_as_rows
from drafting.grammar.names import agency_key

NARRATIVE = ("report", "proposals")
ANY = ("report", "proposals", "plan", "document", "appendix", "conference", "duty")


@dataclass(frozen=True, slots=True)
class Making:
    """A kind of output: what it is called, the file it is, what it may be made from."""

    kind: str
    words: str
    title: str
    filename: str
    made_from: tuple[str, ...]
    by_outline: bool = False
    """Whether it is written under the headings of an outline, and needs one."""


MAKINGS = {
    one.kind: one
    for one in (
        Making(
            "status-note",
            "tình hình thực hiện",
            "Báo cáo tình hình thực hiện",
            "tinh-hinh-thuc-hien",
            ANY,
        ),
        Making(
            "appendices",
            "bộ biểu số liệu",
            "Bộ biểu số liệu tổng hợp",
            "bieu-so-lieu",
            ("appendix",),
        ),
        Making(
            "compilation",
            "bản tổng hợp",
            "Tổng hợp báo cáo",
            "tong-hop-bao-cao",
            NARRATIVE,
            by_outline=True,
        ),
        Making(
            "report",
            "dự thảo báo cáo",
            "Dự thảo báo cáo tổng hợp",
            "du-thao-bao-cao",
            (*NARRATIVE, "appendix"),
            by_outline=True,
        ),
    )
}
"""Kind of output → what it is."""


def offered(kinds: Sequence[str], *, outlined: bool) -> list[Making]:
    """What can be made from rows of all these kinds. `outlined`: whether the plan has an outline."""
    return [
        one
        for one in MAKINGS.values()
        if all(kind in one.made_from for kind in kinds) and (outlined or not one.by_outline)
    ]


@dataclass(frozen=True, slots=True)
class TakenIn:
    """Of one row: who takes it in (empty: the coordinator), and what is made of it (empty: nothing)."""

    by: str = ""
    into: str = ""


def taken_in(edits: Mapping[str, Any]) -> dict[str, TakenIn]:
    """Row id → what was set."""
    said = edits.get("consolidation", {}).get("rows", {})
    return {row: TakenIn(**one) for row, one in said.items()}


def products(work: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Everything handed in under a draft as it stands: its rows, those that are a form's among them, and the
    forms that have no row (`forms_owed`; id «form-PL1»)."""
    decided = work.get("forms_owed", {})
    known = {one["code"]: one for one in work.get("forms", {}).get("appendices", ())}
    rows: dict[str, dict[str, Any]] = {row["id"]: row for row in work["obligations"]}
    taken = owed_as_rows(decided, rows)
    for row in work["obligations"]:
        yield {**row, "kind": "appendix"} if row["id"] in taken else row
    for code, one, like in owed_apart(decided, rows):
        title = f"{known[code]['heading'].capitalize()}: {known[code]['title'].capitalize()}"
        owners = like["owners"] if like else [one["owner"]]
        yield {"id": form_id(code), "kind": "appendix", "deliverable": title, "owners": owners}


_FORM = "form-"


def form_id(code: str) -> str:
    """What a form without a row of its own is called among rows."""
    return f"{_FORM}{code}"


def is_form(row: str) -> bool:
    """Whether an id is that of a form without a row."""
    return row.startswith(_FORM)


@dataclass(slots=True)
class Gathered:
    """One output: what it is made from, by whom, and the row it drafts."""

    making: Making
    by: str
    rows: list[str] = field(default_factory=list)
    drafts: str = ""

    @property
    def key(self) -> str:
        return f"{self.making.kind}:{agency_key(self.by)}"


def gathered(work: Mapping[str, Any]) -> list[Gathered]:
    """The outputs of a draft as it stands, in the order of their rows. What no longer suits (a row's kind or
    owner was changed, the outline is not followed) is left aside. What it drafts is no input of it."""
    said, coordinator = taken_in(work), work["plan"].get("coordinator") or ""
    found: dict[str, Gathered] = {}
    for row in products(work):
        one = said.get(row["id"], TakenIn())
        if one.into in {able.kind for able in offered([row["kind"]], outlined=outlined(work))}:
            here = Gathered(MAKINGS[one.into], one.by or coordinator)
            found.setdefault(here.key, here).rows.append(row["id"])
    drafts = work.get("consolidation", {}).get("drafts", {})
    for output in found.values():
        drafted = drafts.get(output.key, "")
        if drafted and drafted in {row["id"] for row in may_draft(work, output)}:
            output.drafts = drafted
            output.rows = [row for row in output.rows if row != drafted]
    return list(found.values())


def outlined(work: Mapping[str, Any]) -> bool:
    """Whether the plan comes with an outline that its reports follow."""
    return bool(work.get("forms_owed", {}).get("outline", {}).get("followed"))


def may_draft(work: Mapping[str, Any], output: Gathered) -> Iterator[dict[str, Any]]:
    """The rows that an output may be the draft of: reports that its agency alone owes, but not the only one
    it is made from."""
    for row in products(work):
        owners = [agency_key(name) for name in row["owners"]]
        reported = row["kind"] in (*NARRATIVE, "document", "appendix")
        if reported and owners == [agency_key(output.by)] and output.rows != [row["id"]]:
            yield row


def outputs_of(
    work: Mapping[str, Any], made: Mapping[str, Sequence[str]], codes: Mapping[str, str]
) -> list[dict[str, Any]]:
    """The outputs in the plan format. `made`: row id → its deliverables; `codes`: `agency_key` → agency."""
    found: list[dict[str, Any]] = []
    number = str(work["plan"]["number"])
    for one in gathered(work):
        same = sum(other["kind"] == one.making.kind for other in found)
        name = one.making.filename + (f"-{same + 1}" if same else "")
        drafted = made.get(one.drafts, ())
        found.append(
            {
                "id": name,
                "title": f"{one.making.title} {number}" + (f" ({one.by})" if same else ""),
                "kind": one.making.kind,
                "filename": f"{name}.{'xlsx' if one.making.kind == 'appendices' else 'docx'}",
                "inputs": [part for row in one.rows for part in made[row]],
                "delivers": f"{codes[agency_key(one.by)]}/{drafted[0]}"
                if len(drafted) == 1
                else "",
            }
        )
    return found
