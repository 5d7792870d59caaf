"""Coming in by password, and going out."""

from __future__ import annotations

import json
from dataclasses import asdict

from cryptography.fernet import InvalidToken
from sqlmodel import Session
from starlette.responses import Response

from dashboard.auth import credentials, limits, oidc, recovery, sessions, users
from dashboard.auth.credentials import check_password
from dashboard.auth.oidc import Begun, Provider, SsoError
from dashboard.auth.sessions import Entry
from dashboard.auth.viewer import ANYONE, EVERYONE
from dashboard.rendering.drawings import qr
from dashboard.web.request import SESSION_COOKIE, ForbiddenError, MissingError, Visit, local_path
from dashboard.web.routing import Pages
from notifications.account_notices import tell_owner
from plan.database import writing
from plan.errors import RefusedError
from plan.keys.secret import box
from plan.models import UserAccount, WebSession

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
    account = users.account_of(visit.session, email)
    if not all(limits.take(engine, limit, who, now, account) for limit, who in tries):
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


# --- The second factor: a code from a phone, enrolled on the first sign-in of an account that needs it.

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
    engine, account = visit.site.engine, visit.who.account
    if not limits.take(engine, limits.CODE, f"user {visit.who.user_id}", visit.real_now, account):
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


@pages.get("/dang-nhap/du-phong", may=EVERYONE, while_signing_in=True)
def recovery_form(visit: Visit) -> Response:
    if visit.who.step != "totp":
        return visit.redirect("/")
    return visit.render("sign_in_recovery.html", wrong="")


@pages.post("/dang-nhap/du-phong", may=EVERYONE, while_signing_in=True)
def recover(visit: Visit) -> Response:
    """A recovery code in place of the phone's: then another phone is enrolled, or the same one anew."""
    if visit.who.step != "totp":
        return visit.redirect("/")
    key, who = visit.who.session_key, f"user {visit.who.user_id}"
    engine, account = visit.site.engine, visit.who.account
    if not limits.take(engine, limits.RECOVERY, who, visit.real_now, account):
        return visit.render("sign_in_recovery.html", status=429, wrong=TOO_OFTEN)
    with writing(visit.site.engine) as session:
        user = session.get_one(UserAccount, visit.who.user_id)
        good = recovery.use(session, user, visit.text("ma", 40), visit.real_now)
        if good:
            users.reset_totp(session, user, actor=users.themselves(user), now=visit.now)
            owner_hears(visit, session, user, "recovered")
            cookie = _renewed(visit, session, user, key, verified=False)
        else:
            users.record_refused(session, user.email, "recovery", visit.now)
    if not good:
        return visit.render(
            "sign_in_recovery.html", status=401, wrong="Mã không đúng hoặc đã dùng."
        )
    for limit in (limits.RECOVERY, limits.CODE):
        limits.forget(visit.site.engine, limit, who)
    return let_in(visit, cookie, "/dang-nhap/thiet-lap")


def owner_hears(
    visit: Visit, session: Session, user: UserAccount, what: str, by: str = "", address: str = ""
) -> None:
    """The owner hears by mail of what was changed about their account."""
    plan_id = visit.plan.id if visit.plans else ""
    desk = visit.site.desk
    tell_owner(session, desk, plan_id, user, what, visit.now, by=by, address=address)


def _renewed(
    visit: Visit, session: Session, user: UserAccount, key: str, *, verified: bool = True
) -> str:
    """A full session in place of the one that owed its code: a new secret."""
    old = session.get_one(WebSession, key)
    entry = Entry(old.via, old.device)
    sessions.end(session, key, visit.real_now)
    return sessions.begin_for_user(session, user, entry, visit.real_now, verified=verified)


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
        owner_hears(visit, session, user, "enrolled")
        cookie = _renewed(visit, session, user, visit.who.session_key)
        unfinished = not user.password_hash or not recovery.left(session, user)
    return let_in(visit, cookie, "/tai-khoan" if unfinished else "/")


# --- Coming in through the province's own sign-in (OpenID Connect).
#
# What a sign-in on its way must remember travels sealed in a short-lived cookie of the browser that
# began it; it is forgotten with the first answer, good or bad, so that no answer counts twice.

COOKIE = "dondoc-sso"
SSO_SEAL = "dondoc oidc sign-in"
SECONDS = 600
"""To sign in at the provider."""
NO_ACCOUNT = (
    "Tài khoản này chưa được cấp quyền dùng Đôn Đốc, nên chưa ai được đăng nhập. Xin nhờ quản trị viên "
    "thêm đúng địa chỉ thư của tài khoản."
)


def _provider(visit: Visit) -> Provider:
    if visit.site.sso is None:
        raise MissingError
    return visit.site.sso


@pages.get("/dang-nhap/sso", may=ANYONE)
def begin(visit: Visit) -> Response:
    """To the provider's page. A link, not a form: our policy lets forms lead nowhere else."""
    try:
        to, begun = _provider(visit).begin(visit.real_now)
    except SsoError as error:
        return _refused(visit, 502, str(error))
    kept = json.dumps([asdict(begun), local_path(visit.query("ve"), "/?dau=1")])
    at = int(visit.real_now.timestamp())
    sealed = box(visit.site.secret, SSO_SEAL).encrypt_at_time(kept.encode(), at).decode()
    visit.set_cookie(COOKIE, sealed, SECONDS)
    return visit.redirect(to)


