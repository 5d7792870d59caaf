"""«Chuyển cho đồng nghiệp»: one product or all, till a day; and taking it back."""

from __future__ import annotations

from sqlmodel import Session
from starlette.responses import Response

from dashboard.auth.links import revoke
from dashboard.auth.viewer import SENDERS
from dashboard.web.request import MissingError, Visit, number_in
from dashboard.web.routing import Pages
from plan.calendar import local_day
from plan.delegations import Colleague, delegate, end_delegation
from plan.models import Agency, Delegation
from plan.text import date_words

pages = Pages()
BASE = "/don-vi/{agency}"


@pages.post(f"{BASE}/chuyen", may=SENDERS)
def pass_everything(visit: Visit) -> Response:
    return _pass(visit, "")


@pages.post(f"{BASE}/{{deliverable}}/chuyen", may=SENDERS)
def pass_one(visit: Visit) -> Response:
    return _pass(visit, visit.param("deliverable"))


def _pass(visit: Visit, product: str) -> Response:
    """`product` as its page is addressed; of one that recurs every time is passed, and the page is that of
    the time looked at."""
    agency, until = visit.param("agency"), visit.day("ngay")
    name = visit.text("ten", 200)
    with visit.writing() as session:
        delegate(
            session,
            visit.plan.id,
            agency,
            product.partition("@")[0],
            to=Colleague(
                name, visit.text("thu-dien-tu", 200), until, phone=visit.text("dien-thoai", 30)
            ),
            actor=visit.who.actor,
            now=visit.now,
        )
    path = f"/don-vi/{agency}/{product}" if product else f"/don-vi/{agency}"
    return visit.redirect(
        f"{path}#chuyen", f"Đã chuyển cho {name} đến hết ngày {date_words(until)}; đã báo tin."
    )


@pages.post(f"{BASE}/lay-lai/{{number}}", may=SENDERS)
def take_back(visit: Visit) -> Response:
    """A colleague who was in the address book only for what was passed: the links end with the last of it."""
    agency = visit.param("agency")
    with visit.writing() as session:
        row = _of_agency(visit, session, agency)
        contact = end_delegation(session, row, actor=visit.who.actor, now=visit.now)
        if contact.until is not None and contact.until < local_day(visit.now):
            revoke(
                session,
                plan_id=visit.plan.id,
                contact_id=contact.id,
                actor=visit.who.actor,
                now=visit.now,
                ended_at=visit.real_now,
            )
    return visit.redirect(f"/don-vi/{agency}#chuyen", "Đã lấy lại việc; tin nhắc trở về cơ quan.")


def _of_agency(visit: Visit, session: Session, agency: str) -> int:
    """The delegation the path names, if it is of this plan and agency."""
    number = number_in(visit.param("number"))
    row = session.get(Delegation, number)
    owner = session.get(Agency, row.agency_id) if row is not None else None
    if row is None or owner is None or (row.plan_id, owner.code) != (visit.plan.id, agency):
        raise MissingError
    return number
