"""Checks on who owes what by when: deadlines, dependencies, owners, outputs, reminders, names.

Each check takes a valid definition and yields (path in the definition, sentence).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from graphlib import CycleError, TopologicalSorter

from plan.deadlines.phrases import DueWordsError, parse_due
from plan.deadlines.rules import Once
from plan.definition.faults import near
from plan.definition.model import Deliverable, Due, Output, PlanDefinition, Rung
from plan.definition.ownership import OwedBy, members, owners, prerequisites
from plan.definition.periodic import recurrence
from plan.definition.yaml_lines import KeyPath
from plan.text import date_words

Found = tuple[KeyPath, str]

FILENAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\.(xlsx|docx)")
MONTH_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])")


# --- deadlines ---------------------------------------------------------------------------------


def check_due(plan: PlanDefinition) -> Iterator[Found]:
    """Words that cannot be read, words beside an inheritance, a last day before the plan itself."""
    for path, due in _dues(plan):
        if due.words and due.inherits:
            yield path, "Chỉ được có một trong hai: «words» hoặc «inherits»."
        if not due.words:
            continue
        try:
            rule = parse_due(due.words, inclusive_before=plan.before_is_inclusive)
        except DueWordsError as error:
            yield (*path, "words"), str(error)
            continue
        if isinstance(rule, Once) and rule.last_day < plan.issued_on:
            last, issued = date_words(rule.last_day), date_words(plan.issued_on)
            yield (*path, "words"), f"Ngày cuối {last} trước ngày ban hành kế hoạch {issued}."


def check_opening(plan: PlanDefinition) -> Iterator[Found]:
    """A milestone that would open after its last day."""
    for index, milestone in enumerate(plan.milestones):
        last = _last_day(plan, milestone.due)
        if milestone.opens_on and last and milestone.opens_on > last:
            message = f"Mở ngày {date_words(milestone.opens_on)}, sau ngày cuối {date_words(last)}."
            yield ("milestones", index, "opens_on"), message


def check_inheritance(plan: PlanDefinition) -> Iterator[Found]:
    """Deadlines that inherit from each other in a circle."""
    parents = {m.id: m.due.inherits for m in plan.milestones if m.due.inherits}
    for index, milestone in enumerate(plan.milestones):
        trail, here = [milestone.id], parents.get(milestone.id)
        while here is not None and here not in trail:
            trail.append(here)
            here = parents.get(here)
        if here == milestone.id:
            circle = " → ".join([*trail, here])
            yield ("milestones", index, "due", "inherits"), f"Hạn thừa kế vòng tròn: {circle}."


def check_span(plan: PlanDefinition) -> Iterator[Found]:
    if plan.ends_on and plan.ends_on < plan.issued_on:
        ends, issued = date_words(plan.ends_on), date_words(plan.issued_on)
        yield ("ends_on",), f"Ngày kết thúc {ends} trước ngày ban hành {issued}."


def _dues(plan: PlanDefinition) -> Iterator[tuple[KeyPath, Due]]:
    for index, milestone in enumerate(plan.milestones):
        yield ("milestones", index, "due"), milestone.due
    for index, part in enumerate(plan.deliverables):
        if part.due is not None:
            yield ("deliverables", index, "due"), part.due


def _last_day(plan: PlanDefinition, due: Due) -> date | None:
    try:
        rule = parse_due(due.words, inclusive_before=plan.before_is_inclusive)
    except DueWordsError:
        return None
    return rule.last_day if isinstance(rule, Once) else None


# --- dependencies ------------------------------------------------------------------------------


def check_after(plan: PlanDefinition) -> Iterator[Found]:
    """A dependency on nothing, or on what that agency does not owe."""
    known = {part.id: part for part in plan.deliverables}
    for index, part in enumerate(plan.deliverables):
        for place, words in enumerate(part.after):
            message = _bad_after(plan, known, words)
            if message:
                yield ("deliverables", index, "after", place), message


def _bad_after(plan: PlanDefinition, known: dict[str, Deliverable], words: str) -> str:
    agency, slash, deliverable = words.rpartition("/")
    if deliverable not in known:
        return f"Không có sản phẩm «{deliverable}».{near(deliverable, known)}"
    owed_by = owners(plan, known[deliverable])
    if slash and agency not in owed_by:
        return f"«{agency}» không phải nộp «{deliverable}».{near(agency, owed_by)}"
    return ""


def check_cycles(plan: PlanDefinition) -> Iterator[Found]:
    """Dependencies that lead back to where they began; each circle once."""
    known = {part.id: index for index, part in enumerate(plan.deliverables)}
    edges = {
        (agency, part.id): prerequisites(plan, agency, part)
        for part in plan.deliverables
        for agency in owners(plan, part)
    }
    told: set[frozenset[str]] = set()
    while (circle := _circle(edges)) is not None:
        # graphlib names the circle from what comes first to what waits for it.
        first, then = circle[0], circle[1]
        edges[then].discard(first)
        steps = [deliverable for _, deliverable in circle]
        if frozenset(steps) not in told:
            told.add(frozenset(steps))
            arrow = " → ".join(dict.fromkeys(steps)) + f" → {steps[0]}"
            yield ("deliverables", known[then[1]], "after"), f"Phụ thuộc vòng tròn: {arrow}."


def _circle(edges: dict[OwedBy, set[OwedBy]]) -> list[OwedBy] | None:
    try:
        TopologicalSorter(edges).prepare()
    except CycleError as error:
        circle: list[OwedBy] = error.args[1]
        return circle
    return None


# --- who owes ----------------------------------------------------------------------------------


def check_by_agency(plan: PlanDefinition) -> Iterator[Found]:
    """Titles, sources, cooperation and outline parts given for an agency that does not owe it."""
    for index, part in enumerate(plan.deliverables):
        owed_by = set(owners(plan, part))
        for key in ("titles", "sources", "cooperating_by", "outline_parts"):
            for name in getattr(part, key):
                who = members(plan, name)
                if who and not owed_by.intersection(who):
                    message = f"«{name}» không phải nộp «{part.id}»."
                    yield ("deliverables", index, key, name), message


def check_outline_parts(plan: PlanDefinition) -> Iterator[Found]:
    """Outline parts that say who writes what, but leave an owner out."""
    for index, part in enumerate(plan.deliverables):
        named = {agency for name in part.outline_parts for agency in members(plan, name)}
        left_out = [agency for agency in owners(plan, part) if agency not in named]
        if part.outline_parts and left_out:
            message = f"Chưa nói phần đề cương của {', '.join(left_out)}."
            yield ("deliverables", index, "outline_parts"), message


def check_kind(plan: PlanDefinition) -> Iterator[Found]:
    for index, part in enumerate(plan.deliverables):
        if part.appendix and part.kind != "appendix":
            message = f"Sản phẩm nộp phụ lục phải có «kind: appendix», đang là «{part.kind}»."
            yield ("deliverables", index, "kind"), message


# --- outputs -----------------------------------------------------------------------------------


def check_outputs(plan: PlanDefinition) -> Iterator[Found]:
    """A drafted obligation nobody owes; a file name that cannot be one."""
    owed = {f"{agency}/{part.id}" for part in plan.deliverables for agency in owners(plan, part)}
    for index, output in enumerate(plan.outputs):
        if output.delivers and output.delivers not in owed:
            message = f"Không có nghĩa vụ «{output.delivers}».{near(output.delivers, owed)}"
            yield ("outputs", index, "delivers"), message
        if not FILENAME.fullmatch(output.filename):
            message = f"«{output.filename}» phải là tên tệp .xlsx hoặc .docx không dấu, không cách."
            yield ("outputs", index, "filename"), message


def check_every(plan: PlanDefinition) -> Iterator[Found]:
    """An output of each period that nothing comes for so often, or whose figures would be counted twice."""
    parts = {part.id: part for part in plan.deliverables}
    for index, output in enumerate(plan.outputs):
        if output.every is not None:
            given = [parts[name] for name in output.inputs if name in parts]
            for message in _every_faults(plan, output, given):
                yield ("outputs", index, "every"), message


_LENGTHS: dict[str, str] = {
    "day": "ngày",
    "week": "tuần",
    "month": "tháng",
    "quarter": "quý",
    "year": "năm",
}


def _every_faults(
    plan: PlanDefinition, output: Output, given: Sequence[Deliverable]
) -> Iterator[str]:
    assert output.every is not None
    length = f"«{output.id}» làm theo từng {_LENGTHS[output.every]}"
    if output.kind == "status-note":
        yield f"{length} nhưng báo cáo tình hình là của một ngày. Bỏ «every»."
    for part in given:
        try:
            rule = recurrence(plan, part)
        except DueWordsError:  # told of where they stand
            continue
        if rule is None:
            yield f"{length} nhưng sản phẩm «{part.id}» không nộp theo kỳ."
        elif rule.every.longer_than(output.every):
            yield f"{length} nhưng sản phẩm «{part.id}» nộp mỗi {_LENGTHS[rule.every.value]} một lần."
    appendices = [part.appendix for part in given if part.appendix]
    for code in sorted({code for code in appendices if appendices.count(code) > 1}):
        yield f"{length} từ hai sản phẩm cùng nộp phụ lục {code}: số liệu sẽ bị cộng hai lần."
    for appendix in plan.appendices:
        if appendix.code in appendices and any(len(one.periods) > 1 for one in appendix.tables):
            yield (
                f"{length}: mỗi bảng của phụ lục {appendix.code} chỉ được có một cột số liệu, là số "
                "của kỳ báo cáo; lũy kế và cùng kỳ năm trước do chương trình tính."
            )


def check_feeds(plan: PlanDefinition) -> Iterator[Found]:
    """A milestone that feeds an output made from none of its deliverables."""
    inputs = {output.id: set(output.inputs) for output in plan.outputs if output.inputs}
    for index, milestone in enumerate(plan.milestones):
        own = {part.id for part in plan.deliverables if part.milestone == milestone.id}
        for place, name in enumerate(milestone.feeds):
            if name in inputs and not inputs[name] & own:
                message = f"«{name}» không dùng sản phẩm nào của mốc «{milestone.id}»."
                yield ("milestones", index, "feeds", place), message


# --- reminders ---------------------------------------------------------------------------------


def check_rungs(plan: PlanDefinition) -> Iterator[Found]:
    for path, rungs in _ladders(plan):
        seen: set[int] = set()
        for index, rung in enumerate(rungs):
            if rung.offset in seen:
                yield (*path, index, "offset"), f"Nấc nhắc {rung.offset:+d} viết hai lần."
            seen.add(rung.offset)
            if rung.every is not None and rung.every < 1:
                yield (*path, index, "every"), "«every» phải từ 1 ngày làm việc trở lên."


def _ladders(plan: PlanDefinition) -> Iterator[tuple[KeyPath, Sequence[Rung]]]:
    yield ("reminders", "rungs"), plan.reminders.rungs
    for index, override in enumerate(plan.reminders.overrides):
        yield ("reminders", "overrides", index, "rungs"), override.rungs or []


def check_overrides(plan: PlanDefinition) -> Iterator[Found]:
    """An override for nobody in particular, or one wholly replaced by a later one."""
    seen: dict[tuple[frozenset[str], frozenset[str]], int] = {}
    for index, override in enumerate(plan.reminders.overrides):
        path = ("reminders", "overrides", index)
        key = (frozenset(override.milestones), frozenset(override.agencies))
        if not any(key):
            yield path, "Thang nhắc riêng phải nêu mốc hoặc cơ quan."
        elif key in seen:
            yield path, f"Đã có thang nhắc riêng cho đúng phạm vi này (mục thứ {seen[key] + 1})."
        seen.setdefault(key, index)


def check_channels(plan: PlanDefinition) -> Iterator[Found]:
    named = [*plan.reminders.channels]
    if not named:
        yield ("reminders", "channels"), "Phải có ít nhất một kênh gửi."
    for index, channel in enumerate(plan.reminders.also):
        if channel in named:
            yield ("reminders", "also", index), f"Kênh «{channel}» đã có; tin sẽ gửi hai lần."
        named.append(channel)


def check_hours(plan: PlanDefinition) -> Iterator[Found]:
    """Spans that end before they begin, or overlap; seasons that name no day."""
    for index, hours in enumerate(plan.reminders.office_hours):
        path: KeyPath = ("reminders", "office_hours", index)
        for place, (start, end) in enumerate(hours.spans):
            if start >= end:
                yield (*path, "spans", place), f"Giờ làm việc bị ngược: {start} đến {end}."
            elif any(start < other[1] and other[0] < end for other in hours.spans[:place]):
                yield (*path, "spans", place), f"Giờ làm việc {start}-{end} chồng lên khoảng khác."
        if (hours.from_day is None) != (hours.to_day is None):
            yield path, "Mùa làm việc phải có cả «from_day» và «to_day»."
        for key, day in (("from_day", hours.from_day), ("to_day", hours.to_day)):
            if day is not None and not MONTH_DAY.fullmatch(day):
                yield (*path, key), f"«{day}» không phải tháng-ngày, ví dụ 04-16."
    if not plan.reminders.office_hours:
        yield ("reminders", "office_hours"), "Phải có ít nhất một khung giờ làm việc."


# --- names -------------------------------------------------------------------------------------


def check_agency_names(plan: PlanDefinition) -> Iterator[Found]:
    """Two names from the same day on; no name on the day the plan was issued."""
    for index, agency in enumerate(plan.agencies):
        seen: set[date | None] = set()
        for place, name in enumerate(agency.names):
            if name.valid_from in seen:
                since = date_words(name.valid_from) if name.valid_from else "đầu"
                message = f"«{agency.id}» có hai tên cùng từ {since}."
                yield ("agencies", index, "names", place), message
            seen.add(name.valid_from)
        if not any(since is None or since <= plan.issued_on for since in seen):
            message = f"«{agency.id}» chưa có tên vào ngày ban hành {date_words(plan.issued_on)}."
            yield ("agencies", index, "names"), message
