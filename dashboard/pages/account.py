"""Tài khoản: one's password and sessions."""

from __future__ import annotations

from starlette.responses import Response

from dashboard.auth import limits, sessions, users
from dashboard.auth.passwords import check_password
from dashboard.auth.viewer import EVERYONE
from dashboard.pages.sign_in import TOO_OFTEN
from dashboard.web.request import SESSION_COOKIE, ForbiddenError, Visit
from dashboard.web.routing import Pages
from plan.database import writing
from plan.errors import RefusedError
from plan.models import UserAccount

pages = Pages()


def user_of(visit: Visit) -> UserAccount | None:
    """The account behind the session; none for whoever came by a personal link."""
    key = visit.who.user_id
    return visit.session.get(UserAccount, key) if key is not None else None


@pages.get("/tai-khoan", may=EVERYONE)
def show(visit: Visit) -> Response:
    user = user_of(visit)
    found = sessions.open_sessions(visit.session, user.id or 0, visit.real_now) if user else []
    return visit.render("account.html", user=user, sessions=found)


@pages.post("/tai-khoan/mat-khau", may=EVERYONE)
def change_password(visit: Visit) -> Response:
    """Asks for the present one, if there is one; other browsers are signed out."""
    user = _require_user(visit)
    present = str(visit.form.get("hien-tai", ""))
    if not limits.take(visit.site.engine, limits.PRESENT, str(user.id), visit.real_now):
        raise RefusedError(TOO_OFTEN)
    if user.password_hash and not check_password(present, user.password_hash):
        raise RefusedError("Mật khẩu hiện tại không đúng.")
    fresh, again = str(visit.form.get("moi", "")), str(visit.form.get("lai", ""))
    if fresh != again:
        raise RefusedError("Hai lần ghi mật khẩu mới không giống nhau.")
    with writing(visit.site.engine) as session:
        row = session.get_one(UserAccount, user.id)
        users.set_password(session, row, fresh, visit.now)
        sessions.end_everywhere(session, row, visit.real_now)
        entry = sessions.Entry(visit.who.via, visit.request.headers.get("user-agent", ""))
        after = visit.real_now + sessions.AFTER
        cookie = sessions.begin_for_user(session, row, entry, after, verified=True)
    visit.set_cookie(SESSION_COOKIE, cookie, 12 * 3600)
    return visit.redirect("/tai-khoan", "Đã đặt mật khẩu; các thiết bị khác đã bị đăng xuất.")


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
