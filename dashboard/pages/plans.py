"""Kế hoạch: every plan with where it stands, and its life: start, pause, close, delete a draft."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from dashboard.auth.sessions import move_to_seat
from dashboard.auth.viewer import AGENCY, EVERYONE, OFFICE
from dashboard.pages.common import plan_views_of
from dashboard.queries.agency.plans_asking import own_standing
from dashboard.queries.alarms import Alarm, not_noted
from dashboard.queries.board import Headline, MilestoneRow, headline
from dashboard.queries.overview import milestones_now
from dashboard.queries.plan_view import PlanView
from dashboard.web.navigation import asking
from dashboard.web.request import LIFE_ORDER, PLAN_COOKIE, MissingError, Visit, local_path
from dashboard.web.routing import Pages
from notifications.starting import Point, Preview, checklist, preview_start, try_mail
from plan import ledger
from plan.errors import RefusedError
from plan.models import Plan
from plan.states import PLAN_STATE_WORDS, Backlog, PlanState, Role

pages = Pages()
YEAR_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True)
class PlanRow:
    """One plan as the list shows it; a draft has no headline yet, nothing of it is owed to anybody."""

    plan: Plan
    state: PlanState
    words: str
    headline: Headline | None
    following: MilestoneRow | None
    """The next milestone whose deadline is ahead and that lacks something."""
    alarms: list[Alarm]
    """What is wrong and nobody has said they know of; of a plan that runs or pauses."""


@pages.get("/ke-hoach", may=EVERYONE)
def index(visit: Visit) -> Response:
    """Every plan, running ones first; an agency those that ask something of it. `ma`: look at that one from
    now on, and go on to `ve`."""
    wanted = visit.query("ma")
    if wanted:
        if visit.who.plan_id or wanted not in {plan.id for plan in visit.plans}:
            raise MissingError
        visit.set_cookie(PLAN_COOKIE, wanted, YEAR_SECONDS)
        return visit.redirect(local_path(visit.query("ve"), "/"))
    if visit.who.role is Role.agency:
        found = [own_standing(visit.session, one, visit.as_of) for one in asking(visit)]
        found.sort(key=lambda one: LIFE_ORDER.index(PlanState(one.asked.plan.state)))
        return visit.render("own_plans.html", rows=found, words_of=PLAN_STATE_WORDS)
    rows = sorted(
        (_row(visit, plan) for plan in visit.plans), key=lambda r: LIFE_ORDER.index(r.state)
    )
    return visit.render("plans.html", rows=rows)


@pages.post("/ke-hoach/xem", may=AGENCY)
def switch(visit: Visit) -> Response:
    """Whoever came by a personal link goes on to another plan that they look after."""
    wanted = visit.text("ma", 100)
    found = next((one for one in asking(visit) if one.plan.id == wanted), None)
    if found is None or found.seat is None:
        raise MissingError
    with visit.writing() as session:
        move_to_seat(session, visit.who.session_key, found.seat, wanted, found.codes[0])
    return visit.redirect(f"/don-vi/{found.codes[0]}")


def _row(visit: Visit, plan: Plan) -> PlanRow:
    state = PlanState(plan.state)
    words = PLAN_STATE_WORDS[state]
    if state is PlanState.draft:
        return PlanRow(plan, state, words, None, None, [])
    [plan_view] = plan_views_of(visit, [plan])
    rows = milestones_now(plan_view)
    coming = [row for row in rows if row.due_at and row.due_at > visit.as_of and row.tally.missing]
    return PlanRow(
        plan,
        state,
        words,
        headline(rows, visit.as_of, plan.soon_working_days),
        min(coming, key=lambda row: row.due_at or visit.as_of, default=None),
        _alarms(visit, plan_view) if state is not PlanState.closed else [],
    )


def _alarms(visit: Visit, plan_view: PlanView) -> list[Alarm]:
    """Looked at once a minute, as on Tổng quan."""
    plan, names = plan_view.plan.id, plan_view.names
    minute = visit.as_of.replace(second=0, microsecond=0)
    key = ("alarms", plan, minute, visit.looking_back, visit.stamp)
    return visit.site.cache.get(key, lambda: not_noted(visit.session, plan, visit.as_of, names))


# --- starting --------------------------------------------------------------------------------------


@pages.get("/ke-hoach/bat-dau", may=OFFICE)
def start_form(visit: Visit) -> Response:
    """What starting would tell, to how many, in whose name; and the checklist."""
    if visit.plan.state not in (PlanState.draft, PlanState.paused):
        return visit.redirect("/", "Kế hoạch đang chạy rồi.")
    return visit.render("plan_start.html", seen=_preview(visit), answers={}, told="")


def _preview(visit: Visit) -> Preview:
    site, plan_id = visit.site, visit.plan.id
    visit.let_go()  # the preview opens a transaction of its own
    return preview_start(site.engine, plan_id, site.settings, site.desk, visit.now)


@pages.post("/ke-hoach/bat-dau", may=OFFICE)
def start(visit: Visit) -> Response:
    """Started only when every open point was answered: what was typed is shown again if not."""
    told, answers = visit.text("da-qua", 10), _answers(visit)
    points = [p for p in _checklist(visit) if not p.ok]
    if told in set(Backlog):
        answers["past-deadlines"] = f"đã chọn: {told}"
    if any(not answers.get(point.key, "").strip() for point in points):
        return visit.render(
            "plan_start.html", status=422, seen=_preview(visit), answers=answers, told=told
        )
    with visit.writing() as session:
        ledger.start_plan(
            session,
            visit.plan.id,
            actor=visit.who.actor,
            now=visit.now,
            backlog=Backlog(told) if told in set(Backlog) else Backlog.none,
            answers={point.key: answers[point.key] for point in points},
        )
    return visit.redirect("/", "Kế hoạch đang chạy; tin đầu tiên đi trong giờ làm việc tới.")


def _checklist(visit: Visit) -> list[Point]:
    return checklist(visit.session, visit.plan, visit.site.settings, visit.now)


def _answers(visit: Visit) -> dict[str, str]:
    return {
        key.removeprefix("tra-loi-"): visit.text(key, 500)
        for key in visit.form
        if key.startswith("tra-loi-")
    }


@pages.post("/ke-hoach/thu-tin", may=OFFICE)
def try_message(visit: Visit) -> Response:
    """A trial message to an address of one's own, by the channel whose kind of address it is."""
    to = visit.text("den", 200)
    if "@" not in to:
        raise RefusedError(f"«{to}» không phải địa chỉ thư.")
    site, actor, plan_id, now = visit.site, visit.who.actor, visit.plan.id, visit.now
    if not visit.may_act:
        raise RefusedError("Đang ở chế độ chỉ xem; không gửi gì.")
    visit.let_go()
    faults = try_mail(site.engine, site.settings, site.clock, to, plan_id, actor, now)
    if faults:
        return visit.redirect("/ke-hoach/bat-dau", " ".join(faults), "bad")
    return visit.redirect("/ke-hoach/bat-dau", f"Đã gửi thư thử tới {to}.")


# --- the rest of its life --------------------------------------------------------------------------


@pages.get("/ke-hoach/dung", may=OFFICE)
def stop_form(visit: Visit) -> Response:
    """Pausing, closing, deleting: each says what follows before it is done."""
    return visit.render("plan_stop.html", state=PlanState(visit.plan.state))


@pages.post("/ke-hoach/xoa", may=OFFICE)
def delete(visit: Visit) -> Response:
    with visit.writing() as session:
        ledger.delete_draft(session, visit.plan.id, actor=visit.who.actor, now=visit.now)
    visit.set_cookie(PLAN_COOKIE, "", 0)
    return visit.redirect("/ke-hoach", "Đã xóa bản nháp.")
