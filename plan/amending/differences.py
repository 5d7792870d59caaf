"""What one version of a plan says otherwise than another: who owes what, by when, and the rest. Pure.

Costs what both versions hold; nothing is looked up for each who owes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from plan.definition.model import Deliverable, PlanDefinition
from plan.definition.ownership import owners
from plan.definition.periodic import due_of, periods_of
from plan.text import join_names, period_words

ADDED, DROPPED, MOVED = "added", "dropped", "moved"
GAINED, LOST, MORE, FEWER = "gained", "lost", "more", "fewer"
SAID, OTHER = "said", "other"
KINDS: Mapping[str, str] = {
    ADDED: "Thêm",
    DROPPED: "Bỏ",
    MOVED: "Đổi hạn",
    GAINED: "Thêm cơ quan",
    LOST: "Bớt cơ quan",
    MORE: "Thêm kỳ",
    FEWER: "Bớt kỳ",
    SAID: "Sửa nội dung",
    OTHER: "Phần khác",
}
"""Every kind of difference, as people read it, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing said otherwise. `agencies`: the ids of those whom it concerns."""

    kind: str
    title: str
    """The deliverable's, or the part of the plan's."""
    agencies: tuple[str, ...] = ()
    before: str = ""
    after: str = ""
    deliverable: str = ""
    """Its id; empty: another part of the plan."""


_SAID: tuple[tuple[str, Callable[[Deliverable], Any]], ...] = (
    ("tên", lambda part: part.title),
    ("loại", lambda part: part.kind.value),
    ("phối hợp", lambda part: "; ".join(part.cooperating)),
    ("kính gửi", lambda part: part.addressed_to),
    ("biểu số liệu", lambda part: part.appendix or ""),
)
"""What a deliverable says in words that are shown; the rest is «chi tiết khác»."""

_PARTS: Mapping[str, str] = {
    "number": "Số kế hoạch",
    "title": "Tên kế hoạch",
    "short": "Tên gọi tắt",
    "issued_on": "Ngày ban hành",
    "ends_on": "Ngày kết thúc",
    "issuer": "Cơ quan ban hành",
    "coordinator": "Cơ quan đầu mối",
    "agencies": "Danh sách cơ quan",
    "milestones": "Mốc",
    "reminders": "Bậc thang nhắc, giờ làm việc, kênh",
    "calendar": "Ngày nghỉ, ngày làm bù",
    "appendices": "Biểu số liệu",
    "outline": "Đề cương báo cáo",
    "outputs": "Sản phẩm tổng hợp",
    "data_calls": "Số liệu nội bộ",
    "notes": "Ghi chú",
}
_IN_WORDS = ("number", "title", "short", "issued_on", "ends_on", "issuer", "coordinator")
_LESS = "chi tiết khác"
MOST_PERIODS = 12


def differences(before: PlanDefinition, after: PlanDefinition) -> list[Difference]:
    """Everything that `after` says otherwise, by kind and then in the plan's order."""
    found = [*_of_deliverables(before, after), *_of_the_rest(before, after)]
    order = list(KINDS)
    return sorted(found, key=lambda one: order.index(one.kind))


def due_words(definition: PlanDefinition) -> dict[str, str]:
    """The due words of every deliverable by id, its milestone's where it has none of its own."""
    return {part.id: due_of(definition, part).words for part in definition.deliverables}


def _of_deliverables(before: PlanDefinition, after: PlanDefinition) -> Iterator[Difference]:
    old = {part.id: part for part in before.deliverables}
    new = {part.id: part for part in after.deliverables}
    old_due, new_due = due_words(before), due_words(after)
    for key, part in new.items():
        who = tuple(owners(after, part))
        if key not in old:
            yield Difference(ADDED, part.title, who, after=new_due[key], deliverable=key)
            continue
        if old_due[key] != new_due[key]:
            yield Difference(MOVED, part.title, who, old_due[key], new_due[key], key)
        yield from _of_owners(part, owners(before, old[key]), list(who), new_due[key])
        yield from _of_periods(part, periods_of(before, old[key]), periods_of(after, part), who)
        yield from _of_words(old[key], part, who)
    for key, part in old.items():
        if key not in new:
            who = tuple(owners(before, part))
            yield Difference(DROPPED, part.title, who, before=old_due[key], deliverable=key)


def _of_owners(
    part: Deliverable, before: list[str], after: list[str], words: str
) -> Iterator[Difference]:
    gained = tuple(one for one in after if one not in set(before))
    lost = tuple(one for one in before if one not in set(after))
    if gained:
        yield Difference(GAINED, part.title, gained, after=words, deliverable=part.id)
    if lost:
        yield Difference(LOST, part.title, lost, before=words, deliverable=part.id)


def _of_periods(
    part: Deliverable, before: list[str], after: list[str], who: tuple[str, ...]
) -> Iterator[Difference]:
    """What recurs is owed more or fewer times: its words, or the plan's first or last day, changed."""
    gained, lost = (
        join_names([period_words(key) for key in one if key not in other], MOST_PERIODS, "kỳ")
        for one, other in ((after, before), (before, after))
    )
    if gained:
        yield Difference(MORE, part.title, who, after=gained, deliverable=part.id)
    if lost:
        yield Difference(FEWER, part.title, who, before=lost, deliverable=part.id)


def _of_words(
    before: Deliverable, after: Deliverable, who: tuple[str, ...]
) -> Iterator[Difference]:
    changed = [
        (name, value(before), value(after))
        for name, value in _SAID
        if value(before) != value(after)
    ]
    apart = {"due": None, "owners": after.owners}
    if not changed and before.model_copy(update=apart) != after.model_copy(update=apart):
        changed = [(_LESS, "", "")]
    for name, old, new in changed:
        yield Difference(SAID, f"{after.title}: {name}", who, old, new, after.id)


def _of_the_rest(before: PlanDefinition, after: PlanDefinition) -> Iterator[Difference]:
    for name, words in _PARTS.items():
        old, new = getattr(before, name), getattr(after, name)
        if old != new:
            shown = (str(old or ""), str(new or "")) if name in _IN_WORDS else ("", "")
            yield Difference(OTHER, words, (), *shown)
    rest = set(PlanDefinition.model_fields) - set(_PARTS) - {"deliverables", "contacts"}
    if any(getattr(before, name) != getattr(after, name) for name in rest):
        yield Difference(OTHER, "Quy ước chung của kế hoạch")
