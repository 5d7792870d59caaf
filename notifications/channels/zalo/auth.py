"""Zalo's access token: got by a person's consent, renewed by us, one process at a time.

Second-hand (digests of Zalo's official pages, which could not be read themselves):
`POST /v4/oa/access_token`, form-urlencoded, header `secret_key`. The access token lives 25 hours;
the refresh token 3 months, works once, and comes back new with every renewal. A refusal often is
HTTP 200 with `{"error": -14014, …}`; `expires_in` is a string of seconds. A consent's code lives
10 minutes and works once.
"""

from __future__ import annotations

import hashlib
import secrets
from base64 import urlsafe_b64encode
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx

from notifications.channels.base import Now, SendError
from notifications.channels.zalo.http import ENDPOINTS, ask
from notifications.channels.zalo.tokens import Tokens, TokenStore

MARGIN = timedelta(minutes=5)
"""Renewed this long before it ends, so that a batch does not run into it."""
REFRESH_LIFE = timedelta(days=90)
ACCESS_LIFE = timedelta(hours=25)
_NEEDS_LOGIN = "Người quản trị OA phải chạy `dondoc zalo login` và cho phép lại"


def pkce_pair() -> tuple[str, str]:
    """A fresh (code_verifier, code_challenge), RFC 7636 S256."""
    verifier = secrets.token_urlsafe(32)
    digest = hashlib.sha256(verifier.encode()).digest()
    return verifier, urlsafe_b64encode(digest).rstrip(b"=").decode()


class ZaloAuth:
    """Gives the access token to send with. Raises `SendError(channel_down)` when there is none."""

    def __init__(self, url: str, app_id: str, app_secret: str, store: TokenStore, now: Now) -> None:
        self._url = url
        self._app_id = app_id
        self._app_secret = app_secret
        self._store = store
        self._now = now

    @property
    def app_secret(self) -> str:
        return self._app_secret

    def authorisation_url(self, redirect_uri: str, challenge: str, state: str) -> str:
        """Where an administrator of the OA consents; Zalo then opens
        `redirect_uri?code=…&state=…`. The redirect must be registered with the app."""
        query = {
            "app_id": self._app_id,
            "redirect_uri": redirect_uri,
            "code_challenge": challenge,
            "state": state,
        }
        return f"{self._url}/v4/oa/permission?{urlencode(query)}"

    def exchange_code(self, http: httpx.Client, code: str, verifier: str) -> Tokens:
        """The consent's code for a pair, kept at once. Lifts the alarm."""
        with self._store.locked():
            form = {"grant_type": "authorization_code", "code": code, "code_verifier": verifier}
            answer = self._ask(http, form)
            tokens = _tokens(answer, self._now())
            if tokens is None:
                raise SendError(
                    _code(answer),
                    f"Zalo không nhận mã cho phép ({_said(answer)}); mã chỉ dùng một lần, trong "
                    "10 phút. Hãy chạy lại `dondoc zalo login`.",
                    permanent=True,
                    channel_down=True,
                )
            self._store.save(tokens)
        return tokens

    def access_token(self, http: httpx.Client) -> str:
        """The kept token, renewed when it is about to end."""
        kept = self._kept()
        if kept.access_expires_at - MARGIN > self._now():
            return kept.access_token
        return self.renew(http, kept.access_token)

    def renew(self, http: httpx.Client, refused: str) -> str:
        """A token other than the `refused` one. Whoever comes second takes what the first got."""
        with self._store.locked():
            kept = self._kept()
            if kept.access_token != refused:
                return kept.access_token
            answer = self._ask(
                http, {"grant_type": "refresh_token", "refresh_token": kept.refresh_token}
            )
            fresh = _tokens(answer, self._now())
            if fresh is None:
                return self._overtaken(kept, answer)
            self._store.save(fresh)
        return fresh.access_token

    def _overtaken(self, tried: Tokens, answer: dict[str, Any]) -> str:
        """Refused: either another process renewed while we hung, or the token is lost."""
        kept = self._kept()
        if kept.refresh_token != tried.refresh_token:
            return kept.access_token
        words = f"Zalo không nhận refresh token ({_said(answer)}). {_NEEDS_LOGIN}."
        self._store.raise_alarm(words)
        raise SendError(_code(answer), words, permanent=False, channel_down=True, needs_person=True)

    def _kept(self) -> Tokens:
        kept = self._store.load()
        if kept is None:
            words = f"Chưa có token Zalo. {_NEEDS_LOGIN}."
            raise SendError("login", words, permanent=False, channel_down=True, needs_person=True)
        return kept

    def _ask(self, http: httpx.Client, form: dict[str, str]) -> dict[str, Any]:
        """What fails here is the channel's: the message was not even asked about."""
        try:
            return ask(
                http,
                "POST",
                f"{self._url}{ENDPOINTS['token'].path}",
                known=(),
                data=form | {"app_id": self._app_id},
                headers={"secret_key": self._app_secret},
            )
        except SendError as error:
            words = f"Không đổi được token Zalo: {error.words}"
            raise SendError(
                error.code,
                words,
                permanent=False,
                channel_down=True,
                retry_after=error.retry_after,
            ) from None

    def faults(self) -> list[str]:
        """What a person should know about the tokens, without asking Zalo."""
        alarm = self._store.alarm()
        if alarm:
            return [alarm]
        ends = self._kept().refresh_expires_at
        if ends is not None and ends - self._now() < timedelta(days=14):
            return [f"Quyền gửi Zalo hết hạn ngày {ends:%d/%m/%Y}. {_NEEDS_LOGIN}."]
        return []


def _tokens(answer: dict[str, Any], now: datetime) -> Tokens | None:
    """The pair in the answer, both halves of it; None: a refusal, or no answer to rely on."""
    access, refresh = answer.get("access_token"), answer.get("refresh_token")
    if not (isinstance(access, str) and access and isinstance(refresh, str) and refresh):
        return None
    return Tokens(
        access_token=access,
        refresh_token=refresh,
        access_expires_at=now + (_life(answer.get("expires_in")) or ACCESS_LIFE),
        refresh_expires_at=now + (_life(answer.get("refresh_token_expires_in")) or REFRESH_LIFE),
    )


def _life(seconds: Any) -> timedelta | None:
    """A string of seconds, or a number; None for what makes no sense."""
    said = str(seconds)
    if not (said.isascii() and said.isdigit() and len(said) < 10):
        return None
    return timedelta(seconds=int(said)) or None


def _code(answer: dict[str, Any]) -> str:
    found = next(
        (answer[key] for key in ("error", "error_code", "error_name") if answer.get(key)), ""
    )
    return str(found)[:40] or "answer"


def _said(answer: dict[str, Any]) -> str:
    keys = ("error_name", "error_description", "error_reason", "message")
    name = " ".join(str(next((answer[key] for key in keys if answer.get(key)), "")).split())[:200]
    return f"mã {_code(answer)}: {name}" if name else f"mã {_code(answer)}"
