"""What a Zalo stand-in knows and how it decides: tokens, people, quotas, faults. No network.

Built from second-hand facts (digests of Zalo's official pages, which could not be read
themselves): HTTP 200 even for refusals, ids and instants as strings, a refresh token that works
once, 25 hours, 7 days, 22:00-06:00.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import threading
from base64 import urlsafe_b64encode
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from plan.calendar import LOCAL

Json = dict[str, Any]
ACCESS_LIFE = timedelta(hours=25)
REFRESH_LIFE = timedelta(days=90)
CODE_LIFE = timedelta(minutes=10)
TALKED_WITHIN = timedelta(days=7)
_PHONE = re.compile(r"84[1-9]\d{8,9}", re.ASCII)


class RefusalError(Exception):
    """Zalo says no: HTTP 200 with a code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Accepted:
    """A message the stand-in took. `kind`: oa, zns or bot."""

    kind: str
    to: str
    text: str
    message_id: str
    at: datetime
    body: Json


@dataclass
class Fault:
    """Goes wrong `times` times at `where` (oauth, oa, zns, bot), whichever is set."""

    where: str
    times: int = 1
    code: int = 0
    """Refuse with this code, accept nothing."""
    status: int = 0
    """Answer with this HTTP status, accept nothing."""
    drop: bool = False
    """Accept, then cut the line without an answer."""
    slow: float = 0.0
    """Seconds before the answer."""


