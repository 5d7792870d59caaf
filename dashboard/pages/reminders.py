"""Nhắc việc: what was sent, to whom, whether it arrived; what will be sent next and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from starlette.responses import HTMLResponse, Response

from dashboard.auth.viewer import OFFICE, STAFF
from dashboard.pages.common import names_of, taken_away
from dashboard.queries import messages as reads
from dashboard.queries.listing import page_of
from dashboard.queries.naming import Naming
from dashboard.rendering import helpers
from dashboard.rendering.tables import MANY, attempt_table, message_table
from dashboard.table import Table
from dashboard.web.request import MissingError, Visit, number_in
from dashboard.web.routing import Pages
from notifications.outbox.queries import show_message
from notifications.resending import retry as retry_messages
from plan.calendar import local_day
from plan.errors import NotFoundError
from plan.models import Obligation
from plan.queries.lookup import find_agency, obligation_name

pages = Pages()
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; sandbox; form-action 'none'; "
    "frame-ancestors 'self'"
)
"""A mail's own styles stand in its markup; it is shown in a frame that can do nothing."""


@pages.get("/nhac-viec", may=STAFF)
def index(visit: Visit) -> Response:
    wanted = reads.MessageFilter(
        state=visit.query("trang-thai"),
        channel=visit.query("kenh"),
        agency=visit.query("co-quan"),
        event=visit.query("loai"),
    )
    total = reads.count(visit.session, visit.scope, visit.as_of, wanted)
    page = page_of(total, visit.page_number(), reads.PAGE)
    offset = (page.number - 1) * reads.PAGE
    every = partial(reads.messages, visit.session, visit.scope, visit.as_of, wanted, limit=MANY)
    if (file := taken_away(visit, {"": lambda: message_table(every())})) is not None:
        return file
    rows = reads.messages(visit.session, visit.scope, visit.as_of, wanted, offset)
    return visit.render(
        "reminders.html",
        rows=rows,
        page=page,
        wanted=wanted,
        names=names_of(visit),
        states=reads.by_state(visit.session, visit.scope, visit.as_of),
        down=reads.channel_states(visit.session),
        rounds=rounds_of(visit),
    )


def rounds_of(visit: Visit, limit: int = 5) -> list[reads.NextRound]:
    """When reminders are looked at next, as of the moment shown."""
    if visit.looking_back is None:
        return reads.next_rounds(visit.session, visit.scope, visit.now, limit)
    return reads.rounds_then(visit.session, visit.plan, visit.as_of, visit.site.desk, limit)


@pages.get("/nhac-viec/sap-gui", may=STAFF)
def upcoming(visit: Visit) -> Response:
    """What the next round would say, person by person, and which rungs make it speak. Where it looks at very
    many: the agencies first, each with a page of its own."""
    if _wants_all(visit):
        at = reads.next_opening(visit.session, visit.scope, visit.now)
        if reads.is_wide(visit.session, visit.plan.id, at):
            return _agency_by_agency(visit, at)
    sent_at, found = _planned(visit)
    about = partial(_about, visit, names_of(visit))
    if (file := taken_away(visit, {"": lambda: _planned_table(found, about)})) is not None:
        return file
    return visit.render(
        "reminders_next.html", at=sent_at, planned=found, about=about, kept=_kept(visit)
    )


def _wants_all(visit: Visit) -> bool:
    return visit.looking_back is None and not visit.query("co-quan") and not visit.query("xem")


def _kept(visit: Visit) -> str:
    """What an address of one message keeps of the list's: its number counts within the agency's."""
    code = visit.query("co-quan")
    return f"?{urlencode({'co-quan': code})}" if code else ""


def _agency_by_agency(visit: Visit, at: datetime) -> Response:
    names, plan_id = names_of(visit), visit.plan.id

    def every() -> Table:
        rows = reads.agencies_ahead(visit.session, plan_id, at, 0, None)
        cells = [(names.agency_long(one.code), one.count) for one in rows]
        return Table("Lượt nhắc kế tiếp", ("Cơ quan", "Nghĩa vụ được xem lại"), cells)

    if (file := taken_away(visit, {"": every})) is not None:
        return file
    page = page_of(len(names.agencies), visit.page_number(), reads.PAGE)
    plan = visit.definition
    return visit.render(
        "reminders_next_many.html",
        at=at,
        rows=reads.agencies_ahead(visit.session, plan_id, at, page.offset, reads.PAGE),
        page=page,
        names=names,
        watching=list(dict.fromkeys((plan.coordinator, plan.issuer))),
    )


