"""What people change in a draft by hand: a row's fields, rows left out, split, joined or added. Pure.

A change is kept beside the draft, never in it: what is shown is worked out anew, and any change can be
taken back. Every change is read as strictly as the document was: a deadline that cannot be read is refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from drafting.consolidating import is_form
from drafting.document import UnreadableError
from drafting.grammar.names import split_names
from drafting.rows import Obligation
from drafting.times.due import NONE, NamedYear
from drafting.times.expressions import read_slot

KINDS = {
    "report": "báo cáo",
    "proposals": "đề xuất",
    "plan": "kế hoạch",
    "document": "văn bản",
    "appendix": "biểu số liệu",
    "conference": "hội nghị",
    "duty": "nhiệm vụ",
}
FIELDS = ("owners", "cooperating", "deliverable", "kind", "due_words", "milestone")
LONGEST = 500
LONGEST_MILESTONE = 200


def empty_edits() -> dict[str, Any]:
    return {"rows": {}, "dropped": [], "added": []}


def edited(made: Mapping[str, Any], edits: Mapping[str, Any]) -> dict[str, Any]:
    """The draft with the changes applied, what the document says of itself among them; questions are then
    asked of what stands.

    Raises UnreadableError, a sentence, for a change that cannot be read."""
    changed, dropped = edits.get("rows", {}), set(edits.get("dropped", ()))
    made = {**made, "plan": {**made["plan"], **edits.get("plan", {})}}
    year = _year(made)
    rows = [*made["obligations"], *edits.get("added", ())]
    kept = [_row(row, changed.get(row["id"], {}), year) for row in rows if row["id"] not in dropped]
    gone = [row for row in rows if row["id"] in dropped]
    return {
        **made,
        "obligations": kept,
        "dropped": [*made.get("dropped", ()), *gone],
        "consolidation": edits.get("consolidation", {}),
    }


def _year(made: Mapping[str, Any]) -> NamedYear | None:
    issued = made["plan"].get("issued_on")
    return NamedYear(issued[:4]) if issued else None


def _row(data: dict[str, Any], change: Mapping[str, str], year: NamedYear | None) -> dict[str, Any]:
    if not change:
        return data
    row = Obligation.from_data(data)
    values: dict[str, Any] = {}
    if "owners" in change:
        values["owners"] = names_of(change["owners"])
    if "cooperating" in change:
        values["cooperating"] = names_of(change["cooperating"])
    if change.get("deliverable"):
        values["deliverable"] = change["deliverable"][:LONGEST]
    if "milestone" in change:
        values["milestone"] = change["milestone"].strip()[:LONGEST_MILESTONE]
    if "kind" in change:
        values["kind"] = _kind(change["kind"])
    if "due_words" in change:
        values |= _due(change["due_words"], year)
    about = {"owners": "owner", "due_words": "time", "deliverable": "what"}
    settled = {about[name] for name in change if name in about}
    doubts = [doubt for doubt in row.doubts if doubt.about not in settled]
    return replace(row, doubts=doubts, **values).as_data()


def names_of(text: str) -> tuple[str, ...]:
    """Agencies out of a field: parted by «;» or a new line; a comma may belong to a name."""
    parts = [part.strip() for line in text.splitlines() for part in line.split(";")]
    found = [part for part in parts if part]
    return tuple(found) if len(found) != 1 else tuple(split_names(found[0])) or tuple(found)


def _kind(text: str) -> str:
    if text not in KINDS:
        raise UnreadableError(f"«{text}» không phải loại sản phẩm; chỉ có: {', '.join(KINDS)}.")
    return text


def _due(words: str, year: NamedYear | None) -> dict[str, Any]:
    """The deadline of a field; empty: none."""
    if not words.strip():
        return {"due": NONE, "due_words": ""}
    time = read_slot(words, finish=True, year=year)
    if time.doubt or time.due.type == "none":
        raise UnreadableError(
            f"Chưa hiểu hạn «{words}»: hãy ghi như «trước ngày 15/12/2026», «hằng quý trước ngày 20 tháng "
            "cuối quý», «thường xuyên», hoặc để trống."
        )
    return {"due": time.due, "due_words": time.words}


PLAN_FIELDS = ("number", "title", "issued_on", "issuer", "coordinator")


def changed_plan(edits: dict[str, Any], values: Mapping[str, str]) -> dict[str, Any]:
    """The edits with what the plan says of itself (`PLAN_FIELDS`; the day as ISO writes it) changed as well;
    an empty value changes nothing."""
    said = {name: values[name] for name in PLAN_FIELDS if values.get(name)}
    return {**empty_edits(), **edits, "plan": {**edits.get("plan", {}), **said}}


def changed_row(edits: dict[str, Any], row_id: str, values: Mapping[str, str]) -> dict[str, Any]:
    """The edits with a row's fields changed as well."""
    unknown = set(values) - set(FIELDS)
    if unknown:
        raise UnreadableError(f"Không có cột {', '.join(sorted(unknown))}.")
    rows = dict(edits.get("rows", {}))
    rows[row_id] = {**rows.get(row_id, {}), **values}
    return {**empty_edits(), **edits, "rows": rows}


