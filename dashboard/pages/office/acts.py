"""Every act of `dashboard.acts.table` as a form: where it is sent to, and for acts that want thought a page
of their own that says what is missing and what follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from pydantic import ValidationError
from starlette.responses import Response

from dashboard.acts.act import Act, Deed, Doing, Field
from dashboard.acts.bodies import In
from dashboard.acts.table import ACTS, TARGETS
from dashboard.pages.common import names_of
from dashboard.pages.milestones import rows_of
from dashboard.pages.thread_files import attached
from dashboard.web.request import MissingError, Visit
from dashboard.web.routing import PageRoute, Pages
from plan.definition.model import Audience
from plan.directory.looking_after import SeatChoice, seat_choices
from plan.errors import NotFoundError, RefusedError
from plan.handdown.handing import units_in
from plan.models import Plan
from plan.plausible import day_from

pages = Pages()
OF_ITS_OWN = frozenset({"milestone", "call", "agency", "contact"})
"""What such an act is done to shows no form of it: the act has a page."""
RUNGS = 12
"""Rows of the form for a ladder."""
WRITTEN, LISTED = 4_000, 60_000
"""Characters of what is written, of a list that is pasted."""


def _done(act: Act) -> Callable[[Visit], Response]:
    target = TARGETS[act.on]

    def handler(visit: Visit) -> Response:
        body, params = filled(visit, act), visit.request.path_params
        files = attached(visit) if act.takes_files else ()
        with visit.writing() as session:
            plan = session.get_one(Plan, visit.plan.id)
            try:
                key, code = target.find(session, plan, params)
            except NotFoundError:
                raise MissingError from None
            who: Deed = {"actor": visit.who.actor, "now": visit.now}
            said = act.do(Doing(session, plan, key, code, who, files), body)
        return visit.redirect(target.home(params), said)

    return handler


def _asked(act: Act) -> Callable[[Visit], Response]:
    target = TARGETS[act.on]

    def handler(visit: Visit) -> Response:
        params = visit.request.path_params
        try:
            _, code = target.find(visit.session, visit.plan, params)
        except NotFoundError:
            raise MissingError from None
        return visit.render(
            "act.html",
            act=act,
            to=f"{target.page}/{act.slug}".format(**params),
            home=target.home(params),
            about=_named(visit, act, code),
            names=names_of(visit),
            row=_milestone_of(visit, act, code),
            people=_people_of(visit, act, code),
        )

    return handler


def _named(visit: Visit, act: Act, code: str) -> str:
    names = names_of(visit)
    if act.on == "milestone":
        return names.milestones[code].title
    if act.on == "call":
        return next(call.title for call in visit.definition.data_calls if call.id == code)
    return names.agency_long(code)


def _milestone_of(visit: Visit, act: Act, code: str) -> Any:
    if act.on != "milestone":
        return None
    return next((row for row in rows_of(visit) if row.code == code), None)


def _people_of(visit: Visit, act: Act, code: str) -> list[SeatChoice]:
    if all(field.kind != "people" for field in act.fields):
        return []
    return seat_choices(visit.session, visit.plan.id, code)


# --- a form read into the act's body ---------------------------------------------------------------


def filled(visit: Visit, act: Act) -> In:
    """The body as the form fills it. RefusedError for what is missing or cannot be meant."""
    found = {field.key: value for field in act.fields if (value := _value(visit, field)) != ""}
    if act.on == "ladder":
        found["rungs"] = rungs_in(visit)
    try:
        return act.body.model_validate(found)
    except ValidationError as error:
        raise RefusedError(_words(act, error)) from None


def _value(visit: Visit, field: Field) -> Any:
    """What the form says of one thing; "" where it says nothing."""
    if field.kind in ("agencies", "people", "many"):
        codes = [str(code) for code in visit.form.getlist(field.name) if code]
        if field.required and not codes:
            nobody = "người" if field.kind == "people" else "cơ quan"
            raise RefusedError(f"Chưa chọn {nobody} nào.")
        return codes
    text = visit.text(field.name, LISTED if field.kind == "units" else WRITTEN)
    if not text and field.required:
        raise RefusedError(f"Cần điền: {field.label[:1].lower()}{field.label[1:]}.")
    if field.kind == "check":
        return bool(text)
    if field.kind == "units":
        return [asdict(one) for one in units_in(text)]
    return day_from(text) if text and field.kind == "day" else text


def _words(act: Act, error: ValidationError) -> str:
    labels = {field.key: field.label for field in act.fields}
    places = {str(one["loc"][0]): one for one in error.errors()}
    said = [f"{labels.get(place, place)}: giá trị không hợp lệ" for place in places]
    return f"{'; '.join(said)}. Chưa thay đổi gì."


def rungs_in(visit: Visit) -> list[dict[str, Any]]:
    """The rows of a ladder's form that name a day; which side of the deadline is told apart from how far."""
    rows = []
    for number in range(RUNGS):
        days = visit.text(f"nac-{number}-ngay", 4)
        if not days:
            continue
        if not (days.isascii() and days.isdigit()):
            raise RefusedError(
                f"Nấc {number + 1}: số ngày làm việc «{days}» phải là số từ 0 trở lên."
            )
        sign = -1 if visit.text(f"nac-{number}-phia", 10) == "truoc" else 1
        every = visit.text(f"nac-{number}-lap", 4)
        heard = [str(one) for one in visit.form.getlist(f"nac-{number}-ai") if one in set(Audience)]
        rows.append(
            {
                "offset": sign * int(days),
                "every": every or None,
                "audience": heard,
                "tone": visit.text(f"nac-{number}-giong", 20),
            }
        )
    return rows


def routes() -> list[PageRoute]:
    """A row's routes: where its form is sent, and its page."""
    found = []
    for act in ACTS:
        path, name = f"{TARGETS[act.on].page}/{act.slug}", f"acts.{act.on}_{act.name}"
        found.append(PageRoute("POST", path, name, act.may, _done(act), act.takes_files))
        if act.on in OF_ITS_OWN:
            found.append(PageRoute("GET", path, f"{name}_form", act.may, _asked(act)))
    return found


pages.routes += routes()
