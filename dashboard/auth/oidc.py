"""Sign-in through a provincial provider (OpenID Connect): authorization code with PKCE, by Authlib.

`begin` gives the address to send the browser to and what to remember of it; `finish` turns what came
back into an `Identity`. Who that is here, and what they may do, our own table of users says
(`dashboard.auth.oidc`): the provider vouches for an address, for nothing else.

Sources: OpenID Connect Core 1.0 §3.1, Discovery 1.0 §4, RFC 7636 (PKCE), RFC 9207 (`iss`).
"""

from __future__ import annotations

import hmac
import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry
from sqlmodel import Session, select

from dashboard.auth.users import find_user, subject_of, themselves
from plan.errors import RefusedError, SettingsError
from plan.ledger import audit
from plan.models import UserAccount
from plan.settings import Settings
from plan.states import Actor

SCOPES = "openid email profile"
ALGORITHMS = frozenset(
    f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)
)
"""Signatures that are believed; never `none`, never a shared secret."""
METADATA_LIVES = timedelta(hours=1)
SECONDS = 10.0
LEEWAY = 60
"""Seconds the provider's clock may be off."""
SEVERAL_FACTORS = "mfa"
"""In `amr` (RFC 8176): the provider asked for more than a password."""
log = logging.getLogger("dondoc.dashboard")


class SsoError(RefusedError):
    """The provider can't be reached, or what it said can't be believed. Nobody is let in."""

    def __init__(self, words: str = "") -> None:
        super().__init__(
            words
            or "Không đăng nhập được qua hệ thống của tỉnh; chưa ai được đăng nhập. Xin thử lại sau ít "
            "phút, hoặc đăng nhập bằng mật khẩu."
        )


@dataclass(frozen=True)
class Identity:
    """What the provider vouches for."""

    subject: str
    """`issuer|sub`: the same person for as long as the provider knows them."""
    email: str
    """In lower case; empty when the provider does not vouch for any."""
    several_factors: bool


@dataclass(frozen=True)
class Begun:
    """A sign-in on its way, remembered by the browser that began it."""

    state: str
    nonce: str
    verifier: str


