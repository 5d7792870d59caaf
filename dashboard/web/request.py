"""One request to a page: who looks, at which plan, as of when; and the answers a page can give."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from sqlmodel import Session, col, select
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dashboard.auth import limits
from dashboard.auth.viewer import Viewer
from dashboard.web.data_version import stamp
from dashboard.web.site import Site
from dashboard.web.static_files import asset
from dashboard.web.typed import filled_in
from plan.database import writing
from plan.definition.model import PlanDefinition
from plan.errors import DondocError, RefusedError, UsageError
from plan.models import Agency, Plan
from plan.plausible import day_from, instant_from
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_plan, of_the_office
from plan.states import PlanState, Role

SESSION_COOKIE = "dondoc"
VISITOR_COOKIE = "dondoc-khach"
NOTICE_COOKIE = "dondoc-bao"
MOMENT_COOKIE = "dondoc-luc"
PLAN_COOKIE = "dondoc-ke-hoach"
ROLE_COOKIE = "dondoc-vai"
EVERY_PLAN = "tat-ca"
LIFE_ORDER = (PlanState.running, PlanState.paused, PlanState.draft, PlanState.closed)
"""Which plans come first, in a list and where none was chosen."""
END_OF_DAY = time(17)
"""A day is shown as it stood when offices closed."""
PREFIX = "__Host-"

T = TypeVar("T")
R = TypeVar("R", bound=Response)


class ForbiddenError(RefusedError):
    """Not for this viewer."""


class NoPlanError(RefusedError):
    """Nothing to look at yet: the only draft was deleted, or none was ever loaded."""

    def __init__(self) -> None:
        super().__init__("Chưa có kế hoạch nào. Trang này mở ra khi Sở Nội vụ đã nạp một kế hoạch.")


class MissingError(DondocError):
    """No such page, or none for this viewer: the same words for both."""

    def __init__(self) -> None:
        super().__init__("Không có trang này, hoặc anh/chị không có quyền xem.")


@dataclass(frozen=True)
class Notice:
    """A word about what was just done, shown once on the next page."""

    text: str
    tone: str = "good"
    """good | bad"""


@dataclass
class Visit:
    """Handed to a page's handler. `session` reads one snapshot; `writing()` opens a transaction."""

    site: Site
    request: Request
    session: Session
    now: datetime
    """The plan's clock, UTC."""
    real_now: datetime
    viewer: Viewer | None = None
    form: FormData = field(default_factory=FormData)
    _set_cookies: list[tuple[str, str, int | None]] = field(default_factory=list)

    # --- what was asked ------------------------------------------------------------------------

    def param(self, name: str) -> str:
        return str(self.request.path_params[name])

    def query(self, name: str, default: str = "") -> str:
        return self.request.query_params.get(name, default).strip()

    def page_number(self) -> int:
        text = self.query("trang", "1")
        return min(max(int(text), 1), 100_000) if text.isascii() and text.isdigit() else 1

    def text(self, name: str, limit: int = 4000) -> str:
        """A form's text field, trimmed."""
        value = self.form.get(name, "")
        text = value.strip() if isinstance(value, str) else ""
        if len(text) > limit:
            raise RefusedError(f"Nội dung dài quá {limit} ký tự; hãy rút gọn.")
        return text.replace("\r\n", "\n")

    def day(self, name: str) -> date:
        """A form's date field (`2020-04-29`, as date inputs send it, or 29/4/2020)."""
        return day_from(self.text(name))

    def uploads(self, name: str) -> list[UploadFile]:
        found = [part for part in self.form.getlist(name) if isinstance(part, UploadFile)]
        return [part for part in found if part.filename]

    def cookie(self, name: str) -> str:
        prefix = PREFIX if self.site.secure else ""
        return self.request.cookies.get(prefix + name, "")

    # --- who, which plan, when -----------------------------------------------------------------

    @property
    def who(self) -> Viewer:
        if self.viewer is None:
            raise ForbiddenError("Cần đăng nhập.")
        return self.viewer

    @cached_property
    def plans(self) -> list[Plan]:
        """Those the viewer may look at, newest first: of a user of agencies, those these take part in."""
        wanted = select(Plan).where(of_the_office())
        if self.viewer is not None and self.viewer.known_as:
            theirs = select(Agency.plan_id).where(
                col(Agency.directory_code).in_(self.viewer.known_as)
            )
            wanted = wanted.where(col(Plan.id).in_(theirs))
        rows = self.session.exec(wanted.order_by(col(Plan.issued_on).desc(), col(Plan.id)))
        return list(rows)

    @cached_property
    def plan(self) -> Plan:
        """The plan looked at: the link's, else the one chosen, else the settings', else the newest of
        those that run, or of the others in `LIFE_ORDER`. What an
        agency handed down is looked at by its units' links alone. NoPlanError: there is none."""
        bound = self.viewer.plan_id if self.viewer else ""
        if bound:
            return find_plan(self.session, bound)
        chosen = self.cookie(PLAN_COOKIE)
        for wanted in (chosen, self.site.settings.plan):
            plan = self.session.get(Plan, wanted) if wanted else None
            if plan is not None and plan.parent_obligation_id is None and self._open(plan):
                return plan
        if not self.plans:
            raise NoPlanError
        return min(self.plans, key=lambda plan: LIFE_ORDER.index(PlanState(plan.state)))

    def _open(self, plan: Plan) -> bool:
        known_as = self.viewer.known_as if self.viewer else None
        return not known_as or plan in self.plans

    @cached_property
    def scope(self) -> str:
        """The plan whose lines a list shows; empty: those of every plan (`pham-vi=tat-ca`)."""
        bound = self.viewer is None or bool(self.viewer.plan_id)
        return "" if not bound and self.query("pham-vi") == EVERY_PLAN else self.plan.id

    @cached_property
    def definition(self) -> PlanDefinition:
        return definition_of(self.plan)

    @cached_property
    def office(self) -> str:
        """Who takes in what is handed in, as a sentence names it: the plan's coordinator."""
        wanted = self.definition.coordinator
        return next(one.names[-1].short for one in self.definition.agencies if one.id == wanted)

    @cached_property
    def as_of(self) -> datetime:
        """The moment shown: now, or an earlier one that was chosen."""
        return self.looking_back or self.now

    @cached_property
    def looking_back(self) -> datetime | None:
        """The earlier moment chosen, if any; agencies always see the present."""
        if self.viewer is None or (self.viewer.role is Role.agency and self.viewer.via != "demo"):
            return None
        chosen = moment_in(self.query("luc") or self.cookie(MOMENT_COOKIE))
        return chosen if chosen is not None and chosen < self.now else None

    @property
    def may_act(self) -> bool:
        """Whether forms that change something are shown."""
        viewer = self.viewer
        return viewer is not None and not viewer.reads_only and self.looking_back is None

    @cached_property
    def stamp(self) -> str:
        """Changes whenever something shown may have changed."""
        return stamp(self.session)

    def cached(self, what: Hashable, make: Callable[[], T]) -> T:
        """Work that depends on the data, the minute and `what`, done once for everyone.

        `what` must name everything else that `make` looks at (the viewer's role, filters)."""
        minute = self.as_of.replace(second=0, microsecond=0)
        key = (self.plan.id, self.plan.definition_hash, self.stamp, minute, what)
        return self.site.cache.get(key, make)

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction. Refused to whoever only looks."""
        if not self.may_act:
            raise ForbiddenError("Đang ở chế độ chỉ xem; không thay đổi gì.")
        with writing(self.site.engine) as session:
            yield session

    def count_sending(self) -> None:
        """Counted against who sends, whatever is done with it: what takes files is counted before its handler
        runs; what hands in without any counts itself. RefusedError: too often."""
        who = self.who.session_key or self.who.name
        if not limits.take(self.site.engine, limits.UPLOAD, who, self.real_now, self.who.account):
            raise RefusedError("Đã gửi quá nhiều lần trong 10 phút; xin đợi một lát rồi thử lại.")

    def let_go(self) -> None:
        """Give the snapshot back before something that takes seconds; the next read sees a new one."""
        self.session.rollback()

    # --- answers -------------------------------------------------------------------------------

    def render(self, template: str, *, status: int = 200, **names: Any) -> HTMLResponse:
        """A page. Every template knows `visit`, `viewer`, and the forms' `csrf` token."""
        html = self.site.templates.get_template(template).render(
            visit=self,
            viewer=self.viewer,
            csrf=self.csrf,
            notice=self.notice,
            asset=asset,
            **names,
        )
        if self.notice is not None and self.notice.tone == "bad":
            html = self._with_typed(html, self.notice.text)
        response = HTMLResponse(html, status_code=status)
        if self.notice is not None:
            self.set_cookie(NOTICE_COOKIE, "", 0)
        return self.finish(response)

    def redirect(self, to: str, notice: str = "", tone: str = "good") -> Response:
        """After a form: go on with a GET, with a word about what was done."""
        if notice:
            self.tell(notice, tone)
        return self.finish(RedirectResponse(to, status_code=303))

    def finish(self, response: R) -> R:
        """Set what cookies the visit left."""
        for name, value, age in self._set_cookies:
            response.set_cookie(
                (PREFIX if self.site.secure else "") + name,
                value,
                max_age=age,
                httponly=True,
                samesite="lax",
                secure=self.site.secure,
                path="/",
            )
        self._set_cookies.clear()
        return response

    def set_cookie(self, name: str, value: str, age: int | None = None) -> None:
        """Cookie to send with the answer; `age` in seconds, none: until the browser closes."""
        self._set_cookies.append((name, value, age))

    @cached_property
    def csrf(self) -> str:
        """Tied to the session's cookie, or to a visitor's before there is a session."""
        cookie = self.cookie(SESSION_COOKIE) if self.viewer else self.cookie(VISITOR_COOKIE)
        if not cookie:
            cookie = secrets.token_urlsafe(16)
            self.set_cookie(VISITOR_COOKIE, cookie)
        return self.site.csrf_token(cookie)

    @cached_property
    def sending(self) -> str:
        """Tells one showing of a form from another (`lan-gui`)."""
        return secrets.token_urlsafe(12)

    # --- notices -------------------------------------------------------------------------------

    def tell(self, text: str, tone: str = "good") -> None:
        body = base64.urlsafe_b64encode(json.dumps([text[:600], tone]).encode()).decode()
        self.set_cookie(NOTICE_COOKIE, f"{body}.{self.site.notice_mac(body)}", 60)

    def keep_typed(self) -> None:
        """What this refused form holds, for the page one comes back to."""
        if self.viewer is not None and not self.viewer.step:
            fields = self.form.multi_items()
            self.site.typed.keep(self.cookie(SESSION_COOKIE), self.request.url.path, fields)

    def _with_typed(self, html: str, reason: str) -> str:
        typed = self.site.typed.take(self.cookie(SESSION_COOKIE))
        return filled_in(html, typed, reason) if typed else html

    @cached_property
    def notice(self) -> Notice | None:
        body, _, mac = self.cookie(NOTICE_COOKIE).partition(".")
        if not body or mac != self.site.notice_mac(body):
            return None
        text, tone = json.loads(base64.urlsafe_b64decode(body))
        return Notice(text, tone)


def moment_in(text: str) -> datetime | None:
    """The instant that an address or a form names, a day alone meaning its end of office; None where it names
    none."""
    try:
        return instant_from(text, END_OF_DAY)
    except UsageError:
        return None


def local_path(text: str, default: str = "/") -> str:
    """A path of our own to go back to; anything that could lead elsewhere becomes `default`."""
    parts = urlsplit(text)
    safe = text.startswith("/") and not text.startswith(("//", "/\\")) and "\\" not in text
    if not safe or parts.scheme or parts.netloc or any(ord(c) < 32 for c in text):
        return default
    return quote(parts.path, safe="/@%~") + (f"?{parts.query}" if parts.query else "")


def number_in(text: str) -> int:
    """A row's number from a path or a field; 0, which no row bears, for anything else."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
    return number if number < 2**31 else 0
