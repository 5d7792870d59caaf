"""Links that let people in: the administrator's one-time link, the personal link of a reminder."""

from __future__ import annotations

from starlette.responses import Response

from dashboard.auth import limits, links, users
from dashboard.auth.viewer import ANYONE
from dashboard.pages.sign_in import TOO_OFTEN, address, device, end_present, let_in
from dashboard.queries.naming import naming
from dashboard.web.request import Visit, number_in
from dashboard.web.routing import Pages
from notifications.messages.links import MAIL, OUTLINE, WORKBOOK, LinkError
from plan.calendar import local_day
from plan.database import writing

pages = Pages()


@pages.get("/mot-lan/{token}", may=ANYONE)
def one_time_form(visit: Visit) -> Response:
    user = users.one_time_user(visit.session, visit.param("token"), visit.real_now)
    return visit.render(
        "one_time.html", status=200 if user else 410, user=user, token=visit.param("token")
    )


@pages.post("/mot-lan/{token}", may=ANYONE)
def one_time(visit: Visit) -> Response:
    with writing(visit.site.engine) as session:
        end_present(visit, session)
        cookie = users.use_one_time_link(
            session, visit.param("token"), device(visit), visit.real_now
        )
    if cookie is None:
        return visit.render("one_time.html", status=410, user=None, token="")
    return let_in(visit, cookie, "/tai-khoan")


@pages.get("/l/{token}", may=ANYONE)
def personal_form(visit: Visit) -> Response:
    """A page with a button: scanners that follow links in mails sign nobody in."""
    return _personal(visit, "")


@pages.get("/l/{token}/{what}", may=ANYONE)
def personal_file_form(visit: Visit) -> Response:
    return _personal(visit, visit.param("what"))


def _personal(visit: Visit, what: str) -> Response:
    if _too_often(visit):
        return _gone(visit, TOO_OFTEN, 429)
    try:
        opened = _opened(visit)
    except LinkError as error:
        return _gone(visit, f"{error}")
    with writing(visit.site.engine) as session:
        links.record_use(session, opened, "opened", device(visit), visit.now)
    claim = opened.claim
    names = naming(visit.session, claim.plan, local_day(visit.now))
    return visit.render(
        "personal_link.html",
        opened=opened,
        reason="",
        what=what if what in (WORKBOOK, OUTLINE) or _mail(what) else "",
        agency_name=names.agency_long(claim.agency),
        title=names.obligation(claim.obligation) if claim.obligation else "",
    )


def _opened(visit: Visit) -> links.Opened:
    """The link of the path; one that is refused is kept, too."""
    token, linker = visit.param("token"), visit.site.linker
    try:
        return links.open_link(visit.session, linker, token, visit.now)
    except LinkError as error:
        with writing(visit.site.engine) as session:
            if isinstance(error, links.RevokedError):
                links.record_use(session, error.opened, "refused", device(visit), visit.now)
            links.record_refused(session, linker, token, error, visit.now)
        raise


def _too_often(visit: Visit) -> bool:
    return not limits.take(visit.site.engine, limits.LINK, address(visit), visit.real_now)


def _gone(visit: Visit, reason: str, status: int = 410) -> Response:
    return visit.render("personal_link.html", status=status, opened=None, reason=reason, what="")


@pages.post("/l/{token}", may=ANYONE)
def personal(visit: Visit) -> Response:
    """The button: a session bound to the link's agency."""
    if _too_often(visit):
        return _gone(visit, TOO_OFTEN, 429)
    try:
        opened = _opened(visit)
    except LinkError as error:
        return _gone(visit, f"{error}")
    with writing(visit.site.engine) as session:
        end_present(visit, session)
        links.record_use(session, opened, "signed-in", device(visit), visit.now)
        cookie = links.sign_in(session, opened, device(visit), visit.real_now)
    return let_in(visit, cookie, _after_link(opened, visit.text("tai", 20)))


def _after_link(opened: links.Opened, what: str) -> str:
    agency = opened.claim.agency
    if what in (WORKBOOK, OUTLINE):
        return f"/don-vi/{agency}?tai={what}"
    if number := _mail(what):
        return f"/don-vi/{agency}/thu/{number}"
    _, _, deliverable = opened.claim.obligation.partition("/")
    units = "/giao-xuong" if opened.to_units else ""
    return f"/don-vi/{agency}/{deliverable}{units}" if deliverable else f"/don-vi/{agency}"


def _mail(what: str) -> int:
    """The mail that waits to be confirmed (`thu-12`); 0: the link leads elsewhere."""
    return number_in(what.removeprefix(MAIL)) if what.startswith(MAIL) else 0
