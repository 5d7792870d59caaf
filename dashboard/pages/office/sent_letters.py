"""Công văn đã gửi: a signed letter sent with its number and day, then how it went and what was answered."""

from __future__ import annotations

from starlette.responses import Response

from dashboard.auth.viewer import OFFICE, STAFF
from dashboard.pages.common import names_of
from dashboard.queries.letters import letter_in, letters_count, letters_page, story_of
from dashboard.queries.listing import page_of
from dashboard.rendering.export import attachment
from dashboard.web.request import ForbiddenError, MissingError, Visit, number_in
from dashboard.web.routing import Pages
from dashboard.words import MAIL_STATES, MESSAGE_STATES
from intake.mail.letters import LetterFacts
from notifications.letters import LetterDesk, read_signed, send_letter
from plan.errors import RefusedError
from plan.models import SignedLetter

pages = Pages()
PAGE = 50
PDF = "application/pdf"


@pages.get("/cong-van/da-gui", may=STAFF)
def index(visit: Visit) -> Response:
    """The newest first."""
    total = letters_count(visit.session, visit.plan.id)
    page = page_of(total, visit.page_number(), PAGE)
    rows = letters_page(visit.session, visit.plan.id, PAGE, (page.number - 1) * PAGE)
    return visit.render("letters_sent.html", rows=rows, page=page, names=names_of(visit))


@pages.get("/cong-van/gui", may=OFFICE)
def send_form(visit: Visit) -> Response:
    """Who gets it is chosen here; the agencies of the draft just seen are ticked."""
    definition = visit.definition
    organs = {one.id for one in definition.agencies if one.organ_ids}
    return visit.render(
        "letter_send.html",
        names=names_of(visit),
        ticked=set(visit.request.query_params.getlist("co-quan")),
        coordinator=definition.coordinator,
        organs=organs if visit.site.settings.edoc_organ_id else set(),
        connected=bool(visit.site.settings.edoc_organ_id),
    )


@pages.post("/cong-van/gui", may=OFFICE, takes_files=True)
def send(visit: Visit) -> Response:
    if not visit.may_act:
        raise ForbiddenError("Đang ở chế độ chỉ xem; không gửi công văn.")
    sent = visit.uploads("tep")
    if len(sent) != 1:
        raise RefusedError("Cần đúng một tệp PDF đã ký.")
    facts = LetterFacts(
        visit.text("so", 80),
        visit.text("trich-yeu", 500),
        visit.day("ngay"),
        visit.day("han") if visit.text("han", 10) else None,
        visit.text("nguoi-ky", 200),
    )
    agencies = [str(code) for code in visit.form.getlist("co-quan") if code]
    site, plan_id, actor, now = visit.site, visit.plan.id, visit.who.actor, visit.now
    visit.let_go()
    file = read_signed(sent[0].filename or "cong-van.pdf", sent[0].file.read(), site.limits)
    desk = LetterDesk(site.engine, site.store, site.desk, site.settings.edoc_organ_id)
    done = send_letter(desk, plan_id, facts, file, agencies, actor=actor, now=now)
    return visit.redirect(f"/cong-van/da-gui/{done.number}", done.words)


@pages.get("/cong-van/da-gui/{letter}", may=STAFF)
def show(visit: Visit) -> Response:
    story = story_of(visit.session, _found(visit))
    return visit.render(
        "letter_sent.html",
        letter=story.letter,
        story=story,
        names=names_of(visit),
        mail_states=MAIL_STATES,
        message_states=MESSAGE_STATES,
        connected=bool(visit.site.settings.edoc_organ_id),
    )


@pages.get("/cong-van/da-gui/{letter}/tep", may=STAFF)
def signed_file(visit: Visit) -> Response:
    """The signed file, byte for byte."""
    letter = _found(visit)
    return attachment(visit.site.store.get(letter.sha256), letter.filename, PDF)


def _found(visit: Visit) -> SignedLetter:
    row = letter_in(visit.session, visit.plan.id, number_in(visit.param("letter")))
    if row is None:
        raise MissingError
    return row
