"""From a request to a page's handler: sign-in, role, agency, form token, errors as pages."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlsplit

from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from dashboard.auth import sessions
from dashboard.auth.refusals import record_refused
from dashboard.auth.viewer import OFFICE, Viewer, allowed, looking_at
from dashboard.web.memory import Question, answer
from dashboard.web.request import (
    MOMENT_COOKIE,
    NOTICE_COOKIE,
    PLAN_COOKIE,
    PREFIX,
    ROLE_COOKIE,
    SESSION_COOKIE,
    VISITOR_COOKIE,
    ForbiddenError,
    MissingError,
    NoPlanError,
    Visit,
    local_path,
)
from dashboard.web.routing import FindViewer, PageRoute
from dashboard.web.security import TooLargeError, same_site
from dashboard.web.site import Site
from plan.calendar import local_day
from plan.database import reading
from plan.errors import DondocError, NotFoundError
from plan.text import typed_text

MAX_FILES, MAX_FIELDS = 30, 300
FORM_SECONDS, UPLOAD_SECONDS = 20, 300
"""How long a body may take to arrive; a slow sender is told so and let go."""
SEEN_COOKIES = (SESSION_COOKIE, MOMENT_COOKIE, PLAN_COOKIE, ROLE_COOKIE)
SIGN_IN = "/dang-nhap"
FIRST_TIME = "/lan-dau"
STEP_PAGES = {"totp": "/dang-nhap/ma", "enrol": "/dang-nhap/thiet-lap"}

Endpoint = Callable[[Request], Awaitable[Response]]


class UnreadableError(DondocError):
    """The body could not be read; `status` says how."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def endpoint(site: Site, route: PageRoute, find: FindViewer) -> Endpoint:
    """The ASGI endpoint of a route. The form is read here; all else happens in one thread, but for what is
    remembered: a proof that lies in a file is read sooner than a thread is woken."""
    lane = site.lanes.uploads if route.takes_files else site.lanes.pages
    at_hand = route.remembered and site.memory.at_hand

    async def serve(request: Request) -> Response:
        form, fault = FormData(), None
        if at_hand and not lane.locked():  # then a connection is free, too
            again = _remembered(site, request)[0]
            if again is not None:
                return again
        if route.method == "POST" and await _may_send(site, route, find, request):
            try:
                form = await read_form(request, route)
            except UnreadableError as error:
                fault = error
        try:
            async with lane:
                return await run_in_threadpool(_serve, site, route, find, request, form, fault)
        finally:
            await form.close()

    return serve


async def _may_send(site: Site, route: PageRoute, find: FindViewer, request: Request) -> bool:
    """Before a large body is read: strangers fill no disk with theirs."""
    if not route.takes_files:
        return True

    def known() -> bool:
        with reading(site.engine) as session:
            return allowed(find(site, request, session), route.may)

    async with site.lanes.pages:
        return await run_in_threadpool(known)


async def read_form(request: Request, route: PageRoute) -> FormData:
    seconds = UPLOAD_SECONDS if route.takes_files else FORM_SECONDS
    try:
        async with asyncio.timeout(seconds):
            form = await request.form(
                max_files=MAX_FILES if route.takes_files else 0, max_fields=MAX_FIELDS
            )
            return FormData(
                [
                    (name, typed_text(v) if isinstance(v, str) else v)
                    for name, v in form.multi_items()
                ]
            )
    except TimeoutError:
        raise UnreadableError(
            408, "Đường truyền quá chậm nên chưa nhận được gì; xin thử lại."
        ) from None
    except TooLargeError:
        raise UnreadableError(413, "Nội dung gửi lên quá lớn; chưa nhận gì.") from None
    except ClientDisconnect:
        raise UnreadableError(400, "Kết nối bị ngắt; chưa nhận gì.") from None
    except HTTPException as error:
        raise UnreadableError(400, form_words(str(error.detail))) from None


_FORM_WORDS = {
    "Too many files": "Gói gửi lên có quá nhiều tệp, chưa nhận gì; hãy chia thành nhiều lần gửi.",
    "Too many fields": "Biểu gửi lên có quá nhiều ô, chưa nhận gì; hãy chia thành nhiều lần gửi.",
    "Part exceeded": "Một ô của biểu gửi lên quá dài, chưa nhận gì; hãy rút gọn rồi gửi lại.",
}
"""How the reader of forms begins its refusals → what people are told."""


def form_words(detail: str) -> str:
    """What the reader of forms stumbled over, in Vietnamese; a detail of our own as it stands."""
    if not detail.isascii():
        return detail
    ours = "Không đọc được nội dung gửi lên, chưa nhận gì; hãy kiểm tra cách gọi rồi gửi lại."
    return next((words for start, words in _FORM_WORDS.items() if detail.startswith(start)), ours)


def _serve(
    site: Site,
    route: PageRoute,
    find: FindViewer,
    request: Request,
    form: FormData,
    fault: UnreadableError | None,
) -> Response:
    """One answer, in one thread; a remembered page without opening a session at all."""
    if not route.remembered:
        return _made(site, route, find, request, form, fault)[0]
    again, question = _remembered(site, request)
    if again is not None:
        return again
    response, viewer = _made(site, route, find, request, form, fault)
    if question is not None:
        site.memory.keep(question, response, viewer)
    return response


