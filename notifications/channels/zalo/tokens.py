"""Where a rotating token pair is kept, and how processes take turns at renewing it.

Zalo's refresh token works once and comes back new (second-hand: digests of Zalo's official pages,
which could not be read themselves). Two processes that renew at once, or one that uses a new pair
before it is kept and then dies, lose it, and a person must authorise again. Hence: `locked()`
across processes, `save()` committed before the pair is used.
"""

from __future__ import annotations

import json
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import InvalidToken, MultiFernet
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, insert, or_, update

from notifications.channels.base import Now, SendError
from plan.database import reading, writing
from plan.errors import SettingsError
from plan.keys.secret import box
from plan.models import ChannelToken

PURPOSE = "dondoc channel tokens"
LEASE = timedelta(seconds=90)
"""Longer than a renewal's whole network time-out, so a live holder is never overtaken."""
POLL_SECONDS = 0.1


@dataclass(frozen=True)
class Tokens:
    """A pair; secrets stay out of `repr`. Instants are UTC; None: not known."""

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    access_expires_at: datetime
    refresh_expires_at: datetime | None = None


class TokenStore(ABC):
    """Holds one pair for one account."""

    @abstractmethod
    def load(self) -> Tokens | None:
        """The pair kept, or None when nobody has signed in yet. `SendError` if unreadable."""

    @abstractmethod
    def locked(self) -> AbstractContextManager[None]:
        """The right to renew, held by one process at a time; waits for it."""

    @abstractmethod
    def save(self, tokens: Tokens) -> None:
        """Keeps the pair, durable on return, and lifts the alarm."""

    @abstractmethod
    def raise_alarm(self, words: str) -> None:
        """Notes for people that the pair is lost and what they must do."""

    @abstractmethod
    def alarm(self) -> str:
        """The standing alarm, or ""."""


class MemoryTokenStore(TokenStore):
    """For one process: tests, and an access token given in an Apprise URL."""

    def __init__(self, tokens: Tokens | None = None) -> None:
        self._tokens = tokens
        self._alarm = ""
        self._lock = threading.Lock()

    def load(self) -> Tokens | None:
        return self._tokens

    def locked(self) -> AbstractContextManager[Any]:
        return self._lock

    def save(self, tokens: Tokens) -> None:
        self._tokens, self._alarm = tokens, ""

    def raise_alarm(self, words: str) -> None:
        self._alarm = words

    def alarm(self) -> str:
        return self._alarm


class DatabaseTokenStore(TokenStore):
    """The pair in `channel_token`, encrypted with a key derived from `secret_key`.

    The lease is a conditional update on the row's version; no transaction stays open while its
    holder speaks to the network. A holder that died leaves a lease behind: it ends by the clock,
    or, should the clock stand still (a rehearsal), once a waiter has seen the same version for a
    whole lease.
    """

    def __init__(
        self,
        engine: Engine,
        key: str,
        now: Now,
        *,
        channel: str = "zalo",
        old_keys: tuple[str, ...] = (),
    ) -> None:
        if not key:
            raise SettingsError("Chưa có khóa mã hóa token: đặt DONDOC_SECRET_KEY.")
        self._engine = engine
        self._now = now
        self._channel = channel
        self._box = MultiFernet([box(k, PURPOSE) for k in (key, *old_keys)])
        self._mine = col(ChannelToken.channel) == channel

    def load(self) -> Tokens | None:
        row = self._row()
        return self._opened(row.ciphertext) if row and row.ciphertext else None

    def _row(self) -> ChannelToken | None:
        with reading(self._engine) as session:
            return session.get(ChannelToken, self._channel)

    def _opened(self, ciphertext: bytes) -> Tokens:
        try:
            return _from_json(self._box.decrypt(ciphertext))
        except InvalidToken:
            raise SendError(
                "key",
                "Không giải mã được token Zalo: DONDOC_SECRET_KEY đã đổi. "
                "Đặt lại khóa cũ hoặc chạy `dondoc zalo login`.",
                permanent=False,
                channel_down=True,
            ) from None

    def save(self, tokens: Tokens) -> None:
        """Whatever became of the lease: Zalo gives a pair once, so the one just given is the
        newest there is, and must not be lost."""
        values: dict[str, Any] = {
            "ciphertext": self._box.encrypt(_to_json(tokens)),
            "access_expires_at": tokens.access_expires_at,
            "refresh_expires_at": tokens.refresh_expires_at,
            "updated_at": self._now(),
            "alarm": "",
        }
        self._upsert(values)

    def raise_alarm(self, words: str) -> None:
        self._upsert({"alarm": words, "updated_at": self._now()})

    def _upsert(self, values: dict[str, Any]) -> None:
        if self._update(values):
            return
        row = {"channel": self._channel, "ciphertext": b"", "version": 1, "alarm": ""} | values
        try:
            with writing(self._engine) as session:
                session.exec(insert(ChannelToken).values(row))
        except IntegrityError:  # another process wrote the first row meanwhile
            self._update(values)

    def _update(self, values: dict[str, Any], *conditions: Any) -> bool:
        statement = update(ChannelToken).where(self._mine, *conditions).values(values)
        with writing(self._engine) as session:
            return session.exec(statement).rowcount == 1

    def alarm(self) -> str:
        row = self._row()
        return row.alarm if row else ""

    @contextmanager
    def locked(self) -> Iterator[None]:
        """With no row yet there is nothing to renew, and nothing to take turns at."""
        mine = self._claimed()
        try:
            yield
        finally:
            if mine is not None:
                self._update({"leased_until": None}, col(ChannelToken.version) == mine)

    def _claimed(self) -> int | None:
        """The version this process holds the lease under; None when there is no row."""
        watched, since = None, time.monotonic()
        while row := self._row():
            if row.version != watched:
                watched, since = row.version, time.monotonic()
            stale = time.monotonic() - since > LEASE.total_seconds()
            if self._claim(row.version, by_force=stale):
                return row.version + 1
            time.sleep(POLL_SECONDS)
        return None

    def _claim(self, version: int, *, by_force: bool) -> bool:
        now = self._now()
        conditions = [col(ChannelToken.version) == version]
        if not by_force:
            lease = col(ChannelToken.leased_until)
            conditions.append(or_(lease.is_(None), lease <= now))
        return self._update({"version": version + 1, "leased_until": now + LEASE}, *conditions)


def _to_json(tokens: Tokens) -> bytes:
    ends = tokens.refresh_expires_at
    return json.dumps(
        {
            "access_token": tokens.access_token,
            "refresh_token": tokens.refresh_token,
            "access_expires_at": tokens.access_expires_at.isoformat(),
            "refresh_expires_at": ends.isoformat() if ends else None,
        }
    ).encode()


def _from_json(data: bytes) -> Tokens:
    kept = json.loads(data)
    ends = kept["refresh_expires_at"]
    return Tokens(
        access_token=kept["access_token"],
        refresh_token=kept["refresh_token"],
        access_expires_at=datetime.fromisoformat(kept["access_expires_at"]),
        refresh_expires_at=datetime.fromisoformat(ends) if ends else None,
    )
