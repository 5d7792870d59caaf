"""Pages register here: path, method, and who may. What is not said can't be served."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlmodel import Session
from starlette.requests import Request
from starlette.responses import Response

from plan.states import Role

if TYPE_CHECKING:
    from dashboard.auth.viewer import Viewer
    from dashboard.web.request import Visit
    from dashboard.web.site import Site

Handler = Callable[["Visit"], Response]
FindViewer = Callable[["Site", Request, Session], "Viewer | None"]
"""How this application knows who is looking."""


@dataclass(frozen=True)
class PageRoute:
    """One route. `{agency}` in its path is checked against the viewer's agencies before it runs."""

    method: str
    path: str
    name: str
    may: frozenset[Role]
    handler: Handler
    takes_files: bool = False
    while_signing_in: bool = False
    """Open to a session that still owes its second factor."""
    remembered: bool = False
    """Shows nothing but what the stamp covers: may be sent again as it was (`dashboard.web.memory`)."""


class Pages:
    """The routes of one group of pages."""

    def __init__(self) -> None:
        self.routes: list[PageRoute] = []

    def get(
        self,
        path: str,
        *,
        may: frozenset[Role],
        while_signing_in: bool = False,
        remembered: bool = False,
    ) -> Callable[[Handler], Handler]:
        return self._add("GET", path, may, while_signing_in=while_signing_in, remembered=remembered)

    def post(
        self,
        path: str,
        *,
        may: frozenset[Role],
        takes_files: bool = False,
        while_signing_in: bool = False,
    ) -> Callable[[Handler], Handler]:
        return self._add("POST", path, may, takes_files, while_signing_in)

    def _add(
        self,
        method: str,
        path: str,
        may: frozenset[Role],
        takes_files: bool = False,
        while_signing_in: bool = False,
        remembered: bool = False,
    ) -> Callable[[Handler], Handler]:
        def keep(handler: Handler) -> Handler:
            name = f"{handler.__module__.rpartition('.')[2]}.{handler.__name__}"
            self.routes.append(
                PageRoute(
                    method, path, name, may, handler, takes_files, while_signing_in, remembered
                )
            )
            return handler

        return keep
