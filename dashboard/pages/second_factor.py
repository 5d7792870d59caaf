"""The second factor: a code from a phone, enrolled on the first sign-in of an account that needs it."""

from __future__ import annotations

from cryptography.fernet import InvalidToken
from sqlmodel import Session
from starlette.responses import Response

from dashboard.auth import credentials, limits, sessions, users
from dashboard.auth.sessions import Entry
from dashboard.auth.viewer import EVERYONE
from dashboard.pages.sign_in import TOO_OFTEN, let_in
from dashboard.rendering.qr import qr
from dashboard.web.request import Visit
from dashboard.web.routing import Pages
from plan.database import writing
from plan.errors import RefusedError
from plan.models import UserAccount, WebSession
from plan.secret import box

pages = Pages()
SEAL = "dondoc totp enrolment"
SEAL_SECONDS = 900


@pages.get("/dang-nhap/ma", may=EVERYONE, while_signing_in=True)
def code_form(visit: Visit) -> Response:
    if visit.who.step != "totp":
        return visit.redirect("/")
    return visit.render("sign_in_code.html", wrong="")


@pages.post("/dang-nhap/ma", may=EVERYONE, while_signing_in=True)
def code(visit: Visit) -> Response:
    if visit.who.step != "totp":
        return visit.redirect("/")
    key = visit.who.session_key
    if not limits.take(visit.site.engine, limits.CODE, f"user {visit.who.user_id}", visit.real_now):
        return visit.render("sign_in_code.html", status=429, wrong=TOO_OFTEN)
    with writing(visit.site.engine) as session:
        user = session.get_one(UserAccount, visit.who.user_id, with_for_update=True)
        secret = users.totp_secret(user, visit.site.secret)
        step = credentials.matching_step(
            secret, visit.text("ma", 20), visit.real_now, user.totp_step
        )
        if step is not None:
            user.totp_step = step
            cookie = _renewed(visit, session, user, key)
    if step is None:
        with writing(visit.site.engine) as session:
            users.record_refused(session, user.email, "totp", visit.now)
        return visit.render("sign_in_code.html", status=401, wrong="Mã không đúng hoặc đã dùng.")
    limits.forget(visit.site.engine, limits.CODE, f"user {visit.who.user_id}")
    return let_in(visit, cookie, "/?dau=1")


def _renewed(visit: Visit, session: Session, user: UserAccount, key: str) -> str:
    """A full session in place of the one that owed its code: a new secret."""
    old = session.get_one(WebSession, key)
    entry = Entry(old.via, old.device)
    sessions.end(session, key, visit.real_now)
    return sessions.begin_for_user(session, user, entry, visit.real_now, verified=True)


@pages.get("/dang-nhap/thiet-lap", may=EVERYONE, while_signing_in=True)
def enrol_form(visit: Visit) -> Response:
    """Shows a fresh secret; it travels back, sealed, with the form."""
    if visit.who.step != "enrol":
        return visit.redirect("/")
    return _enrol_page(visit, credentials.new_secret(), "", 200)


def _enrol_page(visit: Visit, secret: bytes, wrong: str, status: int) -> Response:
    user = visit.session.get_one(UserAccount, visit.who.user_id)
    sealed = box(visit.site.secret, SEAL).encrypt(secret).decode()
    uri = credentials.enrolment_uri(secret, user.email)
    return visit.render(
        "sign_in_enrol.html",
        status=status,
        wrong=wrong,
        sealed=sealed,
        secret_words=credentials.secret_words(secret),
        uri=uri,
        picture=qr(uri),
    )


@pages.post("/dang-nhap/thiet-lap", may=EVERYONE, while_signing_in=True)
def enrol(visit: Visit) -> Response:
    if visit.who.step != "enrol":
        return visit.redirect("/")
    try:
        sealed = visit.text("niem-phong", 400).encode()
        secret = box(visit.site.secret, SEAL).decrypt(sealed, ttl=SEAL_SECONDS)
    except InvalidToken:
        raise RefusedError("Trang thiết lập đã cũ; xin mở lại.") from None
    step = credentials.matching_step(secret, visit.text("ma", 20), visit.real_now, 0)
    if step is None:
        return _enrol_page(visit, secret, "Mã không đúng; xin chờ mã mới rồi thử lại.", 401)
    with writing(visit.site.engine) as session:
        user = session.get_one(UserAccount, visit.who.user_id)
        users.keep_totp(session, user, secret, step, visit.site.secret, visit.now)
        cookie = _renewed(visit, session, user, visit.who.session_key)
        without = not user.password_hash
    return let_in(visit, cookie, "/tai-khoan" if without else "/")