def row_as_read(edits: dict[str, Any], row_id: str) -> dict[str, Any]:
    """The edits without what was changed of a row."""
    rows = {key: said for key, said in edits.get("rows", {}).items() if key != row_id}
    return {**empty_edits(), **edits, "rows": rows}


def dropped_row(edits: dict[str, Any], row_id: str, *, dropped: bool) -> dict[str, Any]:
    """The edits with a row left out, or taken in again."""
    ids = [one for one in edits.get("dropped", ()) if one != row_id]
    return {**empty_edits(), **edits, "dropped": [*ids, row_id] if dropped else ids}


def joined_rows(
    edits: dict[str, Any], stands: Sequence[Mapping[str, Any]], row_id: str, into: str
) -> dict[str, Any]:
    """The edits with a row joined to another (`stands`: the rows as they are): that one is owed by the owners
    of both, with the partners of both; this one is left out, and can be taken in again."""
    rows = {row["id"]: row for row in stands}
    if row_id == into or row_id not in rows or into not in rows:
        raise UnreadableError("Hãy chọn một việc khác trong bản soạn để gộp vào.")
    values = {
        name: "\n".join(dict.fromkeys([*rows[into][name], *rows[row_id][name]]))
        for name in ("owners", "cooperating")
    }
    changed = {name: said for name, said in values.items() if said}
    return dropped_row(changed_row(edits, into, changed), row_id, dropped=True)


def added_row(
    edits: dict[str, Any], made: Mapping[str, Any], like: str, deliverable: str, begins: str = ""
) -> dict[str, Any]:
    """The edits with a row more: one read out of the same sentence as `like` (a split), or one of the
    unread sentences (`like`: its place, `begins`: its first words), or a person's own with no sentence at
    all."""
    rows = [*made["obligations"], *edits.get("added", ())]
    source = next((row for row in rows if row["id"] == like), None)
    here = (one for one in made["unread"] if one["place"] == like)
    unread = next((one for one in here if one["span"].strip().startswith(begins)), None)
    number = 1 + len(edits.get("added", ()))
    text = deliverable.strip()[:LONGEST] or (unread["span"][:LONGEST] if unread else "")
    if not text:
        raise UnreadableError("Hãy ghi sản phẩm hoặc việc phải làm.")
    place = source["place"] if source else like if unread else ""
    span = source["span"] if source else unread["span"] if unread else ""
    row = Obligation(
        text=text,
        deliverable=text,
        owners=tuple(source["owners"]) if source else (),
        source=source["source"] if source else "",
        span=span,
        block=source.get("block", 0) if source else 0,
        place=place,
        section=source["section"] if source else "",
        id=f"t{number}",
    )
    if not row.owners:
        row.ask("owner", "Việc này giao cho cơ quan nào?")
    return {**empty_edits(), **edits, "added": [*edits.get("added", ()), row.as_data()]}


def ids_now(
    before: Sequence[Mapping[str, Any]],
    after: Sequence[Mapping[str, Any]],
    edits: Mapping[str, Any],
) -> dict[str, str]:
    """What each row is called once the document was read again: a row is the same that was read of the same
    words at the same place, or else of the same words. Rows of people's own keep their names; a row that is
    no more has none."""
    ids = _same(before, after, "place", "span")
    taken = set(ids.values())
    elsewhere = _same(before, after, "span").items()
    ids = {old: new for old, new in elsewhere if new not in taken} | ids
    return ids | {row["id"]: row["id"] for row in edits.get("added", ())}


def carried(edits: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    """The edits by the ids that rows have now (`ids_now`). What was set of rows that are no more is left
    out."""
    rows = {ids[old]: said for old, said in edits.get("rows", {}).items() if old in ids}
    dropped = [ids[old] for old in edits.get("dropped", ()) if old in ids]
    moved = {**empty_edits(), **edits, "rows": rows, "dropped": dropped}
    if "consolidation" in edits:
        moved["consolidation"] = _consolidation(edits["consolidation"], ids)
    return moved


def _consolidation(said: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    def now(row: str) -> str:
        return row if is_form(row) else ids.get(row, "")

    rows = {now(old): one for old, one in said.get("rows", {}).items() if now(old)}
    drafts = {key: now(old) for key, old in said.get("drafts", {}).items() if now(old)}
    return {"rows": rows, "drafts": drafts}


def _same(
    before: Sequence[Mapping[str, Any]], after: Sequence[Mapping[str, Any]], *told_by: str
) -> dict[str, str]:
    """Id before → id after of rows that agree in these fields."""
    now = {name: row["id"] for name, row in _counted(after, told_by)}
    return {row["id"]: now[name] for name, row in _counted(before, told_by) if name in now}


def _counted(
    rows: Sequence[Mapping[str, Any]], told_by: Sequence[str]
) -> Iterator[tuple[tuple[Any, ...], Mapping[str, Any]]]:
    """Each row with what tells it apart; several of one sentence are counted."""
    seen: Counter[tuple[Any, ...]] = Counter()
    for row in rows:
        name = tuple(row[field] for field in told_by)
        seen[name] += 1
        yield (*name, seen[name]), row
