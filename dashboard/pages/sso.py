"""Coming in through the province's own sign-in (OpenID Connect).

What a sign-in on its way must remember travels sealed in a short-lived cookie of the browser that began
it; it is forgotten with the first answer, good or bad, so that no answer counts twice.
"""

from __future__ import annotations

import json
from dataclasses import asdict

from cryptography.fernet import InvalidToken
from starlette.responses import Response

from dashboard.auth import identities, limits, sessions, users
from dashboard.auth.oidc import Begun, Provider, SsoError
from dashboard.auth.sessions import Entry
from dashboard.auth.viewer import ANYONE
from dashboard.pages.sign_in import TOO_OFTEN, address, device, end_present, let_in
from dashboard.web.request import MissingError, Visit, local_path
from dashboard.web.routing import Pages
from plan.database import writing
from plan.secret import box

pages = Pages()
COOKIE = "dondoc-sso"
SEAL = "dondoc oidc sign-in"
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
    sealed = box(visit.site.secret, SEAL).encrypt_at_time(kept.encode(), at).decode()
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
        user = identities.user_of(session, identity, visit.now)
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
        opened = box(visit.site.secret, SEAL).decrypt_at_time(
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
