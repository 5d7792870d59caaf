"""Who calls, and what a call works with. Every route names who may; one that forgets is not served."""

from __future__ import annotations

import hashlib
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from functools import cached_property
from typing import Annotated, Any

from fastapi import Depends, Query
from fastapi.concurrency import contextmanager_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BeforeValidator
from sqlmodel import Session, func, select
from starlette.requests import Request
from starlette.responses import Response

from dashboard.acts.act import Deed
from dashboard.acts.bodies import Moment
from dashboard.api.problems import UNKNOWN, TooOftenError, UnauthorisedError
from dashboard.auth import limits, tokens
from dashboard.auth.refusals import record_refused
from dashboard.auth.viewer import Viewer, allowed, looking_at
from dashboard.queries.naming import Naming, milestones, names_key, naming
from dashboard.queries.plan_view import PlanView
from dashboard.web.dispatch import status_of
from dashboard.web.request import ForbiddenError, MissingError
from dashboard.web.site import Site
from plan.calendar import local_day
from plan.database import reading, writing
from plan.definition.model import PlanDefinition
from plan.definition.periodic import outputs_by_period
from plan.models import Plan
from plan.queries.definitions import definition_of
from plan.queries.lookup import find_plan, followed_plans
from plan.states import Role

PlanCode = Annotated[str, Query(description="Mã kế hoạch, nếu có nhiều.", max_length=100)]
PlanOrAll = Annotated[
    str,
    Query(
        description="Mã kế hoạch; trống: mọi kế hoạch đang chạy hay tạm dừng mà khóa được xem.",
        max_length=100,
    ),
]


@dataclass(frozen=True)
class Caller:
    """One call: who, on which plan, when. `session` reads."""

    site: Site
    viewer: Viewer
    session: Session
    plan: Plan
    now: datetime
    request: Request
    as_of: datetime
    """The moment asked about: now, or an earlier one."""

    @property
    def definition(self) -> PlanDefinition:
        return definition_of(self.plan)

    @cached_property
    def names(self) -> Naming:
        """Read once a day: they change when the plan is loaded again, a data call is opened, or at midnight;
        milestones are closed at any time."""
        plan, day = self.plan, local_day(self.as_of)
        key = ("api names", *names_key(self.session, plan, day))
        names = self.site.cache.get(key, lambda: naming(self.session, plan.id, day))
        return replace(
            names,
            milestones=milestones(self.session, plan.id),
            outputs={one.id: one.title for one in outputs_by_period(self.definition)},
        )

    @property
    def plan_view(self) -> PlanView:
        """What is asked about, for counts and lists: of an agency's caller that agency's own part."""
        keeper = self.site.counts if self.as_of == self.now else None
        every = PlanView(self.session, self.plan, self.as_of, self.names, keeper)
        if self.viewer.role is not Role.agency:
            return every
        return every.only(agencies=sorted(self.viewer.agencies))

    def who(self) -> Deed:
        """Who does it and when, as the ledger asks."""
        return {"actor": self.viewer.actor, "now": self.now}

    def know(self, **given: tuple[str, Iterable[str]]) -> None:
        """Each filter by its name: the value asked for (empty: all), and those there are. Unknown ones
        are refused, all at once, with the known; of agencies those the caller may see."""
        faults = [
            _unknown(name, value, known)
            for name, (value, known) in given.items()
            if value and value not in known
        ]
        if faults:
            raise RequestValidationError(faults)

    @property
    def agencies(self) -> list[str]:
        """Codes of those the caller may see, in the plan's order."""
        return [code for code in self.names.agencies if self.viewer.may_see(code)]

    def seen(self, agency: str) -> str:
        """The agency, if this caller may see it; else the same answer as for one that is not there."""
        if not self.viewer.may_see(agency) or agency not in self.names.agencies:
            raise MissingError
        return agency


