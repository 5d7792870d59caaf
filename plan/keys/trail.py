"""The keys that seal the audit trail: outside the database, so that who can write there cannot forge it.

From `DONDOC_TRAIL_KEY` (several, the newest first: older ones still verify what they sealed), else the
installation's `DONDOC_SECRET_KEY` where that was given, else `trail.key`, made once: beside an SQLite
database, in the home for PostgreSQL. A key is known by the first letters of its digest.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Engine
from sqlmodel import Session

from plan.keys.secret import derived_key, kept_key
from plan.settings import get_settings

FILE = "trail.key"
_ID_LETTERS = 12


@dataclass(frozen=True)
class TrailKeys:
    """The key that seals, and all that verify, by their ids."""

    current: str
    by_id: Mapping[str, bytes]

    def sign(self, text: str) -> str:
        """The HMAC-SHA256 of the text under the current key, in hexadecimal."""
        return mac(self.by_id[self.current], text)


def mac(key: bytes, text: str) -> str:
    """HMAC-SHA256 in hexadecimal."""
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def keys_of(session: Session) -> TrailKeys:
    """The keys of the database this session speaks to; one is made where there is none."""
    settings = get_settings()
    given = settings.trail_key.get_secret_value() or settings.secret_key.get_secret_value()
    if given:
        return _from_text(given)
    bind = session.get_bind()
    url = (bind if isinstance(bind, Engine) else bind.engine).url
    if url.get_backend_name() == "sqlite":
        in_memory = not url.database or url.database == ":memory:"
        folder = settings.home if in_memory else Path(str(url.database)).parent
    else:
        folder = settings.home
    return _from_file(folder / FILE)


@lru_cache(maxsize=8)
def _from_file(path: Path) -> TrailKeys:
    """A file may hold several as well, one a line, the newest first."""
    return _from_text(kept_key(path))


@lru_cache(maxsize=8)
def _from_text(text: str) -> TrailKeys:
    made = [derived_key(word, "audit trail") for word in text.split()]
    by_id = {hashlib.sha256(key).hexdigest()[:_ID_LETTERS]: key for key in made}
    return TrailKeys(next(iter(by_id)), by_id)
