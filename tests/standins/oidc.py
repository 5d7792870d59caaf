"""A small OpenID Connect provider on loopback: discovery, keys, authorization code with PKCE.

Strict where a provider must be (client, redirect address, verifier, a code works once), and bendable:
`claims` changes what the next ID token says, `described` what discovery says, `rotate()` its keys.
"""

from __future__ import annotations

import secrets
import socket
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, urlencode

import uvicorn
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID, CLIENT_SECRET = "dondoc", "bi-mat-cua-ung-dung"


@dataclass
class OidcProvider:
    """`person`: the claims of whoever is signed in there. Times come from `clock`."""

    issuer: str
    redirect_uri: str
    clock: Callable[[], datetime]
    person: dict[str, Any] = field(default_factory=dict)
    claims: dict[str, Any] = field(default_factory=dict)
    """Laid over the ID token's; None takes a claim away."""
    described: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    in_userinfo: bool = False
    """Tell the address apart from the token."""
    asked: list[dict[str, str]] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.rotate()

    def rotate(self) -> None:
        """New keys; the old ones are gone."""
        self.key = RSAKey.generate_key(2048, parameters={"kid": secrets.token_hex(4)})

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._describe),
                Route("/keys", self._jwks),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
                Route("/userinfo", self._userinfo),
            ]
        )

    async def _describe(self, _request: Request) -> Response:
        said = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }
        return JSONResponse(said | self.described)

    async def _jwks(self, _request: Request) -> Response:
        return JSONResponse(KeySet([self.key]).as_dict(private=False))

    async def _authorize(self, request: Request) -> Response:
        """Everyone who comes is the person, and agrees."""
        asked = dict(request.query_params)
        self.asked.append(asked)
        good = (
            asked["client_id"] == CLIENT_ID
            and asked["redirect_uri"] == self.redirect_uri
            and asked["response_type"] == "code"
            and asked["code_challenge_method"] == "S256"
            and "openid" in asked["scope"].split()
        )
        if not good:
            return JSONResponse({"error": "invalid_request"}, status_code=400)
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        back = {"code": code, "state": asked["state"], "iss": self.issuer}
        return RedirectResponse(f"{asked['redirect_uri']}?{urlencode(back)}", status_code=302)

    async def _token(self, request: Request) -> Response:
        given = {
            key: values[0] for key, values in parse_qs((await request.body()).decode()).items()
        }
        asked = self._codes.pop(given.get("code", ""), None)
        kind, _, secret = request.headers.get("authorization", "").partition(" ")
        client = b64decode(secret).decode() if kind == "Basic" else ""
        if client != f"{CLIENT_ID}:{CLIENT_SECRET}":
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        if (
            asked is None
            or given.get("redirect_uri") != asked["redirect_uri"]
            or create_s256_code_challenge(given.get("code_verifier", "")) != asked["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        token = {"access_token": "xem", "token_type": "Bearer", "expires_in": 300}
        return JSONResponse(token | {"id_token": self._id_token(asked["nonce"])})

    def _id_token(self, nonce: str) -> str:
        now = int(self.clock().timestamp())
        said = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce}
        said |= {"sub": self.person["sub"]} if self.in_userinfo else self.person
        said = {key: value for key, value in (said | self.claims).items() if value is not None}
        return jwt.encode({"alg": "RS256", "kid": self.key.kid} | self.header, said, self.key)

    async def _userinfo(self, request: Request) -> Response:
        if request.headers.get("authorization") != "Bearer xem":
            return JSONResponse({"error": "invalid_token"}, status_code=401)
        return JSONResponse(self.person)


@contextmanager
def oidc_provider(redirect_uri: str, clock: Callable[[], datetime]) -> Iterator[OidcProvider]:
    """A provider listening on a port of its own."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        issuer = f"http://127.0.0.1:{listening.getsockname()[1]}"
        provider = OidcProvider(issuer, redirect_uri, clock)
        server = uvicorn.Server(uvicorn.Config(provider.app(), log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, args=([listening],), daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield provider
        server.should_exit = True
        thread.join(10)
