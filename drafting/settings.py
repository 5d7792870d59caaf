"""How the plan of a draft will remind: ladder, channels, office hours, days off of its own; who takes in
what; and what the document says of itself where that was read wrongly. Pure.

A draft keeps them beside its rows (`edits["settings"]`, `edits["plan"]`); what nobody set is as
`DEFAULT_REMINDERS` has it, or as the plan it was copied from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from drafting.consolidating import MAKINGS, TakenIn, taken_in
from drafting.document import UnreadableError
from drafting.edits import empty_edits
from drafting.plan_folder import DEFAULT_REMINDERS
from drafting.questions import is_group
from plan.adjustments import MOST_RUNGS
from plan.definition.check_parts import check_channels, check_hours, check_rungs
from plan.definition.model import CalendarDay, PlanDefinition, ReminderPolicy

CHECKS = (check_rungs, check_channels, check_hours)


def policy_of(made: Mapping[str, Any], edits: Mapping[str, Any]) -> ReminderPolicy:
    """The reminder policy as it was set, else as the copied plan has it, else the one to begin with."""
    basis = (made.get("basis") or {}).get("definition", {})
    said = edits.get("settings", {}).get("reminders", {})
    return ReminderPolicy.model_validate({**basis.get("reminders", DEFAULT_REMINDERS), **said})


def days_of(made: Mapping[str, Any], edits: Mapping[str, Any]) -> list[CalendarDay]:
    """The plan's own days off and days made up."""
    basis = (made.get("basis") or {}).get("definition", {})
    said = edits.get("settings", {}).get("calendar", basis.get("calendar", []))
    return [CalendarDay.model_validate(one) for one in said]


def with_settings(
    definition: PlanDefinition, made: Mapping[str, Any], edits: Mapping[str, Any]
) -> PlanDefinition:
    """The plan with what was set."""
    if not edits.get("settings"):
        return definition
    overrides = definition.reminders.overrides  # of the milestones that are left
    policy = policy_of(made, edits).model_copy(update={"overrides": overrides})
    return definition.model_copy(update={"reminders": policy, "calendar": days_of(made, edits)})


def set_up(
    edits: Mapping[str, Any], policy: ReminderPolicy, days: Sequence[CalendarDay]
) -> dict[str, Any]:
    """The edits with these settings. Raises UnreadableError for a policy that would remind nobody."""
    if not 0 < len(policy.rungs) <= MOST_RUNGS:
        raise UnreadableError(f"Bậc thang nhắc có từ 1 đến {MOST_RUNGS} nấc.")
    only: dict[str, Any] = {"reminders": policy}  # all that these checks look at
    checked = PlanDefinition.model_construct(**only)
    if faults := [words for check in CHECKS for _, words in check(checked)]:
        raise UnreadableError(" ".join(faults))
    said = {
        "reminders": policy.model_dump(mode="json", exclude={"overrides"}),
        "calendar": [one.model_dump(mode="json") for one in days],
    }
    return {**empty_edits(), **edits, "settings": said}


def set_taken_in(edits: Mapping[str, Any], said: Mapping[str, TakenIn]) -> dict[str, Any]:
    """The edits with this set for these rows. Raises UnreadableError for a group, which takes nothing in."""
    for one in said.values():
        if one.by and is_group(one.by):
            raise UnreadableError(f"«{one.by}» không phải một cơ quan: hãy ghi tên một cơ quan.")
        if one.into and one.into not in MAKINGS:
            raise UnreadableError(f"Không có loại tổng hợp «{one.into}».")
    rows = {**taken_in(edits), **said}
    kept = {row: {"by": one.by, "into": one.into} for row, one in rows.items() if one != TakenIn()}
    before = edits.get("consolidation", {})
    return {**empty_edits(), **edits, "consolidation": {**before, "rows": kept}}


def set_drafted(edits: Mapping[str, Any], drafted: Mapping[str, str]) -> dict[str, Any]:
    """The edits with the row that each output drafts (`Gathered.key` → row id; empty: none)."""
    before = edits.get("consolidation", {})
    known = {**before.get("drafts", {}), **drafted}
    kept = {key: row for key, row in known.items() if row}
    return {**empty_edits(), **edits, "consolidation": {**before, "drafts": kept}}


