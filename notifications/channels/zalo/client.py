"""Zalo, one request a function: OA messages, ZNS by phone, the Bot. No queue, no channel.

Second-hand facts (digests of Zalo's official pages, which could not be read themselves):

- OA: `POST {oa}/v3.0/oa/message/cs`, header `access_token` (not Bearer), optional header
  `appsecret_proof` = hex HMAC-SHA256(app secret, access token). The recipient must have
  interacted with the OA within 7 days. 4,000 requests a minute an app. Text up to 2,000 letters.
- ZNS: `POST {zns}/message/template`, the same token; `phone` as `84…`, `tracking_id` of at most
  48 characters, on which Zalo is not known to deduplicate. Sent 06:00-22:00 only.
- Templates by user id (ZBS): the same body with `user_id`; the address is not certain, so it is a
  setting (`ENDPOINTS`).
- Bot: `POST {bot}/bot<TOKEN>/sendMessage`; a refusal may come with HTTP 200. No receipts.
- Refusals of OA and ZNS are HTTP 200 with `error` ≠ 0 and no `data`. Ids and instants are strings.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any

import httpx

from notifications.channels.base import Now, Receipt
from notifications.channels.zalo.auth import ZaloAuth
from notifications.channels.zalo.errors import (
    BOT_MEANINGS,
    OA_MEANINGS,
    RENEW_CODES,
    UID_MEANINGS,
    ZNS_MEANINGS,
    Meaning,
    fault,
)
from notifications.channels.zalo.http import ZaloUrls, ask
from notifications.channels.zalo_templates import Template, template_from

Json = dict[str, Any]


class ZaloClient:
    """OA and ZNS, which share an access token. Every refusal is a `SendError`."""

    def __init__(self, http: httpx.Client, urls: ZaloUrls, auth: ZaloAuth, now: Now) -> None:
        self._http = http
        self._urls = urls
        self._auth = auth
        self._now = now

    def send_oa(self, user_id: str, text: str) -> Receipt:
        """A customer-service message (`text` of at most 2,000 letters)."""
        body = {"recipient": {"user_id": user_id}, "message": {"text": text}}
        data = self._ask(OA_MEANINGS, "oa", json=body)
        return Receipt(str(data.get("message_id", "")))

    def send_zns(
        self, phone: str, template_id: str, data: Mapping[str, str], tracking_id: str
    ) -> Receipt:
        """A template message; `phone` as `84…`. The words tell what is left of the day's quota."""
        body = {
            "phone": phone,
            "template_id": template_id,
            "template_data": dict(data),
            "tracking_id": tracking_id,
        }
        answer = self._ask(ZNS_MEANINGS, "zns", json=body)
        quota = answer.get("quota") or {}
        left, daily = quota.get("remainingQuota"), quota.get("dailyQuota")
        words = f"còn {left}/{daily} tin hôm nay" if left and daily else ""
        return Receipt(str(answer.get("msg_id", "")), words)

    def zns_quota(self) -> tuple[int, int]:
        """(left today, allowed a day)."""
        data = self._ask(ZNS_MEANINGS, "quota")
        return int(data.get("remainingQuota", 0)), int(data.get("dailyQuota", 0))

    def send_uid(
        self, user_id: str, template_id: str, data: Mapping[str, str], tracking_id: str
    ) -> Receipt:
        """A template message by user id, sent by the OA: cheaper than by phone, without the 7 days."""
        body = {
            "user_id": user_id,
            "template_id": template_id,
            "template_data": dict(data),
            "tracking_id": tracking_id,
        }
        answer = self._ask(UID_MEANINGS, "uid", json=body)
        return Receipt(str(answer.get("msg_id") or answer.get("message_id") or ""))

    def zns_template(self, template_id: str) -> Template:
        """What the template wants filled in; `SendError` when it is not known or not approved."""
        data = self._ask(ZNS_MEANINGS, "template", params={"template_id": template_id})
        return template_from(data)

    def _ask(self, table: Mapping[int, Meaning], what: str, **given: Any) -> Json:
        """`data` of the answer. A refused token is renewed once: a refusal accepted nothing."""
        method, url = self._urls.to(what)
        token = self._auth.access_token(self._http)
        answer = ask(self._http, method, url, headers=self._headers(token), **given)
        if _error(answer) in RENEW_CODES:
            token = self._auth.renew(self._http, token)
            answer = ask(self._http, method, url, headers=self._headers(token), **given)
        code = _error(answer)
        if code:
            raise fault(table, code, str(answer.get("message", "")), self._now())
        data = answer.get("data")
        return data if isinstance(data, dict) else {}

    def _headers(self, token: str) -> dict[str, str]:
        headers = {"access_token": token}
        secret = self._auth.app_secret
        if secret:
            proof = hmac.new(secret.encode(), token.encode(), hashlib.sha256)
            headers["appsecret_proof"] = proof.hexdigest()
        return headers


def _error(answer: Json) -> int:
    return _number(answer.get("error", 0))


def _number(code: object) -> int:
    """Codes come as numbers or as strings; what is neither is an unknown refusal."""
    try:
        return int(str(code))
    except ValueError:
        return -1


class ZaloBotClient:
    """The Bot. Its `http` comes from `http_client(bot_token=…)`, which alone knows the token."""

    def __init__(self, http: httpx.Client, url: str, now: Now) -> None:
        self._http = http
        self._url = url
        self._now = now

    def send(self, chat_id: str, text: str) -> Receipt:
        """`chat_id` exists only after the person wrote to the bot. `text` 1-2,000 letters."""
        result = self._ask("sendMessage", {"chat_id": chat_id, "text": text})
        return Receipt(str(result.get("message_id", "")))

    def check(self) -> str:
        """The bot's own name: the token is good (`getMe`)."""
        result = self._ask("getMe", {})
        return str(result.get("account_name") or result.get("id") or "")

    def _ask(self, what: str, body: Json) -> Json:
        answer = ask(self._http, "POST", f"{self._url}/BOT/{what}", json=body)
        if not answer.get("ok"):
            code = _number(answer.get("error_code"))
            raise fault(BOT_MEANINGS, code, str(answer.get("description", "")), self._now())
        result = answer.get("result")
        return result if isinstance(result, dict) else {}
