"""Coming in by password, and going out."""

from __future__ import annotations

from sqlmodel import Session
from starlette.responses import Response

from dashboard.auth import limits, sessions, users
from dashboard.auth.sessions import Entry
from dashboard.auth.viewer import ANYONE, EVERYONE
from dashboard.web.request import SESSION_COOKIE, Visit, local_path
from dashboard.web.routing import Pages
from plan.database import writing

pages = Pages()
LONG = 12 * 3600
WRONG = "Thư hoặc mật khẩu không đúng."
TOO_OFTEN = "Đã thử quá nhiều lần. Xin đợi 15 phút rồi thử lại."


def address(visit: Visit) -> str:
    client = visit.request.client
    return client.host if client else "?"


def device(visit: Visit) -> str:
    return visit.request.headers.get("user-agent", "")[:120]


@pages.get("/dang-nhap", may=ANYONE)
def form(visit: Visit) -> Response:
    if visit.viewer is not None and not visit.viewer.step:
        return visit.redirect("/")
    return visit.render("sign_in.html", back=local_path(visit.query("ve"), "/?dau=1"), wrong="")


@pages.post("/dang-nhap", may=ANYONE)
def password(visit: Visit) -> Response:
    """The same answer, after the same work, for an unknown address and a wrong password."""
    email, back = visit.text("email", 200).lower(), local_path(visit.text("ve"), "/?dau=1")
    pair, now = f"{address(visit)} {email}", visit.real_now
    engine = visit.site.engine
    tries = (
        (limits.SIGN_IN_PAIR, pair),
        (limits.SIGN_IN_ACCOUNT, email),
        (limits.SIGN_IN_ADDRESS, address(visit)),
    )
    if not all(limits.take(engine, limit, who, now) for limit, who in tries):
        return visit.render("sign_in.html", status=429, back=back, wrong=TOO_OFTEN)
    user = users.checked_user(visit.session, email, str(visit.form.get("password", "")))
    if user is None:
        with writing(engine) as session:
            users.record_refused(session, email, "password", visit.now)
        return visit.render("sign_in.html", status=401, back=back, wrong=WRONG)
    limits.forget(engine, limits.SIGN_IN_PAIR, pair)
    limits.forget(engine, limits.SIGN_IN_ACCOUNT, email)
    with writing(engine) as session:
        end_present(visit, session)
        users.record_sign_in(session, user, "password", visit.now)
        cookie = sessions.begin_for_user(session, user, Entry("password", device(visit)), now)
    return let_in(visit, cookie, back)


def let_in(visit: Visit, cookie: str, to: str) -> Response:
    """On to where one wanted to go; who wanted nowhere in particular, to the first page of the role."""
    visit.set_cookie(SESSION_COOKIE, cookie, LONG)
    return visit.redirect(to)


def end_present(visit: Visit, session: Session) -> None:
    """Whoever signs in anew leaves no session behind in this browser."""
    if visit.viewer is not None and visit.viewer.session_key:
        sessions.end(session, visit.viewer.session_key, visit.real_now)


@pages.post("/dang-xuat", may=EVERYONE, while_signing_in=True)
def sign_out(visit: Visit) -> Response:
    with writing(visit.site.engine) as session:
        sessions.end(session, visit.who.session_key, visit.real_now)
    visit.set_cookie(SESSION_COOKIE, "", 0)
    return visit.redirect("/dang-nhap")
