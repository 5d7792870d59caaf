"""A Zalo on loopback: OAuth, OA, ZNS and Bot at one address, and signed receipts.

`with ZaloStandin(now, folder) as zalo:` — point `DONDOC_ZALO_*_URL` at `zalo.url`. What it was
given and took is in `zalo.world.accepted`, and as `NNNN.json` in `folder`.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlencode, urlsplit

from flows.rehearsal.standins.zalo_world import (
    Accepted,
    Fault,
    Json,
    RefusalError,
    ZaloWorld,
    millis,
)

WEBHOOK_SECONDS = 2  # Zalo waits no longer for our answer
_BOT = re.compile(r"/bot([^/]+)/(sendMessage|getMe)")


@dataclass(frozen=True)
class SignedReceipt:
    """One call of our webhook, as Zalo makes it."""

    headers: dict[str, str]
    body: bytes


class ZaloStandin:
    """The server. Faults are switched on with `fail`; tokens are had from `world.grant()`."""

    def __init__(
        self, now: Callable[[], datetime], folder: Path | None = None, port: int = 0
    ) -> None:
        self.world = ZaloWorld(now, folder)
        self._server = _Server(("127.0.0.1", port), _Handler)
        self._server.world = self.world
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def settings(self) -> dict[str, Any]:
        """Keyword arguments for `Settings` that lead here."""
        world = self.world
        return {
            "zalo_app_id": world.app_id,
            "zalo_app_secret": world.app_secret,
            "zalo_oa_secret": world.oa_secret,
            "zalo_bot_token": world.bot_token,
            "zalo_oauth_url": self.url,
            "zalo_oa_url": self.url,
            "zalo_zns_url": self.url,
            "zalo_uid_url": f"{self.url}/v3.0/oa/message/template",
            "zalo_bot_url": self.url,
        }

    def fail(self, where: str, times: int = 1, **what: Any) -> None:
        """`fail("oa", code=-32)`, `fail("zns", status=503)`, `fail("oa", drop=True)`,
        `fail("bot", slow=2.0)`; where: oauth, oa, zns, zns-info, bot."""
        self.world.faults.append(Fault(where, times, **what))

    def receipts(self, copies: int = 1) -> list[SignedReceipt]:
        """A receipt for every ZNS message taken, each `copies` times."""
        sent = [a for a in self.world.accepted if a.kind == "zns"]
        return [self._receipt(message) for message in sent for _ in range(copies)]

    def _receipt(self, message: Accepted) -> SignedReceipt:
        world, at = self.world, millis(self.world.now())
        event = {
            "event_name": "user_received_message",
            "sender": {"id": world.oa_id},
            "recipient": {"id": message.to},
            "message": {
                "delivery_time": millis(message.at),
                "msg_id": message.message_id,
                "tracking_id": message.body.get("tracking_id", ""),
            },
            "app_id": world.app_id,
            "timestamp": at,
        }
        body = json.dumps(event).encode()
        signed = world.app_id.encode() + body + at.encode() + world.oa_secret.encode()
        mac = hashlib.sha256(signed).hexdigest()
        headers = {"X-ZEvent-Signature": f"mac={mac}", "Content-Type": "application/json"}
        return SignedReceipt(headers, body)

    def post_receipts(self, url: str, copies: int = 1) -> list[int]:
        """Calls a webhook with each receipt; returns the HTTP statuses."""
        parts = urlsplit(url)
        return [
            _post(parts.netloc, parts.path or "/", receipt) for receipt in self.receipts(copies)
        ]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.hang_up()
        self._server.server_close()


def _post(netloc: str, path: str, receipt: SignedReceipt) -> int:
    connection = http.client.HTTPConnection(netloc, timeout=WEBHOOK_SECONDS)
    try:
        connection.request("POST", path, receipt.body, receipt.headers)
        return connection.getresponse().status
    finally:
        connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = False
    world: ZaloWorld

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self.open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self.open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """Ends kept connections, whose threads would wait for another request."""
        for connection in tuple(self.open):
            _cut(connection)


def _cut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # the other side was faster


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def log_message(self, *args: Any) -> None:
        """Silent: paths hold the Bot's token."""

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        where, work = self._route(raw)
        fault = self.server.world.take_fault(where)
        if fault is not None and fault.slow:
            time.sleep(fault.slow)
        if fault is not None and fault.status:
            self._reply(fault.status, {})
            return
        answer = self._answer(where, work, fault)
        if fault is not None and fault.drop:
            self.close_connection = True
            _cut(self.connection)
            return
        self._reply(200, answer)

    def _answer(self, where: str, work: Callable[[], Json], fault: Fault | None) -> Json:
        try:
            if fault is not None and fault.code:
                raise RefusalError(fault.code, "Switched on")
            return work()
        except RefusalError as refusal:
            return _refused(where, refusal)
        except (KeyError, TypeError, ValueError, AttributeError):
            return _refused(
                where, RefusalError(400 if where == "bot" else -201, "Params is invalid")
            )

    def _route(self, raw: bytes) -> tuple[str, Callable[[], Json]]:
        world, parts = self.server.world, urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        bot = _BOT.fullmatch(parts.path)
        if bot:
            return "bot", lambda: self._bot(bot[1], bot[2], raw)
        if parts.path == "/v4/oa/permission":
            return "oauth", lambda: self._consent(query)
        if parts.path == "/v4/oa/access_token":
            form = {name: values[0] for name, values in parse_qs(raw.decode()).items()}
            return "oauth", lambda: world.token(form, self.headers.get("secret_key", ""))
        oa = {
            "/v3.0/oa/message/cs": lambda: world.send_oa(json.loads(raw)),
            "/v3.0/oa/message/template": lambda: world.send_uid(json.loads(raw)),
        }
        zns = {
            "/message/template": lambda: world.send_zns(json.loads(raw)),
            "/message/quota": world.quota,
            "/template/info/v2": lambda: world.template_info(query["template_id"]),
        }
        if parts.path in oa:
            return "oa", lambda: self._with_token(oa[parts.path], -216, -220)
        if parts.path in zns:
            where = "zns" if parts.path == "/message/template" else "zns-info"
            return where, lambda: self._with_token(zns[parts.path], -124, -124)
        return "unknown", lambda: {"error": -404, "message": "Empty api"}

    def _with_token(self, work: Callable[[], Json], invalid: int, expired: int) -> Json:
        token = self.headers.get("access_token", "")
        proof = self.headers.get("appsecret_proof", "")
        self.server.world.check_token(token, proof, invalid, expired)
        return {"data": work(), "error": 0, "message": "Success"}

    def _bot(self, token: str, what: str, raw: bytes) -> Json:
        world = self.server.world
        if token != world.bot_token:
            raise RefusalError(401, "Unauthorized")
        if what == "getMe":
            return {"ok": True, "result": {"id": "1", "account_name": "bot.thu-nghiem"}}
        return {"ok": True, "result": world.send_bot(json.loads(raw))}

    def _consent(self, query: dict[str, str]) -> Json:
        """Everyone consents: where the browser would be sent."""
        world = self.server.world
        code = world.consent(query["code_challenge"])
        back = {"code": code, "state": query.get("state", ""), "oa_id": world.oa_id}
        return {"location": f"{query['redirect_uri']}?{urlencode(back)}"}

    def _reply(self, status: int, answer: Json) -> None:
        target = answer.pop("location", "")
        body = json.dumps(answer).encode()
        self.send_response(302 if target else status)
        if target:
            self.send_header("Location", target)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _refused(where: str, refusal: RefusalError) -> Json:
    if where == "bot":
        return {"ok": False, "error_code": refusal.code, "description": refusal.message}
    if where == "oauth":
        return {"error": refusal.code, "error_name": refusal.message, "error_reason": ""}
    return {"error": refusal.code, "message": refusal.message}