class ZaloWorld:
    """One app, one OA, one Bot. Methods may be called by several threads."""

    def __init__(self, now: Callable[[], datetime], folder: Path | None = None) -> None:
        self.now = now
        self.folder = folder
        self.app_id = "4600000000000000001"
        self.app_secret = "bi-mat-ung-dung"
        self.oa_secret = "bi-mat-oa"
        self.oa_id = "579745863508352884"
        self.bot_token = "100200300:thu-nghiem"
        self.talked: dict[str, datetime] = {}
        """When each user last wrote to the OA; who is not listed wrote just now."""
        self.strangers: set[str] = set()
        """Users who do not follow the OA."""
        self.without_zalo: set[str] = set()
        """Phones (84…) without an account."""
        self.chats: set[str] | None = None
        """Known chat ids of the Bot; None: every one."""
        self.templates: dict[str, list[Json]] | None = None
        """ZNS templates and their `listParams`; None: every id is approved, with no parameters."""
        self.tag = "TRANSACTION"
        self.daily_quota = 500
        self.faults: list[Fault] = []
        self.accepted: list[Accepted] = []
        self.refreshes = 0
        self.lock = threading.RLock()
        self._sent_on: Counter[date] = Counter()
        self._issued = 0
        self._access: dict[str, datetime] = {}
        self._refresh: dict[str, datetime] = {}
        self._codes: dict[str, tuple[str, datetime]] = {}

    # Tokens

    def grant(self) -> Json:
        """A fresh pair, as if a person had consented: the body of a token answer."""
        with self.lock:
            self._issued += 1
            access, refresh = f"access-{self._issued}", f"refresh-{self._issued}"
            self._access[access] = self.now() + ACCESS_LIFE
            self._refresh[refresh] = self.now() + REFRESH_LIFE
            life = str(int(ACCESS_LIFE.total_seconds()))
            return {"access_token": access, "refresh_token": refresh, "expires_in": life}

    def consent(self, challenge: str) -> str:
        """A person pressed «Cho phép»: the code their browser carries back."""
        with self.lock:
            self._issued += 1
            code = f"code-{self._issued}"
            self._codes[code] = (challenge, self.now() + CODE_LIFE)
            return code

    def revoke(self) -> None:
        """Every token is worthless from now on."""
        with self.lock:
            self._access.clear()
            self._refresh.clear()

    def token(self, form: dict[str, str], secret: str) -> Json:
        """`POST /v4/oa/access_token`."""
        if form.get("app_id") != self.app_id or secret != self.app_secret:
            raise RefusalError(-14003, "Invalid app id or secret key.")
        with self.lock:
            if form.get("grant_type") == "authorization_code":
                challenge, ends = self._codes.pop(form.get("code", ""), ("", self.now()))
                if ends <= self.now() or challenge != _challenge(form.get("code_verifier", "")):
                    raise RefusalError(-14012, "Invalid authorization code.")
            else:
                ends = self._refresh.pop(form.get("refresh_token", ""), self.now())
                if ends <= self.now():
                    raise RefusalError(-14014, "Invalid refresh token.")
                self.refreshes += 1
            return self.grant()

    def check_token(self, token: str, proof: str, invalid: int, expired: int) -> None:
        ends = self._access.get(token)
        expected = hmac.new(self.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        if ends is None or (proof and proof != expected):
            raise RefusalError(invalid, "Access token is invalid")
        if ends <= self.now():
            raise RefusalError(expired, "Access token has expired")

    # Messages

    def send_oa(self, body: Json) -> Json:
        user, text = str(body["recipient"]["user_id"]), str(body["message"]["text"])
        if not text:
            raise RefusalError(-201, "Params is invalid")
        if len(text) > 2000:
            raise RefusalError(-210, "Text is over 2000 characters")
        if user in self.strangers:
            raise RefusalError(-213, "User has not followed OA")
        if self.now() - self.talked.get(user, self.now()) > TALKED_WITHIN:
            raise RefusalError(-230, "User has not interacted with the OA in the past 7 days")
        if self._night():
            raise RefusalError(-234, "Message cannot be sent at night")
        sent = self._accept("oa", user, text, body)
        return {"message_id": sent.message_id, "user_id": user, "sent_time": millis(sent.at)}

    def send_zns(self, body: Json) -> Json:
        phone, template = str(body.get("phone", "")), str(body.get("template_id", ""))
        if not _PHONE.fullmatch(phone):
            raise RefusalError(-108, "Phone number is invalid")
        self._check_template(template, body.get("template_data", {}))
        if len(str(body.get("tracking_id", ""))) > 48:
            raise RefusalError(-132, "Parameter is invalid")
        if self._night():
            raise RefusalError(-133, "Message cannot be sent from 22:00 to 06:00")
        if phone in self.without_zalo:
            raise RefusalError(-118, "Zalo account does not exist")
        if self.quota_left() <= 0:
            raise RefusalError(-144, "OA has reached its daily limit")
        sent = self._accept("zns", phone, json.dumps(body["template_data"]), body)
        return {
            "msg_id": sent.message_id,
            "sent_time": millis(sent.at),
            "sending_mode": "1",
            "quota": self.quota(),
        }

    def send_uid(self, body: Json) -> Json:
        """A template by user id: no 7 days, but only to those who follow."""
        user, template = str(body.get("user_id", "")), str(body.get("template_id", ""))
        self._check_template(template, body.get("template_data", {}))
        if user in self.strangers:
            raise RefusalError(-213, "User has not followed OA")
        sent = self._accept("uid", user, json.dumps(body["template_data"]), body)
        return {"msg_id": sent.message_id, "sent_time": millis(sent.at)}

    def send_bot(self, body: Json) -> Json:
        chat, text = str(body.get("chat_id", "")), str(body.get("text", ""))
        if not 1 <= len(text) <= 2000 or (self.chats is not None and chat not in self.chats):
            raise RefusalError(400, "Bad Request")
        sent = self._accept("bot", chat, text, body)
        return {"message_id": sent.message_id, "date": int(millis(sent.at))}

    def _accept(self, kind: str, to: str, text: str, body: Json) -> Accepted:
        with self.lock:
            number = len(self.accepted) + 1
            sent = Accepted(kind, to, text, f"{kind}{number:08x}", self.now(), body)
            self.accepted.append(sent)
            self._sent_on[sent.at.astimezone(LOCAL).date()] += kind == "zns"
            self._write(number, sent)
        return sent

    def _write(self, number: int, sent: Accepted) -> None:
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        shown = {
            "kind": sent.kind,
            "to": sent.to,
            "message_id": sent.message_id,
            "at": sent.at.astimezone(LOCAL).isoformat(),
            "body": sent.body,
        }
        text = json.dumps(shown, ensure_ascii=False, indent=2) + "\n"
        (self.folder / f"{number:04}.json").write_text(text, encoding="utf-8")

    # Templates, quota, the clock

    def template(self, template_id: str) -> list[Json]:
        if self.templates is None:
            return []
        if template_id not in self.templates:
            raise RefusalError(-109, "Template ID is invalid")
        return self.templates[template_id]

    def template_info(self, template_id: str) -> Json:
        return {"listParams": self.template(template_id), "templateTag": self.tag}

    def _check_template(self, template_id: str, data: dict[str, str]) -> None:
        for param in self.template(template_id):
            value = data.get(param["name"])
            if not value and param.get("require"):
                raise RefusalError(-1122, f"Missing parameter {param['name']}")
            if value and len(value) > param.get("maxLength", len(value)):
                raise RefusalError(-1121, f"Parameter {param['name']} is too long")

    def quota_left(self) -> int:
        return self.daily_quota - self._sent_on[self.now().astimezone(LOCAL).date()]

    def quota(self) -> Json:
        return {"dailyQuota": str(self.daily_quota), "remainingQuota": str(self.quota_left())}

    def _night(self) -> bool:
        hour = self.now().astimezone(LOCAL).hour
        return hour >= 22 or hour < 6

    def take_fault(self, where: str) -> Fault | None:
        """The next fault there, used up once."""
        with self.lock:
            fault = next((f for f in self.faults if f.where == where and f.times > 0), None)
            if fault is not None:
                fault.times -= 1
            return fault


def millis(at: datetime) -> str:
    """Zalo's instants: milliseconds as a string."""
    return str(int(at.timestamp() * 1000))


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