@pages.get("/dang-nhap/sso/ve", may=ANYONE)
def finish(visit: Visit) -> Response:
    """Back from the provider: a session of the account it vouches for, if there is one."""
    provider, now = _provider(visit), visit.real_now
    visit.set_cookie(COOKIE, "", 0)
    if not limits.take(visit.site.engine, limits.SIGN_IN_ADDRESS, address(visit), now):
        return _refused(visit, 429, TOO_OFTEN)
    try:
        begun, back = _begun(visit)
        identity = provider.finish(begun, visit.request.query_params, now)
    except SsoError as error:
        return _refused(visit, 401, str(error))
    with writing(visit.site.engine) as session:
        user = oidc.user_of(session, identity, visit.now)
        if user is None:
            return _refused(visit, 403, NO_ACCOUNT)
        end_present(visit, session)
        entry = Entry("oidc", device(visit))
        users.record_sign_in(session, user, "oidc", visit.now)
        cookie = sessions.begin_for_user(
            session, user, entry, now, verified=identity.several_factors
        )
    return let_in(visit, cookie, back)


def _begun(visit: Visit) -> tuple[Begun, str]:
    try:
        opened = box(visit.site.secret, SSO_SEAL).decrypt_at_time(
            visit.cookie(COOKIE).encode(), SECONDS, int(visit.real_now.timestamp())
        )
    except InvalidToken:
        raise SsoError(
            "Lần đăng nhập này đã cũ hoặc không bắt đầu từ trình duyệt này; xin thử lại."
        ) from None
    begun, back = json.loads(opened)
    return Begun(**begun), back


def _refused(visit: Visit, status: int, words: str) -> Response:
    return visit.render("sign_in.html", status=status, back="/", wrong=words)


# --- Tài khoản: one's password and sessions.


def user_of(visit: Visit) -> UserAccount | None:
    """The account behind the session; none for whoever came by a personal link."""
    key = visit.who.user_id
    return visit.session.get(UserAccount, key) if key is not None else None


@pages.get("/tai-khoan", may=EVERYONE)
def show(visit: Visit) -> Response:
    user = user_of(visit)
    found = sessions.open_sessions(visit.session, user.id or 0, visit.real_now) if user else []
    codes = recovery.left(visit.session, user) if user else 0
    return visit.render("account.html", user=user, sessions=found, codes=codes)


@pages.post("/tai-khoan/mat-khau", may=EVERYONE)
def change_password(visit: Visit) -> Response:
    """Asks for the present one, if there is one; other browsers are signed out."""
    user = _present_owner(visit)
    fresh, again = str(visit.form.get("moi", "")), str(visit.form.get("lai", ""))
    if fresh != again:
        raise RefusedError("Hai lần ghi mật khẩu mới không giống nhau.")
    with writing(visit.site.engine) as session:
        row = session.get_one(UserAccount, user.id)
        users.set_password(session, row, fresh, visit.now)
        owner_hears(visit, session, row, "password")
        sessions.end_everywhere(session, row, visit.real_now)
        entry = sessions.Entry(visit.who.via, visit.request.headers.get("user-agent", ""))
        after = visit.real_now + sessions.AFTER
        cookie = sessions.begin_for_user(session, row, entry, after, verified=True)
    visit.set_cookie(SESSION_COOKIE, cookie, 12 * 3600)
    return visit.redirect("/tai-khoan", "Đã đặt mật khẩu; các thiết bị khác đã bị đăng xuất.")


@pages.post("/tai-khoan/ma-du-phong", may=EVERYONE)
def make_codes(visit: Visit) -> Response:
    """A new set of recovery codes, shown this once."""
    user = _present_owner(visit)
    if not user.totp_secret:
        raise RefusedError("Tài khoản này không dùng mã xác thực nên không cần mã dự phòng.")
    with visit.writing() as session:
        row = session.get_one(UserAccount, user.id)
        codes = recovery.make(session, row, visit.real_now)
        users.record_codes(session, row, visit.now)
        owner_hears(visit, session, row, "codes")
    return visit.render("recovery_codes.html", codes=codes)


def _present_owner(visit: Visit) -> UserAccount:
    """The account's owner, who knows its password, not whoever sits at a browser left open."""
    user = _require_user(visit)
    present = str(visit.form.get("hien-tai", ""))
    engine, account = visit.site.engine, visit.who.account
    if not limits.take(engine, limits.PRESENT, str(user.id), visit.real_now, account):
        raise RefusedError(TOO_OFTEN)
    if user.password_hash and not check_password(present, user.password_hash):
        raise RefusedError("Mật khẩu hiện tại không đúng.")
    return user


@pages.post("/tai-khoan/dang-xuat-moi-noi", may=EVERYONE)
def sign_out_everywhere(visit: Visit) -> Response:
    user = _require_user(visit)
    with writing(visit.site.engine) as session:
        sessions.end_everywhere(session, session.get_one(UserAccount, user.id), visit.real_now)
    visit.set_cookie(SESSION_COOKIE, "", 0)
    return visit.redirect("/dang-nhap")


def _require_user(visit: Visit) -> UserAccount:
    user = user_of(visit)
    if user is None:
        raise ForbiddenError("Anh/chị vào bằng đường dẫn trong thư nên không có mật khẩu.")
    return user
