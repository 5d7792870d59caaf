"""What every page needs: settings, database, clocks, templates, caches."""

from __future__ import annotations

import asyncio
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial

from jinja2 import Environment
from sqlalchemy import Engine

from dashboard.auth.oidc import Provider
from dashboard.queries.keeper import CountKeeper
from dashboard.search.index import SearchIndex
from dashboard.web.memory import PageMemory
from dashboard.web.typed import TypedForms
from intake.files.gate import Limits
from intake.files.store import Store
from notifications.messages.links import Linker
from notifications.plan_context import Messaging, messaging_from
from plan.keys.secret import derived_key
from plan.queries.cache import Cache
from plan.settings import Settings

# --- How much is done at once. Who must wait waits before taking a database connection, never with one.
#
# A page holds one connection to read and, when it changes something, a second to write: were more
# pages let in than half the pool, each could hold its first and wait for ever for its second.
# Reading a package of files takes seconds; in a lane of their own they keep nobody else from
# looking.

PAGES, UPLOADS, CALLS = 16, 8, 8
"""`plan.database` has connections for twice as many."""


@dataclass(frozen=True)
class Lanes:
    """One application's. They belong to the event loop that first waits in them."""

    pages: asyncio.Semaphore = field(default_factory=partial(asyncio.Semaphore, PAGES))
    uploads: asyncio.Semaphore = field(default_factory=partial(asyncio.Semaphore, UPLOADS))
    calls: asyncio.Semaphore = field(default_factory=partial(asyncio.Semaphore, CALLS))
    """Of the API, each with its own thread."""


Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Demo:
    """Looking at a rehearsal's result: nobody signs in, nothing can be changed."""

    first: datetime
    last: datetime
    channels: frozenset[str] = frozenset()
    """Those its messages went by: what is ahead of a past day would have gone by them too."""


@dataclass
class Site:
    """One dashboard. `clock` is the plan's (may be virtual); `real_clock` is for sessions, tokens and
    phones' codes."""

    settings: Settings
    engine: Engine
    clock: Clock
    real_clock: Clock
    secret: str
    templates: Environment
    virtual: bool = False
    demo: Demo | None = None
    cache: Cache = field(default_factory=Cache)
    lanes: Lanes = field(default_factory=Lanes)

    def __post_init__(self) -> None:
        self.memory = PageMemory(self.engine)
        self.counts = CountKeeper()
        self.typed = TypedForms()
        self.sso = Provider(self.settings) if self.settings.oidc_issuer else None
        self.linker = Linker(self.settings.base_url, self.secret)
        self._csrf = derived_key(self.secret, "dondoc csrf")
        self._notice = derived_key(self.secret, "dondoc notice")

    @cached_property
    def desk(self) -> Messaging:
        """What the installation gives every message; made when a page first shows one."""
        return messaging_from(self.settings, self.demo.channels if self.demo else None)

    @cached_property
    def store(self) -> Store:
        """Where files handed in are kept."""
        return Store(self.settings.resolved_store_url)

    @cached_property
    def limits(self) -> Limits:
        """What reading a file may cost here."""
        return Limits.from_settings(self.settings)

    @cached_property
    def search(self) -> SearchIndex:
        """Words of everything, in a file that is made anew when it is gone."""
        return SearchIndex(self.settings.home / "search.db")

    @property
    def secure(self) -> bool:
        return self.settings.base_url.startswith("https://")

    def csrf_token(self, cookie: str) -> str:
        """The token that forms shown to this cookie's holder carry."""
        return hmac.new(self._csrf, cookie.encode(), "sha256").hexdigest()

    def notice_mac(self, text: str) -> str:
        return hmac.new(self._notice, text.encode(), "sha256").hexdigest()[:32]
