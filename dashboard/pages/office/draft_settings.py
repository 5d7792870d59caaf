"""How the plan of a draft will remind: what it says of itself, ladder, channels, office hours, days off; and
whom that would tell first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from starlette.responses import Response

from dashboard import words
from dashboard.auth.viewer import OFFICE, STAFF
from dashboard.pages.office.acts import rungs_in
from dashboard.rendering.policy import AUDIENCES, TONES
from dashboard.web.request import Visit, number_in
from dashboard.web.routing import Pages
from drafting import workshop
from drafting.document import UnreadableError
from drafting.edits import PLAN_FIELDS, changed_plan
from drafting.first_round import FirstRound, first_round
from drafting.settings import (
    days_from,
    days_of,
    days_words,
    hours_from,
    hours_words,
    policy_of,
    set_up,
)
from notifications.channels.registry import channel_names
from plan.adjustments import MOST_RUNGS
from plan.calendar import local_day
from plan.definition.model import ReminderPolicy
from plan.errors import DondocError, RefusedError
from plan.models import PlanDraft
from plan.plausible import day_from

pages = Pages()
SPARE_RUNGS = 2
MOST_TOLD = 60
"""Lines of the preview that are shown; of more, how many."""
ONLY_ON_SCREEN = "console"
"""The channel of rehearsals, which reaches nobody."""
SHORT_COPY = "kem"
TONE_WORDS = {**TONES, "announce": "thông báo việc đã mở"}


@dataclass(frozen=True)
class Carried:
    """A channel, and what it is used for: its place in the order, a short copy beside, or nothing."""

    name: str
    label: str
    use: str


@pages.get("/soan/{draft}/thiet-lap", may=STAFF)
def show(visit: Visit) -> Response:
    draft = workshop.find_draft(visit.session, number_in(visit.param("draft")))
    policy = policy_of(draft.made, draft.edits)
    plan = workshop.as_it_stands(draft)["plan"]
    coming, why_none = _first_round(visit, draft)
    told = coming.told if coming else ()
    return visit.render(
        "draft_settings.html",
        draft=draft,
        plan={**plan, "issued_on": _day_first(plan.get("issued_on") or "")},
        policy=policy,
        rows=[*policy.rungs, *[None] * SPARE_RUNGS][:MOST_RUNGS],
        audiences=AUDIENCES,
        tones=TONES,
        tone_words=TONE_WORDS,
        channels=list(_channels(policy)),
        hours=hours_words(policy),
        days=days_words(days_of(draft.made, draft.edits)),
        coming=coming,
        told=told[:MOST_TOLD],
        agencies=len({one.agency for one in told}),
        why_none=why_none,
        may_edit=visit.may_act
        and visit.who.role in OFFICE
        and not draft.plan_id
        and not workshop.amends(draft),
    )


def _first_round(visit: Visit, draft: PlanDraft) -> tuple[FirstRound | None, str]:
    """The round, or why there is none to show."""
    try:
        definition = workshop.definition_so_far(draft, local_day(visit.now))
        coming = first_round(definition, visit.now)
    except DondocError as refused:
        return None, str(refused)
    return coming, "" if coming else "Chưa việc nào đã rõ mà có hạn trong một năm tới."


def _channels(policy: ReminderPolicy) -> Iterator[Carried]:
    known = [name for name in channel_names() if name != ONLY_ON_SCREEN]
    for name in dict.fromkeys([*policy.channels, *policy.also, *known]):
        place = str(policy.channels.index(name) + 1) if name in policy.channels else ""
        use = SHORT_COPY if name in policy.also else place
        yield Carried(name, words.CHANNELS.get(name, name), use)


def _day_first(day: str) -> str:
    return "/".join(reversed(day.split("-"))) if day else ""


# --- saved -------------------------------------------------------------------------------------------


@pages.post("/soan/{draft}/thiet-lap", may=OFFICE)
def save(visit: Visit) -> Response:
    """All of it at once, on the version that was looked at; what cannot be read is said, nothing is kept."""
    key = number_in(visit.param("draft"))
    draft = workshop.find_draft(visit.session, key)
    if workshop.amends(draft):
        raise RefusedError("Kế hoạch đang chạy đổi bậc thang nhắc, ngày nghỉ ở trang Quản trị.")
    try:
        edits = changed_plan(draft.edits, _plan(visit, draft))
        edits = set_up(edits, _policy(visit, draft), days_from(visit.text("ngay-nghi", 4000)))
    except UnreadableError as refused:
        raise RefusedError(f"{refused} Chưa ghi gì.") from None
    with visit.writing() as session:
        workshop.change(
            session,
            key,
            number_in(visit.text("ban", 10)),
            actor=visit.who.actor,
            now=visit.now,
            step=workshop.DraftStep("Đã ghi thiết lập.", edits=edits),
        )
    return visit.redirect(f"/soan/{key}/thiet-lap", "Đã ghi thiết lập.")


def _plan(visit: Visit, draft: PlanDraft) -> dict[str, str]:
    """What the form says otherwise than the draft as it stands: an answer can still be taken back."""
    stands = workshop.as_it_stands(draft)["plan"]
    values = {name: visit.text(f"kh-{name}", 500) for name in PLAN_FIELDS}
    if values["issued_on"]:
        values["issued_on"] = day_from(values["issued_on"]).isoformat()
    return {name: value for name, value in values.items() if value != (stands.get(name) or "")}


def _policy(visit: Visit, draft: PlanDraft) -> ReminderPolicy:
    uses = {name: visit.text(f"kenh-{name}", 4) for name in _offered(visit)}
    ordered = sorted((name for name in uses if uses[name].isdigit()), key=lambda name: uses[name])
    said: dict[str, Any] = {
        "rungs": sorted(rungs_in(visit), key=lambda rung: rung["offset"]),
        "channels": ordered,
        "also": [name for name in uses if uses[name] == SHORT_COPY],
        "announce": bool(visit.text("bao-mo", 4)),
        "office_hours": hours_from(visit.text("gio", 2000)),
    }
    before = policy_of(draft.made, draft.edits).model_dump(mode="json")
    try:
        return ReminderPolicy.model_validate({**before, **said})
    except ValidationError:
        raise UnreadableError(
            "Bậc thang nhắc: mỗi nấc có số ngày, số ngày nhắc lại từ 1 trở lên và ít nhất một người nghe."
        ) from None


def _offered(visit: Visit) -> list[str]:
    return [name for name in channel_names() if f"kenh-{name}" in visit.form]