class Provider:
    """One installation's provider. What it says of itself is kept for an hour. Safe for several
    threads: two that ask at once both fetch, and either answer stands."""

    def __init__(self, settings: Settings) -> None:
        self.issuer = _checked(settings.oidc_issuer)
        if not settings.oidc_client_id:
            raise SettingsError("Có DONDOC_OIDC_ISSUER thì cần cả DONDOC_OIDC_CLIENT_ID.")
        self._settings = settings
        self._metadata: tuple[datetime, dict[str, Any]] | None = None
        self._keys: KeySet | None = None

    @property
    def redirect_uri(self) -> str:
        return f"{self._settings.base_url.rstrip('/')}/dang-nhap/sso/ve"

    def begin(self, now: datetime) -> tuple[str, Begun]:
        """The provider's page, and what `finish` must be shown again. `now`: real time."""
        begun = Begun(*(secrets.token_urlsafe(32) for _ in range(3)))
        with self._session() as session:
            address, _ = session.create_authorization_url(
                self._said(session, now)["authorization_endpoint"],
                state=begun.state,
                code_verifier=begun.verifier,
                nonce=begun.nonce,
            )
        return str(address), begun

    def finish(self, begun: Begun, answer: Mapping[str, str], now: datetime) -> Identity:
        """Whom the provider's answer (the query it sent the browser back with) is about.

        Raises SsoError for every answer that is not for this very sign-in, or not believed."""
        if not hmac.compare_digest(answer.get("state", "").encode(), begun.state.encode()):
            raise SsoError("Lần đăng nhập này đã cũ hoặc không bắt đầu từ trang này; xin thử lại.")
        if answer.get("iss", self.issuer) != self.issuer:
            raise SsoError
        if "code" not in answer:
            log.warning("oidc: no code, error %r", answer.get("error", ""))
            raise SsoError(
                "Chưa đăng nhập: hệ thống của tỉnh không đồng ý hoặc anh/chị đã dừng lại."
            )
        with self._session() as session:
            said = self._said(session, now)
            token = session.fetch_token(
                said["token_endpoint"], code=answer["code"], code_verifier=begun.verifier
            )
            claims = self._claims(session, said, token, begun.nonce, now)
            profile = claims if "email" in claims else self._profile(session, said, claims)
        return Identity(
            subject=f"{self.issuer}|{claims['sub']}",
            email=self._vouched(profile),
            several_factors=SEVERAL_FACTORS in (claims.get("amr") or ()),
        )

    @contextmanager
    def _session(self) -> Iterator[OAuth2Session]:
        """The HTTP client; whatever goes wrong inside is one kind of error, its cause in the log."""
        settings = self._settings
        session = OAuth2Session(
            settings.oidc_client_id,
            settings.oidc_client_secret.get_secret_value() or None,
            scope=SCOPES,
            redirect_uri=self.redirect_uri,
            code_challenge_method="S256",
            default_timeout=SECONDS,
            trust_env=False,
            verify=str(settings.oidc_ca_file or "") or True,
        )
        try:
            with session:
                yield session
        except (OSError, OAuthError, JoseError, ValueError, KeyError, TypeError) as error:
            log.warning("oidc: %s: %s", type(error).__name__, error)
            raise SsoError from error

    def _said(self, session: OAuth2Session, now: datetime) -> dict[str, Any]:
        """The provider's description of itself, which must be its own."""
        if self._metadata is None or now - self._metadata[0] >= METADATA_LIVES:
            fresh = _fetched(session, get_well_known_url(self.issuer, external=True))
            if fresh["issuer"] != self.issuer:
                raise ValueError(f"described by another issuer: {fresh['issuer']!r}")
            self._metadata, self._keys = (now, fresh), None
        return self._metadata[1]

    def _claims(
        self,
        session: OAuth2Session,
        said: Mapping[str, Any],
        token: Mapping[str, Any],
        nonce: str,
        now: datetime,
    ) -> CodeIDToken:
        offered = said.get("id_token_signing_alg_values_supported", ["RS256"])
        registry = JWSRegistry(
            algorithms=sorted(ALGORITHMS.intersection(offered)), strict_check_header=False
        )
        read = self._read(session, said, token["id_token"], registry)
        claims = CodeIDToken(
            read.claims,
            read.header,
            {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self._settings.oidc_client_id},
            },
            {
                "nonce": nonce,
                "client_id": self._settings.oidc_client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(int(now.timestamp()), LEEWAY)
        return claims

    def _read(
        self, session: OAuth2Session, said: Mapping[str, Any], text: str, registry: JWSRegistry
    ) -> jwt.Token:
        """Its signature checked; a key not known yet is asked for once more (keys are rotated)."""
        if self._keys is not None:
            try:
                return jwt.decode(text, self._keys, registry=registry)
            except InvalidKeyIdError:
                pass
        fetched = _fetched(session, said["jwks_uri"])
        self._keys = KeySet.import_key_set(fetched)  # type: ignore[arg-type]  # it checks the shape itself
        return jwt.decode(text, self._keys, registry=registry)

    def _profile(
        self, session: OAuth2Session, said: Mapping[str, Any], claims: CodeIDToken
    ) -> Mapping[str, Any]:
        """Where the address is told apart from the token; it must be the same person's."""
        if "userinfo_endpoint" not in said:
            return dict(claims)
        found = session.get(said["userinfo_endpoint"])
        found.raise_for_status()
        profile: dict[str, Any] = found.json()
        if profile["sub"] != claims["sub"]:
            raise ValueError("userinfo is about somebody else")
        return profile

    def _vouched(self, profile: Mapping[str, Any]) -> str:
        """An address anyone could have typed in there is none."""
        sure = profile.get("email_verified") is True or self._settings.oidc_trust_email
        return str(profile.get("email") or "").strip().lower() if sure else ""


def _fetched(session: OAuth2Session, address: str) -> dict[str, Any]:
    answer = session.get(address, withhold_token=True)
    answer.raise_for_status()
    return dict(answer.json())


def _checked(issuer: str) -> str:
    """Exactly as the provider writes itself; over the network only with TLS."""
    parts = urlsplit(issuer)
    local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        raise SettingsError(
            f"DONDOC_OIDC_ISSUER phải bắt đầu bằng https://, không phải «{issuer}»."
        )
    return issuer


# --- Whose account an identity of the provincial sign-in is. It makes none, and gives no role.


def user_of(session: Session, identity: Identity, now: datetime) -> UserAccount | None:
    """The account, found by who it was before, else by its address and then tied to this identity.

    None: unknown, disabled, or tied to somebody else who had that address before. `session` writes.
    """
    user = session.exec(
        select(UserAccount).where(UserAccount.subject == identity.subject)
    ).first() or find_user(session, identity.email)
    if user is None or user.disabled_at is not None:
        return None
    if not user.subject:
        user.subject = identity.subject
        session.add(user)
        _record(session, "user.sso-tied", user, themselves(user), now)
    return user if user.subject == identity.subject else None


def untie(session: Session, user: UserAccount, *, actor: Actor, now: datetime) -> None:
    """For somebody whose account at the provider was made anew: the next sign-in ties it again."""
    user.subject = ""
    session.add(user)
    _record(session, "user.sso-untied", user, actor, now)


def _record(session: Session, event: str, user: UserAccount, actor: Actor, now: datetime) -> None:
    audit.record(session, plan_id="", actor=actor, event=event, subject=subject_of(user), now=now)