def _remembered(site: Site, request: Request) -> tuple[Response | None, Question | None]:
    """The page as it was sent before, if that is still true; and under what to remember a new one (None:
    a page with a word for this one time)."""
    if _cookie(site, request, NOTICE_COOKIE):
        return None, None
    question = Question(
        _page_key(site, request),
        site.memory.proof(_cookie(site, request, SESSION_COOKIE)),
        site.clock(),
        site.real_clock(),
    )
    kept = site.memory.find(question)
    return (answer(kept, request) if kept is not None else None), question


def _page_key(site: Site, request: Request) -> tuple[str, ...]:
    """Whatever else of the request a page may look at."""
    cookies = tuple(_cookie(site, request, name) for name in SEEN_COOKIES)
    return (request.url.path, request.url.query, *cookies)


def _cookie(site: Site, request: Request, name: str) -> str:
    return request.cookies.get((PREFIX if site.secure else "") + name, "")


def _made(
    site: Site,
    route: PageRoute,
    find: FindViewer,
    request: Request,
    form: FormData,
    fault: UnreadableError | None,
) -> tuple[Response, Viewer | None]:
    with reading(site.engine) as session:
        visit = Visit(
            site=site,
            request=request,
            session=session,
            now=site.clock(),
            real_now=site.real_clock(),
            form=form,
        )
        try:
            visit.viewer = find(site, request, session)
            if visit.viewer and visit.viewer.known_as and visit.plans:
                visit.viewer = looking_at(session, visit.viewer, visit.plan.id)
            stop = _stopped(visit, route, fault)
            if stop is not None:
                return stop, visit.viewer
            return visit.finish(route.handler(visit)), visit.viewer
        except DondocError as error:
            refused, shown = error, error_page(visit, error)
    if isinstance(refused, ForbiddenError | MissingError) and visit.viewer is not None:
        path, now, status = request.url.path, visit.real_now, status_of(refused)
        record_refused(site.engine, visit.viewer, request.method, path, status, now)
    return shown, visit.viewer


def viewer_by_cookie(site: Site, request: Request, session: Session) -> Viewer | None:
    """The usual way: a session's cookie."""
    cookie = _cookie(site, request, SESSION_COOKIE)
    if not cookie:
        return None
    now = site.real_clock()
    found = sessions.find_viewer(session, cookie, now, local_day(site.clock()))
    if found is None:
        return None
    viewer, stale = found
    if stale:
        sessions.touch(site.engine, viewer.session_key, now)
    return viewer


def _stopped(visit: Visit, route: PageRoute, fault: UnreadableError | None) -> Response | None:
    """Why this viewer goes no further, as an answer; None: go on."""
    viewer = visit.viewer
    if viewer is None and route.may:
        back = visit.request.url.path if route.method == "GET" else "/"
        return visit.redirect(f"{SIGN_IN}?ve={quote(back)}" if back != "/" else SIGN_IN)
    if viewer is not None and viewer.step and not route.while_signing_in:
        return visit.redirect(STEP_PAGES[viewer.step])
    if fault is not None:
        raise fault
    if route.method == "POST":
        _check_form(visit)
    if not allowed(viewer, route.may):
        raise ForbiddenError("Tài khoản của anh/chị không dùng được trang này.")
    agency = visit.request.path_params.get("agency")
    if agency is not None and route.may and not visit.who.may_see(str(agency)):
        raise MissingError
    if route.takes_files:
        visit.count_sending()
    return None


def _check_form(visit: Visit) -> None:
    """A form must come from a page we showed to this very browser."""
    request, site = visit.request, visit.site
    host = request.headers.get("host", "")
    name = SESSION_COOKIE if visit.viewer else VISITOR_COOKIE
    cookie, given = visit.cookie(name), str(visit.form.get("csrf", ""))
    expected = site.csrf_token(cookie)
    if (
        not cookie
        or not same_site(request.headers, site.settings.base_url, host)
        or not hmac.compare_digest(given.encode(), expected.encode())
    ):
        raise ForbiddenError(
            "Biểu mẫu đã cũ hoặc không đến từ trang này. Chưa thay đổi gì; xin mở lại trang."
        )


def status_of(error: DondocError) -> int:
    """The HTTP status that tells of this error."""
    if isinstance(error, UnreadableError):
        return error.status
    if isinstance(error, ForbiddenError):
        return 403
    return 404 if isinstance(error, NotFoundError | MissingError) else 422


def error_page(visit: Visit, error: DondocError) -> Response:
    """What happened, what was kept, what to do. A refused form goes back to its page with the word; who can
    make the plan that is missing is led to the ways to one."""
    if isinstance(error, NoPlanError) and visit.viewer and visit.viewer.role in OFFICE:
        return visit.redirect(FIRST_TIME)
    status = status_of(error)
    if status == 422 and visit.request.method == "POST":
        back = local_path(visit.text("ve") or _referrer(visit), "")
        if back:
            visit.keep_typed()
            return visit.redirect(back, str(error), "bad")
    return visit.render("error.html", status=status, reason=str(error), code=status)


def _referrer(visit: Visit) -> str:
    """The page the form stood on, if it is ours."""
    parts = urlsplit(visit.request.headers.get("referer", ""))
    if parts.netloc != visit.request.headers.get("host", ""):
        return ""
    return parts.path + (f"?{parts.query}" if parts.query else "")