def _next_at(visit: Visit) -> datetime:
    rounds = rounds_of(visit, 1)
    return rounds[0].at if rounds else visit.now


def _planned(visit: Visit) -> tuple[datetime, list[reads.Planned]]:
    """Worked out once a minute: every message is written out in full. MissingError: no such agency."""
    code = visit.query("co-quan")
    try:
        agency = find_agency(visit.session, visit.plan.id, code).id if code else None
    except NotFoundError:
        raise MissingError from None

    def look() -> tuple[datetime, list[reads.Planned]]:
        if visit.looking_back is not None:
            return reads.planned_then(
                visit.session, visit.plan, visit.as_of, visit.site.desk, agency
            )
        at = _next_at(visit)
        return reads.planned(visit.site.engine, visit.plan.id, at, visit.site.desk, agency)

    return visit.cached(("planned", code), look)


def _about(visit: Visit, names: Naming, pairs: Iterable[tuple[str, str]]) -> list[reads.About]:
    return reads.about(visit.session, visit.plan.id, pairs, names, local_day(visit.as_of))


def _planned_table(
    found: list[reads.Planned], about: Callable[[Iterable[tuple[str, str]]], list[reads.About]]
) -> Table:
    heads = ("Người nhận", "Kênh", "Tiêu đề", "Về", "Vì sao gửi")
    rows = [
        (
            one.person,
            helpers.CHANNELS.get(one.channel, one.channel),
            one.subject,
            "; ".join(thing.words for thing in about(one.obligations)),
            helpers.rungs(one.why),
        )
        for one in found
    ]
    return Table("Lượt nhắc kế tiếp", heads, rows)


@pages.get("/nhac-viec/sap-gui/{number}", may=STAFF)
def preview(visit: Visit) -> Response:
    """One message of the next round, as it would be sent if nothing changed."""
    sent_at, one = _one_planned(visit)
    return visit.render(
        "reminder_next.html",
        at=sent_at,
        one=one,
        number=visit.param("number"),
        kept=_kept(visit),
        about=_about(visit, names_of(visit), one.obligations),
    )


@pages.get("/nhac-viec/sap-gui/{number}/thu", may=STAFF)
def preview_mail(visit: Visit) -> Response:
    return _framed(_one_planned(visit)[1].html)


def _one_planned(visit: Visit) -> tuple[datetime, reads.Planned]:
    sent_at, found = _planned(visit)
    number = number_in(visit.param("number"))
    if not 1 <= number <= len(found):
        raise MissingError
    return sent_at, found[number - 1]


@pages.get("/nhac-viec/{message}", may=STAFF)
def show(visit: Visit) -> Response:
    found = _message(visit)
    attempts = found["attempt_list"]
    if (file := taken_away(visit, {"": lambda: attempt_table(attempts)})) is not None:
        return file
    rows = [visit.session.get_one(Obligation, key) for key in found["obligation_ids"]]
    about = [(row.plan_id, obligation_name(visit.session, row)) for row in rows]
    return visit.render(
        "reminder.html",
        message=found,
        subject=found["content"].get("subject", ""),
        text=reads.without_links(_words(found["content"])),
        about=_about(visit, names_of(visit), about),
    )


def _words(content: dict[str, Any]) -> str:
    """A mail's text; of what went by Zalo alone, the short form."""
    return str(content.get("text") or content.get("short_text") or "")


def _message(visit: Visit) -> dict[str, Any]:
    try:
        return show_message(visit.session, "", number_in(visit.param("message")))
    except NotFoundError:
        raise MissingError from None


@pages.get("/nhac-viec/{message}/thu", may=STAFF)
def mail(visit: Visit) -> Response:
    """The mail as its reader sees it, its personal links taken out."""
    return _framed(reads.without_links(str(_message(visit)["content"].get("html", ""))))


def _framed(html: str) -> Response:
    headers = {"content-security-policy": MAIL_POLICY, "x-frame-options": "SAMEORIGIN"}
    return HTMLResponse(html, headers=headers)


@pages.post("/nhac-viec/{message}/gui-lai", may=OFFICE)
def retry(visit: Visit) -> Response:
    key = number_in(visit.param("message"))
    with visit.writing() as session:
        retry_messages(session, visit.plan.id, visit.now, [key])
    return visit.redirect(f"/nhac-viec/{key}", "Tin sẽ được gửi lại ở lượt kế tiếp.")