def _token(site: Site, request: Request, session: Session) -> Viewer:
    kind, _, text = request.headers.get("authorization", "").partition(" ")
    now = site.real_clock()
    found = tokens.find_token(session, text.strip(), now) if kind.lower() == "bearer" else None
    if found is None:
        host = request.client.host if request.client else "?"
        if text and not limits.take(site.engine, limits.API, host, now):
            raise TooOftenError("Đã thử khóa sai quá nhiều lần; xin đợi 15 phút.", limits.API)
        if text:
            with writing(site.engine, deed=False) as noted:
                tokens.record_refused(noted, text.strip(), now)
        raise UnauthorisedError
    viewer, row = found
    tokens.touch_token(site.engine, row, now)
    return viewer


@contextmanager
def _refusals_kept(site: Site, request: Request) -> Iterator[list[Viewer]]:
    """Whom the call is found to be from is put into the list; what they are refused stands in the trail."""
    known: list[Viewer] = []
    try:
        yield known
    except (ForbiddenError, MissingError) as error:
        for viewer in known:
            path, now, status = request.url.path, site.real_clock(), status_of(error)
            record_refused(site.engine, viewer, request.method, path, status, now)
        raise


class May:
    """A dependency: the caller, if its role is among these. `{agency}` in the path must be its own."""

    def __init__(self, roles: frozenset[Role]) -> None:
        self.roles = roles

    async def __call__(self, request: Request, plan: PlanCode = "") -> AsyncIterator[Caller]:
        async with self._admitted(request, plan, None) as callers:
            yield callers[0]

    @asynccontextmanager
    async def _admitted(
        self, request: Request, plan: str, as_of: datetime | None, *, every: bool = False
    ) -> AsyncIterator[list[Caller]]:
        site: Site = request.app.state.site
        opened = self._opened(site, request, plan, as_of, every)
        async with site.lanes.calls, contextmanager_in_threadpool(opened) as callers:
            yield callers

    @contextmanager
    def _opened(
        self, site: Site, request: Request, plan: str, as_of: datetime | None, every: bool
    ) -> Iterator[list[Caller]]:
        """One for each plan, at least one. `every`: where none is named, those that are followed."""
        with _refusals_kept(site, request) as known, reading(site.engine) as session:
            viewer = _token(site, request, session)
            known.append(viewer)
            if not allowed(viewer, self.roles):
                raise ForbiddenError("Vai trò của khóa này không được gọi địa chỉ này.")
            named, now = (
                plan or site.settings.plan or (viewer.plan_id if every else ""),
                site.clock(),
            )
            rows = followed_plans(session) if every and not named else [find_plan(session, named)]
            if any(
                row.parent_obligation_id is not None for row in rows
            ):  # with an agency's own units
                raise MissingError
            moment = _moment(viewer, as_of, now)
            made = [
                Caller(
                    site, looking_at(session, viewer, row.id), session, row, now, request, moment
                )
                for row in rows
            ]
            if "agency" in request.path_params:
                made[0].seen(str(request.path_params["agency"]))
            yield made


def _moment(viewer: Viewer, as_of: datetime | None, now: datetime) -> datetime:
    """UTC. An agency sees the present; nobody sees what has not happened: a moment to come is now."""
    if as_of is None or as_of >= now:
        return now
    if viewer.role is Role.agency:
        raise ForbiddenError("Cơ quan chỉ xem được hiện tại; hãy bỏ as_of.")
    return as_of.astimezone(UTC)


def _with_plus(written: object) -> object:
    """In an address «+» says a blank: `…T12:00:00+07:00` arrives as `…T12:00:00 07:00`."""
    return _BLANK_ZONE.sub("+", written) if isinstance(written, str) else written


_BLANK_ZONE = re.compile(r"(?<=\d) (?=\d\d:?\d\d$)")


AsOf = Annotated[
    Moment | None,
    BeforeValidator(_with_plus),
    Query(description="Như tại thời điểm này; trống hoặc chưa tới: hiện tại."),
]
MOST_NAMED = 60
"""Known values a refusal lists; of more, the nearest to what was asked."""