# --- as people write them --------------------------------------------------------------------------


def hours_words(policy: ReminderPolicy) -> str:
    """«07:00-11:30; 13:30-17:00», a season a line: «16/04 đến 15/10: 07:00-11:30»."""
    return "\n".join(
        (f"{_day_first(one.from_day)} đến {_day_first(one.to_day)}: " if one.from_day else "")
        + "; ".join(f"{opens}-{closes}" for opens, closes in one.spans)
        for one in policy.office_hours
    )


def hours_from(text: str) -> list[dict[str, Any]]:
    """Office hours out of `hours_words`. Raises UnreadableError."""
    return [_season(line.strip()) for line in text.splitlines() if line.strip()]


def _season(line: str) -> dict[str, Any]:
    season, parted, spans = line.rpartition(": ")
    first, to, last = season.partition(" đến ")
    try:
        if parted and not to:
            raise ValueError
        return {
            "from_day": _month_first(first) if parted else None,
            "to_day": _month_first(last) if parted else None,
            "spans": [[_clock(end) for end in _two(part, "-")] for part in spans.split(";")],
        }
    except ValueError:
        raise UnreadableError(
            f"Chưa hiểu giờ làm việc «{line}»: hãy ghi như «07:00-11:30; 13:30-17:00», "
            "hoặc «16/04 đến 15/10: 07:00-11:30; 13:30-17:00»."
        ) from None


def _two(text: str, mark: str) -> tuple[str, str]:
    first, second = text.replace("–", "-").split(mark)
    return first.strip(), second.strip()


def _clock(text: str) -> str:
    hour, minute = _two(text, ":")
    if not (0 <= int(hour) < 24 and 0 <= int(minute) < 60):
        raise ValueError
    return f"{int(hour):02}:{int(minute):02}"


_ANY_LEAP_YEAR = 2024


def _month_first(text: str) -> str:
    day, month = _two(text, "/")
    return f"{date(_ANY_LEAP_YEAR, int(month), int(day)):%m-%d}"


def _day_first(text: str | None) -> str:
    return "/".join(reversed((text or "").split("-")))


DAY_KINDS = {"nghỉ": "off", "làm bù": "working"}


def days_words(days: Sequence[CalendarDay]) -> str:
    """«03/09/2027: nghỉ, nghỉ bù Quốc khánh», a day a line."""
    kinds = {kind: word for word, kind in DAY_KINDS.items()}
    return "\n".join(f"{one.day:%d/%m/%Y}: {kinds[one.kind]}, {one.why}" for one in days)


def days_from(text: str) -> list[CalendarDay]:
    """Days out of `days_words`. Raises UnreadableError."""
    found = list(_days(text))
    if twice := {one.day for one in found if sum(one.day == other.day for other in found) > 1}:
        raise UnreadableError(f"Ngày {min(twice):%d/%m/%Y} viết hai lần trong ngày nghỉ.")
    return found


def _days(text: str) -> Iterator[CalendarDay]:
    for line in filter(None, (line.strip() for line in text.splitlines())):
        try:
            when, said = _two_of(line, ":")
            word, why = _two_of(said, ",")
            day, month, year = (int(part) for part in when.split("/"))
            yield CalendarDay.model_validate(
                {"day": date(year, month, day), "kind": DAY_KINDS[word.lower()], "why": why}
            )
        except (ValueError, KeyError):
            raise UnreadableError(
                f"Chưa hiểu «{line}»: mỗi dòng một ngày, như «03/09/2027: nghỉ, nghỉ bù Quốc khánh» "
                "hoặc «11/09/2027: làm bù, bù cho ngày 03/09»."
            ) from None


def _two_of(text: str, mark: str) -> tuple[str, str]:
    first, found, rest = text.partition(mark)
    if not found or not rest.strip():
        raise ValueError
    return first.strip(), rest.strip()
