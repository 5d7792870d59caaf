"""What is kept of one person: given out, taken out; another address to sign in with."""

from __future__ import annotations

import json

from starlette.responses import Response

from dashboard.auth import users
from dashboard.auth.viewer import ADMIN
from dashboard.pages.sign_in import owner_hears
from dashboard.pages.system.people import USERS
from dashboard.rendering.export import attachment
from dashboard.web.request import Visit
from dashboard.web.routing import Pages
from plan import people
from plan.errors import RefusedError

pages = Pages()
JSON = "application/json; charset=utf-8"


@pages.post("/quan-tri/doi-dia-chi-thu", may=ADMIN)
def change_email(visit: Visit) -> Response:
    """Both the address there was and the new one are told."""
    with visit.writing() as session:
        user = users.get_user(session, visit.text("cu", 200))
        was = user.email
        users.set_email(session, user, visit.text("moi", 200), actor=visit.who.actor, now=visit.now)
        for address in (was, user.email):
            owner_hears(visit, session, user, "address", by=visit.who.name, address=address)
    return visit.redirect(USERS, f"Đã đổi {was} thành {user.email}.")


@pages.post("/quan-tri/du-lieu-ca-nhan", may=ADMIN)
def personal(visit: Visit) -> Response:
    """`viec`: `xuat` gives everything kept of a person as a file, `xoa` takes them out."""
    with visit.writing() as session:
        person = people.find_person(session, visit.text("ai", 200))
        if visit.text("viec", 10) == "xoa":
            if visit.text("chac", 2) != "1":
                raise RefusedError("Chưa xóa gì: hãy đánh dấu ô «Không lấy lại được» rồi bấm lại.")
            done = people.erase(session, person, actor=visit.who.actor, now=visit.now)
            data = b""
        else:
            found = people.export(session, person)
            people.record_export(session, person, actor=visit.who.actor, now=visit.now)
            data = json.dumps(found, ensure_ascii=False, indent=1).encode()
    if data:
        return attachment(data, "du-lieu-ca-nhan.json", JSON)
    return visit.redirect(USERS, f"Đã xóa: {', '.join(f'{k} {v}' for k, v in done.items())}.")