def _unknown(name: str, value: str, known: Iterable[str]) -> dict[str, Any]:
    names = list(known)
    if len(names) > MOST_NAMED:
        names = [*(get_close_matches(value, names, n=5, cutoff=0.3) or names[:5]), "…"]
    words = f"không có giá trị này; các giá trị: {', '.join(names)}"
    return {"type": UNKNOWN, "loc": ("query", name), "msg": words, "input": value}


class MayLook(May):
    """The same for what only reads: `as_of` asks about an earlier moment."""

    async def __call__(
        self,
        request: Request,
        plan: PlanCode = "",
        as_of: AsOf = None,
    ) -> AsyncIterator[Caller]:
        async with self._admitted(request, plan, as_of) as callers:
            yield callers[0]


class MayOver(May):
    """The same for what is asked of one plan or of all: a caller for each of them."""

    async def __call__(  # type: ignore[override] # yields several: only routes ask it, by `ahead_over`
        self, request: Request, plan: PlanOrAll = ""
    ) -> AsyncIterator[list[Caller]]:
        async with self._admitted(request, plan, None, every=True) as callers:
            yield callers


class MayLookOver(May):
    """And as of an earlier moment."""

    async def __call__(  # type: ignore[override] # yields several: only routes ask it, by `looking_over`
        self, request: Request, plan: PlanOrAll = "", as_of: AsOf = None
    ) -> AsyncIterator[list[Caller]]:
        async with self._admitted(request, plan, as_of, every=True) as callers:
            yield callers


def by(roles: frozenset[Role]) -> Any:
    """`caller: Caller = by(OFFICE)` in a route's signature."""
    return Depends(May(roles), scope="function")


def looking(roles: frozenset[Role]) -> Any:
    """`caller: Caller = looking(READERS)`, for what only reads."""
    return Depends(MayLook(roles), scope="function")


def ahead_over(roles: frozenset[Role]) -> Any:
    """`callers: list[Caller] = ahead_over(STAFF)`: the same, of the present alone."""
    return Depends(MayOver(roles), scope="function")


def looking_over(roles: frozenset[Role]) -> Any:
    """`callers: list[Caller] = looking_over(READERS)`: of the plan named, or of all that are followed."""
    return Depends(MayLookOver(roles), scope="function")


def scope_of(callers: Sequence[Caller]) -> str:
    """The one plan asked about; empty: all of them, as the lists of pages have it."""
    return callers[0].plan.id if len(callers) == 1 else ""


TOTAL = "x-total-count"


@dataclass(frozen=True)
class Paging:
    """Which part of a list."""

    page: Annotated[int, Query(ge=1, le=100_000, description="Trang, từ 1.")] = 1
    per_page: Annotated[int, Query(ge=1, le=500, description="Số dòng mỗi trang.")] = 100

    def cut(self, rows: list[Any], response: Response) -> list[Any]:
        """This page's rows; how many there are in all goes into `X-Total-Count`."""
        response.headers[TOTAL] = str(len(rows))
        return rows[self.offset : self.offset + self.per_page]

    def cut_query(self, session: Session, statement: Any, response: Response) -> list[Any]:
        """This page of an ordered SELECT, cut and counted by the database."""
        inner = statement.order_by(None).subquery()
        total = session.exec(select(func.count()).select_from(inner)).one()
        response.headers[TOTAL] = str(total)
        return list(session.exec(statement.limit(self.per_page).offset(self.offset)))

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.per_page


Page = Annotated[Paging, Depends()]


class TaggedRoute(APIRoute):
    """A GET's answer bears an ETag over its content; asked again with it, 304 and nothing else."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        plain = super().get_route_handler()

        async def tagged(request: Request) -> Response:
            response = await plain(request)
            if request.method != "GET" or response.status_code != 200:
                return response
            tag = f'"{hashlib.sha256(response.body).hexdigest()[:24]}"'
            response.headers["etag"] = tag
            if tag in request.headers.get("if-none-match", ""):
                headers = {"etag": tag}
                return Response(status_code=304, headers=headers)
            return response

        return tagged
