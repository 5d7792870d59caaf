"""How much is done at once. Who must wait waits before taking a database connection, never with one.

A page holds one connection to read and, when it changes something, a second to write: were more pages
let in than half the pool, each could hold its first and wait for ever for its second. Reading a
package of files takes seconds; in a lane of their own they keep nobody else from looking.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import partial

PAGES, UPLOADS, CALLS = 16, 8, 8
"""`plan.database` has connections for twice as many."""


@dataclass(frozen=True)
class Lanes:
    """One application's. They belong to the event loop that first waits in them."""

    pages: asyncio.Semaphore = field(default_factory=partial(asyncio.Semaphore, PAGES))
    uploads: asyncio.Semaphore = field(default_factory=partial(asyncio.Semaphore, UPLOADS))
    calls: asyncio.Semaphore = field(default_factory=partial(asyncio.Semaphore, CALLS))
    """Of the API, each with its own thread."""
