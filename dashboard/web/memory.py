"""Pages remembered whole, for as long as nothing that they show can have changed.

One raw query reads, together, everything an answer depends on: the data's stamp and the session's own
row. The same values as when the page was made, in the same minute: the same page. Nothing is assumed:
signing out, a role taken away or a submission accepted changes the values, and the page is made anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response

from dashboard.auth.sessions import TOUCH, key_hash
from dashboard.auth.viewer import Viewer
from dashboard.web.data_version import STAMP
from plan.queries.cache import Cache

ENTRIES = 512
_SESSION = (
    "s.ended_at, s.step, s.role, s.agencies, s.plan_id, u.name, u.role, u.agencies,"
    " u.disabled_at, u.sessions_from"
)
_PROOF = (
    f"SELECT {STAMP}, (SELECT max(definition_hash) FROM plan), (SELECT count(*) FROM plan),"
    f" {_SESSION}"
    " FROM (SELECT 1 AS one) x LEFT JOIN web_session s ON s.key_hash = {key}"
    " LEFT JOIN user_account u ON u.id = s.user_id"
)


class Question(NamedTuple):
    """What was asked for, and everything its answer depends on: read before the answer is made."""

    key: Hashable
    proof: tuple[Any, ...]
    now: datetime
    real_now: datetime


@dataclass(frozen=True)
class KeptPage:
    """A page as it was sent, and what was true then."""

    proof: tuple[Any, ...]
    minute: datetime
    until: datetime
    """Real time up to which the session needs no other look: it expires, or its use must be noted."""
    body: bytes
    tag: str


class PageMemory:
    """For one application. Safe for several threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.at_hand = engine.dialect.name == "sqlite"
        """Whether a proof is read from a file, in microseconds, and not over a network."""
        self._cache = Cache(ENTRIES)
        # Where «%s» stands for a value, a «%» of the statement's own is written twice.
        plain = engine.dialect.paramstyle == "qmark"
        proof, mark = (_PROOF, "?") if plain else (_PROOF.replace("%", "%%"), "%s")
        self._proof = proof.replace("{key}", mark)

    def proof(self, cookie: str) -> tuple[Any, ...]:
        """Everything an answer to this cookie depends on; read without the toolkit's ceremony, which
        costs ten times the query."""
        connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            cursor.execute(self._proof, (key_hash(cookie),))
            row = cursor.fetchone()
            assert row is not None
            return tuple(_plain(value) for value in row)
        finally:
            connection.close()

    def find(self, question: Question) -> KeptPage | None:
        kept = self._cache.peek(question.key)
        if not isinstance(kept, KeptPage) or kept.proof != question.proof:
            return None
        fresh = kept.minute == minute_of(question.now) and question.real_now < kept.until
        return kept if fresh else None

    def keep(self, question: Question, response: Response, viewer: Viewer | None) -> None:
        """Remember a good page that sets no cookie."""
        headers = response.headers
        page = headers.get("content-type", "").startswith("text/html")
        if response.status_code != 200 or not page or "set-cookie" in headers:
            return
        until = question.real_now + TOUCH
        if viewer is not None and viewer.expires_at is not None:
            until = min(until, viewer.expires_at)
        body = bytes(response.body)
        tag = f'"{hashlib.sha256(body).hexdigest()[:24]}"'
        response.headers["etag"] = tag
        kept = KeptPage(question.proof, minute_of(question.now), until, body, tag)
        self._cache.put(question.key, kept)


def answer(kept: KeptPage, request: Request) -> Response:
    """The page again, or a word that the browser has it already."""
    headers = {"etag": kept.tag}
    if kept.tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(kept.body, media_type="text/html; charset=utf-8", headers=headers)


def minute_of(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _plain(value: Any) -> Any:
    """PostgreSQL gives JSON as lists."""
    return repr(value) if isinstance(value, list | dict) else value
